"""Clean gain."""

from dsp.effect import Effect
from dsp.native import kernel
from dsp.parameter import Parameter
from dsp.primitives.ramps import ramp

GAIN = 0
PARAMETERS = (Parameter("gain_db", "Gain", "dB", -24.0, 24.0, 0.0, tag="level"),)


@kernel
def process(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    for channel in range(io.shape[0]):
        x = io[channel]
        gain_db, step = ramp(knobs, GAIN, frames)
        for i in range(frames):
            gain_db += step
            x[i] *= 10.0 ** (gain_db / 20.0)


EFFECT = Effect("boost", "Boost", "Makes it louder or softer, and nothing else.", PARAMETERS, process)
