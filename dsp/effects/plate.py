"""A sheet of steel: dense at once, bright, without walls.

The tank of Dattorro, "Effect design, part 1: reverberator and other filters", JAES 45, 1997: the sound runs
through all-passes into a figure of eight of two halves, each a moving all-pass, a delay, a low pass and another
all-pass, and is tapped at seven places for each side. His lengths are frames at 29761 Hz. The gain between
the parts follows from the decay: by 60 dB in it, and twice as fast at the tone.
"""

import numpy as np

from dsp.effect import Effect, Prepared, line_length
from dsp.native import borrow, helper, kernel
from dsp.parameter import Parameter
from dsp.primitives.blend import beside, lay_beside
from dsp.primitives.delays import toward
from dsp.primitives.oscillators import sine
from dsp.primitives.poles import shares
from dsp.primitives.rings import (CHUNK, FADE_TO, FADING, NEXT_SECOND, PAD, SECOND, bank_size, carve, counts, cut_low,
                                  diffuse, fade, fetch, fetch_travelling, keep, middle_of, on_the_way, piece_of, place,
                                  repeat, ring_length, smooth, step_fade)

DECAY, MIX, TONE, LOW_CUT, PREDELAY, MODULATION = range(6)
PARAMETERS = (
    Parameter("decay_s", "Decay", "s", 1.0, 15.0, 2.6, "log", tag="space"),
    Parameter("mix", "Mix", "", 0.0, 1.0, 0.25, tag="space"),
    Parameter("tone_hz", "Tone", "Hz", 1500.0, 18000.0, 7000.0, "log", tag="brightness"),
    Parameter("low_cut_hz", "Low cut", "Hz", 20.0, 1000.0, 100.0, "log", tag="body"),
    Parameter("predelay_ms", "Pre-delay", "ms", 0.0, 200.0, 0.0, tag="time"),
    Parameter("mod", "Mod", "", 0.0, 1.0, 0.4, tag="movement"),
)

PAPER_HZ = 29761.0
# The paper's four input all-passes, and four more of ours: steel is dense from the first millisecond.
INPUTS = np.array((142, 107, 379, 277, 173, 229, 521, 601)) / PAPER_HZ
EARLY_GAIN, LATE_GAIN = np.float32(0.75), np.float32(0.625)
# The tank's lines, left and then right: moving all-pass, delay, all-pass, delay.
TANK = np.array((672, 4453, 1800, 3720, 908, 4217, 2656, 3163)) / PAPER_HZ
MOVING, LONG, BACK, LAST, HALF_OF_TANK = 0, 1, 2, 3, 4
MOVING_GAIN, BACK_GAIN = np.float32(-0.7), np.float32(0.5)
# (line, frames at 29761 Hz, sign) of what is heard left; then right.
TAPS = np.array((
    (5, 266, 1), (5, 2974, 1), (6, 1913, -1), (7, 1996, 1), (1, 1990, -1), (2, 187, -1), (3, 1066, -1),
    (1, 353, 1), (1, 3627, 1), (2, 1228, -1), (3, 2673, 1), (5, 2111, -1), (6, 335, -1), (7, 121, -1)))
# Once round the eight, through four gains and two low passes; what rings longest stays longer in the
# all-passes than their mean delay.
LOOP_S = 1.04 * TANK.sum()
MODULATION_S = 16 / PAPER_HZ        # each way at full modulation
MODULATION_HZ = (0.91, 1.13)        # left, right
REACH = 0.1                 # frames by which the modulation's depth may grow in a chunk
INPUT_RING = 2048           # frames: the longest input all-pass at 96 kHz and a chunk
LONGEST_S = 0.152           # a line with its modulation
LONGEST_AHEAD_S = 0.203     # the pre-delay and a chunk
WET_LEVEL = 0.3             # a steady mono sound is then as loud in the wet as in the dry

