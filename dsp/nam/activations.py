"""The activations a model may name, as numbers for the machine and as vectors."""

from dataclasses import dataclass

import numpy as np
from numba.extending import intrinsic

from dsp.native import inlined
from dsp.primitives.levels import MANTISSA_BITS
from dsp.primitives.reciprocals import quotient
from dsp.primitives.vectors.arithmetic import fma, larger, magnitude, smaller, splat, where_more
from dsp.primitives.vectors.kinds import FLOATS, LANES, numbered

NUMBERS = 4             # a channel: what an activation can be told
(TANH, HARD_TANH, FAST_TANH, RELU, LEAKY_RELU, SIGMOID, SILU, HARD_SWISH, LEAKY_HARD_TANH, SOFTSIGN) = range(10)
KINDS = {"Tanh": TANH, "Hardtanh": HARD_TANH, "Fasttanh": FAST_TANH, "ReLU": RELU, "LeakyReLU": LEAKY_RELU,
         "PReLU": LEAKY_RELU, "Sigmoid": SIGMOID, "SiLU": SILU, "Hardswish": HARD_SWISH,
         "LeakyHardtanh": LEAKY_HARD_TANH, "LeakyHardTanh": LEAKY_HARD_TANH, "Softsign": SOFTSIGN}
SLOPE = 0.01            # below zero, where a file does not say


@dataclass(frozen=True)
class Activation:
    """kind : one of the numbers above. table : [channels or 1, NUMBERS] of what the function is told."""

    kind: int
    table: tuple = ((0.0,) * NUMBERS,)

    def numbers(self, channels):
        return np.resize(np.array(self.table, np.float32), (channels, NUMBERS)).ravel()


def parse(section, key, given, channels):
    """The activation that a file names, as a text or as an object with `type`."""
    if isinstance(given, str):
        given = {"type": given}
    described = type(section)(given, f"{section.name}.{key}")
    name = described.choice("type", KINDS)
    kind = KINDS[name]
    if kind == LEAKY_RELU:
        slopes = [described.number("negative_slope", SLOPE)]
        if name == "PReLU" and not described.has("negative_slope") and described.has("negative_slopes"):
            slopes = slopes_of(described, channels)
        return Activation(kind, tuple((slope, 0.0, 0.0, 0.0) for slope in slopes))
    if kind == LEAKY_HARD_TANH:
        return Activation(kind, (tuple(described.number(key, value) for key, value in (
            ("min_val", -1.0), ("max_val", 1.0), ("min_slope", SLOPE), ("max_slope", SLOPE))),))
    return Activation(kind)


def slopes_of(described, channels):
    """One slope for all channels, or one for each."""
    given = described.list("negative_slopes", channels)
    if len(given) not in (1, channels):
        described.refuse("negative_slopes", f"a list of 1 or {channels}")
    return [type(described)({"slope": slope}, described.name).number("slope") for slope in given]


# --- Curves -------------------------------------------------------------------------------------

ZERO, ONE, TWO, THREE, SIX, SIXTH = (np.float32(value) for value in (0.0, 1.0, 2.0, 3.0, 6.0, 1.0 / 6.0))
# The formula and figures are NAM's own, for files that were trained with it.
FAST_A, FAST_B, FAST_C, FAST_D, FAST_E = (np.float32(value) for value in (
    2.45550750702956, 0.893229853513558, 0.821226666969744, 2.44506634652299, 0.814642734961073))


@intrinsic
def raise_exponent(typing, x, whole):
    """x * 2 ** n of vectors, where the lowest bits of the float `whole` are the integer n."""

    def generate(context, builder, signature, arguments):
        bits = numbered(LANES, [MANTISSA_BITS] * LANES)
        x, whole = (builder.bitcast(value, bits.type) for value in arguments)
        return builder.bitcast(builder.add(x, builder.shl(whole, bits)), arguments[0].type)

    return FLOATS(FLOATS, FLOATS), generate


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


TANH_END = np.float32(9.0)          # where a float32 tanh has become 1
# x (1 + A1 x^2 + ...) / (1 + B1 x^2 + ...), least relative error up to there: 2e-8.
ABOVE_1, ABOVE_2, ABOVE_3, ABOVE_4 = (np.float32(c) for c in (
    0.13381025195121765, 0.003495587967336178, 2.0609079001587816e-05, 1.335465871221686e-08))
BELOW_1, BELOW_2, BELOW_3, BELOW_4 = (np.float32(c) for c in (
    0.4671434164047241, 0.025876980274915695, 0.00032856344478204846, 7.776557140459772e-07))


@inlined
def tanh(x):
    """The hyperbolic tangent of a vector, within 3e-7 of it."""
    return tanh_times(ONE, x)


@inlined
def tanh_times(factor, x):
    """`factor` times it, for a recursion that must not wait for one more product."""
    x = larger(smaller(x, splat(TANH_END)), splat(-TANH_END))
    s = x * x
    ss = s * s
    x = factor * x
    # In pairs (Estrin's scheme), and x inside, so that nothing waits for much.
    above = (x * ss) * (ss * ABOVE_4 + (s * ABOVE_3 + ABOVE_2)) + x * (s * ABOVE_1 + ONE)
    below = ss * (ss * BELOW_4 + (s * BELOW_3 + BELOW_2)) + (s * BELOW_1 + ONE)
    return quotient(above, below)


SIGMOID_END = np.float32(125.0)     # octaves, beyond which the result is no normal number


@inlined
def sigmoid(x):
    """1 / (1 + exp(-x)) of a vector, within 4e-6 of the result however small it is."""
    octaves, growth = split_exp2(-OCTAVES * x, SIGMOID_END)
    return quotient(splat(ONE), ONE + fma(octaves, growth, octaves))


# --- As vectors: each takes the vector and its channel's numbers --------------------------------

@inlined
def plain_tanh(x, table, at):
    return tanh(x)


@inlined
def hard_tanh(x, table, at):
    return larger(smaller(x, splat(ONE)), splat(-ONE))


@inlined
def fast_tanh(x, table, at):
    size, square = magnitude(x), x * x
    above = x * (splat(FAST_A) + FAST_A * size + (splat(FAST_B) + FAST_C * size) * square)
    below = splat(FAST_D) + (splat(FAST_D) + square) * magnitude(x + FAST_E * x * size)
    return quotient(above, below)


@inlined
def relu(x, table, at):
    return larger(x, splat(ZERO))


@inlined
def leaky_relu(x, table, at):
    return where_more(x, splat(ZERO), x, table[at] * x)


@inlined
def plain_sigmoid(x, table, at):
    return sigmoid(x)


@inlined
def silu(x, table, at):
    return x * sigmoid(x)


@inlined
def hard_swish(x, table, at):
    return x * larger(smaller(x + THREE, splat(SIX)), splat(ZERO)) * SIXTH


@inlined
def leaky_hard_tanh(x, table, at):
    low, high = splat(table[at]), splat(table[at + 1])
    inside = larger(smaller(x, high), low)
    return inside + table[at + 2] * smaller(x - low, splat(ZERO)) + table[at + 3] * larger(x - high, splat(ZERO))


@inlined
def softsign(x, table, at):
    return quotient(x, magnitude(x) + ONE)
