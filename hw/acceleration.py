"""Makes a knob that is spun quickly travel further."""

from math import inf

# A detent counts for more when it follows the last one within this many seconds. At
# 24 detents a turn, one turn a second (42 ms each) is still exact, and two (21 ms)
# go twice as far. The thresholds are norns' (lua/core/encoders.lua).
_MULTIPLIERS = ((0.005, 6), (0.010, 4), (0.020, 3), (0.030, 2))


def multiplier(interval_s: float) -> int:
    """What one detent is worth when it comes `interval_s` seconds after the last one."""
    return next((worth for limit, worth in _MULTIPLIERS if interval_s < limit), 1)


class Acceleration:
    """The memory of one encoder: when it last moved, and which way."""

    def __init__(self):
        self._time = -inf
        self._clockwise = True

    def scale(self, detents: int, time: float) -> int:
        """Return `detents` multiplied by the speed they came at.

        detents : of one TURN event, not 0; + is clockwise.
        time : the event's, in seconds. After a change of direction the hand is
            homing in, so the count starts slow again.
        """
        clockwise = detents > 0
        same_way = clockwise == self._clockwise
        interval_s = (time - self._time) / abs(detents) if same_way else inf
        self._time, self._clockwise = time, clockwise
        return detents * multiplier(interval_s)
