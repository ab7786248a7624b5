"""Clipping without the aliases: eight times oversampling around antiderivative clippers.

Resampling is by linear-phase polyphase FIR filters (Crochiere and Rabiner, "Multirate Digital Signal
Processing", 1983), in three stages: twice by a long filter, as sharp as it must be and equiripple, then twice and
twice more by half-bands of eight and six taps, which is all it takes where the sound fills a fifth and a tenth of the
band. The sound at the high rates is kept planar, one row for each phase, so that vectors run over frames and nothing
is interleaved.

Clippers are in first-order antiderivative form (Parker, Zavalishin, Le Bivic, "Reducing the Aliasing
of Nonlinear Waveshaping Using Continuous-Time Convolution", DAFx-16): between two neighbours a and b
y = (F(a) - F(b)) / (a - b), F the curve's antiderivative. Each curve here is one whose quotient can
be written without small differences, so that float32 is enough.

At 40 dB of drive a full-scale sine of 1.2 kHz aliases at -71 dB with four times, -95 dB with eight.
"""

import numpy as np

from dsp.effect import line_length
from dsp.native import helper, inlined
from dsp.primitives.ramps import line_from
from dsp.primitives.reciprocals import inverse_root, quotient
from dsp.primitives.rings import fold
from dsp.primitives.vectors.arithmetic import larger, magnitude, smaller, splat, where_more
from dsp.primitives.vectors.kinds import LANES
from dsp.primitives.vectors.lanes import slide_1
from dsp.primitives.vectors.memory import (earlier_1, earlier_2, earlier_3, earlier_4, load, load_until, make_filter,
                                           moved, start_of, store, store_until)

HALVES, QUARTERS, PHASES = 2, 4, 8      # phases after each stage up
TAPS = 14               # of each phase of the long filters
HISTORY = 16            # frames that stay before the new ones, a whole vector; the filters want 13
TILE = 64               # frames taken through at a time, so that all rows stay in the L1 cache
ROW = HISTORY + TILE

# Rows: bias and result; what else moves a clipper, as its effect likes; input; after the first and the second stage
# up; at the high rate; its last phase before it was clipped; what came out of the way there; after the first and the
# second stage down.
BIAS, CONTROL = 0, 1
CONTROLS = 3            # rows
INPUT = CONTROL + CONTROLS      # from here on they have a past
TWICE = INPUT + 1
UP = TWICE + HALVES
HIGH = UP + QUARTERS
LAST, LAST_OUT = HIGH + PHASES, HIGH + PHASES + 1
DOWN = LAST_OUT + 1
DOWN_TWICE = DOWN + QUARTERS
ROWS = DOWN_TWICE + HALVES
MEMORY_S = 0.05         # per channel, for ROWS * ROW floats from 44.1 kHz on

# At 48 kHz the sound is flat to 14 kHz, and what would fold below 18 kHz is 80 dB down or more. In parts of the sample
# rate, and how many times as much an error above counts as one below.
PASSES, STOPS, WEIGHT = 0.303, 0.625, 20.0
LATENCY = 16            # frames
# What the half-bands take, whole phases and the way to the newest one, and the clipper (one sixteenth): the long
# filters fill it up to whole frames.
BETWEEN = 4.0625
CENTRE = (LATENCY - BETWEEN) / 2 * HALVES   # of a long filter

HALF_BAND_TO = 0.42     # of the sample rate: as far as the half-bands are true, to -84 and -100 dB

assert ROWS * ROW <= line_length(MEMORY_S, 44100)


def low_pass():
    """A filter at twice the rate that delays by CENTRE, as [phase, frames ago]: its largest error is the least.

    Least squares on a grid, again and again, each time with more weight where the error was large (Lawson, 1961):
    what Parks and McClellan's exchange gives, but for any delay.
    """
    at = np.concatenate([np.linspace(0, PASSES, 200), np.linspace(STOPS, HALVES / 2, 200)])
    turns = np.exp(-2j * np.pi / HALVES * np.outer(at, np.arange(TAPS * HALVES)))
    wanted = np.where(at <= PASSES, np.exp(-2j * np.pi / HALVES * at * CENTRE), 0)
    # The lower the frequency, the smaller an error may be, or the delay would not be the same everywhere.
    counts, weights = np.where(at <= PASSES, PASSES / np.maximum(at, PASSES / 60), WEIGHT), np.ones(len(at))
    for _ in range(30):
        each = counts * np.sqrt(weights)
        rows, goals = turns * each[:, None], wanted * each
        impulse = np.linalg.lstsq(np.vstack([rows.real, rows.imag]),
                                  np.concatenate([goals.real, goals.imag]), rcond=None)[0]
        weights *= counts * np.abs(turns @ impulse - wanted)
        weights /= weights.mean()
    return impulse.reshape(TAPS, HALVES).T


