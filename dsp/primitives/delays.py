"""Delay lines: rings of a power of two, read between the samples.

A position counts frames since the effect was fresh; it is wrapped only where the ring is touched, as an
unsigned number, since Python's negative indices would cost a comparison each.
"""

import numpy as np

from dsp.native import helper


@helper
def wrap(position, line):
    """Where a position lies in the ring `line`, whose length is a power of two."""
    return np.uint64(position) & np.uint64(line.size - 1)


@helper
def between(f):
    """Weights of four samples in a row for the point `f` (0..1) behind the second of them, newest first.

    Third-order Lagrange interpolation, exact at f = 0. For f in 0..1 it never amplifies (Laakso,
    Valimaki, Karjalainen and Laine, "Splitting the unit delay", IEEE Signal Processing Magazine 1996),
    so it can stand in a feedback loop.
    """
    outer, inner = f * (f - 1.0) / 6.0, (f + 1.0) * (f - 2.0) / 2.0
    return outer * (2.0 - f), inner * (f - 1.0), -inner * f, outer * (f + 1.0)


@helper
def read(line, place, weights):
    """The sound between the sample at position `place` and the one before it; see `between`."""
    newer, here, older, oldest = (np.float32(weights[0]), np.float32(weights[1]),
                                  np.float32(weights[2]), np.float32(weights[3]))
    return (newer * line[wrap(place + 1, line)] + here * line[wrap(place, line)]
            + older * line[wrap(place - 1, line)] + oldest * line[wrap(place - 2, line)])
