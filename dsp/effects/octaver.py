"""Octaver for chords: one and two octaves down, and one up, for every string at once.

Forty complex filters, half an ERB apart, take the sound into bands with about one partial each; in each the
phase is doubled, halved or quartered and the magnitude kept (Thuillier, "Real-Time Polyphonic Octave Doubling
for the Guitar", Aalto University 2016). Halving leaves two answers; the one that goes on from the last is
taken. Each filter is as wide as its neighbour is far: narrower ones leave holes, and wider ones let
neighbours with turned phases cancel one another (a single tone then varies by 20 dB, here by 2).

The bands run at a quarter of the rate, since no string has a fundamental above 2.4 kHz. The new voices
rise as fast as their filters do, in 35 ms on the low E and 13 ms on the high one's octave; the dry sound has
no latency.
"""

import numpy as np

from dsp.arena import MAX_FRAMES
from dsp.effect import Effect, Prepared
from dsp.native import helper, kernel
from dsp.parameter import Parameter
from dsp.primitives.filters import bank_state, coefficients_of, put_low_pass, run_bank
from dsp.primitives.pitch import QUALITIES
from dsp.primitives.ramps import ramp
from dsp.primitives.reciprocals import reciprocal, root

SUB, DOWN, DRY, UP = range(4)
PARAMETERS = (
    Parameter("sub", "Sub", "", 0.0, 1.0, 0.0, tag="body"),
    Parameter("down", "Down", "", 0.0, 1.0, 0.7, tag="body"),
    Parameter("dry", "Dry", "", 0.0, 1.0, 1.0, tag="level"),
    Parameter("up", "Up", "", 0.0, 1.0, 0.0, tag="brightness"),
)

BANDS = 40
LOWEST_HZ, HIGHEST_HZ = 40.0, 2400.0
SECTIONS = 3                # of the low pass before the rate is lowered
CORNER_HZ = 3300.0          # 52 dB down from 9 kHz on, which folds onto the highest band
TAPS = 16                   # of each phase of the filter that raises the rate again
BETA = 6.0
ZERO, HALF, ONE, TWO, TINY = (np.float32(number) for number in (0.0, 0.5, 1.0, 2.0, 1e-20))

# In tables: poles and gains of the bands, then the raising filter [tap, phase].
REAL, IMAGINARY, GAIN, FILTER = range(0, 4 * BANDS, BANDS)
# In memory: the low pass's sound; for each channel rows of all bands, the voices' past, the frames of a tick.
(FIRST_REAL, FIRST_IMAGINARY, SECOND_REAL, SECOND_IMAGINARY, HALF_COSINE, HALF_SINE, QUARTER_COSINE, QUARTER_SINE,
 VOICES, PAST) = range(0, 10 * BANDS, BANDS)
MOST_PHASES = 16
PHASES = PAST + TAPS
CHANNEL = PHASES + MOST_PHASES
NOW, CURSORS = range(2)


def stride_of(sample_rate):
    """Frames a tick: the bands run near 12 kHz."""
    return min(max(round(sample_rate / 12000.0), 1), MOST_PHASES)


def erb_number(hz):
    """Place on the scale of equivalent rectangular bandwidths (Glasberg and Moore, 1990)."""
    return 21.4 * np.log10(1.0 + 0.00437 * hz)


def bands(sample_rate, options):
    """The filters' poles and gains, and the filter that raises the rate."""
    stride = stride_of(sample_rate)
    rate = sample_rate / stride
    number = np.linspace(erb_number(LOWEST_HZ), erb_number(HIGHEST_HZ), BANDS)
    hz = (10.0 ** (number / 21.4) - 1.0) / 0.00437
    width = 24.7 * (1.0 + 0.00437 * hz) * (number[1] - number[0])
    radius = np.exp(-np.pi * width / rate)
    pole = radius * np.exp(2j * np.pi * hz / rate)
    length = TAPS * stride - 1
    impulse = np.sinc((np.arange(length) - (length - 1) / 2) / stride) * np.kaiser(length, BETA)
    raising = np.append(impulse, 0.0).reshape(TAPS, stride)
    raising /= raising.sum(axis=0)
    return np.concatenate([pole.real, pole.imag, 2.0 * (1.0 - radius) ** 2, raising.ravel()]).astype(np.float32)


# The loops below address one array with constant distances, so that they become vectors without asking at
# each call whether arrays overlap; slices handed to them would cost a counted reference each.

