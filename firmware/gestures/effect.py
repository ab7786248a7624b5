"""The effect that the Edit page shows out, or in again."""


def act(panel):
    panel.toggle_effect(panel.group.block)
