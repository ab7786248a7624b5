"""The shimmer, measured as rooms are, and its octave."""

import numpy as np
import pytest
from numba import njit
from scipy import signal

from dsp import effects
from dsp.effects import shimmer
from dsp.primitives.rings import CHUNK
from tests.acoustics import SAMPLE_RATE, chain, chord, decay_time, echo_density, room, wet

SHIMMER = effects.load("shimmer")


@pytest.mark.parametrize("decay_s", (1.0, 5.0))
def test_a_shimmer_that_does_not_shimmer_is_a_reverb(decay_s):
    h = room(0.8 * decay_s + 0.4, effect=SHIMMER, decay_s=decay_s, shimmer=0.0, tone_hz=12000.0)
    for hz in (500.0, 1000.0):
        assert decay_time(h, hz, SAMPLE_RATE) == pytest.approx(decay_s, rel=0.1)
    assert echo_density(h[:, 0], 0.2) == pytest.approx(1.0, abs=0.15)


@pytest.mark.parametrize("hz", (130.8, 220.0, 415.3, 987.8, 1900.0))
def test_the_octave_is_in_tune(hz):
    c = chain(effect=SHIMMER, **wet(SHIMMER), shimmer=1.0, mod=0.0, tone_hz=16000.0)
    t = np.arange(6 * SAMPLE_RATE) / SAMPLE_RATE
    y = c.process((0.1 * np.sin(2 * np.pi * hz * t)).astype(np.float32)[:, None])[-4 * SAMPLE_RATE:, 0]
    spectrum = np.abs(np.fft.rfft(y * np.blackman(len(y)), 8 * len(y)))
    at = np.fft.rfftfreq(8 * len(y), 1 / SAMPLE_RATE)
    found = at[np.argmax(spectrum * (np.abs(at - 2 * hz) < 0.1 * hz))]
    assert abs(1200 * np.log2(found / (2 * hz))) < 2.0
    assert spectrum[np.abs(at - 2 * hz) < 0.01 * hz].max() > 0.03 * spectrum.max()


@pytest.mark.parametrize("sample_rate", (44100, 48000, 96000))
def test_the_octave_is_as_loud_as_the_tone_from_bottom_to_top(sample_rate):
    bank = shimmer.tables(sample_rate, {})[2 * CHUNK:].astype(np.float64).reshape(6, shimmer.BANDS)
    pole = bank[shimmer.TURN] + 1j * bank[shimmer.ACROSS]
    phase = bank[shimmer.PHASE] + 1j * bank[shimmer.PHASE_ACROSS]
    for hz in np.geomspace(130.0, 4600.0, 60):
        z = (bank[shimmer.INLET] / (1 - pole * np.exp(-2j * np.pi * hz / sample_rate))) ** 2
        octave = abs(np.sum(z ** 2 / np.abs(z) * phase * bank[shimmer.LEVEL])) / 2
        assert 20 * np.log10(octave) == pytest.approx(0.0, abs=1.0)


def test_the_doubler_follows_its_formula():
    """Twice the phase of each band at its own envelope: against the same bank in numpy."""
    x = (chord(0.2)[:, 0] * np.linspace(0, 1, 9600)).astype(np.float32)
    tables = shimmer.tables(SAMPLE_RATE, {})[2 * CHUNK:]
    bank = tables.astype(np.float64).reshape(6, shimmer.BANDS)
    pole = bank[shimmer.TURN] + 1j * bank[shimmer.ACROSS]
    expected = np.zeros(len(x))
    for number in range(shimmer.BANDS):
        z = x.astype(np.complex128)
        for _ in range(2):
            z = signal.lfilter([bank[shimmer.INLET, number]], [1.0, -pole[number]], z)
        turned = z ** 2 / np.sqrt(np.abs(z) ** 2 + 1e-20)
        expected += bank[shimmer.LEVEL, number] * (turned.real * bank[shimmer.PHASE, number]
                                                   - turned.imag * bank[shimmer.PHASE_ACROSS, number])
    y, memory, sums = np.zeros_like(x), np.zeros(4 * shimmer.BANDS, np.float32), np.zeros(CHUNK * 64, np.float32)
    for at in range(0, len(x), CHUNK):
        doubled(x[at:at + CHUNK], y[at:at + CHUNK], tables, memory, sums)
    np.testing.assert_allclose(y, expected, atol=2e-3 * np.abs(expected).max())     # of 1 / |z|, which is estimated


@njit
def doubled(x, y, bank, memory, sums):
    shimmer.double(x, y, bank, memory, sums, len(x))


def test_a_shimmer_always_ends():
    c = chain(effect=SHIMMER, **wet(SHIMMER), decay_s=20.0, shimmer=1.0, tone_hz=16000.0)
    x = np.random.default_rng(3).normal(0, 0.3, (4 * SAMPLE_RATE, 1)).astype(np.float32)
    during = np.abs(c.process(x)).max()
    assert during < 4.0
    silence = np.zeros((10 * SAMPLE_RATE, 1), np.float32)
    peaks = [np.abs(c.process(silence)).max() for _ in range(6)]
    assert all(later < before for before, later in zip(peaks, peaks[1:])) and peaks[-1] < 1e-2 * during
