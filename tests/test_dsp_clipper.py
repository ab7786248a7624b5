"""The clipper: its curve against the formula, what it leaves alone, aliases, and the way without them."""

import numpy as np
import pedalboard
import pytest

from dsp import effects
from dsp.chain import Block, Chain
from dsp.primitives.shaping import LATENCY

SAMPLE_RATE = 48000
CLEAN_HZ = 18000        # the decimator's transition lies above
CLIPPER = effects.load("clipper")


def chain_of(antialias, **values):
    raw = {name: CLIPPER.parameter(name).to_raw(value) for name, value in values.items()}
    return Chain([Block(CLIPPER, raw, {"antialias": antialias})], SAMPLE_RATE)


def played(x, antialias, **values):
    return chain_of(antialias, **values).process(x)


def sine(hz, level=1.0, seconds=2.0):
    t = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return (level * np.sin(2 * np.pi * hz * t)).astype(np.float32)[:, None]


def noise(level, frames=5000):
    return np.random.default_rng(3).normal(0.0, level, (frames, 2)).astype(np.float32)


def curve(x, drive_db, ceiling_db, knee):
    """A cubic of unit slope at zero that is at the ceiling where its slope is what the knee leaves of it."""
    ceiling, r = 10 ** (ceiling_db / 20), knee / 2
    n = np.clip(10 ** (drive_db / 20) * x.astype(np.float64) / (ceiling * (1 + r)), -1, 1)
    return ceiling * n * (1 + r - r * n * n)


SETTINGS = [(0, -12, 0.0), (6, -3, 0.3), (24, -24, 1.0), (12, 0, 0.5)]


@pytest.mark.parametrize("drive_db, ceiling_db, knee", SETTINGS)
def test_the_bare_curve_is_its_formula(drive_db, ceiling_db, knee):
    x = noise(0.5)
    y = played(x, False, drive_db=drive_db, ceiling_db=ceiling_db, knee=knee)
    np.testing.assert_allclose(y, curve(x, drive_db, ceiling_db, knee), atol=2e-6)
    assert np.abs(y).max() <= 10 ** (ceiling_db / 20) * (1 + 1e-6)


@pytest.mark.parametrize("drive_db, ceiling_db, knee", SETTINGS)
def test_without_aliases_a_slow_tone_follows_the_same_formula(drive_db, ceiling_db, knee):
    """But for the ripple at the corners, which have no more than the band that is left to them."""
    x = sine(50, 4 * 10 ** ((ceiling_db - drive_db) / 20), 0.5)
    y = played(x, True, drive_db=drive_db, ceiling_db=ceiling_db, knee=knee)
    expected = curve(x, drive_db, ceiling_db, knee)
    np.testing.assert_allclose(y[LATENCY + 500:], expected[500:-LATENCY], atol=0.02 * 10 ** (ceiling_db / 20))


def test_hard_and_bare_changes_no_bit_below_the_ceiling():
    x = noise(0.5).clip(-0.5, 0.5)
    np.testing.assert_array_equal(played(x, False, ceiling_db=-6, knee=0), x)
    assert chain_of(False).latency == 0 and chain_of(True).latency == LATENCY


def test_hard_and_bare_is_pedalboards():
    x = noise(0.5)
    peer = pedalboard.Clipping(-12.0)(x.T.copy(), SAMPLE_RATE).T
    np.testing.assert_allclose(played(x, False, ceiling_db=-12, knee=0), peer, atol=1e-6)


def aliases_db(hz, antialias, **values):
    """The loudest of what is no harmonic, in the clean band, against the tone."""
    y = played(sine(hz), antialias, **values)[-SAMPLE_RATE:, 0].astype(np.float64)
    s = np.abs(np.fft.rfft(y))
    fundamental = s[hz]
    s[::hz] = 0
    s[:20] = 0
    return 20 * np.log10(s[:CLEAN_HZ].max() / fundamental)


@pytest.mark.parametrize("hz", (1201, 1237))
@pytest.mark.parametrize("knee", (0.0, 1.0))
def test_aliases_at_full_drive(hz, knee):
    values = dict(drive_db=24, ceiling_db=-24, knee=knee)
    assert aliases_db(hz, True, **values) < -86
    assert aliases_db(hz, False, **values) > -60


def test_the_bare_curve_knows_no_blocks():
    x = noise(0.5)
    whole, pieces = chain_of(False, drive_db=12), chain_of(False, drive_db=12)
    y = np.concatenate([pieces.process(x[at:at + 7]) for at in range(0, len(x), 7)])
    np.testing.assert_array_equal(y, whole.process(x))


@pytest.mark.parametrize("knob", [parameter.id for parameter in CLIPPER.parameters])
def test_no_knob_of_the_bare_curve_clicks(knob):
    """A turn from end to end under a constant: the sound moves there in small steps."""
    chain, x = chain_of(False, drive_db=12, knee=0.5), np.full((64, 1), 0.12, np.float32)
    chain.set_raw(0, knob, 0.0)
    chain.settle()
    before = chain.process(x)[-1, 0]
    chain.set_raw(0, knob, 1.0)
    y = np.concatenate([[before], *(chain.process(x)[:, 0] for _ in range(60))])
    steps = np.abs(np.diff(y))
    assert 0.0 < steps.max() < 0.02 * abs(y[-1] - y[0])
