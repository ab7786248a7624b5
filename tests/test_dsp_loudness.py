"""Loudness against what the standards' own test signals must give (BS.1770-4 annex; EBU Tech 3341, cases 1 to 6)."""

import numpy as np
import pytest

from dsp.loudness import head_shelf, integrated, low_cut

RATES = (44100, 48000, 96000)


def sine(dbfs, seconds, sample_rate=48000, hz=1000.0, channels=2):
    t = np.arange(int(seconds * sample_rate)) / sample_rate
    x = 10.0 ** (dbfs / 20.0) * np.sin(2 * np.pi * hz * t)
    return np.repeat(x[:, None], channels, axis=1).astype(np.float32)


def test_the_filters_are_the_standards_at_its_own_rate():
    np.testing.assert_allclose(head_shelf(48000), [1.53512485958697, -2.69169618940638, 1.19839281085285,
                                                   -1.69065929318241, 0.73248077421585], atol=1e-8)
    np.testing.assert_allclose(low_cut(48000), [1.0, -2.0, 1.0, -1.99004745483398, 0.99007225036621], atol=1e-8)


@pytest.mark.parametrize("rate", RATES)
def test_a_full_sine_in_one_channel(rate):
    assert integrated(sine(0.0, 5.0, rate, 997.0, 1), rate) == pytest.approx(-3.01, abs=0.02)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("level", [-23.0, -33.0])
def test_steady_tones(rate, level):
    assert integrated(sine(level, 20.0, rate), rate) == pytest.approx(level, abs=0.1)


def test_what_is_ten_below_the_rest_does_not_count():
    x = np.concatenate([sine(-36.0, 10.0), sine(-23.0, 60.0), sine(-36.0, 10.0)])
    assert integrated(x, 48000) == pytest.approx(-23.0, abs=0.1)


def test_what_is_silent_does_not_count():
    x = np.concatenate([sine(-72.0, 10.0), sine(-36.0, 10.0), sine(-23.0, 60.0), sine(-36.0, 10.0), sine(-72.0, 10.0)])
    assert integrated(x, 48000) == pytest.approx(-23.0, abs=0.1)


def test_what_is_less_than_ten_below_counts():
    x = np.concatenate([sine(-26.0, 20.0), sine(-20.0, 20.1), sine(-26.0, 20.0)])
    assert integrated(x, 48000) == pytest.approx(-23.0, abs=0.1)


def test_lows_count_less_and_highs_more():
    low, middle, high = (integrated(sine(-20.0, 3.0, hz=hz), 48000) for hz in (40.0, 997.0, 8000.0))
    assert low < middle - 4.0 and middle + 3.0 < high < middle + 4.0


@pytest.mark.parametrize("x", [np.zeros((48000, 1)), np.zeros((0, 2)), sine(-10.0, 0.35)], ids=["silence", "nothing", "a tick"])
def test_what_has_no_loudness(x):
    assert integrated(x, 48000) == -np.inf
