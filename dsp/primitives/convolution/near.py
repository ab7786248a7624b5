"""The near level: each chunk is answered in the chunk itself, or directly where it comes in pieces."""

import numpy as np

from dsp.native import helper, inlined
from dsp.primitives.convolution.layout import (CHUNK, COUNT, LEVELS, MICS, PATHS, RESPONSE, RESPONSE_SIZE, ROOTS,
                                               SOUND, SPECTRA, SPECTRA_SIZE, SUMS, TAPS, TILE, TWIST, WINDOW)
from dsp.primitives.convolution.products import multiply_tile, path, sources
from dsp.primitives.fft import POINTS, load_eight, mul_eight, sixty_four, store_eight, sub_eight, times_eight
from dsp.primitives.vectors import load_octet, splat_octet, store


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
def near_slot(plan, chunk):
    """Where in the delay line the spectrum of a chunk is; older ones follow."""
    return (-chunk) % plan[LEVELS + COUNT]


@inlined
def transform(plan, tables, r, i):
    root = plan[ROOTS]
    return sixty_four(r, i, load_eight(tables, root, 8), load_eight(tables, root + POINTS, 8))


@helper
def hear_chunk(plan, tables, memory, chunk, inputs):
    """Put the spectrum of a chunk and the one before it into the delay line."""
    twist = plan[LEVELS + TWIST]
    for input in range(inputs):
        window = plan[WINDOW] + input * 2 * CHUNK
        spectrum = plan[LEVELS + SPECTRA] + input * plan[LEVELS + SPECTRA_SIZE] + near_slot(plan, chunk) * TILE
        r, i = times_eight(load_eight(memory, window, 8), load_eight(memory, window + CHUNK, 8),
                           load_eight(tables, twist, 8), load_eight(tables, twist + POINTS, 8))
        r, i = transform(plan, tables, r, i)
        store_eight(memory, spectrum, 8, r)
        store_eight(memory, spectrum + POINTS, 8, i)


@helper
def answer_chunk(plan, tables, memory, chunk, first, inputs, outputs):
    """Write what the near level's partitions from `first` on make of the chunks up to this one."""
    twist, slots, paths = plan[LEVELS + TWIST], plan[LEVELS + COUNT], plan[PATHS]
    newest = (near_slot(plan, chunk) + first) % slots
    for voice in range(2 * plan[MICS]):
        if voice & 1 >= outputs:
            continue
        sums, out = plan[LEVELS + SUMS] + voice * TILE, plan[SOUND] + voice * CHUNK
        for source in range(sources(paths)):
            input, row = path(voice, source, inputs, paths)
            line = plan[LEVELS + SPECTRA] + input * plan[LEVELS + SPECTRA_SIZE]
            response = plan[LEVELS + RESPONSE] + row * plan[LEVELS + RESPONSE_SIZE] + first * TILE
            multiply_tile(memory, line, slots, newest, tables, response, slots - first, sums, source > 0)
        i, r = transform(plan, tables, load_eight(memory, sums + POINTS, 8), load_eight(memory, sums, 8))
        store_eight(memory, out, 8, sub_eight(mul_eight(i, load_eight(tables, twist, 8)),
                                              mul_eight(r, load_eight(tables, twist + POINTS, 8))))


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
