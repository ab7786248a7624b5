"""The factory's idea of an emotion: small offsets by a parameter's semantic tag.

``factory/emotions.json`` gives each figure with its source; benchmarks/derive_emotions.py
writes it.
"""

import functools
import json
from importlib import resources

TAGS = ("space", "brightness", "body", "drive", "movement", "dynamics", "level", "time", "pitch")
LIMIT = 0.15  # knob units


def offsets(emotion: str) -> dict[str, float]:
    """Return {tag: offset in knob units}; an emotion the factory does not know has none."""
    return {tag: figure["offset"] for tag, figure in _table().get(emotion, {}).items()}


@functools.cache
def _table() -> dict:
    text = resources.files("profiles").joinpath("factory/emotions.json").read_text(encoding="utf-8")
    return json.loads(text)["emotions"]