# Places in state: for each half what moves and what is filtered; then single ones, and what the knobs have
# set at a chunk's start and end; at HEAD the pre-delay, see `step_fade`.
OFF, OFF_END, DARK, THIN = range(0, 8, 2)
DEPTH, DECAY_KEY, TONE_KEY, LOSS, LOSS_GOAL, POLE, POLE_GOAL, INTO, INTO_GOAL, THIN_KEPT = range(8, 18)
HEAD = THIN_KEPT + 2
STATE = HEAD + FADING
ROWS = 2 + 2 + 2            # scratch: what goes in and what is being made of it, a half, what is heard
NOW, DELAYS, CURSORS = 0, 1, 1 + len(INPUTS)
STEADY = np.float32(0.0)


@helper
def tune(decay, tone, state, sample_rate):
    """On the grid: let the tank die by 60 dB in `decay` seconds, in half of it at `tone` Hz."""
    fresh = state[DECAY_KEY] == 0.0
    state[LOSS], state[POLE], state[INTO] = state[LOSS_GOAL], state[POLE_GOAL], state[INTO_GOAL]
    if decay == state[DECAY_KEY] and tone == state[TONE_KEY]:
        return
    loss = 10.0 ** (-3.0 * LOOP_S / (4.0 * decay))
    # Each of two low passes loses at `tone` what two of four gains do; see `network.tune`.
    b = (1.0 - loss ** 4 * np.cos(2.0 * np.pi * tone / sample_rate)) / (1.0 - loss ** 4)
    state[LOSS_GOAL], state[POLE_GOAL] = loss, 1.0 / (b + np.sqrt(b * b - 1.0))
    state[INTO_GOAL] = np.sqrt(1.0 - loss ** 4)     # as loud in the wet as in the dry, whatever the decay
    state[DECAY_KEY], state[TONE_KEY] = decay, tone
    if fresh:
        tune(decay, tone, state, sample_rate)


@helper
def aim(knobs, now, state, cursors, sample_rate):
    """On the grid: how far the moving all-passes are off until the next grid point."""
    state[DEPTH] = toward(state[DEPTH], MODULATION_S * sample_rate * knobs[MODULATION, 1], REACH)
    for half in range(2):
        state[OFF + half] = state[OFF_END + half]
        state[OFF_END + half] = state[DEPTH] * sine((now + CHUNK) / sample_rate * MODULATION_HZ[half])
    for line in range(len(INPUTS)):
        cursors[DELAYS + line] = int(INPUTS[line] * sample_rate)


@helper
def all_pass(row, read, written, gain, frames):
    for i in range(frames):
        y = read[i] - gain * row[i]
        written[i] = row[i] + gain * y
        row[i] = y


@helper
def run_half(half, tank, now, offset, state, into, rows, heads, rise, count, frames, sample_rate):
    """Take a piece through one half of the tank."""
    first, other = HALF_OF_TANK * half, HALF_OF_TANK * (1 - half)
    x, row, head = into[0], rows[0], heads[0]
    loss, loss_step = on_the_way(state[LOSS], state[LOSS_GOAL], offset)
    at = place(tank, now)

    from_other = tank[other + LAST, place(tank, now - int(TANK[other + LAST] * sample_rate)):]
    for i in range(frames):
        row[i] = x[i] + (loss + count[i] * loss_step) * from_other[i]
    length = TANK[first + MOVING] * sample_rate
    fetch_travelling(tank, first + MOVING, now, offset, length + state[OFF + half], length + state[OFF_END + half],
                     rise, heads, frames)
    all_pass(row, head, tank[first + MOVING, at:], MOVING_GAIN, frames)

    written = tank[first + LONG, at:]
    read = tank[first + LONG, place(tank, now - int(TANK[first + LONG] * sample_rate)):]
    for i in range(frames):
        written[i] = row[i]
        row[i] = read[i]
    pole = state[POLE] + (offset + 0.5 * frames) / CHUNK * (state[POLE_GOAL] - state[POLE])
    smooth(rows, pole, state[DARK + half:], frames)
    for i in range(frames):
        row[i] *= loss + count[i] * loss_step
    read = tank[first + BACK, place(tank, now - int(TANK[first + BACK] * sample_rate)):]
    all_pass(row, read, tank[first + BACK, at:], BACK_GAIN, frames)
    written = tank[first + LAST, at:]
    for i in range(frames):
        written[i] = row[i]


