"""The tempo, tapped by the foot: from the second tap on the echoes follow."""


def act(panel):
    panel.tap()
