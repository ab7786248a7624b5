"""Amp captures (.nam files) of the usual sizes with weights at random: no sound to play, but what they cost.

The sizes are those that Neural Amp Modeler's trainer offers for its first architecture, and its LSTM.
"""

import json

import numpy as np

ALL_DILATIONS = [2 ** n for n in range(10)]
FEW_DILATIONS = ALL_DILATIONS[:7], ALL_DILATIONS[7:] + ALL_DILATIONS
KERNEL = 3
# Channels of the two stacks of layers, and the layers' dilations.
WAVENETS = {"standard": (16, 8, (ALL_DILATIONS, ALL_DILATIONS)), "lite": (12, 6, FEW_DILATIONS),
            "feather": (8, 4, FEW_DILATIONS), "nano": (4, 2, FEW_DILATIONS)}
LSTMS = {"LSTM 1x16": (1, 16), "LSTM 2x8": (2, 8)}
NAMES = (*WAVENETS, *LSTMS)


def write(name, path):
    """Make a model of this size; returns how many weights it has: each is multiplied once a sample."""
    architecture, config, count = wavenet(*WAVENETS[name]) if name in WAVENETS else lstm(*LSTMS[name])
    weights = np.random.default_rng(1).normal(0.0, 0.1, count).round(4).tolist()
    path.write_text(json.dumps({"version": "0.5.4", "architecture": architecture, "config": config,
                                "weights": weights, "sample_rate": 48000}))
    return count


def wavenet(wide, narrow, dilations):
    """(architecture, config, number of weights)."""
    arrays = [layers(1, wide, narrow, dilations[0], False), layers(wide, narrow, 1, dilations[1], True)]
    return "WaveNet", {"layers": [array for array, _ in arrays], "head": None, "head_scale": 0.02}, \
        1 + sum(count for _, count in arrays)


def layers(inputs, channels, outputs, dilations, head_bias):
    """A stack of layers, and how many weights it has."""
    array = {"input_size": inputs, "condition_size": 1, "head_size": outputs, "channels": channels,
             "kernel_size": KERNEL, "dilations": dilations, "activation": "Tanh", "gated": False,
             "head_bias": head_bias}
    each = KERNEL * channels ** 2 + channels + channels + channels ** 2 + channels   # convolution, input, 1x1
    return array, inputs * channels + len(dilations) * each + channels * outputs + head_bias * outputs


def lstm(depth, hidden):
    """(architecture, config, number of weights)."""
    inputs = [1] + [hidden] * (depth - 1)
    count = sum(4 * hidden * (size + hidden + 1) + 2 * hidden for size in inputs) + hidden + 1
    return "LSTM", {"num_layers": depth, "input_size": 1, "hidden_size": hidden}, count
