"""What is not there to distort, does not: a pure tone comes out as a pure tone, however it is filtered, delayed or mixed.

Total harmonic distortion and noise of effects whose movement is stilled; what moves by itself (room, spring) or
distorts on purpose is measured elsewhere.
"""

import numpy as np
import pytest

from tests.listening import db, play, spectrum, tone

HZ, LEVEL, SECONDS = 997, 0.25, 5.0
STILL = {
    "boost": dict(gain_db=6), "volume": dict(position=0.7), "gate": {}, "limiter": {}, "tuner": {}, "nam": {},
    "compressor": dict(threshold_db=0, knee_db=0), "de_esser": dict(threshold_db=0),
    "eq": dict(low_db=9, mid_db=-9, high_db=9), "graphic_eq": dict(gain_1k_db=12, gain_2k_db=-12),
    "parametric_eq": dict(band1_db=9, band3_db=-9, band5_db=12, low_cut_hz=100, high_cut_hz=8000),
    "cabinet": {}, "ir": {}, "wah": dict(position=0.6), "auto_wah": dict(sweep=0, lfo=0),
    "delay": dict(mod=0, mix=0.5, feedback=0.5, time_ms=210.3),
    "ping_pong": dict(mod=0, mix=0.5, left_division=0, left_ms=130.3, right_division=0, right_ms=97.7),
    "reverb": dict(mod=0, mix=1, decay_s=0.6), "hall": dict(mod=0, mix=1, decay_s=0.6),
    "plate": dict(mod=0, mix=1, decay_s=1), "freeze": dict(mod=0, mix=1, decay_s=0.6),
    "shimmer": dict(shimmer=0, mod=0, mix=1, decay_s=1), "chorus": dict(depth=0, mix=0.5),
    "flanger": dict(depth=0, feedback=0.5), "phaser": dict(depth=0, feedback=0.5), "tremolo": dict(depth=0),
    "vibrato": dict(depth_cents=0), "rotary": dict(speed=0), "octaver": dict(down=0),
    "pitch_shifter": dict(level_1=0), "vocal": dict(compress=0, de_ess=0, double=0, space=0),
}


@pytest.mark.parametrize("id", STILL)
def test_a_pure_tone_stays_pure(id):
    """What float32 rounds away is 130 dB down and more."""
    s = spectrum(play(id, tone(HZ, SECONDS, LEVEL), **STILL[id]))
    heard = s[HZ]
    s[[0, HZ]] = 0
    assert db(heard / LEVEL) > -20
    assert db(np.sqrt(np.sum(s ** 2)) / heard) < -120
