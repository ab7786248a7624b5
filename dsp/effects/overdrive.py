"""Overdrive: an amplifier stage driven into a soft clipper, as in the small green pedal.

The stage amplifies what lies above the tightness corner and passes the bass beneath at unity, like
the non-inverting operational amplifier of that circuit (Yeh, Abel, Smith, "Simplified, Physically-
Informed Models of Distortion and Overdrive Guitar Effects Pedals", DAFx-07). The clipper runs at
eight times the rate without aliases (dsp.primitives.shaping). Its operating point follows the
level, as a coupling capacitor is charged by a tube's grid: so even harmonics stay in proportion
from a whisper to full drive. Behind it a mild hump in the mids, and the tone control.
"""

import numpy as np

from dsp.effect import Effect
from dsp.native import borrow, helper, kernel
from dsp.parameter import Parameter
from dsp.primitives import shaping
from dsp.primitives.filters import (BUTTERWORTH, bank_state, coefficients_of, put_bell, put_high_pass,
                                    put_low_pass, run_bank, turned)
from dsp.primitives.levels import db_to_gain, rate
from dsp.primitives.ramps import line_from
from dsp.primitives.reciprocals import inverse_root
from dsp.primitives.scans import final
from dsp.primitives.shaping import BIAS, HISTORY, INPUT, TILE, clip_rows, put_tile, rows_of
from dsp.primitives.vectors.arithmetic import splat
from dsp.primitives.vectors.kinds import LANES
from dsp.primitives.vectors.lanes import slide_1
from dsp.primitives.vectors.memory import load_until, moved, start_of, store
from dsp.primitives.windows import fading_of, follow, put_powers

DRIVE, ASYMMETRY, TIGHT, TONE, LEVEL = range(5)
PARAMETERS = (
    Parameter("drive_db", "Drive", "dB", 0.0, 40.0, 20.0, tag="drive"),
    Parameter("asymmetry", "Asymmetry", "", 0.0, 1.0, 0.4, tag="drive"),
    Parameter("tight_hz", "Tight", "Hz", 20.0, 1000.0, 250.0, "log", tag="body"),
    Parameter("tone_hz", "Tone", "Hz", 800.0, 12000.0, 4000.0, "log", tag="brightness"),
    Parameter("level_db", "Level", "dB", -24.0, 12.0, 0.0, tag="level"),
)
CLIPPED = 0.1           # where full clipping is put: guitar takes stay as loud within 2 dB from 0 to 40 dB
BIAS_SHARE = 0.63       # of the effective level, at full asymmetry
BIAS_MS = 10.0          # over which the level's square is taken
HUM_HZ = 25.0           # takes off the DC of an asymmetric clipper
HUMP_HZ, HUMP_Q, HUMP_DB = 750.0, 0.6, 3.0
NOTHING = np.float32(1e-30)     # keeps the level's root from silence

HIGHS, PAST, POWER, PER_CHANNEL = range(4)      # in state: the sound above the corner, all of it, the mean square
# Behind both channels' in state: what the knobs come to, kept until one is turned.
GAIN, GAIN_STEP, SHIFT, SHIFT_STEP, OUT, OUT_STEP, TIGHT_POWERS = range(7)
CHARGE_POWERS = TIGHT_POWERS + LANES
SETTINGS = CHARGE_POWERS + LANES
SECTIONS = 3                        # of the filters behind, whose state comes last


@helper
def design(tone, end, bank, sample_rate):
    put_high_pass(bank, 0, HUM_HZ, BUTTERWORTH, sample_rate)
    put_bell(bank, 1, HUMP_HZ, HUMP_Q, HUMP_DB, sample_rate)
    put_low_pass(bank, 2, tone[0, end], BUTTERWORTH, sample_rate)


@helper
def gains(knobs, end):
    """Gain before the clipper, and the gain behind it that keeps the loudness."""
    drive = db_to_gain(np.float64(knobs[DRIVE, end]))
    return drive, (1.0 / drive + CLIPPED) * db_to_gain(np.float64(knobs[LEVEL, end]))


