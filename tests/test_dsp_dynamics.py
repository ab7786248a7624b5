"""Boost, gate and compressor: levels, curves and times."""

import numpy as np
import pedalboard
import pytest

from dsp import effects
from dsp.native import entry
from dsp.primitives.levels import fast_exp2, fast_log2
from tests.listening import SAMPLE_RATE, chain_of, db


def sine(hz, seconds, level_db=0.0, sample_rate=SAMPLE_RATE):
    t = np.arange(int(seconds * sample_rate)) / sample_rate
    return (10 ** (level_db / 20) * np.sin(2 * np.pi * hz * t)).astype(np.float32)[:, None]


# --- Levels -------------------------------------------------------------------------------------

@entry
def log2_of_all(x, y):
    for i in range(len(x)):
        y[i] = fast_log2(x[i])


@entry
def exp2_of_all(x, y):
    for i in range(len(x)):
        y[i] = fast_exp2(x[i])


def test_fast_log2():
    x = np.concatenate([np.geomspace(1e-37, 1e37, 100001), np.linspace(0.5, 2, 100001)]).astype(np.float32)
    y = np.empty_like(x)
    log2_of_all(x, y)
    exact = np.log2(x.astype(np.float64))
    assert (np.abs(y - exact) < 2e-7 * np.abs(exact) + 2e-7).all()


def test_fast_exp2():
    x = np.linspace(-125, 126, 100001).astype(np.float32)
    y = np.empty_like(x)
    exp2_of_all(x, y)
    np.testing.assert_allclose(y, 2.0 ** x.astype(np.float64), rtol=3e-7)


# --- Boost --------------------------------------------------------------------------------------

@pytest.mark.parametrize("gain_db", (-24.0, -6.0, 0.0, 13.3, 24.0))
def test_boost_multiplies(gain_db):
    x = np.random.default_rng(1).normal(0, 0.1, (500, 2)).astype(np.float32)
    y = chain_of("boost", gain_db=gain_db).process(x)
    np.testing.assert_allclose(y, x * 10 ** (gain_db / 20), rtol=1e-5)


def test_boost_at_zero_is_bit_exact():
    x = np.random.default_rng(1).normal(0, 0.1, (500, 2)).astype(np.float32)
    np.testing.assert_array_equal(chain_of("boost", gain_db=0.0).process(x), x)


def test_boost_ramps_in_a_straight_line():
    kernel = effects.load("boost").kernel
    io = np.ones((1, 64), np.float32)
    empty = np.zeros(0), np.zeros(0, np.float32), np.zeros(0, np.int64), np.zeros(0, np.float32)
    kernel(np.array([[0.0, 20.0]], np.float32), *empty, io, 64, 48000.0)
    np.testing.assert_allclose(io[0], 1 + 9 * np.arange(1, 65) / 64, rtol=1e-5)


# --- Gate ---------------------------------------------------------------------------------------

GATE = dict(threshold_db=-40, attack_ms=5, hold_ms=30, release_ms=100, hysteresis_db=6, range_db=-60)


def gate_gain(levels_db, hz=1000, **knobs):
    """The gate's gain in dB, frame by frame, for pieces of a tone of (level, seconds)."""
    x = np.concatenate([sine(hz, seconds, level) for level, seconds in levels_db])
    x[np.abs(x) < 1e-7] = 1e-7
    return db(chain_of("gate", **(GATE | knobs)).process(x)[:, 0] / x[:, 0])


def test_gate_passes_what_is_above_and_holds_down_what_is_below():
    gain = gate_gain([(-39, 0.2)])
    np.testing.assert_allclose(gain[-100:], 0.0, atol=1e-4)
    gain = gate_gain([(-41, 0.2)])
    np.testing.assert_allclose(gain, -60.0, atol=1e-3)


def test_gate_opens_in_a_straight_line_in_its_attack_time():
    gain = 10 ** (gate_gain([(-20, 0.1)]) / 20)
    fully = np.argmax(gain > 0.9999)
    assert fully == pytest.approx(0.005 * SAMPLE_RATE, abs=0.0005 * SAMPLE_RATE)
    slopes = np.diff(gain[10:fully - 1])
    np.testing.assert_allclose(slopes, 1 / (0.005 * SAMPLE_RATE), rtol=1e-2)


