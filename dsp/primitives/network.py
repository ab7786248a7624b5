"""The tail of a room: sixteen delay lines that feed one another through a Hadamard matrix.

After Jot and Chaigne, "Digital delay networks for designing artificial reverberators", AES 1991; the matrix
after Rocchesso and Smith 1997. Each line's gain and one-pole low pass follow from its length, so that all
die together: by 60 dB in the decay, and twice as fast at the tone. Each line is moved a little by a slow sine
of its own, which keeps single modes from ringing. When the size changes, the read heads cross-fade:
travelling, they would bend the whole tail.

What changes only now and then is looked at on a grid of CHUNK frames since the effect was fresh, whatever the
blocks are, and goes in a straight line from one grid point to the next. An effect that has a network keeps
NETWORK_STATE places of state and NETWORK_CURSORS cursors for it, from the first on.
"""

import numpy as np

from dsp.native import helper
from dsp.primitives.delays import between, toward
from dsp.primitives.levels import fast_exp2
from dsp.primitives.oscillators import sine
from dsp.primitives.reciprocals import reciprocal, root
from dsp.primitives.rings import (CHUNK, FADE_TO, FADING, FIRST, NEXT_FIRST, bank_size, fade, fetch_gliding,
                                  on_the_way, place, repeat, smooth)

LINES = 16
MODULATION_HZ = 0.37 + 0.031 * ((7 * np.arange(LINES)) % LINES)
GOLDEN = 0.618034           # turns from one line's sine to the next: never together
OCTAVES_OF_60_DB = 3.0 * np.log2(10.0)
REACH = 0.1                 # frames by which the modulation's depth may grow in a chunk
MATRIX = np.float32(0.25)   # makes the Hadamard transform of sixteen keep the energy

# Places in state: some for each line, then single ones.
POLE, GAIN, POLE_GOAL, GAIN_GOAL, DARK, MOVED_BEFORE, MOVED, POLE_NOW = range(0, 8 * LINES, LINES)
DECAY_KEY, SCALE_KEY, TONE_KEY, HOLD_KEY, INTO, INTO_GOAL, DEPTH, HEAD = range(8 * LINES, 8 * LINES + 8)
NETWORK_STATE = HEAD + FADING   # at HEAD: the size and the pre-delay, see `step_fade`

HEADS, NEXT_HEADS, NETWORK_CURSORS = 0, LINES, 2 * LINES      # where they read, in frames back from the chunk
WEIGHTS = 8                 # of a head: four at a chunk's start, four at its end
SCRATCH = 2 * LINES * (CHUNK + WEIGHTS)     # rows of both heads, and their weights


def network_size(length):
    """How many places of memory a network takes whose lines are rings of this length."""
    return bank_size(LINES, length) + SCRATCH


@helper
def tune(decay, scale, tone, hold, seconds, state, sample_rate):
    """On the grid: let every line die by 60 dB in `decay` seconds, in half of it at `tone` Hz.

    scale : the lines' lengths, relative to `seconds`.
    hold : 0..1; at 1 nothing dies, nothing grows darker and nothing comes in.
    """
    fresh = state[DECAY_KEY] == 0.0
    for line in range(LINES):
        state[POLE + line], state[GAIN + line] = state[POLE_GOAL + line], state[GAIN_GOAL + line]
    state[INTO] = state[INTO_GOAL]
    if (decay == state[DECAY_KEY] and scale == state[SCALE_KEY] and tone == state[TONE_KEY]
            and hold == state[HOLD_KEY]):
        return
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
    if fresh:
        tune(decay, scale, tone, hold, seconds, state, sample_rate)


@helper
def aim(depth, now, seconds, state, cursors, weights, sample_rate):
    """On the grid: where every head reads until the next grid point, and with which weights.

    depth : frames by which a line is moved each way.
    """
    state[DEPTH] = toward(state[DEPTH], depth, REACH)
    t, depth = (now + CHUNK) / sample_rate, state[DEPTH]
    for line in range(LINES):
        state[MOVED_BEFORE + line] = state[MOVED + line]
        state[MOVED + line] = depth * sine(t * MODULATION_HZ[line] + GOLDEN * line)
    point(0, state[HEAD + FIRST] * sample_rate, seconds, state, cursors, weights)
    if state[HEAD + FADE_TO] > 0.0:
        point(LINES, state[HEAD + NEXT_FIRST] * sample_rate, seconds, state, cursors, weights)


@helper
def point(first, stretch, seconds, state, cursors, weights):
    """Let the heads from `first` on read the lines' lengths back, and by what the lines have moved.

    stretch : from seconds to frames. All lines at once: without a step from one to the next this becomes vectors.
    """
    for line in range(LINES):
        length = np.floor(stretch * seconds[line] + 0.5)
        before, after = length + state[MOVED_BEFORE + line], length + state[MOVED + line]
        back, head = np.floor(0.5 * (before + after)), first + line
        cursors[HEADS + head] = int(back)
        newer, here, older, oldest = between(before - back)
        weights[0, head], weights[1, head], weights[2, head], weights[3, head] = oldest, older, here, newer
        newer, here, older, oldest = between(after - back)
        weights[4, head], weights[5, head], weights[6, head], weights[7, head] = oldest, older, here, newer


@helper
def hear(lines, now, offset, state, cursors, weights, rise, rows, others, frames):
    """Read the lines into `rows`, and darken them.

    offset : how many frames of the chunk the piece begins after its start.
    """
    fetch_gliding(lines, now, cursors[HEADS:], weights, 0, rise, rows, frames)
    if state[HEAD + FADE_TO] > 0.0:
        fetch_gliding(lines, now, cursors[NEXT_HEADS:], weights, LINES, rise, others, frames)
        fade(rows, others, state[HEAD:], rise, frames)
    poles = state[POLE_NOW:]
    middle = (offset + 0.5 * frames) / CHUNK
    for line in range(LINES):
        poles[line] = state[POLE + line] + middle * (state[POLE_GOAL + line] - state[POLE + line])
    smooth(rows, poles, state[DARK:], frames)


@helper
def listen(rows, into, out, early, frames):
    """What is heard: what goes in, and the even lines left, the odd ones right."""
    early = np.float32(early)
    for side in range(2):
        x, y = into[side], out[side]
        a, b, c, d = rows[side], rows[side + 2], rows[side + 4], rows[side + 6]
        for i in range(frames):
            y[i] = early * x[i] + a[i] - b[i] + c[i] - d[i]
        a, b, c, d = rows[side + 8], rows[side + 10], rows[side + 12], rows[side + 14]
        for i in range(frames):
            y[i] += a[i] - b[i] + c[i] - d[i]


@helper
def feed(lines, now, offset, rows, into, state, count, frames):
    """Write the lines: what came through the matrix, faded, and what comes in, left and right in turn."""
    at = place(lines, now)
    level, level_step = on_the_way(state[INTO], state[INTO_GOAL], offset)
    for line in range(LINES):
        piece, row, x = lines[line, at:at + frames], rows[line], into[line % 2]
        gain, gain_step = on_the_way(state[GAIN + line], state[GAIN_GOAL + line], offset)
        gain, gain_step = MATRIX * gain, MATRIX * gain_step
        for i in range(frames):
            piece[i] = (gain + count[i] * gain_step) * row[i] + (level + count[i] * level_step) * x[i]
    repeat(lines, at, frames)
