"""Guitar amplifier: two tube stages, an interactive tone stack and a power stage that sags. It needs no file.

Each stage bends softly about an operating point that moves with the level, as a coupling capacitor is
charged by the grid behind it, and turns the wave over, so that the second bends what the first left
whole; the capacitors between them tighten the bass (Pakarinen and Yeh, "A Review of Digital Techniques
for Modeling Vacuum-Tube Guitar Amplifiers", Computer Music Journal 33(2), 2009). The tone stack is that
of the 1959 tweed amplifier after Yeh and Smith, "Discretization of the '59 Fender Bassman Tone Stack",
DAFx-06: three controls of one passive network, each moving what the others do. The power stage's supply
gives way under a loud chord and recovers behind it. Every stage is resampled and freed from aliases by
itself (dsp.primitives.shaping); there is no speaker in it: send it into `cabinet` or `ir`.
"""

import numpy as np

from dsp.effect import Effect
from dsp.native import borrow, helper, kernel
from dsp.parameter import Parameter
from dsp.primitives import shaping
from dsp.primitives.filters import (BUTTERWORTH, bank_state, coefficients_of, integrator, put_bell, put_high_pass,
                                    put_high_shelf, put_low_pass, put_section, run_bank, scale_section, turned)
from dsp.primitives.levels import db_to_gain, rate
from dsp.primitives.reciprocals import reciprocal, root
from dsp.primitives.shaping import BIAS, HISTORY, INPUT, ONE, TILE, clip_rows, rows_of

FULL_DB = 54.0              # of gain
GAIN, BASS, MID, TREBLE, PRESENCE, MASTER, SAG, LEVEL = range(8)
PARAMETERS = (
    Parameter("gain_db", "Gain", "dB", 0.0, FULL_DB, 24.0, tag="drive"),
    Parameter("bass", "Bass", "", 0.0, 1.0, 0.5, tag="body"),
    Parameter("mid", "Mid", "", 0.0, 1.0, 0.6, tag="body"),
    Parameter("treble", "Treble", "", 0.0, 1.0, 0.6, tag="brightness"),
    Parameter("presence", "Presence", "", 0.0, 1.0, 0.4, tag="brightness"),
    Parameter("master_db", "Master", "dB", -18.0, 12.0, 0.0, tag="drive"),
    Parameter("sag", "Sag", "", 0.0, 1.0, 0.4, tag="dynamics"),
    Parameter("level_db", "Level", "dB", -24.0, 12.0, 0.0, tag="level"),
)

# Of the gain knob's decibels the two stages take a share each, beyond what they give at its lowest.
FIRST_DB, FIRST_SHARE = 4.0, 0.5
SECOND_DB, SECOND_SHARE = 2.0, 0.5
POWER_DB = 2.0
STACK_DB = 14.0             # what the tone stack costs
REST = 0.25                 # a tube's operating point, of the way to where the curve bends
SINK = 0.5                  # how far it moves on, of the level above that
SINK_MS = 9.0               # over which the level's square is taken, twice: its ripple would alias
SAG_MS = 45.0               # of the supply, twice
SAG_DEPTH = 0.8             # 5 dB at full sag when the output is square
OUT_CLEAN, OUT_FULL = 0.35, 0.1      # of the unclipped sound, and of the rails: as loud as what comes in
SMALLEST = 1e-12            # keeps the level's root from silence

LOOSE_HZ, TIGHT_HZ = 45.0, 140.0    # first coupling, from clean to lead
BRIGHT_HZ, BRIGHT_DB = 1800.0, 5.0  # the capacitor over the gain knob: it has no effect when that is full up
COUPLING_HZ = 70.0
# Between the stages an elliptic low-pass of sixth order: what a stage's resampler leaves above 18 kHz, folded, the
# next one would mix down (-45 dB without). Corners, sharpness and notches; flat to 10 kHz, 90 dB down at 17.
LIMIT_HZ = (5978.0, 8846.0, 10420.0)
LIMIT_Q = (0.604, 1.402, 5.101)
LIMIT_NOTCH_HZ = (21892.0, 18553.0, 16921.0)
BODY_HZ, BODY_Q, BODY_DB = 650.0, 0.6, 6.0
PRESENCE_HZ, PRESENCE_DB = 3000.0, 5.0
THUMP_HZ, THUMP_Q, THUMP_DB = 95.0, 0.9, 3.0        # the speaker's resonance pulls the power stage up
TRANSFORMER_LOW_HZ, TRANSFORMER_HZ = 30.0, 10000.0

