"""Loudness: decibels, ramps of gain, and the rates of envelopes."""

from math import factorial

import numpy as np

from dsp.native import helper
from dsp.primitives.reciprocals import reciprocal

NEPERS_PER_DB = np.log(10.0) / 20.0
DB_PER_OCTAVE = np.float32(20.0 * np.log10(2.0))    # 6.02 dB: what a factor of two is
OCTAVES_PER_DB = np.float32(np.log2(10.0) / 20.0)

# Constants of the vector functions below are float32, or numba would widen all to float64.
MANTISSA_BITS = 23                      # of a float32
EXPONENT_BIAS = 127
ROOT_HALF = int(np.sqrt(np.array(0.5, np.float32)).view(np.int32))      # its bits
HALF, ONE = np.float32(0.5), np.float32(1.0)
LOG_1, LOG_3, LOG_5, LOG_7 = (np.float32(2.0 / np.log(2.0) / odd) for odd in (1, 3, 5, 7))
EXP_1, EXP_2, EXP_3, EXP_4, EXP_5, EXP_6 = (
    np.float32(np.log(2.0) ** n / factorial(n)) for n in range(1, 7))


@helper
def db_to_gain(db):
    return np.exp(NEPERS_PER_DB * db)     # a power of ten takes twice as long


@helper
def rate(ms, sample_rate):
    """The share of its way that a one-pole envelope goes in a frame: 63 % of it in so many ms."""
    return 1.0 - np.exp(-1000.0 / (ms * sample_rate))


@helper
def fast_log2(x):
    """Logarithm to base 2 of a positive normal float32, within 1e-6 octaves or 1e-7 of it.

    The exponent's bits give the integer part. The mantissa, taken from 0.71 to 1.41, goes through
    the series ln m = 2 atanh t, t = (m - 1) / (m + 1), of which |t| < 0.172 needs four terms.
    No branch and no call: a loop over frames becomes vectors.
    """
    bits = np.float32(x).view(np.int32)
    exponent = np.int32(np.int32(bits - ROOT_HALF) >> MANTISSA_BITS)
    mantissa = np.int32(bits - np.int32(exponent << MANTISSA_BITS)).view(np.float32)
    t = (mantissa - ONE) * reciprocal(mantissa + ONE)
    tt = t * t
    return np.float32(exponent) + t * (LOG_1 + tt * (LOG_3 + tt * (LOG_5 + tt * LOG_7)))


@helper
def fast_exp2(x):
    """Two to the power of a float32 between -126 and 127, within 3e-7 of the result.

    The nearest integer goes into the exponent's bits, the rest, at most half an octave, through
    six terms of the exponential series.
    """
    whole = np.floor(np.float32(x) + HALF)
    z = np.float32(x) - whole
    power = np.int32((np.int32(whole) + EXPONENT_BIAS) << MANTISSA_BITS).view(np.float32)
    return power * (ONE + z * (EXP_1 + z * (EXP_2 + z * (EXP_3 + z * (EXP_4 + z * (EXP_5 + z * EXP_6))))))


@helper
def gain_ramp(knobs, parameter, frames):
    """Linear gain before the block's first frame and the step before each frame, float32, of a parameter in dB.

    Gain moves in a straight line: over one block that is the same to the ear as decibels in a
    straight line, for two powers a block instead of one a frame. Within 3e-7 of the gain; 0 dB is exactly 1.
    """
    start = fast_exp2(knobs[parameter, 0] * OCTAVES_PER_DB)
    if knobs[parameter, 0] == knobs[parameter, 1]:
        return start, np.float32(0.0)
    return start, (fast_exp2(knobs[parameter, 1] * OCTAVES_PER_DB) - start) / np.float32(frames)
