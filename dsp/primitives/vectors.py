"""Vectors of float32 inside kernels: as many lanes as the machine's registers hold.

A `Vector` is LLVM's <LANES x float>: 16 lanes with AVX-512, 8 with AVX, 4 with NEON or SSE. It lives in
registers only; `load` and `store` move it from and to memory. All of it is LLVM's portable vector code, so
one kernel becomes zmm, ymm or q registers, whatever the machine has.

Memory is named by pointers, which `start_of` gives for arrays: handed from function to function they cost
neither a counted reference nor eight words, and their indices are neither checked nor wrapped.

A *tile* is a tuple of rows, each a tuple of vectors: sums that stay in registers while a loop adds
products to them (Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication", ACM TOMS
34, 2008). A row has one weight, a column one vector of frames.
"""

import operator

import llvmlite.binding
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import ConcreteTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model

from dsp.native import on_arm
from dsp.primitives.lanes import inlined
from dsp.primitives.levels import MANTISSA_BITS
from dsp.primitives.reciprocals import INVERSE_OF_ONE


def lanes_of(features):
    """How many float32 a register holds, by the names of a processor's features."""
    if "avx512f" in features:
        return 16
    return 8 if "avx" in features else 4


FEATURES = {name for name, has in llvmlite.binding.get_host_cpu_features().items() if has}
LANES = lanes_of(FEATURES)
TILE_ROWS = 6 if LANES == 8 else 8      # of two vectors each: AVX has 16 registers, AVX-512 and NEON 32

FLOAT, I32 = ir.FloatType(), ir.IntType(32)
FLOATS, INTS = ir.VectorType(FLOAT, LANES), ir.VectorType(I32, LANES)
FAST = ("contract", "nsz", "arcp", "afn")


class VectorType(types.Type):
    """numba's name for <LANES x float>."""

    def __init__(self):
        super().__init__(name=f"float32x{LANES}")


Vector = VectorType()


@register_model(VectorType)
class VectorModel(models.PrimitiveModel):
    def __init__(self, manager, type):
        super().__init__(manager, type, FLOATS)


# --- Arithmetic: vector with vector, and with a float32 for all lanes ---------------------------

def splat_value(builder, scalar, count=LANES):
    """A vector with one value in every lane."""
    vector = ir.VectorType(scalar.type, count)
    first = builder.insert_element(ir.Constant(vector, ir.Undefined), scalar, I32(0))
    zeros = ir.Constant(ir.VectorType(I32, count), [0] * count)
    return builder.shuffle_vector(first, ir.Constant(vector, ir.Undefined), zeros)


def declare_operator(symbol, instruction):
    """Teach numba an infix operator on vectors."""

    @infer_global(symbol)
    class Template(ConcreteTemplate):
        cases = [signature(Vector, Vector, Vector), signature(Vector, Vector, types.float32),
                 signature(Vector, types.float32, Vector)]

    def lower(context, builder, signature, arguments):
        vectors = [splat_value(builder, value) if given == types.float32 else value
                   for given, value in zip(signature.args, arguments)]
        return getattr(builder, instruction)(*vectors, flags=FAST)

    for case in Template.cases:
        lower_builtin(symbol, *case.args)(lower)


for symbol, instruction in ((operator.add, "fadd"), (operator.sub, "fsub"), (operator.mul, "fmul"),
                            (operator.truediv, "fdiv")):
    declare_operator(symbol, instruction)


def declared(builder, name, returns, arguments):
    return cgutils.get_or_insert_function(builder.module, ir.FunctionType(returns, arguments), name)


def fused(builder, a, b, c):
    """a * b + c with one rounding."""
    function = declared(builder, f"llvm.fma.v{LANES}f32", FLOATS, [FLOATS] * 3)
    return builder.call(function, [a, b, c], fastmath=FAST)


@intrinsic
def splat(typing, value):
    """A vector with a float32 in every lane."""

    def generate(context, builder, signature, arguments):
        return splat_value(builder, context.cast(builder, arguments[0], signature.args[0], types.float32))

    return Vector(value), generate


@intrinsic
def fma(typing, a, b, c):
    """a * b + c of vectors, rounded once."""

    def generate(context, builder, signature, arguments):
        return fused(builder, *arguments)

    return Vector(Vector, Vector, Vector), generate


def comparing(name, predicate):
    """Per lane, `a` where it compares so with `b`, else `b`."""

    @intrinsic
    def pick(typing, a, b):
        def generate(context, builder, signature, arguments):
            a, b = arguments
            return builder.select(builder.fcmp_ordered(predicate, a, b), a, b)

        return Vector(Vector, Vector), generate

    return pick


smaller, larger = comparing("smaller", "<"), comparing("larger", ">")


@intrinsic
def where_positive(typing, x, a, b):
    """Per lane, `a` where x > 0, else `b`."""

    def generate(context, builder, signature, arguments):
        x, a, b = arguments
        return builder.select(builder.fcmp_ordered(">", x, ir.Constant(FLOATS, [0.0] * LANES)), a, b)

    return Vector(Vector, Vector, Vector), generate


