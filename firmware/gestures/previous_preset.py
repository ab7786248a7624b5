"""The preset before, in alphabetical order."""


def act(panel):
    panel.step_preset(-1)