def test_gate_holds_then_falls_60_db_in_its_release_time():
    gain = gate_gain([(-20, 0.2), (-80, 0.4)])
    end = int(0.2 * SAMPLE_RATE)
    closing = end + np.argmax(gain[end:] < -0.1)
    floor = end + np.argmax(gain[end:] < -59.5)
    assert closing - end == pytest.approx(0.038 * SAMPLE_RATE, abs=0.001 * SAMPLE_RATE)
    assert floor - closing == pytest.approx(0.1 * SAMPLE_RATE, rel=0.02)
    middle = gain[closing + 100:floor - 100]
    np.testing.assert_allclose(np.diff(middle), -60 / (0.1 * SAMPLE_RATE), atol=2e-3)   # straight in dB
    np.testing.assert_allclose(gain[-100:], -60, atol=0.01)


def test_gate_stays_open_between_its_thresholds_and_shut_coming_from_below():
    assert gate_gain([(-30, 0.2), (-45, 0.5)])[-1] == pytest.approx(0, abs=1e-3)
    assert gate_gain([(-30, 0.2), (-47, 0.5)])[-1] == pytest.approx(-60, abs=0.01)
    assert gate_gain([(-80, 0.2), (-45, 0.5)])[-1] == pytest.approx(-60, abs=0.01)


