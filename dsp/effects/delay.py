"""Echoes, from slap-back to two seconds: a clean digital line with the habits of a tape machine.

When the time is turned, the read head travels to its new place at up to half the tape's speed and the
echoes bend in pitch on the way, as on a tape or bucket-brigade unit: a turning knob then is a sweep that
never breaks, where cross-fading from tap to tap would stutter. The loop darkens (one-pole low pass) and
thins (one-pole high pass) each repeat; the cross-feed that makes it ping-pong is a doubly stochastic
matrix, so that the loop's gain never exceeds the feedback knob. Interpolation: Laakso et al.,
"Splitting the unit delay", 1996. Ducking: the echoes stand back behind the playing and come forward in
its gaps, after the TC 2290.

The work is done for a piece of up to 64 frames at a time; the head is moved on a fixed grid of 64 frames
since the effect was fresh, whatever the blocks are, and goes in a straight line between.
"""

import numpy as np

from dsp.effect import Effect, Prepared, line_length
from dsp.native import borrow, inlined, kernel
from dsp.parameter import Parameter
from dsp.primitives.blend import beside
from dsp.primitives.delays import division, echo_ms, stand_back, tempo, toward, travel
from dsp.primitives.oscillators import sine
from dsp.primitives.poles import share, shares
from dsp.primitives.rings import (CHUNK, PAD, bank_size, carve, counts, cut_low, fetch_travelling, middle_of, piece_of,
                                  place, repeat, smooth)
from dsp.primitives.vectors.kinds import LANES
from dsp.primitives.vectors.memory import load, load_until, start_of, store, store_until

TIME, FEEDBACK, MIX, TONE, MODULATION, PING_PONG, DUCK, DIVISION, TEMPO = range(9)
PARAMETERS = (
    Parameter("time_ms", "Time", "ms", 20.0, 2000.0, 380.0, "log", tag="time"),
    Parameter("feedback", "Feedback", "", 0.0, 1.0, 0.35, tag="space"),
    Parameter("mix", "Mix", "", 0.0, 1.0, 0.3, tag="space"),
    Parameter("tone_hz", "Tone", "Hz", 500.0, 20000.0, 5000.0, "log", tag="brightness"),
    Parameter("mod", "Mod", "", 0.0, 1.0, 0.15, tag="movement"),
    Parameter("ping_pong", "Ping-pong", "", 0.0, 1.0, 0.0, tag="space"),
    Parameter("duck", "Duck", "", 0.0, 1.0, 0.0, tag="dynamics"),
    division(),
    tempo(),
)

LONGEST_S = 2.01            # two seconds, the wow and a chunk
LOOP_GAIN = 0.93            # at full feedback: three minutes of two-second echoes, but an end
HEAD_SPEED = 0.5            # frames per frame: an octave down, or a fifth up, while the head travels
HEAD_S = 0.05               # the head's time constant for the last of its way
WOW_HZ = 0.55
WOW_S = 0.0025              # each way at full modulation: 15 cents
REACH = 1.0                 # frames by which the wow's depth may grow in a chunk
THIN_HZ = 60.0              # what an echo loses below, so that repeats do not pile up to mud

# Places in state; the head's is where it stands, BEFORE and AFTER where it reads at a chunk's start and end.
HEAD, DEPTH, BEFORE, AFTER, ENVELOPE, DARK, THIN, BRIGHT_KEPT, STATE = 0, 1, 2, 3, 4, 5, 7, 9, 11
NEAR, THINNED = 2 * CHUNK, 2 * CHUNK + 1        # in tables, behind the counts
HALF, ONE = np.float32(0.5), np.float32(1.0)
ROWS = 2 + 1                # scratch: the echoes, and how loud they are


