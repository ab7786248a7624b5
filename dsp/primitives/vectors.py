"""Several numbers side by side in a register, by name: what loops over arrays cannot say.

LLVM makes vectors of a plain loop where every frame stands alone. A register tile (one load for many sums), a
Fourier transform or the sections of a filter bank side by side it does not find by itself; here they are
written out. All of it is LLVM's portable vector code: one kernel becomes zmm, ymm or q registers, whatever the
machine has, and a vector wider than the machine's becomes several.

A vector lives in registers only. It knows + - * / with vectors of its kind and with one number for all lanes;
`load` and `store` move it from and to memory, which is an array or a pointer. Pointers, which `start_of` gives
for arrays, cost neither the counted reference that each function and slice takes of an array, 5 ns each, nor
its eight words, and their indices are neither checked nor wrapped.
"""

import operator

import llvmlite.binding
from llvmlite import ir
from numba import types
from numba.core.typing.templates import ConcreteTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model

from dsp.native import FAST, declare, inlined

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


# --- Arithmetic ---------------------------------------------------------------------------------

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


# --- Memory -------------------------------------------------------------------------------------

@intrinsic
def start_of(typing, array):
    """The pointer to an array's first number; p[i] reads and writes."""

    def generate(context, builder, signature, arguments):
        return first_of(context, builder, signature.args[0], arguments[0])

    return types.CPointer(array.dtype)(array), generate


@intrinsic
def moved(typing, pointer, by):
    """The pointer to pointer[by]."""

    def generate(context, builder, signature, arguments):
        return builder.gep(arguments[0], [arguments[1]])

    return pointer(pointer, types.intp), generate


@intrinsic
def as_words(typing, pointer):
    """The same memory as int32."""

    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], I32.as_pointer())

    return types.CPointer(types.int32)(pointer), generate


@intrinsic
def aligned(typing, pointer, at):
    """The pointer to the first place from pointer[at] on that a cache line begins with; at most LINE - 1 further."""

    def generate(context, builder, signature, arguments):
        place = builder.ptrtoint(builder.gep(arguments[0], [arguments[1]]), I64)
        up = builder.and_(builder.add(place, I64(4 * LINE - 1)), I64(-4 * LINE))
        return builder.inttoptr(up, arguments[0].type)

    return pointer(pointer, types.intp), generate


def first_of(context, builder, type, value):
    """The address of an array's first number; a pointer is that already."""
    return context.make_array(type)(context, builder, value).data if isinstance(type, types.Array) else value


def read(builder, address, vector):
    """Load a vector from an address of numbers, which need not be aligned."""
    return builder.load(builder.bitcast(address, vector.as_pointer()), align=4)


def write(builder, value, address):
    builder.store(value, builder.bitcast(address, value.type.as_pointer()), align=4)


def make_load(kind):
    @intrinsic
    def load(typing, memory, at):
        """The vector that begins at memory[at], on any boundary."""

        def generate(context, builder, signature, arguments):
            first = first_of(context, builder, signature.args[0], arguments[0])
            return read(builder, builder.gep(first, [arguments[1]]), made_of(kind))

        return kind(memory, types.intp), generate

    return load


load, load_strip, load_octet, load_sixteen, load_duo, load_pair, load_doubles = map(
    make_load, (FLOATS, STRIPS, OCTET, SIXTEEN, DUO, PAIR, DOUBLES))


def look_back(builder, first, at, by):
    """The vector that begins so many places before first[at], up to LANES.

    One that lies across two cache lines takes two loads, and one just stored in two parts waits until both have reached
    the cache, 20 cycles. So where a register is as long as a line it is put together from the two whole ones. They
    are loaded as integers: for those LLVM has an instruction, for others it looks each lane's place up.
    """

    def vector_at(place, kind):
        return read(builder, builder.gep(first, [builder.add(at, I64(place))]), kind)

    if by in (0, LANES) or LANES < LINE:
        return vector_at(-by, made_of(FLOATS))
    before, now = (vector_at(place, ir.VectorType(I32, LANES)) for place in (-LANES, 0))
    lanes = numbered(LANES, range(LANES - by, 2 * LANES - by))
    return builder.bitcast(builder.shuffle_vector(before, now, lanes), made_of(FLOATS))


def make_earlier(by):
    @intrinsic
    def earlier(typing, row, at):
        """The vector that begins so many places before row[at], where one begins that was stored whole, as the one
        before it."""

        def generate(context, builder, signature, arguments):
            first = first_of(context, builder, signature.args[0], arguments[0])
            return look_back(builder, first, arguments[1], by)

        return FLOATS(row, types.intp), generate

    return earlier


