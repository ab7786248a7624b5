"""Vectors, and what is made of them for captured amplifiers: exact, and where cache lines begin."""

import numpy as np

from dsp.nam import activations, tiles
from dsp.nam.program import CHUNK, Program
from dsp.native import entry
from dsp.primitives.vectors.kinds import LANES, LINE, lanes_of
from dsp.primitives.vectors.memory import load as load_vector, start_of, store


def over(function):
    @entry
    def run(x, y):
        for i in range(0, len(x), LANES):
            store(start_of(y), i, function(load_vector(start_of(x), i)))

    def apply(x):
        x = np.resize(x, -(-len(x) // LANES) * LANES).astype(np.float32)
        y = np.empty_like(x)
        run(x, y)
        return x.astype(np.float64), y

    return apply


VALUES = np.concatenate([np.linspace(-12.0, 12.0, 20000), np.geomspace(1e-6, 1e4, 500), -np.geomspace(1e-6, 1e4, 500)])


def test_tanh_is_exact():
    x, y = over(activations.tanh)(VALUES)
    np.testing.assert_allclose(y, np.tanh(x), rtol=3e-7, atol=0)


def test_sigmoid_is_exact_however_small():
    x, y = over(activations.sigmoid)(VALUES)
    wanted = 1.0 / (1.0 + np.exp(-x.clip(-80.0, None)))
    near = x > -80.0
    np.testing.assert_allclose(y[near], wanted[near], rtol=4e-6, atol=0)
    assert y[~near].max() < 1e-30


def test_rings_begin_with_cache_lines():
    program = Program()
    rings = [program.ring(channels, lookback) for channels, lookback in ((3, 5), (1, 100), (2, 1))]
    assert not any(place % LINE for ring in rings for place in (ring.at, ring.stride))


def test_tiles_fill_the_registers_there_are():
    machines = {"avx512f", "avx"}, {"avx", "sse2"}, {"neon"}, set()
    assert [lanes_of(names) for names in machines] == [16, 8, 8, 8]
    assert [tiles.shape_of(names) for names in machines] == [(8, 2), (6, 2), (8, 1), (8, 1)]
    assert CHUNK % (4 * LANES) == 0
