"""LSTM: nets that remember by gates instead of by looking back, one frame after the other.

Per layer and frame: input, forget and output gates and a candidate are each tanh or sigmoid of
weights times (input, last hidden values) plus bias (Hochreiter and Schmidhuber, 1997). A sigmoid is
half a tanh of half its argument, so the gates' weights are halved once, here, and all four go
through one function. Vectors run over the hidden values; a gate has whole vectors of its own.
"""

import numpy as np

from dsp.nam.program import FROM, SIDE, SIDE_CHANNELS, SIDE_STRIDE, TAPS, TO, TO_CHANNELS, TO_STRIDE, WEIGHTS
from dsp.nam.activations import tanh
from dsp.nam.tiles import add_products, load_row
from dsp.native import helper, inlined
from dsp.primitives.vectors import LANES, fma, load, splat, store, sum_of

MOST_LAYERS, MOST_HIDDEN, MOST_OUTPUTS = 16, 256, 64
GATES = 4                   # input, forget, candidate, output; the machine below has them by name
GATE = LANES * GATES        # floats of one step: a vector for each gate
KEPT = 3                    # rows a layer keeps: hidden values as they were, as they become, and cells
WARM_S = 0.5                # as NeuralAmpModelerCore has it
HALF = np.float32(0.5)


# --- From the file ------------------------------------------------------------------------------

def compile(model, weights, program, x):
    """Add a model's steps to a program; returns the signal that it gives for x."""
    config = model.section.section("config")
    layers = config.integer("num_layers", 1, MOST_LAYERS)
    inputs = config.integer("input_size", x.channels, x.channels)
    hidden = config.integer("hidden_size", 1, MOST_HIDDEN)
    config.integer("in_channels", x.channels, x.channels, x.channels)
    outputs = config.integer("out_channels", 1, MOST_OUTPUTS, 1)

    padded = -(-hidden // LANES) * LANES
    packed = [pack_layer(weights, hidden if layer else inputs, hidden, padded) for layer in range(layers)]
    head = np.zeros((outputs, padded), np.float32)
    head[:, :hidden] = weights.take(outputs, hidden)
    packed += [head.ravel(), weights.take(outputs)]

    y = program.buffer(outputs)
    program.recur(y, x, program.state(layers, KEPT * padded), hidden, np.concatenate(packed))
    program.warm_frames += int(WARM_S * model.sample_rate)
    return y


def pack_layer(weights, inputs, hidden, padded):
    """A layer's numbers as the machine reads them: first hidden values, first cells, and for each vector
    of hidden values the gates' bias and the gates' weights of every input and every hidden value."""
    matrix = weights.take(GATES, hidden, inputs + hidden)
    columns = np.concatenate([weights.take(GATES, hidden, 1), matrix], axis=2)
    columns = columns * np.array([0.5, 0.5, 1.0, 0.5], np.float32)[:, None, None]
    first = np.zeros((2, padded), np.float32)
    first[:, :hidden] = weights.take(2, hidden)
    gates = np.zeros((GATES, padded, columns.shape[2]), np.float32)
    gates[:, :hidden] = columns
    by_vector = gates.reshape(GATES, padded // LANES, LANES, -1).transpose(1, 3, 0, 2)
    return np.concatenate([first.ravel(), by_vector.ravel()])


# --- In the machine -----------------------------------------------------------------------------

@helper
def recur(words, step, table, memory, frames, played):
    """See Program.recur.

    played : frames so far. A layer's hidden values lie in two places by turns, so that none is
        overwritten while it is still needed and nothing has to be moved.
    """
    layers, stride, hidden = words[step + SIDE_CHANNELS], words[step + SIDE_STRIDE], words[step + TAPS]
    padded = stride // KEPT
    for i in range(frames):
        x, inputs, weight = words[step + FROM] + i, 1, words[step + WEIGHTS]
        now = padded * ((played + i) & 1)
        for layer in range(layers):
            state = words[step + SIDE] + layer * stride
            if played + i == 0:
                begin(table, weight, memory, state, padded)
            turn(table, weight + 2 * padded, memory, state, now, x, inputs, hidden, padded)
            weight += 2 * padded + padded * GATES * (1 + inputs + hidden)
            x, inputs = state + padded - now, hidden
        for channel in range(words[step + TO_CHANNELS]):
            y = table[weight + padded * (words[step + TO_CHANNELS] - channel) + channel]
            for at in range(0, padded, LANES):
                y += sum_of(load(memory, x + at) * load(table, weight + at))
            memory[words[step + TO] + channel * words[step + TO_STRIDE] + i] = y
            weight += padded


@helper
def begin(table, weight, memory, state, padded):
    """The hidden values and cells that a fresh layer has."""
    for at in range(0, padded, LANES):
        store(memory, state + at, load(table, weight + at))
        store(memory, state + 2 * padded + at, load(table, weight + padded + at))


@inlined
def turn(table, weight, memory, state, now, x, inputs, hidden, padded):
    """One layer's next frame: from the hidden values at state + now to those in the other place."""
    for at in range(0, padded, LANES):
        # Two sums that take turns: the adders are four cycles deep.
        even, odd = load_row(table, weight, GATES), silent_row()
        weight += GATE
        even, odd = add_all(even, odd, table, weight, memory, x, inputs)
        weight += inputs * GATE
        even, odd = add_all(even, odd, table, weight, memory, state + now, hidden)
        weight += hidden * GATE
        opened = tanh(even[0][0] + odd[0][0])
        kept = tanh(even[0][1] + odd[0][1])
        candidate = tanh(even[0][2] + odd[0][2])
        shown = tanh(even[0][3] + odd[0][3])
        cells = state + 2 * padded + at
        cell = fma(half(kept), load(memory, cells), half(opened) * candidate)
        store(memory, cells, cell)
        store(memory, state + padded - now + at, half(shown) * tanh(cell))


@inlined
def half(y):
    """A sigmoid, from the tanh of half its argument."""
    return fma(y, splat(HALF), splat(HALF))


@inlined
def silent_row():
    zero = splat(np.float32(0.0))
    return ((zero, zero, zero, zero),)


@inlined
def add_all(even, odd, table, weight, memory, x, count):
    """Add the products of `count` values in memory with their gates' weights."""
    for j in range(0, count - 1, 2):
        even = add_products(even, memory, x + j, table, weight)
        odd = add_products(odd, memory, x + j + 1, table, weight + GATE)
        weight += 2 * GATE
    if count & 1:
        odd = add_products(odd, memory, x + count - 1, table, weight)
    return even, odd
