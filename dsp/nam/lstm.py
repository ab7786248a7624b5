"""LSTM: nets that remember by gates instead of by looking back, one frame after the other.

Per layer and frame: input, forget and output gates and a candidate are each tanh or sigmoid of
weights times (input, last hidden values) plus bias (Hochreiter and Schmidhuber, 1997). A sigmoid is
half a tanh of half its argument, so the gates' weights are halved once, here, and all four go
through one function. Vectors run over the hidden values; a gate has whole vectors of its own.
"""

import numpy as np

from dsp.nam.activations import tanh, tanh_times
from dsp.nam.program import FROM, SIDE, SIDE_CHANNELS, SIDE_STRIDE, TAPS, TO, TO_CHANNELS, TO_STRIDE, WEIGHTS
from dsp.nam.tiles import add_columns, add_lanes, add_products, load_row, rotated, sum_of_rows, with_rows
from dsp.native import helper, inlined
from dsp.primitives.vectors.arithmetic import fma, splat, sum_of
from dsp.primitives.vectors.kinds import LANES
from dsp.primitives.vectors.memory import load, store

MOST_LAYERS, MOST_HIDDEN, MOST_OUTPUTS = 16, 256, 64
GATES = 4                   # input, forget, candidate, output; the machine below has them by name
GATE = LANES * GATES        # floats of one step: a vector for each gate
# Sums for each gate that take turns, for the adders are four cycles deep; as many as there are registers for.
SUMS = 4 if LANES == 16 else 2
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
    packed = [pack_layer(weights, hidden if layer else inputs, whole(hidden) if layer else inputs, hidden, padded)
              for layer in range(layers)]
    head = np.zeros((outputs, padded), np.float32)
    head[:, :hidden] = weights.take(outputs, hidden)
    packed += [head.ravel(), weights.take(outputs)]

    y = program.buffer(outputs)
    program.recur(y, x, program.state(layers, KEPT * padded), whole(hidden), np.concatenate(packed))
    program.warm_frames += int(WARM_S * model.sample_rate)
    return y


