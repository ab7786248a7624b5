"""Three-band tone control: low shelf, bell in the middle, high shelf.

The shapes are those of Bristow-Johnson's "Cookbook formulae for audio EQ biquad filter
coefficients", as state variable filters that can be swept while they sound (dsp.primitives.filters).
"""

from dsp.effect import Effect
from dsp.native import helper, kernel
from dsp.parameter import Parameter
from dsp.primitives.filters import (BUTTERWORTH, bank_state, coefficients_of, put_bell, put_high_shelf,
                                    put_low_shelf, run_bank, turned)

LOW, LOW_HZ, MID, MID_HZ, MID_Q, HIGH, HIGH_HZ = range(7)
PARAMETERS = (
    Parameter("low_db", "Low", "dB", -15.0, 15.0, 0.0, tag="body"),
    Parameter("low_hz", "Low freq", "Hz", 50.0, 400.0, 130.0, "log", tag="body"),
    Parameter("mid_db", "Mid", "dB", -15.0, 15.0, 0.0, tag="body"),
    Parameter("mid_hz", "Mid freq", "Hz", 200.0, 5000.0, 750.0, "log", tag="brightness"),
    Parameter("mid_q", "Mid Q", "Q", 0.3, 6.0, 0.9, "log", tag="body"),
    Parameter("high_db", "High", "dB", -15.0, 15.0, 0.0, tag="brightness"),
    Parameter("high_hz", "High freq", "Hz", 1500.0, 10000.0, 3200.0, "log", tag="brightness"),
)
SECTIONS = 3


@helper
def design(knobs, end, bank, sample_rate):
    # The lows come last: where their ramp begins and ends, boosted treble would sharpen the corner.
    put_high_shelf(bank, 0, knobs[HIGH_HZ, end], BUTTERWORTH, knobs[HIGH, end], sample_rate)
    put_bell(bank, 1, knobs[MID_HZ, end], knobs[MID_Q, end], knobs[MID, end], sample_rate)
    put_low_shelf(bank, 2, knobs[LOW_HZ, end], BUTTERWORTH, knobs[LOW, end], sample_rate)


@kernel
def process(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    if turned(knobs, state, SECTIONS):
        start, end, _ = coefficients_of(state, SECTIONS)
        design(knobs, 0, start, sample_rate)
        design(knobs, 1, end, sample_rate)
    run_bank(knobs, state, SECTIONS, io, frames)


EFFECT = Effect("eq", "EQ", "Lows, a mid you can sweep, and highs.", PARAMETERS, process,
                state=bank_state(SECTIONS, len(PARAMETERS)), tail_s=0.18)
