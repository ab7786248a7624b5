"""How much of a block's time chains take on this machine, played as the box plays them.

Each chain plays the same sound several times from its fresh state. For each block the fastest of these counts,
so that what else the machine did meanwhile is left out, and a block that always takes longer (a far partition
of an impulse response, say) is still found.
"""

import os
import platform
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np

from dsp.rack import Rack
from dsp.riff import riff

SECONDS = 0.25          # of sound
ROUNDS = 5
FORMAT = "S32_LE"       # what most sound cards speak


@dataclass(frozen=True)
class Time:
    """Seconds a block takes: on average, and the one that takes longest."""

    mean_s: float
    worst_s: float


class Meter:
    """Plays chains, one after the other, in one rack."""

    def __init__(self, sample_rate, period):
        self.sample_rate, self.period = sample_rate, period
        self._rack = Rack(sample_rate)
        self._play = self._rack.player(FORMAT, 2, 0, FORMAT, 2)
        count = int(SECONDS * sample_rate) // period + 1
        x = np.resize(riff(sample_rate), count * period)
        frames = np.repeat((x * 2.0 ** 31).astype(np.int32), 2)
        self._blocks = np.split(frames.view(np.uint8), count)
        self._out = np.zeros_like(self._blocks[0])

    @property
    def block_s(self):
        """How long a block sounds."""
        return self.period / self.sample_rate

    def time(self, blocks):
        """The Time of a chain; DspError where it cannot be built."""
        chain = self._rack.begin(blocks)
        rounds = []
        for _ in range(ROUNDS):
            chain.reset()
            rounds.append(self._round())
        fastest = np.min(rounds, axis=0)
        return Time(float(fastest.mean()), float(fastest.max()))

    def _round(self):
        play, out, period = self._play, self._out, self.period
        taken = []
        for block in self._blocks:
            begin = perf_counter()
            play(block, out, period)
            taken.append(perf_counter() - begin)
        return taken


def machine():
    """What this is: a Raspberry Pi by its name, anything else by its processor; and how many cores."""
    cores = os.cpu_count()
    board = Path("/proc/device-tree/model")
    if board.exists():
        return f"{board.read_text().rstrip(chr(0))}, {cores} cores"
    names = [line.partition(":")[2].strip() for line in lines_of(Path("/proc/cpuinfo")) if line.startswith("model name")]
    return f"{names[0] if names else platform.machine()}, {cores} cores"


def lines_of(path):
    return path.read_text().splitlines() if path.exists() else []
