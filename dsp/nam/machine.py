"""Playing a program: one chunk of frames through all its steps, in vectors of frames.

Signals lie as [channel][frame], so a weight meets a whole vector of frames and nets of any width fill the
registers. A convolution keeps a tile of up to TILE_ROWS outputs by two vectors in registers and adds one
input channel of one tap after the other to it; with few outputs the tile is four vectors wide instead, so
that the adders, four cycles deep, still have enough to do. Lanes beyond the block's frames are worked out
and written too; the next chunk overwrites them, and no frame ever depends on another frame's lane, so any
cut into blocks gives the same bits.
"""

import numpy as np
from numba import njit

from dsp.nam import activations as act
from dsp.nam.lstm import recur
from dsp.nam.program import (ACTIVATE, BLEND, CHUNK, COLUMNS, CONVOLVE, COPY, DILATION, FROM, FROM_CHANNELS,
                             FROM_RING, FROM_STRIDE, FUNCTION, KIND, MULTIPLY, PLUS, PLUS_CHANNELS, PLUS_STRIDE,
                             RECUR, RING_LENGTHS, RINGS, SIDE, SIDE_CHANNELS, SIDE_STRIDE, STEPS, TAPS, TO,
                             TO_CHANNELS, TO_RING, TO_STRIDE, WEIGHTS)
from dsp.nam.tiles import TILE_COLUMNS, TILE_ROWS, add_products, add_rows, add_values, silent_tile, store_rows
from dsp.native import FAST, helper
from dsp.primitives.vectors.arithmetic import fma
from dsp.primitives.vectors.kinds import LANES
from dsp.primitives.vectors.memory import as_words, load, store

FEW_ROWS = TILE_ROWS // 2       # up to so many outputs the tile is four vectors wide
ONE = np.float32(1.0)


def spliced(function):
    """A function that numba writes into its caller: LLVM works once less on everything that it calls."""
    return njit(nogil=True, error_model="numpy", fastmath=FAST, inline="always")(function)


@spliced
def run(table, memory, cursors, frames):
    """Play a chunk that lies in the program's input, 1 to CHUNK frames; the output is then in memory.

    table : pointer to the program's. memory, cursors : pointers to places of the sizes that it asks for; all
        zero is a fresh model.
    """
    words = as_words(table)
    rings = words[RINGS]
    for number in range(words[STEPS]):
        step = RING_LENGTHS + rings + COLUMNS * number
        kind = words[step + KIND]
        if kind == CONVOLVE:
            convolve(words, step, table, memory, cursors, frames)
        elif kind == ACTIVATE:
            activate(words, step, table, memory, cursors, frames)
        elif kind == MULTIPLY:
            multiply(words, step, memory, cursors, frames)
        elif kind == BLEND:
            blend(words, step, memory, cursors, frames)
        elif kind == COPY:
            copy(words, step, memory, cursors, frames)
        elif kind == RECUR:
            recur(words, step, table, memory, frames, cursors[rings])
        mirror(words, step, memory, cursors, frames)
    advance(words, cursors, frames)


@helper
def place(words, signal, cursors):
    """Where in memory the chunk at hand begins, of the signal whose columns begin at `signal`."""
    return words[signal] + cursors[words[signal + 2]]


@helper
def mirror(words, step, memory, cursors, frames):
    """Repeat what was written into a ring's first CHUNK places behind its end, and the other way round."""
    ring = words[step + TO_RING]
    if ring == 0:
        return
    length, at = words[RING_LENGTHS + ring], cursors[ring]
    row, stride = words[step + TO], words[step + TO_STRIDE]
    over, begun = at + frames - length, min(frames, CHUNK - at)
    if over <= 0 and begun <= 0:
        return
    for _ in range(words[step + TO_CHANNELS]):
        if over > 0:
            repeat(memory, row + length, row, over)
        if begun > 0:
            repeat(memory, row + at, row + at + length, begun)
        row += stride


@helper
def repeat(memory, x, to, count):
    """Copy `count` floats."""
    vectors = count - count % LANES
    for i in range(0, vectors, LANES):
        store(memory, to + i, load(memory, x + i))
    for i in range(vectors, count):
        memory[to + i] = memory[x + i]


