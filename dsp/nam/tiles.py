"""Register tiles: sums that stay in registers while a loop adds products to them.

A tile is a tuple of rows, each a tuple of vectors of frames. Each row has a weight, each column a vector: so
many loads serve so many times so many products (Goto and van de Geijn, "Anatomy of High-Performance Matrix
Multiplication", ACM TOMS 34, 2008).
"""

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from dsp.primitives.vectors.arithmetic import fused
from dsp.primitives.vectors.kinds import FEATURES, FLOATS, I32, LANES, Floats, in_all_lanes, made_of, numbered
from dsp.primitives.vectors.memory import read, write


def shape_of(features):
    """Rows and columns of the largest tile, by the names of a processor's features: of AVX's 16 registers 4 must
    be left for what is multiplied; AVX-512 and NEON have 32, and NEON's hold half a vector."""
    if "avx512f" in features:
        return 8, 2
    return (6, 2) if "avx" in features else (8, 1)


TILE_ROWS, TILE_COLUMNS = shape_of(FEATURES)


def tile_of(rows, columns):
    return types.UniTuple(types.UniTuple(FLOATS, columns), rows)


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
            value = in_all_lanes(builder, builder.load(builder.gep(first, [I32(row)])), LANES)
            value = builder.fadd(builder.extract_value(result, [row, column]), value)
            result = builder.insert_value(result, value, [row, column])
        return result

    return tile(tile, Floats, types.intp), generate


@intrinsic(prefer_literal=True)
def load_row(typing, pointer, at, columns):
    """A tile of one row: the vectors that begin at pointer[at]; columns is a literal."""
    tile = tile_of(1, columns.literal_value)

    def generate(context, builder, signature, arguments):
        result = ir.Constant(context.get_value_type(tile), ir.Undefined)
        for row, column, address in each_address(builder, tile, *arguments[:2]):
            result = builder.insert_value(result, read(builder, address, made_of(FLOATS)), [row, column])
        return result

    return tile(Floats, types.intp, columns), generate


@intrinsic
def add_products(typing, tile, weights, weight, frames, x):
    """The tile with weights[weight + row] * frames[x + LANES * column + lane] added everywhere."""

    def generate(context, builder, signature, arguments):
        result, weights, weight, frames, x = arguments
        first, begin = builder.gep(weights, [weight]), builder.gep(frames, [x])
        columns = [read(builder, builder.gep(begin, [I32(LANES * column)]), made_of(FLOATS))
                   for column in range(tile.dtype.count)]
        factors = [in_all_lanes(builder, builder.load(builder.gep(first, [I32(row)])), LANES)
                   for row in range(tile.count)]
        for row, column in each_place(tile):
            value = fused(builder, factors[row], columns[column], builder.extract_value(result, [row, column]))
            result = builder.insert_value(result, value, [row, column])
        return result

    return tile(tile, Floats, types.intp, Floats, types.intp), generate


@intrinsic(prefer_literal=True)
def with_rows(typing, tile, rows):
    """The tile with rows of zeros below, so many in all; rows is a literal."""
    result = tile_of(rows.literal_value, tile.dtype.count)

    def generate(context, builder, signature, arguments):
        made = ir.Constant(context.get_value_type(result), [[[0.0] * LANES] * tile.dtype.count] * result.count)
        for row in range(tile.count):
            made = builder.insert_value(made, builder.extract_value(arguments[0], [row]), [row])
        return made

    return result(tile, rows), generate


@intrinsic
def add_columns(typing, tile, values, at, frames, x):
    """The tile with values[at + row] * frames[x + LANES * (columns * row + column) + lane] added: a value for each
    row, a vector of weights for each place."""

    def generate(context, builder, signature, arguments):
        result, values, at, frames, x = arguments
        first = builder.gep(values, [at])

        def factor(row):
            return in_all_lanes(builder, builder.load(builder.gep(first, [I32(row)])), LANES)

        return with_products(builder, tile, result, factor, builder.gep(frames, [x]))

    return tile(tile, Floats, types.intp, Floats, types.intp), generate


@intrinsic
def add_lanes(typing, tile, values, frames, x):
    """The same with the first lanes of a vector for values."""

    def generate(context, builder, signature, arguments):
        result, values, frames, x = arguments

        def factor(row):
            return builder.shuffle_vector(values, values, numbered(LANES, [row] * LANES))

        return with_products(builder, tile, result, factor, builder.gep(frames, [x]))

    return tile(tile, FLOATS, Floats, types.intp), generate


def with_products(builder, tile, result, factor, address):
    """Add to each place its row's factor times a vector in memory; those lie in the places' order."""
    for number, (row, column) in enumerate(each_place(tile)):
        weights = read(builder, builder.gep(address, [I32(LANES * number)]), made_of(FLOATS))
        value = fused(builder, factor(row), weights, builder.extract_value(result, [row, column]))
        result = builder.insert_value(result, value, [row, column])
    return result


@intrinsic(prefer_literal=True)
def rotated(typing, vector, by):
    """A vector with its lanes down by so many, the first ones last; by is a literal."""

    def generate(context, builder, signature, arguments):
        places = [(lane + by.literal_value) % LANES for lane in range(LANES)]
        return builder.shuffle_vector(arguments[0], arguments[0], numbered(LANES, places))

    return vector(vector, by), generate


@intrinsic
def sum_of_rows(typing, tile):
    """A tile's rows added up, two by two: a tuple of as many vectors as it has columns."""

    def generate(context, builder, signature, arguments):
        sums = []
        for column in range(tile.dtype.count):
            vectors = [builder.extract_value(arguments[0], [row, column]) for row in range(tile.count)]
            while len(vectors) > 1:
                vectors = [builder.fadd(a, b) for a, b in zip(vectors[::2], vectors[1::2])]
            sums += vectors
        return context.make_tuple(builder, signature.return_type, sums)

    return tile.dtype(tile), generate


@intrinsic
def add_rows(typing, tile, pointer, at, stride):
    """The tile with the rows in memory added that begin at pointer[at] and lie `stride` apart."""

    def generate(context, builder, signature, arguments):
        result, pointer, at, stride = arguments
        for row, column, address in each_address(builder, tile, pointer, at, stride):
            value = builder.fadd(builder.extract_value(result, [row, column]), read(builder, address, made_of(FLOATS)))
            result = builder.insert_value(result, value, [row, column])
        return result

    return tile(tile, Floats, types.intp, types.intp), generate


@intrinsic
def store_rows(typing, tile, pointer, at, stride):
    """Write the tile's rows to memory, the first at pointer[at], the others `stride` apart."""

    def generate(context, builder, signature, arguments):
        values, pointer, at, stride = arguments
        for row, column, address in each_address(builder, tile, pointer, at, stride):
            write(builder, builder.extract_value(values, [row, column]), address)
        return context.get_dummy_value()

    return types.void(tile, Floats, types.intp, types.intp), generate
