"""Limiter, de-esser and the vocal chain: ceilings, bands and times."""

import numpy as np
import pytest
from scipy.signal import butter, resample_poly, sosfilt

from tests.listening import SAMPLE_RATE, chain_of, db


def sine(hz, seconds=0.5, level=1.0, phase=0.0):
    return level * np.sin(2 * np.pi * hz * np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE + phase)


def played(id, x, **values):
    x = np.asarray(x, np.float32)
    y = chain_of(id, **values).process(x[:, None] if x.ndim == 1 else x)
    return y[:, 0] if x.ndim == 1 and y.shape[1] == 1 else y


def band_db(x, low, high):
    """How loud x is between two frequencies."""
    spectrum = np.abs(np.fft.rfft(x)) ** 2
    hz = np.fft.rfftfreq(len(x), 1 / SAMPLE_RATE)
    return 10 * np.log10(spectrum[(hz >= low) & (hz < high)].sum() + 1e-30)


# --- Limiter ------------------------------------------------------------------------------------

LATENCY = 70

random = np.random.default_rng(1)
HOT = {
    # Every sample of this lies 3 dB under the peaks between them.
    "quarter of the rate": sine(12000.0, phase=np.pi / 4), "17 kHz": sine(17001.0), "20 kHz": sine(19997.0),
    "100 Hz": sine(100.0), "square": np.sign(sine(997.0)), "noise": random.normal(size=24000),
    "clipped noise": np.clip(4 * random.normal(size=24000), -1, 1),
    "clicks": (random.random(24000) < 0.001) * random.choice([-1.0, 1.0], 24000),
    "bursts": sine(5000.0) * (sine(20.0) > 0.5),
}


def true_peak(x):
    """By a filter far longer than the limiter's, at sixteen times the rate; the ends are cut, not faded."""
    margin = 100 * 16
    return np.abs(resample_poly(np.asarray(x, float), 16, 1, window=("kaiser", 12.0)))[margin:-margin].max()


@pytest.mark.parametrize("name", HOT)
@pytest.mark.parametrize("drive_db, ceiling_db, release_ms", ((6.0, -1.0, 20.0), (24.0, -1.0, 120.0), (24, -12, 1000)))
def test_limiter_holds_its_ceiling_between_the_samples(name, drive_db, ceiling_db, release_ms):
    y = played("limiter", HOT[name], drive_db=drive_db, ceiling_db=ceiling_db, release_ms=release_ms)
    assert db(true_peak(y)) <= ceiling_db + 0.01


def test_limiter_takes_no_more_than_it_must():
    for hz in (100.0, 997.0, 12000.0):
        y = played("limiter", sine(hz, phase=np.pi / 4), drive_db=12.0, ceiling_db=-1.0, release_ms=300.0)
        assert -1.3 < db(true_peak(y[12000:])) <= -1.0


def test_limiter_changes_no_bit_below_its_ceiling():
    x = np.random.default_rng(2).normal(0, 0.1, (5000, 2)).clip(-0.4, 0.4).astype(np.float32)
    y = played("limiter", x)
    np.testing.assert_array_equal(y[LATENCY:], x[:-LATENCY])
    assert chain_of("limiter").latency == LATENCY


def test_limiter_is_ready_before_the_peak_and_lets_go_in_its_time():
    x = 0.5 * np.ones(30000)
    x[10000] = 4.0
    y = played("limiter", x, ceiling_db=-0.0, release_ms=50.0)
    gain = y[LATENCY:] / x[:-LATENCY]
    # The spike's own tail rings through the filter that looks between the samples.
    assert gain[10000] == pytest.approx(0.25, rel=0.06) and gain[10000] <= 0.25
    early = np.flatnonzero(gain < 0.999)[0]
    assert 10000 - LATENCY <= early < 10000
    since = np.arange(200, 4800)
    taken = 1 - gain[10000 + since]
    rate = np.polyfit(since, np.log(taken), 1)[0]
    assert -1 / rate == pytest.approx(0.05 * SAMPLE_RATE, rel=0.02)
    # No corner in the gain: it moves by less than 4 % of its way in a frame.
    assert np.abs(np.diff(gain)).max() < 0.04


def test_limiter_turns_both_channels_by_the_same():
    x = np.column_stack([sine(300.0, level=2.0), sine(440.0, level=0.1)]).astype(np.float32)
    y = played("limiter", x, release_ms=1000.0)
    loud = y[LATENCY:, 0][np.abs(x[:-LATENCY, 0]) > 0.5] / x[:-LATENCY, 0][np.abs(x[:-LATENCY, 0]) > 0.5]
    soft = y[LATENCY:, 1][np.abs(x[:-LATENCY, 1]) > 0.05] / x[:-LATENCY, 1][np.abs(x[:-LATENCY, 1]) > 0.05]
    assert np.median(loud) == pytest.approx(np.median(soft), rel=0.01)
    assert np.median(soft) < 0.5


