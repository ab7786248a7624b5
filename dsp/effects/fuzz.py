"""Fuzz: transistors driven into their rails, as in the round pedal of 1966.

One hard curve without aliases (dsp.primitives.shaping), and what makes it alive lies in where it rests.
In the middle it squares; starved towards a rail it is cut off until the string is hard enough to open
it, which is the sputtering gate of a dying battery. A coupling capacitor charges with the level and
moves the point on, so that the wave is never even; and a guitar turned down loads the input less and
cleans up (Keen, "The Technology of the Fuzz Face", 1998; Yeh, "Digital Implementation of Musical
Distortion Circuits by Analysis and Simulation", Stanford 2009). From germanium to silicon the cut gets
harder and the treble opens. `octave` turns the lower halves of the wave up, as the octave fuzz's phase
splitter and diodes do, and cuts them half way up, wherever that is, so that it sings at any loudness.
"""

import numpy as np

from dsp.effect import Effect
from dsp.native import borrow, helper, inlined, kernel
from dsp.parameter import Parameter
from dsp.primitives import shaping
from dsp.primitives.filters import (BUTTERWORTH, bank_state, coefficients_of, put_bell, put_high_pass, put_low_pass,
                                    run_bank, turned)
from dsp.primitives.levels import db_to_gain, rate
from dsp.primitives.reciprocals import quotient, reciprocal, root
from dsp.primitives.shaping import (BIAS, CONTROL, HALF, HIGH, HISTORY, INPUT, LAST_OUT, ONE, PHASES, QUARTER, STILL,
                                    TILE, ZERO, average, bend_of, clip_hard, go_down, go_up, height, last_before,
                                    point, put_tile, rows_of)
from dsp.primitives.vectors.arithmetic import magnitude, splat, where_more
from dsp.primitives.vectors.kinds import LANES
from dsp.primitives.vectors.lanes import slide_1
from dsp.primitives.vectors.memory import load, start_of, store

FUZZ, STARVE, OCTAVE, SILICON, CLEAN_UP, TONE, LEVEL = range(7)
PARAMETERS = (
    Parameter("fuzz_db", "Fuzz", "dB", 6.0, 46.0, 34.0, tag="drive"),
    Parameter("starve", "Starve", "", 0.0, 1.0, 0.15, tag="dynamics"),
    Parameter("octave", "Octave", "", 0.0, 1.0, 0.0, tag="pitch"),
    Parameter("silicon", "Silicon", "", 0.0, 1.0, 0.35, tag="brightness"),
    Parameter("clean_up", "Clean up", "", 0.0, 1.0, 0.5, tag="dynamics"),
    Parameter("tone_hz", "Tone", "Hz", 800.0, 10000.0, 4500.0, "log", tag="brightness"),
    Parameter("level_db", "Level", "dB", -24.0, 12.0, 0.0, tag="level"),
)
CLEAN, CLIPPED = 0.75, 0.14         # of the unclipped sound, and of the rails: as loud as what comes in
REST, STARVED = 0.1, 2.0            # where the curve rests; 1 is the rail
SINK = 0.35                         # by how much of the effective level it moves on
FOLD = 0.9                          # of the effective level, where the octave is cut: half of a sine is above
SINK_MS = 7.0                       # over which the level's square is taken, twice: its ripple would alias (-77 dB)
TURNED_DOWN = 0.03                  # an effective level that counts as turned down: half the gain at full clean-up
SMALLEST = 1e-10                    # keeps the level's root from silence
BODY_HZ = 60.0
GERMANIUM_HZ, SILICON_HZ = 3500.0, 14000.0      # where the transistors' treble ends
SCOOP_HZ, SCOOP_Q, SCOOP_DB = 900.0, 0.6, -3.0

EDGE_ROW, OCTAVE_ROW, FOLD_ROW = CONTROL, CONTROL + 1, CONTROL + 2
SECTIONS = 4
POWER, SMOOTH = 0, 2                # in state, one per channel
# Behind them: what the knobs come to, kept until one is turned; the bank.
GAIN, GAIN_STEP, OUT, OUT_STEP, CHARGE, BANK = range(4, 10)


@helper
def design(knobs, end, bank, sample_rate):
    put_high_pass(bank, 0, BODY_HZ, BUTTERWORTH, sample_rate)
    put_bell(bank, 1, SCOOP_HZ, SCOOP_Q, SCOOP_DB, sample_rate)
    put_low_pass(bank, 2, GERMANIUM_HZ * (SILICON_HZ / GERMANIUM_HZ) ** knobs[SILICON, end], BUTTERWORTH, sample_rate)
    put_low_pass(bank, 3, knobs[TONE, end], BUTTERWORTH, sample_rate)


@helper
def gains(knobs, end):
    """Gain before the first stage, and the gain behind the second that keeps the loudness."""
    fuzz = db_to_gain(np.float64(knobs[FUZZ, end]))
    return fuzz, (CLEAN / fuzz + CLIPPED) * db_to_gain(np.float64(knobs[LEVEL, end]))


@helper
def settle(knobs, state, frames, sample_rate):
    gain, out = gains(knobs, 0)
    gain_end, out_end = gains(knobs, 1)
    state[GAIN], state[GAIN_STEP] = gain, (gain_end - gain) / frames
    state[OUT], state[OUT_STEP] = out, (out_end - out) / frames
    state[CHARGE] = rate(SINK_MS, sample_rate)
    start, end, _ = coefficients_of(state[BANK:], SECTIONS)
    design(knobs, 0, start, sample_rate)
    design(knobs, 1, end, sample_rate)


