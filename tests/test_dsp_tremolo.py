"""The tremolo against its waves."""

import numpy as np
import pytest

from dsp.effects.tremolo import SPLIT_HZ
from tests.listening import SAMPLE_RATE, chain_of, tone


def gain_of(hz, seconds=1.0, **values):
    """The gains left and right over time, seen through a tone: [frames, 2]."""
    t = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    gains = []
    for phase in (0.0, 0.25):
        x = np.sin(2 * np.pi * (hz * t + phase)).astype(np.float32)[:, None]
        gains.append(chain_of("tremolo", **values).process(x))
    # Two runs, a quarter turn apart, make the tone's whole envelope.
    return np.sqrt(gains[0].astype(np.float64) ** 2 + gains[1].astype(np.float64) ** 2)[2400:]


def test_tremolo_follows_its_wave():
    gains = gain_of(100.0, rate_hz=4.0, depth=0.8, shape=0.0)
    t = (np.arange(len(gains)) + 2401) / SAMPLE_RATE
    expected = 1 - 0.8 * (0.5 - 0.5 * np.sin(2 * np.pi * 4.0 * t))
    np.testing.assert_allclose(gains[:, 0], expected, atol=5e-3)
    np.testing.assert_array_equal(gains[:, 0], gains[:, 1])


def test_a_square_stays_longer_loud_and_soft():
    for shape, share in ((0.0, 0.29), (1.0, 0.7)):
        gains = gain_of(100.0, rate_hz=4.0, depth=1.0, shape=shape)[:, 0]
        assert np.mean((gains < 0.05) | (gains > 0.95)) == pytest.approx(share, abs=0.05)


def test_harmonic_moves_treble_against_bass():
    bass, treble = (gain_of(hz, rate_hz=4.0, depth=1.0, shape=0.0, harmonic=1.0)[:, 0]
                    for hz in (SPLIT_HZ / 20, SPLIT_HZ * 15))
    assert np.corrcoef(bass, treble)[0, 1] < -0.95


def test_width_moves_right_against_left():
    gains = gain_of(200.0, rate_hz=4.0, depth=1.0, shape=0.0, width=1.0)
    np.testing.assert_allclose(gains.sum(axis=1), 1.0, atol=0.01)


def test_no_depth_is_no_tremolo():
    x = tone(300.0, 0.2)
    np.testing.assert_allclose(chain_of("tremolo", depth=0.0, harmonic=0.7).process(x), np.repeat(x, 2, 1), atol=1e-7)
