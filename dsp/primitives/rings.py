"""Banks of long lines, worked on a piece at a time so that loops run straight and vectors fill.

A bank is an array [lines, length + PAD]. Each line is a ring of a power of two of samples, and PAD more
that repeat its beginning: a piece of up to CHUNK frames, with the neighbours that interpolation wants, can
be read from anywhere without wrapping. Pieces never cross a multiple of CHUNK, so no write wraps either.
Rows are arrays [lines, CHUNK] with the piece at hand.

The functions take whole banks and slice inside: a slice handed to a function costs a counted reference.
"""

import numpy as np

from dsp.native import helper

CHUNK = 64
PAD = 2 * CHUNK
OLDER = 2                   # neighbours that interpolation reads before a sample; it reads one after it


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
def fetch_gliding(bank, now, backs, weights, rise, rows, frames):
    """Read a piece of each line between the samples, from heads that move a little.

    backs : how many frames before `now` each head reads.
    weights : [head, 8], of the samples at -2, -1, 0, +1 beside it at the chunk's start, and then at its
              end. Those between are mixed linearly: a mix of interpolators that never amplify never does.
    rise : how much of the chunk has passed, 0..1, at each of the piece's frames.
    """
    for line in range(bank.shape[0]):
        at = place(bank, now - backs[line] - OLDER)
        piece, row, weight = bank[line, at:at + frames + 3], rows[line], weights[line]
        a, b, c, d = weight[0], weight[1], weight[2], weight[3]
        a_rise, b_rise, c_rise, d_rise = weight[4] - a, weight[5] - b, weight[6] - c, weight[7] - d
        for i in range(frames):
            row[i] = ((a + rise[i] * a_rise) * piece[i] + (b + rise[i] * b_rise) * piece[i + 1]
                      + (c + rise[i] * c_rise) * piece[i + 2] + (d + rise[i] * d_rise) * piece[i + 3])


@helper
def fade(rows, others, start, step, rise, frames):
    """Cross-fade rows to others."""
    for line in range(rows.shape[0]):
        row, other = rows[line], others[line]
        for i in range(frames):
            row[i] += (start + step * rise[i]) * (other[i] - row[i])


@helper
def diffuse(bank, now, delays, gain, rows, frames):
    """All-passes after Schroeder in series, in place: as many a row as the bank has lines for it.

    delays : in frames, of each line, at least CHUNK.
    """
    at = place(bank, now)
    each = bank.shape[0] // rows.shape[0]
    for line in range(bank.shape[0]):
        then = place(bank, now - delays[line])
        written, read, row = bank[line, at:at + frames], bank[line, then:then + frames], rows[line // each]
        for i in range(frames):
            y = read[i] - gain * row[i]
            written[i] = row[i] + gain * y
            row[i] = y
    repeat(bank, at, frames)


@helper
def mix_hadamard(rows, frames):
    """A Hadamard transform of sixteen rows, in place, not scaled."""
    for stride in (1, 4):
        for group in range(4):
            first = group * 4 if stride == 1 else group
            a, b = rows[first], rows[first + stride]
            c, d = rows[first + 2 * stride], rows[first + 3 * stride]
            for i in range(frames):
                ab, a_b, cd, c_d = a[i] + b[i], a[i] - b[i], c[i] + d[i], c[i] - d[i]
                a[i], b[i], c[i], d[i] = ab + cd, a_b + c_d, ab - cd, a_b - c_d