@inlined
def aim(knobs, state, now, near, sample_rate):
    """On the grid: where the head reads until the next grid point. near : its share of the last of the way."""
    target = sample_rate / 1000.0 * echo_ms(knobs[TIME, 1], knobs[DIVISION, 1], knobs[TEMPO, 1])
    depth = WOW_S * sample_rate * knobs[MODULATION, 1]
    if state[HEAD] == 0.0:
        state[HEAD] = state[AFTER] = target
        state[DEPTH] = depth
    state[HEAD] = travel(state[HEAD], target, near, HEAD_SPEED * CHUNK)
    state[DEPTH] = toward(state[DEPTH], depth, REACH)
    state[BEFORE] = state[AFTER]
    state[AFTER] = state[HEAD] + state[DEPTH] * sine(WOW_HZ * (now + CHUNK) / sample_rate)


@kernel
def process(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    knobs, state, memory, tables, io = borrow(knobs), borrow(state), borrow(memory), borrow(tables), borrow(io)
    length = (memory.size - ROWS * CHUNK) // 2 - PAD
    lines, memory = carve(memory, 2, length + PAD)
    echoes, memory = carve(memory, 2, CHUNK)
    levels = memory[:CHUNK]
    rise, count = tables[:CHUNK], tables[CHUNK:]
    near, thinned = np.float64(tables[NEAR]), np.float64(tables[THINNED])

    bright_start, bright_end = shares(knobs, TONE, state[BRIGHT_KEPT:], sample_rate)
    (dry_start, wet_start), (dry_end, wet_end) = beside(knobs[MIX, 0]), beside(knobs[MIX, 1])

    now, done = cursors[0], 0
    while done < frames:
        offset = now % CHUNK
        n = min(CHUNK - offset, frames - done)
        if offset == 0:
            aim(knobs, state, now, near, sample_rate)
        fetch_travelling(lines, 0, now, offset, state[BEFORE], state[AFTER], rise[offset:], echoes, n)
        smooth(echoes, 1.0 - middle_of(bright_start, bright_end, frames, done, n), state[DARK:], n)
        cut_low(echoes, thinned, state[THIN:], n)

        wet, wet_step = piece_of(wet_start, wet_end, frames, done)
        for i in range(0, n, LANES):
            store(levels, i, wet + wet_step * load(count, i))
        duck, duck_step = piece_of(knobs[DUCK, 0], knobs[DUCK, 1], frames, done)
        stand_back(io, done, state[ENVELOPE:], duck, duck_step, levels, n, sample_rate)

        feedback, feedback_step = piece_of(LOOP_GAIN * knobs[FEEDBACK, 0], LOOP_GAIN * knobs[FEEDBACK, 1], frames, done)
        cross, cross_step = piece_of(knobs[PING_PONG, 0], knobs[PING_PONG, 1], frames, done)
        dry, dry_step = piece_of(dry_start, dry_end, frames, done)
        at, left, right = place(lines, now), start_of(io[0, done:]), start_of(io[1, done:])
        into_left, into_right = start_of(lines[0, at:]), start_of(lines[1, at:])
        for i in range(0, n, LANES):
            t, level, x, y = load(count, i), load(levels, i), load_until(left, i, n), load_until(right, i, n)
            echo_left, echo_right = load(echoes[0], i), load(echoes[1], i)
            loop, over, past = feedback + feedback_step * t, cross + cross_step * t, dry + dry_step * t
            swap = over * (echo_right - echo_left)
            store(into_left, i, x + HALF * over * (y - x) + loop * (echo_left + swap))
            store(into_right, i, (ONE - over) * y + loop * (echo_right - swap))
            store_until(left, i, n, past * x + level * echo_left)
            store_until(right, i, n, past * y + level * echo_right)
        repeat(lines, at, n)
        now += n
        done += n

    cursors[0] = now


def build(sample_rate, options):
    memory = bank_size(2, line_length(LONGEST_S, sample_rate)) + ROWS * CHUNK
    near = 1.0 - np.exp(-CHUNK / (HEAD_S * sample_rate))
    thin = share.py_func(THIN_HZ, sample_rate)      # in Python: a call of the helper would compile it
    return Prepared(process, STATE, 1, memory, np.append(counts(sample_rate, options), [near, thin]).astype(np.float32))


EFFECT = Effect("delay", "Delay", "Echoes that bend like tape when the time is turned.", PARAMETERS, build=build,
                widens=True, tail_s=195.0)
