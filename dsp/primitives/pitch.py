"""Hearing a string's pitch, a little in every frame, so that no block has more to do than another.

The sound goes through a low pass to an eighth of its rate, where a string's fundamental and its first
partials are left. There the normalised square difference function is taken and its peaks are picked
after McLeod and Wyvill ("A Smarter Way to Find Pitch", ICMC 2005). Its sum runs over lags within and
over time without, so that it can be taken some products at a time, and fills vectors.

The lowered sound counts in *ticks*: one every `stride` frames. An analysis takes a number of ticks that is
fixed, and looks at what had been heard when it began.
"""

import numpy as np

from dsp.native import helper
from dsp.primitives.filters import bank_state, coefficients_of, put_low_pass, run_bank

SECTIONS = 3                                        # of the low pass: a Butterworth filter of sixth order
QUALITIES = 0.5176381, 0.7071068, 1.9318517         # of its sections
CORNER = 0.3                                        # of the lowered rate; 55 dB down at what folds onto 1.4 kHz
LOWERED_STATE = bank_state(SECTIONS, 0)
TILE = 64                                           # frames that are lowered at a time
RING = 2048                                         # ticks that stay known
FIRST_KEY, FIRST_CLARITY = 0.9, 0.5                 # a peak counts as the period from this share of the highest on


@helper
def stride_of(sample_rate):
    """Frames a tick: the lowered rate lies near 6 kHz."""
    return int(sample_rate / 6000.0 + 0.5)


@helper
def lower(state, io, begin, frames, row, sample_rate):
    """Fill row[0, :frames], at most TILE, with the channels' mean from frame `begin` on, ready to be thinned."""
    start, _, _ = coefficients_of(state, SECTIONS)
    if start[1] == 0.0:     # fresh
        hz = CORNER * sample_rate / stride_of(sample_rate)
        put_low_pass(start, 0, hz, QUALITIES[0], sample_rate)
        put_low_pass(start, 1, hz, QUALITIES[1], sample_rate)
        put_low_pass(start, 2, hz, QUALITIES[2], sample_rate)
    left, right, x = io[0], io[io.shape[0] - 1], row[0]
    for i in range(frames):
        x[i] = np.float32(0.5) * (left[begin + i] + right[begin + i])
    run_bank(start[:0].reshape((0, 2)), state, SECTIONS, row, frames)


@helper
def remember(ring, tick, x):
    """Write one tick into a ring of 2 * RING, where every piece of up to RING ticks lies in a row."""
    at = np.int64(np.uint64(tick) & np.uint64(RING - 1))
    ring[at] = x
    ring[at + RING] = x


@helper
def begin_of(end, length):
    """Where the `length` ticks before tick `end` begin in the ring."""
    return np.int64(np.uint64(end - length) & np.uint64(RING - 1))


@helper
def correlate(ring, end, window, lags, first, count, products):
    """Add `count` of the window's products, from the `first`, to products[lags - lag] of every lag.

    The window is the `window` ticks before `end`; each is multiplied by those up to `lags` ticks before it.
    """
    at = begin_of(end, window + lags)
    for j in range(first, first + count):
        x, older = ring[at + lags + j], ring[at + j:at + j + lags + 1]
        for k in range(lags + 1):
            products[k] += x * older[k]


@helper
def normalise(ring, end, window, lags, products, curve):
    """From the products to curve[lag], -1..1: how like the window is to itself so much before.

    Clears the products. Returns the window's mean square.
    """
    at = begin_of(end, window + lags)
    energy = 0.0
    for j in range(window):
        x = np.float64(ring[at + lags + j])
        energy += x * x
    before = energy
    for lag in range(lags + 1):
        curve[lag] = 2.0 * products[lags - lag] / (energy + before + 1e-20)
        products[lags - lag] = np.float32(0.0)
        if lag < lags:
            newer, older = np.float64(ring[at + lags + window - 1 - lag]), np.float64(ring[at + lags - 1 - lag])
            before += older * older - newer * newer
    return energy / window


@helper
def peak_at(curve, lag):
    """(place, height) of the peak about a lag, by the cosine through three points.

    A parabola errs by 0.1 lags where a period has only five; a cosine is exact for one partial alone, and
    the same as a parabola where periods are long.
    """
    before, here, after = np.float64(curve[lag - 1]), np.float64(curve[lag]), np.float64(curve[lag + 1])
    cosine = 0.5 * (before + after) / here if here > 0.0 else 1.0
    if not -0.9 < cosine < 1.0 - 1e-9:
        return np.float64(lag), here
    turn = np.arccos(cosine)
    away = np.arctan((after - before) / (2.0 * here * np.sin(turn)))
    return lag + min(max(away / turn, -1.0), 1.0), min(here / np.cos(away), 1.0)


@helper
def highest_near(curve, lag, lags):
    """The lag of the highest point at most two from `lag`."""
    best = min(max(lag, 1), lags - 1)
    for near in range(max(lag - 2, 1), min(lag + 2, lags - 1) + 1):
        if curve[near] > curve[best]:
            best = near
    return best


@helper
def period_of(curve, lags):
    """(period in ticks, clarity 0..1): the first of the highest peaks; period 0 where there is none.

    The peak is then followed to multiples of the period, where the same error weighs less.
    """
    highest = 0.0
    lag = skip_first_slope(curve, lags)
    for place in range(lag, lags):
        if curve[place] >= curve[place - 1] and curve[place] > curve[place + 1]:
            highest = max(highest, peak_at(curve, place)[1])
    if highest < FIRST_CLARITY:
        return 0.0, highest
    while lag < lags:
        if curve[lag] > 0.0 and curve[lag] >= curve[lag - 1] and curve[lag] > curve[lag + 1]:
            period, clarity = peak_at(curve, lag)
            if clarity >= FIRST_KEY * highest:
                return follow_multiples(curve, lags, period, clarity), clarity
        lag += 1
    return 0.0, 0.0


@helper
def skip_first_slope(curve, lags):
    """The first lag where the curve, coming down from lag 0, is below zero."""
    lag = 1
    while lag < lags and curve[lag] > 0.0:
        lag += 1
    return lag


@helper
def follow_multiples(curve, lags, period, clarity):
    multiple = 2
    while multiple * period < lags - 2:
        place, height = peak_at(curve, highest_near(curve, int(multiple * period + 0.5), lags))
        if height < FIRST_KEY * clarity or abs(place - multiple * period) > 2.0:
            return period
        period = place / multiple
        multiple *= 2
    return period