@helper
def advance(words, cursors, frames):
    """Every ring has `frames` more."""
    rings = words[RINGS]
    for ring in range(1, rings):
        at, length = cursors[ring] + frames, words[RING_LENGTHS + ring]
        cursors[ring] = at - length if at >= length else at
    cursors[rings] += frames


# --- Convolution --------------------------------------------------------------------------------

def tiler(rows, columns):
    """The function that works out `rows` outputs for `columns` vectors of frames from frame `i` on."""

    @helper
    def work(words, step, table, weight, memory, cursors, row, i):
        tile, bias = silent_tile(rows, columns), weight
        weight += rows
        stride, channels = words[step + FROM_STRIDE], words[step + FROM_CHANNELS]
        length, dilation = words[RING_LENGTHS + words[step + FROM_RING]], words[step + DILATION]
        back = cursors[words[step + FROM_RING]] - dilation * (words[step + TAPS] - 1)
        for _ in range(words[step + TAPS]):
            x = words[step + FROM] + i + (back if back >= 0 else back + length)
            for _ in range(channels):
                tile = add_products(tile, table, weight, memory, x)
                weight += rows
                x += stride
            back += dilation
        x, stride = i + place(words, step + SIDE, cursors), words[step + SIDE_STRIDE]
        for _ in range(words[step + SIDE_CHANNELS]):
            tile = add_products(tile, table, weight, memory, x)
            weight += rows
            x += stride
        # Behind the products, the bias spoils less of their last digits.
        tile = add_values(tile, table, bias)
        if words[step + PLUS_CHANNELS]:
            stride = words[step + PLUS_STRIDE]
            tile = add_rows(tile, memory, i + place(words, step + PLUS, cursors) + row * stride, stride)
        stride = words[step + TO_STRIDE]
        store_rows(tile, memory, i + place(words, step + TO, cursors) + row * stride, stride)

    return work


def sweeper(rows):
    """The function that works out `rows` outputs for all frames."""
    columns = TILE_COLUMNS * (2 if rows <= FEW_ROWS else 1)
    wide, narrow = tiler(rows, columns), tiler(rows, 1)

    @spliced
    def sweep(words, step, table, weight, memory, cursors, row, frames):
        i = 0
        while frames - i > LANES:
            wide(words, step, table, weight, memory, cursors, row, i)
            i += columns * LANES
        while i < frames:
            narrow(words, step, table, weight, memory, cursors, row, i)
            i += LANES

    return sweep


sweep_1, sweep_2, sweep_3, sweep_4, sweep_5, sweep_6, sweep_7, sweep_8 = (sweeper(rows) for rows in range(1, 9))


@spliced
def convolve(words, step, table, memory, cursors, frames):
    """See Program.convolve."""
    channels = words[step + TO_CHANNELS]
    inputs = 1 + words[step + TAPS] * words[step + FROM_CHANNELS] + words[step + SIDE_CHANNELS]
    tiles = (channels + TILE_ROWS - 1) // TILE_ROWS
    weight, row = words[step + WEIGHTS], 0
    for tile in range(tiles):
        rows = channels // tiles + (tile < channels % tiles)
        if rows == 8:
            sweep_8(words, step, table, weight, memory, cursors, row, frames)
        elif rows == 7:
            sweep_7(words, step, table, weight, memory, cursors, row, frames)
        elif rows == 6:
            sweep_6(words, step, table, weight, memory, cursors, row, frames)
        elif rows == 5:
            sweep_5(words, step, table, weight, memory, cursors, row, frames)
        elif rows == 4:
            sweep_4(words, step, table, weight, memory, cursors, row, frames)
        elif rows == 3:
            sweep_3(words, step, table, weight, memory, cursors, row, frames)
        elif rows == 2:
            sweep_2(words, step, table, weight, memory, cursors, row, frames)
        else:
            sweep_1(words, step, table, weight, memory, cursors, row, frames)
        weight += rows * inputs
        row += rows


# --- Channel by channel -------------------------------------------------------------------------

