"""What the architectures of convolutions share: limits, and weights in groups."""

import numpy as np

from dsp.nam.program import MOST_PRODUCTS

MOST_LAYERS = 256
MOST_TAPS = 1024
MOST_DILATION = 1 << 16


def take_kernel(section, weights, inputs, outputs, taps, groups):
    """The next weights [outputs, inputs, taps]; with groups, each holds a share of both, and all else is zero."""
    if outputs * inputs * taps > MOST_PRODUCTS:
        section.refuse("channels", f"so small that a layer takes {MOST_PRODUCTS} weights at most")
    if inputs % groups or outputs % groups:
        section.refuse("groups", f"a divisor of {inputs} and {outputs}", groups)
    if groups == 1:
        return weights.take(outputs, inputs, taps)
    given = weights.take(groups, outputs // groups, inputs // groups, taps)
    kernel = np.zeros((groups, outputs // groups, groups, inputs // groups, taps), np.float32)
    kernel[range(groups), :, range(groups)] = given
    return kernel.reshape(outputs, inputs, taps)
