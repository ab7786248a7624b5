"""One-pole low passes over a vector of frames at a time.

The recursion is unrolled into sums over ever more frames before (a scan after Sklansky, "Conditional-sum addition
logic", 1960), so that only one multiplication waits for what came before: 1 ns a line and frame else.
"""

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from dsp.native import inlined
from dsp.primitives.vectors import FLOATS, LANES, in_all_lanes, lane, made_of, numbered

HALVES = [1 << bit for bit in range(LANES.bit_length() - 1)]
VECTOR = made_of(FLOATS)
FLAGS = ("contract", "nsz")


def shuffled(builder, values, lanes):
    """The values from these lanes, 0 where it says None."""
    return builder.shuffle_vector(values, ir.Constant(VECTOR, None),
                                  numbered(LANES, [LANES if lane is None else lane for lane in lanes]))


@intrinsic
def powers_of(typing, pole):
    """A pole to the 1, 2, ... LANES."""

    def generate(context, builder, signature, arguments):
        power = arguments[0]
        powers = in_all_lanes(builder, power, LANES)
        # The power of lane n is the product of those of its squares that n has a bit for.
        for half in HALVES:
            has = ir.Constant(ir.VectorType(ir.IntType(1), LANES), [lane & half > 0 for lane in range(LANES)])
            factor = builder.select(has, in_all_lanes(builder, power, LANES), ir.Constant(VECTOR, [1.0] * LANES))
            powers, power = builder.fmul(powers, factor), builder.fmul(power, power)
        return powers

    return FLOATS(pole), generate


@intrinsic
def low_pass(typing, x, powers, last):
    """y = pole y + (1 - pole) x over LANES frames: (y, the last of them in all lanes).

    powers : see `powers_of`. last : the y before, in all lanes.
    """

    def generate(context, builder, signature, arguments):
        x, powers, last = arguments
        add = lambda a, b, c: builder.fadd(a, builder.fmul(b, c, flags=FLAGS), flags=FLAGS)
        rest = builder.fsub(ir.Constant(VECTOR, [1.0] * LANES), shuffled(builder, powers, [0] * LANES))
        y = builder.fmul(rest, x)
        # In each step the upper half of every group adds what comes from the last of the lower half.
        for half in HALVES:
            fading = shuffled(builder, powers, [lane % half if lane & half else None for lane in range(LANES)])
            y = add(y, fading, shuffled(builder, y, [max(lane // half * half - 1, 0) for lane in range(LANES)]))
        end, whole = (shuffled(builder, values, [LANES - 1] * LANES) for values in (y, powers))
        return context.make_tuple(builder, signature.return_type, [add(y, powers, last), add(end, whole, last)])

    return types.UniTuple(FLOATS, 2)(x, powers, last), generate


@inlined
def final(vector, frames):
    """The last of so many frames, in the vector that holds it."""
    return lane(vector, (frames - 1) & (LANES - 1))
