"""Debounces a switch to ground and tells a short press from a long one."""

from math import inf

from hw.events import LONG, SHORT

DOWN = "down"
UP = "up"

DEBOUNCE_S = 0.008
LONG_S = 0.5

_PRESSED, _OPEN = 0, 1


class Switch:
    """A state machine fed with edges and polled for what falls due between them.

    A level counts once it has held for `debounce_s`, so a glitch is no press at all:

        open ──held 8 ms──▶ DOWN ──held 0.5 s──▶ LONG ──let go 8 ms──▶ UP
                              └──────let go 8 ms──────────────────────▶ UP, SHORT

    level : the pin's level now, 0 is pressed. A switch found pressed at the start
        (stuck, or a foot on it) gives neither SHORT nor LONG until it was let go.
    """

    def __init__(self, level: int = _OPEN, debounce_s: float = DEBOUNCE_S, long_s: float = LONG_S):
        self._debounce_s = debounce_s
        self._long_s = long_s
        self._raw = self._settled = level
        self._raw_since = -inf
        self._down_since = -inf
        self._spent = True

    def update(self, level: int, time: float) -> list[tuple[str, float]]:
        """Take an edge to `level` at `time` seconds; return as `poll` does."""
        happened = self.poll(time)
        if level != self._raw:
            self._raw, self._raw_since = level, time
        return happened

    def poll(self, time: float) -> list[tuple[str, float]]:
        """Return (DOWN, UP, SHORT or LONG, when it fell due in seconds) up to `time`."""
        happened = []
        settles = self._raw_since + self._debounce_s
        if self._raw != self._settled and time >= settles:
            happened += self._settle(settles)
        if self._long_pending() and time >= self._down_since + self._long_s:
            self._spent = True
            happened.append((LONG, self._down_since + self._long_s))
        return happened

    def spend(self) -> None:
        """Let this press, if there is one, end without SHORT or LONG: it had another purpose."""
        self._spent = True

    @property
    def deadline(self) -> float:
        """When the next poll is due, in seconds; infinity when only an edge can change anything."""
        if self._raw != self._settled:
            return self._raw_since + self._debounce_s
        return self._down_since + self._long_s if self._long_pending() else inf

    def _settle(self, time):
        self._settled = self._raw
        if self._settled == _PRESSED:
            self._down_since, self._spent = self._raw_since, False
            return [(DOWN, time)]
        return [(UP, time)] if self._spent else [(UP, time), (SHORT, time)]

    def _long_pending(self):
        # The raw level must agree: a switch that was just let go is not held any more,
        # though it has not settled yet.
        return self._settled == self._raw == _PRESSED and not self._spent
