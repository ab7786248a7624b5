"""What is believed of a parameter before its player has touched it: a style profile, too."""

import functools
from importlib import resources
from pathlib import Path

from profiles import document
from profiles.profile import StyleProfile

FACTORY, NONE = "factory", "none"


def load(choice: str | Path) -> StyleProfile | None:
    """Return the factory's style, none, or the profile in a file, say the merge of many people's.

    choice : FACTORY, NONE, or the file's path. ProfileError when the file is not sound.
    """
    if choice in (FACTORY, NONE):
        return factory() if choice == FACTORY else None
    return document.read(choice)


@functools.cache
def factory() -> StyleProfile:
    """Return what the box ships for its own effects and emotions.

    ``factory/style.json`` gives the source or the reason of each shift; benchmarks/derive_style.py writes it.
    """
    text = resources.files("profiles").joinpath("factory/style.json").read_text(encoding="utf-8")
    return document.from_json(text, "the factory's style")
