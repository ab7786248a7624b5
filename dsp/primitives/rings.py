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

from dsp.native import helper, inlined
from dsp.primitives.delays import between
from dsp.primitives.scans import after, final, low_pass, powers_of
from dsp.primitives.vectors.arithmetic import splat, where_more
from dsp.primitives.vectors.kinds import LANES
from dsp.primitives.vectors.memory import load, load_until, moved, start_of, store, store_until

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


@inlined
def carve(memory, rows, length):
    """The first part of the memory as [rows, length], and the rest."""
    return fold(memory, rows, length), memory[rows * length:]


@inlined
def piece_of(start, end, frames, done):
    """A knob's value at the first frame of a piece and its step from frame to frame.

    start, end : at the block's ends; a piece begins when `done` of the block's frames are done.
    """
    step = (end - start) / frames
    return np.float32(start + (done + 1) * step), np.float32(step)


@inlined
def middle_of(start, end, frames, done, n):
    """What has a knob's value in the middle of a piece of n frames."""
    return start + (end - start) * (done + 0.5 * n) / frames


@inlined
def on_the_way(value, goal, offset):
    """What goes from one grid point's value to the next one's, at a frame of the chunk, and its step a frame."""
    step = (goal - value) / CHUNK
    return np.float32(value + offset * step), np.float32(step)


@inlined
def place(bank, position):
    """Where a position, in frames since the effect was fresh, lies in a bank's rings."""
    return np.int64(np.uint64(position) & np.uint64(bank.shape[1] - PAD - 1))


@inlined
def repeat(bank, at, frames):
    """Copy what was written at the rings' beginning behind their end."""
    if at < PAD:
        end = bank.shape[1] - PAD + at
        for line in range(bank.shape[0]):
            ring = start_of(bank[line])
            for i in range(0, frames, LANES):
                store_until(ring, end + i, end + frames, load(ring, at + i))


@inlined
def keep(bank, now, rows, frames):
    """Write a piece; the rows need not have room behind it."""
    at = place(bank, now)
    for line in range(bank.shape[0]):
        ring, row = start_of(bank[line]), start_of(rows[line])
        for i in range(0, frames, LANES):
            store(ring, at + i, load_until(row, i, frames))
    repeat(bank, at, frames)


@inlined
def fetch(bank, position, rows, frames):
    """Read a piece that begins at `position`."""
    at = place(bank, position)
    for line in range(bank.shape[0]):
        ring, row = start_of(bank[line]), start_of(rows[line])
        for i in range(0, frames, LANES):
            store(row, i, load(ring, at + i))


@inlined
def gliding(oldest, older, here, newer, oldest_growth, older_growth, here_growth, newer_growth):
    """What `glide` needs of a head: its weights, and by how much they grow in a chunk, each in all lanes."""
    return (splat(np.float32(oldest)), splat(np.float32(older)), splat(np.float32(here)), splat(np.float32(newer)),
            splat(np.float32(oldest_growth)), splat(np.float32(older_growth)), splat(np.float32(here_growth)),
            splat(np.float32(newer_growth)))


@inlined
def glide(ring, at, rise, head):
    """What a head that moves a little reads, from ring[at] on, which lies OLDER behind it.

    rise : how much of the chunk has passed, 0..1.
    The weights between a chunk's start and its end are mixed linearly: a mix of interpolators that never amplify never
    does.
    """
    oldest, older, here, newer, oldest_growth, older_growth, here_growth, newer_growth = head
    return ((oldest + rise * oldest_growth) * load(ring, at) + (older + rise * older_growth) * load(ring, at + 1)
            + (here + rise * here_growth) * load(ring, at + 2) + (newer + rise * newer_growth) * load(ring, at + 3))


@inlined
def fetch_travelling(bank, first, now, offset, before, after, rise, rows, frames):
    """Read a piece of lines between the samples, from a head on its way: a line for each row, from the first on.

    before, after : how many frames back the head is at the chunk's start and end; they must differ by less
                    than PAD - CHUNK - 4, and be more than CHUNK + 2.
    offset : how many frames of the chunk the piece begins after its start.
    """
    if abs(after - before) > 1.0:
        fetch_hurrying(bank, first, now, offset, before, after, rise, rows, frames)
        return
    back = int(0.5 * (before + after))
    newer, here, older, oldest = between(before - back)
    newer_end, here_end, older_end, oldest_end = between(after - back)
    head = gliding(oldest, older, here, newer,
                   oldest_end - oldest, older_end - older, here_end - here, newer_end - newer)
    at, passed = place(bank, now - back - OLDER), start_of(rise)
    for line in range(rows.shape[0]):
        ring, row = moved(start_of(bank[first + line]), at), start_of(rows[line])
        for i in range(0, frames, LANES):
            store(row, i, glide(ring, i, load(passed, i), head))


