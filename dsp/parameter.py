"""What a knob means: one declaration per parameter, used by sound, screen and trainer."""

import math
from dataclasses import dataclass

TAPERS = ("linear", "log", "choice")
TAGS = ("space", "brightness", "body", "drive", "movement", "dynamics", "level", "time", "pitch")


@dataclass(frozen=True)
class Parameter:
    """One knob of an effect.

    id : lower case, with its unit where it has one (`time_ms`, `tone_hz`, `mix`).
    label : what the screen shows, at most 10 characters.
    unit : "dB", "Hz", "ms", "s", ":1", "%" ... ; "" is a plain 0..1 amount, shown in percent.
    low, high, default : in that unit.
    taper : "linear", "log" (equal ratios per turn; low > 0) or "choice" (whole steps).
    tag : what it is about in music, one of TAGS; the trainer's bridge between plugins.
    choices : the names of a choice; its values are 0, 1, 2, ...

    Raises ValueError where the declaration contradicts itself.
    """

    id: str
    label: str
    unit: str
    low: float
    high: float
    default: float
    taper: str = "linear"
    tag: str = ""
    choices: tuple = ()

    def __post_init__(self):
        if self.taper not in TAPERS:
            raise ValueError(f"{self.id}: taper {self.taper!r} is not one of {', '.join(TAPERS)}")
        if self.tag and self.tag not in TAGS:
            raise ValueError(f"{self.id}: tag {self.tag!r} is not one of {', '.join(TAGS)}")
        if not self.low <= self.default <= self.high or not self.low < self.high:
            raise ValueError(f"{self.id}: needs low <= default <= high and low < high")
        if self.taper == "log" and self.low <= 0:
            raise ValueError(f"{self.id}: a log taper needs low > 0")
        if self.taper == "choice" and len(self.choices) != int(self.high) + 1:
            raise ValueError(f"{self.id}: needs a name for each of its {int(self.high) + 1} choices")

    def to_value(self, raw):
        """The value, in the unit, at knob position `raw` 0..1."""
        raw = min(max(raw, 0.0), 1.0)
        if self.taper == "log":
            return self.low * (self.high / self.low) ** raw
        value = self.low + raw * (self.high - self.low)
        return float(round(value)) if self.taper == "choice" else value

    def to_raw(self, value):
        """The knob position 0..1 that gives `value`; values outside are clamped."""
        value = min(max(value, self.low), self.high)
        if self.taper == "log":
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def nudge(self, raw, detents, per_turn=1 / 100):
        """The knob position after some detents; a choice moves a whole step each."""
        step = 1.0 / self.high if self.taper == "choice" else per_turn
        return min(max(raw + detents * step, 0.0), 1.0)

    def format(self, raw):
        """The value at `raw` as the screen shows it: "62 %", "1.25 kHz", "-6.0 dB"."""
        value = self.to_value(raw)
        if self.taper == "choice":
            return self.choices[int(value)]
        if self.unit == "":
            return f"{100 * value:.0f} %"
        if self.unit in ("Hz", "ms") and value >= 1000:
            return f"{value / 1000:.2f} {'kHz' if self.unit == 'Hz' else 's'}"
        if self.unit == ":1":
            return f"{value:.1f}:1"
        decimals = 0 if abs(self.high - self.low) >= 500 and value >= 100 else 1
        return f"{value:.{decimals}f} {self.unit}"


def choice(id, label, names, default=0, tag=""):
    """A parameter with named positions; its value is the position's number."""
    return Parameter(id, label, "", 0, len(names) - 1, default, "choice", tag, tuple(names))
