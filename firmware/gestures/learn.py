"""Learning Mode on or off; off ends the session."""


def act(panel):
    panel.set_learning(not panel.learning)
