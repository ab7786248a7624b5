"""The near level: each chunk is answered in the chunk itself, or directly where it comes in pieces.

What is known beforehand of an answer is summed beforehand, for two chunks at once: in the even chunks for the
first half of the bins, in the odd ones for the second. So past spectra wait half by half, in pairs, and the
newest of them comes first in its pair when its half's turn has come.
"""

import numpy as np

from dsp.native import helper, inlined
from dsp.primitives.convolution.layout import (CHUNK, HALF, LEVELS, MICS, PAIRS, PATHS, RESPONSE, RESPONSE_SIZE,
                                               ROOTS, SOUND, SPECTRA, SPECTRA_SIZE, SUMS, TAPS, TILE, TWIST, WINDOW)
from dsp.primitives.convolution.products import (HALF_TILE, load_bins, multiply_pairs, path, plus_product,
                                                 put, sources)
from dsp.primitives.fft import POINTS, add_eight, load_eight, mul_eight, sixty_four, store_eight, sub_eight, times_eight
from dsp.primitives.vectors import STRIP, load_octet, splat_octet, store


@inlined
def hear_piece(memory, window, offset, io, at, frames):
    """Take a piece into the window of the chunk before and this one; `at` is its place in all of io's channels."""
    if offset == 0:
        for i in range(0, CHUNK, 8):
            store(memory, window + i, load_octet(memory, window + CHUNK + i))
    window += CHUNK + offset
    for i in range(0, frames - 7, 8):
        store(memory, window + i, load_octet(io, at + i))
    for i in range(frames & -8, frames):
        memory[window + i] = io[at + i]


@inlined
def line_of(plan, input, half):
    """Where an input's past spectra wait, those of half the bins."""
    return plan[LEVELS + SPECTRA] + input * plan[LEVELS + SPECTRA_SIZE] + half * plan[PAIRS] * TILE


@inlined
def past(plan, chunk, input, half):
    """Where the half spectrum of a chunk waits; older ones follow."""
    return line_of(plan, input, half) + (half - chunk) % (2 * plan[PAIRS]) * HALF_TILE


@inlined
def partition(plan, row, half, number):
    """Where the half spectrum of a partition of a response lies; later ones follow."""
    return (plan[LEVELS + RESPONSE] + row * plan[LEVELS + RESPONSE_SIZE]
            + (half * (2 * plan[PAIRS] + 2) + number) * HALF_TILE)


@inlined
def sums_of(plan, voice, chunk):
    return plan[LEVELS + SUMS] + (2 * voice + (chunk & 1)) * TILE


@inlined
def load_halves(x, first, second):
    """Eight octets, four from each of two places."""
    return (load_octet(x, first), load_octet(x, first + 8), load_octet(x, first + 16), load_octet(x, first + 24),
            load_octet(x, second), load_octet(x, second + 8), load_octet(x, second + 16), load_octet(x, second + 24))


@inlined
def store_halves(x, first, second, v):
    store(x, first, v[0])
    store(x, first + 8, v[1])
    store(x, first + 16, v[2])
    store(x, first + 24, v[3])
    store(x, second, v[4])
    store(x, second + 8, v[5])
    store(x, second + 16, v[6])
    store(x, second + 24, v[7])


@inlined
def load_tile(x, first, second):
    """Real and imaginary parts of 64 bins, half of them from each of two places."""
    return load_halves(x, first, second), load_halves(x, first + HALF, second + HALF)


@inlined
def transform(plan, tables, r, i):
    root = plan[ROOTS]
    return sixty_four(r, i, load_eight(tables, root, 8), load_eight(tables, root + POINTS, 8))


@inlined
def hear(plan, tables, memory, chunk, input, before, now):
    """Let the spectrum of a chunk and the one before it wait with the others."""
    twist = plan[LEVELS + TWIST]
    r, i = times_eight(before, now, load_eight(tables, twist, 8), load_eight(tables, twist + POINTS, 8))
    r, i = transform(plan, tables, r, i)
    first, second = past(plan, chunk, input, 0), past(plan, chunk, input, 1)
    store_halves(memory, first, second, r)
    store_halves(memory, first + HALF, second + HALF, i)


@helper
def hear_chunk(plan, tables, memory, chunk, io, stride, done, inputs):
    """Hear a whole chunk; the window keeps it for the next one."""
    for input in range(inputs):
        kept = plan[WINDOW] + (2 * input + 1) * CHUNK
        before, now = load_eight(memory, kept, 8), load_eight(io, input * stride + done, 8)
        store_eight(memory, kept, 8, now)
        hear(plan, tables, memory, chunk, input, before, now)


