"""Reading what a stranger wrote: every value has a type and a range, and every refusal is one sentence."""

import numpy as np

from dsp.errors import OptionError

REQUIRED = object()
SHOWN = 40              # characters of a wrong value that a sentence quotes


class Section:
    """One JSON object of a document, with its name for error messages."""

    def __init__(self, content, name):
        if not isinstance(content, dict):
            raise OptionError(f"{name} is not an object")
        self.content, self.name = content, name

    def has(self, key):
        """Whether there is such a key with anything but null."""
        return self.content.get(key) is not None

    def section(self, key):
        return Section(self._take(key), f"{self.name}.{key}")

    def list(self, key, longest):
        """A list that is not empty."""
        items = self._take(key)
        if not isinstance(items, list) or not 1 <= len(items) <= longest:
            self.refuse(key, f"a list of 1 to {longest}")
        return items

    def integer(self, key, low, high, default=REQUIRED):
        return self.checked_integer(key, self._take(key, default), low, high)

    def checked_integer(self, key, value, low, high):
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.refuse(key, f"a whole number from {low} to {high}", value)
        return value

    def integers(self, key, low, high, longest):
        return [self.checked_integer(key, value, low, high) for value in self.list(key, longest)]

    def number(self, key, default=REQUIRED):
        """A finite number."""
        value = self._take(key, default)
        if value is default:
            return value
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= 1e30:
            self.refuse(key, "a number", value)
        return float(value)

    def switch(self, key, default=REQUIRED):
        value = self._take(key, default)
        if not isinstance(value, bool):
            self.refuse(key, "true or false", value)
        return value

    def choice(self, key, names, default=REQUIRED):
        return self.checked_choice(key, self._take(key, default), names)

    def checked_choice(self, key, value, names):
        if not isinstance(value, str) or value not in names:
            self.refuse(key, f"one of {', '.join(names)}", value)
        return value

    def refuse(self, key, allowed, value=None):
        shown = "" if value is None else f" = {quoted(value)}"
        raise OptionError(f"{self.name}.{key}{shown} is not {allowed}")

    def _take(self, key, default=REQUIRED):
        value = self.content.get(key)
        if value is None and default is REQUIRED:
            raise OptionError(f"{self.name} has no {key}")
        return default if value is None else value


class Weights:
    """A model's numbers, taken in the order in which the file has them."""

    def __init__(self, section):
        given = section.content.get("weights")
        if not isinstance(given, list) or any(type(value) not in (int, float) for value in given):
            raise OptionError(f"{section.name}.weights is not a list of numbers")
        with np.errstate(over="ignore"):
            try:
                self.values = np.array(given, np.float64).astype(np.float32)
            except OverflowError:
                self.values = np.array([np.inf])
        if not np.isfinite(self.values).all():
            raise OptionError(f"{section.name}.weights are not all finite")
        self.name, self.taken = section.name, 0

    def take(self, *shape):
        """The next numbers, as an array of this shape."""
        count = int(np.prod(shape, dtype=object))
        if self.taken + count > len(self.values):
            raise OptionError(f"{self.name} has {len(self.values)} weights, its architecture needs more")
        self.taken += count
        return self.values[self.taken - count:self.taken].reshape(shape)

    def finish(self):
        """Nothing may be left over."""
        if self.taken != len(self.values):
            raise OptionError(f"{self.name} has {len(self.values)} weights, its architecture needs {self.taken}")


def quoted(value):
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
