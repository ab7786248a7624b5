"""Clipper: shaves the peaks off at a ceiling, for loudness in a mix or a master.

Below the knee nothing is changed but the level. The knee is that of a cubic: hard, the curve is straight up to the
ceiling; soft, it bends all the way and is there 3.5 dB later (Zoelzer, "DAFX", 2nd ed., ch. 4.3). What it does
makes no aliases: it runs at eight times the rate (dsp.primitives.shaping). Then the sound comes out later, is without
what lies above 14 to 18 kHz, and rises over the ceiling by as much as the corners cut there would: a limiter behind
it catches that. Without `antialias` it is a bare curve: no latency, bit by bit what went in below a hard
ceiling, never above it, and aliases.
"""

import numpy as np

from dsp.effect import Effect, Option, Prepared, line_length
from dsp.native import borrow, helper, kernel
from dsp.parameter import Parameter
from dsp.primitives import shaping
from dsp.primitives.filters import bank_state, turned
from dsp.primitives.levels import db_to_gain
from dsp.primitives.shaping import clip_hard_all

DRIVE, CEILING, KNEE = range(3)
PARAMETERS = (
    Parameter("drive_db", "Drive", "dB", 0.0, 24.0, 0.0, tag="drive"),
    Parameter("ceiling_db", "Ceiling", "dB", -24.0, 0.0, -3.0, tag="level"),
    Parameter("knee", "Knee", "", 0.0, 1.0, 0.3, tag="dynamics"),
)
OPTIONS = (Option("antialias", "runs at eight times the rate, so that it makes no aliases", "switch", True),)

# In state: what the knobs come to at a block's start, and their steps from frame to frame. The curve is
# x (1 - BEND x^2) between -RAIL and RAIL; GAIN goes before it.
GAIN, RAIL, BEND, LEVEL, EDGE, CURVE = range(6)
SEEN = 2 * CURVE
STATE = SEEN + bank_state(0, len(PARAMETERS))


@helper
def curve_at(knobs, end):
    """Gain, rail, bend, the ceiling itself, and the knee as `clip_hard` has it."""
    gain, level = db_to_gain(np.float64(knobs[DRIVE, end])), db_to_gain(np.float64(knobs[CEILING, end]))
    r = 0.5 * knobs[KNEE, end]
    rail = level * (1.0 + r)
    return gain, rail, r / ((1.0 + r) * rail * rail), level, 1.0 - knobs[KNEE, end]


@helper
def settle(knobs, state, frames):
    start, end = curve_at(knobs, 0), curve_at(knobs, 1)
    for place in range(CURVE):
        state[place], state[CURVE + place] = start[place], (end[place] - start[place]) / frames


@helper
def line_of(state, place):
    return np.float32(state[place]), np.float32(state[CURVE + place])


@kernel
def clip_cleanly(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    state, memory, io = borrow(state), borrow(memory), borrow(io)
    if turned(knobs, state[SEEN:], 0):
        settle(knobs, state, frames)
    (gain, gain_step), (rail, rail_step) = line_of(state, GAIN), line_of(state, RAIL)
    before = gain / rail
    after = (gain + gain_step * np.float32(frames)) / (rail + rail_step * np.float32(frames))
    clip_hard_all(io, memory, frames, (before, (after - before) / np.float32(frames)), line_of(state, EDGE),
                  line_of(state, LEVEL))


@helper
def curve(x, rail, bend):
    x = min(max(x, -rail), rail)
    return x - bend * x * x * x


@kernel
def clip_barely(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    state, io = borrow(state), borrow(io)
    if turned(knobs, state[SEEN:], 0):
        settle(knobs, state, frames)
    (gain, gain_step), (rail, rail_step) = line_of(state, GAIN), line_of(state, RAIL)
    bend, bend_step = line_of(state, BEND)
    for channel in range(io.shape[0]):
        x = io[channel]
        if gain_step == 0.0 and rail_step == 0.0 and bend_step == 0.0:
            for i in range(frames):
                x[i] = curve(gain * x[i], rail, bend)
        else:
            for i in range(frames):
                way = np.float32(np.int32(i + 1))
                x[i] = curve((gain + gain_step * way) * x[i], rail + rail_step * way, bend + bend_step * way)


def build(sample_rate, options):
    if not options["antialias"]:
        return Prepared(clip_barely, STATE)
    memory = 2 * line_length(shaping.MEMORY_S, sample_rate)
    return Prepared(clip_cleanly, STATE, memory=memory, latency=shaping.LATENCY)


EFFECT = Effect("clipper", "Clipper", "Shaves the peaks off at a ceiling, hard or soft.", PARAMETERS, build=build,
                options=OPTIONS, tail_s=0.01)
