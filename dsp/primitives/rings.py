"""Banks of long lines, worked on a piece at a time so that loops run straight and vectors fill.

A bank is an array [lines, length + PAD]. Each line is a ring of a power of two of samples, and PAD more
that repeat its beginning: a piece of up to CHUNK frames, with the neighbours that interpolation wants, can
be read from anywhere without wrapping. Pieces never cross a multiple of CHUNK, so no write wraps either.
Rows are arrays [lines, CHUNK] with the piece at hand.

The functions take whole banks and slice inside: a slice handed to a function costs a counted reference. What is
written in whole vectors goes up to LANES - 1 frames beyond a piece, on what is soon overwritten: rows have room for
it, and rings are longer than anything is read back.
"""

import numpy as np
from numba import types
from numba.extending import intrinsic
from numba.np.arrayobj import populate_array

from dsp.native import helper
from dsp.primitives.delays import between
from dsp.primitives.scans import final, low_pass, powers_of
from dsp.primitives.vectors import LANES, load, moved, splat, start_of, store

CHUNK = 64
PAD = 2 * CHUNK
OLDER = 2                   # neighbours that interpolation reads before a sample; it reads one after it
FADE_S = 0.04               # of heads that cross-fade to other places
ONE = np.float32(1.0)

# A cross-fading pair of heads in state.
FIRST, SECOND, NEXT_FIRST, NEXT_SECOND, FADE_FROM, FADE_TO, FADING = range(7)


def bank_size(lines, length):
    """How many places of memory a bank takes."""
    return lines * (length + PAD)


@helper
def ring_length(seconds, sample_rate):
    """What `dsp.effect.line_length` says, for kernels."""
    length = 1
    while length <= int(seconds * sample_rate + 4):
        length *= 2
    return length


def counts(sample_rate, options):
    """Tables: how much of a chunk has passed at each of its frames, and the number of each frame."""
    return np.concatenate([np.arange(CHUNK) / CHUNK, np.arange(CHUNK)]).astype(np.float32)


