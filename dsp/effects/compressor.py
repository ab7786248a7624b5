"""Compressor: feed-forward, its detector in the logarithmic domain after the gain computer.

The design that Giannoulis, Massberg and Reiss recommend ("Digital Dynamic Range Compressor Design:
A Tutorial and Analysis", JAES 60(6), 2012): soft-knee static curve (eq. 4), then a smooth decoupled
peak detector (eq. 17) on the decibels to take away, so that attack and release are as fast for a
loud note as for a soft one and low strings do not distort. The side chain has a high-pass, both
channels share one gain, and the dry sound can be blended in (parallel compression).
"""

import numpy as np

from dsp.effect import Effect, Prepared
from dsp.native import borrow, helper, kernel
from dsp.parameter import Parameter
from dsp.primitives.levels import DB_PER_OCTAVE, fast_exp2, fast_log2, rate
from dsp.primitives.poles import share
from dsp.primitives.reciprocals import reciprocal
from dsp.primitives.rings import CHUNK, carve
from dsp.primitives.rings import smooth as low_pass

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

# In state: the side chain's bass and its filter's pole for each channel; what times and corner come to, and for which.
HELD, REDUCTION, LOW, POLE, ATTACK_SHARE, RELEASE_SHARE, KEYS, STATE = 0, 1, 2, 4, 5, 6, 7, 10
TILE = CHUNK                        # frames that go through one stage before the next
ROWS = 3                            # of work: levels, and each channel's bass


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
def settle(knobs, state, sample_rate):
    """Times and corner need no ramp: what they smooth moves on without a jump. What they come to is kept."""
    attack, release, corner = knobs[ATTACK, 1], knobs[RELEASE, 1], knobs[SIDECHAIN, 1]
    if attack != state[KEYS] or release != state[KEYS + 1] or corner != state[KEYS + 2]:
        state[KEYS], state[KEYS + 1], state[KEYS + 2] = attack, release, corner
        state[ATTACK_SHARE], state[RELEASE_SHARE] = rate(attack, sample_rate), rate(release, sample_rate)
        state[POLE] = 1.0 - share(corner, sample_rate)


@helper
def hear(io, begin, basses, level, frames, state):
    """Stage 1: the louder channel's level without its bass."""
    channels = io.shape[0]
    for channel in range(channels):
        x, bass = io[channel, begin:], basses[channel]
        for i in range(frames):
            bass[i] = x[i]
    low_pass(basses[:channels], state[POLE], state[LOW:], frames)
    left, right, bass_left, bass_right = io[0, begin:], io[channels - 1, begin:], basses[0], basses[channels - 1]
    for i in range(frames):
        level[i] = max(abs(left[i] - bass_left[i]), abs(right[i] - bass_right[i]))


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
    keep, follow = 1.0 - release, 1.0 - attack
    for i in range(0, frames - 1, 2):
        # Two frames at once, since each would wait for the one before: the second's is written out in terms of the
        # last but one.
        first, second = np.float64(reduction[i]), np.float64(reduction[i + 1])
        held_first = max(first, keep * held + release * first)
        held = max(max(second, keep * first + release * second),
                   keep * keep * held + (keep * release * first + release * second))
        reduction[i] = follow * smoothed + attack * held_first
        smoothed = follow * follow * smoothed + (follow * attack * held_first + attack * held)
        reduction[i + 1] = smoothed
    if frames % 2:
        last = np.float64(reduction[frames - 1])
        held = max(last, keep * held + release * last)
        smoothed = follow * smoothed + attack * held
        reduction[frames - 1] = smoothed
    state[HELD], state[REDUCTION] = held, smoothed


@kernel
def process(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    state, memory, io = borrow(state), borrow(memory), borrow(io)
    rows, memory = carve(memory, ROWS, TILE)
    settle(knobs, state, sample_rate)
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
        work = rows[0]
        hear(io, begin, rows[1:], work, count, state)
        compute(work, count, begin, curve, step)
        smooth(work, count, state, state[ATTACK_SHARE], state[RELEASE_SHARE])
        for i in range(count):
            way = np.float32(np.int32(begin + i + 1))
            gain = fast_exp2(makeup + makeup_step * way - work[i] / DB_PER_OCTAVE)
            work[i] = ONE + (mix + mix_step * way) * (gain - ONE)
        for channel in range(channels):
            x = io[channel, begin:]
            for i in range(count):
                x[i] *= work[i]


def build(sample_rate, options):
    return Prepared(process, STATE, 0, ROWS * TILE)


EFFECT = Effect("compressor", "Compressor", "Evens out loud and soft, and lets notes sing longer.",
                PARAMETERS, build=build, tail_s=0.1)
