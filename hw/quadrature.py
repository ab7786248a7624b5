"""Decodes the two pins of a rotary encoder into whole detents."""

from math import nan

# The pins are pulled up and both open (11) at rest; one detent clockwise is
# once round the ring in the sense of the arrows:
#
#             a falls
#        11 ───────────▶ 01        state = a b
#         ▲               │
#  b rises│               │b falls
#         │               ▼
#        10 ◀─────────── 00
#             a rises
#
# A neighbour on the ring is one step. The state across the ring means that an
# edge was missed and the direction is unknown: nan, which no sum gets rid of,
# so that nothing is counted until the next detent starts from zero again.
#
#   to:  00   01   10   11        from:
_STEPS = (0,  -1,  +1,  nan,    # 00
          +1,  0,  nan, -1,     # 01
          -1, nan,  0,  +1,     # 10
          nan, +1, -1,   0)     # 11

# The states in which the shaft rests, by steps per detent.
_RESTS = {4: (0b11,), 2: (0b11, 0b00), 1: (0b11, 0b01, 0b00, 0b10)}


class Quadrature:
    """Counts whole detents only: bounce, half turns and missed edges give nothing.

    steps_per_detent : 4 for most encoders, 2 for those that rest at both-open and
        both-closed, 1 for those with a detent at every edge. With 1, bounce shows
        as a step and its undoing.
    a, b : the pins' levels now.
    """

    def __init__(self, steps_per_detent: int = 4, a: int = 1, b: int = 1):
        if steps_per_detent not in _RESTS:
            raise ValueError(f"An encoder has 4, 2 or 1 steps per detent, not {steps_per_detent}.")
        self._steps_per_detent = steps_per_detent
        self._rests = _RESTS[steps_per_detent]
        self._state = a << 1 | b
        self._steps = 0

    def update(self, a: int, b: int) -> int:
        """Take the pins' levels; return +1 at a detent clockwise, -1 anticlockwise, else 0."""
        state = a << 1 | b
        self._steps += _STEPS[self._state << 2 | state]
        self._state = state
        if state not in self._rests:
            return 0
        steps, self._steps = self._steps, 0
        return (steps == self._steps_per_detent) - (steps == -self._steps_per_detent)