# The 5F6-A's tone stack: ohms and farads.
R1, R2, R3, R4 = 250e3, 1e6, 25e3, 56e3
C1, C2, C3 = 250e-12, 20e-9, 20e-9
BASS_TAPER = 3.4            # powers of ten between the ends of the bass pot, which is logarithmic

STAGES, FIRST, SECOND, POWER = 3, 0, 1, 2
FRONT, BETWEEN, STACK, BEHIND = 3, 4, 3, 3          # sections of the filters before, between and after
# In state: each stage's level squared, smoothed once and twice, for both channels; what the knobs come to; the banks.
LEVELS = 4
DRIVES = STAGES * LEVELS    # gain and step of each stage, then of the output
OUT, CHARGE, SUPPLY = DRIVES + 2 * STAGES, DRIVES + 2 * STAGES + 2, DRIVES + 2 * STAGES + 3
FRONT_AT = SUPPLY + 1
BETWEEN_AT = FRONT_AT + bank_state(FRONT, len(PARAMETERS))
AFTER_AT = BETWEEN_AT + bank_state(BETWEEN, len(PARAMETERS))
STACK_AT = AFTER_AT + bank_state(BETWEEN, len(PARAMETERS))
BEHIND_AT = STACK_AT + bank_state(STACK, len(PARAMETERS))
STATE = BEHIND_AT + bank_state(BEHIND, len(PARAMETERS))


# --- The tone stack -----------------------------------------------------------------------------

@helper
def stack_polynomials(t, m, l):
    """Treble, middle and bass pots at 0..1 as (b1, b2, b3), (a1, a2, a3) of Yeh and Smith's
    H(s) = (b1 s + b2 s^2 + b3 s^3) / (1 + a1 s + a2 s^2 + a3 s^3)."""
    c123 = C1 * C2 * C3
    b1 = t * C1 * R1 + m * C3 * R3 + l * (C1 + C2) * R2 + (C1 + C2) * R3
    b2 = (t * C1 * (C2 + C3) * R1 * R4 + m * (1.0 - m) * (C1 + C2) * C3 * R3 * R3 + m * C1 * C3 * R1 * R3
          + l * C1 * R2 * (C2 * R1 + C2 * R4 + C3 * R4) + l * m * (C1 + C2) * C3 * R2 * R3
          + C1 * R3 * (C2 * R1 + C2 * R4 + C3 * R4))
    b3 = c123 * (l * m * R2 * R3 * (R1 + R4) + m * (1.0 - m) * R3 * R3 * (R1 + R4)
                 + t * (1.0 - m) * R1 * R3 * R4 + t * l * R1 * R2 * R4)
    a1 = C1 * (R1 + R3) + C2 * (R3 + R4) + C3 * R4 + m * C3 * R3 + l * (C1 + C2) * R2
    a2 = (m * C3 * R3 * (C1 * R1 - C2 * R4) + m * (1.0 - m) * (C1 + C2) * C3 * R3 * R3
          + l * m * (C1 + C2) * C3 * R2 * R3 + l * R2 * (C1 * C2 * (R1 + R4) + (C1 + C2) * C3 * R4)
          + C1 * (C2 + C3) * R1 * R4 + C1 * C2 * R3 * (R1 + R4) + (C1 + C2) * C3 * R3 * R4)
    a3 = c123 * (l * m * R2 * R3 * (R1 + R4) + m * (1.0 - m) * R3 * R3 * (R1 + R4)
                 + (1.0 - m) * R1 * R3 * R4 + l * R1 * R2 * R4)
    return (b1, b2, b3), (a1, a2, a3)


@helper
def poles_of(a1, a2, a3):
    """The three poles, as positive corners in radians per second, the lowest first: a network of resistors and
    capacitors has real ones, so Viete's cosines find them."""
    p, q, r = a2 / a3, a1 / a3, 1.0 / a3
    third = p / 3.0
    spread = np.sqrt(max(third * third - q / 3.0, 0.0))
    half = (2.0 * third * third * third - third * q + r) / 2.0
    angle = np.arccos(min(max(-half / (spread * spread * spread), -1.0), 1.0)) / 3.0
    turn = 2.0 * np.pi / 3.0
    return (third - 2.0 * spread * np.cos(angle), third - 2.0 * spread * np.cos(angle - turn),
            third - 2.0 * spread * np.cos(angle + turn))


