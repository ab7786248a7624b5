"""Noise gate: lets the note through and shuts when only hiss and hum are left.

A peak detector with two thresholds (hysteresis) and a hold time drives a gain that opens in a
straight line and closes in a straight line of decibels, as a note decays (Zoelzer, "DAFX", 2nd ed.,
ch. 4.2.3). There is no envelope to wait for: the time from the last peak to closing is the hold
time and half a cycle, however loud the note was. Both channels share one gain.
"""

import numpy as np

from dsp.effect import Effect
from dsp.native import kernel
from dsp.parameter import Parameter
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

GAIN = 0                # in state
OPEN_FOR = 0            # in cursors: frames until it may close, 0 = it is closing or closed


@kernel
def process(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    # Times and thresholds need no ramp: the gain that they steer moves smoothly in any case.
    opens_at = db_to_gain(np.float64(knobs[THRESHOLD, 1]))
    closes_at = opens_at * db_to_gain(-np.float64(knobs[HYSTERESIS, 1]))
    hold = int((knobs[HOLD, 1] * 0.001 + HALF_CYCLE_S) * sample_rate)
    rise = 1000.0 / (knobs[ATTACK, 1] * sample_rate)
    fall = db_to_gain(-RELEASE_DB * 1000.0 / (knobs[RELEASE, 1] * sample_rate))
    floor, floor_step = gain_ramp(knobs, RANGE, frames)
    floor, floor_step = np.float64(floor), np.float64(floor_step)      # steps that are added need its digits

    gain, open_for = state[GAIN], cursors[OPEN_FOR]
    channels = io.shape[0]
    left, right = io[0], io[channels - 1]
    for i in range(frames):
        floor += floor_step
        peak = max(abs(left[i]), abs(right[i]))
        if peak >= (closes_at if open_for > 0 else opens_at):
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
    state[GAIN], cursors[OPEN_FOR] = gain, open_for


EFFECT = Effect("gate", "Gate", "Silences hiss and hum between the notes.", PARAMETERS, process,
                state=1, cursors=1, tail_s=0.001)
