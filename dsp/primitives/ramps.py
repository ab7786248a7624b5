"""Parameters move in straight lines across a block, so nothing a hand does can click."""

from dsp.native import helper


@helper
def ramp(knobs, parameter, frames):
    """Value before the block's first frame and the step to add before each frame.

    `value, step = ramp(...)`, then in the loop `value += step`: the last frame has the end value.
    """
    start = knobs[parameter, 0]
    return start, (knobs[parameter, 1] - start) / frames
