"""A/B: with My Style, and without."""


def act(panel):
    panel.compare()
