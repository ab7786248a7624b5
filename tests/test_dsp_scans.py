"""One-pole filters in whole vectors: as the recursion gives them, however a sound is cut into pieces."""

import numpy as np
import pytest
from numba import njit
from scipy.signal import lfilter

from dsp.primitives import rings
from dsp.primitives.rings import CHUNK

SHARES = (1.0, 0.7, 0.03, 0.001)
PIECES = (64, 1, 15, 16, 17, 32, 33, 7, 63, 2, 48)


@njit
def smooth(rows, pole, lasts, frames):
    rings.smooth(rows, pole, lasts, frames)


@njit
def cut_low(rows, share, lasts, frames):
    rings.cut_low(rows, share, lasts, frames)


def in_pieces(filter, amount, x):
    """x [rows, frames] through a filter, each piece in rows that hold something else behind it."""
    y, lasts, done = np.empty_like(x), np.zeros(len(x)), 0
    for frames in PIECES:
        rows = np.full((len(x), CHUNK), 5.0, np.float32)
        rows[:, :frames] = x[:, done:done + frames]
        filter(rows, amount, lasts, frames)
        y[:, done:done + frames] = rows[:, :frames]
        done += frames
    return y


@pytest.fixture
def x():
    return np.random.default_rng(1).normal(0.0, 0.3, (3, sum(PIECES))).astype(np.float32)


@pytest.mark.parametrize("share", SHARES)
def test_low_pass_is_the_recursion(x, share):
    wanted = lfilter([share], [1.0, share - 1.0], x.astype(np.float64))
    np.testing.assert_allclose(in_pieces(smooth, 1.0 - share, x), wanted, atol=1e-6)


@pytest.mark.parametrize("share", SHARES)
def test_high_pass_is_what_the_low_pass_leaves(x, share):
    wanted = x - lfilter([share], [1.0, share - 1.0], x.astype(np.float64))
    np.testing.assert_allclose(in_pieces(cut_low, share, x), wanted, atol=1e-6)