def taps_of_phases(filters):
    """[phase, frames ago] as [phase, tap], the oldest frame first, as the rows lie."""
    return np.ascontiguousarray(filters[:, ::-1], np.float32)


def half_band(pairs, phases):
    """Pairs of taps about the place between two samples, true at as many points as Chebyshev has them."""
    places = 2 * np.pi * HALF_BAND_TO / phases * np.cos(np.pi * (np.arange(pairs) + 0.5) / (2 * pairs))
    return np.linalg.solve(2 * np.cos(np.outer(places, 1 + 2 * np.arange(pairs))), np.ones(pairs)).astype(np.float32)


LONG = low_pass()
# Each phase up is scaled to give a constant back, so that silence and DC have no ripple.
TAPS_UP = taps_of_phases(LONG / LONG.sum(axis=1, keepdims=True))
TAPS_DOWN = taps_of_phases(LONG[::-1] / LONG.sum())
FIRST, SECOND, THIRD, FOURTH = half_band(4, QUARTERS)       # the pairs of the longer half-band, from within
NEAR, MIDDLE, FAR = half_band(3, PHASES)
filtered_even, filtered_odd = map(make_filter, TAPS_DOWN)
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
    for at in range(HISTORY, HISTORY + frames, 2 * LANES):
        upsample(rows, at)
    for at in range(HISTORY, HISTORY + frames, LANES):
        double(rows, at)
    for at in range(HISTORY, HISTORY + frames, LANES):
        double_again(rows, at)


@inlined
def upsample(rows, at):
    """Two vectors of both phases, each in two sums that do not wait for one another: one load is good for two
    products."""
    x, oldest = rows[INPUT], at - (TAPS - 1)
    a0 = a1 = b0 = b1 = c0 = c1 = d0 = d1 = splat(ZERO)
    for tap in range(0, TAPS, 2):
        t0, t1 = splat(TAPS_UP[0, tap]), splat(TAPS_UP[1, tap])
        a, b = load(x, oldest + tap), load(x, oldest + tap + LANES)
        a0, a1, b0, b1 = a0 + t0 * a, a1 + t1 * a, b0 + t0 * b, b1 + t1 * b
        t0, t1 = splat(TAPS_UP[0, tap + 1]), splat(TAPS_UP[1, tap + 1])
        a, b = load(x, oldest + tap + 1), load(x, oldest + tap + 1 + LANES)
        c0, c1, d0, d1 = c0 + t0 * a, c1 + t1 * a, d0 + t0 * b, d1 + t1 * b
    store_pair(rows[TWICE], at, a0 + c0, b0 + d0)
    store_pair(rows[TWICE + 1], at, a1 + c1, b1 + d1)


@inlined
def store_pair(row, at, a, b):
    store(row, at, a)
    store(row, at + LANES, b)


@inlined
def double(rows, at):
    """Two phases to four. The half-band looks four pairs ahead, so they end in the frame before."""
    even, odd = rows[TWICE], rows[TWICE + 1]
    a, b, c, d, e = earlier_4(odd, at), earlier_3(even, at), earlier_3(odd, at), earlier_2(even, at), earlier_2(odd, at)
    f, g, h, i = earlier_1(even, at), earlier_1(odd, at), load(even, at), load(odd, at)
    store(rows[UP], at, wide_middle(a, b, c, d, e, f, g, h))
    store(rows[UP + 1], at, e)
    store(rows[UP + 2], at, wide_middle(b, c, d, e, f, g, h, i))
    store(rows[UP + 3], at, f)