earlier_1, earlier_2, earlier_3, earlier_4 = map(make_earlier, (1, 2, 3, 4))


def make_filter(taps):
    @intrinsic
    def filtered(typing, row, at):
        """What taps, the oldest first, up to LANES, make of a row in so many frames from row[at] on: in two sums that
        do not wait for one another."""

        def generate(context, builder, signature, arguments):
            first = first_of(context, builder, signature.args[0], arguments[0])
            sums = []
            for place, tap in enumerate(taps):
                x = look_back(builder, first, arguments[1], len(taps) - 1 - place)
                product = builder.fmul(ir.Constant(x.type, [float(tap)] * LANES), x, flags=FLAGS)
                sums.append(product if place < 2 else builder.fadd(sums[place - 2], product, flags=FLAGS))
            return builder.fadd(*sums[-2:], flags=FLAGS)

        return FLOATS(row, types.intp), generate

    return filtered


@intrinsic
def store(typing, memory, at, vector):
    """Write a vector to memory[at] and the places behind it, on any boundary."""

    def generate(context, builder, signature, arguments):
        first = first_of(context, builder, signature.args[0], arguments[0])
        write(builder, arguments[2], builder.gep(first, [arguments[1]]))
        return context.get_dummy_value()

    return types.void(memory, types.intp, vector), generate


def lanes_below(builder, count):
    """For each lane whether it is among the first so many."""
    return builder.icmp_signed("<", numbered(LANES, range(LANES)),
                               in_all_lanes(builder, builder.trunc(count, I32), LANES))


def masked(builder, what, memory, at, returned, arguments):
    """Call one of LLVM's intrinsics that touch some lanes' memory only."""
    vector = made_of(FLOATS)
    place = builder.bitcast(builder.gep(memory, [at]), vector.as_pointer())
    arguments = [argument or place for argument in arguments]
    function = declare(builder, f"llvm.masked.{what}.v{LANES}f32.p0", returned, [each.type for each in arguments])
    return builder.call(function, arguments)


@intrinsic
def load_first(typing, memory, at, count):
    """The first `count` numbers of the vector that begins at memory[at], then zeros; the rest is not touched."""

    def generate(context, builder, signature, arguments):
        memory, at, count = arguments
        zeros = ir.Constant(made_of(FLOATS), None)
        return masked(builder, "load", memory, at, zeros.type, [None, I32(4), lanes_below(builder, count), zeros])

    return FLOATS(memory, types.intp, types.intp), generate


@intrinsic
def store_first(typing, memory, at, count, vector):
    """Write a vector's first `count` lanes to memory[at] and the places behind it."""

    def generate(context, builder, signature, arguments):
        memory, at, count, vector = arguments
        masked(builder, "store", memory, at, ir.VoidType(), [vector, None, I32(4), lanes_below(builder, count)])
        return context.get_dummy_value()

    return types.void(memory, types.intp, types.intp, vector), generate


@inlined
def load_until(memory, at, end):
    """The vector that begins at memory[at], with zeros from memory[end] on, which is not touched."""
    return load(memory, at) if at + LANES <= end else load_first(memory, at, end - at)


@inlined
def store_until(memory, at, end, vector):
    """Write a vector to memory[at] and the places behind it, up to memory[end]."""
    if at + LANES <= end:
        store(memory, at, vector)
    else:
        store_first(memory, at, end - at, vector)


# --- Lanes --------------------------------------------------------------------------------------

@intrinsic
def lane(typing, vector, index):
    """The number in a lane."""

    def generate(context, builder, signature, arguments):
        return builder.extract_element(*arguments)

    return vector.element(vector, types.intp), generate


def side_by_side(builder, kind, numbers):
    vector = ir.Constant(made_of(kind), ir.Undefined)
    for place, value in enumerate(numbers):
        vector = builder.insert_element(vector, value, I32(place))
    return vector


@intrinsic
def duo_of(typing, a, b):
    """Two numbers side by side."""

    def generate(context, builder, signature, arguments):
        return side_by_side(builder, DUO, arguments)

    return DUO(*[types.float64] * 2), generate


@intrinsic
def quad_of(typing, a, b, c, d):
    """Four numbers side by side."""

    def generate(context, builder, signature, arguments):
        return side_by_side(builder, QUAD, arguments)

    return QUAD(*[types.float64] * 4), generate


def make_shift(kind, channels):
    @intrinsic
    def shift(typing, vector, value):
        """All lanes up by one for each channel; the lowest become those of `value`."""

        def generate(context, builder, signature, arguments):
            places = [*range(kind.count, kind.count + channels), *range(kind.count - channels)]
            return builder.shuffle_vector(*arguments, numbered(kind.count, places))

        return kind(kind, kind), generate

    return shift


