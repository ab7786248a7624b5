"""The activations a model may name, as numbers for the machine and as vectors."""

from dataclasses import dataclass

import numpy as np

from dsp.primitives.lanes import inlined
from dsp.primitives.vectors import larger, quotient, sigmoid, smaller, splat, tanh, where_positive

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


# --- As vectors: each takes the vector and its channel's numbers --------------------------------

ZERO, ONE, THREE, SIX, SIXTH = (np.float32(value) for value in (0.0, 1.0, 3.0, 6.0, 1.0 / 6.0))
# The formula and figures are NAM's own, for files that were trained with it.
FAST_A, FAST_B, FAST_C, FAST_D, FAST_E = (np.float32(value) for value in (
    2.45550750702956, 0.893229853513558, 0.821226666969744, 2.44506634652299, 0.814642734961073))


@inlined
def plain_tanh(x, table, at):
    return tanh(x)


@inlined
def hard_tanh(x, table, at):
    return larger(smaller(x, splat(ONE)), splat(-ONE))


@inlined
def magnitude(x):
    return larger(x, ZERO - x)


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
    return where_positive(x, x, table[at] * x)


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
