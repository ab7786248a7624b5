"""Forget the last session; asks first, so it takes the gesture twice."""


def act(panel):
    panel.forget()
