"""Numbers in all lanes, and what becomes of vectors lane by lane."""

from llvmlite import ir
from numba.extending import intrinsic

from dsp.primitives.vectors.kinds import (DOUBLES, FLOATS, LANES, OCTET, PAIR, QUAD, STRIPS, call_for, in_all_lanes,
                                          made_of)


def make_splat(kind):
    @intrinsic
    def splat(typing, number):
        """One number in all lanes."""

        def generate(context, builder, signature, arguments):
            return in_all_lanes(builder, arguments[0], kind.count)

        return kind(kind.element), generate

    return splat


splat, splat_strip, splat_octet, splat_quad, splat_pair, splat_doubles = map(
    make_splat, (FLOATS, STRIPS, OCTET, QUAD, PAIR, DOUBLES))


@intrinsic
def counted(typing):
    """1, 2, ... LANES."""

    def generate(context, builder, signature, arguments):
        return ir.Constant(made_of(FLOATS), [float(lane) for lane in range(1, LANES + 1)])

    return FLOATS(), generate


def fused(builder, a, b, c):
    return call_for(builder, "fma", a.type, a, b, c)


@intrinsic
def fma(typing, a, b, c):
    """a * b + c, rounded once."""

    def generate(context, builder, signature, arguments):
        return fused(builder, *arguments)

    return a(a, a, a), generate


@intrinsic
def magnitude(typing, a):
    """Without the sign."""

    def generate(context, builder, signature, arguments):
        return call_for(builder, "fabs", arguments[0].type, *arguments)

    return a(a), generate


@intrinsic
def floor_of(typing, a):
    """The whole numbers at or below."""

    def generate(context, builder, signature, arguments):
        return call_for(builder, "floor", arguments[0].type, *arguments)

    return a(a), generate


@intrinsic
def sum_of(typing, a):
    """The sum of a vector's lanes, pair by pair."""

    def generate(context, builder, signature, arguments):
        number = arguments[0].type.element
        return call_for(builder, "vector.reduce.fadd", number, ir.Constant(number, -0.0), *arguments,
                        flags=("reassoc",))

    return a.element(a), generate


def make_picker(comparison):
    @intrinsic
    def pick(typing, a, b):
        """Lane by lane the one of both that the comparison is true for; else the second."""

        def generate(context, builder, signature, arguments):
            return builder.select(builder.fcmp_ordered(comparison, *arguments), *arguments)

        return a(a, a), generate

    return pick


smaller, larger = make_picker("<"), make_picker(">")


@intrinsic
def where_more(typing, a, b, yes, no):
    """Lane by lane `yes` where a is more than b, else `no`."""

    def generate(context, builder, signature, arguments):
        a, b, yes, no = arguments
        return builder.select(builder.fcmp_ordered(">", a, b), yes, no)

    return yes(a, a, yes, yes), generate
