"""Parameters move in straight lines across a block, so nothing a hand does can click."""

import numpy as np

from dsp.native import helper, inlined
from dsp.primitives.vectors.arithmetic import counted, splat
from dsp.primitives.vectors.kinds import LANES


@helper
def ramp(knobs, parameter, frames):
    """Value before the block's first frame and the step to add before each frame.

    `value, step = ramp(...)`, then in the loop `value += step`: the last frame has the end value.
    """
    start = knobs[parameter, 0]
    return start, (knobs[parameter, 1] - start) / frames


@inlined
def line_from(start, step, begin):
    """A line in vectors: its values from frame `begin` of a block on, and what to add to have the next LANES.

    start : before the block's first frame. step : from frame to frame.
    """
    start, step = np.float32(start), np.float32(step)
    return start + step * (counted() + np.float32(begin)), splat(np.float32(LANES) * step)