@helper
def resonate(x, rows, tables):
    """One tick of each band's two poles, one after the other."""
    for band in range(BANDS):
        real, imaginary = tables[REAL + band], tables[IMAGINARY + band]
        a, b = rows[FIRST_REAL + band], rows[FIRST_IMAGINARY + band]
        c, d = rows[SECOND_REAL + band], rows[SECOND_IMAGINARY + band]
        first_real = x + real * a - imaginary * b
        first_imaginary = real * b + imaginary * a
        rows[FIRST_REAL + band], rows[FIRST_IMAGINARY + band] = first_real, first_imaginary
        rows[SECOND_REAL + band] = first_real + real * c - imaginary * d
        rows[SECOND_IMAGINARY + band] = first_imaginary + real * d + imaginary * c


@helper
def half_of(cosine, sine, last_cosine, last_sine):
    """Half the angle: of the two answers the one that goes on from the last."""
    x = root(max(HALF + HALF * cosine, ZERO))
    y = root(max(HALF - HALF * cosine, ZERO))
    y = -y if sine < ZERO else y
    turned = x * last_cosine + y * last_sine < ZERO
    return (-x if turned else x), (-y if turned else y)


@helper
def turn_phases(rows, tables, sub, down, up):
    """All voices of each band; cos 2a = 2 cos^2 a - 1."""
    for band in range(BANDS):
        x = tables[GAIN + band] * rows[SECOND_REAL + band]
        y = tables[GAIN + band] * rows[SECOND_IMAGINARY + band]
        size = root(x * x + y * y)
        inverse = reciprocal(size + TINY)
        cosine = x * inverse
        half_cosine, half_sine = half_of(cosine, y * inverse, rows[HALF_COSINE + band], rows[HALF_SINE + band])
        quarter_cosine, quarter_sine = half_of(half_cosine, half_sine, rows[QUARTER_COSINE + band],
                                               rows[QUARTER_SINE + band])
        rows[HALF_COSINE + band], rows[HALF_SINE + band] = half_cosine, half_sine
        rows[QUARTER_COSINE + band], rows[QUARTER_SINE + band] = quarter_cosine, quarter_sine
        rows[VOICES + band] = size * (up * (TWO * cosine * cosine - ONE) + down * half_cosine + sub * quarter_cosine)


@helper
def total(rows):
    """The sum over all bands, in four that do not wait for one another."""
    a, b, c, d = ZERO, ZERO, ZERO, ZERO
    for band in range(VOICES, VOICES + BANDS, 4):
        a += rows[band]
        b += rows[band + 1]
        c += rows[band + 2]
        d += rows[band + 3]
    return (a + b) + (c + d)


@helper
def spread(x, rows, tables, stride):
    """The frames of this tick, from the voices' last TAPS ticks."""
    for tap in range(TAPS - 1, 0, -1):
        rows[PAST + tap] = rows[PAST + tap - 1]
    rows[PAST] = x
    for phase in range(stride):
        sum_of_taps = ZERO
        for tap in range(TAPS):
            sum_of_taps += rows[PAST + tap] * tables[FILTER + tap * stride + phase]
        rows[PHASES + phase] = sum_of_taps


@kernel
def process(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    stride = (tables.size - FILTER) // TAPS
    lowered = memory[:2 * MAX_FRAMES].reshape((2, MAX_FRAMES))[:io.shape[0]]
    start, _, _ = coefficients_of(state, SECTIONS)
    if start[1] == 0.0:     # fresh
        for section in range(SECTIONS):
            put_low_pass(start, section, CORNER_HZ, QUALITIES[section], sample_rate)
    for channel in range(io.shape[0]):
        for i in range(frames):
            lowered[channel, i] = io[channel, i]
    run_bank(knobs[:0], state, SECTIONS, lowered, frames)

    begin = cursors[NOW] % stride
    for channel in range(io.shape[0]):
        rows = memory[2 * MAX_FRAMES + channel * CHANNEL:]
        sub, sub_step = ramp(knobs, SUB, frames)
        down, down_step = ramp(knobs, DOWN, frames)
        up, up_step = ramp(knobs, UP, frames)
        dry, dry_step = ramp(knobs, DRY, frames)
        x, low, phase = io[channel], lowered[channel], begin
        for i in range(frames):
            if phase == 0:
                way = i + 1
                resonate(low[i], rows, tables)
                turn_phases(rows, tables, np.float32(sub + way * sub_step), np.float32(down + way * down_step),
                            np.float32(up + way * up_step))
                spread(total(rows), rows, tables, stride)
            dry += dry_step
            x[i] = dry * x[i] + rows[PHASES + phase]
            phase = phase + 1 if phase + 1 < stride else 0
    cursors[NOW] += frames


def build(sample_rate, options):
    return Prepared(process, bank_state(SECTIONS, 0), CURSORS, 2 * (MAX_FRAMES + CHANNEL), bands(sample_rate, options))


EFFECT = Effect("octaver", "Octaver", "Octaves below and above whole chords, like an organ or a twelve-string.",
                PARAMETERS, build=build, tail_s=0.3)