def test_limiter_drives():
    x = sine(1000.0, level=0.01)
    np.testing.assert_allclose(played("limiter", x, drive_db=24.0)[LATENCY:], 10 ** 1.2 * x[:-LATENCY], atol=1e-6)


# --- De-esser -----------------------------------------------------------------------------------

SPLIT = 5500.0
VOWEL = sum(sine(200.0 * n, 1.0, 0.2 / n) for n in range(1, 16))


def hiss(seconds=1.0, above=1.3 * SPLIT):
    """An s: noise above the split."""
    spectrum = np.fft.rfft(np.random.default_rng(4).normal(size=int(seconds * SAMPLE_RATE)))
    spectrum[:int(above * seconds)] = 0
    return 0.1 * np.fft.irfft(spectrum)


@pytest.mark.parametrize("sample_rate", (44100, 48000, 96000))
def test_de_esser_is_flat_at_rest(sample_rate):
    x = np.zeros((sample_rate, 1), np.float32)
    x[0] = 1e-5                                     # far below the floor: nothing to take away
    y = chain_of("de_esser", sample_rate, range_db=24.0).process(x)[:, 0] / 1e-5
    np.testing.assert_allclose(db(np.fft.rfft(y))[20:20000], 0.0, atol=0.001)


@pytest.mark.parametrize("level", (1.0, 0.03))
def test_de_esser_softens_an_s_and_no_vowel_however_loud(level):
    y = played("de_esser", level * hiss(), range_db=12.0, split_hz=SPLIT)[9600:] / level
    # Nearer to the split the lower band holds some of it, whole.
    assert band_db(y, 9000, 20000) - band_db(hiss()[9600:], 9000, 20000) == pytest.approx(-12.0, abs=0.7)
    y = played("de_esser", level * VOWEL, range_db=12.0, split_hz=SPLIT)[9600:] / level
    assert np.sqrt(np.mean(y ** 2)) == pytest.approx(np.sqrt(np.mean(VOWEL[9600:] ** 2)), rel=1e-3)


def test_de_esser_leaves_the_low_band_under_an_s_alone():
    x = 0.3 * VOWEL + hiss()
    y = played("de_esser", x, range_db=12.0, split_hz=SPLIT)
    x, y = x[9600:], y[9600:]
    assert band_db(y, 100, 2100) - band_db(x, 100, 2100) == pytest.approx(0.0, abs=0.05)
    assert band_db(y, 9000, 20000) - band_db(x, 9000, 20000) < -11.0


def test_de_esser_goes_no_further_than_its_range():
    for range_db in (0.0, 6.0, 24.0):
        y = played("de_esser", sine(18000.0, level=0.3), range_db=range_db, threshold_db=-30.0, split_hz=SPLIT)
        assert db(np.std(y[9600:]) * np.sqrt(2) / 0.3) == pytest.approx(-range_db, abs=0.02 + 0.05 * range_db)


def test_de_esser_acts_by_the_upper_bands_share():
    """Below the threshold nothing, and the full range 6 dB above it."""
    x = sine(500.0, level=0.3) + sine(11000.0, level=0.3 * 10 ** (-10 / 20))     # a share of -10.4 dB
    taken = [band_db(played("de_esser", x, range_db=10.0, threshold_db=threshold)[9600:], 10900, 11100)
             - band_db(x[9600:], 10900, 11100) for threshold in (-9.0, -13.4, -18.0)]
    assert taken[0] == pytest.approx(0.0, abs=0.1)
    assert taken[1] == pytest.approx(-5.0, abs=0.7)
    assert taken[2] == pytest.approx(-9.4, abs=0.2)      # the lower band's part of 11 kHz is left


def test_de_esser_answers_in_milliseconds():
    x = np.concatenate([0.3 * VOWEL, hiss(0.3), 0.3 * VOWEL])
    y = played("de_esser", x, range_db=12.0, split_hz=SPLIT)
    start = len(VOWEL)
    assert band_db(y[start + 480:start + 960], 9000, 20000) < band_db(x[start + 480:start + 960], 9000, 20000) - 9


def test_de_esser_turns_both_channels_by_the_same():
    x = np.column_stack([hiss(), sine(300.0, 1.0, 0.01) + sine(16000.0, 1.0, 1e-4)])
    taken = [band_db(played("de_esser", channels, range_db=12.0)[9600:, 1], 15900, 16100)
             - band_db(x[9600:, 1], 15900, 16100) for channels in (x, x * (0, 1))]
    assert taken[0] == pytest.approx(-11.8, abs=0.5) and taken[1] == pytest.approx(0.0, abs=0.05)


