"""True peaks: how high the sound rises between its samples.

The sound is taken at four times its rate, after ITU-R BS.1770-4, annex 2. The filter is a longer one than
the 12 taps a phase given there, flat within 0.03 dB to 0.4 of the sample rate, and a parabola through each
three points finds the top between them: without it a tone of 20 kHz would be read 0.5 dB low (annex 2,
attachment 1).
"""

import numpy as np

from dsp.native import helper
from dsp.primitives.reciprocals import reciprocal

PHASES = 4
TAPS = 16                       # of each phase; the phase of the samples themselves needs none
HISTORY = TAPS                  # frames before the new ones: one more than the filter's, for the parabola
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


@helper
def interpolate(x, taps, y, frames):
    """One phase: y[i] lies between x[i + LATE - 1] and the next."""
    for i in range(frames):
        total = np.float32(0.0)
        for tap in range(TAPS):
            total += taps[tap] * x[i + tap]
        y[i] = total


@helper
def top(before, here, after):
    """The height of the parabola through three points where its top is about the middle one, else that."""
    bend, lean = here + here - before - after, after - before
    inside = abs(lean) <= abs(bend) and bend * here > ZERO
    rise = lean * lean * reciprocal(EIGHT * max(abs(bend), TINY))
    return abs(here) + (rise if inside else ZERO)


@helper
def true_peaks(x, rows, peaks, frames):
    """Raise peaks[:frames] to the tops about x[i + LATE], up to the sample after it.

    x : HISTORY old frames, then the new ones.
    rows : float32 [3, frames + 1], to work in.
    """
    for phase in range(PHASES - 1):
        interpolate(x, BETWEEN[phase], rows[phase], frames + 1)
    a, b, c = rows[QUARTER], rows[HALF_WAY], rows[THREE_QUARTERS]
    for i in range(frames):
        here, following = x[i + LATE], x[i + LATE + 1]
        highest = max(top(c[i], here, a[i + 1]), top(here, a[i + 1], b[i + 1]))
        highest = max(highest, max(top(a[i + 1], b[i + 1], c[i + 1]), top(b[i + 1], c[i + 1], following)))
        peaks[i] = max(peaks[i], highest)