@helper
def follow(x, rows, state, channel, frames):
    """Put the level's square into the BIAS row."""
    power, smooth = state[POWER + channel], state[SMOOTH + channel]
    charge, powers = state[CHARGE], rows[BIAS, HISTORY:]
    for i in range(frames):
        power = (1.0 - charge) * power + charge * (np.float64(x[i]) * x[i])
        smooth = (1.0 - charge) * smooth + charge * power
        powers[i] = smooth
    state[POWER + channel], state[SMOOTH + channel] = power, smooth


@helper
def fill_tile(x, rows, knobs, state, begin, block, frames):
    """Fill the rows that move the curve."""
    gain, gain_step = np.float32(state[GAIN]), np.float32(state[GAIN_STEP])
    driven, bias, fold = rows[INPUT, HISTORY:], rows[BIAS, HISTORY:], rows[FOLD_ROW, HISTORY:]
    octave, edge = rows[OCTAVE_ROW, HISTORY:], rows[EDGE_ROW, HISTORY:]
    per_frame = ONE / np.float32(block)
    for i in range(frames):
        way = np.float32(np.int32(begin + i + 1))
        part = way * per_frame
        level = root(bias[i] + np.float32(SMALLEST))
        clean_up = between(knobs, CLEAN_UP, part)
        loading = level * reciprocal(level + np.float32(TURNED_DOWN))
        amount = (gain + gain_step * way) * (ONE - clean_up + clean_up * loading)
        driven[i] = x[i] * amount
        rest = np.float32(REST) + np.float32(STARVED - REST) * between(knobs, STARVE, part)
        bias[i] = rest + np.float32(SINK) * level * amount
        octave[i] = between(knobs, OCTAVE, part)
        fold[i] = -np.float32(FOLD) * level * amount
        edge[i] = between(knobs, SILICON, part)


@helper
def between(knobs, parameter, part):
    """A knob's value at a part of the block."""
    return knobs[parameter, 0] + part * (knobs[parameter, 1] - knobs[parameter, 0])


@inlined
def average_folded(b, a, bend, fold):
    """The mean of the curve on the way from b to a and back up: with a zero between them, of both parts."""
    still = splat(STILL)
    up_a, up_b = magnitude(a), magnitude(b)
    part_a, part_b = up_a + still, up_b + still
    low, high_a, high_b = point(fold), point(fold + up_a), point(fold + up_b)
    both = part_a * average(low, high_a, bend) + part_b * average(low, high_b, bend)
    across = quotient(both, part_a + part_b)
    return where_more(a * b, splat(ZERO), average(high_b, high_a, bend), across)


@inlined
def average_blended(b, a, bias, bend, fold, octave):
    plain = average(point(b + bias), point(a + bias), bend)
    return plain + octave * (average_folded(b, a, bend, fold) - plain)


@inlined
def controls_at(rows, at):
    """What moves the curve: (bias, bend, fold, octave, what comes out of it at rest)."""
    bias, fold, octave = load(rows[BIAS], at), load(rows[FOLD_ROW], at), load(rows[OCTAVE_ROW], at)
    bend = bend_of(load(rows[EDGE_ROW], at))
    plain = height(point(bias), bend)
    return bias, bend, fold, octave, plain + octave * (height(point(fold), bend) - plain)


@helper
def clip_folded(rows, frames):
    """`clip_hard`, and part of it of the wave with its lower halves turned up."""
    half, quarter = splat(HALF), splat(QUARTER)
    for at in range(HISTORY, HISTORY + frames, LANES):
        bias, bend, fold, octave, rest = controls_at(rows, at)
        a, b = load(rows[HIGH + PHASES - 1], at), load(rows[HIGH + PHASES - 2], at)
        ahead = average_blended(half * (a + b), a, bias, bend, fold, octave) - rest
        store(rows[LAST_OUT], at, ahead)
        b, last = last_before(rows, at), slide_1(load(rows[LAST_OUT], at - LANES), ahead) + rest
        for phase in range(HIGH, HIGH + PHASES):
            a = load(rows[phase], at)
            middle = half * (a + b)
            first = average_blended(b, middle, bias, bend, fold, octave)
            second = average_blended(middle, a, bias, bend, fold, octave)
            store(rows[phase], at, half * first + quarter * (last + second) - rest)
            b, last = a, second


@kernel
def process(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    state, memory, io = borrow(state), borrow(memory), borrow(io)
    if turned(knobs, state[BANK:], SECTIONS):
        settle(knobs, state, frames, sample_rate)
    for channel in range(io.shape[0]):
        rows = rows_of(memory, channel)
        for begin in range(0, frames, TILE):
            x = io[channel, begin:]
            count = min(frames - begin, TILE)
            follow(x, rows, state, channel, count)
            fill_tile(x, rows, knobs, state, begin, frames, count)
            go_up(rows, count)
            if knobs[OCTAVE, 0] > 0.0 or knobs[OCTAVE, 1] > 0.0:
                clip_folded(rows, count)
            else:
                clip_hard(rows, EDGE_ROW, count)
            go_down(rows, count)
            put_tile(rows, start_of(x), state[OUT], state[OUT_STEP], begin, count)
    run_bank(knobs, state[BANK:], SECTIONS, io, frames)


EFFECT = Effect("fuzz", "Fuzz", "Woolly germanium to biting silicon; starve it and it sputters.", PARAMETERS, process,
                state=BANK + bank_state(SECTIONS, len(PARAMETERS)), memory_s=shaping.MEMORY_S, memory_lines=2,
                tail_s=0.19, latency=shaping.LATENCY)
