"""The tail of a room: sixteen delay lines that feed one another through a Hadamard matrix.

After Jot and Chaigne, "Digital delay networks for designing artificial reverberators", AES 1991; the matrix
after Rocchesso and Smith 1997. Each line's gain and one-pole low pass follow from its length, so that all
die together: by 60 dB in the decay, and twice as fast at the tone. Each line is moved a little by a slow sine
of its own, which keeps single modes from ringing. When the size changes, the read heads cross-fade:
travelling, they would bend the whole tail.

What changes only now and then is looked at on a grid of CHUNK frames since the effect was fresh, whatever the
blocks are, and goes in a straight line from one grid point to the next. An effect that has a network keeps
NETWORK_STATE places of state for it, from the first on.
"""

import numpy as np

from dsp.native import helper, inlined
from dsp.primitives.delays import between, toward
from dsp.primitives.levels import fast_exp2
from dsp.primitives.oscillators import sines
from dsp.primitives.reciprocals import reciprocal, root
from dsp.primitives.rings import (CHUNK, FADE_FROM, FADE_TO, FADING, FIRST, NEXT_FIRST, OLDER, PAD, carve, glide,
                                  gliding, on_the_way)
from dsp.primitives.scans import POWERS, after, load_powers, low_pass, put_powers
from dsp.primitives.vectors.arithmetic import floor_of, splat
from dsp.primitives.vectors.kinds import LANES
from dsp.primitives.vectors.lanes import narrowed
from dsp.primitives.vectors.memory import load, load_doubles, moved, start_of, store, store_until

LINES = 16
MODULATION_HZ = 0.37 + 0.031 * ((7 * np.arange(LINES)) % LINES)
STARTS = 0.618034 * np.arange(LINES)    # of the lines' sines, a golden section of a turn apart: never together
OCTAVES_OF_60_DB = 3.0 * np.log2(10.0)
REACH = 0.1                 # frames by which the modulation's depth may grow in a chunk
MATRIX = np.float32(0.25)   # makes the Hadamard transform of sixteen keep the energy
HALF = np.float32(0.5)

# Places in state: some for each line, then single ones.
POLE, GAIN, POLE_GOAL, GAIN_GOAL, DARK = range(0, 5 * LINES, LINES)
DECAY_KEY, SCALE_KEY, TONE_KEY, HOLD_KEY, STEADY, INTO, INTO_GOAL, DEPTH, HEAD = range(5 * LINES, 5 * LINES + 9)
NETWORK_STATE = HEAD + FADING   # at HEAD: the size and the pre-delay, see `step_fade`

# Rows of `heads`, with a place for each line: where its head reads, in frames back from the chunk, with which weights
# of the samples at -2, -1, 0, +1 beside it, and by how much they grow until the chunk's end; the same for where it
# goes; by how much the line has moved at the chunk's start and end.
BACK, WEIGHTS, GROWTH, NEXT = 0, 1, 5, 9
MOVED_BEFORE, MOVED, HEAD_ROWS = 2 * NEXT, 2 * NEXT + 1, 2 * NEXT + 2

# `losses` has a row for each line: its low pass's pole as it is in the middle of the chunk, as `put_powers` writes it;
# what it keeps at the chunk's start, scaled for the matrix, and by how much that grows from frame to frame.
KEPT, GROWN, LOSS_ROW = POWERS, POWERS + 1, POWERS + 2

# In cursors, for each line: where its ring begins, and how long that is.
BEGIN, LENGTH, NETWORK_CURSORS = range(0, 3 * LINES, LINES)
MOST_MOVED_S = 0.001


def lengths_of(seconds, sample_rate):
    """A network's tables: for lines of so many seconds at most, from short to long, their rings' lengths.

    Powers of two that hold a line, its modulation and two chunks. That they are no longer than they must be lets them
    stay in the processor's nearer memory.
    """
    return (2.0 ** np.ceil(np.log2((seconds + MOST_MOVED_S) * sample_rate + 2 * CHUNK))).astype(np.float32)


