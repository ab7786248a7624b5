"""Slow oscillators for modulation; a phase counts turns, 0..1."""

import numpy as np

from dsp.native import helper, inlined
from dsp.primitives.vectors.arithmetic import magnitude

HALF, EIGHT, SIXTEEN = np.float32(0.5), np.float32(8.0), np.float32(16.0)
BROAD, SHARP = np.float32(0.775), np.float32(0.225)     # shares of the arch, plain and with its square, in a sine


@helper
def advance(phase, turns):
    """The phase after so many turns more, back within 0..1."""
    phase += turns
    return phase - np.floor(phase)


@helper
def arches(phase):
    """Two parabolas, much like a sine. As a delay it makes a pitch that runs up and down in
    straight lines; its slope is 8 at its steepest, where a sine's is 6.28."""
    turn = phase - np.floor(phase) - 0.5
    return turn * (16.0 * abs(turn) - 8.0)


@helper
def sine(phase):
    """The sine of a phase of -1..2 turns, within 0.0011 and smooth: two parabolas, once refined.

    Far cheaper than a library sine, and a tenth of a percent is nothing in a movement of pitch or level.
    """
    arch = arches(phase)
    return arch * (0.775 + 0.225 * abs(arch))


@inlined
def sines(phases):
    """`sine` of a vector of phases, 0..1."""
    turn = phases - HALF
    arch = turn * (SIXTEEN * magnitude(turn) - EIGHT)
    return arch * (BROAD + SHARP * magnitude(arch))


@helper
def triangle(phase):
    """Straight up from -1 at a phase of 0 to 1 at half a turn, and straight down again."""
    return 1.0 - 4.0 * abs(phase - np.floor(phase) - 0.5)


@helper
def turn(sine, cosine, by_sine, by_cosine):
    """The point one step on: an oscillator of four multiplications, true to the last digit."""
    return sine * by_cosine + cosine * by_sine, cosine * by_cosine - sine * by_sine
