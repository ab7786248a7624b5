"""EQs, wahs and the volume pedal against formulas in double precision, and against what they promise a player."""

import numpy as np
import pytest
from scipy import signal

from dsp import effects
from dsp.effects.auto_wah import ATTACK, ENVELOPE, HEEL_HZ, RELEASE
from dsp.effects.graphic_eq import NAMES
from dsp.effects.parametric_eq import BAND_HZ, HIGH_SHELF_HZ, LOW_SHELF_HZ
from dsp.effects.volume import SHUT_S
from dsp.primitives.wah import BASS, COUPLING_HZ, HEEL_DB, OCTAVES, TOE_DB, TREBLE_HZ
from tests.listening import FREQUENCIES, SAMPLE_RATE, chain_of, db, measured_db, rms, tone, turn

RATES = (44100, 48000, 96000)
CENTRES = 31.25 * 2.0 ** np.arange(10)


# --- Parametric EQ ------------------------------------------------------------------------------

class Analog:
    """Responses of analog prototypes behind the bilinear transform, prewarped to `hz`."""

    def __init__(self, hz, sample_rate, frequencies=FREQUENCIES):
        self.s = 1j * np.tan(np.pi * frequencies / sample_rate) / np.tan(np.pi * hz / sample_rate)

    def bell(self, q, db):
        a, s = 10 ** (db / 40), self.s
        return (s * s + s * a / q + 1) / (s * s + s / (a * q) + 1)

    def low_shelf(self, db, q=np.sqrt(0.5)):
        a, s = 10 ** (db / 40), self.s
        return a * (s * s + np.sqrt(a) / q * s + a) / (a * s * s + np.sqrt(a) / q * s + 1)

    def high_shelf(self, db, q=np.sqrt(0.5)):
        a, s = 10 ** (db / 40), self.s
        return a * (a * s * s + np.sqrt(a) / q * s + 1) / (s * s + np.sqrt(a) / q * s + a)

    def low_pass(self, q=np.sqrt(0.5)):
        return 1 / (self.s ** 2 + self.s / q + 1)

    def high_pass(self, q=np.sqrt(0.5)):
        return self.s ** 2 / (self.s ** 2 + self.s / q + 1)


PARAMETRIC = (
    dict(low_cut_hz=80, low_db=6, band1_hz=110, band1_db=-9, band1_q=4, band3_hz=1500, band3_db=12, band3_q=0.5,
         high_db=-7, high_cut_hz=6000, level_db=-3),
    dict(low_cut_hz=10, low_db=-12, band2_hz=1200, band2_db=15, band2_q=12, band4_hz=400, band4_db=-15, band4_q=0.3,
         band5_hz=16000, band5_db=8, band5_q=2, high_db=12, high_cut_hz=20000, level_db=12),
)


@pytest.mark.parametrize("sample_rate", RATES)
@pytest.mark.parametrize("v", PARAMETRIC)
def test_parametric_eq_follows_the_cookbook(v, sample_rate):
    h = Analog(v["low_cut_hz"], sample_rate).high_pass() * Analog(v["high_cut_hz"], sample_rate).low_pass()
    h *= Analog(LOW_SHELF_HZ, sample_rate).low_shelf(v["low_db"])
    h *= Analog(HIGH_SHELF_HZ, sample_rate).high_shelf(v["high_db"])
    for n, default_hz in enumerate(BAND_HZ, 1):
        h *= Analog(v.get(f"band{n}_hz", default_hz), sample_rate).bell(v.get(f"band{n}_q", 1), v.get(f"band{n}_db", 0))
    expected = db(h) + v["level_db"]
    np.testing.assert_allclose(measured_db(chain_of("parametric_eq", sample_rate, **v)), expected, atol=0.02)


@pytest.mark.parametrize("sample_rate", RATES)
def test_parametric_eq_at_rest_takes_nothing_away(sample_rate):
    heard = measured_db(chain_of("parametric_eq", sample_rate), np.geomspace(30, 12000, 100))
    assert np.abs(heard).max() < 0.4