@helper
def put_stack(bank, section, knobs, end, sample_rate):
    """The stack as two sections: its zero at DC over the lowest pole, then the rest."""
    l = 10.0 ** (BASS_TAPER * (knobs[BASS, end] - 1.0))
    (b1, b2, b3), (a1, a2, a3) = stack_polynomials(np.float64(knobs[TREBLE, end]), np.float64(knobs[MID, end]), l)
    lowest, other, highest = poles_of(a1, a2, a3)
    # s / (s + p) is s (s + p) / (s + p)^2
    put_section(bank, section, integrator(lowest / (2.0 * np.pi), sample_rate), 2.0, 1.0, -1.0, -1.0)
    center = np.sqrt(other * highest)
    damping = (other + highest) / center
    high, band, low = b3 / a3, b2 / (a3 * center), b1 / (a3 * center * center)
    put_section(bank, section + 1, integrator(center / (2.0 * np.pi), sample_rate), damping,
                high, band - damping * high, low - high)
    scale_section(bank, section + 1, STACK_DB)


# --- The filters --------------------------------------------------------------------------------

@helper
def put_front(bank, knobs, end, sample_rate):
    full = knobs[GAIN, end] / FULL_DB
    put_high_pass(bank, 0, LOOSE_HZ * (TIGHT_HZ / LOOSE_HZ) ** full, BUTTERWORTH, sample_rate)
    put_high_shelf(bank, 1, BRIGHT_HZ, BUTTERWORTH, BRIGHT_DB * (1.0 - full), sample_rate)
    put_bell(bank, 2, BODY_HZ, BODY_Q, BODY_DB * full, sample_rate)


@helper
def put_between(bank, sample_rate):
    put_high_pass(bank, 0, COUPLING_HZ, 0.5, sample_rate)
    for section in range(3):
        corner = integrator(LIMIT_HZ[section], sample_rate)
        floor, damping = (corner / integrator(LIMIT_NOTCH_HZ[section], sample_rate)) ** 2, 1.0 / LIMIT_Q[section]
        put_section(bank, 1 + section, corner, damping, floor, -floor * damping, 1.0 - floor)


@helper
def put_behind(bank, knobs, end, sample_rate):
    put_high_pass(bank, 0, TRANSFORMER_LOW_HZ, BUTTERWORTH, sample_rate)
    put_bell(bank, 1, THUMP_HZ, THUMP_Q, THUMP_DB, sample_rate)
    put_low_pass(bank, 2, TRANSFORMER_HZ, BUTTERWORTH, sample_rate)


@helper
def put_tone(bank, knobs, end, sample_rate):
    put_stack(bank, 0, knobs, end, sample_rate)
    put_high_shelf(bank, 2, PRESENCE_HZ, BUTTERWORTH, PRESENCE_DB * np.float64(knobs[PRESENCE, end]), sample_rate)


# --- The stages ---------------------------------------------------------------------------------

@helper
def drive_of(knobs, stage, end):
    """A stage's gain, and behind the last that of the output."""
    gain = np.float64(knobs[GAIN, end])
    if stage == FIRST:
        return db_to_gain(FIRST_DB + FIRST_SHARE * gain)
    if stage == SECOND:
        return db_to_gain(SECOND_DB + SECOND_SHARE * gain)
    power = POWER_DB + np.float64(knobs[MASTER, end])
    if stage == POWER:
        return db_to_gain(power)
    return loudness(gain, power) * db_to_gain(np.float64(knobs[LEVEL, end]))


@helper
def loudness(gain_db, power_db):
    """What keeps the output as loud as the input, from clean to lead."""
    return OUT_CLEAN / db_to_gain(gain_db + power_db) + OUT_FULL / (db_to_gain(power_db) + 1.0) + OUT_FULL


@helper
def settle(knobs, state, frames, sample_rate):
    """Work out everything that depends on the knobs alone."""
    for stage in range(STAGES + 1):
        start, end = drive_of(knobs, stage, 0), drive_of(knobs, stage, 1)
        state[DRIVES + 2 * stage], state[DRIVES + 2 * stage + 1] = start, (end - start) / frames
    state[CHARGE], state[SUPPLY] = rate(SINK_MS, sample_rate), rate(SAG_MS, sample_rate)
    for end in range(2):
        put_front(coefficients_of(state[FRONT_AT:], FRONT)[end], knobs, end, sample_rate)
        put_between(coefficients_of(state[BETWEEN_AT:], BETWEEN)[end], sample_rate)
        put_between(coefficients_of(state[AFTER_AT:], BETWEEN)[end], sample_rate)
        put_tone(coefficients_of(state[STACK_AT:], STACK)[end], knobs, end, sample_rate)
        put_behind(coefficients_of(state[BEHIND_AT:], BEHIND)[end], knobs, end, sample_rate)


