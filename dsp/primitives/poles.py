"""One-pole filters: `y += share * (x - y)` is the low pass, `x - y` the high pass."""

import numpy as np

from dsp.native import helper


@helper
def share(hz, sample_rate):
    """How much of the way to its input the filter with this corner goes in a frame."""
    return 1.0 - np.exp(-2.0 * np.pi * hz / sample_rate)
