"""Guitar cabinet in front of a microphone, by formula: no file, nothing to load, sweepable.

Nine sections draw what measured closed cabinets with twelve-inch speakers have in common: the
box's resonance as a second-order high-pass with a bump (Small, "Closed-Box Loudspeaker Systems",
JAES 20, 1972), a full low-mid body, the cone's first bell mode between 600 and 700 Hz with a hollow
above it, two break-up peaks between 2 and 4.5 kHz (Fletcher and Rossing, "The Physics of Musical
Instruments", ch. 10 on shells), and the cliff above 5 kHz into a notch. Each knob moves what it
moves in the room: the size of the box the resonance and the body, the microphone's way from the
cone's edge to its centre the break-up and the cliff.
"""

from dsp.effect import Effect
from dsp.native import helper, kernel
from dsp.parameter import Parameter
from dsp.primitives.filters import (BUTTERWORTH, bank_state, coefficients_of, put_bell, put_high_pass,
                                    put_low_pass, put_notched_low_pass, run_bank, scale_section, turned)

SIZE, RESONANCE, MIC, AIR, LOW_CUT = range(5)
PARAMETERS = (
    Parameter("size", "Size", "", 0.0, 1.0, 0.6, tag="body"),
    Parameter("resonance", "Resonance", "", 0.0, 1.0, 0.5, tag="body"),
    Parameter("mic", "Mic", "", 0.0, 1.0, 0.5, tag="brightness"),
    Parameter("air", "Air", "", 0.0, 1.0, 0.3, tag="brightness"),
    Parameter("low_cut_hz", "Low cut", "Hz", 20.0, 300.0, 40.0, "log", tag="body"),
)
SECTIONS = 9
LOUDNESS_DB = -6.5      # keeps a guitar as loud as without the cabinet


@helper
def between(low, high, amount):
    return low + (high - low) * amount


@helper
def design(knobs, end, bank, sample_rate):
    size, resonance, mic, air = knobs[SIZE, end], knobs[RESONANCE, end], knobs[MIC, end], knobs[AIR, end]
    # From a 1x12 to a 4x12; a bigger box resonates lower.
    put_high_pass(bank, 0, knobs[LOW_CUT, end], BUTTERWORTH, sample_rate)
    put_high_pass(bank, 1, between(125.0, 85.0, size), between(0.7, 1.9, resonance), sample_rate)
    put_bell(bank, 2, between(220.0, 160.0, size), 0.5, between(5.0, 9.0, size), sample_rate)
    # The cone's bell mode, and the hollow above it.
    put_bell(bank, 3, between(690.0, 630.0, size), 3.0, between(2.0, 6.0, resonance), sample_rate)
    put_bell(bank, 4, between(1150.0, 1350.0, mic), 2.0, -2.0, sample_rate)
    # Break-up: from the centre of the cone more of it reaches the microphone.
    put_bell(bank, 5, 2300.0, 2.5, between(1.0, 5.0, mic), sample_rate)
    put_bell(bank, 6, between(3600.0, 4400.0, mic), 1.7, between(1.0, 11.0, mic), sample_rate)
    # The cliff, and how much comes back over its notch.
    put_low_pass(bank, 7, between(6500.0, 11000.0, 0.5 * (mic + air)), 0.55, sample_rate)
    put_notched_low_pass(bank, 8, between(4200.0, 6000.0, mic), 0.9, between(-22.0, -6.0, air), sample_rate)
    scale_section(bank, 8, LOUDNESS_DB)


@kernel
def process(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    if turned(knobs, state, SECTIONS):
        start, end, _ = coefficients_of(state, SECTIONS)
        design(knobs, 0, start, sample_rate)
        design(knobs, 1, end, sample_rate)
    run_bank(knobs, state, SECTIONS, io, frames)


EFFECT = Effect("cabinet", "Cabinet", "A guitar speaker and the microphone in front of it.", PARAMETERS, process,
                state=bank_state(SECTIONS, len(PARAMETERS)), tail_s=0.19)
