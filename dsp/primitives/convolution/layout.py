"""Where everything of a convolution lies: partitions, their spectra, and the plan that kernels find them by."""

import numpy as np

from dsp.primitives.fft import POINTS, roots, turns

CHUNK = 64
TILE = 2 * POINTS               # numbers in a tile: 64 real parts, 64 imaginary parts
HALF = 32                       # bins; for the near level a tile is two halves, each 32 real and 32 imaginary parts
HALF_DONE = 2 * 8 * POINTS      # numbers between the two halves of eight 64-point transforms
NEAR, MIDDLE, FAR = range(3)
BLOCKS = (64, 512, 4096)        # taps in a level's partition
# Taps up to which a level goes when it is the last one. A farther one pays for its transforms only beyond.
LAST_TAPS = (2048 + 512, 24576)
INPUTS = 2                      # a kernel may get one channel today and two tomorrow

# The plan: integers in front of the tables that say what lies where, in tables and in memory.
MICS, PATHS, ROOTS, TAPS, WINDOW, SOUND, PAIRS, TURNS, LEVELS = range(9)
# For each level, from LEVELS on.
(COUNT, BLOCK, COLUMNS, TWIST, TURN, RESPONSE, RESPONSE_SIZE, RING, FRESH, SPECTRA, SPECTRA_SIZE, SUMS, TURNED,
 WORK, ANSWERS, LEVEL_SIZE) = range(16)
PLAN = 64                       # places it takes



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
    plan[TURNS] = put(turns())
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
        level[SUMS] = take(2 * 2 * mics * 2 * block)
        if number == NEAR:
            plan[PAIRS] = pairs = max(1, count // 2)
            responses, waiting = [in_halves(row[:count * block], 2 * pairs + 2) for row in rows], 2 * pairs
        else:
            responses, waiting = [in_tiles(row[begin:begin + count * block], block) for row in rows], count - 1
        level[RESPONSE], level[RESPONSE_SIZE] = put(responses), responses[0].size
        level[SPECTRA], level[SPECTRA_SIZE] = take(INPUTS * waiting * 2 * block), waiting * 2 * block
        begin += count * block
        if number != NEAR:
            turn = in_rows(roots(block // POINTS, block, block)[:, :POINTS])
            level[TURN] = put([turn.real, turn.imag])
            level[RING] = take(INPUTS * 4 * block)
            level[FRESH] = take(INPUTS * 2 * 2 * block)
            level[TURNED], level[WORK] = take(lanes * 2 * block), take(lanes * HALF_DONE)
            level[ANSWERS] = take(2 * mics * 2 * block)
    return np.concatenate([plan.view(np.float32), *tables]), memory


def in_rows(spectra):
    """The last axis, of 64 bins, as a far level's tiles have them: bin p + 8q at place 8p + q."""
    return spectra.reshape(*spectra.shape[:-1], 8, 8).swapaxes(-1, -2).reshape(spectra.shape)


def spectra_of(taps, block, count):
    """The spectra of `count` partitions of a response, complex [partition, bin]."""
    padded = np.zeros((count, block), complex)
    padded.ravel()[:len(taps)] = taps
    return np.fft.fft(padded * np.exp(0.5j * np.pi * np.arange(block) / block)) / block


def in_tiles(taps, block):
    """A far level's part of a response: the first partition's tiles, then [tile][other partitions]."""
    spectra = spectra_of(taps, block, -(-len(taps) // block))
    tiles = in_rows(spectra.reshape(len(spectra), block // POINTS, POINTS))
    tiles = np.stack([tiles.real, tiles.imag], axis=2)
    return np.concatenate([tiles[0].ravel(), tiles[1:].swapaxes(0, 1).ravel()])


def in_halves(taps, count):
    """The near level's part of a response, `count` partitions: [half][partition][32 real, 32 imaginary parts].

    Bin p + 4q + 16u is at place q + 4p + 16u.
    """
    spectra = spectra_of(taps, CHUNK, count).reshape(count, 4, 4, 4).swapaxes(-1, -2).reshape(count, 2, HALF)
    return np.stack([spectra.real, spectra.imag], axis=2).swapaxes(0, 1).ravel()
