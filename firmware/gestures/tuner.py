"""Silence and the tuner on the screen; any footswitch plays on."""


def act(panel):
    panel.tune()
