"""Divisions and roots as they are on ARM and as they are here, against float64."""

import numpy as np
import pytest

from dsp.native import entry, inlined
from dsp.primitives import reciprocals
from dsp.primitives.vectors.kinds import LANES
from dsp.primitives.vectors.memory import load, store

WIDE = np.geomspace(1e-37, 1e37, 200001).astype(np.float32)
CLOSE = np.linspace(1.0, 4.0, 300001).astype(np.float32)       # every mantissa's shape, for even and odd exponents


def over(function):
    """A function of one number as one of an array."""

    @entry
    def all(x):
        y = np.empty_like(x)
        for i in range(len(x)):
            y[i] = function(x[i])
        return y

    return all


def in_vectors(function):
    """The same with whole vectors."""

    @entry
    def all(x):
        y = np.empty_like(x)
        for at in range(0, len(x), LANES):
            store(y, at, function(load(x, at)))
        return y

    return lambda x: all(np.resize(x, -(-len(x) // LANES) * LANES))[:len(x)]


def worst(y, wanted):
    return np.abs(y / wanted - 1.0).max()


@pytest.mark.parametrize("function", [reciprocals.reciprocal, reciprocals.reciprocal_by_steps])
def test_reciprocal(function):
    for x in (WIDE, CLOSE):
        assert worst(over(function)(x), 1.0 / x.astype(np.float64)) < 2e-7


@pytest.mark.parametrize("function", [reciprocals.root, reciprocals.root_by_steps])
def test_root(function):
    for x in (WIDE, CLOSE):
        assert worst(over(function)(x), np.sqrt(x.astype(np.float64))) < 3e-7


@pytest.mark.parametrize("name, error, wanted", [("reciprocal_by_steps", 1.2e-7, lambda x: 1.0 / x),
                                                ("inverse_root", 8e-7, lambda x: 1.0 / np.sqrt(x)),
                                                ("inverse_root_by_steps", 8e-7, lambda x: 1.0 / np.sqrt(x)),
                                                ("root_by_steps", 1.2e-7, np.sqrt)])
def test_in_vectors(name, error, wanted):
    for x in (WIDE, CLOSE):
        assert worst(in_vectors(getattr(reciprocals, name))(x), wanted(x.astype(np.float64))) < error


@pytest.mark.parametrize("function", [reciprocals.quotient, reciprocals.quotient_by_steps])
def test_quotient(function):
    x = np.where(np.arange(len(WIDE)) % 3, WIDE, -WIDE)[60000:140000]
    assert worst(in_vectors(inlined(lambda x: function(x * x, x)))(x), x.astype(np.float64)) < 2.5e-7


def test_a_reciprocal_keeps_the_sign():
    assert worst(over(reciprocals.reciprocal_by_steps)(-WIDE), -1.0 / WIDE.astype(np.float64)) < 1.2e-7


@pytest.mark.parametrize("function", [reciprocals.root, reciprocals.root_by_steps])
def test_the_root_of_silence_is_silence(function):
    assert over(function)(np.zeros(1, np.float32))[0] == 0.0
