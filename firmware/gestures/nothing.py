"""Nothing."""


def act(panel):
    pass