@helper
def hear_window(plan, tables, memory, chunk, inputs):
    """Hear a chunk that has come in pieces."""
    for input in range(inputs):
        window = plan[WINDOW] + 2 * input * CHUNK
        hear(plan, tables, memory, chunk, input, load_eight(memory, window, 8), load_eight(memory, window + CHUNK, 8))


@helper
def answer_chunk(plan, tables, memory, chunk, whole, inputs, outputs):
    """Write what the near level makes of the chunks up to this one, if it is heard whole, else up to the one before."""
    twist, paths = plan[LEVELS + TWIST], plan[PATHS]
    for voice in range(2 * plan[MICS]):
        if voice & 1 >= outputs:
            continue
        sums, out = sums_of(plan, voice, chunk), plan[SOUND] + voice * CHUNK
        r, i = load_tile(memory, sums, sums + HALF_TILE)
        if whole:
            for source in range(sources(paths)):
                input, row = path(voice, source, inputs, paths)
                xr, xi = load_tile(memory, past(plan, chunk, input, 0), past(plan, chunk, input, 1))
                hr, hi = load_tile(tables, partition(plan, row, 0, 0), partition(plan, row, 1, 0))
                yr, yi = times_eight(xr, xi, hr, hi)
                r, i = add_eight(r, yr), add_eight(i, yi)
        i, r = transform(plan, tables, i, r)
        store_eight(memory, out, 8, sub_eight(mul_eight(i, load_eight(tables, twist, 8)),
                                              mul_eight(r, load_eight(tables, twist + POINTS, 8))))


@inlined
def add_newest(memory, x, tables, h, y):
    """Add half a tile's product of the newest spectrum and a partition to a sum."""
    for bin in range(0, HALF, STRIP):
        put(memory, y + bin, plus_product(load_bins(memory, y + bin), load_bins(memory, x + bin),
                                          load_bins(tables, h + bin)), False)


@helper
def look_ahead(plan, tables, memory, chunk, inputs, outputs):
    """Sum what is known of the next two chunks: all of it for one half of the bins, the newest for the other."""
    paths, pairs = plan[PATHS], plan[PAIRS]
    half, other = chunk & 1, 1 - (chunk & 1)
    for voice in range(2 * plan[MICS]):
        if voice & 1 >= outputs:
            continue
        next, later = sums_of(plan, voice, chunk + 1), sums_of(plan, voice, chunk + 2)
        for source in range(sources(paths)):
            input, row = path(voice, source, inputs, paths)
            add_newest(memory, past(plan, chunk, input, other), tables, partition(plan, row, other, 1),
                       next + other * HALF_TILE)
            multiply_pairs(memory, line_of(plan, input, half), pairs, (half - chunk >> 1) % pairs, tables,
                           partition(plan, row, half, 1), next + half * HALF_TILE, later + half * HALF_TILE,
                           source > 0)


@inlined
def first_taps(tables, taps, memory, now):
    """What the first 64 taps make of eight frames, in four sums that need not wait for one another."""
    a = b = c = d = splat_octet(np.float32(0.0))
    for tap in range(0, CHUNK, 4):
        h, x = taps + tap, now - tap
        a = a + splat_octet(tables[h]) * load_octet(memory, x)
        b = b + splat_octet(tables[h + 1]) * load_octet(memory, x - 1)
        c = c + splat_octet(tables[h + 2]) * load_octet(memory, x - 2)
        d = d + splat_octet(tables[h + 3]) * load_octet(memory, x - 3)
    return (a + b) + (c + d)


@helper
def add_direct(plan, tables, memory, offset, frames, inputs, outputs):
    """Add what the first 64 taps make of the chunk's frames from `offset` on."""
    paths = plan[PATHS]
    for voice in range(2 * plan[MICS]):
        if voice & 1 >= outputs:
            continue
        y = plan[SOUND] + voice * CHUNK + offset
        for source in range(sources(paths)):
            input, row = path(voice, source, inputs, paths)
            taps = plan[TAPS] + row * CHUNK
            now = plan[WINDOW] + (2 * input + 1) * CHUNK + offset
            eights = frames & -8
            for i in range(0, eights, 8):
                store(memory, y + i, load_octet(memory, y + i) + first_taps(tables, taps, memory, now + i))
            for i in range(eights, frames):
                total = memory[y + i]
                for tap in range(CHUNK):
                    total += tables[taps + tap] * memory[now + i - tap]
                memory[y + i] = total
