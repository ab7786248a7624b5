"""The next page on the screen."""


def act(panel):
    panel.turn_page(+1)
