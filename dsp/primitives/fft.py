"""Small Fourier transforms, written for registers: 64 points lie in sixteen octets.

Complex numbers are kept as two arrays or tuples, real and imaginary parts. All transforms are forward
and not scaled; the backward one is the forward one with the two parts exchanged, going in and coming out.

64 points are 8 x 8 (Bailey, "FFTs in external or hierarchical memory", J. Supercomputing 1990): with
n = 8a + b and k = p + 8q, transform over a, multiply by W64^(bp), transform over b. Rows and columns
change places in between, so that both transforms run straight down eight octets.
"""

import numpy as np

from dsp.native import inlined
from dsp.primitives.vectors import load_octet, splat_octet, store, transpose

HALF_ROOT = np.float32(np.sqrt(0.5))
POINTS = 64


def roots(rows, columns, order):
    """The twiddle factors exp(-2 pi i r c / order), float64 complex [rows, columns]."""
    return np.exp(-2j * np.pi * np.outer(np.arange(rows), np.arange(columns)) / order)


@inlined
def eight(r, i):
    """The transform of eight complex octets, lane by lane: two of four points, then one butterfly."""
    ar, br, cr, dr = r[0] + r[4], r[0] - r[4], r[2] + r[6], r[2] - r[6]
    ai, bi, ci, di = i[0] + i[4], i[0] - i[4], i[2] + i[6], i[2] - i[6]
    er, fr, gr, hr = r[1] + r[5], r[1] - r[5], r[3] + r[7], r[3] - r[7]
    ei, fi, gi, hi = i[1] + i[5], i[1] - i[5], i[3] + i[7], i[3] - i[7]

    even0r, even2r, even1r, even3r = ar + cr, ar - cr, br + di, br - di
    even0i, even2i, even1i, even3i = ai + ci, ai - ci, bi - dr, bi + dr
    odd0r, odd2r, u1r, u3r = er + gr, er - gr, fr + hi, fr - hi
    odd0i, odd2i, u1i, u3i = ei + gi, ei - gi, fi - hr, fi + hr

    half = splat_octet(HALF_ROOT)
    odd1r, odd1i = half * (u1r + u1i), half * (u1i - u1r)          # times W8
    odd3r, odd3i = half * (u3i - u3r), half * (u3r + u3i)          # times W8^3, its imaginary part negated
    return ((even0r + odd0r, even1r + odd1r, even2r + odd2i, even3r + odd3r,
             even0r - odd0r, even1r - odd1r, even2r - odd2i, even3r - odd3r),
            (even0i + odd0i, even1i + odd1i, even2i - odd2r, even3i - odd3i,
             even0i - odd0i, even1i - odd1i, even2i + odd2r, even3i + odd3i))


@inlined
def load_eight(x, at, stride):
    """Eight octets of an array, `stride` numbers from one to the next."""
    return (load_octet(x, at), load_octet(x, at + stride),
            load_octet(x, at + 2 * stride), load_octet(x, at + 3 * stride),
            load_octet(x, at + 4 * stride), load_octet(x, at + 5 * stride),
            load_octet(x, at + 6 * stride), load_octet(x, at + 7 * stride))


@inlined
def store_eight(x, at, stride, v):
    store(x, at, v[0])
    store(x, at + stride, v[1])
    store(x, at + 2 * stride, v[2])
    store(x, at + 3 * stride, v[3])
    store(x, at + 4 * stride, v[4])
    store(x, at + 5 * stride, v[5])
    store(x, at + 6 * stride, v[6])
    store(x, at + 7 * stride, v[7])


@inlined
def add_eight(a, b):
    return (a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3],
            a[4] + b[4], a[5] + b[5], a[6] + b[6], a[7] + b[7])


@inlined
def sub_eight(a, b):
    return (a[0] - b[0], a[1] - b[1], a[2] - b[2], a[3] - b[3],
            a[4] - b[4], a[5] - b[5], a[6] - b[6], a[7] - b[7])


@inlined
def mul_eight(a, b):
    return (a[0] * b[0], a[1] * b[1], a[2] * b[2], a[3] * b[3],
            a[4] * b[4], a[5] * b[5], a[6] * b[6], a[7] * b[7])


@inlined
def times_eight(r, i, c, s):
    """Eight complex products."""
    return sub_eight(mul_eight(r, c), mul_eight(i, s)), add_eight(mul_eight(r, s), mul_eight(i, c))


@inlined
def splat_eight(x, at):
    """Eight numbers in a row, each in all lanes of an octet."""
    return (splat_octet(x[at]), splat_octet(x[at + 1]), splat_octet(x[at + 2]), splat_octet(x[at + 3]),
            splat_octet(x[at + 4]), splat_octet(x[at + 5]), splat_octet(x[at + 6]), splat_octet(x[at + 7]))


@inlined
def sixty_four(r, i, c, s):
    """The transform of 64 points, element 8a + b in lane b of octet a; the result in the same order.

    c, s : W64^(bp) at row p, lane b.
    """
    r, i = eight(r, i)
    r, i = times_eight(r, i, c, s)
    return eight(transpose(r), transpose(i))
