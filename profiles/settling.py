"""From little movements of a hand to settled adjustments: a pure state machine.

::

    idle --turn--> moving --still 1.0 s--> settled --3 s--> idle
                     |  ^                    |
                     |  +------turn----------+   put back within 3 s: retracted
                     +--back where it began--> idle (nothing happened)
"""

from typing import NamedTuple

SETTLE_SECONDS = 1.0
UNDO_SECONDS = 3.0
SAME = 0.01 + 1e-9  # knob units; the margin lets 0.51 - 0.50 count as 0.01 in floating point


class Adjustment(NamedTuple):
    """One settled hand movement; ``old`` and ``new`` are raw, ``time`` is when it settled."""

    plugin: str
    parameter: str
    old: float
    new: float
    emotion: str
    time: float


class Settled(NamedTuple):
    """The hand has left the knob there."""

    adjustment: Adjustment


class Retracted(NamedTuple):
    """``adjustment`` was reported as settled, and the hand has taken it back."""

    adjustment: Adjustment


class Settler:
    """Sorts movements into settled adjustments; times must not go back."""

    def __init__(self):
        self._moving: dict[tuple[str, str], Adjustment] = {}   # time: of the last movement
        self._settled: dict[tuple[str, str], Adjustment] = {}  # the last of each knob, for the undo window

    def turn(self, plugin: str, parameter: str, old: float, new: float, emotion: str,
             time: float) -> list[Settled | Retracted]:
        """Take one little movement; return what it settled.

        That is everything made under another emotion, and an earlier move of this knob
        that this one does not continue: the box moved the knob in between (scene, preset).
        """
        key = (plugin, parameter)
        events = self.settle_due(time)
        for other, move in list(self._moving.items()):
            if move.emotion != emotion or (other == key and abs(move.new - old) > SAME):
                events += self._settle(other, time)
        origin = self._moving[key].old if key in self._moving else old
        self._moving[key] = Adjustment(plugin, parameter, origin, new, emotion, time)
        return events

    def settle_due(self, time: float) -> list[Settled | Retracted]:
        """Settle the knobs that have been still for long enough."""
        events = []
        for key, move in list(self._moving.items()):
            if time - move.time >= SETTLE_SECONDS:
                events += self._settle(key, move.time + SETTLE_SECONDS)
        return events

    def settle_all(self, time: float) -> list[Settled | Retracted]:
        """Settle everything now; what is settled can no longer be undone."""
        events = [event for key in list(self._moving) for event in self._settle(key, time)]
        self._settled.clear()
        return events

    def _settle(self, key: tuple[str, str], time: float) -> list[Settled | Retracted]:
        move = self._moving.pop(key)
        if abs(move.new - move.old) <= SAME:
            return []
        last = self._settled.pop(key, None)
        if (last and last.emotion == move.emotion and abs(move.new - last.old) <= SAME
                and move.time - last.time <= UNDO_SECONDS):
            return [Retracted(last)]
        self._settled[key] = move._replace(time=time)
        return [Settled(self._settled[key])]
