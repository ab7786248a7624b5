"""Lanes that change their places, and vectors that change their width."""

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from dsp.primitives.vectors.kinds import DUO, I32, OCTET, PAIR, QUAD, SIXTEEN, Vector, made_of, numbered


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
