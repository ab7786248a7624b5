"""The chorus: its voices, its detuning, its width and level."""

import numpy as np
import pytest

from dsp.effects.chorus import CENTRE_S, DETUNE, MIDDLE, SIDE
from tests.listening import SAMPLE_RATE, chain_of, impulse, response, rms, tone


def test_voices_stand_still_at_no_depth():
    """Left voice left, right voice right, the third in both: all at the centre of the sweep."""
    y = chain_of("chorus", depth=0.0, mix=1.0, tone_hz=16000.0).process(impulse(0.05, 1.0, 0.0))
    at = round(CENTRE_S * SAMPLE_RATE)
    for side, gain in ((0, SIDE + 0.5 * MIDDLE), (1, 0.5 * MIDDLE)):
        assert np.flatnonzero(np.abs(y[:, side]) > 1e-6)[0] == at
        assert abs(response(y[:, side], 100.0)) == pytest.approx(gain, rel=1e-3)


@pytest.mark.parametrize("rate_hz", (0.3, 1.0, 5.0))
def test_chorus_stays_in_tune(rate_hz):
    """All that comes of a tone lies within the bounded detuning of it."""
    x = tone(2000.0, 4.0)
    y = chain_of("chorus", rate_hz=rate_hz, depth=1.0, mix=1.0).process(x)[SAMPLE_RATE // 10:, 0]
    power = np.abs(np.fft.rfft(y * np.blackman(len(y)))) ** 2
    hz = np.fft.rfftfreq(len(y), 1 / SAMPLE_RATE)
    far = np.abs(hz - 2000.0) > 2000.0 * DETUNE + 4 * rate_hz + 5
    moved = np.abs(hz - 2000.0) > 3.0
    assert power[far].sum() < 1e-3 * power.sum()
    assert power[moved].sum() > 0.3 * power.sum() * min(1.0, rate_hz)


def test_chorus_sweeps_at_its_rate():
    """The left voice alone, heard through the difference of the sides, comes back after each period."""
    y = chain_of("chorus", rate_hz=2.0, depth=1.0, mix=1.0).process(tone(1000.0, 2.2))
    side = y[9600:, 0] - y[9600:, 1]
    period = SAMPLE_RATE // 2
    assert rms(side[period:] - side[:-period]) < 0.01 * rms(side)
    assert rms(side[period // 2:] - side[:-period // 2]) > 0.1 * rms(side)


def test_chorus_is_wide_or_mono():
    noise = np.random.default_rng(1).normal(0, 0.1, (SAMPLE_RATE, 1))
    narrow, wide = (chain_of("chorus", width=width, mix=1.0).process(noise) for width in (0.0, 1.0))
    np.testing.assert_allclose(narrow[:, 0], narrow[:, 1], atol=1e-6)
    assert np.corrcoef(wide.T)[0, 1] < 0.5


def test_chorus_keeps_the_level():
    noise = np.random.default_rng(1).normal(0, 0.1, (4 * SAMPLE_RATE, 1))
    noise[8:] += noise[7:-1] + noise[6:-2] + noise[5:-3]        # most of it below 6 kHz, as of a guitar
    for mix in (0.0, 0.45, 1.0):
        y = chain_of("chorus", mix=mix, depth=1.0, tone_hz=16000.0).process(noise)
        assert 20 * np.log10(rms(y) / rms(noise)) == pytest.approx(0.0, abs=1.0)
