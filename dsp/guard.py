"""The last line before the converters: never a NaN, never above the ceiling."""

import numpy as np

from dsp.native import helper

CEILING = 0.966         # -0.3 dBFS: room for the overshoot of a converter's filter
RELEASE_S = 0.08
RELEASED = 0.9995       # so near to 1 (0.004 dB) float32 steps would stop short of it
QUIET = 1e-5            # -100 dBFS: a tail below it is gone ...
QUIET_S = 2.5           # ... when it stays there for longer than the longest echo
INFINITE = np.int32(0x7F800000)         # infinity's bits; those of what is not a number are greater
WITHOUT_SIGN = np.int32(0x7FFFFFFF)


@helper
def finite(lanes, frames):
    """Whether every sample is a number; bits are compared, so that fast maths cannot reason it away."""
    for channel in range(lanes.shape[0]):
        bits = lanes[channel].view(np.int32)
        greatest = np.int32(0)
        for i in range(frames):
            greatest = max(greatest, np.int32(bits[i] & WITHOUT_SIGN))
        if greatest >= INFINITE:
            return False
    return True


@helper
def peak(lanes, frames):
    loudest = np.float32(0.0)
    for channel in range(lanes.shape[0]):
        for i in range(frames):
            loudest = max(loudest, abs(lanes[channel, i]))
    return loudest


@helper
def limit(lanes, gain, frames, sample_rate):
    """Hold both channels under the ceiling with one gain, at no latency; returns the gain to go on with.

    It attacks within the sample and releases in 80 ms: the box's seat belt, not an effect.
    Below the ceiling it changes no bit.
    """
    if gain == np.float32(1.0) and peak(lanes, frames) <= CEILING:
        return gain
    back = np.float32(1.0 - np.exp(-1.0 / (RELEASE_S * sample_rate)))
    for i in range(frames):
        loudest = np.float32(0.0)
        for channel in range(lanes.shape[0]):
            loudest = max(loudest, abs(lanes[channel, i]))
        gain += back * (np.float32(1.0) - gain)
        if gain > RELEASED:
            gain = np.float32(1.0)
        if loudest * gain > CEILING:
            gain = np.float32(CEILING) / loudest
        for channel in range(lanes.shape[0]):
            lanes[channel, i] *= gain
    return gain
