"""The next preset, in alphabetical order."""


def act(panel):
    panel.step_preset(+1)
