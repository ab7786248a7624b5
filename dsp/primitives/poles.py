"""One-pole filters: `y += share * (x - y)` is the low pass, `x - y` the high pass."""

import numpy as np

from dsp.native import helper


@helper
def share(hz, sample_rate):
    """How much of the way to its input the filter with this corner goes in a frame."""
    return 1.0 - np.exp(-2.0 * np.pi * hz / sample_rate)


@helper
def shares(knobs, parameter, kept, sample_rate):
    """`share` of a knob in Hz at the block's start and at its end, worked out only while the knob moves.

    kept : two places of state.
    """
    start, end = knobs[parameter, 0], knobs[parameter, 1]
    if end != kept[0]:
        kept[0], kept[1] = end, share(end, sample_rate)
    return kept[1] if start == end else share(start, sample_rate), kept[1]
