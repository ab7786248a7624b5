"""The guards around a chain: numbers that are none, the last limiter, denormals."""

import numpy as np
import pytest

from dsp import guard
from dsp.native import entry, flushing_denormals, get_float_mode, set_float_mode

SAMPLE_RATE = 48000
PERIOD = 64


@pytest.mark.parametrize("bad", (np.nan, np.inf, -np.inf))
@pytest.mark.parametrize("channel, frame, expected", ((0, 0, False), (1, 63, False), (0, 64, True), (2, 5, True)))
def test_finite_looks_at_just_the_block(bad, channel, frame, expected):
    lanes = np.full((3, 80), 3e38, np.float32)
    lanes[channel, frame] = bad
    assert guard.finite(lanes[:2], 64) == expected


# --- The limiter --------------------------------------------------------------------------------

def limited(x, size=PERIOD):
    """x [channels, frames] through the limiter in blocks; the sound and the gain at each block's end."""
    y, gain, gains = x.astype(np.float32), np.float32(1.0), []
    for at in range(0, y.shape[1], size):
        piece = np.ascontiguousarray(y[:, at:at + size])
        gain = np.float32(guard.limit(piece, gain, piece.shape[1], 48000.0))
        y[:, at:at + size] = piece
        gains.append(gain)
    return y, np.array(gains)


def noise(frames, level, channels=2):
    return np.random.default_rng(5).normal(0.0, level, (channels, frames)).astype(np.float32)


def test_below_the_ceiling_no_bit_changes():
    x = np.clip(noise(20000, 0.4), -guard.CEILING, guard.CEILING)
    np.testing.assert_array_equal(limited(x)[0], x)


@pytest.mark.parametrize("level", (1.0, 16.0, 1e30))
def test_never_above_the_ceiling(level):
    y, _ = limited(noise(20000, level))
    assert np.abs(y).max() <= np.float32(guard.CEILING) * (1 + 1e-6)


def test_both_channels_keep_their_balance():
    x = noise(20000, 1.0)
    x[1] = 0.25 * x[0]
    y, _ = limited(x)
    np.testing.assert_allclose(y[1], 0.25 * y[0], rtol=1e-5)
    assert np.abs(x[0]).max() > 2 * np.abs(y[0]).max()


def test_lets_go_within_its_release_and_then_changes_no_bit():
    x = np.full((2, 2 * SAMPLE_RATE), 0.1, np.float32)
    x[:, 0] = 10.0
    y, gains = limited(x)
    assert y[0, 0] == pytest.approx(guard.CEILING)
    held = 1 - y[0] / 0.1                       # how far from letting go
    assert held[int(guard.RELEASE_S * SAMPLE_RATE)] == pytest.approx((1 - guard.CEILING / 10) / np.e, rel=0.02)
    assert (np.diff(gains) >= 0).all()
    assert gains[-1] == 1.0 and (y[:, SAMPLE_RATE:] == np.float32(0.1)).all()


def test_limiter_knows_no_blocks():
    x = noise(5000, 1.0)
    np.testing.assert_array_equal(limited(x, 64)[0], limited(x, 1)[0])


# --- Denormals ----------------------------------------------------------------------------------

@entry
def decay_to(flush, steps):
    """A feedback gone quiet, with denormals flushed or not; the mode is put back."""
    mode = get_float_mode()
    if flush:
        set_float_mode(flushing_denormals(mode))
    x = 1e-300
    for _ in range(steps):
        x *= 0.5
    set_float_mode(mode)
    return x, get_float_mode() == mode


def test_denormals_are_flushed_where_asked_and_only_there():
    kept, same = decay_to(False, 60)
    assert 0.0 < kept < 2.3e-308 and same
    flushed, same = decay_to(True, 60)
    assert flushed == 0.0 and same
    assert np.float64(1e-300) * np.float64(1e-15) > 0.0      # Python's own arithmetic still has them
