"""Compressor: feed-forward, its detector in the logarithmic domain after the gain computer.

The design that Giannoulis, Massberg and Reiss recommend ("Digital Dynamic Range Compressor Design:
A Tutorial and Analysis", JAES 60(6), 2012): soft-knee static curve (eq. 4), then a smooth decoupled
peak detector (eq. 17) on the decibels to take away, so that attack and release are as fast for a
loud note as for a soft one and low strings do not distort. The side chain has a high-pass, both
channels share one gain, and the dry sound can be blended in (parallel compression).
"""

import numpy as np

from dsp.effect import Effect
from dsp.native import helper, kernel
from dsp.parameter import Parameter
from dsp.primitives.levels import DB_PER_OCTAVE, fast_exp2, fast_log2, rate
from dsp.primitives.reciprocals import reciprocal

THRESHOLD, RATIO, KNEE, ATTACK, RELEASE, SIDECHAIN, AUTO, MAKEUP, MIX = range(9)
PARAMETERS = (
    Parameter("threshold_db", "Threshold", "dB", -60.0, 0.0, -24.0, tag="dynamics"),
    Parameter("ratio", "Ratio", ":1", 1.0, 20.0, 4.0, "log", tag="dynamics"),
    Parameter("knee_db", "Knee", "dB", 0.0, 24.0, 8.0, tag="dynamics"),
    Parameter("attack_ms", "Attack", "ms", 0.1, 100.0, 8.0, "log", tag="dynamics"),
    Parameter("release_ms", "Release", "ms", 20.0, 2000.0, 150.0, "log", tag="dynamics"),
    Parameter("sidechain_hz", "Side low", "Hz", 20.0, 500.0, 60.0, "log", tag="body"),
    Parameter("auto", "Auto gain", "", 0.0, 1.0, 1.0, tag="level"),
    Parameter("makeup_db", "Makeup", "dB", -12.0, 24.0, 0.0, tag="level"),
    Parameter("mix", "Mix", "", 0.0, 1.0, 1.0, tag="dynamics"),
)
AUTO_LEVEL_DB = -12.0       # what auto gain keeps as loud as it was: about the peaks of a picked guitar
SOFTEST = np.float32(1e-6)  # -120 dB: the logarithm has to stop somewhere, far below any threshold
SHARPEST_DB = np.float32(0.01)  # a knee of 0 dB would divide by it
HALF, ZERO, ONE = np.float32(0.5), np.float32(0.0), np.float32(1.0)

HELD, REDUCTION, LOW = 0, 1, 2      # in state; LOW is the side chain's bass, one per channel
TILE = 64                           # frames that go through one stage before the next


@helper
def reduction_db(level_db, threshold_db, slope, knee_db):
    """The static curve: decibels to take away from a level, with a parabola through the knee."""
    half_knee = HALF * knee_db
    over = level_db - threshold_db
    into_knee = min(max(over + half_knee, ZERO), knee_db)
    return slope * (into_knee * into_knee * reciprocal(knee_db + knee_db) + max(over - half_knee, ZERO))


@helper
def curve_at(knobs, end):
    """Threshold, slope and knee of the static curve at the block's start (0) or end (1)."""
    return knobs[THRESHOLD, end], ONE - ONE / knobs[RATIO, end], max(knobs[KNEE, end], SHARPEST_DB)


@helper
def makeup_octaves(knobs, end):
    """Gain after compression, in factors of two."""
    threshold, slope, knee = curve_at(knobs, end)
    automatic = reduction_db(np.float32(AUTO_LEVEL_DB), threshold, slope, knee)
    return (knobs[MAKEUP, end] + knobs[AUTO, end] * automatic) / DB_PER_OCTAVE


@helper
def hear(left, right, level, frames, state, bass):
    """Stage 1: the louder channel's level without its bass."""
    low_left, low_right = state[LOW], state[LOW + 1]
    for i in range(frames):
        low_left = (1.0 - bass) * low_left + bass * left[i]
        low_right = (1.0 - bass) * low_right + bass * right[i]
        level[i] = max(abs(left[i] - low_left), abs(right[i] - low_right))
    state[LOW], state[LOW + 1] = low_left, low_right


@helper
def compute(level, frames, begin, curve, step):
    """Stage 2: from level to the decibels to take away; the curve moves by `step` before each frame."""
    threshold, slope, knee = curve
    threshold_step, slope_step, knee_step = step
    for i in range(frames):
        way = np.float32(np.int32(begin + i + 1))
        level_db = DB_PER_OCTAVE * fast_log2(max(level[i], SOFTEST))
        level[i] = reduction_db(level_db, threshold + threshold_step * way, slope + slope_step * way,
                                knee + knee_step * way)


@helper
def smooth(reduction, frames, state, attack, release):
    """Stage 3: attack and release."""
    held, smoothed = state[HELD], state[REDUCTION]
    for i in range(frames):
        wanted = np.float64(reduction[i])
        held = max(wanted, (1.0 - release) * held + release * wanted)
        smoothed = (1.0 - attack) * smoothed + attack * held
        reduction[i] = smoothed
    state[HELD], state[REDUCTION] = held, smoothed


@kernel
def process(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    # Times need no ramp: what they smooth moves on without a jump.
    attack, release = rate(knobs[ATTACK, 1], sample_rate), rate(knobs[RELEASE, 1], sample_rate)
    bass = rate(1000.0 / (2.0 * np.pi * knobs[SIDECHAIN, 1]), sample_rate)
    curve, end = curve_at(knobs, 0), curve_at(knobs, 1)
    length = np.float32(frames)
    step = (end[0] - curve[0]) / length, (end[1] - curve[1]) / length, (end[2] - curve[2]) / length
    makeup = makeup_octaves(knobs, 0)
    makeup_step = (makeup_octaves(knobs, 1) - makeup) / length
    mix = knobs[MIX, 0]
    mix_step = (knobs[MIX, 1] - mix) / length

    channels = io.shape[0]
    for begin in range(0, frames, TILE):
        count = min(frames - begin, TILE)
        left, right = io[0, begin:], io[channels - 1, begin:]
        work = memory[:TILE]
        hear(left, right, work, count, state, bass)
        compute(work, count, begin, curve, step)
        smooth(work, count, state, attack, release)
        for i in range(count):
            way = np.float32(np.int32(begin + i + 1))
            gain = fast_exp2(makeup + makeup_step * way - work[i] / DB_PER_OCTAVE)
            work[i] = ONE + (mix + mix_step * way) * (gain - ONE)
        for channel in range(channels):
            x = io[channel, begin:]
            for i in range(count):
                x[i] *= work[i]


EFFECT = Effect("compressor", "Compressor", "Evens out loud and soft, and lets notes sing longer.",
                PARAMETERS, process, state=4, memory_s=0.002, tail_s=0.1)
