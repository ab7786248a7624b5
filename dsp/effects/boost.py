"""Clean gain: a multiplication, ramped."""

import numpy as np

from dsp.effect import Effect
from dsp.native import kernel
from dsp.parameter import Parameter
from dsp.primitives.levels import gain_ramp

GAIN = 0
PARAMETERS = (Parameter("gain_db", "Gain", "dB", -24.0, 24.0, 0.0, tag="level"),)


@kernel
def process(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    gain, step = gain_ramp(knobs, GAIN, frames)
    for channel in range(io.shape[0]):
        x = io[channel]
        for i in range(frames):
            x[i] *= gain + step * np.float32(np.int32(i + 1))


EFFECT = Effect("boost", "Boost", "Makes it louder or softer, and nothing else.", PARAMETERS, process,
                tail_s=0.001)