@inlined
def double_again(rows, at):
    """Four phases to eight. The newest four pairs end with this frame, so they begin in the one before."""
    u0, u1, u2, u3 = rows[UP], rows[UP + 1], rows[UP + 2], rows[UP + 3]
    a, b, c, d, e = earlier_2(u3, at), earlier_1(u0, at), earlier_1(u1, at), earlier_1(u2, at), earlier_1(u3, at)
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
def wide_middle(a, b, c, d, e, f, g, h):
    """What the longer half-band finds between d and e."""
    return (splat(FIRST) * (d + e) + splat(SECOND) * (c + f)) + (splat(THIRD) * (b + g) + splat(FOURTH) * (a + h))


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
    for at in range(HISTORY, HISTORY + frames, LANES):
        halve_again(rows, at)
    for at in range(HISTORY, HISTORY + frames, LANES):
        even, odd = filtered_even(rows[DOWN_TWICE], at), filtered_odd(rows[DOWN_TWICE + 1], at)
        store(rows[BIAS], at - HISTORY, even + odd)
    for row in range(INPUT, ROWS):
        keep_history(rows[row], frames)


@inlined
def halve(rows, at):
    """Eight phases to four."""
    p1, p3, p5, p7 = rows[HIGH + 1], rows[HIGH + 3], rows[HIGH + 5], rows[HIGH + 7]
    a, b, c, d, e = earlier_2(p7, at), earlier_1(p1, at), earlier_1(p3, at), earlier_1(p5, at), earlier_1(p7, at)
    f, g, h, i = load(p1, at), load(p3, at), load(p5, at), load(p7, at)
    half = splat(HALF)
    store(rows[DOWN], at, half * (earlier_1(rows[HIGH + 4], at) + middle(a, b, c, d, e, f)))
    store(rows[DOWN + 1], at, half * (earlier_1(rows[HIGH + 6], at) + middle(b, c, d, e, f, g)))
    store(rows[DOWN + 2], at, half * (load(rows[HIGH], at) + middle(c, d, e, f, g, h)))
    store(rows[DOWN + 3], at, half * (load(rows[HIGH + 2], at) + middle(d, e, f, g, h, i)))


@inlined
def halve_again(rows, at):
    """Four phases to two."""
    p1, p3, half = rows[DOWN + 1], rows[DOWN + 3], splat(HALF)
    a, b, c, d, e = earlier_4(p3, at), earlier_3(p1, at), earlier_3(p3, at), earlier_2(p1, at), earlier_2(p3, at)
    f, g, h, i = earlier_1(p1, at), earlier_1(p3, at), load(p1, at), load(p3, at)
    store(rows[DOWN_TWICE], at, half * (earlier_2(rows[DOWN + 2], at) + wide_middle(a, b, c, d, e, f, g, h)))
    store(rows[DOWN_TWICE + 1], at, half * (earlier_1(rows[DOWN], at) + wide_middle(b, c, d, e, f, g, h, i)))


@inlined
def keep_history(row, frames):
    for at in range(0, HISTORY, LANES):
        store(row, at, load(row, at + frames))


@helper
def put_tile(rows, x, out, out_step, begin, frames):
    """What came out, louder by a gain that moves through the block, into x."""
    came, (gain, gain_step) = start_of(rows[BIAS]), line_from(out, out_step, begin)
    for at in range(0, frames, LANES):
        store_until(x, at, frames, gain * load(came, at))
        gain = gain + gain_step


# --- Curves -------------------------------------------------------------------------------------

@helper
def clip_rows(rows, frames):
    """Clip the INPUT row, shifted by the BIAS row, at the high rate; it comes out LATENCY later in row BIAS."""
    go_up(rows, frames)
    clip_softly(rows, frames)
    go_down(rows, frames)


@inlined
def last_before(rows, at):
    """The neighbour of a frame's first phase: the newest of the frame before, as it was before a clipper changed it."""
    newest = load(rows[HIGH + PHASES - 1], at)
    store(rows[LAST], at, newest)
    return slide_1(load(rows[LAST], at - LANES), newest)