def network_size(lengths):
    """How many places of memory a network takes: what `carve_network` gives, and its lines, which come last."""
    return int(lengths.sum()) + LINES * (PAD + CHUNK + HEAD_ROWS + LOSS_ROW)


@inlined
def carve_network(memory):
    """(rows for a piece of each line, heads, losses, the rest of the memory)."""
    rows, memory = carve(memory, LINES, CHUNK)
    heads, memory = carve(memory, HEAD_ROWS, LINES)
    losses, memory = carve(memory, LINES, LOSS_ROW)
    return rows, heads, losses, memory


@helper
def lay_lines(tables, cursors, diffuser_s, delays, sample_rate):
    """Before the first chunk: lay the rings one behind the other, and set how long each diffuser delays.

    tables : the rings' lengths are the last. diffuser_s : seconds. delays : where the cursors hold them, in frames.
    """
    for number in range(len(diffuser_s)):
        delays[number] = int(diffuser_s[number] * sample_rate)
    begin = 0
    for line in range(LINES):
        cursors[BEGIN + line], cursors[LENGTH + line] = begin, int(tables[tables.size - LINES + line])
        begin += cursors[LENGTH + line] + PAD


@inlined
def tune(decay, scale, tone, hold, seconds, state, losses, sample_rate):
    """On the grid: let every line die by 60 dB in `decay` seconds, in half of it at `tone` Hz.

    scale : the lines' lengths, relative to `seconds`.
    hold : 0..1; at 1 nothing dies, nothing grows darker and nothing comes in.
    """
    still = (decay == state[DECAY_KEY] and scale == state[SCALE_KEY] and tone == state[TONE_KEY]
             and hold == state[HOLD_KEY])
    if not still or state[STEADY] == 0.0:
        retune(still, decay, scale, tone, hold, seconds, state, losses, sample_rate)


@helper
def retune(still, decay, scale, tone, hold, seconds, state, losses, sample_rate):
    """Go on from what the lines lost until now to what they lose from the chunk's end on."""
    if state[DECAY_KEY] == 0.0:
        set_goals(decay, scale, tone, hold, seconds, state, sample_rate)
        still = True
    for line in range(LINES):
        state[POLE + line], state[GAIN + line] = state[POLE_GOAL + line], state[GAIN_GOAL + line]
    state[INTO] = state[INTO_GOAL]
    if not still:
        set_goals(decay, scale, tone, hold, seconds, state, sample_rate)
    state[STEADY] = 1.0 if still else 0.0
    for line in range(LINES):
        row = moved(start_of(losses), line * LOSS_ROW)
        put_powers(row, np.float32(0.5 * (state[POLE + line] + state[POLE_GOAL + line])))
        kept, grown = on_the_way(state[GAIN + line], state[GAIN_GOAL + line], 0)
        row[KEPT], row[GROWN] = MATRIX * kept, MATRIX * grown


@helper
def set_goals(decay, scale, tone, hold, seconds, state, sample_rate):
    """What the lines lose when they are tuned."""
    cosine, total = np.cos(2.0 * np.pi * tone / sample_rate), 0.0
    octaves = -scale * OCTAVES_OF_60_DB / decay
    for line in range(LINES):
        gain = np.float64(fast_exp2(octaves * seconds[line]))
        # Another time this gain at `tone`, from |H| of y += (1 - pole) (x - y), solved for the pole.
        b = (1.0 - gain * gain * cosine) * reciprocal(1.0 - gain * gain)
        state[GAIN_GOAL + line] = gain + hold * (1.0 - gain)
        state[POLE_GOAL + line] = (1.0 - hold) * reciprocal(b + root(b * b - 1.0))
        total += seconds[line]
    # So much goes in that a steady sound is as loud in the wet as in the dry, whatever the decay.
    state[INTO_GOAL] = (1.0 - hold) * np.sqrt(1.0 - 10.0 ** (-6.0 * scale * total / LINES / decay))
    state[DECAY_KEY], state[SCALE_KEY], state[TONE_KEY], state[HOLD_KEY] = decay, scale, tone, hold