@helper
def settle(knobs, set_to, bank, end_bank, frames, sample_rate):
    """Work out everything that depends on the knobs alone; all that a block's ends differ in moves in steps."""
    gain, out = gains(knobs, 0)
    gain_end, out_end = gains(knobs, 1)
    set_to[GAIN], set_to[GAIN_STEP] = gain, (gain_end - gain) / frames
    set_to[OUT], set_to[OUT_STEP] = out, (out_end - out) / frames
    set_to[SHIFT] = BIAS_SHARE * knobs[ASYMMETRY, 0]
    set_to[SHIFT_STEP] = BIAS_SHARE * (knobs[ASYMMETRY, 1] - knobs[ASYMMETRY, 0]) / frames
    # The corner needs no ramp: the bass beneath it moves on without a jump.
    put_powers(set_to[TIGHT_POWERS:], 1.0 - rate(1000.0 / (2.0 * np.pi * knobs[TIGHT, 1]), sample_rate))
    put_powers(set_to[CHARGE_POWERS:], 1.0 - rate(BIAS_MS, sample_rate))
    tone = knobs[TONE:TONE + 1]
    design(tone, 0, bank, sample_rate)
    design(tone, 1, end_bank, sample_rate)


@helper
def drive_tile(sound, rows, state, set_to, begin, frames):
    """The amplifier stage: fill the clipper's rows with the driven sound and its operating point.

    The level is taken from the square: a rectifier at the plain rate would alias by itself (-83 dB).
    """
    driven, bias = start_of(rows[INPUT]), start_of(rows[BIAS])
    tight_powers, charge_powers = set_to[TIGHT_POWERS:], set_to[CHARGE_POWERS:]
    tight, charge = fading_of(tight_powers), fading_of(charge_powers)
    keep, share = np.float32(tight_powers[0]), np.float32(1.0 - charge_powers[0])
    highs, power, past = state[HIGHS], state[POWER], splat(np.float32(state[PAST]))
    gain, gain_step = line_from(set_to[GAIN], set_to[GAIN_STEP], begin)
    shift, shift_step = line_from(set_to[SHIFT], set_to[SHIFT_STEP], begin)
    for at in range(0, frames, LANES):
        x = load_until(sound, at, frames)
        # By its own way, not as what the bass leaves: full drive makes a hundred times as much of its errors.
        high, highs = follow(keep * (x - slide_1(past, x)), tight_powers, tight, highs, frames - at)
        louder = x - high + gain * high
        square, power = follow(share * louder * louder, charge_powers, charge, power, frames - at)
        store(driven, HISTORY + at, louder)
        store(bias, HISTORY + at, shift * square * inverse_root(square + NOTHING))
        gain, shift, past = gain + gain_step, shift + shift_step, x
    state[HIGHS], state[POWER], state[PAST] = highs, power, final(past, frames)


@kernel
def process(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    state, memory, io = borrow(state), borrow(memory), borrow(io)
    set_to = state[2 * PER_CHANNEL:2 * PER_CHANNEL + SETTINGS]
    filters = state[2 * PER_CHANNEL + SETTINGS:]
    if turned(knobs, filters, SECTIONS):
        start, end, _ = coefficients_of(filters, SECTIONS)
        settle(knobs, set_to, start, end, frames, sample_rate)

    for channel in range(io.shape[0]):
        rows = rows_of(memory, channel)
        for begin in range(0, frames, TILE):
            x, count = moved(start_of(io[channel]), begin), min(frames - begin, TILE)
            drive_tile(x, rows, state[PER_CHANNEL * channel:], set_to, begin, count)
            clip_rows(rows, count)
            put_tile(rows, x, set_to[OUT], set_to[OUT_STEP], begin, count)
    run_bank(knobs[TONE:TONE + 1], filters, SECTIONS, io, frames)


EFFECT = Effect("overdrive", "Overdrive", "From a warm push to a singing lead, tight and without harshness.",
                PARAMETERS, process, state=2 * PER_CHANNEL + SETTINGS + bank_state(SECTIONS, len(PARAMETERS)),
                memory_s=shaping.MEMORY_S, memory_lines=2, tail_s=0.19, latency=shaping.LATENCY)
