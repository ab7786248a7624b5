"""The plate, measured as rooms are."""

import numpy as np
import pytest

from dsp import effects
from dsp.effects import plate
from tests.acoustics import SAMPLE_RATE, WET, chain, decay_time, echo_density, room

PLATE = effects.load("plate")


@pytest.mark.parametrize("sample_rate", (44100, 48000, 96000))
@pytest.mark.parametrize("decay_s", (1.0, 2.6, 8.0))
def test_a_plate_dies_by_60_db_in_the_time_it_says(decay_s, sample_rate):
    h = room(0.8 * decay_s + 0.4, sample_rate, effect=PLATE, decay_s=decay_s, tone_hz=15000.0)
    for hz in (500.0, 1000.0):
        assert decay_time(h, hz, sample_rate) == pytest.approx(decay_s, rel=0.1)


def test_a_plates_treble_dies_twice_as_fast_at_the_tone():
    h = room(3.0, effect=PLATE, decay_s=4.0, tone_hz=3000.0, mod=0.0)
    assert decay_time(h, 3000.0, SAMPLE_RATE, octaves=0.2) == pytest.approx(2.0, rel=0.1)


def test_a_plate_is_dense_sooner_than_a_hall():
    h = room(1.0, effect=PLATE, tone_hz=18000.0)
    for side in range(2):
        assert echo_density(h[:, side], 0.06) > 0.75
        assert echo_density(h[:, side], 0.3) == pytest.approx(1.0, abs=0.12)


@pytest.mark.parametrize("decay_s", (1.0, 2.6, 10.0))
def test_a_plate_is_as_loud_as_what_goes_in_and_wide(decay_s):
    x = np.random.default_rng(3).normal(0, 0.1, (8 * SAMPLE_RATE, 1))
    y = chain(effect=PLATE, **WET, decay_s=decay_s, tone_hz=16000.0).process(x)[-2 * SAMPLE_RATE:]
    assert 20 * np.log10(y.std() / x.std()) == pytest.approx(0.0, abs=1.5)
    assert abs(np.corrcoef(y.T)[0, 1]) < 0.1
    assert 20 * np.log10(y[:, 0].std() / y[:, 1].std()) == pytest.approx(0.0, abs=0.7)


def test_a_plates_first_sounds_come_from_its_taps():
    """What each all-pass lets through at once, up to the nearest tap on either side."""
    h = room(0.2, effect=PLATE, mod=0.0, decay_s=2.0)
    through = np.prod([-plate.EARLY_GAIN] * 2 + [-plate.LATE_GAIN] * 6 + [-plate.MOVING_GAIN])
    into = 2 * np.sqrt(1 - 10 ** (-3 * plate.LOOP_S / 2.0))
    for side, first in ((0, 266), (1, 353)):
        begin = int(first / plate.PAPER_HZ * SAMPLE_RATE)
        assert not h[:begin, side].any()
        assert h[begin, side] == pytest.approx(plate.WET_LEVEL * into * through, rel=0.02)


def test_a_plates_predelay_moves_it():
    late, early = (room(0.5, effect=PLATE, predelay_ms=ms, mod=0.0) for ms in (50.0, 0.0))
    np.testing.assert_allclose(late[2400:], early[:-2400], atol=1e-7)
