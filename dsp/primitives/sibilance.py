"""Taking the hiss out of a voice's s and sh, and nothing else.

The sound is split in two by a Linkwitz-Riley filter of fourth order (Linkwitz, "Active Crossover Networks
for Noncoincident Drivers", JAES 24(1), 1976): both bands are in phase everywhere, so that turning the
upper one down leaves no bump, and together they are an all-pass. The lower band is never computed:
it is the all-pass without the upper band. What counts is the upper band's share of the whole (as in the dbx
902), so that a whisper is treated like a shout, and brightness that is always there is left alone.
"""

import numpy as np

from dsp.native import helper
from dsp.primitives.filters import (BUTTERWORTH, COEFFICIENTS, integrator, put_high_pass, put_section, section_of,
                                    tick)
from dsp.primitives.levels import DB_PER_OCTAVE, fast_exp2, fast_log2, rate
from dsp.primitives.reciprocals import reciprocal

SECTIONS = 3                # two high passes in a row; the all-pass beside them
TILE = 64                   # frames that go through one stage before the next
HEARD_MS = 3.0              # over which the bands' squares are taken
ATTACK_MS, RELEASE_MS = 1.0, 40.0
KNEE_DB = 6.0               # above the threshold, over which the reduction grows to its full range
FLOOR = np.float32(1e-8)    # mean square below which even an s is left alone: the noise of a microphone
ZERO, HALF, ONE, TWO, THREE = (np.float32(number) for number in (0.0, 0.5, 1.0, 2.0, 3.0))

# Places in state: filter states of two channels; coefficients at the block's start, at its end, between;
# the corners they were made for; mean squares of the upper band and the whole; the reduction.
START = 2 * 2 * SECTIONS
END = START + SECTIONS * COEFFICIENTS
BETWEEN = END + SECTIONS * COEFFICIENTS
START_HZ = BETWEEN + SECTIONS * COEFFICIENTS
END_HZ, UPPER_POWER, POWER, REDUCTION, STATE = range(START_HZ + 1, START_HZ + 6)

UPPER, WHOLE, REDUCED, ROWS = 0, 2, 4, 5    # rows of memory: each channel's band, its all-pass, decibels
MEMORY = ROWS * TILE


@helper
def design(state, first, hz, sample_rate):
    """Write the split's coefficients into state from `first` on."""
    bank = state[first:]
    put_high_pass(bank, 0, hz, BUTTERWORTH, sample_rate)
    put_high_pass(bank, 1, hz, BUTTERWORTH, sample_rate)
    damping = 1.0 / BUTTERWORTH
    put_section(bank, 2, integrator(hz, sample_rate), damping, 1.0, -2.0 * damping, 0.0)


@helper
def follow(state, hz, hz_end, sample_rate):
    """Have coefficients for both ends of the block."""
    if state[START_HZ] != hz:
        design(state, START, hz, sample_rate)
        state[START_HZ] = hz
    if state[END_HZ] != hz_end:
        design(state, END, hz_end, sample_rate)
        state[END_HZ] = hz_end


@helper
def split(x, upper, whole, state, channel, begin, count, frames):
    """Stage 1: the upper band, and both bands together."""
    between, moving = state[BETWEEN:], state[START_HZ] != state[END_HZ]
    if not moving:
        between = state[START:]
    states = state[2 * SECTIONS * channel:]
    a1, a2, b1, b2, c1, c2 = states[0], states[1], states[2], states[3], states[4], states[5]
    a, b, c = section_of(between, 0), section_of(between, 1), section_of(between, 2)
    for i in range(count):
        if moving:
            way = (begin + i + 1) / frames
            for place in range(SECTIONS * COEFFICIENTS):
                between[place] = state[START + place] + way * (state[END + place] - state[START + place])
            a, b, c = section_of(between, 0), section_of(between, 1), section_of(between, 2)
        v = np.float64(x[i])
        high, a1, a2 = tick(v, a1, a2, a)
        high, b1, b2 = tick(high, b1, b2, b)
        v, c1, c2 = tick(v, c1, c2, c)
        upper[i], whole[i] = high, v
    states[0], states[1], states[2], states[3], states[4], states[5] = a1, a2, b1, b2, c1, c2


@helper
def hear(rows, channels, share, state, heard, frames):
    """Stage 2: the upper band's share of the whole, as a ratio of mean squares."""
    last = channels - 1
    left, right, whole_left, whole_right = rows[UPPER], rows[UPPER + last], rows[WHOLE], rows[WHOLE + last]
    upper, power = state[UPPER_POWER], state[POWER]
    for i in range(frames):
        upper += heard * (left[i] * left[i] + right[i] * right[i] - upper)
        power += heard * (whole_left[i] * whole_left[i] + whole_right[i] * whole_right[i] - power)
        share[i] = np.float32(upper) * reciprocal(np.float32(power) + FLOOR)
    state[UPPER_POWER], state[POWER] = upper, power


@helper
def compute(share, threshold, threshold_step, reach, reach_step, frames):
    """Stage 3: from shares to the decibels to take away; smooth from 0 at the threshold to all at the knee's end."""
    for i in range(frames):
        way = np.float32(np.int32(i + 1))
        share_db = HALF * DB_PER_OCTAVE * fast_log2(share[i] + FLOOR)
        into = (share_db - threshold - threshold_step * way) / np.float32(KNEE_DB)
        into = min(max(into, ZERO), ONE)
        share[i] = (reach + reach_step * way) * into * into * (THREE - TWO * into)


@helper
def smooth(reduction, state, attack, release, frames):
    """Stage 4: attack and release, then the gain."""
    here = state[REDUCTION]
    for i in range(frames):
        away = np.float64(reduction[i]) - here
        here += (attack if away > 0.0 else release) * away
        reduction[i] = here
    state[REDUCTION] = here
    for i in range(frames):
        reduction[i] = ONE - fast_exp2(-reduction[i] / DB_PER_OCTAVE)


@helper
def de_ess(io, frames, state, memory, hz, threshold_db, range_db, sample_rate):
    """Turn the band above `hz` down, by up to `range_db`, while its share of the whole is above `threshold_db`.

    hz, threshold_db, range_db : each (at the block's start, at its end).
    state, memory : STATE and MEMORY places.
    """
    follow(state, np.float64(hz[0]), np.float64(hz[1]), sample_rate)
    heard, attack, release = (rate(HEARD_MS, sample_rate), rate(ATTACK_MS, sample_rate),
                              rate(RELEASE_MS, sample_rate))
    rows = memory[:MEMORY].reshape((ROWS, TILE))
    threshold, reach = np.float32(threshold_db[0]), np.float32(range_db[0])
    threshold_step = np.float32((threshold_db[1] - threshold_db[0]) / frames)
    reach_step = np.float32((range_db[1] - range_db[0]) / frames)
    for begin in range(0, frames, TILE):
        count = min(frames - begin, TILE)
        for channel in range(io.shape[0]):
            split(io[channel, begin:], rows[UPPER + channel], rows[WHOLE + channel], state, channel, begin, count,
                  frames)
        reduced, way = rows[REDUCED], np.float32(begin)
        hear(rows, io.shape[0], reduced, state, heard, count)
        compute(reduced, threshold + way * threshold_step, threshold_step, reach + way * reach_step, reach_step, count)
        smooth(reduced, state, attack, release, count)
        for channel in range(io.shape[0]):
            x, upper, whole = io[channel, begin:], rows[UPPER + channel], rows[WHOLE + channel]
            for i in range(count):
                x[i] = whole[i] - reduced[i] * upper[i]