@intrinsic
def sum_of(typing, x):
    """The sum of a vector's lanes, pair by pair."""

    def generate(context, builder, signature, arguments):
        function = declared(builder, f"llvm.vector.reduce.fadd.v{LANES}f32", FLOAT, [FLOAT, FLOATS])
        return builder.call(function, [ir.Constant(FLOAT, -0.0), arguments[0]], fastmath=("reassoc",))

    return types.float32(Vector), generate


# --- Memory -------------------------------------------------------------------------------------

@intrinsic
def start_of(typing, array):
    """The pointer to an array's first element; p[i] reads and writes."""

    def generate(context, builder, signature, arguments):
        return context.make_array(signature.args[0])(context, builder, arguments[0]).data

    return types.CPointer(array.dtype)(array), generate


@intrinsic
def as_words(typing, pointer):
    """The same memory as int32."""

    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], I32.as_pointer())

    return types.CPointer(types.int32)(pointer), generate


@intrinsic
def moved(typing, pointer, by):
    """The pointer to pointer[by]."""

    def generate(context, builder, signature, arguments):
        return builder.gep(arguments[0], [arguments[1]])

    return pointer(pointer, types.int64), generate


def read(builder, pointer, type):
    """Load a vector from an address of floats, which need not be aligned."""
    return builder.load(builder.bitcast(pointer, type.as_pointer()), align=4)


def write(builder, value, pointer):
    builder.store(value, builder.bitcast(pointer, value.type.as_pointer()), align=4)


FloatPointer = types.CPointer(types.float32)


@intrinsic
def load(typing, pointer, at):
    """The vector that begins at pointer[at]."""

    def generate(context, builder, signature, arguments):
        return read(builder, builder.gep(arguments[0], [arguments[1]]), FLOATS)

    return Vector(FloatPointer, types.int64), generate


@intrinsic
def store(typing, pointer, at, value):
    """Write a vector to pointer[at] and the places behind it."""

    def generate(context, builder, signature, arguments):
        pointer, at, value = arguments
        write(builder, value, builder.gep(pointer, [at]))
        return context.get_dummy_value()

    return types.void(FloatPointer, types.int64, Vector), generate


# --- Tiles --------------------------------------------------------------------------------------

def tile_of(rows, columns):
    return types.UniTuple(types.UniTuple(Vector, columns), rows)


def each_place(tile):
    return [(row, column) for row in range(tile.count) for column in range(tile.dtype.count)]


def each_address(builder, tile, pointer, at, stride=None):
    """(row, column, address) of every vector of a tile whose rows lie `stride` apart in memory."""
    address = builder.gep(pointer, [at])
    for row in range(tile.count):
        if row:
            address = builder.gep(address, [stride])
        for column in range(tile.dtype.count):
            yield row, column, builder.gep(address, [I32(LANES * column)])


@intrinsic(prefer_literal=True)
def silent_tile(typing, rows, columns):
    """A tile of zeros; rows and columns are literals."""
    tile = tile_of(rows.literal_value, columns.literal_value)

    def generate(context, builder, signature, arguments):
        return ir.Constant(context.get_value_type(tile), [[[0.0] * LANES] * tile.dtype.count] * tile.count)

    return tile(rows, columns), generate


@intrinsic
def add_values(typing, tile, pointer, at):
    """The tile with pointer[at + row] added to every lane of a row."""

    def generate(context, builder, signature, arguments):
        result, pointer, at = arguments
        first = builder.gep(pointer, [at])
        for row, column in each_place(tile):
            value = splat_value(builder, builder.load(builder.gep(first, [I32(row)])))
            value = builder.fadd(builder.extract_value(result, [row, column]), value)
            result = builder.insert_value(result, value, [row, column])
        return result

    return tile(tile, FloatPointer, types.int64), generate


@intrinsic(prefer_literal=True)
def load_row(typing, pointer, at, columns):
    """A tile of one row: the vectors that begin at pointer[at]; columns is a literal."""
    tile = tile_of(1, columns.literal_value)

    def generate(context, builder, signature, arguments):
        result = ir.Constant(context.get_value_type(tile), ir.Undefined)
        for row, column, address in each_address(builder, tile, *arguments[:2]):
            result = builder.insert_value(result, read(builder, address, FLOATS), [row, column])
        return result

    return tile(FloatPointer, types.int64, columns), generate


@intrinsic
def add_products(typing, tile, weights, weight, frames, x):
    """The tile with weights[weight + row] * frames[x + LANES * column + lane] added everywhere."""

    def generate(context, builder, signature, arguments):
        result, weights, weight, frames, x = arguments
        first, begin = builder.gep(weights, [weight]), builder.gep(frames, [x])
        columns = [read(builder, builder.gep(begin, [I32(LANES * column)]), FLOATS)
                   for column in range(tile.dtype.count)]
        factors = [splat_value(builder, builder.load(builder.gep(first, [I32(row)])))
                   for row in range(tile.count)]
        for row, column in each_place(tile):
            value = fused(builder, factors[row], columns[column], builder.extract_value(result, [row, column]))
            result = builder.insert_value(result, value, [row, column])
        return result

    return tile(tile, FloatPointer, types.int64, FloatPointer, types.int64), generate


