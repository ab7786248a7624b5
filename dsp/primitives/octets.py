"""Eight float32 at a time, by name: what a Fourier transform needs and loops over arrays cannot say.

An octet is LLVM's <8 x float>: one AVX register, two of NEON or SSE. It lives in registers only, is loaded
from and stored to float32 arrays, and knows + - *. Eight of them are a square that can be transposed, on
every machine the same. A wide vector fills a register of AVX-512 too, for long sums that need no order.
"""

import operator

import llvmlite.binding
from llvmlite import ir
from numba import njit, types
from numba.core.typing.templates import ConcreteTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model

from dsp.native import FAST

FLAGS = tuple(FAST)
I32, I64 = ir.IntType(32), ir.IntType(64)
LINE = 16       # float32 in a cache line; a vector that lies across two costs two loads


class Lanes(types.Type):
    """So many float32 in a register."""

    def __init__(self, count):
        self.count = count
        super().__init__(f"Lanes({count})")


OCTET = Lanes(8)
WIDE = Lanes(16) if llvmlite.binding.get_host_cpu_features().get("avx512f") else OCTET


@register_model(Lanes)
class LanesModel(models.PrimitiveModel):
    def __init__(self, manager, type):
        super().__init__(manager, type, ir.VectorType(ir.FloatType(), type.count))


def inlined(function):
    """Compile a function that becomes part of its caller, however long it is: octets must not leave registers."""
    return njit(nogil=True, error_model="numpy", fastmath=FAST, forceinline=True)(function)


def declare_operator(operation, instruction):
    """Let `operation` of two vectors be one instruction."""

    @infer_global(operation)
    class Typing(ConcreteTemplate):
        cases = [signature(kind, kind, kind) for kind in {OCTET, WIDE}]

    @lower_builtin(operation, Lanes, Lanes)
    def generate(context, builder, signature, arguments):
        return getattr(builder, instruction)(*arguments, flags=FLAGS)


declare_operator(operator.add, "fadd")
declare_operator(operator.sub, "fsub")
declare_operator(operator.mul, "fmul")


class Pointer(types.Type):
    """Where numbers lie: an array without its length, and without the counted reference that each function
    and slice takes of an array, 5 ns each."""

    def __init__(self, dtype):
        self.dtype = dtype
        super().__init__(f"Pointer({dtype})")


FLOATS, INTEGERS = Pointer(types.float32), Pointer(types.int32)


@register_model(Pointer)
class PointerModel(models.PrimitiveModel):
    def __init__(self, manager, type):
        super().__init__(manager, type, manager.lookup(type.dtype).get_value_type().as_pointer())


@intrinsic
def floats_of(typing, array):
    """A float32 array, all its rows one behind the other."""

    def generate(context, builder, signature, arguments):
        return context.make_array(signature.args[0])(context, builder, arguments[0]).data

    return FLOATS(array), generate


@intrinsic
def integers_of(typing, floats):
    """The same places, read as 32-bit integers."""

    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], I32.as_pointer())

    return INTEGERS(FLOATS), generate


@intrinsic
def aligned(typing, floats, at):
    """The first place from `at` on that a cache line begins with; at most LINE - 1 further."""

    def generate(context, builder, signature, arguments):
        place = builder.ptrtoint(builder.gep(arguments[0], [arguments[1]]), I64)
        up = builder.and_(builder.add(place, I64(4 * LINE - 1)), I64(-4 * LINE))
        return builder.inttoptr(up, context.get_value_type(FLOATS))

    return FLOATS(FLOATS, types.intp), generate


@infer_global(operator.getitem)
class PointerGet(ConcreteTemplate):
    cases = [signature(kind.dtype, kind, types.intp) for kind in (FLOATS, INTEGERS)]


@lower_builtin(operator.getitem, Pointer, types.Integer)
def get_number(context, builder, signature, arguments):
    return builder.load(builder.gep(arguments[0], [arguments[1]]))


@infer_global(operator.setitem)
class PointerSet(ConcreteTemplate):
    cases = [signature(types.none, FLOATS, types.intp, types.float32)]


@lower_builtin(operator.setitem, Pointer, types.Integer, types.float32)
def set_number(context, builder, signature, arguments):
    builder.store(arguments[2], builder.gep(arguments[0], [arguments[1]]))


def place_of(context, builder, floats, at, kind):
    return builder.bitcast(builder.gep(floats, [at]), context.get_value_type(kind).as_pointer())


def make_load(kind):
    @intrinsic
    def load(typing, floats, at):
        """The vector that begins at `at`, on any boundary."""

        def generate(context, builder, signature, arguments):
            return builder.load(place_of(context, builder, *arguments, kind), align=4)

        return kind(FLOATS, types.intp), generate

    return load


load, load_wide = make_load(OCTET), make_load(WIDE)


@intrinsic
def store(typing, floats, at, vector):
    """Write a vector to `at` and on, on any boundary."""

    def generate(context, builder, signature, arguments):
        floats, at, value = arguments
        builder.store(value, place_of(context, builder, floats, at, signature.args[2]), align=4)
        return context.get_dummy_value()

    return types.void(FLOATS, types.intp, vector), generate


def make_splat(kind):
    @intrinsic
    def splat(typing, value):
        """One number in all lanes."""

        def generate(context, builder, signature, arguments):
            nothing = ir.Constant(ir.VectorType(ir.FloatType(), kind.count), ir.Undefined)
            one = builder.insert_element(nothing, arguments[0], I32(0))
            return builder.shuffle_vector(one, one, ir.Constant(ir.VectorType(I32, kind.count), [0] * kind.count))

        return kind(types.float32), generate

    return splat


splat, splat_wide = make_splat(OCTET), make_splat(WIDE)


def zip_low(stride):
    """Lanes that interleave the first halves of two vectors' groups of 2 * stride lanes, by runs of `stride`."""
    return [at + shift for at in range(0, 8, 2 * stride) for shift in [*range(stride), *range(8, 8 + stride)]]


@intrinsic
def transpose(typing, rows):
    """Eight octets as the columns of what they were the rows of.

    Three rounds that swap the off-diagonal blocks of 4, 2 and 1 lanes between pairs of rows (Eklundh,
    "A fast computer method for matrix transposing", IEEE Trans. Computers, 1972): 24 shuffles.
    """

    def generate(context, builder, signature, arguments):
        rows = [builder.extract_value(arguments[0], i) for i in range(8)]
        for stride in (4, 2, 1):
            low = ir.Constant(ir.VectorType(I32, 8), zip_low(stride))
            high = ir.Constant(ir.VectorType(I32, 8), [lane + stride for lane in zip_low(stride)])
            for i in range(8):
                if not i & stride:
                    a, b = rows[i], rows[i + stride]
                    rows[i], rows[i + stride] = builder.shuffle_vector(a, b, low), builder.shuffle_vector(a, b, high)
        return context.make_tuple(builder, signature.return_type, rows)

    return types.UniTuple(OCTET, 8)(rows), generate
