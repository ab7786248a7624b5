"""What a hand did: the only thing that leaves the panel hardware."""

from typing import NamedTuple

TURN = "turn"          # an encoder moved: value = whole detents, + is clockwise
PUSH = "push"          # an encoder's shaft: value = 1 down, 0 up
PRESS = "press"        # a footswitch: value = 1 down, 0 up
SHORT = "short"        # a footswitch or shaft let go before the long-press time
LONG = "long"          # ... held for the long-press time (reported while still held)
SELECT = "select"      # the selector: value = position, 0 is the first


class ControlEvent(NamedTuple):
    """One settled fact about one control.

    kind : one of the names above.
    control : "encoder", "footswitch" or "selector".
    index : which one, 0 is the leftmost.
    value : see the kind.
    time : seconds, on the clock the pins were given.
    """

    kind: str
    control: str
    index: int
    value: int
    time: float