def whole(count):
    """So many values and perhaps some zeros more, so that every sum has as many of them."""
    return -(-count // SUMS) * SUMS


def pack_layer(weights, inputs, room, hidden, padded):
    """A layer's numbers as the machine reads them: first hidden values, first cells, and for each vector
    of hidden values the gates' bias and the gates' weights of every input, zeros up to `room` of them,
    and of every hidden value."""
    matrix = weights.take(GATES, hidden, inputs + hidden)
    columns = np.zeros((GATES, hidden, 1 + room + whole(hidden)), np.float32)
    columns[:, :, 0] = weights.take(GATES, hidden)
    columns[:, :, 1:1 + inputs] = matrix[:, :, :inputs]
    columns[:, :, 1 + room:1 + room + hidden] = matrix[:, :, inputs:]
    columns *= np.array([0.5, 0.5, 1.0, 0.5], np.float32)[:, None, None]
    first = np.zeros((2, padded), np.float32)
    first[:, :hidden] = weights.take(2, hidden)
    gates = np.zeros((GATES, padded, columns.shape[2]), np.float32)
    gates[:, :hidden] = columns
    by_vector = gates.reshape(GATES, padded // LANES, LANES, -1).transpose(1, 3, 0, 2)
    return np.concatenate([first.ravel(), by_vector.ravel()])


# --- In the machine -----------------------------------------------------------------------------

@helper
def recur(words, step, table, memory, frames, played):
    """See Program.recur; `played` frames so far."""
    layers, padded = words[step + SIDE_CHANNELS], words[step + SIDE_STRIDE] // KEPT
    if played == 0:
        begin(words, step, table, memory, layers, padded)
    if layers == 1 and padded == LANES:
        recur_in_registers(words, step, table, memory, frames)
    else:
        recur_in_memory(words, step, table, memory, frames, played, layers, padded)


@helper
def begin(words, step, table, memory, layers, padded):
    """The hidden values and cells that fresh layers have."""
    weight, inputs, hidden = words[step + WEIGHTS], 1, words[step + TAPS]
    for layer in range(layers):
        state = words[step + SIDE] + layer * words[step + SIDE_STRIDE]
        for at in range(0, padded, LANES):
            store(memory, state + at, load(table, weight + at))
            store(memory, state + 2 * padded + at, load(table, weight + padded + at))
        weight += size_of_layer(inputs, hidden, padded)
        inputs = hidden


@helper
def size_of_layer(inputs, hidden, padded):
    """Numbers that a layer takes in the table."""
    return padded * (2 + GATES * (1 + inputs + hidden))


@helper
def recur_in_registers(words, step, table, memory, frames):
    """One layer of one vector: nothing of what the next frame waits for goes through memory, which takes 8 cycles."""
    state, hidden = words[step + SIDE], words[step + TAPS]
    bias = words[step + WEIGHTS] + 2 * LANES
    head = bias + GATE * (2 + hidden)
    values, cell = load(memory, state), load(memory, state + 2 * LANES)
    for i in range(frames):
        sums = add_products(load_row(table, bias, GATES), memory, words[step + FROM] + i, table, bias + GATE)
        sums, values_on, weight = with_rows(sums, SUMS), values, bias + 2 * GATE
        for _ in range(0, hidden, SUMS):
            sums = add_lanes(sums, values_on, table, weight)
            values_on = rotated(values_on, SUMS)
            weight += SUMS * GATE
        values, cell = through_gates(sums, cell)
        store(memory, state, values)
        show(words, step, table, memory, head, state, LANES, i)
    store(memory, state + 2 * LANES, cell)


@helper
def recur_in_memory(words, step, table, memory, frames, played, layers, padded):
    """A layer's hidden values lie in two places by turns, so that none is overwritten while it is still needed
    and nothing has to be moved."""
    hidden = words[step + TAPS]
    for i in range(frames):
        x, inputs, weight = words[step + FROM] + i, 1, words[step + WEIGHTS]
        now = padded * ((played + i) & 1)
        for layer in range(layers):
            state = words[step + SIDE] + layer * words[step + SIDE_STRIDE]
            turn(table, weight + 2 * padded, memory, state, now, x, inputs, hidden, padded)
            weight += size_of_layer(inputs, hidden, padded)
            x, inputs = state + padded - now, hidden
        show(words, step, table, memory, weight, x, padded, i)


@inlined
def turn(table, weight, memory, state, now, x, inputs, hidden, padded):
    """One layer's next frame: from the hidden values at state + now to those in the other place."""
    for at in range(0, padded, LANES):
        sums = load_row(table, weight, GATES)
        weight += GATE
        if inputs == 1:
            sums = with_rows(add_products(sums, memory, x, table, weight), SUMS)
        else:
            sums = add_all(with_rows(sums, SUMS), table, weight, memory, x, inputs)
        weight += inputs * GATE
        sums = add_all(sums, table, weight, memory, state + now, hidden)
        weight += hidden * GATE
        cells = state + 2 * padded + at
        values, cell = through_gates(sums, load(memory, cells))
        store(memory, cells, cell)
        store(memory, state + padded - now + at, values)


@inlined
def through_gates(sums, cell):
    """The next hidden values and cells."""
    opened, kept, candidate, shown = sum_of_rows(sums)
    # In the order in which they are needed: the cell waits for one product with the last of them.
    offered, rest = HALF * tanh(candidate), HALF * cell
    rest = offered + fma(tanh(kept), rest, rest)
    cell = fma(tanh(opened), offered, rest)
    return tanh_times(fma(tanh(shown), splat(HALF), splat(HALF)), cell), cell


@inlined
def show(words, step, table, memory, head, x, padded, i):
    """What the head makes of the last layer's hidden values: its weights, a row an output, then its biases."""
    outputs = words[step + TO_CHANNELS]
    for channel in range(outputs):
        y = table[head + padded * outputs + channel]
        for at in range(0, padded, LANES):
            y += sum_of(load(memory, x + at) * load(table, head + padded * channel + at))
        memory[words[step + TO] + channel * words[step + TO_STRIDE] + i] = y


@inlined
def add_all(sums, table, weight, memory, x, count):
    """Add the products of `count` values in memory with their gates' weights."""
    for j in range(0, count, SUMS):
        sums = add_columns(sums, memory, x + j, table, weight)
        weight += SUMS * GATE
    return sums
