"""One effect alone: what is played through it, and what is measured on its sound."""

import numpy as np
from scipy import signal

from dsp import effects
from dsp.chain import Block, Chain

SAMPLE_RATE = 48000
CLEAN_HZ = 18000        # the transition of the oversamplers' filters lies above
FREQUENCIES = np.geomspace(25, 18000, 200)


def chain_of(id, sample_rate=SAMPLE_RATE, options=None, **values):
    """One effect, with values in the parameters' units."""
    effect = effects.load(id)
    raw = {name: effect.parameter(name).to_raw(value) for name, value in values.items()}
    return Chain([Block(effect, raw, options or {})], sample_rate)


def turn(chain, **values):
    """Turn knobs of a chain's first effect."""
    for name, value in values.items():
        chain.set_raw(0, name, chain.blocks[0].effect.parameter(name).to_raw(value))


def play(id, x, sample_rate=SAMPLE_RATE, **values):
    return chain_of(id, sample_rate, **values).process(x)


def impulse(seconds, left=1.0, right=None):
    x = np.zeros((int(seconds * SAMPLE_RATE), 1 if right is None else 2), np.float32)
    x[0] = left if right is None else (left, right)
    return x


def tone(hz, seconds=2.0, level=0.1, sample_rate=SAMPLE_RATE):
    t = np.arange(int(seconds * sample_rate)) / sample_rate
    return (level * np.sin(2 * np.pi * hz * t)).astype(np.float32)[:, None]


def rms(x):
    return float(np.sqrt(np.mean(np.square(x, dtype=np.float64))))


def db(ratio):
    return 20 * np.log10(np.abs(ratio) + 1e-30)


def measured_db(chain, frequencies=FREQUENCIES, seconds=1.0):
    """The magnitude response of the left side, from an impulse that has so many seconds to ring out."""
    impulse = np.zeros((int(seconds * chain.sample_rate), 1), np.float32)
    impulse[0] = 1.0
    y = chain.process(impulse)[:, 0].astype(np.float64)
    return db(signal.freqz(y, worN=frequencies, fs=chain.sample_rate)[1])


def response(h, hz):
    """The frequency response of an impulse response at one frequency."""
    return np.sum(h * np.exp(-2j * np.pi * hz * np.arange(len(h)) / SAMPLE_RATE))


def spectrum(y, sample_rate=SAMPLE_RATE):
    """Amplitudes at whole Hz, from the last second."""
    return np.abs(np.fft.rfft(y[-sample_rate:, 0].astype(np.float64))) / (sample_rate / 2)


def harmonics(y, hz=440):
    """Of the sound beyond its fundamental, against it."""
    s = spectrum(y)
    return np.sqrt(np.sum(s[2 * hz:16000:hz] ** 2)) / s[hz]
