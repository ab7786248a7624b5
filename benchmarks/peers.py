"""What is compared with what: for each effect that pedalboard has, ours with settings as near as they go.

Both sides hear the same channels: mono effects one, those that widen two.
"""

from dataclasses import dataclass
from typing import Any, Callable

import numpy as np
import pedalboard as pb

from dsp import effects
from dsp.chain import Block

SHORT_GOAL, LONG_GOAL = 3.0, 1.0        # times as fast, in blocks of 64 frames and on long buffers


def block(id, options=None, **values):
    """An effect in a chain, with values in their units (a choice by its name)."""
    effect = effects.load(id)
    raw = {}
    for name, value in values.items():
        parameter = effect.parameter(name)
        raw[name] = parameter.to_raw(parameter.choices.index(value) if parameter.choices else value)
    return Block(effect, raw, options or {})


@dataclass(frozen=True)
class Pair:
    """One comparison.

    ours : () -> list of Block; theirs : () -> a pedalboard plugin, a new one each time.
    channels, their_channels : that ours and theirs are given.
    short, long : how many times as fast we want to be.
    """

    name: str
    ours: Callable[[], Any]
    theirs: Callable[[], Any]
    channels: int
    their_channels: int
    short: float
    long: float
    note: str


def single(name, id, theirs, channels=1, options=None, goals=(SHORT_GOAL, LONG_GOAL), note="", **values):
    return Pair(name, lambda: [block(id, options, **values)], theirs, channels, channels, *goals, note)


def pairs(cab, room):
    """All of them. cab, room : impulse responses, of 2048 taps and of one second."""
    return [
        single("Gain", "boost", lambda: pb.Gain(6.0), gain_db=6.0),
        single("NoiseGate", "gate", lambda: pb.NoiseGate(-60.0, 10.0, 0.5, 120.0), threshold_db=-60.0),
        single("Compressor", "compressor", lambda: pb.Compressor(-24.0, 4.0, 8.0, 150.0), threshold_db=-24.0,
               ratio=4.0, attack_ms=8.0, release_ms=150.0),
        single("Limiter", "limiter", lambda: pb.Limiter(-6.0, 120.0), ceiling_db=-6.0,
               note="true peak, looks ahead"),
        single("BrickwallLimiter", "limiter", lambda: pb.BrickwallLimiter(-6.0), ceiling_db=-6.0,
               note="true peak, looks ahead"),
        single("Distortion", "overdrive", lambda: pb.Distortion(25.0), drive_db=25.0,
               note="ours 8x oversampled with filters, theirs a bare tanh"),
        single("Clipping", "clipper", lambda: pb.Clipping(-12.0), options={"antialias": False},
               ceiling_db=-12.0, knee=0.0, note="both a bare min and max"),
        single("Clipping, ours without aliases", "clipper", lambda: pb.Clipping(-12.0), ceiling_db=-12.0, knee=0.0,
               note="ours 8x oversampled, theirs a bare min and max"),
        single("Distortion, ours hard", "distortion", lambda: pb.Distortion(25.0), drive_db=25.0,
               note="ours 8x oversampled with filters, theirs a bare tanh"),
        single("Bitcrush", "bit_crusher", lambda: pb.Bitcrush(8), bits="9", rate_hz=40000.0,
               note="both a bare rounding; ours as late as with its converter"),
        single("Resample", "bit_crusher", lambda: pb.Resample(8000.0), rate_hz=8000.0),
        single("PeakFilter, as any one filter", "eq", lambda: pb.PeakFilter(800.0, 4.0, 0.7), mid_db=4.0,
               note="ours has three sections, theirs one"),
        single("shelves and peak", "eq", lambda: pb.Pedalboard(
            [pb.LowShelfFilter(100.0, 3.0), pb.PeakFilter(800.0, -3.0, 0.7), pb.HighShelfFilter(3200.0, 3.0)]),
            low_db=3.0, mid_db=-3.0, high_db=3.0),
        single("LadderFilter", "wah", lambda: pb.LadderFilter(pb.LadderFilter.Mode.LPF12, 900.0, 0.5)),
        single("Phaser", "phaser", lambda: pb.Phaser(0.4, 0.65, 650.0, 0.3, 0.5), 2, rate_hz=0.4),
        single("Chorus", "chorus", lambda: pb.Chorus(0.6, 0.5, 8.0, 0.0, 0.45), 2, rate_hz=0.6, depth=0.5, mix=0.45),
        single("Delay", "delay", lambda: pb.Delay(0.38, 0.35, 0.3), 2, time_ms=380.0, feedback=0.35, mix=0.3,
               note="ours darkens, bends and ducks"),
        single("Reverb", "reverb", lambda: pb.Reverb(0.6, 0.5, 0.25, 0.75, 1.0), 2, mix=0.25,
               note="ours 16 moving lines, theirs 8 combs"),
        single("PitchShift", "pitch_shifter", lambda: pb.PitchShift(7.0), dry=0.0, level_1=1.0),
        single("Convolution, cab of 2048 taps", "ir", lambda: pb.Convolution(str(cab), 1.0), 1,
               {"file": str(cab), "trim": False}, (20.0, LONG_GOAL)),
        single("Convolution, room of 1 s", "ir", lambda: pb.Convolution(str(room), 1.0), 1,
               {"file": str(room), "trim": False}, (SHORT_GOAL, 1.5)),
        chain("chain of 8", cab, whole_board, 2, 8.0, "theirs is two channels from the start, as it takes them"),
        chain("chain of 8, theirs in two", cab, two_boards, 1, SHORT_GOAL, "theirs is mono up to the chorus, too"),
    ]


def chain(name, cab, theirs, their_channels, short, note):
    """The chain of eight, ours mono in and stereo out."""
    def ours():
        return [block("gate", threshold_db=-60.0), block("compressor", ratio=4.0), block("overdrive", drive_db=20.0),
                block("eq", low_db=3.0, mid_db=-3.0, high_db=3.0), block("ir", {"file": str(cab), "trim": False}),
                block("chorus", rate_hz=0.6, mix=0.45), block("delay", time_ms=380.0), block("reverb", mix=0.25)]

    return Pair(name, ours, lambda: theirs(cab), 1, their_channels, short, LONG_GOAL, note)


def front(cab):
    return [pb.NoiseGate(-60.0, 10.0, 0.5, 120.0), pb.Compressor(-24.0, 4.0, 8.0, 150.0), pb.Distortion(20.0),
            pb.LowShelfFilter(100.0, 3.0), pb.PeakFilter(800.0, -3.0, 0.7), pb.HighShelfFilter(3200.0, 3.0),
            pb.Convolution(str(cab), 1.0)]


def back():
    return [pb.Chorus(0.6, 0.5, 8.0, 0.0, 0.45), pb.Delay(0.38, 0.35, 0.3), pb.Reverb(0.6, 0.5, 0.25, 0.75, 1.0)]


def whole_board(cab):
    """One call a block. A pedalboard has as many channels at its end as at its start."""
    return pb.Pedalboard(front(cab) + back())


def two_boards(cab):
    """Two calls a block, and the copy of a channel between them."""
    return TwoBoards(pb.Pedalboard(front(cab)), pb.Pedalboard(back()))


@dataclass(frozen=True)
class TwoBoards:
    mono: Any
    stereo: Any

    def process(self, x, *arguments):
        return self.stereo.process(np.repeat(self.mono.process(x, *arguments), 2, axis=0), *arguments)
