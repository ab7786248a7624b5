"""What distorts: curves against their formulas, aliases, latency and loudness."""

import numpy as np
import pytest
from scipy import signal

from dsp import effects
from dsp.native import entry
from dsp.primitives.shaping import (BIAS, CONTROL, FAR, FIRST, FOURTH, HALVES, HISTORY, INPUT, LATENCY, MIDDLE, NEAR,
                                    PHASES, QUARTERS, ROW, ROWS, SECOND, TAPS_DOWN, TAPS_UP, THIRD, TILE, clip_hard,
                                    clip_rows, go_down, go_up)
from tests.listening import CLEAN_HZ, SAMPLE_RATE, db, harmonics, play, spectrum, tone


def overdrive(x, sample_rate=SAMPLE_RATE, **values):
    return play("overdrive", x, sample_rate, **values)


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
    for taps, gain in ((prototype(TAPS_UP), HALVES), (prototype(TAPS_DOWN[::-1]), 1)):
        f, h = signal.freqz(taps, worN=1 << 14, fs=HALVES * SAMPLE_RATE)
        level = db(h / gain)
        assert np.abs(level[f < 14000]).max() < 0.1
        assert level[f > 48000 - CLEAN_HZ].max() < -80


@pytest.mark.parametrize("pairs, phases", (((FIRST, SECOND, THIRD, FOURTH), QUARTERS), ((NEAR, MIDDLE, FAR), PHASES)))
def test_half_bands_are_flat_then_gone(pairs, phases):
    """Every second sample is kept, the others are found: true to 20 kHz, and 80 dB down where those fold."""
    half_band, centre = np.zeros(4 * len(pairs) - 1), 2 * len(pairs) - 1
    half_band[centre] = 1
    for place, tap in enumerate(pairs):
        half_band[[centre - 1 - 2 * place, centre + 1 + 2 * place]] = tap
    f, h = signal.freqz(half_band / 2, worN=1 << 14, fs=phases * SAMPLE_RATE)
    assert np.abs(db(h)[f < 20000]).max() < 0.001
    assert db(h)[f > phases * SAMPLE_RATE / 2 - 20000].max() < -80


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
        x, y = tone(hz, level=1e-3), clipped(tone(hz, level=1e-3))
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
    x = tone(50, 0.5, level)
    shifted = x[:, 0].astype(np.float64) + bias
    expected = shifted / np.sqrt(1 + shifted ** 2) - bias / np.sqrt(1 + bias ** 2)
    y = clipped(x, bias)[:, 0]
    np.testing.assert_allclose(y[LATENCY + 500:], expected[500:-LATENCY], atol=5e-3 if level > 5 else 1e-3)


@pytest.mark.parametrize("level, bias", ((0.3, 0.0), (1.0, 0.4), (3.0, 0.0), (3.0, 0.8)))
def test_harmonic_distortion_is_the_formulas(level, bias):
    """Every harmonic in the clean band down to -70 dB, and all of them together."""
    hz, x = 1000, tone(1000, 2.0, level)
    shifted = x[:, 0].astype(np.float64) + bias
    heard, expected = (spectrum(y)[hz:14000:hz] for y in (clipped(x, bias), (shifted / np.sqrt(1 + shifted ** 2))[:, None]))
    strong = expected > 10 ** (-70 / 20) * expected[0]
    np.testing.assert_allclose(db(heard[strong]), db(expected[strong]), atol=0.1)
    distortion = [np.sqrt(np.sum(s[1:] ** 2)) / s[0] for s in (heard, expected)]
    assert distortion[0] == pytest.approx(distortion[1], rel=0.01) and distortion[1] > 0.005


def test_asymmetry_makes_even_harmonics_at_any_loudness():
    def second(level, asymmetry):
        s = spectrum(overdrive(tone(440, level=level), drive_db=30, asymmetry=asymmetry, tone_hz=12000))
        return db(s[880] / s[440])

    for level in (0.01, 0.1, 1.0):
        assert second(level, 0.0) < -90
        assert second(level, 1.0) > -33
    assert abs(second(1.0, 1.0) - second(0.1, 1.0)) < 3


def test_more_drive_is_more_harmonics():
    def distortion(drive_db):
        s = spectrum(overdrive(tone(440, level=0.1), drive_db=drive_db, asymmetry=0, tone_hz=12000))
        return np.sqrt(np.sum(s[880:16000:440] ** 2)) / s[440]

    amounts = [distortion(d) for d in (0, 10, 20, 30, 40)]
    assert amounts[0] < 0.02 and amounts[-1] > 0.3
    assert all(b > 1.1 * a for a, b in zip(amounts, amounts[1:]))