@inlined
def aim(depth, now, seconds, state, heads, sample_rate):
    """On the grid: where every head reads until the next grid point, and with which weights.

    depth : frames by which a line is moved each way.
    """
    state[DEPTH] = toward(state[DEPTH], depth, REACH)
    t, deep, place = (now + CHUNK) / sample_rate, np.float32(state[DEPTH]), start_of(heads)
    for line in range(0, LINES, LANES):
        turns = t * load_doubles(MODULATION_HZ, line) + load_doubles(STARTS, line)
        store(place, MOVED_BEFORE * LINES + line, load(place, MOVED * LINES + line))
        store(place, MOVED * LINES + line, deep * sines(narrowed(turns - floor_of(turns))))
    point(0, state[HEAD + FIRST] * sample_rate, seconds, heads)
    if state[HEAD + FADE_TO] > 0.0:
        point(NEXT, state[HEAD + NEXT_FIRST] * sample_rate, seconds, heads)


@inlined
def point(first, stretch, seconds, heads):
    """Let the heads in the rows from `first` on read the lines' lengths back, and by what the lines have moved.

    stretch : from seconds to frames.
    """
    place = start_of(heads)
    for line in range(0, LINES, LANES):
        before, after = load(place, MOVED_BEFORE * LINES + line), load(place, MOVED * LINES + line)
        back = floor_of(HALF * (before + after))
        newer, here, older, oldest = between(before - back)
        newer_end, here_end, older_end, oldest_end = between(after - back)
        row = moved(place, first * LINES + line)
        store(row, BACK * LINES, narrowed(floor_of(stretch * load_doubles(seconds, line) + 0.5)) + back)
        store(row, WEIGHTS * LINES, oldest)
        store(row, (WEIGHTS + 1) * LINES, older)
        store(row, (WEIGHTS + 2) * LINES, here)
        store(row, (WEIGHTS + 3) * LINES, newer)
        store(row, GROWTH * LINES, oldest_end - oldest)
        store(row, (GROWTH + 1) * LINES, older_end - older)
        store(row, (GROWTH + 2) * LINES, here_end - here)
        store(row, (GROWTH + 3) * LINES, newer_end - newer)


@inlined
def ring_at(lines, line, position, cursors):
    """Where a position, in frames since the effect was fresh, lies in a line."""
    return moved(start_of(lines), cursors[BEGIN + line] + (position & (cursors[LENGTH + line] - 1)))


@inlined
def head_of(lines, line, now, cursors, heads, first):
    """(where the head of a line in the rows from `first` on begins to read, what `glide` needs of it)."""
    weights = moved(start_of(heads), first * LINES + line)
    return ring_at(lines, line, now - int(weights[BACK * LINES]) - OLDER, cursors), gliding(
        weights[WEIGHTS * LINES], weights[(WEIGHTS + 1) * LINES], weights[(WEIGHTS + 2) * LINES],
        weights[(WEIGHTS + 3) * LINES], weights[GROWTH * LINES], weights[(GROWTH + 1) * LINES],
        weights[(GROWTH + 2) * LINES], weights[(GROWTH + 3) * LINES])


@inlined
def hear(lines, now, state, cursors, heads, losses, rise, rows, frames):
    """Read the lines into `rows`, and darken them.

    rise : how much of the chunk has passed, 0..1, at each of the piece's frames.
    """
    passed, first, fades = start_of(rise), start_of(rows), state[HEAD + FADE_TO] > 0.0
    begun, step = np.float32(state[HEAD + FADE_FROM]), np.float32(state[HEAD + FADE_TO] - state[HEAD + FADE_FROM])
    for line in range(LINES):
        row, powers = moved(first, line * CHUNK), load_powers(moved(start_of(losses), line * LOSS_ROW))
        ring, head = head_of(lines, line, now, cursors, heads, 0)
        past = after(state[DARK + line])
        for i in range(0, frames, LANES):
            way = load(passed, i)
            x = glide(ring, i, way, head)
            if fades:
                other_ring, other_head = head_of(lines, line, now, cursors, heads, NEXT)
                x = x + (begun + step * way) * (glide(other_ring, i, way, other_head) - x)
            y, past = low_pass(x, powers, past)
            store(row, i, y)
        state[DARK + line] = row[frames - 1]


