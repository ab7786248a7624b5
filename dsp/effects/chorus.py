"""Three detuned copies beside the sound, as in the three-phase ensembles of the string machines.

Three short delay lines (left, right and middle) are swept by sines a third of a turn apart, so that
while one copy is sharp the others are flat and the pitch as a whole stays put (Dutilleux, Holters,
Disch and Zoelzer in "DAFX", 2nd ed. 2011, chapter 2; three phases after the Solina and the tri-chorus
racks). The sweep is bounded in cents, not in milliseconds: a fast rate then shimmers where it would
otherwise be out of tune, and the whole travel of both knobs can be used.

The work is done for a piece of up to 32 frames at a time, on a fixed grid of 32 frames since the effect was fresh,
whatever the blocks are. Within one a sine is a parabola, true to 2e-5 of a frame.
"""

import numpy as np

from dsp.effect import Effect, Prepared, line_length
from dsp.native import borrow, inlined, kernel
from dsp.parameter import Parameter
from dsp.primitives.blend import across_kept
from dsp.primitives.oscillators import turn
from dsp.primitives.poles import share
from dsp.primitives.rings import CHUNK, bank_size, carve, counts, fetch_bent, piece_of, place, repeat
from dsp.primitives.scans import after, final, low_pass, powers_of
from dsp.primitives.vectors.kinds import LANES
from dsp.primitives.vectors.memory import load, load_until, start_of, store, store_until

RATE, DEPTH, MIX, TONE, WIDTH = range(5)
PARAMETERS = (
    Parameter("rate_hz", "Rate", "Hz", 0.05, 8.0, 0.6, "log", tag="movement"),
    Parameter("depth", "Depth", "", 0.0, 1.0, 0.5, tag="movement"),
    Parameter("mix", "Mix", "", 0.0, 1.0, 0.45, tag="space"),
    Parameter("tone_hz", "Tone", "Hz", 1000.0, 16000.0, 7000.0, "log", tag="brightness"),
    Parameter("width", "Width", "", 0.0, 1.0, 1.0, tag="space"),
)

CENTRE_S = 0.008            # of the delay: short of an echo, long enough to leave the comb's bass alone
SWEEP_S = 0.005             # each way at most
DETUNE = 0.0234             # speed of the sweep at most, in frames per frame: 40 cents
THIRD_SINE, THIRD_COSINE = 0.75 ** 0.5, -0.5      # of a third of a turn
SIDE, MIDDLE = np.float32(0.85), np.float32(0.53)      # of the voices in either channel; together at unit power
HALF = np.float32(0.5)

GRID = 32                   # frames
VOICES, BEND = 3, 3         # left, right and middle, each with the bend of its head's way, see `fetch_bent`
# In state; poles and what they hold are for left and right.
SINE, COSINE, SWEEP, TONE_KEY, BENDS, POLE, DARK, MIX_KEPT, STATE = 0, 1, 2, 3, 4, 13, 14, 16, 19


@inlined
def aim(knobs, state, sample_rate):
    """On the grid: the ways of the heads until the next grid point."""
    fresh = state[COSINE] == 0.0 and state[SINE] == 0.0
    sweep = min(SWEEP_S, DETUNE / (2.0 * np.pi * knobs[RATE, 1])) * sample_rate * knobs[DEPTH, 1]
    if fresh:
        state[COSINE], state[SWEEP] = 1.0, sweep
    if knobs[TONE, 1] != state[TONE_KEY]:
        state[TONE_KEY] = knobs[TONE, 1]
        state[POLE] = 1.0 - share(knobs[TONE, 1], sample_rate)
    depth, depth_step = 0.5 * (state[SWEEP] + sweep), (sweep - state[SWEEP]) / GRID
    state[SWEEP] = sweep

    # Half a grid is less than 0.02 radians: the series' next terms are 1e-11. `back` undoes what rounding leaves.
    radians = 2.0 * np.pi * knobs[RATE, 1] / sample_rate
    half = 0.5 * GRID * radians
    by_sine, by_cosine = half * (1.0 - half * half / 6.0), 1.0 - half * half * (0.5 - half * half / 24.0)
    back = 1.5 - 0.5 * (state[SINE] * state[SINE] + state[COSINE] * state[COSINE])
    sine, cosine = turn(back * state[SINE], back * state[COSINE], by_sine, by_cosine)
    state[SINE], state[COSINE] = turn(sine, cosine, by_sine, by_cosine)
    for voice in range(VOICES):
        bend = state[BENDS + BEND * voice:]
        bend[0] = CENTRE_S * sample_rate + depth * sine
        bend[1] = depth * radians * cosine + depth_step * sine
        bend[2] = radians * (depth_step * cosine - 0.5 * depth * radians * sine)
        sine, cosine = turn(sine, cosine, THIRD_SINE, THIRD_COSINE)


