"""The hall, measured as rooms are: decay by bands, density, colour, width."""

import numpy as np
import pytest

from dsp import effects
from dsp.effects import hall
from tests.acoustics import SAMPLE_RATE, WET, chain, decay_time, echo_density, room

HALL = effects.load("hall")


def hall_decay(hz, decay_s, bass, bass_hz, tone_hz, size, sample_rate=SAMPLE_RATE):
    """RT60 by the lines' lengths, gains, low passes and shelves, in double precision."""
    length = hall.LINE_S * hall.SMALLEST ** (1 - size)
    gain, turn = 10 ** (-3 * length / decay_s), np.exp(-2j * np.pi * hz / sample_rate)
    b = (1 - gain ** 2 * np.cos(2 * np.pi * tone_hz / sample_rate)) / (1 - gain ** 2)
    dull, warm = b - np.sqrt(b ** 2 - 1), np.exp(-2 * np.pi * bass_hz / sample_rate)
    shelf = 1 + (10 ** (-3 * length / (decay_s * bass)) / gain - 1) * (1 - warm) / (1 - warm * turn)
    return -3 * length.sum() / np.log10(np.abs(gain * shelf * (1 - dull) / (1 - dull * turn))).sum()


@pytest.mark.parametrize("sample_rate, size", ((48000, 0.0), (48000, 1.0), (44100, 0.7), (96000, 0.7)))
@pytest.mark.parametrize("decay_s, bass", ((1.0, 1.8), (3.0, 1.5), (3.0, 0.5)))
def test_a_halls_bands_die_by_their_formula(decay_s, bass, sample_rate, size):
    values = {"decay_s": decay_s, "bass": bass, "bass_hz": 300.0, "tone_hz": 5000.0, "size": size}
    h = room(1.2 * decay_s + 0.5, sample_rate, effect=HALL, mod=0.0, **values)
    for hz, octaves in ((50.0, 1.0), (150.0, 1.0), (1500.0, 1.0), (4000.0, 0.2)):
        expected = hall_decay(hz, sample_rate=sample_rate, **values)
        assert decay_time(h, hz, sample_rate, octaves) == pytest.approx(expected, rel=0.1), hz


@pytest.mark.parametrize("decay_s, bass", ((1.5, 0.6), (4.5, 1.5)))
def test_a_halls_knobs_say_how_long_its_bands_ring(decay_s, bass):
    """The middle in the decay, the lows in `bass` times that, and at the tone in half of it."""
    h = room(decay_s + 0.5, effect=HALL, decay_s=decay_s, bass=bass, bass_hz=250.0, tone_hz=9000.0, mod=0.0)
    for hz, expected in ((50.0, bass * decay_s), (1500.0, decay_s)):
        assert decay_time(h, hz, SAMPLE_RATE, 0.7) == pytest.approx(expected, rel=0.1), hz
    h = room(decay_s, effect=HALL, decay_s=decay_s, bass=1.0, tone_hz=3000.0, mod=0.0)
    assert decay_time(h, 3000.0, SAMPLE_RATE, 0.2) == pytest.approx(0.5 * decay_s, rel=0.1)


def test_a_halls_longest_decay():
    h = room(10.0, effect=HALL, decay_s=30.0, bass=1.0, tone_hz=16000.0)
    assert decay_time(h, 500.0, SAMPLE_RATE, down_db=8.0) == pytest.approx(30.0, rel=0.1)


@pytest.mark.parametrize("size", (0.0, 0.7, 1.0))
def test_a_hall_is_dense_and_smooth(size):
    h = room(3.0, effect=HALL, size=size, decay_s=20.0, bass=1.0, tone_hz=16000.0, diffusion=0.75)
    for side in range(2):
        assert echo_density(h[:, side], 0.25) > 0.85
        assert echo_density(h[:, side], 0.6) == pytest.approx(1.0, abs=0.12)
    late = h[SAMPLE_RATE:, 0]
    flat = late * 10 ** (3 * np.arange(len(late)) / SAMPLE_RATE / 20.0)
    power = np.abs(np.fft.rfft(flat * np.hanning(len(flat)))) ** 2
    hz = np.fft.rfftfreq(len(flat), 1 / SAMPLE_RATE)
    ratio = power / np.convolve(power, np.ones(401) / 401, "same")
    assert ratio[(hz > 800) & (hz < 6000)].std() < 1.3      # see test_no_mode_rings_out


def test_diffusion_makes_a_hall_swell():
    """With more of it echoes are denser, sooner."""
    first, middle = ([echo_density(room(0.5, effect=HALL, diffusion=amount, tone_hz=16000.0)[:, 0], seconds)
                      for amount in (0.0, 0.5, 1.0)] for seconds in (0.05, 0.1))
    assert first[0] < first[1] < first[2] and middle[0] < middle[1] < middle[2]


@pytest.mark.parametrize("decay_s, size", ((1.0, 0.0), (4.5, 0.7), (12.0, 1.0)))
@pytest.mark.parametrize("width", (0.0, 0.5, 1.0))
def test_a_hall_is_as_loud_as_what_goes_in_and_as_wide_as_it_is_set(width, decay_s, size):
    x = np.random.default_rng(3).normal(0, 0.1, (8 * SAMPLE_RATE, 1))
    y = chain(effect=HALL, **WET, decay_s=decay_s, size=size, width=width, bass=1.0, tone_hz=16000.0).process(x)
    y = y[-2 * SAMPLE_RATE:]
    assert 20 * np.log10(y.std() / x.std()) == pytest.approx(0.0, abs=1.5)
    assert np.corrcoef(y.T)[0, 1] == pytest.approx((1 - width ** 2) / (1 + width ** 2), abs=0.08)
    assert 20 * np.log10(y[:, 0].std() / y[:, 1].std()) == pytest.approx(0.0, abs=0.7)


def test_a_halls_predelay_moves_it():
    late, early = (room(0.5, effect=HALL, predelay_ms=ms, mod=0.0) for ms in (250.0, 0.0))
    np.testing.assert_allclose(late[12000:], early[:-12000], atol=1e-7)