# --- Graphic EQ ---------------------------------------------------------------------------------

def sliders(gains):
    return {f"gain_{name}_db": gain for name, gain in zip(NAMES, gains)}


def slider_settings():
    random = np.random.default_rng(1)
    yield from (np.full(10, 12.0), np.full(10, -12.0), 12.0 * (-1.0) ** np.arange(10))
    yield from (np.eye(10)[n] * 12.0 for n in (0, 4, 9))
    yield from random.uniform(-12, 12, (4, 10))
    yield from random.choice([-12.0, 12.0], (4, 10))


@pytest.mark.parametrize("sample_rate", RATES)
def test_graphic_eq_goes_through_every_slider(sample_rate):
    chain = chain_of("graphic_eq", sample_rate)
    for gains in slider_settings():
        turn(chain, **sliders(gains))
        chain.reset()
        np.testing.assert_allclose(measured_db(chain, CENTRES, 0.4), gains, atol=0.05)


@pytest.mark.parametrize("sample_rate", RATES)
def test_graphic_eq_stays_between_its_sliders(sample_rate):
    """Between two centres the curve leaves the range of their two sliders by little."""
    frequencies = np.geomspace(CENTRES[0], CENTRES[-1], 91)
    below = np.minimum(np.arange(91) // 10, 8)
    chain = chain_of("graphic_eq", sample_rate)
    for gains in slider_settings():
        turn(chain, **sliders(gains))
        chain.reset()
        heard = measured_db(chain, frequencies, 0.4)
        low, high = np.minimum(gains[below], gains[below + 1]), np.maximum(gains[below], gains[below + 1])
        assert max((heard - high).max(), (low - heard).max()) < 1.15
        if np.ptp(gains) == 0:
            assert np.abs(heard - gains[0]).max() < 0.9


def test_flat_eqs_change_nothing_but_the_level():
    x = np.random.default_rng(1).normal(0, 0.3, (4000, 2)).astype(np.float32)
    np.testing.assert_allclose(chain_of("graphic_eq").process(x), x, atol=1e-6)
    np.testing.assert_allclose(chain_of("graphic_eq", level_db=-6).process(x), x * 10 ** (-6 / 20), atol=1e-6)


def test_a_moving_slider_arrives_where_a_still_one_stands():
    x = np.random.default_rng(1).normal(0, 0.1, (SAMPLE_RATE, 1)).astype(np.float32)
    moved, still = chain_of("graphic_eq"), chain_of("graphic_eq", gain_1k_db=9.0)
    turn(moved, gain_1k_db=9.0)
    np.testing.assert_allclose(moved.process(x)[-4000:], still.process(x)[-4000:], atol=1e-5)


# --- Wah ----------------------------------------------------------------------------------------

def wah_db(position, frequencies=FREQUENCIES, heel=450.0, sharper=0.0):
    """The pedal in double precision."""
    q, peak = 2.0 ** (3 - 2 * position + sharper), 10 ** ((HEEL_DB + (TOE_DB - HEEL_DB) * position) / 20)
    s = Analog(heel * 2 ** (OCTAVES * position), SAMPLE_RATE, frequencies).s
    h = (peak / q * s + BASS * peak) / (s * s + s / q + 1)
    return db(h * Analog(COUPLING_HZ, SAMPLE_RATE, frequencies).high_pass()
                    * Analog(TREBLE_HZ, SAMPLE_RATE, frequencies).low_pass())


@pytest.mark.parametrize("position", (0.0, 0.3, 0.7, 1.0))
def test_wah_follows_its_curves(position):
    np.testing.assert_allclose(measured_db(chain_of("wah", position=position)), wah_db(position), atol=0.05)


def test_wah_moves_from_a_narrow_growl_to_a_broad_bite():
    frequencies = np.geomspace(200, 5000, 2000)
    for position, hz, q in ((0.0, 450, 8), (1.0, 2216, 2)):
        heard = measured_db(chain_of("wah", position=position), frequencies)
        top = np.argmax(heard)
        loud = frequencies[heard > heard[top] - 3.01]
        assert frequencies[top] == pytest.approx(hz, rel=0.03)
        assert hz / (loud[-1] - loud[0]) == pytest.approx(q, rel=0.15)


def test_wah_knobs():
    values = dict(heel_hz=300, resonance=1.0, level_db=-6, position=0.4)
    np.testing.assert_allclose(measured_db(chain_of("wah", **values)), wah_db(0.4, heel=300.0, sharper=1.0) - 6, atol=0.05)


def resonance_of(x, y):
    """Where a filter that hardly moves is loudest, by the ratio of two spectra."""
    f, pxx = signal.welch(x[:, 0], SAMPLE_RATE, nperseg=2048)
    _, pyy = signal.welch(y[:, 0], SAMPLE_RATE, nperseg=2048)
    band = (f > 200) & (f < 5000)
    return f[band][np.argmax((pyy / pxx)[band])]


def square(seconds, level):
    """Equally loud in every frame, whatever the follower's times."""
    return (level * np.random.default_rng(3).choice([-1.0, 1.0], (int(seconds * SAMPLE_RATE), 1))).astype(np.float32)


@pytest.mark.parametrize("position, sweep", ((0.0, 0.9), (0.1, 0.4), (1.0, -0.8)))
@pytest.mark.parametrize("level_db", (-40.0, -20.0))
def test_auto_wah_opens_as_far_as_it_is_played_hard(position, sweep, level_db):
    level = 10 ** (level_db / 20)
    x = square(1.0, level)
    y = chain_of("auto_wah", position=position, sweep=sweep, sensitivity_db=30).process(x)
    heard = level * 10 ** (30 / 20)
    expected = HEEL_HZ * 2 ** (OCTAVES * np.clip(position + sweep * heard / (1 + heard), 0, 1))
    half = SAMPLE_RATE // 2
    assert resonance_of(x[half:], y[half:]) == pytest.approx(expected, rel=0.08)


def test_auto_wah_opens_in_its_attack_and_closes_in_its_release():
    """The follower reaches 63 % of a constant in its attack, and loses as much in its release."""
    effect = effects.load("auto_wah")
    for attack_ms, release_ms in ((5.0, 100.0), (50.0, 400.0)):
        prepared = effect.prepare(float(SAMPLE_RATE), {})
        state, memory = np.zeros(prepared.state), np.zeros(prepared.memory, np.float32)
        cursors, tables = np.zeros(prepared.cursors, np.int64), np.zeros(0, np.float32)
        values = [p.default for p in effect.parameters]
        values[ATTACK], values[RELEASE] = attack_ms, release_ms
        knobs = np.repeat(np.array(values, np.float32)[:, None], 2, axis=1)

        def play(seconds, level):
            x = np.full((1, int(seconds * SAMPLE_RATE)), level, np.float32)
            prepared.kernel(knobs, state, memory, cursors, tables, x, x.shape[1], float(SAMPLE_RATE))
            return state[ENVELOPE]

        assert play(attack_ms / 1000, 0.5) == pytest.approx(0.5 * (1 - np.exp(-1)), rel=0.01)
        play(1.0, 0.5)
        assert play(release_ms / 1000, 0.0) == pytest.approx(0.5 * np.exp(-1), rel=0.01)


def test_auto_wah_is_moved_by_its_wave():
    """2 Hz: an octave-wide swing comes back each half second, and the tone in its middle twice as often."""
    x = tone(HEEL_HZ * 2 ** (OCTAVES * 0.5), 3.0)
    y = chain_of("auto_wah", position=0.5, sweep=0.0, lfo=0.8, rate_hz=2.0).process(x)[SAMPLE_RATE:, 0]
    envelope = np.abs(y).reshape(-1, 480).max(axis=1)
    spectrum = np.abs(np.fft.rfft(envelope - envelope.mean()))
    assert np.argmax(spectrum) / (len(envelope) * 0.01) == pytest.approx(4.0)
    assert envelope.max() > 2 * envelope.min()


def test_auto_wah_standing_still_is_the_wah():
    x = np.random.default_rng(1).normal(0, 0.1, (8000, 2)).astype(np.float32)
    automatic = chain_of("auto_wah", position=0.4, sweep=0.0, lfo=0.0).process(x)
    np.testing.assert_allclose(automatic, chain_of("wah", position=0.4, heel_hz=HEEL_HZ).process(x), atol=2e-6)


def test_auto_wah_mixes_with_the_dry_sound():
    x = np.random.default_rng(1).normal(0, 0.1, (8000, 1)).astype(np.float32)
    dry, half, wet = (chain_of("auto_wah", mix=mix).process(x) for mix in (0.0, 0.5, 1.0))
    np.testing.assert_array_equal(dry, x)
    np.testing.assert_allclose(half, 0.5 * (x + wet), atol=1e-6)


# --- Volume -------------------------------------------------------------------------------------

@pytest.mark.parametrize("position, gain", ((0.0, 0.0), (0.25, 0.025), (0.5, 0.1), (0.75, 0.325), (1.0, 1.0)))
def test_volume_has_an_audio_taper(position, gain):
    x = tone(300.0, 0.1)
    np.testing.assert_allclose(chain_of("volume", position=position).process(x), gain * x, atol=1e-7)


def test_volume_keeps_its_minimum():
    x = tone(300.0, 0.1)
    y = chain_of("volume", position=0.0, minimum_db=-20).process(x)
    np.testing.assert_allclose(y, 0.1 * x, atol=1e-7)


def test_swell_opens_each_note_in_its_time():
    """Two notes with a gap: each starts shut, and is open after the swell's time as the square of a line."""
    note, gap = tone(300.0, 0.6), np.zeros((SAMPLE_RATE // 5, 1), np.float32)
    x = np.concatenate([gap, note, gap, note])
    y = chain_of("volume", swell=1.0, swell_ms=400).process(x)
    for start in (len(gap), 2 * len(gap) + len(note)):
        for after, gain in ((0.02, 0.0), (0.1, 0.055), (0.2, 0.24), (0.3, 0.55), (0.5, 1.0)):
            piece = slice(start + int(after * SAMPLE_RATE) - 160, start + int(after * SAMPLE_RATE) + 160)
            assert rms(y[piece]) / rms(x[piece]) == pytest.approx(gain, abs=0.05)


def test_swell_shuts_for_a_note_that_is_struck_into_another():
    soft, hard = tone(300.0, 1.0, 0.02), tone(300.0, 1.0, 0.2)
    y = chain_of("volume", swell=1.0, swell_ms=300).process(np.concatenate([soft, hard]))[:, 0]
    at = len(soft)
    assert rms(y[at - 480:at]) == pytest.approx(rms(soft), rel=0.01)
    shut = y[at + int(2.0 * SHUT_S * SAMPLE_RATE):][:480]
    assert rms(shut) < 0.03 * rms(hard)
    assert rms(y[-480:]) == pytest.approx(rms(hard), rel=0.01)


def test_a_note_that_rings_on_does_not_open_anew():
    t = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
    x = tone(110.0, 2.0, 0.5) * np.exp(-2.0 * t)[:, None].astype(np.float32)
    y = chain_of("volume", swell=1.0, swell_ms=100).process(x)
    later = slice(SAMPLE_RATE // 4, int(1.5 * SAMPLE_RATE))
    np.testing.assert_allclose(y[later], x[later], atol=1e-6)


def test_without_swell_a_volume_pedal_is_a_gain():
    x = np.random.default_rng(1).normal(0, 0.2, (8000, 2)).astype(np.float32)
    np.testing.assert_array_equal(chain_of("volume").process(x), x)
