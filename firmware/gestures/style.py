"""Apply My Style to what is playing; again: take it back."""


def act(panel):
    panel.set_styled(not panel.styled)
