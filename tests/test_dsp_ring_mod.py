"""The ring modulator: sum and difference, and the sweep of its carrier."""

import numpy as np
import pytest
from scipy import signal

from tests.listening import SAMPLE_RATE, db, play, tone


@pytest.mark.parametrize("carrier", (1000, 5813))
def test_ring_modulator_gives_sum_and_difference_alone(carrier):
    y = play("ring_mod", tone(1201, level=0.5), frequency_hz=carrier, mix=1)[-SAMPLE_RATE:, 0].astype(np.float64)
    s = np.abs(np.fft.rfft(y * signal.windows.blackmanharris(SAMPLE_RATE, False))) / (SAMPLE_RATE / 2 * 0.35875)
    for place in (abs(carrier - 1201), carrier + 1201):
        assert s[place] == pytest.approx(0.5 * np.sqrt(0.5), rel=2e-3)
        s[place - 8:place + 9] = 0
    assert db(s.max() / 0.35) < -85


def test_ring_modulator_lfo_bends_the_carrier_an_octave_each_way():
    x = np.ones((4 * SAMPLE_RATE, 1), np.float32)
    y = play("ring_mod", x, frequency_hz=500, lfo=1, lfo_hz=0.5, mix=1)[:, 0]
    f, _, power = signal.spectrogram(y, SAMPLE_RATE, nperseg=2048, noverlap=1024, nfft=8192)
    pitch = f[power.argmax(axis=0)]
    assert pitch.max() == pytest.approx(1000, rel=0.03) and pitch.min() == pytest.approx(250, rel=0.05)
