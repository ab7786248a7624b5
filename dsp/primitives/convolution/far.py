"""The far levels: long partitions, their transforms spread over the chunks until they are needed."""

from dsp.native import helper, inlined
from dsp.primitives.convolution.layout import (ANSWERS, BLOCK, CHUNK, COLUMNS, COUNT, FRESH, HALF_DONE, MICS, PATHS,
                                               RESPONSE, RESPONSE_SIZE, RING, ROOTS, SOUND, SPECTRA, SPECTRA_SIZE,
                                               SUMS, TILE, TURN, TURNED, TWIST, WINDOW, WORK)
from dsp.primitives.convolution.products import multiply_tile, path, sources
from dsp.primitives.fft import (POINTS, add_eight, eight, load_eight, mul_eight, splat_eight, store_eight, sub_eight,
                                times_eight)
from dsp.primitives.vectors.lanes import transpose
from dsp.primitives.vectors.memory import load_octet, store


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