# --- Vocal --------------------------------------------------------------------------------------

BARE = dict(low_cut_hz=20.0, presence_db=0.0, air_db=0.0, de_ess=0.0, compress=0.0, double=0.0, space=0.0)


def sung(x, sample_rate=SAMPLE_RATE, **values):
    """The left channel of the vocal chain, everything off but what is given."""
    return chain_of("vocal", sample_rate, **(BARE | values)).process(np.asarray(x, np.float32)[:, None])


def response_db(hz, **values):
    x = np.zeros(SAMPLE_RATE)
    x[0] = 1e-4
    spectrum = np.fft.rfft(sung(x, **values)[:, 0]) / 1e-4
    return db(spectrum[np.array(hz)])


def test_vocal_with_everything_off_is_flat():
    np.testing.assert_allclose(response_db(range(200, 20000, 50)), 0.0, atol=0.01)


def test_vocal_tones_are_where_they_say():
    np.testing.assert_allclose(response_db([4000, 200], presence_db=6.0), [6.0, 0.0], atol=0.1)
    np.testing.assert_allclose(response_db([19000, 1000], air_db=6.0), [6.0, 0.0], atol=0.3)
    np.testing.assert_allclose(response_db([100, 50, 2000], low_cut_hz=100.0), [-3.01, -12.3, 0.0], atol=0.05)


def test_vocal_levels_a_whisper_and_a_shout():
    """30 dB apart going in; a fifth of that above the bend, and no louder at the level that is sung."""
    steady = lambda level_db, compress: db(np.std(sung(sine(500.0, 2.0, 10 ** (level_db / 20)), compress=compress)
                                                  [-24000:, 0]) * np.sqrt(2))
    for compress in (0.3, 1.0):
        assert steady(-14.0, compress) == pytest.approx(-14.0, abs=1.5)
    spread_db = steady(0.0, 1.0) - steady(-20.0, 1.0)
    assert 0.2 * 20 - 0.5 < spread_db < 0.2 * 20 + 2.5
    assert steady(0.0, 0.0) - steady(-20.0, 0.0) == pytest.approx(20.0, abs=0.01)


def test_vocal_lets_go_fast_after_a_peak_and_slowly_under_a_phrase():
    def loud(x, at):
        return db(np.std(sung(x, compress=1.0)[int(at * SAMPLE_RATE):][:480, 0]))

    after_phrase = np.concatenate([sine(3000.0, 1.5), sine(3000.0, 3.5, 0.1)])
    after_peak = np.concatenate([sine(3000.0, 1.45, 0.1), sine(3000.0, 0.05), sine(3000.0, 3.5, 0.1)])
    for x, least, most in ((after_phrase, 0.25, 0.7), (after_peak, 0.85, 1.0)):
        at_once, soon, late = loud(x, 1.502), loud(x, 1.7), loud(x, 4.9)
        assert late - at_once > 8.0
        assert least < (soon - at_once) / (late - at_once) < most


def test_vocal_softens_an_s():
    s = hiss()
    taken = band_db(sung(s, de_ess=1.0)[9600:, 0], 9000, 20000) - band_db(s[9600:], 9000, 20000)
    assert taken == pytest.approx(-15.0, abs=1.0)


def test_vocal_double_is_two_voices_left_and_right():
    x = np.zeros(SAMPLE_RATE // 4)
    x[100] = 0.001
    y = (sung(x, double=1.0) - sung(x)) / 0.001
    places = np.abs(y).argmax(axis=0) - 100
    np.testing.assert_allclose(places / SAMPLE_RATE, [0.017, 0.026], atol=0.0015)
    np.testing.assert_allclose(np.abs(np.fft.rfft(y, axis=0))[250], 0.7, rtol=0.02)     # at 1 kHz


def test_vocal_room_dies_in_its_time():
    x = np.zeros(2 * SAMPLE_RATE)
    x[0] = 0.01
    y = (sung(x, space=1.0) - sung(x))[2000:]
    band = sosfilt(butter(4, (400, 1200), "band", fs=SAMPLE_RATE, output="sos"), y, axis=0)
    energy = np.cumsum((band ** 2).sum(axis=1)[::-1])[::-1]
    fall = 10 * np.log10(energy / energy[0])
    t5, t35 = np.argmax(fall < -5), np.argmax(fall < -35)
    assert 2 * (t35 - t5) / SAMPLE_RATE == pytest.approx(0.9, rel=0.1)
    both = np.corrcoef(y[:SAMPLE_RATE // 2].T)[0, 1]
    assert abs(both) < 0.3