@entry
def clip_all_hard(x, bias, edge, rows, y):
    for begin in range(0, len(x), TILE):
        count = min(len(x) - begin, TILE)
        rows[INPUT, HISTORY:HISTORY + count] = x[begin:begin + count]
        rows[BIAS, HISTORY:HISTORY + count] = bias
        rows[CONTROL, HISTORY:HISTORY + count] = edge
        go_up(rows, count)
        clip_hard(rows, CONTROL, count)
        go_down(rows, count)
        y[begin:begin + count] = rows[BIAS, :count]


@pytest.mark.parametrize("level", (0.3, 1.5, 10.0))
@pytest.mark.parametrize("bias", (0.0, 0.4, 1.6))
@pytest.mark.parametrize("edge", (0.0, 0.7, 1.0))
def test_hard_clipper_follows_its_formula(level, bias, edge):
    """Also where it rests beyond its rail, and where it stands still: it never divides by nothing."""
    def curve(x):
        r, c = (1 - edge) / 2, np.clip(x, -1, 1)
        return c * (1 + r - r * c * c)

    x = np.concatenate([tone(50, 0.3, level), np.full((2000, 1), level, np.float32)])
    y = np.empty(len(x), np.float32)
    clip_all_hard(np.ascontiguousarray(x[:, 0]), np.float32(bias), np.float32(edge),
                  np.zeros((ROWS, ROW), np.float32), y)
    expected = curve(x[:, 0].astype(np.float64) + bias) - curve(bias)
    # Corners ring by what lies above the band; a millisecond about the step is left out.
    settled = np.r_[500:int(0.3 * SAMPLE_RATE) - 50, int(0.3 * SAMPLE_RATE) + 50:len(x) - LATENCY]
    np.testing.assert_allclose(y[LATENCY:][settled], expected[:-LATENCY][settled], atol=0.02 if level > 5 else 4e-3)


# --- Aliases ------------------------------------------------------------------------------------

@pytest.mark.parametrize("hz", (1200 + 1, 1237, 2999))
@pytest.mark.parametrize("asymmetry", (0.0, 0.4, 1.0))
@pytest.mark.parametrize("level", (1.0, 0.3))
def test_aliases_at_full_drive(hz, asymmetry, level):
    """Whatever is no harmonic, below the clean band's end, with the tone control open."""
    s = spectrum(overdrive(tone(hz, level=level), drive_db=40, asymmetry=asymmetry, tone_hz=12000, tight_hz=20))
    fundamental = s[hz]
    for harmonic in range(hz, len(s), hz):
        s[harmonic] = 0
    s[:20] = 0
    limit = -85 if hz < 2000 else -80       # the wider the harmonics lie apart, the sooner they fold
    assert db(s[:CLEAN_HZ].max() / fundamental) < limit


FULL = (("distortion", dict(drive_db=50, tone=1, tight_hz=30, edge=1)),
        ("distortion", dict(drive_db=50, tone=0.5, edge=0)),
        ("fuzz", dict(fuzz_db=46, silicon=1, tone_hz=10000, clean_up=0, starve=0)),
        ("fuzz", dict(fuzz_db=46, silicon=1, tone_hz=10000, clean_up=0, starve=1)),
        ("fuzz", dict(fuzz_db=46, silicon=1, tone_hz=10000, clean_up=0, octave=1)),
        ("amp", dict(gain_db=54, master_db=12)),
        ("amp", dict(gain_db=54, master_db=12, sag=1, treble=1, presence=1)))



@pytest.mark.parametrize("hz", (1200 + 1, 1237))
@pytest.mark.parametrize("level", (1.0, 0.3))
@pytest.mark.parametrize("id, values", FULL)
def test_aliases_of_the_others_at_full_drive(hz, level, id, values):
    s = spectrum(play(id, tone(hz, level=level), **values))
    loudest = s[hz::hz].max()
    s[::hz] = 0
    s[:20] = 0
    # The hard curves' second zero is worth 10 dB; three stages of an amplifier each add their own.
    assert db(s[:CLEAN_HZ].max() / loudest) < (-80 if id == "amp" else -86)


# --- Voice --------------------------------------------------------------------------------------

def test_tight_keeps_the_bass_out_of_the_clipper():
    """The bass beneath the corner passes with unity gain: beside a driven tone it leaves no sidebands."""
    x = tone(60, level=0.3) + tone(1000, level=0.02)

    def sidebands(tight_hz):
        s = spectrum(overdrive(x, drive_db=30, asymmetry=0, tight_hz=tight_hz, tone_hz=12000))
        return db((s[1000 - 120] + s[1000 + 120]) / s[1000])

    assert sidebands(1000) < sidebands(20) - 6


def test_tone_is_a_second_order_low_pass():
    def level(hz, tone_hz):
        return db(spectrum(overdrive(tone(hz, level=1e-3), drive_db=0, asymmetry=0, tone_hz=tone_hz))[hz])

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
    x = tone(440, 0.5, 0.1)
    a, b = overdrive(x, level_db=0), overdrive(x, level_db=-12)
    np.testing.assert_allclose(b, a * 10 ** (-12 / 20), atol=1e-6)


