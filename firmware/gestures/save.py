"""Keep the preset as it is set now."""


def act(panel):
    panel.save_preset()