@intrinsic
def add_rows(typing, tile, pointer, at, stride):
    """The tile with the rows in memory added that begin at pointer[at] and lie `stride` apart."""

    def generate(context, builder, signature, arguments):
        result, pointer, at, stride = arguments
        for row, column, address in each_address(builder, tile, pointer, at, stride):
            value = builder.fadd(builder.extract_value(result, [row, column]), read(builder, address, FLOATS))
            result = builder.insert_value(result, value, [row, column])
        return result

    return tile(tile, FloatPointer, types.int64, types.int64), generate


@intrinsic
def store_rows(typing, tile, pointer, at, stride):
    """Write the tile's rows to memory, the first at pointer[at], the others `stride` apart."""

    def generate(context, builder, signature, arguments):
        values, pointer, at, stride = arguments
        for row, column, address in each_address(builder, tile, pointer, at, stride):
            write(builder, builder.extract_value(values, [row, column]), address)
        return context.get_dummy_value()

    return types.void(tile, FloatPointer, types.int64, types.int64), generate


# --- Functions ----------------------------------------------------------------------------------

@intrinsic
def first_guess(typing, x):
    """1 / x of a positive vector, within 12 %: a float's bits, taken as a number, are nearly its logarithm."""

    def generate(context, builder, signature, arguments):
        bits = builder.bitcast(arguments[0], INTS)
        return builder.bitcast(builder.sub(ir.Constant(INTS, [int(INVERSE_OF_ONE)] * LANES), bits), FLOATS)

    return Vector(Vector), generate


ONE, TWO = np.float32(1.0), np.float32(2.0)


@inlined
def reciprocal(x):
    """1 / x of a positive vector, within a rounding or two; no division, which takes ARM 34 cycles.

    Each of Newton's steps squares the error: 12 %, 1.4 %, 2e-4, 4e-8.
    """
    y = first_guess(x)
    y = y * (TWO - x * y)
    y = y * (TWO - x * y)
    return y * (TWO - x * y)


@inlined
def quotient(a, b):
    """a / b of vectors, b positive; see dsp.primitives.reciprocals for why ARM does without a division."""
    return a * reciprocal(b) if on_arm() else a / b


@intrinsic
def raise_exponent(typing, x, whole):
    """x * 2 ** n of vectors, where the lowest bits of the float `whole` are the integer n."""

    def generate(context, builder, signature, arguments):
        x, whole = (builder.bitcast(value, INTS) for value in arguments)
        shifted = builder.shl(whole, ir.Constant(INTS, [MANTISSA_BITS] * LANES))
        return builder.bitcast(builder.add(x, shifted), FLOATS)

    return Vector(Vector, Vector), generate


OCTAVES = np.float32(1.0 / np.log(2.0))             # of a factor of e
ROUND = np.float32(1.5 * 2 ** MANTISSA_BITS)        # added, it leaves the nearest integer in the lowest bits
# (2 ** z - 1) / z for z within half an octave, least relative error: 1e-8.
GROW_0, GROW_1, GROW_2, GROW_3, GROW_4, GROW_5 = (np.float32(c) for c in (
    0.6931471879266913, 0.24022649794956613, 0.055503574336396716, 0.009618237495317594,
    0.0013390735476297017, 0.00015403512251883217))


@inlined
def split_exp2(z, end):
    """(a, b) with 2 ** z = a + a * b, b exact where z is small: whole octaves and the growth over them.

    Beyond `end` octaves a stays where it is. That bound is set beside the series, not before it: a
    recursion that waits for the result waits less.
    """
    whole = z + ROUND
    z = z - (whole - ROUND)
    bounded = larger(smaller(whole, splat(ROUND + end)), splat(ROUND - end))
    # In pairs (Estrin's scheme): a third less to wait for than one term after the other.
    zz = z * z
    low, middle, high = (fma(splat(GROW_1), z, splat(GROW_0)), fma(splat(GROW_3), z, splat(GROW_2)),
                         fma(splat(GROW_5), z, splat(GROW_4)))
    growth = z * fma(fma(high, zz, middle), zz, low)
    return raise_exponent(splat(ONE), bounded), growth


TANH_END = np.float32(26.0)         # octaves of e ** 2x, where a float32 tanh has become 1


@inlined
def tanh(x):
    """The hyperbolic tangent of a vector, within 1.5e-7, and within 3e-7 of it where it is small.

    From e ** 2x - 1, which keeps its figures near zero: distortion models add up hundreds of these, and
    some of them magnify every error thirtyfold.
    """
    octaves, growth = split_exp2((OCTAVES + OCTAVES) * x, TANH_END)
    excess = fma(octaves, growth, octaves - ONE)
    return quotient(excess, excess + TWO)


SIGMOID_END = np.float32(125.0)     # octaves, beyond which the result is no normal number


@inlined
def sigmoid(x):
    """1 / (1 + exp(-x)) of a vector, within 4e-6 of the result however small it is."""
    octaves, growth = split_exp2(-OCTAVES * x, SIGMOID_END)
    return quotient(splat(ONE), ONE + fma(octaves, growth, octaves))
