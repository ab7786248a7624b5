"""Reciprocals and square roots made of multiplications, for numbers and for vectors.

A Pi's processor divides four float32 in 20 to 40 cycles and does nothing else meanwhile, where it multiplies
and adds four a cycle. So a first guess is taken from the number's bits, which are nearly its logarithm (Lomont,
"Fast inverse square root", 2003), and steps in Newton's way square or cube its error; the first one's constants
are those that make its largest error smallest (Kadlec, "Improving the fast inverse square root", 2010).

On a PC dividing takes less time, above all where the next step waits for it; there `quotient`, `reciprocal` and
`root` divide. Its roots take as long as they do on a Pi, but it has a guess of its own: so `inverse_root` is a third
faster there than by steps, and nearer.
"""

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from dsp.native import helper, inlined, on_arm
from dsp.primitives.vectors.kinds import FLAGS, I32, Vector, call_for

HALF, ONE, THREE_HALVES = np.float32(0.5), np.float32(1.0), np.float32(1.5)


def make_guess(of_one, halve):
    """A first guess: `of_one` less the bits, or half of them. Which `of_one` leaves the least error after a step
    was found by trying; the guess itself may be off by a constant factor, which the step takes out."""

    @intrinsic
    def guess(typing, x):

        def generate(context, builder, signature, arguments):
            type = arguments[0].type
            whole = ir.VectorType(I32, type.count) if isinstance(type, ir.VectorType) else I32

            def constant(value):
                return ir.Constant(whole, [value] * type.count if whole != I32 else value)

            bits = builder.bitcast(arguments[0], whole)
            if halve:
                bits = builder.lshr(bits, constant(1))
            return builder.bitcast(builder.sub(constant(of_one), bits), type)

        return (x if isinstance(x, Vector) else types.float32)(x), generate

    return guess


guess_reciprocal, guess_inverse_root = make_guess(0x7EB50000, False), make_guess(0x5F200000, True)
RECIPROCAL_A, RECIPROCAL_B = np.float32(2.7867577), np.float32(1.9412877)
ROOT_A, ROOT_B = np.float32(1.6819139), np.float32(0.70395201)


@inlined
def nearly_reciprocal(x):
    """1 / x of a float32 whose size is from 1e-37 to 1e37, or of a vector of such, within 1.2e-4 of it."""
    y = guess_reciprocal(x)
    return y * (RECIPROCAL_A - RECIPROCAL_B * x * y)


@inlined
def reciprocal_by_steps(x):
    """1 / x of such, within 1.2e-7 of it."""
    y = nearly_reciprocal(x)
    return y + y * (ONE - x * y)


@inlined
def quotient_by_steps(a, b):
    """a / b of such, within 1.2e-7 of it; the second step mends the quotient itself."""
    near = nearly_reciprocal(b)
    y = a * near
    return y + near * (a - b * y)


@inlined
def inverse_root_by_steps(x):
    """1 / sqrt(x) of a positive one, within 8e-7 of it; after the first step 6.5e-4."""
    y = guess_inverse_root(x)
    y = y * (ROOT_A - ROOT_B * x * y * y)
    return y * (THREE_HALVES - HALF * x * y * y)


@intrinsic
def inverse_root_by_estimate(typing, x):
    """1 / sqrt(x) of a vector of such: LLVM takes the processor's own guess and a step in Newton's way, as soon as it
    may take for granted that neither is infinite."""

    def generate(context, builder, signature, arguments):
        [vector], flags = arguments, (*FLAGS, "ninf")
        one = ir.Constant(vector.type, [1.0] * vector.type.count)
        return builder.fdiv(one, call_for(builder, "sqrt", vector.type, vector, flags=flags), flags=flags)

    return x(x), generate


@inlined
def inverse_root(x):
    """1 / sqrt(x) of a vector of positive ones, within 8e-7 of it."""
    return inverse_root_by_steps(x) if on_arm() else inverse_root_by_estimate(x)


@inlined
def root_by_steps(x):
    """sqrt(x) of a positive one or zero, within 2e-7 of it: Heron's step makes up what the inverse is off."""
    y = inverse_root_by_steps(x)
    root = x * y
    return root + HALF * y * (x - root * root)


@inlined
def quotient(a, b):
    """a / b of such, within 1.2e-7 of it."""
    return quotient_by_steps(a, b) if on_arm() else a / b


@helper
def reciprocal(x):
    """1 / x of a number whose size is from 1e-37 to 1e37, as float32, within 2e-7 of it."""
    x = np.float32(x)
    return reciprocal_by_steps(x) if on_arm() else ONE / x


@helper
def root(x):
    """sqrt(x) of a number from zero on, as float32, within 2e-7 of it."""
    x = np.float32(x)
    return root_by_steps(x) if on_arm() else np.sqrt(x)
