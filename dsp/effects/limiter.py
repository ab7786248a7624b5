"""Limiter: holds the true peak under a ceiling, so that no converter or encoder after it clips.

Peaks are taken between the samples (dsp.primitives.peaks, after ITU-R BS.1770-4, annex 2). The gain is
ready when the peak comes: the reduction that each peak needs is held for the look-ahead, released, and
smoothed by two averages in a row, together as long as the look-ahead, so that the gain bends without a corner
and still has arrived (Luff, "Designing a straightforward limiter", 2022; all in vectors:
dsp.primitives.windows). Look-ahead: 70 frames, 1.5 ms at 48 kHz. Both channels share one gain. What is
below the ceiling comes out bit by bit as it went in.
"""

import numpy as np

from dsp.effect import Effect, Prepared
from dsp.native import borrow, helper, kernel
from dsp.parameter import Parameter
from dsp.primitives.filters import bank_state, turned
from dsp.primitives.levels import gain_ramp, rate
from dsp.primitives.peaks import LATE, true_peaks
from dsp.primitives.reciprocals import reciprocal
from dsp.primitives.rings import fold
from dsp.primitives.vectors.kinds import LANES
from dsp.primitives.windows import PAST, average, hold, keep_past, put_powers, release

DRIVE, CEILING, RELEASE = range(3)
PARAMETERS = (
    Parameter("drive_db", "Drive", "dB", 0.0, 24.0, 0.0, tag="level"),
    Parameter("ceiling_db", "Ceiling", "dB", -12.0, 0.0, -1.0, tag="level"),
    Parameter("release_ms", "Release", "ms", 20.0, 1000.0, 120.0, "log", tag="dynamics"),
)

HOLD = 64               # frames that a reduction is held
AVERAGE = HOLD // 2     # frames of each of the two averages; together they reach over HOLD - 1
MARGIN = 10.0 ** (-0.2 / 20.0)  # under the ceiling: on white noise, true-peak meters differ by so much
LATENCY = LATE + HOLD - 2       # a top between two samples then has its gain at both
ONE, ZERO = np.float32(1.0), np.float32(0.0)
TILE = 64               # frames taken through at a time, so that all rows stay in the L1 cache

# In state: what the knobs come to, kept until one is turned; the newest released reduction; the release's powers.
GAIN, GAIN_STEP, LIMIT, LIMIT_STEP, LAST, POWERS = range(6)
SEEN = POWERS + LANES
STATE = SEEN + bank_state(0, len(PARAMETERS))

# In memory: rows with what went in, and with the newest points between the samples, of each channel; the
# reductions, held, released, averaged once and twice, and what that is made of.
DELAY = 80              # places before the new frames of what went in: LATENCY of them are wanted
ROW = DELAY + TILE
(LINES, THIRDS, WANTED, WANTED_SHORT, HELD, RELEASED, RELEASED_SHORT, FIRST, FIRST_SHORT, GAINS,
 ROWS) = 0, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12

assert DELAY >= max(LATENCY, PAST) and TILE % (2 * LANES) == 0     # vectors come in pairs


@helper
def settle(knobs, state, frames, sample_rate):
    """Work out all that depends on the knobs alone. The release needs no ramp: what it moves has no jump."""
    state[GAIN], state[GAIN_STEP] = gain_ramp(knobs, DRIVE, frames)
    limit, limit_step = gain_ramp(knobs, CEILING, frames)
    state[LIMIT], state[LIMIT_STEP] = MARGIN * limit, MARGIN * limit_step
    put_powers(state[POWERS:], 1.0 - rate(knobs[RELEASE, 1], sample_rate))


@helper
def take_in(x, line, gain, step, begin, frames):
    for i in range(frames):
        line[DELAY + i] = (gain + step * np.float32(np.int32(begin + i + 1))) * x[i]


@helper
def reductions(peaks, wanted, limit, step, begin, frames):
    """How much of the gain each peak takes away, 0..1."""
    for i in range(frames):
        ceiling = limit + step * np.float32(np.int32(begin + i + 1))
        wanted[PAST + i] = max(ONE - ceiling * reciprocal(max(peaks[i], ceiling)), ZERO)


@helper
def smooth(rows, state, frames):
    """From the WANTED reductions to those in the GAINS row."""
    hold(rows[WANTED], rows[WANTED_SHORT], rows[HELD], HOLD, frames)
    state[LAST] = release(rows[HELD], state[POWERS:], state[LAST], rows[RELEASED], frames)
    average(rows[RELEASED], rows[RELEASED_SHORT], rows[FIRST], AVERAGE, frames)
    average(rows[FIRST], rows[FIRST_SHORT], rows[GAINS], AVERAGE, frames)
    for row in range(WANTED, GAINS):
        keep_past(rows[row], PAST, frames)


@kernel
def process(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    state, io = borrow(state), borrow(io)
    rows = fold(borrow(memory), ROWS, ROW)
    if turned(knobs, state[SEEN:], 0):
        settle(knobs, state, frames, sample_rate)
    gain, gain_step = np.float32(state[GAIN]), np.float32(state[GAIN_STEP])
    limit, limit_step = np.float32(state[LIMIT]), np.float32(state[LIMIT_STEP])
    peaks = rows[GAINS]
    for begin in range(0, frames, TILE):
        n = min(frames - begin, TILE)
        peaks[:TILE] = ZERO
        for channel in range(io.shape[0]):
            take_in(io[channel, begin:], rows[LINES + channel], gain, gain_step, begin, n)
            true_peaks(rows[LINES + channel], DELAY, rows[THIRDS + channel], peaks, n)
        reductions(peaks, rows[WANTED], limit, limit_step, begin, n)
        smooth(rows, state, n)
        gains = rows[GAINS, PAST:]
        for channel in range(io.shape[0]):
            x, line = io[channel, begin:], rows[LINES + channel]
            late = line[DELAY - LATENCY:]
            for i in range(n):
                x[i] = (ONE - gains[i]) * late[i]
            keep_past(line, DELAY, n)


def build(sample_rate, options):
    return Prepared(process, STATE, 0, ROWS * ROW, latency=LATENCY)


EFFECT = Effect("limiter", "Limiter", "Louder, and never above its ceiling, not even between the samples.",
                PARAMETERS, build=build, tail_s=0.005)