@helper
def fetch_hurrying(bank, first, now, offset, before, after, rise, rows, frames):
    """What `fetch_travelling` does for a head that passes more than a sample: each frame has samples of its own."""
    farthest = int(max(before, after)) + OLDER
    at = place(bank, now - offset - farthest)
    start, speed = np.float32(farthest - before), np.float32(CHUNK - (after - before))
    for line in range(rows.shape[0]):
        piece, row = bank[first + line, at:at + PAD], rows[line]
        for i in range(frames):
            where = start + rise[i] * speed
            older_at = int(where)
            newer, here, older, oldest = between(ONE - (where - np.float32(older_at)))
            row[i] = (np.float32(newer) * piece[older_at + 2] + np.float32(here) * piece[older_at + 1]
                      + np.float32(older) * piece[older_at] + np.float32(oldest) * piece[older_at - 1])


@inlined
def fetch_bent(bank, line, now, bend, offset, count, row, frames):
    """Read a piece of one line between the samples, from a head on a bent way.

    bend : the head reads bend[0] + t bend[1] + t^2 bend[2] frames back, where t is `offset` at the first frame.
    count : the number of each frame.
    Over a piece in which it moves by less than a frame, it passes one sample at most: all frames read the same five
    samples beside their place, and nothing is looked up one by one.
    """
    start, end = way_at(bend, offset), way_at(bend, offset + frames - 1)
    back = int(min(start, end))
    if max(start, end) >= back + 2:
        fetch_leaping(bank, line, now, bend, back, offset, count, row, frames)
        return
    first, a, b, c = np.float32(offset), np.float32(bend[0] - back), np.float32(bend[1]), np.float32(bend[2])
    ring = moved(start_of(bank[line]), place(bank, now - back - OLDER - 1))
    number, written, one = start_of(count), start_of(row), splat(ONE)
    for i in range(0, frames, LANES):
        t = first + load(number, i)
        f = a + t * (b + t * c)
        newer, here, older, oldest = between(where_more(one, f, f, f - ONE))
        p, q, r, s, u = load(ring, i), load(ring, i + 1), load(ring, i + 2), load(ring, i + 3), load(ring, i + 4)
        store(written, i, oldest * where_more(one, f, q, p) + older * where_more(one, f, r, q)
              + here * where_more(one, f, s, r) + newer * where_more(one, f, u, s))


@helper
def fetch_leaping(bank, line, now, bend, back, offset, count, row, frames):
    """What `fetch_bent` does for a head that passes more than a sample: each frame has samples of its own."""
    first, a, b, c = np.float32(offset), np.float32(bend[0] - back), np.float32(bend[1]), np.float32(bend[2])
    for i in range(frames):
        t = first + count[i]
        f = a + t * (b + t * c)
        whole = int(f)
        newer, here, older, oldest = between(f - np.float32(whole))
        at = place(bank, now + i - back - whole - OLDER)
        piece = bank[line, at:at + OLDER + 2]
        row[i] = oldest * piece[0] + older * piece[1] + here * piece[2] + newer * piece[3]


@inlined
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


@inlined
def fade(rows, others, fading, rise, frames):
    """Cross-fade rows, read where the heads stand, to others, read where they go."""
    start, step, passed = np.float32(fading[FADE_FROM]), np.float32(fading[FADE_TO] - fading[FADE_FROM]), start_of(rise)
    for line in range(rows.shape[0]):
        row, other = start_of(rows[line]), start_of(others[line])
        for i in range(0, frames, LANES):
            x = load(row, i)
            store(row, i, x + (start + step * load(passed, i)) * (load(other, i) - x))


@inlined
def diffuse(bank, now, delays, gain, step, count, rows, frames):
    """All-passes after Schroeder in series, in place: as many a row as the bank has lines for it.

    delays : in frames, of each line, at least CHUNK.
    gain, step : at the piece's first frame, and from frame to frame.
    """
    at, number, each = place(bank, now), start_of(count), bank.shape[0] // rows.shape[0]
    for line in range(bank.shape[0]):
        ring, row = start_of(bank[line]), start_of(rows[line // each])
        begin = place(bank, now - delays[line])
        for i in range(0, frames, LANES):
            g, x = gain + step * load(number, i), load(row, i)
            y = load(ring, begin + i) - g * x
            store(ring, at + i, x + g * y)
            store(row, i, y)
    repeat(bank, at, frames)


@inlined
def smooth(rows, pole, lasts, frames):
    """A one-pole low pass over each row, in place: y = pole y + (1 - pole) x.

    lasts : one for each row; the last y is kept for the next piece.
    """
    powers = powers_of(np.float32(pole))
    for line in range(rows.shape[0]):
        row, past = start_of(rows[line]), after(lasts[line])
        for i in range(0, frames, LANES):
            y, past = low_pass(load(row, i), powers, past)
            store(row, i, y)
        lasts[line] = row[frames - 1]


@inlined
def cut_low(rows, share, lasts, frames):
    """A one-pole high pass over each row, in place: what the low pass with this share leaves.

    lasts : one for each row, as in `smooth`.
    """
    powers = powers_of(np.float32(1.0 - share))
    for line in range(rows.shape[0]):
        row, past = start_of(rows[line]), after(lasts[line])
        low = past[-1]
        for i in range(0, frames, LANES):
            x = load(row, i)
            low, past = low_pass(x, powers, past)
            store(row, i, x - low)
        lasts[line] = final(low, frames)
