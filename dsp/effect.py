"""What an effect is: a declaration beside one kernel."""

from dataclasses import dataclass, field, replace
from typing import Any, Callable

import numpy as np

from dsp.errors import OptionError
from dsp.parameter import Parameter

NO_TABLES = np.zeros(0, np.float32)
ROLES = ("", "split", "branch", "merge")


@dataclass(frozen=True)
class Option:
    """Something that only a rebuilt chain can change: a file, a size.

    kind : "file", "switch" (bool) or "number" (from low to high).
    default : what it is when it is not given; None for a file that must be given.
    """

    id: str
    about: str
    kind: str
    default: Any = None
    low: float = 0.0
    high: float = 1.0

    def read(self, given):
        """The value for a text or a JSON value; OptionError says what is allowed."""
        if self.kind == "file" and isinstance(given, str) and given:
            return given
        if self.kind == "switch" and str(given).lower() in ("on", "off", "true", "false"):
            return str(given).lower() in ("on", "true")
        if self.kind == "number" and not isinstance(given, bool):
            try:
                value = float(given)
            except (TypeError, ValueError, OverflowError):
                value = None
            if value is not None and self.low <= value <= self.high:
                return value
        raise OptionError(f"{self.id} = {str(given)[:40]} is not {self.allowed}")

    @property
    def allowed(self):
        """What it takes, in words."""
        return {"file": "a file", "switch": "on or off",
                "number": f"a number from {self.low:g} to {self.high:g}"}[self.kind]

    @property
    def default_text(self):
        """The default as it would be given; "" for a file that is not named."""
        return {"file": self.default or "", "switch": "on" if self.default else "off", "number": f"{self.default}"}[self.kind]


@dataclass(frozen=True)
class Prepared:
    """An effect as one chain needs it: made outside the audio loop, for one rate and one set of options.

    kernel : made by `dsp.native.kernel`, changes the sound in place.
    state, cursors, memory : how many float64, int64 and float32 places it keeps; zero is fresh.
    tables : float32, read only.
    latency : frames by which the sound comes out later.
    warm_frames : of silence that it should have heard before the first sound.
    tail_s, widens : as in Effect, where the options decide; None is the effect's own.
    note : what the player should know about these options, "" where all is as he asked for.
    """

    kernel: Callable
    state: int = 0
    cursors: int = 0
    memory: int = 0
    tables: np.ndarray = field(default_factory=lambda: NO_TABLES)
    latency: int = 0
    warm_frames: int = 0
    tail_s: float | None = None
    widens: bool | None = None
    note: str = ""


@dataclass(frozen=True)
class Effect:
    """One effect, declared once.

    id, label : `overdrive`, "Overdrive"; the file is named as the id.
    about : one sentence for the player.
    parameters : in the order the kernel knows them.
    kernel, state, cursors, latency : as in Prepared.
    memory_s : seconds of one float32 delay line; `memory_lines` says how many lie one behind the other.
    tables : (sample_rate, options) -> float32 array, read only.
    options : what only a rebuilt chain can change.
    build : (sample_rate, options) -> Prepared, for an effect whose sizes or kernel depend on its options; it
        raises OptionError for those it cannot use.
    widens : gives two channels even where it gets one.
    tail_s : for how long it can sound on after its input has ended.
    role : one of ROLES; "" for an effect, the others for blocks that shape the chain itself.
    """

    id: str
    label: str
    about: str
    parameters: tuple[Parameter, ...]
    kernel: Callable | None = None
    state: int = 0
    cursors: int = 0
    memory_s: float = 0.0
    memory_lines: int = 1
    tables: Callable | None = None
    options: tuple[Option, ...] = ()
    build: Callable | None = None
    widens: bool = False
    tail_s: float = 0.05
    latency: int = 0
    role: str = ""

    def prepare(self, sample_rate, options):
        """What a chain at this rate needs; options that are not given stand at their defaults."""
        given = {option.id: options.get(option.id, option.default) for option in self.options}
        if self.build:
            needs = self.build(sample_rate, given)
        else:
            tables = self.tables(sample_rate, given) if self.tables else NO_TABLES
            needs = Prepared(self.kernel, self.state, self.cursors, self.memory(sample_rate), tables, self.latency)
        return replace(needs, tail_s=self.tail_s if needs.tail_s is None else needs.tail_s,
                       widens=self.widens if needs.widens is None else needs.widens)

    def memory(self, sample_rate):
        """How many float32 places the delay lines take; each line is a power of two for cheap wrapping."""
        if not self.memory_s:
            return 0
        return self.memory_lines * line_length(self.memory_s, sample_rate)

    def parameter(self, id):
        """The parameter with this id; KeyError where there is none."""
        return find(self.parameters, id)

    def option(self, id):
        """The option with this id; KeyError where there is none."""
        return find(self.options, id)


def find(declarations, id):
    """The first of some parameters or options with this id; KeyError where there is none."""
    for declaration in declarations:
        if declaration.id == id:
            return declaration
    raise KeyError(id)


def line_length(seconds, sample_rate):
    """The power of two that holds so many seconds, with room for interpolation."""
    return 1 << int(seconds * sample_rate + 4).bit_length()
