"""The kinds of vectors there are, how many lanes the machine at hand gives them, and + - * / of them."""

import operator

import llvmlite.binding
from llvmlite import ir
from numba import types
from numba.core.typing.templates import ConcreteTemplate, infer_global, signature
from numba.extending import lower_builtin, models, register_model

from dsp.native import FAST, declare

FLAGS = tuple(sorted(FAST))
I32, I64 = ir.IntType(32), ir.IntType(64)
LINE = 16               # float32 in a cache line; a vector that lies across two costs two loads


class Vector(types.Type):
    """So many numbers of one type."""

    def __init__(self, element, count):
        self.element, self.count = element, count
        super().__init__(f"Vector({element}, {count})")


@register_model(Vector)
class VectorModel(models.PrimitiveModel):
    def __init__(self, manager, vector):
        super().__init__(manager, vector, made_of(vector))


def made_of(vector):
    """LLVM's name for a vector."""
    return ir.VectorType(ir.FloatType() if vector.element == types.float32 else ir.DoubleType(), vector.count)


def lanes_of(features):
    """How many frames a vector holds, by the names of a processor's features: a register of AVX-512 or AVX, or
    two of NEON or SSE, which keep both of its pipes busy."""
    return 16 if "avx512f" in features else 8


FEATURES = {name for name, has in llvmlite.binding.get_host_cpu_features().items() if has}
LANES = lanes_of(FEATURES)
STRIP = 32 if LANES == 16 else 8        # two registers of AVX-512 or NEON, which have 32; one of AVX, which has 16
FLOATS = Vector(types.float32, LANES)       # what `splat` and `load` give
OCTET = Vector(types.float32, 8)            # on every machine the same: eight of them are a square
SIXTEEN = Vector(types.float32, 16)         # four of them are a cube
DUO = Vector(types.float64, 2)              # two channels
QUAD = Vector(types.float64, 4)
STRIPS = Vector(types.float32, STRIP)       # for sums of products, many at once
PAIR = Vector(types.float64, 8)             # two quads, zipped: two channels side by side
DOUBLES = Vector(types.float64, LANES)      # FLOATS, widened: two registers or more
KINDS = {FLOATS, STRIPS, OCTET, SIXTEEN, DUO, QUAD, PAIR, DOUBLES}
Floats = types.CPointer(types.float32)


def numbered(count, values):
    """A constant vector of so many int32."""
    return ir.Constant(ir.VectorType(I32, count), list(values))


def in_all_lanes(builder, number, count):
    """A vector with one number in every lane."""
    nothing = ir.Constant(ir.VectorType(number.type, count), ir.Undefined)
    first = builder.insert_element(nothing, number, I32(0))
    return builder.shuffle_vector(first, nothing, numbered(count, [0] * count))


def call_for(builder, name, returned, *arguments, flags=FLAGS):
    """Call one of LLVM's intrinsics that has a form for each type of vector."""
    vector = arguments[-1].type
    kind = f"v{vector.count}f{32 if vector.element == ir.FloatType() else 64}"
    function = declare(builder, f"llvm.{name}.{kind}", returned, [argument.type for argument in arguments])
    return builder.call(function, arguments, fastmath=flags)


def declare_operator(symbol, instruction):
    """Let an infix operator of two vectors, or of a vector and a number, be one instruction."""

    @infer_global(symbol)
    class Typing(ConcreteTemplate):
        cases = [signature(kind, *pair) for kind in KINDS
                 for pair in ((kind, kind), (kind, kind.element), (kind.element, kind))]

    @lower_builtin(symbol, Vector, Vector)
    @lower_builtin(symbol, Vector, types.Float)
    @lower_builtin(symbol, types.Float, Vector)
    def generate(context, builder, signature, arguments):
        vectors = [value if isinstance(given, Vector) else in_all_lanes(builder, value, signature.return_type.count)
                   for given, value in zip(signature.args, arguments)]
        return getattr(builder, instruction)(*vectors, flags=FLAGS)


declare_operator(operator.add, "fadd")
declare_operator(operator.sub, "fsub")
declare_operator(operator.mul, "fmul")
declare_operator(operator.truediv, "fdiv")
