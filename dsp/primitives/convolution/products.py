"""Spectra multiplied and summed, and which of them meet."""

import numpy as np

from dsp.native import helper, inlined
from dsp.primitives.convolution.layout import HALF, PATHS, TILE
from dsp.primitives.fft import POINTS
from dsp.primitives.vectors.arithmetic import splat, splat_strip
from dsp.primitives.vectors.kinds import LANES, STRIP
from dsp.primitives.vectors.memory import load, load_strip, store

FOUR = 4 * LANES                # bins of which the sums fill eight registers
HALF_TILE = 2 * HALF


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
    for bin in range(0, POINTS, FOUR):
        if adds:
            sums = load_sums(memory, y + bin)
        else:
            zero = splat(np.float32(0.0))
            sums = zero, zero, zero, zero, zero, zero, zero, zero
        sums = add_products(memory, x + newest * TILE + bin, tables, h + bin, until_end, sums)
        sums = add_products(memory, x + bin, tables, h + until_end * TILE + bin, count - until_end, sums)
        store_sums(memory, y + bin, sums)


@inlined
def load_bins(x, at):
    """A strip of half a tile: real parts, imaginary parts."""
    return load_strip(x, at), load_strip(x, at + HALF)


@inlined
def plus(a, b):
    return a[0] + b[0], a[1] + b[1]


@inlined
def minus(a, b):
    return a[0] - b[0], a[1] - b[1]


@inlined
def plus_product(sums, a, b):
    """Complex sums with a product added."""
    r, i = sums[0] + a[0] * b[0], sums[1] + a[0] * b[1]
    return r - a[1] * b[1], i + a[1] * b[0]


@inlined
def add_pairs(x, at, h, from_, count, both, next, later):
    """Add the products of `count` pairs of spectra to the sums of a strip of bins."""
    for _ in range(count):
        u, v = load_bins(x, at), load_bins(x, at + HALF_TILE)
        p, q, s = load_bins(h, from_), load_bins(h, from_ + HALF_TILE), load_bins(h, from_ + 2 * HALF_TILE)
        next = plus_product(next, u, minus(p, q))
        later = plus_product(later, v, minus(s, q))
        both = plus_product(both, plus(u, v), q)
        at += 2 * HALF_TILE
        from_ += 2 * HALF_TILE
    return both, next, later


@inlined
def put(y, at, bins, adds):
    if adds:
        bins = plus(load_bins(y, at), bins)
    store(y, at, bins[0])
    store(y, at + HALF, bins[1])


@helper
def multiply_pairs(memory, x, pairs, newest, tables, h, next, later, adds):
    """Sum half a tile's products for two chunks at once, with three products for every four.

    Of two past spectra u, v (u the newer) and three partitions p, q, s in a row, the next chunk gets
    pu + qv = q(u + v) + (p - q)u and the one after it qu + sv = q(u + v) + (s - q)v (Winograd, "Arithmetic
    Complexity of Computations", 1980).

    x : where the halves of past input lie; the newest is the first one of the pair `newest`.
    h : where the half lies of the first partition that meets it.
    next, later : where the sums go; `adds` them to what is there.
    """
    until_end = pairs - newest
    for bin in range(0, HALF, STRIP):
        zero = splat_strip(np.float32(0.0))
        zeros = zero, zero
        sums = add_pairs(memory, x + newest * 2 * HALF_TILE + bin, tables, h + bin, until_end, zeros, zeros, zeros)
        sums = add_pairs(memory, x + bin, tables, h + until_end * 2 * HALF_TILE + bin, newest, *sums)
        put(memory, next + bin, plus(sums[0], sums[1]), adds)
        put(memory, later + bin, plus(sums[0], sums[2]), adds)


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
