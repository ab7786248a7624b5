"""A simulated hand and foot: moves simulated pins as a player would."""

from heapq import heappop, heappush
from itertools import count

from hw.pins import SimPins

# (a, b) round the ring clockwise, from rest; see hw.quadrature.
_RING = ((1, 1), (0, 1), (0, 0), (1, 0))
BOUNCE_S = 0.0002       # between two contacts of a bouncing switch
TAP_S = 0.12            # how long a foot stays down


class Hand:
    """Plans movements and carries them out when their time has come.

    pins : the simulated pins that the panel watches.
    encoders, selector, footswitches, steps_per_detent : the wiring, as `hw.controls.Controls` takes it.
    bounces : how often each contact opens again before it holds.
    """

    def __init__(self, pins: SimPins, encoders, selector, footswitches, steps_per_detent=4, bounces=0):
        self._pins = pins
        self._encoders = encoders
        self._selector = selector
        self._footswitches = footswitches
        self._steps_per_detent = steps_per_detent
        self._bounces = bounces
        self._phases = [0] * len(encoders)
        self._plan = []
        self._order = count()

    def turn(self, encoder: int, detents: int, at: float, seconds: float = 0.0) -> None:
        """Turn an encoder, + is clockwise, evenly over some seconds."""
        wires, way = self._encoders[encoder], 1 if detents > 0 else -1
        steps = abs(detents) * self._steps_per_detent
        for step in range(steps):
            self._phases[encoder] = (self._phases[encoder] + way) % 4
            when = at + seconds * (step + 1) / steps
            for pin, level in zip((wires.a, wires.b), _RING[self._phases[encoder]]):
                self._plan_level(when, pin, level)

    def push(self, encoder: int, at: float, seconds: float = TAP_S) -> None:
        """Push an encoder's shaft and let it go."""
        self._press(self._encoders[encoder].push, at, seconds)

    def press(self, footswitch: int, at: float, seconds: float = TAP_S) -> None:
        """Step on a footswitch and off it."""
        self._press(self._footswitches[footswitch], at, seconds)

    def select(self, position: int, at: float) -> None:
        """Turn the selector to a position, 0 is the first."""
        for bit, pin in enumerate(self._selector.pins):
            chosen = bit == position if self._selector.wiring == "one_hot" else position >> bit & 1
            self._plan_level(at, pin, 0 if chosen else 1)

    def move(self, now: float) -> None:
        """Carry out everything that was planned up to now, each edge with its own time."""
        while self._plan and self._plan[0][0] <= now:
            time, _, pin, level = heappop(self._plan)
            self._pins.drive(pin, level, time)

    def _press(self, pin, at, seconds):
        self._contact(pin, 0, at)
        self._contact(pin, 1, at + seconds)

    def _contact(self, pin, level, at):
        for bounce in range(self._bounces):
            self._plan_level(at + 2 * bounce * BOUNCE_S, pin, level)
            self._plan_level(at + (2 * bounce + 1) * BOUNCE_S, pin, 1 - level)
        self._plan_level(at + 2 * self._bounces * BOUNCE_S, pin, level)

    def _plan_level(self, time, pin, level):
        heappush(self._plan, (time, next(self._order), pin, level))
