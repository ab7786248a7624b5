"""Convolution with long impulse responses, with no latency and no block that costs much more than another.

The response is cut into partitions that grow with their distance (Gardner, "Efficient Convolution without
Input-Output Delay", JAES 43(3), 1995; Wefers, "Partitioned convolution algorithms for real-time
auralization", 2015): of 64 taps, from tap 1024 on of 512, from tap 8192 on of 4096. Sound is cut on a grid of
64 frames since the effect was fresh, *chunks*; spectra of past input wait in frequency-domain delay lines.

Each level is overlap-save, on the right-angle circle (Nussbaumer; Martens, JAES 2011): the block before is
the real part and the new one the imaginary part of N complex numbers, turned by exp(i pi n / 2N). The
N-point transform of those multiplies polynomials modulo z^N - i, which is a real convolution of 2N frames,
negacyclic, so no spectrum has to be taken apart into its real halves.

The near level does all its work in the chunk. Where a chunk comes in pieces, since blocks are shorter or not
in step, its first 64 taps are summed directly. A far level of N = 64 C begins at tap 2N, so it has a period
of N frames, C chunks, to answer a block: in the first half of it the input is transformed, in the second
half the answer is transformed back, eight transforms of eight complex octets a chunk; and in each chunk one
64th of N bins is multiplied with all older spectra, half a period ahead of where it is needed. Only the
newest spectrum is multiplied on the way back.

A spectrum of N bins lies in C tiles of 64 bins: 64 real parts, 64 imaginary parts. With n = C m + c and
k = k' + 64 j (Bailey's four steps), tile j has at place 8p + q the bin k' = p + 8q. The order does not
matter for a product, and this one needs no shuffling but one transposition each way.
"""

import numpy as np

from dsp.native import helper, inlined
from dsp.primitives.fft import (POINTS, add_eight, eight, load_eight, mul_eight, roots, sixty_four, splat_eight,
                                store_eight, sub_eight, times_eight)
from dsp.primitives.vectors import LANES, load, load_octet, splat, splat_octet, store, transpose

CHUNK = 64
TILE = 2 * POINTS               # numbers in a tile: 64 real parts, 64 imaginary parts
HALF_DONE = 2 * 8 * POINTS      # numbers between the two halves of eight 64-point transforms
NEAR, MIDDLE, FAR = range(3)
BLOCKS = (64, 512, 4096)        # taps in a level's partition
# Taps up to which a level goes when it is the last one. A farther one pays for its transforms only beyond.
LAST_TAPS = (2048 + 512, 24576)
INPUTS = 2                      # a kernel may get one channel today and two tomorrow

# The plan: integers in front of the tables that say what lies where, in tables and in memory.
MICS, PATHS, ROOTS, TAPS, WINDOW, SOUND, LEVELS = range(7)
# For each level, from LEVELS on.
(COUNT, BLOCK, COLUMNS, TWIST, TURN, RESPONSE, RESPONSE_SIZE, RING, FRESH, SPECTRA, SPECTRA_SIZE, SUMS, TURNED,
 WORK, ANSWERS, LEVEL_SIZE) = range(16)
PLAN = 64                       # places it takes


# --- Laying it out ------------------------------------------------------------------------------