@intrinsic
def fold(typing, array, rows, length):
    """The first rows * length places as [rows, length], borrowed; `reshape` takes 50 ns."""

    def generate(context, builder, signature, arguments):
        flat = context.make_array(signature.args[0])(context, builder, arguments[0])
        folded = context.make_array(signature.return_type)(context, builder)
        item = context.get_constant(types.intp, array.dtype.bitwidth // 8)
        populate_array(folded, data=flat.data, shape=arguments[1:],
                       strides=(builder.mul(arguments[2], item), item), itemsize=item, meminfo=None)
        return folded._getvalue()

    return types.Array(array.dtype, 2, "C")(array, types.int64, types.int64), generate


@helper
def carve(memory, rows, length):
    """The first part of the memory as [rows, length], and the rest."""
    return fold(memory, rows, length), memory[rows * length:]


@helper
def piece_of(start, end, frames, done):
    """A knob's value at the first frame of a piece and its step from frame to frame.

    start, end : at the block's ends; a piece begins when `done` of the block's frames are done.
    """
    step = (end - start) / frames
    return np.float32(start + (done + 1) * step), np.float32(step)


@helper
def middle_of(start, end, frames, done, n):
    """What has a knob's value in the middle of a piece of n frames."""
    return start + (end - start) * (done + 0.5 * n) / frames


@helper
def on_the_way(value, goal, offset):
    """What goes from one grid point's value to the next one's, at a frame of the chunk, and its step a frame."""
    step = (goal - value) / CHUNK
    return np.float32(value + offset * step), np.float32(step)


@helper
def place(bank, position):
    """Where a position, in frames since the effect was fresh, lies in a bank's rings."""
    return np.int64(np.uint64(position) & np.uint64(bank.shape[1] - PAD - 1))


@helper
def repeat(bank, at, frames):
    """Copy what was written at the rings' beginning behind their end."""
    if at >= PAD:
        return
    end = bank.shape[1] - PAD + at
    for line in range(bank.shape[0]):
        piece, copy = bank[line, at:at + frames], bank[line, end:end + frames]
        for i in range(frames):
            copy[i] = piece[i]


@helper
def keep(bank, now, rows, frames):
    """Write a piece."""
    at = place(bank, now)
    for line in range(bank.shape[0]):
        piece, row = bank[line, at:at + frames], rows[line]
        for i in range(frames):
            piece[i] = row[i]
    repeat(bank, at, frames)


@helper
def fetch(bank, position, rows, frames):
    """Read a piece that begins at `position`."""
    at = place(bank, position)
    for line in range(bank.shape[0]):
        piece, row = bank[line, at:at + frames], rows[line]
        for i in range(frames):
            row[i] = piece[i]


@helper
def fetch_travelling(bank, line, now, offset, before, after, rise, row, frames):
    """Read a piece of one line between the samples, from a head on its way.

    before, after : how many frames back the head is at the chunk's start and end; they must differ by less
                    than PAD - CHUNK - 4, and be more than CHUNK + 2.
    offset : how many frames of the chunk the piece begins after its start.
    """
    way = after - before
    if abs(way) <= 1.0:
        back = int(0.5 * (before + after))
        newer, here, older, oldest = between(before - back)
        newer_end, here_end, older_end, oldest_end = between(after - back)
        a, b, c, d = np.float32(oldest), np.float32(older), np.float32(here), np.float32(newer)
        a_rise, b_rise = np.float32(oldest_end - oldest), np.float32(older_end - older)
        c_rise, d_rise = np.float32(here_end - here), np.float32(newer_end - newer)
        at = place(bank, now - back - OLDER)
        piece = bank[line, at:at + frames + 3]
        for i in range(frames):
            row[i] = ((a + rise[i] * a_rise) * piece[i] + (b + rise[i] * b_rise) * piece[i + 1]
                      + (c + rise[i] * c_rise) * piece[i + 2] + (d + rise[i] * d_rise) * piece[i + 3])
        return
    farthest = int(max(before, after)) + OLDER
    at = place(bank, now - offset - farthest)
    piece = bank[line, at:at + PAD]
    start, speed = np.float32(farthest - before), np.float32(CHUNK - way)
    for i in range(frames):
        where = start + rise[i] * speed
        older_at = int(where)
        newer, here, older, oldest = between(ONE - (where - np.float32(older_at)))
        row[i] = (np.float32(newer) * piece[older_at + 2] + np.float32(here) * piece[older_at + 1]
                  + np.float32(older) * piece[older_at] + np.float32(oldest) * piece[older_at - 1])


@helper
def fetch_bent(bank, line, now, bend, offset, count, row, frames):
    """Read a piece of one line between the samples, from a head on a bent way.

    bend : the head reads bend[0] + t bend[1] + t^2 bend[2] frames back, where t is `offset` at the first frame.
    count : the number of each frame.
    Over a piece in which it moves by less than a frame, it passes one sample at most: all frames read the same five
    samples beside their place, and nothing is looked up one by one.
    """
    start, end = way_at(bend, offset), way_at(bend, offset + frames - 1)
    back = int(min(start, end))
    first = np.float32(offset)
    a, b, c = np.float32(bend[0] - back), np.float32(bend[1]), np.float32(bend[2])
    if max(start, end) >= back + 2:
        for i in range(frames):
            t = first + count[i]
            f = a + t * (b + t * c)
            whole = int(f)
            newer, here, older, oldest = between(f - np.float32(whole))
            at = place(bank, now + i - back - whole - OLDER)
            piece = bank[line, at:at + OLDER + 2]
            row[i] = oldest * piece[0] + older * piece[1] + here * piece[2] + newer * piece[3]
        return
    at = place(bank, now - back - OLDER - 1)
    piece = bank[line, at:at + frames + OLDER + 2]
    for i in range(frames):
        t = first + count[i]
        f = a + t * (b + t * c)
        passed = f >= ONE
        newer, here, older, oldest = between(f - ONE if passed else f)
        p, q, r, s, u = piece[i], piece[i + 1], piece[i + 2], piece[i + 3], piece[i + 4]
        row[i] = (oldest * (p if passed else q) + older * (q if passed else r)
                  + here * (r if passed else s) + newer * (s if passed else u))


@helper
def way_at(bend, t):
    """How far back a head on a bent way is."""
    return bend[0] + t * (bend[1] + t * bend[2])


@helper
def step_fade(first, second, fading, sample_rate):
    """On the grid: go on with a pair of heads' cross-fade, end it, or begin one if they should stand elsewhere.

    fading : the pair's places in state: where they stand, twice where they go, how much of the way is done at
             the chunk's start and at its end. `first` is never 0.
    """
    if fading[FIRST] == 0.0:
        fading[FIRST], fading[SECOND] = first, second
    fading[FADE_FROM] = fading[FADE_TO]
    if fading[FADE_TO] >= 1.0:
        fading[FIRST], fading[SECOND] = fading[NEXT_FIRST], fading[NEXT_SECOND]
        fading[FADE_FROM] = fading[FADE_TO] = 0.0
    if fading[FADE_TO] == 0.0:
        if first == fading[FIRST] and second == fading[SECOND]:
            return
        fading[NEXT_FIRST], fading[NEXT_SECOND] = first, second
    fading[FADE_TO] = min(1.0, fading[FADE_TO] + CHUNK / (FADE_S * sample_rate))


@helper
def fade(rows, others, fading, rise, frames):
    """Cross-fade rows, read where the heads stand, to others, read where they go."""
    start, step = np.float32(fading[FADE_FROM]), np.float32(fading[FADE_TO] - fading[FADE_FROM])
    for line in range(rows.shape[0]):
        row, other = rows[line], others[line]
        for i in range(frames):
            row[i] += (start + step * rise[i]) * (other[i] - row[i])


@helper
def diffuse(bank, now, delays, gain, step, count, rows, frames):
    """All-passes after Schroeder in series, in place: as many a row as the bank has lines for it.

    delays : in frames, of each line, at least CHUNK.
    gain, step : at the piece's first frame, and from frame to frame.
    """
    at, ring, number = place(bank, now), start_of(bank), start_of(count)
    each = bank.shape[0] // rows.shape[0]
    for line in range(rows.shape[0]):
        row = start_of(rows[line])
        for i in range(0, frames, LANES):
            g, x = gain + step * load(number, i), load(row, i)
            for stage in range(each * line, each * (line + 1)):
                begin = stage * bank.shape[1] + i
                y = load(ring, begin + place(bank, now - delays[stage])) - g * x
                store(ring, begin + at, x + g * y)
                x = y
            store(row, i, x)
    repeat(bank, at, frames)


@helper
def smooth(rows, pole, lasts, frames):
    """A one-pole low pass over each row, in place: y = pole y + (1 - pole) x.

    lasts : one for each row; the last y is kept for the next piece.
    """
    powers = powers_of(np.float32(pole))
    for line in range(rows.shape[0]):
        row = start_of(rows[line])
        y = last = splat(np.float32(lasts[line]))
        for i in range(0, frames, LANES):
            y, last = low_pass(load(row, i), powers, last)
            store(row, i, y)
        lasts[line] = final(y, frames)


@helper
def cut_low(rows, share, lasts, frames):
    """A one-pole high pass over each row, in place: what the low pass with this share leaves.

    lasts : one for each row, as in `smooth`.
    """
    powers = powers_of(np.float32(1.0 - share))
    for line in range(rows.shape[0]):
        row = start_of(rows[line])
        low = last = splat(np.float32(lasts[line]))
        for i in range(0, frames, LANES):
            x = load(row, i)
            low, last = low_pass(x, powers, last)
            store(row, i, x - low)
        lasts[line] = final(low, frames)
