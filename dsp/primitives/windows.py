"""What is highest among the last frames, and their mean: in vectors, without a step that waits for the one before.

A window of a power of two is made of two half as long, from one lane of a register to all of them and from there on
register by register (van Herk's problem, 1992, solved as by Gil and Kimmel, "Efficient dilation, erosion,
opening, and closing algorithms", IEEE Trans. PAMI 24(12), 2002, but for lanes side by side). Nothing is ever taken off
a sum again, so that no error stays in it, and it comes to rest with what it is the sum of.

Rows hold PAST old frames and then the new ones. All functions work in whole vectors: they read and write up to
LANES - 1 places behind the last frame.
"""

import numpy as np

from dsp.native import helper, inlined
from dsp.primitives.vectors.arithmetic import larger, splat, splat_doubles
from dsp.primitives.vectors.kinds import LANES
from dsp.primitives.vectors.lanes import lane, narrowed, slide_1, slide_2, slide_4, slide_8, widened
from dsp.primitives.vectors.memory import load, load_doubles, store

PAST = 64                   # the longest window that rows have room for


def make_window(both):
    @inlined
    def doubled(before, now, slide):
        return both(before, slide(before, before)), both(now, slide(before, now))

    @inlined
    def window(before, now):
        """What `both` makes of each lane and of the LANES - 1 before it."""
        before, now = doubled(before, now, slide_1)
        before, now = doubled(before, now, slide_2)
        before, now = doubled(before, now, slide_4)
        return both(now, slide_8(before, now)) if LANES > 8 else now

    return window


@inlined
def higher(a, b):
    return larger(a, b)


@inlined
def added(a, b):
    return a + b


highest_of_lanes, sum_of_lanes = make_window(higher), make_window(added)


@helper
def hold(x, short, y, width, frames):
    """y = the highest of each frame of x and the width - 1 before it.

    short : a row to work in, which keeps its past, too.
    width : a multiple of LANES, at most PAST.
    """
    for at in range(PAST, PAST + frames, LANES):
        highest = highest_of_lanes(load(x, at - LANES), load(x, at))
        store(short, at, highest)
        for back in range(LANES, width, LANES):
            highest = larger(highest, load(short, at - back))
        store(y, at, highest)


@helper
def average(x, short, y, width, frames):
    """y = the mean of each frame of x and the width - 1 before it; otherwise as `hold`."""
    share = splat(np.float32(1.0 / width))
    for at in range(PAST, PAST + frames, LANES):
        total = sum_of_lanes(load(x, at - LANES), load(x, at))
        store(short, at, total)
        for back in range(LANES, width, LANES):
            total = total + load(short, at - back)
        store(y, at, share * total)


@helper
def release(x, powers, last, y, frames):
    """y = x where it rises, else what y was, less a share of it: the larger of x and `keep` times the last y.

    x : from zero on.
    powers : keep, keep^2, ... keep^LANES, as `put_powers` gives them.
    last : y before the first frame, float64 as what is returned for the next, and as all between: so slow a fall
           would gather errors.
    """
    fading, nothing = load_doubles(powers, 0), splat_doubles(0.0)
    for at in range(0, frames, LANES):
        here = widened(load(x, PAST + at))
        here = larger(here, powers[0] * slide_1(nothing, here))
        here = larger(here, powers[1] * slide_2(nothing, here))
        here = larger(here, powers[3] * slide_4(nothing, here))
        if LANES > 8:
            here = larger(here, powers[7] * slide_8(nothing, here))
        store(y, PAST + at, narrowed(larger(here, fading * last)))
        newest = min(frames - at, LANES) - 1
        last = max(lane(here, newest), powers[newest] * last)
    return last


@inlined
def fading_of(powers):
    """What `follow` needs of powers that `put_powers` gave, in registers."""
    return (splat(np.float32(powers[0])), splat(np.float32(powers[1])), splat(np.float32(powers[3])),
            splat(np.float32(powers[7])), narrowed(load_doubles(powers, 0)))


@inlined
def follow(x, powers, fading, last, frames):
    """y = keep y + x over up to LANES frames, in vectors: (y, the last of them).

    last : y before the first frame, float64 as what is returned for the next: so slow a fall would gather errors.
    """
    nothing = splat(np.float32(0.0))
    by, by_2, by_4, by_8, whole = fading
    here = x + by * slide_1(nothing, x)
    here = here + by_2 * slide_2(nothing, here)
    here = here + by_4 * slide_4(nothing, here)
    if LANES > 8:
        here = here + by_8 * slide_8(nothing, here)
    newest = min(frames, LANES) - 1
    return here + whole * np.float32(last), lane(here, newest) + powers[newest] * last


@helper
def put_powers(powers, keep):
    """What `release` and `follow` want, in LANES places."""
    power = 1.0
    for place in range(LANES):
        power *= keep
        powers[place] = power


@inlined
def keep_past(row, past, frames):
    """Let the last frames of a row become its past, `past` of them in whole vectors."""
    for at in range(0, past, LANES):
        store(row, at, load(row, at + frames))
