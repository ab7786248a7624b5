"""What the screen may show: a frozen picture of the panel's state, made by the controller.

Pages draw from a View and nothing else, so a page can be tested with a View written by hand, and two
equal Views never cost a second frame.
"""

from dataclasses import dataclass

PAGES = ("play", "edit", "style", "learn", "usb")     # in the order they turn; "fault" comes by itself


@dataclass(frozen=True)
class EffectView:
    """One effect of the chain as the Play page shows it."""

    label: str
    on: bool = True


@dataclass(frozen=True)
class KnobView:
    """One encoder's parameter.

    label, text : "Mix", "62 %".
    raw : where the knob stands, 0..1.
    learnt : where My Style would put it, or None where nothing is known.
    hand : the player turned it since the emotion last changed, so it is his.
    """

    label: str
    text: str
    raw: float
    learnt: float | None = None
    hand: bool = False


@dataclass(frozen=True)
class UsbView:
    """The stick and what can be done with it."""

    present: bool = False
    items: tuple[str, ...] = ()
    cursor: int = 0


@dataclass(frozen=True)
class View:
    """Everything any page shows.

    title : what the knobs belong to ("Reverb 1/2").
    frozen : nothing is learnt until it is thawed.
    amount : My Style 0..1; applied : whether it is shaping the sound at this moment.
    in_full : Apply My Style holds knobs under this emotion; compared : the player listens to the box without My Style.
    adjustments, sessions : learnt in this session; sessions learnt in all.
    trends : sentences, the strongest first; trend : which one is shown.
    heat : rows (label, counts per emotion) of the most-used parameters, the busiest first.
    message : a short word over any page ("Saved"), empty when there is none.
    fault : what is wrong, empty when all is well.
    """

    page: str = "play"
    preset: str = ""
    edited: bool = False
    emotion: str = ""
    emotions: tuple[str, ...] = ()
    effects: tuple[EffectView, ...] = ()
    focus: int = 0
    title: str = ""
    knobs: tuple[KnobView, ...] = ()
    learning: bool = False
    frozen: bool = False
    amount: float = 1.0
    applied: bool = False
    in_full: bool = False
    compared: bool = False
    profile: str = ""
    adjustments: int = 0
    sessions: int = 0
    last_change: str = ""
    trends: tuple[str, ...] = ()
    trend: int = 0
    heat: tuple[tuple[str, tuple[int, ...]], ...] = ()
    usb: UsbView = UsbView()
    message: str = ""
    fault: str = ""
