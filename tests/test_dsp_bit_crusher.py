"""The bit crusher: the images of its clock, and its steps."""

import numpy as np
import pytest

from dsp import effects
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
