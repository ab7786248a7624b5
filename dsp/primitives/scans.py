"""One-pole low passes over a vector of frames at a time.

The recursion is unrolled into sums over ever more frames before, 2, 4, ... LANES (after Hillis and Steele, "Data
parallel algorithms", 1986), that go on from one vector to the next, so that only one multiplication waits for what
came before: 1 ns a line and frame else.
"""

import numpy as np
from llvmlite import ir
from numba.extending import intrinsic

from dsp.native import inlined
from dsp.primitives.vectors.arithmetic import splat
from dsp.primitives.vectors.kinds import FLOATS, LANES, made_of
from dsp.primitives.vectors.lanes import lane, slide_1, slide_2, slide_4, slide_8

ONE = np.float32(1.0)
POWERS = 6                  # numbers that `put_powers` writes


@inlined
def powers_of(pole):
    """What `low_pass` needs of a pole, float32: what it lets in, and the pole to the 1, 2, 4, 8, 16; in all lanes."""
    by_2 = pole * pole
    by_4 = by_2 * by_2
    by_8 = by_4 * by_4
    return splat(ONE - pole), splat(pole), splat(by_2), splat(by_4), splat(by_8), splat(by_8 * by_8)


@inlined
def put_powers(place, pole):
    """Keep for `load_powers` what `low_pass` needs of a pole, in POWERS places."""
    place[0], place[1] = ONE - pole, pole
    for number in range(2, POWERS):
        place[number] = place[number - 1] * place[number - 1]


@inlined
def load_powers(place):
    """What `powers_of` gives for a pole that was put there."""
    return splat(place[0]), splat(place[1]), splat(place[2]), splat(place[3]), splat(place[4]), splat(place[5])


@intrinsic
def in_last_lane(typing, number):
    """A number in the last lane, zeros before it."""

    def generate(context, builder, signature, arguments):
        return builder.insert_element(ir.Constant(made_of(FLOATS), None), arguments[0], ir.IntType(32)(LANES - 1))

    return FLOATS(number), generate


@inlined
def after(last):
    """What `low_pass` goes on from where it last gave this number."""
    past = in_last_lane(np.float32(last))
    return past, past, past, past, past


@inlined
def low_pass(x, powers, past):
    """y = pole y + (1 - pole) x over LANES frames: (y, what to go on from)."""
    let_in, pole, by_2, by_4, by_8, by_16 = powers
    x_past, two_past, four_past, eight_past, y_past = past
    x = let_in * x
    two = x + pole * slide_1(x_past, x)
    four = two + by_2 * slide_2(two_past, two)
    eight = four + by_4 * slide_4(four_past, four)
    if LANES > 8:
        y = eight + by_8 * slide_8(eight_past, eight) + by_16 * y_past
    else:
        y = eight + by_8 * y_past
    return y, (x, two, four, eight, y)


@inlined
def final(vector, frames):
    """The last of so many frames, in the vector that holds it."""
    return lane(vector, (frames - 1) & (LANES - 1))
