"""Vectors from memory and to it, whole, in part, and as they were some places before."""

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from dsp.native import declare, inlined
from dsp.primitives.vectors.kinds import (DOUBLES, DUO, FLAGS, FLOATS, I32, I64, LANES, LINE, OCTET, PAIR, SIXTEEN,
                                          STRIPS, in_all_lanes, made_of, numbered)


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
