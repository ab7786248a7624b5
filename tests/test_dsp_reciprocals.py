"""Divisions and roots as they are on ARM and as they are here, against float64."""

import numpy as np
import pytest

from dsp.native import entry
from dsp.primitives import reciprocals

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


@pytest.mark.parametrize("function", [reciprocals.root, reciprocals.root_by_steps])
def test_the_root_of_silence_is_silence(function):
    assert over(function)(np.zeros(1, np.float32))[0] == 0.0
