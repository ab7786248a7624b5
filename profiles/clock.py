"""Box time: seconds that only go forward, made from a clock that may jump.

The Pi has no clock battery: wall time may start in 1970 and leap by years when the
network answers. A step back counts as no time, a leap as at most MAX_STEP, so that a
wrong clock neither freezes a pending move nor ages the profile by decades.
"""

MAX_STEP = 7 * 86400  # a weekly player ages in real time, a box in a cupboard hardly at all


class BoxClock:
    """Turns the host's times into box time.

    age : box seconds so far. last : the host's time at that age, None before the first.
    """

    def __init__(self, age: float = 0.0, last: float | None = None):
        self.age = age
        self._last = last

    def advance(self, time: float) -> float:
        """Take the host's time in seconds; return the age."""
        if self._last is not None:
            self.age += min(max(time - self._last, 0.0), MAX_STEP)
        self._last = time
        return self.age