@inlined
def hadamard(a, b, c, d):
    """The transform of four, not scaled, and on the way a - c and b - d."""
    ac, a_c, bd, b_d = a + c, a - c, b + d, b - d
    return ac + bd, ac - bd, a_c + b_d, a_c - b_d, a_c, b_d


@inlined
def listen(rows, into, out, early, frames):
    """Take the lines half way through the matrix, each with the three beside it, and hear them on the way.

    What is heard is what goes in, and the even lines left, the odd ones right.
    """
    row, early = start_of(rows), np.float32(early)
    in_left, in_right, out_left, out_right = start_of(into[0]), start_of(into[1]), start_of(out[0]), start_of(out[1])
    for i in range(0, frames, LANES):
        left, right = early * load(in_left, i), early * load(in_right, i)
        for group in range(LINES // 4):
            at = i + 4 * CHUNK * group
            a, b, c, d, a_c, b_d = hadamard(load(row, at), load(row, at + CHUNK), load(row, at + 2 * CHUNK),
                                            load(row, at + 3 * CHUNK))
            left, right = left + a_c, right + b_d
            store(row, at, a)
            store(row, at + CHUNK, b)
            store(row, at + 2 * CHUNK, c)
            store(row, at + 3 * CHUNK, d)
        store(out_left, i, left)
        store(out_right, i, right)


@inlined
def feed(lines, now, offset, rows, into, state, losses, cursors, count, frames):
    """Write the lines: what comes out of the matrix' other half, faded, and what comes in, left and right in turn.

    What is written at a ring's beginning is copied behind its end.
    """
    number, chunk = start_of(count), moved(start_of(count), offset)
    level, level_step = on_the_way(state[INTO], state[INTO_GOAL], offset)
    for line in range(4):
        row, x = moved(start_of(rows), line * CHUNK), moved(start_of(into), line % 2 * CHUNK)
        ring_a, ring_b = ring_at(lines, line, now, cursors), ring_at(lines, line + 4, now, cursors)
        ring_c, ring_d = ring_at(lines, line + 8, now, cursors), ring_at(lines, line + 12, now, cursors)
        kept_a, grown_a = loss_of(losses, line)
        kept_b, grown_b = loss_of(losses, line + 4)
        kept_c, grown_c = loss_of(losses, line + 8)
        kept_d, grown_d = loss_of(losses, line + 12)
        for i in range(0, frames, LANES):
            a, b, c, d, _, _ = hadamard(load(row, i), load(row, i + 4 * CHUNK), load(row, i + 8 * CHUNK),
                                        load(row, i + 12 * CHUNK))
            t = load(chunk, i)
            new = (level + level_step * load(number, i)) * load(x, i)
            store(ring_a, i, (kept_a + grown_a * t) * a + new)
            store(ring_b, i, (kept_b + grown_b * t) * b + new)
            store(ring_c, i, (kept_c + grown_c * t) * c + new)
            store(ring_d, i, (kept_d + grown_d * t) * d + new)
    if now & (cursors[LENGTH] - 1) < PAD:       # the first line's ring is the shortest
        for line in range(LINES):
            repeat_line(lines, line, now, cursors, frames)


@inlined
def loss_of(losses, line):
    """What a line keeps at the chunk's start, and by how much that grows from frame to frame, in all lanes."""
    row = moved(start_of(losses), line * LOSS_ROW)
    return splat(row[KEPT]), splat(row[GROWN])


@helper
def repeat_line(lines, line, now, cursors, frames):
    """Copy what was written at a ring's beginning behind its end."""
    length = cursors[LENGTH + line]
    if now & (length - 1) < PAD:
        ring = ring_at(lines, line, now, cursors)
        for i in range(0, frames, LANES):
            store_until(ring, length + i, length + frames, load(ring, i))
