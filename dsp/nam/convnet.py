"""ConvNet: convolutions of two taps that look back ever further, each normed and activated."""

import numpy as np

from dsp.nam import activations, layers

MOST_CHANNELS, MOST_OUTPUTS = 512, 64
TAPS = 2


def compile(model, weights, program, x):
    """Add a model's steps to a program; returns the signal that it gives for x."""
    config = model.section.section("config")
    channels = config.integer("channels", 1, MOST_CHANNELS)
    dilations = config.integers("dilations", 1, layers.MOST_DILATION, layers.MOST_LAYERS)
    normed = config.switch("batchnorm")
    activation = activations.parse(config, "activation", config.content.get("activation"), channels)
    groups = config.integer("groups", 1, channels, 1)
    config.integer("in_channels", x.channels, x.channels, x.channels)
    outputs = config.integer("out_channels", 1, MOST_OUTPUTS, 1)

    past = program.ring(x.channels, dilations[0])
    program.copy(past, x)
    for number, dilation in enumerate(dilations):
        kernel = layers.take_kernel(config, weights, past.channels, channels, TAPS, groups)
        kernel, bias = take_norm(config, weights, kernel) if normed else (kernel, weights.take(channels))
        after = program.ring(channels, dilations[number + 1] if number + 1 < len(dilations) else 0)
        z = program.buffer(channels)
        program.convolve(z, past, kernel, bias, dilation)
        program.activate(after, z, activation)
        past = after
    y = program.buffer(outputs)
    head = weights.take(outputs, channels, 1)
    program.convolve(y, past, head, weights.take(outputs))
    program.warm_frames += 1 + sum(dilations)
    return y


def take_norm(config, weights, kernel):
    """The convolution with its batch normalisation worked into it: (kernel, bias)."""
    mean, variance, gain, bias = weights.take(4, len(kernel)).astype(np.float64)
    spread = weights.take(1).astype(np.float64) + variance
    if not (spread > 0.0).all():
        config.refuse("batchnorm", "usable: a variance in the weights is not positive")
    scale = gain / np.sqrt(spread)
    return (kernel * scale[:, None, None]).astype(np.float32), (bias - scale * mean).astype(np.float32)