@helper
def amplify(x, gain, gain_step, begin, frames):
    gain, gain_step = np.float32(gain), np.float32(gain_step)
    for i in range(frames):
        x[i] *= gain + gain_step * np.float32(np.int32(begin + i + 1))


@helper
def smooth_twice(row, levels, frames, share):
    once, twice = levels[0], levels[1]
    for i in range(frames):
        once = (1.0 - share) * once + share * row[i]
        twice = (1.0 - share) * twice + share * once
        row[i] = twice
    levels[0], levels[1] = once, twice


@helper
def run_tube(x, rows, state, stage, channel, begin, frames):
    """A preamplifier stage over one tile."""
    levels = state[LEVELS * stage + 2 * channel:]
    bias, driven = rows[BIAS, HISTORY:], rows[INPUT, HISTORY:]
    amplify(x, state[DRIVES + 2 * stage], state[DRIVES + 2 * stage + 1], begin, frames)
    for i in range(frames):
        bias[i] = x[i] * x[i]
    smooth_twice(bias, levels, frames, state[CHARGE])
    for i in range(frames):
        level = root(bias[i] + np.float32(SMALLEST))
        # Only what goes beyond the bend draws grid current.
        bias[i] = np.float32(REST) + np.float32(SINK) * level * level * reciprocal(level + ONE)
        driven[i] = -x[i]
    clip_rows(rows, frames)
    x[:frames] = rows[BIAS, :frames]


@helper
def run_power(x, rows, state, knobs, channel, begin, block, frames):
    """The power stage over one tile: symmetrical, between rails that give way as the supply sags."""
    levels = state[LEVELS * POWER + 2 * channel:]
    row, driven = rows[BIAS, HISTORY:], rows[INPUT, HISTORY:]
    amplify(x, state[DRIVES + 2 * POWER], state[DRIVES + 2 * POWER + 1], begin, frames)
    for i in range(frames):
        # What comes out of the curve, squared: the current that is drawn.
        row[i] = x[i] * x[i] * reciprocal(ONE + x[i] * x[i])
    smooth_twice(row, levels, frames, state[SUPPLY])
    sag_step = (knobs[SAG, 1] - knobs[SAG, 0]) / np.float32(block)
    for i in range(frames):
        way = np.float32(np.int32(begin + i + 1))
        lower = ONE + np.float32(SAG_DEPTH) * (knobs[SAG, 0] + sag_step * way) * row[i]
        driven[i] = x[i] * lower
        x[i] = reciprocal(lower)
        row[i] = np.float32(0.0)
    clip_rows(rows, frames)
    out, out_step = np.float32(state[OUT]), np.float32(state[OUT + 1])
    for i in range(frames):
        x[i] *= rows[BIAS, i] * (out + out_step * np.float32(np.int32(begin + i + 1)))


@helper
def rows_at(memory, stage, channel):
    """Each stage's rows lie in a third of the memory."""
    third = len(memory) // STAGES
    return rows_of(memory[stage * third:(stage + 1) * third], channel)


@helper
def run_tubes(io, memory, state, stage, frames):
    for channel in range(io.shape[0]):
        rows = rows_at(memory, stage, channel)
        for begin in range(0, frames, TILE):
            run_tube(io[channel, begin:], rows, state, stage, channel, begin, min(frames - begin, TILE))


@kernel
def process(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    state, memory, io = borrow(state), borrow(memory), borrow(io)
    if turned(knobs, state[FRONT_AT:], FRONT):
        settle(knobs, state, frames, sample_rate)
    run_bank(knobs, state[FRONT_AT:], FRONT, io, frames)
    run_tubes(io, memory, state, FIRST, frames)
    run_bank(knobs[:0], state[BETWEEN_AT:], BETWEEN, io, frames)
    run_tubes(io, memory, state, SECOND, frames)
    run_bank(knobs[:0], state[AFTER_AT:], BETWEEN, io, frames)
    run_bank(knobs, state[STACK_AT:], STACK, io, frames)
    for channel in range(io.shape[0]):
        rows = rows_at(memory, POWER, channel)
        for begin in range(0, frames, TILE):
            run_power(io[channel, begin:], rows, state, knobs, channel, begin, frames, min(frames - begin, TILE))
    run_bank(knobs, state[BEHIND_AT:], BEHIND, io, frames)


EFFECT = Effect("amp", "Amp", "A tube amplifier from clean to lead; send it into a cabinet.", PARAMETERS, process,
                state=STATE, memory_s=shaping.MEMORY_S, memory_lines=2 * STAGES, tail_s=0.5,
                latency=STAGES * shaping.LATENCY)
