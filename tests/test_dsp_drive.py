"""The overdrive: its curve against the formula, its aliases, its latency, its loudness."""

import numpy as np
import pytest
from scipy import signal

from dsp import effects
from dsp.chain import Block, Chain
from dsp.native import entry
from dsp.primitives.shaping import (BIAS, FAR, HISTORY, INPUT, LATENCY, MIDDLE, NEAR, PHASES, QUARTERS, ROW,
                                    ROWS, TAPS_DOWN, TAPS_UP, TILE, clip_rows)

SAMPLE_RATE = 48000
CLEAN_HZ = 18000        # the decimator's transition lies above


def overdrive(x, sample_rate=SAMPLE_RATE, **values):
    effect = effects.load("overdrive")
    raw = {name: effect.parameter(name).to_raw(value) for name, value in values.items()}
    return Chain([Block(effect, raw)], sample_rate).process(x)


def sine(hz, level=1.0, seconds=2.0, sample_rate=SAMPLE_RATE):
    t = np.arange(int(seconds * sample_rate)) / sample_rate
    return (level * np.sin(2 * np.pi * hz * t)).astype(np.float32)[:, None]


def db(ratio):
    return 20 * np.log10(np.abs(ratio) + 1e-30)


def spectrum(y, sample_rate=SAMPLE_RATE):
    """Amplitudes at whole Hz, from the last second."""
    return np.abs(np.fft.rfft(y[-sample_rate:, 0].astype(np.float64))) / (sample_rate / 2)


@entry
def clip_all(x, bias, rows, y):
    """The bare clipper over a whole sound, tile by tile."""
    for begin in range(0, len(x), TILE):
        count = min(len(x) - begin, TILE)
        rows[INPUT, HISTORY:HISTORY + count] = x[begin:begin + count]
        rows[BIAS, HISTORY:HISTORY + count] = bias
        clip_rows(rows, count)
        y[begin:begin + count] = rows[BIAS, :count]


def clipped(x, bias=0.0):
    y = np.empty(len(x), np.float32)
    clip_all(np.ascontiguousarray(x[:, 0]), np.float32(bias), np.zeros((ROWS, ROW), np.float32), y)
    return y[:, None]


# --- Filters and latency ------------------------------------------------------------------------

def prototype(taps):
    """The whole filter that the phases' taps were taken from; oldest frame first in each phase."""
    return taps[:, ::-1].T.ravel().astype(np.float64)


def test_up_and_down_are_flat_then_gone():
    """Both long filters: 0.1 dB to 14 kHz, 80 dB down where it would fold below 18 kHz."""
    for taps, gain in ((prototype(TAPS_UP), QUARTERS), (prototype(TAPS_DOWN[::-1]), 1)):
        f, h = signal.freqz(taps, worN=1 << 14, fs=QUARTERS * SAMPLE_RATE)
        level = db(h / gain)
        assert np.abs(level[f < 14000]).max() < 0.1
        assert level[f > 48000 - CLEAN_HZ].max() < -80


def test_half_band_is_flat_then_gone():
    """Every second sample is kept, the others are found: true to 20 kHz, and 80 dB down where those fold."""
    half_band = np.zeros(11)
    half_band[[0, 2, 4, 6, 8, 10]], half_band[5] = [FAR, MIDDLE, NEAR, NEAR, MIDDLE, FAR], 1
    f, h = signal.freqz(half_band / 2, worN=1 << 14, fs=PHASES * SAMPLE_RATE)
    assert np.abs(db(h)[f < 20000]).max() < 0.001
    assert db(h)[f > 192000 - 20000].max() < -80


def test_a_whisper_comes_back_the_same_exactly_latency_later():
    """Below the curve's bend it is a pure delay of whole frames: what comes back is x, not nearly x."""
    b = signal.firwin(63, 12000, fs=SAMPLE_RATE)
    x = (1e-3 * signal.lfilter(b, 1, np.random.default_rng(1).normal(size=4000))).astype(np.float32)[:, None]
    y = clipped(x)
    error = y[LATENCY + 200:, 0] - x[200:-LATENCY, 0]
    assert np.std(error) < 0.01 * np.std(x)     # the clipper's average of two neighbours takes 0.08 dB at 10 kHz


def test_latency_is_exact_in_phase():
    assert effects.load("overdrive").latency == LATENCY
    for hz in (500, 3000, 9000):
        x, y = sine(hz, 1e-3), clipped(sine(hz, 1e-3))
        one_second = slice(-SAMPLE_RATE, None)
        phase = np.angle(np.fft.rfft(y[one_second, 0])[hz] / np.fft.rfft(x[one_second, 0])[hz])
        expected = -2 * np.pi * hz * LATENCY / SAMPLE_RATE
        off = (phase - expected + np.pi) % (2 * np.pi) - np.pi
        assert abs(off) / (2 * np.pi * hz) * SAMPLE_RATE < 1e-3     # frames


# --- The curve ----------------------------------------------------------------------------------

