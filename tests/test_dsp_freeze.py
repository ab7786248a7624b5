"""Freeze: what it holds, for how long, and what it lets go."""

import numpy as np
import pytest

from dsp import effects
from tests.acoustics import SAMPLE_RATE, chain, chord, decay_time, echo_density, room, wet

FREEZE = effects.load("freeze")


def frozen(**values):
    """A chain that holds a chord, half a second after it."""
    c = chain(effect=FREEZE, **{**wet(FREEZE), **values})
    c.process(chord(2.0))
    c.set_raw(0, "hold", 1.0)
    c.process(np.zeros((SAMPLE_RATE // 2, 1), np.float32))
    return c


@pytest.mark.parametrize("decay_s", (0.5, 2.5, 10.0))
def test_a_freeze_that_does_not_hold_is_a_reverb(decay_s):
    h = room(0.8 * decay_s + 0.4, effect=FREEZE, decay_s=decay_s, tone_hz=12000.0)
    for hz in (500.0, 1000.0):
        assert decay_time(h, hz, SAMPLE_RATE) == pytest.approx(decay_s, rel=0.1)
    assert echo_density(h[:, 0], 0.2) == pytest.approx(1.0, abs=0.15)


def test_holds_for_ever():
    """Five minutes later it is as loud and as bright as at first; modes beating move ten seconds by 0.1 dB."""
    c = frozen(decay_s=0.5, tone_hz=1000.0, mod=1.0)
    silence = np.zeros((10 * SAMPLE_RATE, 1), np.float32)
    first = c.process(silence)
    for _ in range(28):
        last = c.process(silence)
    assert 20 * np.log10(first.std()) > -40
    assert 20 * np.log10(last.std() / first.std()) == pytest.approx(0.0, abs=0.2)
    spectra = [np.abs(np.fft.rfft(y[:, 0])) ** 2 for y in (first, last)]
    hz = np.fft.rfftfreq(len(silence), 1 / SAMPLE_RATE)
    for low, high in ((150, 250), (250, 350), (400, 8000)):
        band = (hz > low) & (hz < high)
        assert 10 * np.log10(spectra[1][band].sum() / spectra[0][band].sum()) == pytest.approx(0.0, abs=0.5)


def test_what_is_played_over_it_does_not_come_in():
    held, played = frozen(), frozen()
    x = np.random.default_rng(3).normal(0, 0.3, (2 * SAMPLE_RATE, 1)).astype(np.float32)
    held.process(0 * x)
    played.process(x)
    rest = np.zeros((SAMPLE_RATE, 1), np.float32)
    np.testing.assert_allclose(played.process(rest), held.process(rest), atol=1e-6)


def test_lets_go_in_its_decay():
    c = frozen(decay_s=1.0, tone_hz=12000.0)
    c.set_raw(0, "hold", 0.0)
    y = c.process(np.zeros((2 * SAMPLE_RATE, 1), np.float32)).astype(np.float64)
    assert decay_time(y, 250.0, SAMPLE_RATE, octaves=1.5) == pytest.approx(1.0, rel=0.1)


def test_a_fresh_freeze_holds_silence():
    c = chain(effect=FREEZE, **wet(FREEZE), hold=1.0)
    assert not c.process(chord(1.0)).any()
