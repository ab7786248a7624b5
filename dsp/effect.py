"""What an effect is: a declaration beside one kernel."""

from dataclasses import dataclass
from typing import Callable

import numpy as np

from dsp.parameter import Parameter


def nothing(sample_rate, options):
    return np.zeros(0, np.float32)


@dataclass(frozen=True)
class Effect:
    """One effect, declared once.

    id, label : `overdrive`, "Overdrive"; the file is named as the id.
    about : one sentence for the player.
    parameters : in the order the kernel knows them.
    kernel : made by `dsp.native.kernel`, changes the sound in place.
    state, cursors : how many float64 and int64 places the kernel keeps.
    memory_s : seconds of one float32 delay line; `memory_lines` says how many lie one behind the other.
    tables : (sample_rate, options) -> float32 array, made when a chain is built, read only after.
    options : names of what only a rebuilt chain can change (files, sizes); text or numbers.
    widens : gives two channels even where it gets one.
    tail_s : for how long it can sound on after its input has ended.
    latency : frames by which the sound comes out later.
    """

    id: str
    label: str
    about: str
    parameters: tuple[Parameter, ...]
    kernel: Callable
    state: int = 0
    cursors: int = 0
    memory_s: float = 0.0
    memory_lines: int = 1
    tables: Callable = nothing
    options: tuple[str, ...] = ()
    widens: bool = False
    tail_s: float = 0.05
    latency: int = 0

    def memory(self, sample_rate):
        """How many float32 places the delay lines take; each line is a power of two for cheap wrapping."""
        if not self.memory_s:
            return 0
        return self.memory_lines * line_length(self.memory_s, sample_rate)

    def parameter(self, id):
        """The parameter with this id; KeyError where there is none."""
        for parameter in self.parameters:
            if parameter.id == id:
                return parameter
        raise KeyError(id)


def line_length(seconds, sample_rate):
    """The power of two that holds so many seconds, with room for interpolation."""
    return 1 << int(seconds * sample_rate + 4).bit_length()
