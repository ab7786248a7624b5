"""The spring reverb against its formulas, and against a real tank."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy import signal

from dsp import effects
from dsp.effects import spring
from tests.acoustics import SAMPLE_RATE, chain, decay_time, room, wet

SPRING = effects.load("spring")
TANK = Path(__file__).parent.parent / ".." / "shared" / "media" / "ir" / "spring.wav"


def one_spring(seconds=0.5, sample_rate=SAMPLE_RATE, **values):
    """What the first of two springs gives alone, unmixed from the sides."""
    values = {"springs": 0.0, "tone_hz": 8000.0, "low_cut_hz": 40.0, **values}
    h = room(seconds, sample_rate, effect=SPRING, **values)
    return spring.RIGHT[1] * h[:, 0] - spring.LEFT[1] * h[:, 1]


def group_delay(h, hz, sample_rate=SAMPLE_RATE):
    """Seconds after which a frequency comes."""
    turns = np.exp(-2j * np.pi * hz / sample_rate * np.arange(len(h)))
    return (np.sum(np.arange(len(h)) * h * turns) / np.sum(h * turns)).real / sample_rate


def first_pass(h, sample_rate=SAMPLE_RATE):
    return h[:int(2.6 * spring.ONE_WAY_S[0] * sample_rate)]


@pytest.mark.parametrize("sample_rate", (44100, 48000, 96000))
@pytest.mark.parametrize("decay_s", (0.8, 2.6, 6.0))
def test_a_spring_dies_by_60_db_in_the_time_it_says(decay_s, sample_rate):
    h = room(0.8 * decay_s + 0.4, sample_rate, effect=SPRING, decay_s=decay_s)
    assert decay_time(h, 500.0, sample_rate) == pytest.approx(decay_s, rel=0.1)


@pytest.mark.parametrize("hz", (300.0, 1500.0, 3000.0, 4000.0))
def test_high_notes_run_slower_by_the_all_passes_formula(hz):
    """Drip against no drip, so that all filters cancel."""
    drip, plain = (group_delay(first_pass(one_spring(drip=value)), hz) for value in (1.0, 0.0))
    cosine = np.cos(2 * np.pi * hz / spring.SLOW_HZ)
    late = lambda a: (1 - a * a) / (1 + a * a + 2 * a * cosine)
    least, most = spring.LEAST_DISPERSION, spring.LEAST_DISPERSION + spring.MORE_DISPERSION
    assert drip - plain == pytest.approx(spring.HALF_WAY * (late(most) - late(least)) / spring.SLOW_HZ, abs=3e-4)


@pytest.mark.parametrize("sample_rate", (44100, 48000, 96000))
def test_low_notes_come_from_end_to_end_in_their_time(sample_rate):
    late = group_delay(first_pass(one_spring(0.5, sample_rate), sample_rate), 300.0, sample_rate)
    assert late == pytest.approx(spring.ONE_WAY_S[0], abs=1.2e-3)      # the filters are some of that


def test_an_echo_comes_back_inverted_and_weaker():
    """Every two ways through the spring: at 300 Hz by the gain of the decay, and upside down."""
    h = one_spring(0.5, decay_s=2.0)
    way = int(spring.ONE_WAY_S[0] * SAMPLE_RATE)
    passes = [h[way * n - way // 2:way * n + way // 2] * np.hanning(2 * (way // 2)) for n in (1, 3, 5)]
    levels = [np.abs(np.sum(piece * np.exp(-2j * np.pi * 300.0 / SAMPLE_RATE * np.arange(len(piece)))))
              for piece in passes]
    gain = 10 ** (-6 * spring.ONE_WAY_S[0] / 2.0)
    for before, after in zip(levels, levels[1:]):
        assert 20 * np.log10(after / before / gain) == pytest.approx(0.0, abs=1.0)
    low = signal.sosfiltfilt(signal.butter(2, 600.0, fs=SAMPLE_RATE, output="sos"), h)
    peaks = [low[way * n - way // 4:way * n + way // 2] for n in (1, 3)]
    assert peaks[0][np.argmax(np.abs(peaks[0]))] * peaks[1][np.argmax(np.abs(peaks[1]))] < 0


@pytest.mark.parametrize("sample_rate", (44100, 48000, 96000))
def test_the_slower_rate_is_not_heard(sample_rate):
    """A spring ends at 5 kHz; what the rate of its steps mirrors above is below -60 dB."""
    h = room(1.0, sample_rate, effect=SPRING, tone_hz=8000.0)[:, 0]
    power = np.abs(np.fft.rfft(h)) ** 2
    hz = np.fft.rfftfreq(len(h), 1 / sample_rate)
    assert 10 * np.log10(power[hz > 6500].max() / power[(hz > 500) & (hz < 3000)].mean()) < -60
    t = np.arange(sample_rate // 2) / sample_rate
    swell = np.minimum(t / 0.1, 1.0) ** 2 * (3 - 2 * np.minimum(t / 0.1, 1.0))
    x = (swell * np.sin(2 * np.pi * 9000 * t))[:, None]
    assert np.abs(chain(sample_rate, SPRING, **wet(SPRING), tone_hz=8000.0).process(x)).max() < 1e-3


def test_springs_come_and_go():
    c = chain(effect=SPRING, **wet(SPRING), springs=0.0)
    x = np.zeros((SAMPLE_RATE, 2), np.float32)
    x[0] = 1.0
    c.set_raw(0, "springs", 1.0)
    c.process(np.zeros((SAMPLE_RATE // 2, 2), np.float32))
    three = c.process(x)
    two = chain(effect=SPRING, **wet(SPRING), springs=0.0).process(x)
    assert np.abs(three - two).max() > 0.1 * np.abs(two).max()


def test_the_echoes_are_those_of_a_real_tank():
    if not TANK.exists():
        pytest.skip("no impulse response of a tank here")
    tank, sample_rate = soundfile.read(TANK)
    h = room(0.5, effect=SPRING, springs=0.0, drip=0.5).sum(axis=1)
    for hz, highest in ((400.0, 4), (2500.0, 4), (3500.0, 3)):
        ours, real = echoes(h, SAMPLE_RATE, hz)[:highest], echoes(tank, sample_rate, hz)[:highest]
        np.testing.assert_allclose(ours, real, atol=0.004)


def echoes(h, sample_rate, hz):
    """When a band's echoes come, in seconds."""
    band = signal.sosfiltfilt(signal.butter(2, [hz - 250.0, hz + 250.0], "band", fs=sample_rate, output="sos"),
                              h[:int(0.14 * sample_rate)])
    level = signal.sosfiltfilt(signal.butter(2, 150.0, fs=sample_rate, output="sos"), np.abs(band))
    return signal.find_peaks(level, height=0.25 * level.max(), distance=int(0.004 * sample_rate))[0] / sample_rate
