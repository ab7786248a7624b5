"""On stage: apply what is learnt and learn nothing; again: as before."""


def act(panel):
    panel.set_frozen(not panel.frozen)
