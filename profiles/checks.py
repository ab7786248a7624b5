"""Arguments and file contents are checked where they enter, by these."""

import json
from typing import Any

from profiles.errors import ProfileError

NAME_LENGTH = 64


def name(text: Any, what: str) -> str:
    """Return ``text`` when it can name something: printable, 1 to 64 characters.

    Lone surrogates are not printable, so whatever passes can be written as UTF-8.
    """
    if not isinstance(text, str) or not 1 <= len(text) <= NAME_LENGTH or not text.isprintable() or not text.strip():
        raise ProfileError(f"{what} must be 1 to {NAME_LENGTH} printable characters, not {shown(text)}")
    return text


def label(text: Any, what: str) -> str:
    """Return ``text`` when it is a name or empty."""
    return text if text == "" else name(text, what)


def number(value: Any, what: str, low: float, high: float) -> float:
    """Return ``value`` as a float when it is a finite number within ``low..high``."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise ProfileError(f"{what} must be a number from {low:g} to {high:g}, not {shown(value)}")
    return float(value)


def raw(value: Any, what: str) -> float:
    """Return ``value`` when it is a knob position, 0..1."""
    return number(value, what, 0.0, 1.0)


def whole(value: Any, what: str, low: int, high: int) -> int:
    """Return ``value`` when it is an int within ``low..high``."""
    if type(value) is not int or not low <= value <= high:
        raise ProfileError(f"{what} must be a whole number from {shown(low)} to {shown(high)}, not {shown(value)}")
    return value


def seconds(value: Any, what: str) -> float:
    """Return ``value`` when it is a finite time in seconds (any clock, either sign)."""
    return number(value, what, -1e12, 1e12)


def shown(value: Any) -> str:
    """Return ``value`` as JSON has it, short enough for an error message: what is checked came from there."""
    if isinstance(value, (dict, list)):
        return f"{'an object' if isinstance(value, dict) else 'a list'} of {len(value)}"
    if isinstance(value, int) and abs(value) > 10**20:
        return "a huge number"
    try:
        text = json.dumps(value, ensure_ascii=False)
        text = text if text.isprintable() else json.dumps(value)
    except TypeError:   # nothing that JSON knows
        text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