@pytest.mark.parametrize("sample_rate", (44100, 48000, 96000))
def test_no_dc_and_no_hum_from_silence(sample_rate):
    y = overdrive(tone(440, 2.0, 1.0, sample_rate), sample_rate, drive_db=40, asymmetry=1)
    assert abs(y[-sample_rate:].mean()) < 1e-4
    x = np.concatenate([tone(440, 0.2, 1.0, sample_rate), np.zeros((sample_rate // 2, 1), np.float32)])
    assert np.abs(overdrive(x, sample_rate, drive_db=40, asymmetry=1)[-1000:]).max() < 1e-7


def chord(level=0.5, seconds=2):
    t = np.arange(seconds * SAMPLE_RATE) / SAMPLE_RATE
    x = sum(np.sin(2 * np.pi * f * t) / f ** 0.5 for f in (110, 165, 220, 277, 330, 660)) * np.exp(-1.5 * t)
    return (level * x / np.abs(x).max()).astype(np.float32)[:, None]


@pytest.mark.parametrize("id, knob", (("distortion", "drive_db"), ("fuzz", "fuzz_db"), ("amp", "gain_db")))
def test_the_others_stay_as_loud_over_the_whole_knob(id, knob):
    parameter = effects.load(id).parameter(knob)
    levels = [db(np.std(play(id, chord(), **{knob: parameter.to_value(raw)}))) for raw in np.linspace(0, 1, 5)]
    assert max(levels) - min(levels) < 6
    assert abs(np.mean(levels) - db(np.std(chord()))) < 6


def test_distortion_is_harder_than_overdrive():
    """Its edge: a little above the rails harmonics set in at once, where the soft curve has bent long before."""
    def growth(id, **values):
        quiet, loud = (harmonics(play(id, tone(440, level=level), **values)) for level in (0.01, 0.06))
        return db(loud / quiet)

    soft = growth("overdrive", drive_db=26, asymmetry=0, tight_hz=20, tone_hz=12000)
    hard = growth("distortion", drive_db=26, edge=1, tight_hz=30)
    assert hard > soft + 20


def test_distortion_tone_is_the_networks():
    """At the least drive a whisper goes straight through: the difference of two settings is the network's."""
    def gain(tone, hz):
        w, low, high = 2j * np.pi * hz, 2 * np.pi * 320.0, 2 * np.pi * 1250.0
        return db((1 - tone) * low / (w + low) + tone * w / (w + high))

    for hz in (100, 630, 3000):
        level = [db(spectrum(play("distortion", tone(hz, level=1e-4), drive_db=10, tone=t))[hz]) for t in (0.2, 0.7)]
        assert level[1] - level[0] == pytest.approx(gain(0.7, hz) - gain(0.2, hz), abs=0.15)


def test_distortion_mids_fill_the_scoop():
    low, high = (db(spectrum(play("distortion", tone(640, level=1e-4), drive_db=10, mids_db=m))[640]) for m in (-12, 12))
    assert high - low == pytest.approx(24, abs=0.2)


# --- Fuzz ---------------------------------------------------------------------------------------

def test_fuzz_cleans_up_when_the_guitar_is_turned_down():
    values = dict(fuzz_db=26, starve=0.0)
    assert harmonics(play("fuzz", tone(440, level=0.3), **values)) > 0.2
    turned_down = harmonics(play("fuzz", tone(440, level=0.005), clean_up=1, **values))
    assert turned_down < 0.5 * harmonics(play("fuzz", tone(440, level=0.005), clean_up=0, **values))


def test_starved_fuzz_opens_late_and_shuts_the_tail():
    """The note's end falls into the gate: below the threshold nothing comes through at all."""
    fed, starved = (db(np.std(play("fuzz", tone(220, 1.0, 0.002), fuzz_db=34, starve=s, clean_up=0)[-9600:]))
                    for s in (0.0, 1.0))
    assert starved < fed - 40
    loud = [db(np.std(play("fuzz", tone(220, 1.0, 0.3), fuzz_db=34, starve=s)[-9600:])) for s in (0.0, 1.0)]
    assert abs(loud[0] - loud[1]) < 6


def test_octave_turns_the_wave_up():
    for level in (0.03, 0.3):
        s = spectrum(play("fuzz", tone(440, level=level), octave=1))
        assert db(s[880] / s[440]) > 40
    s = spectrum(play("fuzz", tone(440, level=0.3), octave=0))
    assert db(s[880] / s[440]) < 0


def test_silicon_is_brighter_than_germanium():
    def treble(silicon):
        s = spectrum(play("fuzz", tone(440, level=0.1), silicon=silicon, tone_hz=10000))
        return db(np.sqrt(np.sum(s[5000:12000] ** 2)) / s[440])

    assert treble(1.0) > treble(0.0) + 4
