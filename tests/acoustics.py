"""A reverb's impulse response, and what is measured on it as on a room's: decay and density."""

from functools import cache
from math import erfc, sqrt

import numpy as np
from scipy import signal

from dsp import effects
from dsp.chain import Block, Chain

SAMPLE_RATE = 48000
REVERB = effects.load("reverb")
WET = {"mix": 1.0, "predelay_ms": 0.0, "low_cut_hz": 20.0}


def wet(effect):
    """The values that let nothing but the reverb be heard."""
    return {name: value for name, value in WET.items() if name in [p.id for p in effect.parameters]}


def chain(sample_rate=SAMPLE_RATE, effect=REVERB, **values):
    raws = {name: effect.parameter(name).to_raw(value) for name, value in values.items()}
    return Chain([Block(effect, raws)], sample_rate)


@cache
def room(seconds, sample_rate=SAMPLE_RATE, left_only=False, effect=REVERB, **values):
    """The impulse response, [frames, 2]."""
    x = np.zeros((int(seconds * sample_rate), 2), np.float32)
    x[0] = (1.0, 0.0) if left_only else (1.0, 1.0)
    return chain(sample_rate, effect, **{**wet(effect), **values}).process(x).astype(np.float64)


def decay_time(h, hz, sample_rate, octaves=1.0, down_db=30.0):
    """RT60 around a frequency: Schroeder's backward integration, from -5 dB on by `down_db`."""
    edges = [hz * 2 ** (-octaves / 2), hz * 2 ** (octaves / 2)]
    band = signal.sosfilt(signal.butter(3, edges, "band", fs=sample_rate, output="sos"), h, axis=0)
    energy = np.cumsum(np.sum(band ** 2, axis=1)[::-1])[::-1]
    level = 10 * np.log10(energy / energy[0] + 1e-30)
    return 60 / down_db * (np.argmax(level < -5 - down_db) - np.argmax(level < -5)) / sample_rate


def echo_density(h, seconds, window_s=0.02):
    """Abel and Huang's measure: 0 for single echoes, 1 for Gaussian noise."""
    at, half = int(seconds * SAMPLE_RATE), int(window_s * SAMPLE_RATE / 2)
    piece = h[at - half:at + half]
    return np.mean(np.abs(piece) > piece.std()) / erfc(1 / sqrt(2))


def chord(seconds, level=0.1):
    t = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return (level * sum(np.sin(2 * np.pi * hz * t) for hz in (196.0, 247.0, 294.0))).astype(np.float32)[:, None]
