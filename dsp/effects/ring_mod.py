"""Ring modulator: the sound times a sine, so that every partial splits into a sum and a difference.

The ideal multiplier that the diode rings of the 1950s aimed at (Bode, "The Multiplier-Type Ring
Modulator", Electronic Music Review 1, 1967). Below a few hertz it is a tremolo through zero, above it
turns chords into bells. The carrier is a pure sine (-140 dB) that ends at 6 kHz: what its sums fold back
lies above 18 kHz, so there is nothing to oversample. A slow wave can bend its pitch.
"""

import numpy as np

from dsp.effect import Effect
from dsp.native import helper, kernel
from dsp.parameter import Parameter
from dsp.primitives.blend import across, slope
from dsp.primitives.levels import fast_exp2
from dsp.primitives.oscillators import advance, sine

FREQUENCY, LFO_RATE, LFO_DEPTH, MIX = range(4)
PARAMETERS = (
    Parameter("frequency_hz", "Frequency", "Hz", 0.5, 6000.0, 220.0, "log", tag="pitch"),
    Parameter("lfo_hz", "LFO rate", "Hz", 0.05, 12.0, 0.8, "log", tag="movement"),
    Parameter("lfo", "LFO", "", 0.0, 1.0, 0.0, tag="movement"),
    Parameter("mix", "Mix", "", 0.0, 1.0, 0.6, tag="movement"),
)
LFO_OCTAVES = 1.0           # each way at full depth
HIGHEST_HZ = 6000.0
LOUDER = np.sqrt(2.0)       # a product with a sine has half the power

# The sine of up to a quarter turn as an odd polynomial, fitted at the Chebyshev points.
S1, S3, S5, S7, S9 = 6.283185159611166, -41.34165492934358, 81.60099819262047, -76.54965682080497, 39.53581371294936
QUARTER_TURN, HALF_TURN = 0.25, 0.5

CARRIER, LFO, STATE = range(3)


@helper
def pure_sine(phase):
    """The sine of a phase of 0..1 turns, within 4e-9."""
    turn = HALF_TURN - phase
    if abs(turn) > QUARTER_TURN:
        turn = (HALF_TURN if turn > 0.0 else -HALF_TURN) - turn
    square = turn * turn
    return turn * (S1 + square * (S3 + square * (S5 + square * (S7 + square * S9))))


@kernel
def process(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    octaves, octaves_step = slope(np.log2(np.float64(knobs[FREQUENCY, 0])),
                                  np.log2(np.float64(knobs[FREQUENCY, 1])), frames)
    lfo_turns, lfo_turns_step = slope(knobs[LFO_RATE, 0] / sample_rate, knobs[LFO_RATE, 1] / sample_rate, frames)
    depth, depth_step = slope(LFO_OCTAVES * knobs[LFO_DEPTH, 0], LFO_OCTAVES * knobs[LFO_DEPTH, 1], frames)
    (dry_start, wet_start), (dry_end, wet_end) = across(knobs[MIX, 0]), across(knobs[MIX, 1])
    dry, dry_step = slope(dry_start, dry_end, frames)
    wet, wet_step = slope(LOUDER * wet_start, LOUDER * wet_end, frames)

    channels = io.shape[0]
    left, right = io[0], io[channels - 1]
    phase, lfo_phase = state[CARRIER], state[LFO]
    for i in range(frames):
        octaves += octaves_step
        lfo_turns += lfo_turns_step
        depth += depth_step
        dry += dry_step
        wet += wet_step

        lfo_phase = advance(lfo_phase, lfo_turns)
        hz = min(np.float64(fast_exp2(octaves + depth * sine(lfo_phase))), HIGHEST_HZ)
        phase = advance(phase, hz / sample_rate)
        gain = dry + wet * pure_sine(phase)
        left[i] *= gain
        if channels == 2:
            right[i] *= gain
    state[CARRIER], state[LFO] = phase, lfo_phase


EFFECT = Effect("ring_mod", "Ring mod", "Multiplies the sound by a tone: tremolo, bells and robots.", PARAMETERS,
                process, state=STATE, tail_s=0.001)