@helper
def clip_softly(rows, frames):
    """x / sqrt(1 + x^2) of the HIGH rows, about the BIAS row, whose own value is taken off again.

    F(x) = sqrt(1 + x^2), and since F(a)^2 - F(b)^2 = a^2 - b^2 the quotient is (a + b) / (F(a) + F(b)).
    """
    for at in range(HISTORY, HISTORY + frames, LANES):
        bias = load(rows[BIAS], at)
        of_bias = hyperbola(bias)
        # In the same steps as below: what is at rest cancels to the last bit, and stays silent behind any gain.
        centre = quotient(bias + bias, of_bias + of_bias)
        b = last_before(rows, at) + bias
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
    half, quarter = splat(HALF), splat(QUARTER)
    for at in range(HISTORY, HISTORY + frames, LANES):
        bias, bend = load(rows[BIAS], at), bend_of(load(rows[edge_row], at))
        centre = height(point(bias), bend)
        b, newest = point(last_before(rows, at) + bias), point(load(rows[HIGH + PHASES - 1], at) + bias)
        between = point(half * (load(rows[HIGH + PHASES - 2], at) + bias + newest[0]))
        ahead = average(between, newest, bend)
        store(rows[LAST_OUT], at, ahead - centre)       # off again, or a fresh row of zeros would be a step
        last = slide_1(load(rows[LAST_OUT], at - LANES), ahead - centre) + centre
        for phase in range(HIGH, HIGH + PHASES - 1):
            a = point(load(rows[phase], at) + bias)
            between = point(half * (a[0] + b[0]))
            first, second = average(b, between, bend), average(between, a, bend)
            store(rows[phase], at, half * first + quarter * (last + second) - centre)
            b, last = a, second
        first = average(b, point(half * (newest[0] + b[0])), bend)
        store(rows[HIGH + PHASES - 1], at, half * first + quarter * (last + ahead) - centre)


@inlined
def bend_of(edge):
    """What `average` and `height` need of r = (1 - edge) / 2: 1 + r, r, and (1 + r) / 2, r / 4."""
    half = splat(HALF)
    r = half * (splat(ONE) - edge)
    return splat(ONE) + r, r, half * (splat(ONE) + r), splat(QUARTER) * r


@inlined
def point(x):
    """x, c = x kept between the rails, c^2, and |x - c|: each is the neighbour of two ways."""
    c = within_rails(x)
    return x, c, c * c, magnitude(x - c)


@inlined
def height(a, bend):
    """The curve between the rails at a point."""
    _, c, square, _ = a
    return c * (bend[0] - bend[1] * square)


@inlined
def average(b, a, bend):
    """The mean of the curve between the rails on the way from point b to a.

    F(a) - F(b) = (c_a - c_b) (c_a + c_b) (1 + r - r (c_a^2 + c_b^2) / 2) / 2 + |x_a - c_a| - |x_b - c_b|.
    """
    (x_b, c_b, square_b, beyond_b), (x_a, c_a, square_a, beyond_a) = b, a
    way, (_, _, most, less) = x_a - x_b, bend
    inside = (c_a - c_b) * (c_a + c_b) * (most - less * (square_a + square_b))
    across = quotient(inside + (beyond_a - beyond_b), way)
    return where_more(splat(STILL), magnitude(way), height(a, bend), across)


@inlined
def within_rails(x):
    return smaller(larger(x, splat(-ONE)), splat(ONE))


@helper
def fill_tile(x, rows, begin, frames, gain, edge):
    driven, bias, edges = start_of(rows[INPUT]), start_of(rows[BIAS]), start_of(rows[CONTROL])
    (before, before_step), (hardness, hardness_step) = line_from(*gain, begin), line_from(*edge, begin)
    for at in range(0, frames, LANES):
        store(driven, HISTORY + at, before * load_until(x, at, frames))
        store(bias, HISTORY + at, splat(ZERO))
        store(edges, HISTORY + at, hardness)
        before, hardness = before + before_step, hardness + hardness_step


@helper
def clip_hard_all(io, memory, frames, gain, edge, out):
    """Send all channels through `clip_hard`, LATENCY late.

    gain, edge, out : before, of and behind the curve; each (at the block's start, its step a frame), float32.
    """
    for channel in range(io.shape[0]):
        rows = rows_of(memory, channel)
        for begin in range(0, frames, TILE):
            x, count = moved(start_of(io[channel]), begin), min(frames - begin, TILE)
            fill_tile(x, rows, begin, count, gain, edge)
            go_up(rows, count)
            clip_hard(rows, CONTROL, count)
            go_down(rows, count)
            put_tile(rows, x, out[0], out[1], begin, count)
