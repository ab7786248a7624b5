"""Linear: one long convolution, an impulse response."""

import numpy as np

LONGEST = 1 << 15           # taps: 0.7 s, the time that the effect says it can ring


def compile(model, weights, program, x):
    """Add a model's steps to a program; returns the signal that it gives for x."""
    config = model.section.section("config")
    taps = config.integer("receptive_field", 1, LONGEST)
    bias = config.switch("bias")
    config.integer("in_channels", 1, 1, 1)
    config.integer("out_channels", 1, 1, 1)
    response = weights.take(taps)
    past = program.ring(1, taps - 1)
    program.copy(past, x)
    y = program.buffer(1)
    # A response begins with now, a convolution's taps end with it.
    program.convolve(y, past, response[::-1].reshape(1, 1, taps), weights.take(1) if bias else np.zeros(1))
    program.warm_frames += taps
    return y
