"""How much of the dry and the wet sound a mix knob lets through."""

import numpy as np

from dsp.native import helper, inlined
from dsp.primitives.vectors.kinds import LANES
from dsp.primitives.vectors.memory import load, load_until, start_of, store_until


@helper
def beside(mix):
    """(dry, wet) for echoes that stand beside the sound: both whole at half way, so the playing never
    grows quieter for having some echo."""
    return min(1.0, 2.0 - 2.0 * mix), min(1.0, 2.0 * mix)


@helper
def across(mix):
    """(dry, wet) for two versions of one sound: equal power all the way."""
    return np.cos(0.5 * np.pi * mix), np.sin(0.5 * np.pi * mix)


@helper
def across_block(knobs, mix):
    """`across` at a block's start and at its end."""
    start = across(knobs[mix, 0])
    return start, start if knobs[mix, 1] == knobs[mix, 0] else across(knobs[mix, 1])


@inlined
def across_kept(knobs, mix, kept):
    """`across_block`, worked out only while the knob moves. kept : three places of state."""
    start, end = knobs[mix, 0], knobs[mix, 1]
    if end != kept[0] or kept[1] + kept[2] == 0.0:
        kept[0] = end
        kept[1], kept[2] = across(end)
    goal = kept[1], kept[2]
    return goal if start == end else across(start), goal


@helper
def slope(start, end, frames):
    """(value before the first frame, step to add before each frame): a line that ends at `end`."""
    return start, (end - start) / frames


@inlined
def lay_beside(io, wets, dry, dry_step, wet, wet_step, count, begin, frames):
    """Mix a piece of both sides, in place: so much of what io holds from `begin` on, so much of the wet rows.

    count : the number of each frame. The steps are added from frame to frame.
    """
    number = start_of(count)
    for side in range(2):
        x, y = start_of(io[side, begin:]), start_of(wets[side])
        for i in range(0, frames, LANES):
            t = load(number, i)
            mixed = (dry + dry_step * t) * load_until(x, i, frames) + (wet + wet_step * t) * load(y, i)
            store_until(x, i, frames, mixed)
