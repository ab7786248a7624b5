"""De-esser: softens a voice's s, sh and t, and leaves the rest of its treble alone.

A split-band de-esser with both channels linked, which looks at the upper band's share of the whole
instead of its level; see dsp.primitives.sibilance for the filters and the detector.
"""

from dsp.effect import Effect, Prepared
from dsp.native import kernel
from dsp.parameter import Parameter
from dsp.primitives.sibilance import MEMORY, STATE, de_ess

RANGE, THRESHOLD, SPLIT = range(3)
PARAMETERS = (
    Parameter("range_db", "Range", "dB", 0.0, 24.0, 8.0, tag="dynamics"),
    Parameter("threshold_db", "Threshold", "dB", -30.0, 0.0, -12.0, tag="dynamics"),
    Parameter("split_hz", "Split", "Hz", 2500.0, 10000.0, 5500.0, "log", tag="brightness"),
)


@kernel
def process(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    de_ess(io, frames, state, memory, (knobs[SPLIT, 0], knobs[SPLIT, 1]),
           (knobs[THRESHOLD, 0], knobs[THRESHOLD, 1]), (knobs[RANGE, 0], knobs[RANGE, 1]), sample_rate)


def build(sample_rate, options):
    return Prepared(process, STATE, memory=MEMORY)


EFFECT = Effect("de_esser", "De-esser", "Softens a voice's s and sh, from a whisper to a shout.", PARAMETERS,
                build=build, tail_s=0.01)
