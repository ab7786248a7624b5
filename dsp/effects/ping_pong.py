"""Echoes that jump from side to side, each side in a time of its own, counted in the tempo.

What goes in enters the left line; what comes out of it goes to the right one, what comes out of that goes
back: with 1/8 dotted left and 1/8 right the bounce swings. Less `cross` lets each side also repeat itself,
until at none there are two delays beside one another. The mix of the two is a doubly stochastic matrix,
so that the loop's gain never exceeds the feedback knob.

`smear` blurs every repeat a little more, through two all-passes in each side's loop (Schroeder 1962): their
mean delay is taken off the line's, so that the middle of the cloud stays on the beat. When a time changes,
the heads cross-fade to their new places, clean and at once, where `delay` would bend the pitch.
"""

import numpy as np

from dsp.effect import Effect, Prepared, line_length
from dsp.native import borrow, helper, kernel
from dsp.parameter import Parameter
from dsp.primitives.blend import beside
from dsp.primitives.delays import division, echo_ms, stand_back, tempo, toward
from dsp.primitives.poles import share
from dsp.primitives.rings import (CHUNK, FADE_TO, FADING, FIRST, NEXT_FIRST, PAD, bank_size, carve, counts, cut_low,
                                  diffuse, fade, fetch_travelling, middle_of, piece_of, place, repeat, smooth,
                                  step_fade)

(LEFT, RIGHT, FEEDBACK, MIX, CROSS, WIDTH, TONE, SMEAR, MODULATION, DUCK, LEFT_DIVISION, RIGHT_DIVISION,
 TEMPO) = range(13)
PARAMETERS = (
    Parameter("left_ms", "Left", "ms", 60.0, 2000.0, 375.0, "log", tag="time"),
    Parameter("right_ms", "Right", "ms", 60.0, 2000.0, 250.0, "log", tag="time"),
    Parameter("feedback", "Feedback", "", 0.0, 1.0, 0.45, tag="space"),
    Parameter("mix", "Mix", "", 0.0, 1.0, 0.3, tag="space"),
    Parameter("cross", "Cross", "", 0.0, 1.0, 1.0, tag="space"),
    Parameter("width", "Width", "", 0.0, 1.0, 0.85, tag="space"),
    Parameter("tone_hz", "Tone", "Hz", 500.0, 20000.0, 6000.0, "log", tag="brightness"),
    Parameter("smear", "Smear", "", 0.0, 1.0, 0.0, tag="space"),
    Parameter("mod", "Mod", "", 0.0, 1.0, 0.15, tag="movement"),
    Parameter("duck", "Duck", "", 0.0, 1.0, 0.0, tag="dynamics"),
    division("left_division", "Left div", "1/8 dot"),
    division("right_division", "Right div", "1/8"),
    tempo(),
)

LONGEST_S = 2.01            # two seconds, the wow and a chunk
LOOP_GAIN = 0.93            # at full feedback: three minutes of two-second echoes, but an end
THIN_HZ = 80.0              # what an echo loses below, so that repeats do not pile up to mud
WOW_HZ = 0.41
WOW_S = 0.0015              # each way at full modulation, left against right: 7 cents
REACH = 1.0                 # frames by which the wow's depth may grow in a chunk
SMEAR_S = np.array((0.00713, 0.01397, 0.00809, 0.01283))    # of the all-passes, left and right
SMEAR_GAIN = 0.65           # at full smear
SMEAR_RING = 2048           # frames: the longest all-pass at 96 kHz and a chunk

# Places in state: for each side how far the wow puts its head off at a chunk's start and end, and its filters;
# then single ones; at HEADS where the heads stand, see `step_fade`.
OFF, OFF_END, DARK, THIN = range(0, 8, 2)
DEPTH, ENVELOPE, HEADS = 8, 9, 10
STATE = HEADS + FADING
NOW, SMEARS, CURSORS = 0, 1, 5
ROWS = 2 + 2                # scratch: the echoes, and what is being made of them
ROOM = bank_size(len(SMEAR_S), SMEAR_RING) + ROWS * CHUNK     # in memory, beside the lines
HALF, ONE = np.float32(0.5), np.float32(1.0)


@helper
def aim(knobs, state, cursors, now, sample_rate):
    """On the grid: where the heads read until the next grid point."""
    fresh = state[HEADS] == 0.0
    for line in range(len(SMEAR_S)):
        cursors[SMEARS + line] = int(SMEAR_S[line] * sample_rate)
    left = sample_rate / 1000.0 * echo_ms(knobs[LEFT, 1], knobs[LEFT_DIVISION, 1], knobs[TEMPO, 1])
    right = sample_rate / 1000.0 * echo_ms(knobs[RIGHT, 1], knobs[RIGHT_DIVISION, 1], knobs[TEMPO, 1])
    left -= cursors[SMEARS] + cursors[SMEARS + 1]
    right -= cursors[SMEARS + 2] + cursors[SMEARS + 3]
    step_fade(left, right, state[HEADS:], sample_rate)

    depth = WOW_S * sample_rate * knobs[MODULATION, 1]
    state[DEPTH] = depth if fresh else toward(state[DEPTH], depth, REACH)
    wow = state[DEPTH] * np.sin(2.0 * np.pi * WOW_HZ * (now + CHUNK) / sample_rate)
    state[OFF], state[OFF + 1] = state[OFF_END], state[OFF_END + 1]
    state[OFF_END], state[OFF_END + 1] = wow, -wow


