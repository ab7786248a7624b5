"""Clipping without the aliases: eight times oversampling around antiderivative clippers.

Resampling is by linear-phase polyphase FIR filters (Crochiere and Rabiner, "Multirate Digital Signal
Processing", 1983), in two stages: four times by a long filter, twice more by a half-band of six taps,
which is all it takes where the sound fills a tenth of the band. The sound at the high rates is kept
planar, one row for each phase, so that vectors run over frames and nothing is interleaved.

Clippers are in first-order antiderivative form (Parker, Zavalishin, Le Bivic, "Reducing the Aliasing
of Nonlinear Waveshaping Using Continuous-Time Convolution", DAFx-16): between two neighbours a and b
y = (F(a) - F(b)) / (a - b), F the curve's antiderivative. Each curve here is one whose quotient can
be written without small differences, so that float32 is enough.

At 40 dB of drive a full-scale sine of 1.2 kHz aliases at -71 dB with four times, -95 dB with eight.
"""

import numpy as np

from dsp.effect import line_length
from dsp.native import helper, inlined
from dsp.primitives.reciprocals import inverse_root, quotient
from dsp.primitives.rings import fold
from dsp.primitives.vectors import LANES, larger, load, magnitude, smaller, splat, store, where_more

QUARTERS = 4            # phases of the first stage
PHASES = 8              # of both
TAPS = 16               # of each phase of the long filters
HISTORY = TAPS          # frames that stay before the new ones in every row; one more than needed, to be even
TILE = 64               # frames taken through at a time, so that all rows stay in the L1 cache
ROW = HISTORY + TILE

# Rows: input; bias and result; what else moves a clipper, as its effect likes; after the first stage up; at the
# high rate; its last phase before it was clipped; what came out of the way there; after the first stage down.
INPUT, BIAS = 0, 1
CONTROLS = 3            # rows
CONTROL = 2
UP = CONTROL + CONTROLS
HIGH = UP + QUARTERS
LAST, LAST_OUT = HIGH + PHASES, HIGH + PHASES + 1
DOWN = LAST_OUT + 1
ROWS = DOWN + QUARTERS
MEMORY_S = 0.04         # per channel, for ROWS * ROW floats from 44.1 kHz on

# At 48 kHz the sound is flat to 14 kHz, and what would fold below 18 kHz is 80 dB down or more.
CUTOFF = 0.45           # of the sample rate
BETA = 0.1102 * (85.0 - 8.7)    # Kaiser's formula for so many dB
LATENCY = 16            # frames, see CENTRE
# What the half-bands take (5 quarters of a frame, in whole phases) and the clipper (one sixteenth), less 3 quarters
# that the newest phase gives back. The long filters fill it up to whole frames.
BETWEEN = 2.25
CENTRE = (LATENCY * QUARTERS - BETWEEN) / 2

HALF_BAND_TO = 0.42     # of the sample rate: as far as the half-bands are true, to -100 dB

assert ROWS * ROW <= line_length(MEMORY_S, 44100)


def low_pass():
    """A windowed sinc at four times the rate about CENTRE, as [phase, frames ago]."""
    at = np.arange(TAPS * QUARTERS) - CENTRE
    window = np.i0(BETA * np.sqrt(np.maximum(1.0 - (at / (CENTRE + 0.5)) ** 2, 0.0)))
    impulse = np.sinc(2 * CUTOFF / QUARTERS * at) * window * (np.abs(at) <= CENTRE + 0.5)
    return impulse.reshape(TAPS, QUARTERS).T


def taps_of_phases(filters):
    """[phase, frames ago] as [phase, tap], the oldest frame first, as the rows lie."""
    return np.ascontiguousarray(filters[:, ::-1], np.float32)


def half_band():
    """Three pairs of taps about the place between two samples, true at three points as Chebyshev has them."""
    places = 2 * np.pi * HALF_BAND_TO / PHASES * np.cos(np.pi * (np.arange(3) + 0.5) / 6)
    return np.linalg.solve(2 * np.cos(np.outer(places, [1, 3, 5])), np.ones(3)).astype(np.float32)


