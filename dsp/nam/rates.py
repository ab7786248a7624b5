"""A model at its own sample rate inside a chain at another.

Two windowed sincs, one in and one out, in exact polyphase form: the rates' ratio is a fraction, up / down
model frames a chain frame, so every position that ever occurs has its own taps in a table. Both pass what
the lower rate can hold, less a tenth for the filters' slope, and reject the rest by 80 dB (Kaiser's window;
Smith, "Digital Audio Resampling"). Both look back only; the delay of the two together is a whole number of
chain frames, the latency.
"""

from dataclasses import dataclass
from math import gcd

import numpy as np

from dsp.errors import OptionError
from dsp.native import helper
from dsp.primitives.vectors.arithmetic import fma, splat, sum_of
from dsp.primitives.vectors.kinds import LANES
from dsp.primitives.vectors.memory import load

MOST_PHASES = 1024
TAPS = 48                   # at the lower of the two rates
PASSED = 0.9                # of the lower rate's half: 19.8 kHz at 44.1 kHz
KAISER_BETA = 7.9           # 80 dB
WHOLE = 16                  # taps come in such numbers, so that vectors of any width fill


@dataclass(frozen=True)
class Bridge:
    """up, down : model frames to chain frames, in lowest terms.
    into, back : taps [phase, tap], the newest frame's last, from the chain to the model and from it.
    latency : chain frames.
    """

    up: int
    down: int
    into: np.ndarray
    back: np.ndarray
    latency: int


def bridge(chain_rate, model_rate):
    """What leads from a chain to a model and back."""
    common = gcd(chain_rate, model_rate)
    up, down = model_rate // common, chain_rate // common
    if max(up, down) > MOST_PHASES:
        raise OptionError(f"was made at {model_rate} Hz, which cannot be played at {chain_rate} Hz")
    lower = min(chain_rate, model_rate)
    cutoff = 0.5 * (1.0 + PASSED) * 0.5 * lower
    taps_into, taps_back = (whole(TAPS * rate / lower) for rate in (chain_rate, model_rate))
    delay_into = taps_into // 2
    delay_back = int(taps_back / 2 * down / up)
    return Bridge(up, down, sincs(up, taps_into, delay_into, cutoff / chain_rate),
                  sincs(down, taps_back, delay_back * up / down, cutoff / model_rate), delay_into + delay_back)


def whole(taps):
    return int(-(-taps // WHOLE) * WHOLE)


def sincs(phases, taps, delay, cutoff):
    """Taps that give the sound `delay` frames before each phase / phases of a frame; gain 1 at 0 Hz."""
    age = np.arange(taps)[::-1] + np.arange(phases)[:, None] / phases
    at = age - delay
    window = np.i0(KAISER_BETA * np.sqrt(np.maximum(0.0, 1.0 - (2.0 * at / taps) ** 2))) / np.i0(KAISER_BETA)
    response = np.sinc(2.0 * cutoff * at) * window
    return (response / response.sum(axis=1, keepdims=True)).astype(np.float32)


@helper
def dot(taps, tap, frames, at, count):
    """The sum of `count` products of taps[tap...] and frames[at...]."""
    total = splat(np.float32(0.0))
    for i in range(0, count, LANES):
        total = fma(load(taps, tap + i), load(frames, at + i), total)
    return sum_of(total)