def test_gate_does_not_chop_the_lowest_string():
    gain = gate_gain([(-38, 0.5)], hz=82.4, hold_ms=1, hysteresis_db=0, release_ms=5)
    np.testing.assert_allclose(gain[-SAMPLE_RATE // 4:], 0, atol=1e-4)


def test_gate_links_the_channels():
    loud, soft = sine(1000, 0.2, -20), sine(700, 0.2, -80)
    y = chain_of("gate", **GATE).process(np.hstack([soft, loud]))
    np.testing.assert_allclose(y[-500:, 0], soft[-500:, 0], rtol=1e-5)


# --- Compressor ---------------------------------------------------------------------------------

PLAIN = dict(threshold_db=-30, ratio=4, knee_db=10, attack_ms=5, release_ms=200, sidechain_hz=20,
             auto=0, makeup_db=0, mix=1)


def static_curve(level_db, threshold, ratio, knee):
    """Giannoulis, Massberg, Reiss 2012, eq. 4."""
    over = level_db - threshold
    if 2 * over <= -knee:
        return level_db
    if 2 * abs(over) < knee:
        return level_db + (1 / ratio - 1) * (over + knee / 2) ** 2 / (2 * knee)
    return threshold + over / ratio


def settled_gain_db(level_db, **knobs):
    """The gain after a second of a tone in whose peaks the detector can rest."""
    x = sine(6000, 1.2, level_db)
    y = chain_of("compressor", **(PLAIN | dict(release_ms=2000) | knobs)).process(x)
    return 10 * np.log10(np.mean(y[-4800:] ** 2) / np.mean(x[-4800:] ** 2))


@pytest.mark.parametrize("threshold, ratio, knee", ((-30, 4, 10), (-50, 20, 0), (-20, 1.5, 24), (-12, 1, 6)))
def test_compressor_follows_its_curve(threshold, ratio, knee):
    for level in (-70, threshold - knee / 2, threshold - 2, threshold, threshold + 2, threshold + knee / 2, 0):
        expected = static_curve(level, threshold, ratio, knee) - level
        gain = settled_gain_db(level, threshold_db=threshold, ratio=ratio, knee_db=knee)
        assert gain == pytest.approx(expected, abs=0.1), f"at {level} dB"


def reduction(levels_db, **knobs):
    """Decibels taken away, frame by frame, for steps of a constant (above the side chain's low cut)."""
    x = np.concatenate([sine(12000, seconds, level) for level, seconds in levels_db])
    y = chain_of("compressor", **(PLAIN | knobs)).process(x)
    usable = np.abs(x[:, 0]) > 1e-5
    return np.interp(np.arange(len(x)), np.nonzero(usable)[0], -db(y[usable, 0] / x[usable, 0]))


@pytest.mark.parametrize("attack_ms", (1, 20, 100))
def test_compressor_attack_time(attack_ms):
    """63 % of the reduction in decibels after the attack time."""
    taken = reduction([(-80, 0.1), (-6, 1.0)], attack_ms=attack_ms, release_ms=2000)[SAMPLE_RATE // 10:]
    reached = np.argmax(taken > (1 - 1 / np.e) * taken[-1000:].mean())
    assert reached == pytest.approx(attack_ms * 0.001 * SAMPLE_RATE, rel=0.06, abs=4)


@pytest.mark.parametrize("release_ms", (50, 300))
def test_compressor_release_time(release_ms):
    taken = reduction([(-6, 1.0), (-60, 1.0)], attack_ms=0.5, release_ms=release_ms)
    start = taken[SAMPLE_RATE - 100]
    released = np.argmax(taken[SAMPLE_RATE:] < start / np.e)
    assert released == pytest.approx(release_ms * 0.001 * SAMPLE_RATE, rel=0.05)


def test_compressor_is_as_fast_for_loud_as_for_soft():
    """The point of a detector in decibels."""
    loud = reduction([(-80, 0.1), (0, 0.5)], attack_ms=20, release_ms=2000)[4800:]
    soft = reduction([(-80, 0.1), (-20, 0.5)], attack_ms=20, release_ms=2000)[4800:]
    np.testing.assert_allclose(loud[50:4000] / loud[-1], soft[50:4000] / soft[-1], atol=0.02)


def test_compressor_side_chain_ignores_the_bass():
    low, high = sine(50, 1.0, -6), sine(2000, 1.0, -6)
    chain = lambda: chain_of("compressor", **(PLAIN | dict(sidechain_hz=500)))
    assert np.abs(chain().process(low)[-9600:]).max() > np.abs(low).max() * 10 ** (-6 / 20)
    assert np.abs(chain().process(high)[-9600:]).max() < np.abs(high).max() * 10 ** (-15 / 20)


@pytest.mark.parametrize("hz", (100, 200, 400, 1600))
def test_compressor_side_chain_is_a_first_order_high_pass(hz):
    """What is taken from a tone is what the curve takes from its level behind the filter."""
    corner = 200.0
    heard = -6.0 - 10 * np.log10(1 + (corner / hz) ** 2)
    x = sine(hz, 2.0, -6)
    y = chain_of("compressor", **(PLAIN | dict(release_ms=2000, attack_ms=0.5, sidechain_hz=corner))).process(x)
    gain = 10 * np.log10(np.mean(y[-9600:] ** 2) / np.mean(x[-9600:] ** 2))
    assert gain == pytest.approx(static_curve(heard, -30, 4, 10) - heard, abs=0.15)


def test_compressor_makeup_and_auto_gain():
    assert settled_gain_db(-60, makeup_db=7) == pytest.approx(7, abs=0.01)
    assert settled_gain_db(-12, auto=1) == pytest.approx(0, abs=0.1)
    half = settled_gain_db(-12, auto=0.5)
    assert half == pytest.approx(0.5 * settled_gain_db(-12), abs=0.1)


def test_compressor_blends_the_dry_sound():
    x = sine(6000, 1.2, -6)
    dry_knobs, wet_knobs = PLAIN | dict(mix=0), PLAIN
    dry, wet = chain_of("compressor", **dry_knobs).process(x), chain_of("compressor", **wet_knobs).process(x)
    np.testing.assert_allclose(dry, x, atol=1e-7)
    half = chain_of("compressor", **(PLAIN | dict(mix=0.5))).process(x)
    np.testing.assert_allclose(half, 0.5 * dry + 0.5 * wet, atol=1e-6)


def test_compressor_links_the_channels():
    loud, soft = sine(6000, 0.5, -6), sine(5000, 0.5, -40)
    y = chain_of("compressor", **PLAIN).process(np.hstack([soft, loud]))
    alone = chain_of("compressor", **PLAIN).process(loud)
    np.testing.assert_allclose(y[:, 1], alone[:, 0], atol=1e-6)
    gain_left = np.sum(y[-4800:, 0] * soft[-4800:, 0]) / np.sum(soft[-4800:, 0] ** 2)
    assert db(gain_left) < -15


def test_compressor_is_near_pedalboards():
    """Pedalboard's detector smooths levels, not decibels, and has no knee: at rest they agree."""
    x = sine(6000, 1.5, -6)
    y = chain_of("compressor", **(PLAIN | dict(knee_db=0, attack_ms=1, release_ms=2000))).process(x)
    peer = pedalboard.Compressor(-30, 4, 1, 2000)(x[:, 0], SAMPLE_RATE)
    assert db(np.std(y[-4800:]) / np.std(peer[-4800:])) == pytest.approx(0, abs=0.3)
