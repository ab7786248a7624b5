"""Parametric EQ: five bells that can be put anywhere, a shelf at either end, and both ends cut.

The shapes are those of Bristow-Johnson's "Cookbook formulae for audio EQ biquad filter coefficients", as state
variable filters that can be swept while they sound (dsp.primitives.filters). The shelves stand at 100 Hz and
8 kHz, the cuts are Butterworth of second order: at the ends of their ways they take away nothing that is heard.
"""

from dsp.effect import Effect
from dsp.native import helper, kernel
from dsp.parameter import Parameter
from dsp.primitives.filters import (BUTTERWORTH, bank_state, coefficients_of, put_bell, put_high_pass,
                                    put_high_shelf, put_low_pass, put_low_shelf, run_bank, scale_section, turned)

BAND_HZ = (110.0, 300.0, 800.0, 2200.0, 5500.0)     # where each bell stands by default ...
BAND_ENDS = ((30.0, 400.0), (60.0, 1200.0), (150.0, 4000.0), (400.0, 10000.0), (1000.0, 16000.0))   # ... and may
BAND_TAGS = ("body", "body", "body", "brightness", "brightness")


def band(number):
    """Frequency, gain and Q of one bell."""
    (low, high), hz, tag = BAND_ENDS[number], BAND_HZ[number], BAND_TAGS[number]
    n = number + 1
    return (Parameter(f"band{n}_hz", f"Freq {n}", "Hz", low, high, hz, "log", tag=tag),
            Parameter(f"band{n}_db", f"Gain {n}", "dB", -15.0, 15.0, 0.0, tag=tag),
            Parameter(f"band{n}_q", f"Q {n}", "Q", 0.3, 12.0, 1.0, "log", tag=tag))


BANDS = len(BAND_HZ)
LOW_CUT, LOW, BELLS = 0, 1, 2
HIGH, HIGH_CUT, LEVEL = range(BELLS + 3 * BANDS, BELLS + 3 * BANDS + 3)
PARAMETERS = (
    Parameter("low_cut_hz", "Low cut", "Hz", 10.0, 500.0, 10.0, "log", tag="body"),
    Parameter("low_db", "Low", "dB", -12.0, 12.0, 0.0, tag="body"),
    *(parameter for number in range(BANDS) for parameter in band(number)),
    Parameter("high_db", "High", "dB", -12.0, 12.0, 0.0, tag="brightness"),
    Parameter("high_cut_hz", "High cut", "Hz", 1500.0, 20000.0, 20000.0, "log", tag="brightness"),
    Parameter("level_db", "Level", "dB", -12.0, 12.0, 0.0, tag="level"),
)
LOW_SHELF_HZ, HIGH_SHELF_HZ = 100.0, 8000.0
SECTIONS = BANDS + 4


@helper
def design(knobs, end, bank, sample_rate):
    put_high_pass(bank, 0, knobs[LOW_CUT, end], BUTTERWORTH, sample_rate)
    put_high_shelf(bank, 1, HIGH_SHELF_HZ, BUTTERWORTH, knobs[HIGH, end], sample_rate)
    for number in range(BANDS):
        first = BELLS + 3 * number
        put_bell(bank, 2 + number, knobs[first, end], knobs[first + 2, end], knobs[first + 1, end], sample_rate)
    # The lows come late: where their ramp begins and ends, boosted treble would sharpen the corner.
    put_low_shelf(bank, 2 + BANDS, LOW_SHELF_HZ, BUTTERWORTH, knobs[LOW, end], sample_rate)
    put_low_pass(bank, 3 + BANDS, knobs[HIGH_CUT, end], BUTTERWORTH, sample_rate)
    scale_section(bank, 3 + BANDS, knobs[LEVEL, end])


@kernel
def process(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    if turned(knobs, state, SECTIONS):
        start, end, _ = coefficients_of(state, SECTIONS)
        design(knobs, 0, start, sample_rate)
        design(knobs, 1, end, sample_rate)
    run_bank(knobs, state, SECTIONS, io, frames)


EFFECT = Effect("parametric_eq", "Param EQ", "Five bands anywhere, a shelf at either end, and both ends cut.",
                PARAMETERS, process, state=bank_state(SECTIONS, len(PARAMETERS)), tail_s=0.6)