@pytest.mark.parametrize("level", (0.3, 1.0, 10.0))
@pytest.mark.parametrize("bias", (0.0, 0.8))
def test_clipper_follows_its_formula(level, bias):
    """For a slow tone against the curve itself, computed in double precision without resampling."""
    x = sine(50, level, 0.5)
    shifted = x[:, 0].astype(np.float64) + bias
    expected = shifted / np.sqrt(1 + shifted ** 2) - bias / np.sqrt(1 + bias ** 2)
    y = clipped(x, bias)[:, 0]
    np.testing.assert_allclose(y[LATENCY + 500:], expected[500:-LATENCY], atol=5e-3 if level > 5 else 1e-3)


def test_asymmetry_makes_even_harmonics_at_any_loudness():
    def second(level, asymmetry):
        s = spectrum(overdrive(sine(440, level), drive_db=30, asymmetry=asymmetry, tone_hz=12000))
        return db(s[880] / s[440])

    for level in (0.01, 0.1, 1.0):
        assert second(level, 0.0) < -90
        assert second(level, 1.0) > -33
    assert abs(second(1.0, 1.0) - second(0.1, 1.0)) < 3


def test_more_drive_is_more_harmonics():
    def distortion(drive_db):
        s = spectrum(overdrive(sine(440, 0.1), drive_db=drive_db, asymmetry=0, tone_hz=12000))
        return np.sqrt(np.sum(s[880:16000:440] ** 2)) / s[440]

    amounts = [distortion(d) for d in (0, 10, 20, 30, 40)]
    assert amounts[0] < 0.02 and amounts[-1] > 0.3
    assert all(b > 1.1 * a for a, b in zip(amounts, amounts[1:]))


# --- Aliases ------------------------------------------------------------------------------------

@pytest.mark.parametrize("hz", (1200 + 1, 1237, 2999))
@pytest.mark.parametrize("asymmetry", (0.0, 0.4, 1.0))
@pytest.mark.parametrize("level", (1.0, 0.3))
def test_aliases_at_full_drive(hz, asymmetry, level):
    """Whatever is no harmonic, below the clean band's end, with the tone control open."""
    s = spectrum(overdrive(sine(hz, level), drive_db=40, asymmetry=asymmetry, tone_hz=12000, tight_hz=20))
    fundamental = s[hz]
    for harmonic in range(hz, len(s), hz):
        s[harmonic] = 0
    s[:20] = 0
    limit = -85 if hz < 2000 else -80       # the wider the harmonics lie apart, the sooner they fold
    assert db(s[:CLEAN_HZ].max() / fundamental) < limit


# --- Voice --------------------------------------------------------------------------------------

def test_tight_keeps_the_bass_out_of_the_clipper():
    """The bass beneath the corner passes with unity gain: beside a driven tone it leaves no sidebands."""
    x = sine(60, 0.3) + sine(1000, 0.02)

    def sidebands(tight_hz):
        s = spectrum(overdrive(x, drive_db=30, asymmetry=0, tight_hz=tight_hz, tone_hz=12000))
        return db((s[1000 - 120] + s[1000 + 120]) / s[1000])

    assert sidebands(1000) < sidebands(20) - 6


def test_tone_is_a_second_order_low_pass():
    def level(hz, tone_hz):
        return db(spectrum(overdrive(sine(hz, 1e-3), drive_db=0, asymmetry=0, tone_hz=tone_hz))[hz])

    assert level(2000, 12000) - level(2000, 2000) == pytest.approx(3.0, abs=0.1)
    assert level(8000, 12000) - level(8000, 2000) > 22


def test_drive_changes_character_more_than_loudness():
    """A decaying chord: within 4 dB of itself over the whole knob, where the gain goes through 40 dB."""
    t = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
    x = sum(np.sin(2 * np.pi * f * t) / f ** 0.5 for f in (110, 165, 220, 277, 330, 660)) * np.exp(-1.5 * t)
    x = (0.5 * x / np.abs(x).max()).astype(np.float32)[:, None]
    levels = [db(np.std(overdrive(x, drive_db=d))) for d in (0, 10, 20, 30, 40)]
    assert max(levels) - min(levels) < 4


def test_level_is_in_decibels():
    x = sine(440, 0.1, 0.5)
    a, b = overdrive(x, level_db=0), overdrive(x, level_db=-12)
    np.testing.assert_allclose(b, a * 10 ** (-12 / 20), atol=1e-6)


@pytest.mark.parametrize("sample_rate", (44100, 48000, 96000))
def test_no_dc_and_no_hum_from_silence(sample_rate):
    y = overdrive(sine(440, 1.0, 2.0, sample_rate), sample_rate, drive_db=40, asymmetry=1)
    assert abs(y[-sample_rate:].mean()) < 1e-4
    x = np.concatenate([sine(440, 1.0, 0.2, sample_rate), np.zeros((sample_rate // 2, 1), np.float32)])
    assert np.abs(overdrive(x, sample_rate, drive_db=40, asymmetry=1)[-1000:]).max() < 1e-7
