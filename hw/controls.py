"""The panel: encoders, selector and footswitches, from edges to events."""

from math import inf
from operator import attrgetter
from queue import Empty, Queue
from typing import NamedTuple, Sequence

from hw.events import LONG, PRESS, PUSH, SELECT, SHORT, TURN, ControlEvent
from hw.pins import Pins
from hw.quadrature import Quadrature
from hw.selector import Selector
from hw.switch import DOWN, UP, Switch


class EncoderPins(NamedTuple):
    """Where an encoder is wired; swap a and b for one that turns the wrong way."""

    a: int
    b: int
    push: int | None = None


class SelectorPins(NamedTuple):
    """Where the selector is wired; wiring is "one_hot" or "binary" (see hw.selector)."""

    wiring: str
    pins: Sequence[int]


class Controls:
    """Everything a hand or foot can move, as one stream of events.

    Edges come in any thread and are only put into a queue; `events` decodes them in
    its caller's thread, so there is one reader, and nothing to lock.

    encoders, footswitches : from left to right.
    steps_per_detent : the encoders', see Quadrature.
    """

    def __init__(self, pins: Pins, encoders: Sequence[EncoderPins] = (),
                 selector: SelectorPins | None = None, footswitches: Sequence[int] = (),
                 steps_per_detent: int = 4):
        self._pins = pins
        # No SimpleQueue: a signal whose handler outlasts the timeout makes its get wait for ever (CPython 3.11).
        self._edges = Queue()
        self._parts = {}    # by pin, what decodes its edges
        self._timed = []    # those that also fall due between edges
        for index, wires in enumerate(encoders):
            shaft = None if wires.push is None else Switch(self._watch(wires.push))
            levels = {pin: self._watch(pin) for pin in (wires.a, wires.b)}
            decoder = Quadrature(steps_per_detent, *levels.values())
            self._parts.update(dict.fromkeys(levels, _Knob(index, levels, decoder, shaft)))
            if shaft:
                self._add(_Button("encoder", index, PUSH, shaft), wires.push)
        for index, pin in enumerate(footswitches):
            self._add(_Button("footswitch", index, PRESS, Switch(self._watch(pin))), pin)
        if selector:
            levels = {pin: self._watch(pin) for pin in selector.pins}
            decoder = Selector(selector.wiring, list(levels.values()), pins.clock())
            self._add(_Dial(levels, decoder), *levels)

    def events(self, timeout_s: float = 0.0) -> list[ControlEvent]:
        """Return what happened since the last call, waiting up to `timeout_s` for something.

        The list may be empty. Detents of one encoder are summed into one TURN unless
        something other than a turn came between them.
        """
        happened: list[ControlEvent] = []
        patience_s = min(timeout_s, self._deadline() - self._pins.clock())
        try:
            edge = self._edges.get(timeout=max(0.0, patience_s))
            while True:
                self._take(edge, happened)
                edge = self._edges.get_nowait()
        except Empty:
            self._poll(self._pins.clock(), happened)
        return [event for event in happened if event.kind != TURN or event.value]

    def close(self) -> None:
        """Give the pins back."""
        self._pins.close()

    def _watch(self, pin):
        self._pins.watch(pin, lambda *edge: self._edges.put(edge))
        return self._pins.read(pin)

    def _add(self, part, *pins):
        self._parts.update(dict.fromkeys(pins, part))
        self._timed.append(part)

    def _deadline(self):
        return min((part.deadline for part in self._timed), default=inf)

    def _take(self, edge, happened):
        pin, level, time = edge
        # What fell due before this edge comes before it: a push that has settled
        # makes the turn after it a fine one.
        self._poll(time, happened)
        for event in self._parts[pin].update(pin, level, time):
            _append(happened, event)

    def _poll(self, time, happened):
        if time >= self._deadline():
            due = [event for part in self._timed for event in part.poll(time)]
            happened += sorted(due, key=attrgetter("time"))


def _append(happened, event):
    """Append `event`, or add a turn to the same encoder's if only turns came since."""
    for place in range(len(happened) - 1, -1, -1):
        before = happened[place]
        if before.kind != TURN or event.kind != TURN:
            break
        if before.index == event.index:
            happened[place] = event._replace(value=before.value + event.value)
            return
    happened.append(event)


class _Knob:
    """An encoder's phases; a push that it was turned under has had its purpose."""

    def __init__(self, index, levels, decoder, shaft):
        self._index = index
        self._levels = levels
        self._decoder = decoder
        self._shaft = shaft

    def update(self, pin, level, time):
        self._levels[pin] = level
        detents = self._decoder.update(*self._levels.values())
        if not detents:
            return []
        if self._shaft:
            self._shaft.spend()
        return [ControlEvent(TURN, "encoder", self._index, detents, time)]


class _Button:
    """A footswitch, whose kind is PRESS, or an encoder's shaft, whose kind is PUSH."""

    def __init__(self, control, index, kind, switch):
        self._switch = switch
        self._events = {what: ControlEvent(name, control, index, value, 0.0)
                        for what, name, value in ((DOWN, kind, 1), (UP, kind, 0),
                                                  (SHORT, SHORT, 0), (LONG, LONG, 1))}

    @property
    def deadline(self):
        return self._switch.deadline

    def update(self, pin, level, time):
        return self._named(self._switch.update(level, time))

    def poll(self, time):
        return self._named(self._switch.poll(time))

    def _named(self, happened):
        return [self._events[what]._replace(time=time) for what, time in happened]


class _Dial:
    """The selector."""

    def __init__(self, levels, decoder):
        self._levels = levels
        self._decoder = decoder

    @property
    def deadline(self):
        return self._decoder.deadline

    def update(self, pin, level, time):
        self._levels[pin] = level
        return self._named(self._decoder.update(list(self._levels.values()), time))

    def poll(self, time):
        return self._named(self._decoder.poll(time))

    def _named(self, happened):
        return [ControlEvent(SELECT, "selector", 0, position, time) for position, time in happened]
