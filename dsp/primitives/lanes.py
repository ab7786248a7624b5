"""Several numbers at a time, by name: vectors that live in registers, for what loops over arrays cannot say.

LLVM turns a plain loop into vectors when every frame stands alone. A register tile (one load for many
sums) or the sections of a filter bank side by side it does not find by itself; here they are written
out. Everything is LLVM's portable vector code: a vector wider than the machine's becomes several.
"""

import operator

import llvmlite.binding as llvm
from llvmlite import ir
from numba import njit, types
from numba.core.typing.templates import ConcreteTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model

from dsp.native import FAST

FLAGS = tuple(FAST)
I32 = ir.IntType(32)


class Lanes(types.Type):
    """So many numbers of one type in a register."""

    def __init__(self, element, count):
        self.element, self.count = element, count
        super().__init__(f"Lanes({element}, {count})")


@register_model(Lanes)
class LanesModel(models.PrimitiveModel):
    def __init__(self, manager, lanes):
        super().__init__(manager, lanes, vector_of(lanes))


def vector_of(lanes):
    return ir.VectorType(ir.FloatType() if lanes.element == types.float32 else ir.DoubleType(), lanes.count)


# Frames of float32 side by side. Two of NEON's registers keep both its pipes busy.
FRAMES = 16 if llvm.get_host_cpu_features().get("avx512f") else 8
FLOATS = Lanes(types.float32, FRAMES)
QUAD, OCTET = Lanes(types.float64, 4), Lanes(types.float64, 8)


def inlined(function):
    """Compile a function that becomes part of its caller, however long it is: vectors must not leave registers."""
    return njit(nogil=True, error_model="numpy", fastmath=FAST, forceinline=True)(function)


def declare(operation, write):
    """Let `operation` of two vectors be what `write` says."""

    @infer_global(operation)
    class Typing(ConcreteTemplate):
        cases = [signature(kind, kind, kind) for kind in (FLOATS, QUAD, OCTET)]

    @lower_builtin(operation, Lanes, Lanes)
    def generate(context, builder, signature, arguments):
        return write(builder, *arguments)


declare(operator.add, lambda builder, a, b: builder.fadd(a, b, flags=FLAGS))
declare(operator.sub, lambda builder, a, b: builder.fsub(a, b, flags=FLAGS))
declare(operator.mul, lambda builder, a, b: builder.fmul(a, b, flags=FLAGS))


def make_picker(comparison):
    @intrinsic
    def pick(typing, a, b):
        """Lane by lane the one of both that the comparison is true for; else the second."""

        def generate(context, builder, signature, arguments):
            return builder.select(builder.fcmp_ordered(comparison, *arguments), *arguments)

        return a(a, b), generate

    return pick


least, most = make_picker("<"), make_picker(">")


@intrinsic
def magnitude(typing, a):
    """Without the sign."""

    def generate(context, builder, signature, arguments):
        whole = ir.VectorType(I32, a.count)
        bits = builder.and_(builder.bitcast(arguments[0], whole), ir.Constant(whole, [0x7fffffff] * a.count))
        return builder.bitcast(bits, vector_of(a))

    return a(a), generate


def make_guess(magic, halve):
    @intrinsic
    def guess(typing, a):
        """A first guess by the exponent's and mantissa's bits (Lomont, "Fast inverse square root", 2003)."""

        def generate(context, builder, signature, arguments):
            whole = ir.VectorType(I32, a.count)
            bits = builder.bitcast(arguments[0], whole)
            if halve:
                bits = builder.lshr(bits, ir.Constant(whole, [1] * a.count))
            return builder.bitcast(builder.sub(ir.Constant(whole, [magic] * a.count), bits), vector_of(a))

        return a(a), generate

    return guess


guess_reciprocal, guess_root = make_guess(0x7ef00000, False), make_guess(0x5f1ffff9, True)


def make_splat(kind):
    @intrinsic
    def splat(typing, value):
        """One number in all lanes."""

        def generate(context, builder, signature, arguments):
            one = builder.insert_element(ir.Constant(vector_of(kind), ir.Undefined), arguments[0], I32(0))
            return builder.shuffle_vector(one, one, ir.Constant(ir.VectorType(I32, kind.count), [0] * kind.count))

        return kind(kind.element), generate

    return splat


splat, splat_quad, splat_octet = make_splat(FLOATS), make_splat(QUAD), make_splat(OCTET)


@intrinsic
def load(typing, array, at):
    """The frames that begin at `at`, on any boundary."""

    def generate(context, builder, signature, arguments):
        return builder.load(pointer_to(context, builder, signature.args[0], *arguments, FLOATS), align=4)

    return FLOATS(array, types.intp), generate


@intrinsic
def store(typing, array, at, vector):
    """Write a vector to `at` and on, on any boundary."""

    def generate(context, builder, signature, arguments):
        array, at, value = arguments
        builder.store(value, pointer_to(context, builder, signature.args[0], array, at, vector), align=4)
        return context.get_dummy_value()

    return types.void(array, types.intp, vector), generate


def pointer_to(context, builder, array_type, array, at, kind):
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [at]), vector_of(kind).as_pointer())


def make_shift(kind, channels):
    @intrinsic
    def shift(typing, vector, value):
        """All lanes up by one for each channel; the lowest become those of `value`."""

        def generate(context, builder, signature, arguments):
            places = [kind.count + lane for lane in range(channels)] + [*range(kind.count - channels)]
            return builder.shuffle_vector(*arguments, ir.Constant(ir.VectorType(I32, kind.count), places))

        return kind(kind, kind), generate

    return shift


shift_quad, shift_octet = make_shift(QUAD, 1), make_shift(OCTET, 2)


@intrinsic
def quad_of(typing, a, b, c, d):
    """Four numbers side by side."""

    def generate(context, builder, signature, arguments):
        quad = ir.Constant(vector_of(QUAD), ir.Undefined)
        for place, value in enumerate(arguments):
            quad = builder.insert_element(quad, value, I32(place))
        return quad

    return QUAD(*[types.float64] * 4), generate


@intrinsic
def zip_quads(typing, a, b):
    """a0 b0 a1 b1 ...: two channels side by side."""

    def generate(context, builder, signature, arguments):
        places = [lane for pair in zip(range(4), range(4, 8)) for lane in pair]
        return builder.shuffle_vector(*arguments, ir.Constant(ir.VectorType(I32, 8), places))

    return OCTET(QUAD, QUAD), generate


def make_unzip(first):
    @intrinsic
    def unzip(typing, vector):
        """One channel's lanes of two side by side."""

        def generate(context, builder, signature, arguments):
            places = ir.Constant(ir.VectorType(I32, 4), [*range(first, 8, 2)])
            return builder.shuffle_vector(arguments[0], arguments[0], places)

        return QUAD(OCTET), generate

    return unzip


unzip_left, unzip_right = make_unzip(0), make_unzip(1)


@intrinsic
def lane(typing, vector, index):
    """The number in a lane."""

    def generate(context, builder, signature, arguments):
        return builder.extract_element(*arguments)

    return vector.element(vector, types.intp), generate


@intrinsic
def where_more(typing, a, b, yes, no):
    """Lane by lane `yes` where a is more than b, else `no`."""

    def generate(context, builder, signature, arguments):
        a, b, yes, no = arguments
        return builder.select(builder.fcmp_ordered(">", a, b), yes, no)

    return yes(a, b, yes, no), generate
