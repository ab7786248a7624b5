"""Decodes the wiring of the emotion selector into a settled position."""

from math import inf
from typing import Callable, Sequence

# Between two positions a rotary switch is open for some 5 ms, and a coded one
# passes through codes that were not meant.
SETTLE_S = 0.020


def one_hot(levels: Sequence[int]) -> int | None:
    """A pin per position, the chosen one low; None while none or several are."""
    return levels.index(0) if levels.count(0) == 1 else None


def binary(levels: Sequence[int]) -> int | None:
    """A coded switch, 2^n positions on n pins: a low pin is a set bit, the lowest bit first."""
    return sum((not level) << bit for bit, level in enumerate(levels))


WIRINGS: dict[str, Callable] = {"one_hot": one_hot, "binary": binary}


class Selector:
    """Reports a position once it has held for `settle_s`; the last one holds across gaps.

    wiring : a name in WIRINGS.
    levels : a list with a level per pin now; the position found first is reported as well.
    """

    def __init__(self, wiring: str, levels: list[int], time: float, settle_s: float = SETTLE_S):
        if wiring not in WIRINGS:
            raise ValueError(f"A selector is wired {' or '.join(WIRINGS)}, not {wiring!r}.")
        self._decode = WIRINGS[wiring]
        self._settle_s = settle_s
        self._position = None
        self._candidate, self._since = self._decode(levels), time

    def update(self, levels: list[int], time: float) -> list[tuple[int, float]]:
        """Take all levels after an edge at `time` seconds; return as `poll` does."""
        happened = self.poll(time)
        candidate = self._decode(levels)
        if candidate != self._candidate:
            self._candidate, self._since = candidate, time
        return happened

    def poll(self, time: float) -> list[tuple[int, float]]:
        """Return [(position, when it settled in seconds)] if there is a new one by `time`."""
        if time < self.deadline:
            return []
        self._position = self._candidate
        return [(self._position, self._since + self._settle_s)]

    @property
    def deadline(self) -> float:
        """When the next poll is due, in seconds; infinity when only an edge can change anything."""
        settled = self._candidate in (None, self._position)
        return inf if settled else self._since + self._settle_s