@helper
def listen(tank, now, out, frames, sample_rate):
    """The taps of both sides."""
    for side in range(2):
        y = out[side]
        for i in range(frames):
            y[i] = STEADY
        for tap in range(side * len(TAPS) // 2, (side + 1) * len(TAPS) // 2):
            line, back, sign = TAPS[tap]
            piece = tank[line, place(tank, now - int(back / PAPER_HZ * sample_rate)):]
            level = np.float32(sign)
            for i in range(frames):
                y[i] += level * piece[i]


@kernel
def process(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    knobs, state, memory = borrow(knobs), borrow(state), borrow(memory)
    cursors, tables, io = borrow(cursors), borrow(tables), borrow(io)
    tank, memory = carve(memory, len(TANK), ring_length(LONGEST_S, sample_rate) + PAD)
    ahead, memory = carve(memory, 1, ring_length(LONGEST_AHEAD_S, sample_rate) + PAD)
    early, memory = carve(memory, 2, INPUT_RING + PAD)
    late, memory = carve(memory, len(INPUTS) - 2, INPUT_RING + PAD)
    into, memory = carve(memory, 1, CHUNK)
    spare, memory = carve(memory, 1, CHUNK)
    rows, memory = carve(memory, 1, CHUNK)
    heads, memory = carve(memory, 1, CHUNK)
    out, memory = carve(memory, 2, CHUNK)
    count = tables[CHUNK:]

    (dry_start, wet_start), (dry_end, wet_end) = beside(knobs[MIX, 0]), beside(knobs[MIX, 1])
    cut_start, cut_end = shares(knobs, LOW_CUT, state[THIN_KEPT:], sample_rate)
    now, done = cursors[NOW], 0
    while done < frames:
        offset = now % CHUNK
        n = min(CHUNK - offset, frames - done)
        if offset == 0:
            tune(np.float64(knobs[DECAY, 1]), np.float64(knobs[TONE, 1]), state, sample_rate)
            step_fade(1.0, np.floor(knobs[PREDELAY, 1] * sample_rate / 1000.0 + 0.5), state[HEAD:], sample_rate)
            aim(knobs, now, state, cursors, sample_rate)
        rise = tables[offset:CHUNK]

        left, right, x = io[0, done:], io[1, done:], into[0]
        level, level_step = on_the_way(state[INTO], state[INTO_GOAL], offset)
        for i in range(n):
            x[i] = (level + count[i] * level_step) * (left[i] + right[i])
        keep(ahead, now, into, n)
        fetch(ahead, now - int(state[HEAD + SECOND]), into, n)
        if state[HEAD + FADE_TO] > 0.0:
            fetch(ahead, now - int(state[HEAD + NEXT_SECOND]), spare, n)
            fade(into, spare, state[HEAD:], rise, n)
        cut = middle_of(cut_start, cut_end, frames, done, n)
        for stage in range(2):
            cut_low(into, cut, state[THIN + stage:], n)
        diffuse(early, now, cursors[DELAYS:], EARLY_GAIN, STEADY, count, into, n)
        diffuse(late, now, cursors[DELAYS + 2:], LATE_GAIN, STEADY, count, into, n)
        for half in range(2):
            run_half(half, tank, now, offset, state, into, rows, heads, rise, count, n, sample_rate)
        listen(tank, now, out, n, sample_rate)
        repeat(tank, place(tank, now), n)

        dry, dry_step = piece_of(dry_start, dry_end, frames, done)
        wet, wet_step = piece_of(WET_LEVEL * wet_start, WET_LEVEL * wet_end, frames, done)
        lay_beside(io, out, dry, dry_step, wet, wet_step, count, done, n)
        now += n
        done += n
    cursors[NOW] = now


def build(sample_rate, options):
    memory = (bank_size(len(TANK), line_length(LONGEST_S, sample_rate))
              + bank_size(1, line_length(LONGEST_AHEAD_S, sample_rate)) + bank_size(len(INPUTS), INPUT_RING)
              + ROWS * CHUNK)
    return Prepared(process, STATE, CURSORS, memory, counts(sample_rate, options))


EFFECT = Effect("plate", "Plate", "A sheet of steel: dense at once, bright and wide.", PARAMETERS, build=build,
                widens=True, tail_s=17.0)