# Each phase up is scaled to give a constant back, so that silence and DC have no ripple.
TAPS_UP = taps_of_phases(low_pass() / low_pass().sum(axis=1, keepdims=True))
TAPS_DOWN = taps_of_phases(low_pass()[::-1] / low_pass().sum())
NEAR, MIDDLE, FAR = half_band()
QUARTER, HALF, ONE, ZERO = (np.float32(x) for x in (0.25, 0.5, 1.0, 0.0))

STILL = np.float32(1e-18)   # two neighbours nearer than this are one: there is nothing to divide by


@helper
def rows_of(memory, channel):
    """The rows of one channel: HISTORY old frames in each, then room for TILE new ones."""
    begin = channel * (len(memory) // 2)
    return fold(memory[begin:], ROWS, ROW)


# --- Up and down --------------------------------------------------------------------------------

@helper
def go_up(rows, frames):
    """From the INPUT row to the eight HIGH rows; both have `frames` new ones, at most TILE, from HISTORY on."""
    x = rows[INPUT]
    for at in range(1, frames + 1, 2 * LANES):
        upsample(x, rows, at)
    for at in range(HISTORY, HISTORY + frames, LANES):
        double(rows, at)


@inlined
def upsample(x, rows, at):
    """Two vectors of all four phases: one load is good for four products."""
    a0 = a1 = a2 = a3 = b0 = b1 = b2 = b3 = splat(ZERO)
    for tap in range(TAPS):
        a, b = load(x, at + tap), load(x, at + tap + LANES)
        t0, t1 = splat(TAPS_UP[0, tap]), splat(TAPS_UP[1, tap])
        t2, t3 = splat(TAPS_UP[2, tap]), splat(TAPS_UP[3, tap])
        a0, a1, a2, a3 = a0 + t0 * a, a1 + t1 * a, a2 + t2 * a, a3 + t3 * a
        b0, b1, b2, b3 = b0 + t0 * b, b1 + t1 * b, b2 + t2 * b, b3 + t3 * b
    to = at + HISTORY - 1
    store_pair(rows[UP], to, a0, b0)
    store_pair(rows[UP + 1], to, a1, b1)
    store_pair(rows[UP + 2], to, a2, b2)
    store_pair(rows[UP + 3], to, a3, b3)


@inlined
def store_pair(row, at, a, b):
    store(row, at, a)
    store(row, at + LANES, b)


@inlined
def double(rows, at):
    """Four phases to eight. The newest four pairs end with this frame, so they begin in the one before."""
    u0, u1, u2, u3 = rows[UP], rows[UP + 1], rows[UP + 2], rows[UP + 3]
    a, b, c, d, e = load(u3, at - 2), load(u0, at - 1), load(u1, at - 1), load(u2, at - 1), load(u3, at - 1)
    f, g, h, i = load(u0, at), load(u1, at), load(u2, at), load(u3, at)
    store(rows[HIGH], at, c)
    store(rows[HIGH + 1], at, middle(a, b, c, d, e, f))
    store(rows[HIGH + 2], at, d)
    store(rows[HIGH + 3], at, middle(b, c, d, e, f, g))
    store(rows[HIGH + 4], at, e)
    store(rows[HIGH + 5], at, middle(c, d, e, f, g, h))
    store(rows[HIGH + 6], at, f)
    store(rows[HIGH + 7], at, middle(d, e, f, g, h, i))


@inlined
def middle(a, b, c, d, e, f):
    """What the half-band finds between c and d."""
    return splat(NEAR) * (c + d) + splat(MIDDLE) * (b + e) + splat(FAR) * (a + f)


@helper
def go_down(rows, frames):
    """From the eight HIGH rows to row BIAS, from 0 on, LATENCY after the input; then all rows are ready
    for the next tile."""
    for at in range(HISTORY, HISTORY + frames, LANES):
        halve(rows, at)
    for at in range(1, frames + 1, 2 * LANES):
        downsample(rows, at)
    for row in range(ROWS):
        if row != BIAS:
            keep_history(rows[row], frames)


@inlined
def halve(rows, at):
    """Eight phases to four."""
    p1, p3, p5, p7 = rows[HIGH + 1], rows[HIGH + 3], rows[HIGH + 5], rows[HIGH + 7]
    a, b, c, d, e = load(p7, at - 2), load(p1, at - 1), load(p3, at - 1), load(p5, at - 1), load(p7, at - 1)
    f, g, h, i = load(p1, at), load(p3, at), load(p5, at), load(p7, at)
    half = splat(HALF)
    store(rows[DOWN], at, half * (load(rows[HIGH + 4], at - 1) + middle(a, b, c, d, e, f)))
    store(rows[DOWN + 1], at, half * (load(rows[HIGH + 6], at - 1) + middle(b, c, d, e, f, g)))
    store(rows[DOWN + 2], at, half * (load(rows[HIGH], at) + middle(c, d, e, f, g, h)))
    store(rows[DOWN + 3], at, half * (load(rows[HIGH + 2], at) + middle(d, e, f, g, h, i)))


@inlined
def downsample(rows, at):
    """Two vectors of the result, each in four sums that do not wait for one another."""
    d0, d1, d2, d3 = rows[DOWN], rows[DOWN + 1], rows[DOWN + 2], rows[DOWN + 3]
    a0 = a1 = a2 = a3 = b0 = b1 = b2 = b3 = splat(ZERO)
    for tap in range(TAPS):
        t0, t1 = splat(TAPS_DOWN[0, tap]), splat(TAPS_DOWN[1, tap])
        t2, t3 = splat(TAPS_DOWN[2, tap]), splat(TAPS_DOWN[3, tap])
        a, b = at + tap, at + tap + LANES
        a0, a1 = a0 + t0 * load(d0, a), a1 + t1 * load(d1, a)
        a2, a3 = a2 + t2 * load(d2, a), a3 + t3 * load(d3, a)
        b0, b1 = b0 + t0 * load(d0, b), b1 + t1 * load(d1, b)
        b2, b3 = b2 + t2 * load(d2, b), b3 + t3 * load(d3, b)
    store_pair(rows[BIAS], at - 1, (a0 + a1) + (a2 + a3), (b0 + b1) + (b2 + b3))


@inlined
def keep_history(row, frames):
    for at in range(0, HISTORY, LANES):
        store(row, at, load(row, at + frames))


# --- Curves -------------------------------------------------------------------------------------

@helper
def clip_rows(rows, frames):
    """Clip the INPUT row, shifted by the BIAS row, at the high rate; it comes out LATENCY later in row BIAS."""
    go_up(rows, frames)
    clip_softly(rows, frames)
    go_down(rows, frames)


@helper
def remember_last(rows, frames):
    """Keep the newest phase as it is before a clipper changes it: the first phase's neighbour."""
    for at in range(HISTORY, HISTORY + frames, LANES):
        store(rows[LAST], at, load(rows[HIGH + PHASES - 1], at))


@helper
def clip_softly(rows, frames):
    """x / sqrt(1 + x^2) of the HIGH rows, about the BIAS row, whose own value is taken off again.

    F(x) = sqrt(1 + x^2), and since F(a)^2 - F(b)^2 = a^2 - b^2 the quotient is (a + b) / (F(a) + F(b)).
    """
    remember_last(rows, frames)
    for at in range(HISTORY, HISTORY + frames, LANES):
        bias = load(rows[BIAS], at)
        of_bias = hyperbola(bias)
        # In the same steps as below: what is at rest cancels to the last bit, and stays silent behind any gain.
        centre = quotient(bias + bias, of_bias + of_bias)
        b = load(rows[LAST], at - 1) + bias
        of_b = hyperbola(b)
        for phase in range(HIGH, HIGH + PHASES):
            a = load(rows[phase], at) + bias
            of_a = hyperbola(a)
            store(rows[phase], at, quotient(a + b, of_a + of_b) - centre)
            b, of_b = a, of_a


@inlined
def hyperbola(x):
    """sqrt(1 + x^2)."""
    square = splat(ONE) + x * x
    return square * inverse_root(square)


@helper
def clip_hard(rows, edge_row, frames):
    """Rails at -1 and 1 for the HIGH rows, about the BIAS row, whose own value is taken off again.

    Between the rails p(x) = x (1 + r - r x^2), r = (1 - edge) / 2: from a cubic that meets them without a corner
    (edge 0) to a straight line (1). A wave as steep as this leaves aliases at -76 dB, so each way from one
    neighbour to the next is gone in two halves, and weighted 1 2 1 they put a second zero onto what folds down to
    DC: it comes out a thirty-second of a frame later than a soft clipper's.
    """
    remember_last(rows, frames)
    half, quarter, one = splat(HALF), splat(QUARTER), splat(ONE)
    for at in range(HISTORY, HISTORY + frames, LANES):
        bias = load(rows[BIAS], at)
        r = half * (one - load(rows[edge_row], at))
        a = load(rows[HIGH + PHASES - 1], at) + bias
        b = load(rows[HIGH + PHASES - 2], at) + bias
        centre = between_rails(within_rails(bias), r)       # off again, or a fresh row of zeros would be a step
        store(rows[LAST_OUT], at, average(half * (a + b), a, r) - centre)
    for at in range(HISTORY, HISTORY + frames, LANES):
        bias = load(rows[BIAS], at)
        r = half * (one - load(rows[edge_row], at))
        centre = between_rails(within_rails(bias), r)
        b = load(rows[LAST], at - 1) + bias
        last = load(rows[LAST_OUT], at - 1) + centre
        for phase in range(HIGH, HIGH + PHASES):
            a = load(rows[phase], at) + bias
            between = half * (a + b)
            first, second = average(b, between, r), average(between, a, r)
            store(rows[phase], at, half * first + quarter * (last + second) - centre)
            b, last = a, second


@inlined
def average(b, a, r):
    """The mean of the curve between the rails on the way from b to a.

    With c for x kept between the rails and e = x - c,
    F(a) - F(b) = (c_a - c_b) (c_a + c_b) (1 + r - r (c_a^2 + c_b^2) / 2) / 2 + |e_a| - |e_b|.
    """
    half = splat(HALF)
    c_a, c_b, way = within_rails(a), within_rails(b), a - b
    inside = half * (c_a - c_b) * (c_a + c_b) * (splat(ONE) + r - half * r * (c_a * c_a + c_b * c_b))
    outside = magnitude(a - c_a) - magnitude(b - c_b)
    across = quotient(inside + outside, way)
    return where_more(splat(STILL), magnitude(way), between_rails(c_a, r), across)


@inlined
def within_rails(x):
    return smaller(larger(x, splat(-ONE)), splat(ONE))


@inlined
def between_rails(c, r):
    return c * (splat(ONE) + r - r * c * c)


@helper
def fill_tile(x, rows, begin, frames, gain, edge):
    driven, bias, edges = rows[INPUT, HISTORY:], rows[BIAS, HISTORY:], rows[CONTROL, HISTORY:]
    for i in range(frames):
        way = np.float32(np.int32(begin + i + 1))
        driven[i] = x[i] * (gain[0] + gain[1] * way)
        bias[i] = ZERO
        edges[i] = edge[0] + edge[1] * way


@helper
def clip_hard_all(io, memory, frames, gain, edge, out):
    """Send all channels through `clip_hard`, LATENCY late.

    gain, edge, out : before, of and behind the curve; each (at the block's start, its step a frame), float32.
    """
    for channel in range(io.shape[0]):
        rows = rows_of(memory, channel)
        for begin in range(0, frames, TILE):
            x = io[channel, begin:]
            count = min(frames - begin, TILE)
            fill_tile(x, rows, begin, count, gain, edge)
            go_up(rows, count)
            clip_hard(rows, CONTROL, count)
            go_down(rows, count)
            for i in range(count):
                x[i] = rows[BIAS, i] * (out[0] + out[1] * np.float32(np.int32(begin + i + 1)))
