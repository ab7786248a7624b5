"""Small Fourier transforms, written for registers.

Complex numbers are kept as two arrays or tuples, real and imaginary parts. All transforms are forward
and not scaled; the backward one is the forward one with the two parts exchanged, going in and coming out.

Eight points are eight octets, lane by lane. 64 points are four vectors of sixteen, as 4 x 4 x 4 (Bailey, "FFTs in
external or hierarchical memory", J. Supercomputing 1990, twice): with n = 16j + 4s + t and k = p + 4q + 16u,
transform over j, multiply by W64^(p(4s + t)), transform over s, multiply by W16^(qt), transform over t. Vectors
change places with blocks of lanes, then with lanes, so that all three transforms run straight down four vectors.
"""

import numpy as np

from dsp.native import inlined
from dsp.primitives.vectors.arithmetic import splat_octet
from dsp.primitives.vectors.lanes import swap_blocks, swap_lanes
from dsp.primitives.vectors.memory import load_octet, load_sixteen, store

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


def turns():
    """The factors between the parts of `sixty_four`, then of `back_from_bins`: float64 [4, real | imaginary, 3, 16]."""
    lanes = np.arange(16)
    high, low = lanes // 4, lanes % 4
    angles = [np.outer(np.arange(1, 4), steps) / points
              for steps, points in ((lanes, 64), (low, 16), (4 * low + high, 64), (high, 16))]
    factors = np.exp(-2j * np.pi * np.array(angles))
    return np.stack([factors.real, factors.imag], axis=1)


TURN = 2 * 3 * 16               # numbers between two of these


@inlined
def load_four(x, at):
    """64 numbers in a row."""
    return load_sixteen(x, at), load_sixteen(x, at + 16), load_sixteen(x, at + 32), load_sixteen(x, at + 48)


@inlined
def store_four(x, at, v):
    store(x, at, v[0])
    store(x, at + 16, v[1])
    store(x, at + 32, v[2])
    store(x, at + 48, v[3])


@inlined
def times(r, i, c, s):
    """A complex product."""
    return r * c - i * s, i * c + r * s


@inlined
def times_four(r, i, c, s):
    """Four complex products."""
    r0, i0 = times(r[0], i[0], c[0], s[0])
    r1, i1 = times(r[1], i[1], c[1], s[1])
    r2, i2 = times(r[2], i[2], c[2], s[2])
    r3, i3 = times(r[3], i[3], c[3], s[3])
    return (r0, r1, r2, r3), (i0, i1, i2, i3)


@inlined
def turned(r, i, x, at):
    """Four complex vectors times those at x[at], but for the first one, which would be times one."""
    r1, i1 = times(r[1], i[1], load_sixteen(x, at), load_sixteen(x, at + 48))
    r2, i2 = times(r[2], i[2], load_sixteen(x, at + 16), load_sixteen(x, at + 64))
    r3, i3 = times(r[3], i[3], load_sixteen(x, at + 32), load_sixteen(x, at + 80))
    return (r[0], r1, r2, r3), (i[0], i1, i2, i3)


@inlined
def four(r, i):
    """The transform of four complex vectors, lane by lane."""
    ar, br, cr, dr = r[0] + r[2], r[0] - r[2], r[1] + r[3], r[1] - r[3]
    ai, bi, ci, di = i[0] + i[2], i[0] - i[2], i[1] + i[3], i[1] - i[3]
    return (ar + cr, br + di, ar - cr, br - di), (ai + ci, bi - dr, ai - ci, bi + dr)


@inlined
def sixty_four(r, i, x, at):
    """The transform of 64 points in a row; bin p + 4q + 16u comes out in lane 4p + q of vector u.

    x, at : where `turns` lie.
    """
    r, i = four(r, i)
    r, i = turned(r, i, x, at)
    r, i = four(swap_blocks(r), swap_blocks(i))
    r, i = turned(r, i, x, at + TURN)
    return four(swap_lanes(r), swap_lanes(i))


@inlined
def back_from_bins(r, i, x, at):
    """The same transform of points that lie as `sixty_four` leaves its bins; its own come out in a row."""
    r, i = four(r, i)
    r, i = turned(r, i, x, at + 2 * TURN)
    r, i = four(swap_lanes(r), swap_lanes(i))
    r, i = turned(r, i, x, at + 3 * TURN)
    return four(swap_blocks(r), swap_blocks(i))
