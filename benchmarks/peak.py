"""How many multiply-adds this machine's core does in a second, at most."""

from time import perf_counter

import numpy as np

from dsp.native import entry
from dsp.primitives.vectors.arithmetic import splat
from dsp.primitives.vectors.kinds import LANES
from dsp.primitives.vectors.memory import load, store

TURNS = 200000
SUMS = 12               # side by side, so that none waits for its own last result
ROUNDS = 9


@entry
def multiply_and_add(x, turns):
    """`turns` times SUMS vectors of LANES float32, each multiplied and added in one."""
    by, more = load(x, 0), splat(np.float32(1e-3))
    a = b = c = d = e = f = g = h = i = j = k = m = by
    for _ in range(turns):
        a, b, c, d = a * by + more, b * by + more, c * by + more, d * by + more
        e, f, g, h = e * by + more, f * by + more, g * by + more, h * by + more
        i, j, k, m = i * by + more, j * by + more, k * by + more, m * by + more
    store(x, 0, a + b + c + d + e + f + g + h + i + j + k + m)


def multiply_adds_per_second():
    """The most of several rounds."""
    times = []
    for _ in range(ROUNDS):
        x = np.full(LANES, 0.5, np.float32)
        begin = perf_counter()
        multiply_and_add(x, TURNS)
        times.append(perf_counter() - begin)
    return TURNS * SUMS * LANES / min(times[1:])
