"""Spectra multiplied and summed, and which of them meet."""

import numpy as np

from dsp.native import helper, inlined
from dsp.primitives.convolution.layout import PATHS, TILE
from dsp.primitives.fft import POINTS
from dsp.primitives.vectors import LANES, load, splat, store

STRIP = 4 * LANES               # bins of which the sums fill eight registers


@inlined
def add_products(x, at, h, from_, count, sums):
    """Add `count` complex products of tiles to the sums of a strip of bins: four real parts, four imaginary."""
    r0, r1, r2, r3, i0, i1, i2, i3 = sums
    for _ in range(count):
        xr, xi = load(x, at), load(x, at + POINTS)
        hr, hi = load(h, from_), load(h, from_ + POINTS)
        r0, i0 = r0 + xr * hr, i0 + xr * hi
        r0, i0 = r0 - xi * hi, i0 + xi * hr
        xr, xi = load(x, at + LANES), load(x, at + LANES + POINTS)
        hr, hi = load(h, from_ + LANES), load(h, from_ + LANES + POINTS)
        r1, i1 = r1 + xr * hr, i1 + xr * hi
        r1, i1 = r1 - xi * hi, i1 + xi * hr
        xr, xi = load(x, at + 2 * LANES), load(x, at + 2 * LANES + POINTS)
        hr, hi = load(h, from_ + 2 * LANES), load(h, from_ + 2 * LANES + POINTS)
        r2, i2 = r2 + xr * hr, i2 + xr * hi
        r2, i2 = r2 - xi * hi, i2 + xi * hr
        xr, xi = load(x, at + 3 * LANES), load(x, at + 3 * LANES + POINTS)
        hr, hi = load(h, from_ + 3 * LANES), load(h, from_ + 3 * LANES + POINTS)
        r3, i3 = r3 + xr * hr, i3 + xr * hi
        r3, i3 = r3 - xi * hi, i3 + xi * hr
        at += TILE
        from_ += TILE
    return r0, r1, r2, r3, i0, i1, i2, i3


@inlined
def load_sums(y, at):
    return (load(y, at), load(y, at + LANES), load(y, at + 2 * LANES), load(y, at + 3 * LANES),
            load(y, at + POINTS), load(y, at + LANES + POINTS), load(y, at + 2 * LANES + POINTS),
            load(y, at + 3 * LANES + POINTS))


@inlined
def store_sums(y, at, sums):
    store(y, at, sums[0])
    store(y, at + LANES, sums[1])
    store(y, at + 2 * LANES, sums[2])
    store(y, at + 3 * LANES, sums[3])
    store(y, at + POINTS, sums[4])
    store(y, at + LANES + POINTS, sums[5])
    store(y, at + 2 * LANES + POINTS, sums[6])
    store(y, at + 3 * LANES + POINTS, sums[7])


@helper
def multiply_tile(memory, x, slots, newest, tables, h, count, y, adds):
    """Sum, for each bin of a tile, the products of `count` spectra, newest first, and the response's partitions.

    x : where the first of `slots` tiles of past input lies; the one in slot `newest` meets the first partition.
    h : where the response's tile of the first partition lies.
    y : where the sum goes; `adds` it to what is there.
    """
    until_end = min(count, slots - newest)
    for bin in range(0, POINTS, STRIP):
        if adds:
            sums = load_sums(memory, y + bin)
        else:
            zero = splat(np.float32(0.0))
            sums = zero, zero, zero, zero, zero, zero, zero, zero
        sums = add_products(memory, x + newest * TILE + bin, tables, h + bin, until_end, sums)
        sums = add_products(memory, x + bin, tables, h + until_end * TILE + bin, count - until_end, sums)
        store_sums(memory, y + bin, sums)


@inlined
def path(voice, source, inputs, paths):
    """(input, row of the responses) of a voice's source; a voice is 2 * microphone + output."""
    mic, output = voice >> 1, voice & 1
    if paths == 4:
        return min(source, inputs - 1), 4 * mic + 2 * source + output
    if paths == 2:
        return min(output, inputs - 1), 2 * mic + output
    return output, mic


@inlined
def sources(paths):
    """How many inputs a voice hears."""
    return 2 if paths == 4 else 1


@inlined
def outputs_of(plan, channels):
    """How many outputs a microphone has: a stereo response has two even where one channel is heard."""
    return max(channels, min(plan[PATHS], 2))
