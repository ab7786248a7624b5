"""Divisions and square roots for loops over frames; on ARM they are made of multiplications.

A Pi's processor divides four float32 in 20 to 40 cycles and does nothing else meanwhile, where it multiplies
and adds four a cycle. There a first guess is taken from the number's bits, which are nearly its logarithm
(Lomont, "Fast Inverse Square Root", 2003), and three of Newton's steps square its error each: 12 %, 1.6 %,
0.03 %, and then float32's own last digit. On a PC that would take half as long again as dividing.
"""

import numpy as np

from dsp.native import helper, on_arm

INVERSE_OF_ONE = np.int32(0x7EF311C7)           # minus a number's bits: those of a guess at its reciprocal
INVERSE_ROOT_OF_ONE = np.int32(0x5F3759DF)      # the same for half of the bits
STEPS = 3
HALF, ONE, THREE_HALVES = np.float32(0.5), np.float32(1.0), np.float32(1.5)


@helper
def reciprocal(x):
    """One over a positive float32 from 1e-37 to 1e37, within 2e-7 of it."""
    return reciprocal_by_steps(x) if on_arm() else ONE / np.float32(x)


@helper
def root(x):
    """The square root of a float32 from 0 on, within 3e-7 of it."""
    return root_by_steps(x) if on_arm() else np.sqrt(np.float32(x))


@helper
def reciprocal_by_steps(x):
    x = np.float32(x)
    y = np.int32(INVERSE_OF_ONE - np.float32(x).view(np.int32)).view(np.float32)
    for _ in range(STEPS):
        y += y * (ONE - x * y)
    return y


@helper
def root_by_steps(x):
    x = np.float32(x)
    y = np.int32(INVERSE_ROOT_OF_ONE - np.int32(np.float32(x).view(np.int32) >> 1)).view(np.float32)
    for _ in range(STEPS):
        y *= THREE_HALVES - HALF * x * y * y
    return x * y
