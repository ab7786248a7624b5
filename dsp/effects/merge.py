"""Merge: two ways come together, each at its level and in its place.

In the middle of `balance` both are as they came; towards one end the other one fades. `spread` turns them
apart: at full spread the first way is on the left and the second on the right, at equal power.
"""

import numpy as np

from dsp.effect import Effect
from dsp.native import helper, kernel
from dsp.parameter import Parameter
from dsp.primitives.levels import db_to_gain

BALANCE, LEVEL, SPREAD = range(3)
PARAMETERS = (
    Parameter("balance", "Balance", "", 0.0, 1.0, 0.5, tag="level"),
    Parameter("level_db", "Level", "dB", -24.0, 12.0, 0.0, tag="level"),
    Parameter("spread", "Spread", "", 0.0, 1.0, 0.0, tag="space"),
)
WAYS = 4                # rows: the first way's two channels, the second way's


@helper
def gains(knobs, end):
    """What the first and the second way give to their own side, and to the other side."""
    balance, level = knobs[BALANCE, end], db_to_gain(np.float64(knobs[LEVEL, end]))
    near, far = np.sqrt(1.0 + knobs[SPREAD, end]), np.sqrt(1.0 - knobs[SPREAD, end])
    first, second = level * min(2.0 - 2.0 * balance, 1.0), level * min(2.0 * balance, 1.0)
    return first * near, second * near, first * far, second * far


@helper
def mix(x, other, gain, gain_end, other_gain, other_gain_end, frames):
    """Add another row to x, with gains that move over the block."""
    step, other_step = (gain_end - gain) / frames, (other_gain_end - other_gain) / frames
    for i in range(frames):
        x[i] = (gain + step * (i + 1)) * x[i] + (other_gain + other_step * (i + 1)) * other[i]


@kernel
def process(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    if io.shape[0] < WAYS:
        return      # only a chain calls it with both ways
    first, second, first_far, second_far = gains(knobs, 0)
    first_end, second_end, first_far_end, second_far_end = gains(knobs, 1)
    mix(io[0], io[2], first, first_end, second_far, second_far_end, frames)
    mix(io[1], io[3], first_far, first_far_end, second, second_end, frames)


EFFECT = Effect("merge", "Merge", "Two ways come together.", PARAMETERS, process, widens=True, role="merge")
