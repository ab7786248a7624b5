"""Noise gate: lets the note through and shuts when only hiss and hum are left.

A peak detector with two thresholds (hysteresis) and a hold time drives a gain that opens in a
straight line and closes in a straight line of decibels, as a note decays (Zoelzer, "DAFX", 2nd ed.,
ch. 4.2.3). There is no envelope to wait for: the time from the last peak to closing is the hold
time and half a cycle, however loud the note was. Both channels share one gain. While it is open, or shut,
and nothing tells it to move, frames need not be gone through one by one.
"""

import numpy as np

from dsp.effect import Effect
from dsp.native import borrow, helper, kernel
from dsp.parameter import Parameter
from dsp.primitives.filters import bank_state, turned
from dsp.primitives.levels import db_to_gain, gain_ramp

THRESHOLD, ATTACK, HOLD, RELEASE, HYSTERESIS, RANGE = range(6)
PARAMETERS = (
    Parameter("threshold_db", "Threshold", "dB", -90.0, -10.0, -60.0, tag="dynamics"),
    Parameter("attack_ms", "Attack", "ms", 0.1, 50.0, 0.5, "log", tag="dynamics"),
    Parameter("hold_ms", "Hold", "ms", 1.0, 500.0, 25.0, "log", tag="dynamics"),
    Parameter("release_ms", "Release", "ms", 5.0, 2000.0, 120.0, "log", tag="dynamics"),
    Parameter("hysteresis_db", "Hysteresis", "dB", 0.0, 18.0, 6.0, tag="dynamics"),
    Parameter("range_db", "Range", "dB", -100.0, 0.0, -100.0, tag="dynamics"),
)
HALF_CYCLE_S = 0.008    # between two peaks of a note lie up to 6.1 ms (low E); no hold is shorter
RELEASE_DB = 60.0       # the release time is that of a fall by so much
TILE = 32               # frames, fewer than the shortest hold has

# In state; what the knobs come to is kept until one is turned.
GAIN, OPENS_AT, CLOSES_AT, HOLD_FRAMES, RISE, FALL, SEEN = range(7)
OPEN_FOR = 0            # in cursors: frames until it may close, 0 = it is closing or closed
ZERO = np.int32(0)


@helper
def settle(knobs, state, sample_rate):
    """Times and thresholds need no ramp: the gain that they steer moves smoothly in any case."""
    state[OPENS_AT] = db_to_gain(np.float64(knobs[THRESHOLD, 1]))
    state[CLOSES_AT] = state[OPENS_AT] * db_to_gain(-np.float64(knobs[HYSTERESIS, 1]))
    state[HOLD_FRAMES] = np.floor((knobs[HOLD, 1] * 0.001 + HALF_CYCLE_S) * sample_rate)
    state[RISE] = 1000.0 / (knobs[ATTACK, 1] * sample_rate)
    state[FALL] = db_to_gain(-RELEASE_DB * 1000.0 / (knobs[RELEASE, 1] * sample_rate))


@helper
def last_above(left, right, frames, level):
    """The number, from 1, of the last frame that reaches a level; 0 where none does."""
    last = ZERO
    for i in range(frames):
        last = max(last, np.int32(i + 1) if max(abs(left[i]), abs(right[i])) >= level else ZERO)
    return last


@helper
def scale(x, gain, frames):
    for i in range(frames):
        x[i] *= gain


@helper
def step_through(left, right, channels, frames, gain, open_for, floor, floor_step, state):
    """Frame by frame, where the gate moves or may begin to."""
    opens_at, closes_at = np.float32(state[OPENS_AT]), np.float32(state[CLOSES_AT])
    hold, rise, fall = np.int64(state[HOLD_FRAMES]), state[RISE], state[FALL]
    for i in range(frames):
        floor += floor_step
        if max(abs(left[i]), abs(right[i])) >= (closes_at if open_for > 0 else opens_at):
            open_for = hold
        elif open_for > 0:
            open_for -= 1
        if open_for > 0:
            gain = min(gain + rise, 1.0)
        else:
            gain = max(gain * fall, floor)
        left[i] *= gain
        if channels == 2:
            right[i] *= gain
    return gain, open_for


@kernel
def process(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    state, io = borrow(state), borrow(io)
    if turned(knobs, state[SEEN:], 0):
        settle(knobs, state, sample_rate)
    floor, floor_step = gain_ramp(knobs, RANGE, frames)
    floor, floor_step = np.float64(floor), np.float64(floor_step)      # steps that are added need its digits
    gain, open_for, channels = state[GAIN], cursors[OPEN_FOR], io.shape[0]
    for begin in range(0, frames, TILE):
        left, right, count = io[0, begin:], io[channels - 1, begin:], min(frames - begin, TILE)
        if gain == 1.0 and open_for > count:
            # It stays open, whatever comes.
            last = last_above(left, right, count, np.float32(state[CLOSES_AT]))
            open_for = np.int64(state[HOLD_FRAMES]) - count + last if last else open_for - count
        elif (gain == floor and floor_step == 0.0 and open_for == 0
              and not last_above(left, right, count, np.float32(state[OPENS_AT]))):
            # It stays shut.
            for channel in range(channels):
                scale(io[channel, begin:], np.float32(gain), count)
        else:
            gain, open_for = step_through(left, right, channels, count, gain, open_for,
                                          floor + begin * floor_step, floor_step, state)
    state[GAIN], cursors[OPEN_FOR] = gain, open_for


EFFECT = Effect("gate", "Gate", "Silences hiss and hum between the notes.", PARAMETERS, process,
                state=SEEN + bank_state(0, len(PARAMETERS)), cursors=1, tail_s=0.001)
