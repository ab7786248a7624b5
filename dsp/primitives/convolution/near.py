"""The near level: each chunk is answered in the chunk itself, or directly where it comes in pieces.

What is known beforehand of an answer is summed beforehand, for two chunks at once: in the even chunks for the
first half of the bins, in the odd ones for the second. So past spectra wait half by half, in pairs, and the
newest of them comes first in its pair when its half's turn has come.
"""

import numpy as np

from dsp.native import helper, inlined
from dsp.primitives.convolution.layout import (CHUNK, HALF, LEVELS, MICS, PAIRS, PATHS, RESPONSE, RESPONSE_SIZE,
                                               SOUND, SPECTRA, SPECTRA_SIZE, SUMS, TAPS, TILE, TURNS, TWIST, WINDOW)
from dsp.primitives.convolution.products import (HALF_TILE, load_bins, multiply_pairs, path, plus_product,
                                                 put, sources)
from dsp.primitives.fft import POINTS, back_from_bins, load_four, sixty_four, store_four, times_four
from dsp.primitives.vectors.arithmetic import splat_octet
from dsp.primitives.vectors.kinds import STRIP
from dsp.primitives.vectors.memory import load_octet, load_sixteen, store


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
    """Half of 64 numbers from each of two places."""
    return load_sixteen(x, first), load_sixteen(x, first + 16), load_sixteen(x, second), load_sixteen(x, second + 16)


@inlined
def store_halves(x, first, second, v):
    store(x, first, v[0])
    store(x, first + 16, v[1])
    store(x, second, v[2])
    store(x, second + 16, v[3])


@inlined
def load_tile(x, first, second):
    """Real and imaginary parts of 64 bins, half of them from each of two places."""
    return load_halves(x, first, second), load_halves(x, first + HALF, second + HALF)


@inlined
def hear(plan, tables, memory, chunk, input, before, now):
    """Let the spectrum of a chunk and the one before it wait with the others."""
    twist = plan[LEVELS + TWIST]
    r, i = times_four(before, now, load_four(tables, twist), load_four(tables, twist + POINTS))
    r, i = sixty_four(r, i, tables, plan[TURNS])
    first, second = past(plan, chunk, input, 0), past(plan, chunk, input, 1)
    store_halves(memory, first, second, r)
    store_halves(memory, first + HALF, second + HALF, i)


@helper
def hear_chunk(plan, tables, memory, chunk, io, stride, done, inputs):
    """Hear a whole chunk; the window keeps it for the next one."""
    for input in range(inputs):
        kept = plan[WINDOW] + (2 * input + 1) * CHUNK
        before, now = load_four(memory, kept), load_four(io, input * stride + done)
        store_four(memory, kept, now)
        hear(plan, tables, memory, chunk, input, before, now)


@helper
def hear_window(plan, tables, memory, chunk, inputs):
    """Hear a chunk that has come in pieces."""
    for input in range(inputs):
        window = plan[WINDOW] + 2 * input * CHUNK
        hear(plan, tables, memory, chunk, input, load_four(memory, window), load_four(memory, window + CHUNK))


@inlined
def plus_products(r, i, xr, xi, hr, hi):
    """Four complex vectors of sums, with products added."""
    r0, i0 = plus_product((r[0], i[0]), (xr[0], xi[0]), (hr[0], hi[0]))
    r1, i1 = plus_product((r[1], i[1]), (xr[1], xi[1]), (hr[1], hi[1]))
    r2, i2 = plus_product((r[2], i[2]), (xr[2], xi[2]), (hr[2], hi[2]))
    r3, i3 = plus_product((r[3], i[3]), (xr[3], xi[3]), (hr[3], hi[3]))
    return (r0, r1, r2, r3), (i0, i1, i2, i3)


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
                r, i = plus_products(r, i, xr, xi, hr, hi)
        i, r = back_from_bins(i, r, tables, plan[TURNS])
        c, s = load_four(tables, twist), load_four(tables, twist + POINTS)
        store_four(memory, out, (i[0] * c[0] - r[0] * s[0], i[1] * c[1] - r[1] * s[1],
                                 i[2] * c[2] - r[2] * s[2], i[3] * c[3] - r[3] * s[3]))


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
