"""What the screen may show: a frozen picture of the panel's state, made by the controller.

Pages draw from a View and nothing else, so a page can be tested with a View written by hand, and two
equal Views never cost a second frame.
"""

from dataclasses import dataclass

PAGES = ("play", "edit", "style", "learn", "usb")     # in the order they turn; "fault" and "tuner" come by themselves


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
    learnt : where My Style would put it, or None where nothing is known; guess : from like knobs alone.
    hand : the player turned it since the emotion last changed, so it is his.
    """

    label: str
    text: str
    raw: float
    learnt: float | None = None
    hand: bool = False
    guess: bool = False


@dataclass(frozen=True)
class UsbView:
    """The stick and what can be done with it."""

    present: bool = False
    items: tuple[str, ...] = ()
    cursor: int = 0


@dataclass(frozen=True)
class NoteView:
    """The note next to what is played, "C#" and 3, how many cents it is too high, and its pitch."""

    name: str
    octave: int
    cents: float
    hz: float


@dataclass(frozen=True)
class TravelView:
    """Places on a knob's travel, raw: where My Style puts it, its default, and where the next setting lies four times in five."""

    value: float
    default: float
    low: float
    high: float


@dataclass(frozen=True)
class TrendView:
    """One habit: "Dreamy", "reverb wetter", "Mix", "62 %", "11 settings, sure"; travel is None for another host's."""

    emotion: str
    habit: str
    label: str
    text: str
    evidence: str
    travel: TravelView | None = None


@dataclass(frozen=True)
class WhyView:
    """Why a knob stands where it does. says : (who, share), the most first."""

    knob: str
    emotion: str
    text: str
    evidence: str
    says: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class View:
    """Everything any page shows.

    scene : of the preset, "" where it is the preset itself.
    title : what the knobs belong to ("Reverb 1/2").
    frozen : nothing is learnt until it is thawed.
    amount : My Style 0..1; applied : whether it is shaping the sound at this moment.
    in_full : Apply My Style holds knobs under this emotion; compared : the player listens to the box without My Style.
    guest, blend : another profile that is heard beside the player's, "" for none, and how much, 0..1; guests : whether
    there is anybody to invite.
    adjustments, sessions : learnt in this session; sessions learnt in all.
    trends : habits, the strongest first; why : of the knob that was touched last.
    leaf : which of the My Style page's leaves is shown, see `leaves`.
    heat : rows (label, (count, weight) per emotion) of the most-used parameters, the busiest first.
    tuner : what the tuner hears, None where that is no note.
    message : a short word over any page ("Saved"), empty when there is none.
    fault : what is wrong, empty when all is well.
    """

    page: str = "play"
    preset: str = ""
    scene: str = ""
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
    guest: str = ""
    blend: float = 0.0
    guests: bool = False
    adjustments: int = 0
    sessions: int = 0
    last_change: str = ""
    trends: tuple[TrendView, ...] = ()
    why: WhyView | None = None
    leaf: int = 0
    heat: tuple[tuple[str, tuple[tuple[int, float], ...]], ...] = ()
    usb: UsbView = UsbView()
    tuner: NoteView | None = None
    message: str = ""
    fault: str = ""

    @property
    def leaves(self) -> tuple:
        """What the My Style page turns through: the amount, the guest, each habit, the heatmap, the last knob's why."""
        return ("amount", *(("guest",) if self.guests or self.guest else ()), *self.trends, *(("heat", "why") if self.trends else ()))
