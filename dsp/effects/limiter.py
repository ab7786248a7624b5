"""Limiter: holds the true peak under a ceiling, so that no converter or encoder after it clips.

Peaks are taken between the samples (dsp.primitives.peaks, after ITU-R BS.1770-4, annex 2). The gain is
ready when the peak comes: the reduction that each peak needs is held for the look-ahead, released, and
smoothed by two averages in a row, together as long as the look-ahead, so that the gain bends without a corner
and still has arrived (Luff, "Designing a straightforward limiter", 2022; the held maximum in
constant time after van Herk, 1992). Look-ahead: 70 frames, 1.5 ms at 48 kHz. Both channels
share one gain. What is below the ceiling comes out bit by bit as it went in.
"""

import numpy as np

from dsp.effect import Effect, Prepared
from dsp.native import helper, kernel
from dsp.parameter import Parameter
from dsp.primitives.levels import gain_ramp, rate
from dsp.primitives.peaks import HISTORY, LATE, PHASES, true_peaks
from dsp.primitives.reciprocals import reciprocal
from dsp.primitives.rings import carve

DRIVE, CEILING, RELEASE = range(3)
PARAMETERS = (
    Parameter("drive_db", "Drive", "dB", 0.0, 24.0, 0.0, tag="level"),
    Parameter("ceiling_db", "Ceiling", "dB", -12.0, 0.0, -1.0, tag="level"),
    Parameter("release_ms", "Release", "ms", 20.0, 1000.0, 120.0, "log", tag="dynamics"),
)

HOLD = 64               # frames that a reduction is held; also the grid on which maxima are gathered
AVERAGE = HOLD // 2     # frames of each of the two averages; together they reach over HOLD - 1
MARGIN = 10.0 ** (-0.2 / 20.0)  # under the ceiling: on white noise, true-peak meters differ by so much
LATENCY = LATE + HOLD - 2       # a top between two samples then has its gain at both
ONE, ZERO = np.float32(1.0), np.float32(0.0)

RELEASED, FIRST_SUM, SECOND_SUM, STATE = range(4)
NOW, CURSORS = range(2)

# In memory: for each channel what went in, with the old frames that the filter and the delay want; the
# reductions of this grid, the maxima of the last from each place on, the averages' pasts, and rows to work in.
PAST = LATENCY          # more than the filter's HISTORY
LINE = PAST + HOLD
ROW = HOLD + 1
NEW, LATER, FIRST, SECOND, PEAKS, PHASE_ROWS, ROWS = 0, 1, 2, 3, 4, 5, 5 + PHASES - 1

assert PAST >= HISTORY


@helper
def take_in(x, line, drive, drive_step, frames):
    for i in range(frames):
        line[PAST + i] = (drive + drive_step * (i + 1)) * x[i]


@helper
def keep_past(line, frames):
    for i in range(PAST):
        line[i] = line[i + frames]


@helper
def reductions(peaks, wanted, ceiling, ceiling_step, frames):
    """How much of the gain each peak takes away, 0..1."""
    for i in range(frames):
        limit = np.float32(ceiling + ceiling_step * (i + 1))
        wanted[i] = ONE - limit * reciprocal(peaks[i]) if peaks[i] > limit else ZERO


@helper
def hold_and_average(rows, state, offset, release, gains, frames):
    """From reductions to gains; `offset` is where on the grid the frames begin."""
    new, later, first, second = rows[NEW], rows[LATER], rows[FIRST], rows[SECOND]
    released, first_sum, second_sum = state[RELEASED], state[FIRST_SUM], state[SECOND_SUM]
    highest = ZERO
    for i in range(offset):
        highest = max(highest, new[i])
    for i in range(offset, offset + frames):
        highest = max(highest, new[i])
        held = np.float64(max(highest, later[i + 1]))
        released = max(held, released - release * released)
        slot = i % AVERAGE
        entering = np.float32(released)
        first_sum += np.float64(entering) - np.float64(first[slot])
        first[slot] = entering
        entering = np.float32(first_sum / AVERAGE)
        second_sum += np.float64(entering) - np.float64(second[slot])
        second[slot] = entering
        gains[i - offset] = 1.0 - second_sum / AVERAGE
    state[RELEASED], state[FIRST_SUM], state[SECOND_SUM] = released, first_sum, second_sum


@helper
def turn_over(new, later):
    """A grid is full: note its maxima from each place on, for the next one."""
    highest = ZERO
    for back in range(HOLD):
        place = HOLD - 1 - back
        highest = max(highest, new[place])
        later[place] = highest


@kernel
def process(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    lines, memory = carve(memory, 2, LINE)
    rows, memory = carve(memory, ROWS, ROW)
    drive, drive_step = gain_ramp(knobs, DRIVE, frames)
    ceiling, ceiling_step = gain_ramp(knobs, CEILING, frames)
    ceiling, ceiling_step = MARGIN * ceiling, MARGIN * ceiling_step
    release = rate(knobs[RELEASE, 1], sample_rate)    # needs no ramp: what it moves has no jump

    now, done = cursors[NOW], 0
    while done < frames:
        offset = now % HOLD
        n = min(HOLD - offset, frames - done)
        peaks = rows[PEAKS]
        peaks[:n] = ZERO
        for channel in range(io.shape[0]):
            take_in(io[channel, done:], lines[channel], drive + done * drive_step, drive_step, n)
            true_peaks(lines[channel, PAST - HISTORY:], rows[PHASE_ROWS:], peaks, n)
        reductions(peaks, rows[NEW, offset:], ceiling + done * ceiling_step, ceiling_step, n)
        hold_and_average(rows, state, offset, release, peaks, n)
        if offset + n == HOLD:
            turn_over(rows[NEW], rows[LATER])
        for channel in range(io.shape[0]):
            x, line = io[channel, done:], lines[channel]
            for i in range(n):
                x[i] = peaks[i] * line[i]
            keep_past(line, n)
        now += n
        done += n
    cursors[NOW] = now


def build(sample_rate, options):
    return Prepared(process, STATE, CURSORS, 2 * LINE + ROWS * ROW, latency=LATENCY)


EFFECT = Effect("limiter", "Limiter", "Louder, and never above its ceiling, not even between the samples.",
                PARAMETERS, build=build, tail_s=0.005)
