"""Slow oscillators for modulation; a phase counts turns, 0..1."""

import numpy as np

from dsp.native import helper


@helper
def advance(phase, turns):
    """The phase after so many turns more, back within 0..1."""
    phase += turns
    return phase - np.floor(phase)


@helper
def sine(phase):
    """The sine of a phase of -1..2 turns, within 0.0011 and smooth: two parabolas, once refined.

    Far cheaper than a library sine, and a tenth of a percent is nothing in a movement of pitch or level.
    """
    turn = phase - np.floor(phase) - 0.5
    arch = turn * (16.0 * abs(turn) - 8.0)
    return arch * (0.775 + 0.225 * abs(arch))