@helper
def fetch_heads(lines, now, offset, heads, state, rise, rows, frames):
    """Read a piece of both lines."""
    for side in range(2):
        fetch_travelling(lines, side, now, offset, state[heads + side] + state[OFF + side],
                         state[heads + side] + state[OFF_END + side], rise, rows[side:side + 1], frames)


@kernel
def process(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    state, memory, cursors, tables, io = borrow(state), borrow(memory), borrow(cursors), borrow(tables), borrow(io)
    length = (memory.size - ROOM) // 2 - PAD
    lines, memory = carve(memory, 2, length + PAD)
    smears, memory = carve(memory, len(SMEAR_S), SMEAR_RING + PAD)
    echoes, memory = carve(memory, 2, CHUNK)
    scratch, memory = carve(memory, 2, CHUNK)
    count = tables[CHUNK:]

    bright_start, bright_end = share(knobs[TONE, 0], sample_rate), share(knobs[TONE, 1], sample_rate)
    thin = share(THIN_HZ, sample_rate)
    (dry_start, wet_start), (dry_end, wet_end) = beside(knobs[MIX, 0]), beside(knobs[MIX, 1])

    now, done = cursors[NOW], 0
    while done < frames:
        offset = now % CHUNK
        n = min(CHUNK - offset, frames - done)
        if offset == 0:
            aim(knobs, state, cursors, now, sample_rate)
        rise = tables[offset:CHUNK]
        fetch_heads(lines, now, offset, HEADS + FIRST, state, rise, echoes, n)
        if state[HEADS + FADE_TO] > 0.0:
            fetch_heads(lines, now, offset, HEADS + NEXT_FIRST, state, rise, scratch, n)
            fade(echoes, scratch, state[HEADS:], rise, n)
        smear, smear_step = piece_of(SMEAR_GAIN * knobs[SMEAR, 0], SMEAR_GAIN * knobs[SMEAR, 1], frames, done)
        diffuse(smears, now, cursors[SMEARS:], smear, smear_step, count, echoes, n)
        smooth(echoes, 1.0 - middle_of(bright_start, bright_end, frames, done, n), state[DARK:], n)
        cut_low(echoes, thin, state[THIN:], n)

        feedback, feedback_step = piece_of(LOOP_GAIN * knobs[FEEDBACK, 0], LOOP_GAIN * knobs[FEEDBACK, 1], frames, done)
        cross, cross_step = piece_of(knobs[CROSS, 0], knobs[CROSS, 1], frames, done)
        at = place(lines, now)
        into_left, into_right = lines[0, at:at + n], lines[1, at:at + n]
        left, right, echo_left, echo_right = io[0, done:], io[1, done:], echoes[0], echoes[1]
        for i in range(n):
            loop, over = feedback + count[i] * feedback_step, cross + count[i] * cross_step
            swap = over * (echo_right[i] - echo_left[i])
            into_left[i] = left[i] + HALF * over * (right[i] - left[i]) + loop * (echo_left[i] + swap)
            into_right[i] = (ONE - over) * right[i] + loop * (echo_right[i] - swap)
        repeat(lines, at, n)

        dry, dry_step = piece_of(dry_start, dry_end, frames, done)
        wet, wet_step = piece_of(wet_start, wet_end, frames, done)
        duck, duck_step = piece_of(knobs[DUCK, 0], knobs[DUCK, 1], frames, done)
        narrow, narrow_step = piece_of(0.5 - 0.5 * knobs[WIDTH, 0], 0.5 - 0.5 * knobs[WIDTH, 1], frames, done)
        levels = scratch[0]
        for i in range(n):
            levels[i] = wet + count[i] * wet_step
        stand_back(io, done, state[ENVELOPE:], duck, duck_step, levels, n, sample_rate)
        for i in range(n):
            over = (narrow + count[i] * narrow_step) * (echo_right[i] - echo_left[i])
            level = dry + count[i] * dry_step
            left[i] = level * left[i] + levels[i] * (echo_left[i] + over)
            right[i] = level * right[i] + levels[i] * (echo_right[i] - over)
        now += n
        done += n

    cursors[NOW] = now


def build(sample_rate, options):
    memory = bank_size(2, line_length(LONGEST_S, sample_rate)) + ROOM
    return Prepared(process, STATE, CURSORS, memory, counts(sample_rate, options))


EFFECT = Effect("ping_pong", "Ping-pong", "Echoes from side to side, each side in its own time of the tempo.",
                PARAMETERS, build=build, widens=True, tail_s=195.0)