def partitions(taps):
    """How many partitions each level has for a response of so many taps."""
    ends = [2 * BLOCKS[MIDDLE], 2 * BLOCKS[FAR], taps]
    begin, counts = 0, []
    for level, block in enumerate(BLOCKS):
        last = level == FAR or taps <= LAST_TAPS[level]
        end = taps if last else ends[level]
        counts.append(max(0, -(-(end - begin) // block)))
        begin = max(begin, end)
    return counts


def lay_out(responses):
    """The tables for `convolve`, in which the plan comes first, and how many places of memory it takes.

    responses : float64 [microphones, paths, taps]. With one path every channel gets the same; two are left
                and right; four are left to left, left to right, right to left, right to right.
    """
    mics, paths, taps = responses.shape
    rows = responses.reshape(mics * paths, taps)
    lanes = max(INPUTS, 2 * mics)
    plan, tables, length, memory = np.zeros(PLAN, np.int32), [], PLAN, 0

    def put(values):
        nonlocal length
        tables.append(np.ascontiguousarray(values, np.float32).ravel())
        length += tables[-1].size
        return length - tables[-1].size

    def take(count):
        nonlocal memory
        memory += count
        return memory - count

    plan[[MICS, PATHS]] = mics, paths
    root = roots(8, 8, POINTS)
    plan[ROOTS] = put([root.real, root.imag])
    first = np.zeros((len(rows), CHUNK))
    first[:, :taps] = rows[:, :CHUNK]
    plan[TAPS] = put(first)
    plan[WINDOW] = take(INPUTS * 2 * CHUNK)
    plan[SOUND] = take(2 * mics * CHUNK)

    begin = 0
    for number, (block, count) in enumerate(zip(BLOCKS, partitions(taps))):
        level = plan[LEVELS + number * LEVEL_SIZE:]
        level[COUNT], level[BLOCK], level[COLUMNS] = count, block, block // POINTS
        if not count:
            continue
        turn = np.exp(0.5j * np.pi * np.arange(block) / block)
        level[TWIST] = put([turn.real, turn.imag])
        level[RESPONSE] = put([spectra_of(row[begin:begin + count * block], block) for row in rows])
        level[RESPONSE_SIZE] = count * 2 * block
        level[SUMS] = take(2 * 2 * mics * 2 * block)
        waiting = count if number == NEAR else count - 1
        level[SPECTRA], level[SPECTRA_SIZE] = take(INPUTS * waiting * 2 * block), waiting * 2 * block
        begin += count * block
        if number != NEAR:
            turn = in_tiles(roots(block // POINTS, block, block)[:, :POINTS])
            level[TURN] = put([turn.real, turn.imag])
            level[RING] = take(INPUTS * 4 * block)
            level[FRESH] = take(INPUTS * 2 * 2 * block)
            level[TURNED], level[WORK] = take(lanes * 2 * block), take(lanes * HALF_DONE)
            level[ANSWERS] = take(2 * mics * 2 * block)
    return np.concatenate([plan.view(np.float32), *tables]), memory


def in_tiles(spectra):
    """The last axis, of 64 bins, as a far level's tiles have them: bin p + 8q at place 8p + q."""
    return spectra.reshape(*spectra.shape[:-1], 8, 8).swapaxes(-1, -2).reshape(spectra.shape)


def spectra_of(taps, block):
    """The spectra of a response's partitions of `block` taps as the products want them.

    The near level: [partition][tile]; a far one: the first partition's tiles, then [tile][other partitions].
    """
    padded = np.zeros((-(-len(taps) // block), block), complex)
    padded.ravel()[:len(taps)] = taps
    spectra = np.fft.fft(padded * np.exp(0.5j * np.pi * np.arange(block) / block)) / block
    tiles = spectra.reshape(len(padded), block // POINTS, POINTS)
    if block != BLOCKS[NEAR]:
        tiles = in_tiles(tiles)
    tiles = np.stack([tiles.real, tiles.imag], axis=2)
    return np.concatenate([tiles[0].ravel(), tiles[1:].swapaxes(0, 1).ravel()])


# --- Products -----------------------------------------------------------------------------------

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


# --- The near level -----------------------------------------------------------------------------

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


# --- The far levels -----------------------------------------------------------------------------

@inlined
def turn_between(plan, tables, r, i, row):
    """Eight complex octets times W64^(row u), u = 0..7."""
    root = plan[ROOTS] + 8 * row
    return times_eight(r, i, splat_eight(tables, root), splat_eight(tables, root + POINTS))


@inlined
def keep_half(memory, work, row, r, i):
    store_eight(memory, work + POINTS * row, 8, r)
    store_eight(memory, work + 8 * POINTS + POINTS * row, 8, i)


@inlined
def second_half(memory, work, column):
    """What a 64-point transform has left to do for its results `column` + 8 t."""
    return eight(load_eight(memory, work + 8 * column, POINTS),
                 load_eight(memory, work + 8 * POINTS + 8 * column, POINTS))


@inlined
def load_pair(x, at, apart, stride):
    """Real parts, and imaginary parts `apart` behind them."""
    return load_eight(x, at, stride), load_eight(x, at + apart, stride)


@inlined
def store_pair(x, at, apart, stride, r, i):
    store_eight(x, at, stride, r)
    store_eight(x, at + apart, stride, i)


@helper
def columns_in(plan, level, tables, memory, before, now, group, work):
    """Eight columns of a block, with the block before as real parts: twisted, and the first half of 64 points."""
    columns, twist = plan[level + COLUMNS], plan[level + TWIST]
    for row in range(8):
        at = columns * row + 8 * group
        c, s = load_pair(tables, twist + at, plan[level + BLOCK], 8 * columns)
        r, i = load_eight(memory, before + at, 8 * columns), load_eight(memory, now + at, 8 * columns)
        r, i = times_eight(r, i, c, s)
        r, i = eight(r, i)
        r, i = turn_between(plan, tables, r, i, row)
        keep_half(memory, work, row, r, i)


@helper
def columns_on(plan, level, tables, memory, work, group, turned):
    """The second half; columns become rows, turned by W_N^(c k')."""
    block = plan[level + BLOCK]
    for part in range(8):
        at = 8 * POINTS * group + 8 * part
        r, i = second_half(memory, work, part)
        c, s = load_pair(tables, plan[level + TURN] + at, block, POINTS)
        r, i = times_eight(transpose(r), transpose(i), c, s)
        store_pair(memory, turned + at, block, POINTS, r, i)


@helper
def rows_in(plan, level, memory, tables, turned, group, work):
    """Eight bins k' of all columns: the first half of 64 points."""
    for row in range(8):
        r, i = load_pair(memory, turned + POINTS * row + 8 * group, plan[level + BLOCK], 8 * POINTS)
        r, i = eight(r, i)
        r, i = turn_between(plan, tables, r, i, row)
        keep_half(memory, work, row, r, i)


@helper
def rows_on(memory, work, group, spectrum):
    """The second half: an octet in every tile is ready."""
    for part in range(8):
        r, i = second_half(memory, work, part)
        store_pair(memory, spectrum + TILE * part + 8 * group, POINTS, 8 * TILE, r, i)


@helper
def short_rows(plan, level, memory, turned, spectrum):
    """All that is left where there are eight columns only."""
    for group in range(8):
        r, i = load_pair(memory, turned + 8 * group, plan[level + BLOCK], POINTS)
        r, i = eight(r, i)
        store_pair(memory, spectrum + 8 * group, POINTS, TILE, r, i)


@inlined
def summed(plan, level, tables, memory, voice, period, inputs, at, stride):
    """An octet each of eight tiles of a voice's sum, with the newest spectrum's product added at last."""
    paths, size = plan[PATHS], TILE * plan[level + COLUMNS]
    r, i = load_pair(memory, plan[level + SUMS] + (2 * voice + (period - 1 & 1)) * size + at, POINTS, stride)
    for source in range(sources(paths)):
        input, row = path(voice, source, inputs, paths)
        xr, xi = load_pair(memory, plan[level + FRESH] + (2 * input + (period - 1 & 1)) * size + at, POINTS, stride)
        hr, hi = load_pair(tables, plan[level + RESPONSE] + row * plan[level + RESPONSE_SIZE] + at, POINTS, stride)
        yr, yi = times_eight(xr, xi, hr, hi)
        r, i = add_eight(r, yr), add_eight(i, yi)
    return r, i


@helper
def rows_back(plan, level, tables, memory, voice, period, inputs, group, work):
    """The way back begins: eight bins k' of all tiles, the first half of 64 points."""
    for row in range(8):
        r, i = summed(plan, level, tables, memory, voice, period, inputs, TILE * row + 8 * group, 8 * TILE)
        i, r = eight(i, r)
        i, r = turn_between(plan, tables, i, r, row)
        keep_half(memory, work, row, i, r)


@helper
def rows_back_on(plan, level, tables, memory, work, group, turned):
    """The second half, turned by W_N^(c k')."""
    for part in range(8):
        at = POINTS * part + 8 * group
        i, r = second_half(memory, work, part)
        c, s = load_pair(tables, plan[level + TURN] + at, plan[level + BLOCK], 8 * POINTS)
        i, r = times_eight(i, r, c, s)
        store_pair(memory, turned + at, plan[level + BLOCK], 8 * POINTS, i, r)


@helper
def short_rows_back(plan, level, tables, memory, voice, period, inputs, turned):
    for group in range(8):
        r, i = summed(plan, level, tables, memory, voice, period, inputs, 8 * group, TILE)
        i, r = eight(i, r)
        c, s = load_pair(tables, plan[level + TURN] + 8 * group, plan[level + BLOCK], POINTS)
        i, r = times_eight(i, r, c, s)
        store_pair(memory, turned + 8 * group, plan[level + BLOCK], POINTS, i, r)


@helper
def columns_back(plan, level, tables, memory, turned, group, work):
    """Rows become columns again: eight of them, the first half of 64 points."""
    for part in range(8):
        i, r = load_pair(memory, turned + 8 * POINTS * group + 8 * part, plan[level + BLOCK], POINTS)
        i, r = eight(transpose(i), transpose(r))
        i, r = turn_between(plan, tables, i, r, part)
        keep_half(memory, work, part, i, r)


@helper
def columns_back_on(plan, level, tables, memory, work, group, out):
    """The second half, and the twist undone; only the imaginary part is sound."""
    columns = plan[level + COLUMNS]
    for part in range(8):
        at = columns * part + 8 * group
        i, r = second_half(memory, work, part)
        c, s = load_pair(tables, plan[level + TWIST] + at, plan[level + BLOCK], 8 * columns)
        store_eight(memory, out + at, 8 * columns, sub_eight(mul_eight(i, c), mul_eight(r, s)))


@helper
def hear_far(plan, level, tables, memory, period, step, input):
    """A step of the way from the block that has just ended to its spectrum."""
    columns, block = plan[level + COLUMNS], plan[level + BLOCK]
    work, turned = plan[level + WORK] + input * HALF_DONE, plan[level + TURNED] + input * 2 * block
    group, second = step >> 1, step & 1
    if step < columns >> 2:
        ring = plan[level + RING] + input * 4 * block
        if second:
            columns_on(plan, level, tables, memory, work, group, turned)
        else:
            columns_in(plan, level, tables, memory, ring + (period - 2 & 3) * block, ring + (period - 1 & 3) * block,
                       group, work)
        return
    spectrum = plan[level + FRESH] + (2 * input + (period - 1 & 1)) * 2 * block
    group -= columns >> 3
    if columns == 8:
        if not second:
            short_rows(plan, level, memory, turned, spectrum)
    elif second:
        rows_on(memory, work, group, spectrum)
    else:
        rows_in(plan, level, memory, tables, turned, group, work)


@helper
def answer_far(plan, level, tables, memory, period, step, voice, inputs):
    """A step of the way from a voice's summed spectra to its next block of sound."""
    columns, block = plan[level + COLUMNS], plan[level + BLOCK]
    work, turned = plan[level + WORK] + voice * HALF_DONE, plan[level + TURNED] + voice * 2 * block
    group, second = step >> 1, step & 1
    if columns == 8 and step < 2:
        if not second:
            short_rows_back(plan, level, tables, memory, voice, period, inputs, turned)
        return
    if step < columns >> 2:
        if second:
            rows_back_on(plan, level, tables, memory, work, group, turned)
        else:
            rows_back(plan, level, tables, memory, voice, period, inputs, group, work)
        return
    group -= columns >> 3
    if second:
        answer = plan[level + ANSWERS] + (2 * voice + (period + 1 & 1)) * block
        columns_back_on(plan, level, tables, memory, work, group, answer)
    else:
        columns_back(plan, level, tables, memory, turned, group, work)


@helper
def multiply_far(plan, level, tables, memory, period, step, inputs, outputs):
    """A tile's products with all but the newest spectrum."""
    columns, slots, paths = plan[level + COLUMNS], plan[level + COUNT] - 1, plan[PATHS]
    if slots == 0:
        return
    # From the middle of a period, when a spectrum is ready, to the middle of the next.
    if step < columns >> 1:
        period -= 1
    tile = step + (columns >> 1) & columns - 1
    newest = (1 - period) % slots
    line = plan[level + SPECTRA] + tile * slots * TILE
    for input in range(inputs):
        fresh = plan[level + FRESH] + ((2 * input + (period - 1 & 1)) * columns + tile) * TILE
        slot = line + input * plan[level + SPECTRA_SIZE] + newest * TILE
        for i in range(TILE):
            memory[slot + i] = memory[fresh + i]
    for voice in range(2 * plan[MICS]):
        if voice & 1 >= outputs:
            continue
        sums = plan[level + SUMS] + ((2 * voice + (period & 1)) * columns + tile) * TILE
        for source in range(sources(paths)):
            input, row = path(voice, source, inputs, paths)
            response = plan[level + RESPONSE] + row * plan[level + RESPONSE_SIZE] + (columns + tile * slots) * TILE
            past = line + input * plan[level + SPECTRA_SIZE]
            multiply_tile(memory, past, slots, newest, tables, response, slots, sums, source > 0)


@helper
def step_far(plan, level, tables, memory, chunk, inputs, outputs):
    """A chunk's share of a far level's work."""
    columns = plan[level + COLUMNS]
    period, step = chunk // columns, chunk & columns - 1
    half = columns >> 1
    if step < half:
        for input in range(inputs):
            hear_far(plan, level, tables, memory, period, step, input)
    else:
        for voice in range(2 * plan[MICS]):
            if voice & 1 < outputs:
                answer_far(plan, level, tables, memory, period, step - half, voice, inputs)
    multiply_far(plan, level, tables, memory, period, step, inputs, outputs)


@helper
def add_far(plan, level, memory, chunk, outputs):
    """Add the chunk of a far level's answers that is due."""
    columns, block = plan[level + COLUMNS], plan[level + BLOCK]
    period, step = chunk // columns, chunk & columns - 1
    for voice in range(2 * plan[MICS]):
        if voice & 1 >= outputs:
            continue
        at, due = plan[SOUND] + voice * CHUNK, plan[level + ANSWERS] + (2 * voice + (period & 1)) * block + step * CHUNK
        for i in range(0, CHUNK, 8):
            store(memory, at + i, load_octet(memory, at + i) + load_octet(memory, due + i))


@helper
def keep_chunk(plan, level, memory, chunk, inputs):
    """Remember a whole chunk of input for a far level."""
    block = plan[level + BLOCK]
    for input in range(inputs):
        window = plan[WINDOW] + (2 * input + 1) * CHUNK
        at = plan[level + RING] + input * 4 * block + (chunk * CHUNK & 4 * block - 1)
        for i in range(0, CHUNK, 8):
            store(memory, at + i, load_octet(memory, window + i))


# --- All of it ----------------------------------------------------------------------------------

@helper
def convolve(plan, tables, memory, now, io, stride, inputs, done, frames):
    """Hear a piece of io, from frame `done` on, that stays within a chunk, and answer it.

    plan, tables : what `lay_out` gave, as integers and as floats.
    memory : as many places as `lay_out` said, on a cache line; all zero is fresh.
    now : frames since the effect was fresh.
    io, stride, inputs : the first row of io, the length of its rows, and how many there are.

    The answers are at `answer_at`, one for each voice.
    """
    outputs = outputs_of(plan, inputs)
    chunk, offset = now // CHUNK, now % CHUNK
    for input in range(inputs):
        hear_piece(memory, plan[WINDOW] + 2 * input * CHUNK, offset, io, input * stride + done, frames)

    ends, whole = offset + frames == CHUNK, frames == CHUNK
    if ends:
        hear_chunk(plan, tables, memory, chunk, inputs)
    if offset == 0:
        answer_chunk(plan, tables, memory, chunk, 0 if whole else 1, inputs, outputs)
    if not whole:
        add_direct(plan, tables, memory, offset, frames, inputs, outputs)
    for number in range(MIDDLE, FAR + 1):
        level = LEVELS + number * LEVEL_SIZE
        if plan[level + COUNT] == 0:
            break
        if offset == 0:
            step_far(plan, level, tables, memory, chunk, inputs, outputs)
            add_far(plan, level, memory, chunk, outputs)
        if ends:
            keep_chunk(plan, level, memory, chunk, inputs)


@inlined
def answer_at(plan, mic, output, now):
    """Where in memory `convolve` puts an output's sound from frame `now` on."""
    return plan[SOUND] + (2 * mic + output) * CHUNK + now % CHUNK