@kernel
def process(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    knobs, state, memory, tables, io = borrow(knobs), borrow(state), borrow(memory), borrow(tables), borrow(io)
    lines, memory = carve(memory, VOICES, (memory.size - VOICES * CHUNK) // VOICES)
    voices, memory = carve(memory, VOICES, CHUNK)
    count = tables[CHUNK:]
    (dry_start, wet_start), (dry_end, wet_end) = across_kept(knobs, MIX, state[MIX_KEPT:])

    now, done = cursors[0], 0
    while done < frames:
        offset = now % GRID
        n = min(GRID - offset, frames - done)
        if offset == 0:
            aim(knobs, state, sample_rate)
        at, left, right = place(lines, now), start_of(io[0, done:]), start_of(io[1, done:])
        into_left, into_right, into_middle = start_of(lines[0, at:]), start_of(lines[1, at:]), start_of(lines[2, at:])
        for i in range(0, n, LANES):
            x, y = load_until(left, i, n), load_until(right, i, n)
            store(into_left, i, x)
            store(into_right, i, y)
            store(into_middle, i, HALF * (x + y))
        repeat(lines, at, n)
        for voice in range(VOICES):
            fetch_bent(lines, voice, now, state[BENDS + BEND * voice:], offset - GRID // 2, count, voices[voice], n)

        width, width_step = piece_of(knobs[WIDTH, 0], knobs[WIDTH, 1], frames, done)
        dry, dry_step = piece_of(dry_start, dry_end, frames, done)
        loud, loud_step = piece_of(wet_start, wet_end, frames, done)
        number, powers = start_of(count), powers_of(np.float32(state[POLE]))
        past_left, past_right = after(state[DARK]), after(state[DARK + 1])
        wet_left, wet_right = past_left[-1], past_right[-1]
        for i in range(0, n, LANES):
            t, a, b, c = load(number, i), load(voices[0], i), load(voices[1], i), MIDDLE * load(voices[2], i)
            side = (HALF - HALF * (width + width_step * t)) * (b - a)
            wet_left, past_left = low_pass(SIDE * (a + side) + c, powers, past_left)
            wet_right, past_right = low_pass(SIDE * (b - side) + c, powers, past_right)
            past, beside = dry + dry_step * t, loud + loud_step * t
            store_until(left, i, n, past * load_until(left, i, n) + beside * wet_left)
            store_until(right, i, n, past * load_until(right, i, n) + beside * wet_right)
        state[DARK], state[DARK + 1] = final(wet_left, n), final(wet_right, n)
        now += n
        done += n
    cursors[0] = now


def build(sample_rate, options):
    memory = bank_size(VOICES, line_length(CENTRE_S + SWEEP_S, sample_rate)) + VOICES * CHUNK
    return Prepared(process, STATE, 1, memory, counts(sample_rate, options))


EFFECT = Effect("chorus", "Chorus", "Three detuned copies around the sound, wide and still in tune.", PARAMETERS,
                build=build, widens=True)