def applier(function):
    """The function that sends a signal through an activation, and adds the result to another."""

    @helper
    def apply(words, step, table, memory, cursors, frames):
        to, x, total = (place(words, step + TO, cursors), place(words, step + FROM, cursors),
                        place(words, step + PLUS, cursors))
        adds, first, told = words[step + PLUS_CHANNELS] > 0, words[step + TAPS], words[step + WEIGHTS]
        for _ in range(words[step + TO_CHANNELS]):
            for i in range(0, frames, LANES):
                y = function(load(memory, x + i), table, told)
                store(memory, to + i, y)
                if adds:
                    store(memory, total + i, y if first else y + load(memory, total + i))
            to += words[step + TO_STRIDE]
            x += words[step + FROM_STRIDE]
            total += words[step + PLUS_STRIDE]
            told += act.NUMBERS

    return apply


apply_tanh, apply_hard_tanh, apply_fast_tanh, apply_relu, apply_leaky_relu = map(applier, (
    act.plain_tanh, act.hard_tanh, act.fast_tanh, act.relu, act.leaky_relu))
apply_sigmoid, apply_silu, apply_hard_swish, apply_leaky_hard_tanh, apply_softsign = map(applier, (
    act.plain_sigmoid, act.silu, act.hard_swish, act.leaky_hard_tanh, act.softsign))


@spliced
def activate(words, step, table, memory, cursors, frames):
    """See Program.activate."""
    function = words[step + FUNCTION]
    if function == act.TANH:
        apply_tanh(words, step, table, memory, cursors, frames)
    elif function == act.LEAKY_RELU:
        apply_leaky_relu(words, step, table, memory, cursors, frames)
    elif function == act.RELU:
        apply_relu(words, step, table, memory, cursors, frames)
    elif function == act.SIGMOID:
        apply_sigmoid(words, step, table, memory, cursors, frames)
    elif function == act.HARD_TANH:
        apply_hard_tanh(words, step, table, memory, cursors, frames)
    elif function == act.FAST_TANH:
        apply_fast_tanh(words, step, table, memory, cursors, frames)
    elif function == act.SILU:
        apply_silu(words, step, table, memory, cursors, frames)
    elif function == act.HARD_SWISH:
        apply_hard_swish(words, step, table, memory, cursors, frames)
    elif function == act.LEAKY_HARD_TANH:
        apply_leaky_hard_tanh(words, step, table, memory, cursors, frames)
    else:
        apply_softsign(words, step, table, memory, cursors, frames)


@helper
def multiply(words, step, memory, cursors, frames):
    """See Program.multiply."""
    plus = words[step + PLUS_CHANNELS] > 0
    for channel in range(words[step + TO_CHANNELS]):
        to, x, factor, shift = rows_of(words, step, cursors, channel)
        for i in range(0, frames, LANES):
            y = load(memory, x + i) * load(memory, factor + i)
            store(memory, to + i, y + load(memory, shift + i) if plus else y)


@helper
def blend(words, step, memory, cursors, frames):
    """See Program.blend."""
    for channel in range(words[step + TO_CHANNELS]):
        to, active, share, plain = rows_of(words, step, cursors, channel)
        for i in range(0, frames, LANES):
            part = load(memory, share + i)
            store(memory, to + i, fma(part, load(memory, active + i), (ONE - part) * load(memory, plain + i)))


@helper
def copy(words, step, memory, cursors, frames):
    """See Program.copy."""
    plus = words[step + PLUS_CHANNELS] > 0
    for channel in range(words[step + TO_CHANNELS]):
        to, x, _, other = rows_of(words, step, cursors, channel)
        for i in range(0, frames, LANES):
            y = load(memory, x + i)
            store(memory, to + i, y + load(memory, other + i) if plus else y)


@helper
def rows_of(words, step, cursors, channel):
    """Where a channel's row begins in a step's four signals."""
    return (place(words, step + TO, cursors) + channel * words[step + TO_STRIDE],
            place(words, step + FROM, cursors) + channel * words[step + FROM_STRIDE],
            place(words, step + SIDE, cursors) + channel * words[step + SIDE_STRIDE],
            place(words, step + PLUS, cursors) + channel * words[step + PLUS_STRIDE])