shift_quad, shift_pair = make_shift(QUAD, 1), make_shift(PAIR, 2)


def make_slide(by):
    @intrinsic
    def slide(typing, before, now):
        """`now` as it was so many lanes ago: the last lanes of what came before it, then its own first ones."""

        def generate(context, builder, signature, arguments):
            count = arguments[0].type.count
            return builder.shuffle_vector(*arguments, numbered(count, range(count - by, 2 * count - by)))

        return now(now, now), generate

    return slide


slide_1, slide_2, slide_4, slide_8 = map(make_slide, (1, 2, 4, 8))


@intrinsic
def zip_quads(typing, a, b):
    """a0 b0 a1 b1 ...: two channels side by side."""

    def generate(context, builder, signature, arguments):
        places = [place for both in zip(range(4), range(4, 8)) for place in both]
        return builder.shuffle_vector(*arguments, numbered(8, places))

    return PAIR(QUAD, QUAD), generate


def make_unzip(first):
    @intrinsic
    def unzip(typing, vector):
        """One channel's lanes of two side by side."""

        def generate(context, builder, signature, arguments):
            return builder.shuffle_vector(arguments[0], arguments[0], numbered(4, range(first, 8, 2)))

        return QUAD(PAIR), generate

    return unzip


unzip_left, unzip_right = make_unzip(0), make_unzip(1)


@intrinsic
def widened(typing, vector):
    """The same numbers as float64."""
    wide = Vector(types.float64, vector.count)

    def generate(context, builder, signature, arguments):
        return builder.fpext(arguments[0], made_of(wide))

    return wide(vector), generate


@intrinsic
def narrowed(typing, vector):
    """The same numbers as float32."""
    narrow = Vector(types.float32, vector.count)

    def generate(context, builder, signature, arguments):
        return builder.fptrunc(arguments[0], made_of(narrow))

    return narrow(vector), generate


@intrinsic
def transpose(typing, rows):
    """Eight octets as the columns of what they were the rows of.

    Three rounds that swap the off-diagonal blocks of 4, 2 and 1 lanes between pairs of rows (Eklundh,
    "A fast computer method for matrix transposing", IEEE Trans. Computers, 1972): 24 shuffles.
    """

    def generate(context, builder, signature, arguments):
        rows = [builder.extract_value(arguments[0], i) for i in range(8)]
        for stride in (4, 2, 1):
            places = zip_low(stride)
            low, high = numbered(8, places), numbered(8, [place + stride for place in places])
            for i in range(8):
                if not i & stride:
                    a, b = rows[i], rows[i + stride]
                    rows[i], rows[i + stride] = builder.shuffle_vector(a, b, low), builder.shuffle_vector(a, b, high)
        return context.make_tuple(builder, signature.return_type, rows)

    return types.UniTuple(OCTET, 8)(rows), generate


def zip_low(stride):
    """Lanes that interleave the first halves of two vectors' groups of 2 * stride lanes, by runs of `stride`."""
    return [at + shift for at in range(0, 8, 2 * stride) for shift in [*range(stride), *range(8, 8 + stride)]]


def make_swap(first, second):
    """Two rounds of shuffles of four vectors of sixteen, pair by pair: the lanes of the one and of the other result."""
    @intrinsic
    def swap(typing, rows):
        def generate(context, builder, signature, arguments):
            a, b, c, d = (builder.extract_value(arguments[0], i) for i in range(4))

            def both(x, y, places):
                return [builder.shuffle_vector(x, y, numbered(16, lanes)) for lanes in places]

            (a, b), (c, d) = both(a, b, first), both(c, d, first)
            return context.make_tuple(builder, signature.return_type, both(a, c, second) + both(b, d, second))

        return types.UniTuple(SIXTEEN, 4)(rows), generate

    return swap


def in_blocks(*places):
    """The same lanes of a block of four in all blocks; from 4 on those of the second vector."""
    return [place % 4 + place // 4 * 16 + block for block in range(0, 16, 4) for place in places]


def whole_blocks(*blocks):
    return [4 * block + lane for block in blocks for lane in range(4)]


# Blocks of four lanes as the columns of what they were the rows of; and the lanes within each block.
swap_blocks = make_swap((whole_blocks(0, 1, 4, 5), whole_blocks(2, 3, 6, 7)),
                        (whole_blocks(0, 2, 4, 6), whole_blocks(1, 3, 5, 7)))
swap_lanes = make_swap((in_blocks(0, 4, 1, 5), in_blocks(2, 6, 3, 7)),
                       (in_blocks(0, 1, 4, 5), in_blocks(2, 3, 6, 7)))
