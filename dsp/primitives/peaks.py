"""True peaks: how high the sound rises between its samples.

The sound is taken at four times its rate, after ITU-R BS.1770-4, annex 2. The filter is a longer one than
the 12 taps a phase given there, flat within 0.03 dB to 0.4 of the sample rate, and a parabola through each
three points finds the top between them: without it a tone of 20 kHz would be read 0.5 dB low (annex 2,
attachment 1).
"""

import numpy as np

from dsp.native import helper, inlined
from dsp.primitives.reciprocals import nearly_reciprocal
from dsp.primitives.vectors.arithmetic import larger, magnitude, splat, where_more
from dsp.primitives.vectors.kinds import LANES
from dsp.primitives.vectors.lanes import slide_1
from dsp.primitives.vectors.memory import load, store

PHASES = 4
TAPS = 16                       # of each phase; the phase of the samples themselves needs none
LATE = TAPS // 2                # the newest top lies between the samples so many and one less frames ago
BETA = 5.0                      # of Kaiser's window
QUARTER, HALF_WAY, THREE_QUARTERS = range(3)
EIGHT, ZERO, TINY = np.float32(8.0), np.float32(0.0), np.float32(1e-20)


def phases():
    """[phase, tap], oldest first, of the points a quarter, a half and three quarters behind a sample."""
    at = np.arange(TAPS) - (LATE - 1)
    rows = []
    for quarter in (1, 2, 3):
        away = at - quarter / PHASES
        window = np.i0(BETA * np.sqrt(np.maximum(1 - (away / LATE) ** 2, 0))) / np.i0(BETA)
        row = np.sinc(away) * window
        rows.append(row / row.sum())
    return np.array(rows, np.float32)


BETWEEN = phases()


@inlined
def interpolate(x, at):
    """Two vectors of each of the three phases, from the TAPS frames that end at each lane: they lie between the
    sample LATE frames ago and the next. One load is good for three products."""
    a = b = c = d = e = f = splat(ZERO)
    for tap in range(TAPS):
        here, there = load(x, at + tap - (TAPS - 1)), load(x, at + tap - (TAPS - 1) + LANES)
        quarter, half_way = splat(BETWEEN[QUARTER, tap]), splat(BETWEEN[HALF_WAY, tap])
        three_quarters = splat(BETWEEN[THREE_QUARTERS, tap])
        a, b, c = a + quarter * here, b + half_way * here, c + three_quarters * here
        d, e, f = d + quarter * there, e + half_way * there, f + three_quarters * there
    return a, b, c, d, e, f


@inlined
def top(before, here, after):
    """The height of the parabola through three points where its top is about the middle one, else that.

    It rises by at most an eighth, of which a ten thousandth does not count: no division.
    """
    bend, lean = here + here - before - after, after - before
    steep, leaning = magnitude(bend), magnitude(lean)
    rise = lean * lean * nearly_reciprocal(splat(EIGHT) * larger(steep, splat(TINY)))
    rise = where_more(leaning, steep, splat(ZERO), where_more(bend * here, splat(ZERO), rise, splat(ZERO)))
    return magnitude(here) + rise


@inlined
def raise_peaks(x, at, before, a, b, c, peaks, to):
    """Raise the peaks to the tops about the sample LATE frames ago, and up to the next; `before` is c a frame ago."""
    here, following = load(x, at - LATE), load(x, at - LATE + 1)
    highest = larger(larger(top(before, here, a), top(here, a, b)), larger(top(a, b, c), top(b, c, following)))
    store(peaks, to, larger(load(peaks, to), highest))


@helper
def true_peaks(x, first, thirds, peaks, frames):
    """Raise peaks[:frames] to the tops about x[first - LATE + i], up to the sample after it.

    x : TAPS - 1 old frames before `first`, then the new ones.
    thirds : a row of the last phase's points, LANES old ones and then the new ones, which become old here.
    All are read and written in pairs of vectors, beyond the last frame.
    """
    before = load(thirds, 0)
    for i in range(0, frames, 2 * LANES):
        a, b, c, d, e, f = interpolate(x, first + i)
        raise_peaks(x, first + i, slide_1(before, c), a, b, c, peaks, i)
        raise_peaks(x, first + i + LANES, slide_1(c, f), d, e, f, peaks, i + LANES)
        store(thirds, LANES + i, c)
        store(thirds, 2 * LANES + i, f)
        before = f
    store(thirds, 0, load(thirds, frames))
