"""Apply My Style: the preset's knobs to what is learnt under this emotion; again: undo."""


def act(panel):
    panel.apply_style()
