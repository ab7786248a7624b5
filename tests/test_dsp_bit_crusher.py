"""The bit crusher: the images of its clock, its steps, and what it is without a clock of its own."""

import numpy as np
import pedalboard
import pytest

from dsp import effects
from dsp.chain import Block, Chain
from tests.listening import CLEAN_HZ, db, play, spectrum, tone


@pytest.mark.parametrize("rate_hz", (5000, 7919, 11003, 39989))
def test_crusher_has_the_images_of_its_clock_and_nothing_else(rate_hz):
    s = spectrum(play("bit_crusher", tone(1201, level=0.9), bits=15, rate_hz=rate_hz, clean=1))
    level = s[1201]
    for image in range(-12, 13):
        for place in (image * rate_hz + 1201, image * rate_hz - 1201):
            if 0 < place < len(s):
                s[place] = 0
    s[:20] = 0
    assert db(s[:CLEAN_HZ].max() / level) < -85


def test_crusher_images_are_those_of_a_hold():
    """A staircase of so many steps a second: each image falls by sin(x) / x."""
    s = spectrum(play("bit_crusher", tone(1201, level=0.9), bits=15, rate_hz=7919, clean=0))
    for image in (7919 - 1201, 7919 + 1201, 2 * 7919 - 1201):
        assert db(s[image] / s[1201]) == pytest.approx(db(np.sinc(image / 7919) / np.sinc(1201 / 7919)), abs=0.1)


def test_crusher_rounds_to_its_bits():
    """The third choice is three bits: steps of a quarter."""
    y = play("bit_crusher", np.full((4000, 1), 0.3, np.float32), bits=2, rate_hz=8000)[-100:]
    np.testing.assert_allclose(y, 0.25, atol=1e-4)


def test_clean_keeps_what_would_fold_out_of_the_converter():
    """9 kHz at a clock of 8 kHz would come out at 1 kHz."""
    open_, closed = (spectrum(play("bit_crusher", tone(9000, level=0.5), bits=15, rate_hz=8000, clean=c))[1000]
                     for c in (0.0, 1.0))
    assert db(open_) > -10 and db(closed) < db(open_) - 36


def test_crusher_dry_is_in_step():
    x = (0.2 * np.random.default_rng(4).normal(size=(3000, 2))).astype(np.float32)
    latency = effects.load("bit_crusher").latency
    np.testing.assert_allclose(play("bit_crusher", x, mix=0)[latency:], x[:-latency], atol=1e-6)


@pytest.mark.parametrize("bits", (0, 7, 15))
def test_at_the_fastest_clock_each_frame_is_rounded_and_nothing_else(bits):
    x = (0.3 * np.random.default_rng(4).normal(size=(3000, 2))).astype(np.float32)
    latency = effects.load("bit_crusher").latency
    places = 2.0 ** bits
    expected = np.floor(x[:-latency].astype(np.float64) * places + 0.5) / places
    np.testing.assert_allclose(play("bit_crusher", x, bits=bits, rate_hz=40000)[latency:], expected, atol=1e-6)


def test_at_the_fastest_clock_it_is_pedalboards():
    """Whose bits have no sign beside them."""
    x = (0.3 * np.random.default_rng(4).normal(size=(3000, 1))).astype(np.float32)
    latency = effects.load("bit_crusher").latency
    peer = pedalboard.Bitcrush(8)(x.T.copy(), 48000.0).T
    y = play("bit_crusher", x, bits=8, rate_hz=40000)
    np.testing.assert_allclose(y[latency:], peer[:-latency], atol=1e-6)


def test_the_converter_wakes_up_as_if_it_had_never_rested():
    """Once its clock has come down again, what comes out is what comes out without the rest."""
    effect, x = effects.load("bit_crusher"), tone(441, level=0.5)[:40000]
    outs = []
    for first in (1.0, 0.5):
        chain = Chain([Block(effect, {"rate_hz": first, "bits": 1.0, "clean": 1.0})], 48000)
        chain.process(x[:8000])
        chain.set_raw(0, "rate_hz", 0.9)
        outs.append(np.concatenate([chain.process(x[at:at + 64]) for at in range(8000, len(x), 64)])[-24000:, 0])
    levels = [np.abs(np.fft.rfft(y * np.hanning(len(y)))) for y in outs]
    np.testing.assert_allclose(levels[0], levels[1], atol=0.01 * levels[1].max())
