"""Vibrato: the pitch itself goes up and down, with nothing dry beside it.

A delay line whose read head moves (Dattorro, "Effect Design, Part 2: Delay-Line Modulation and Chorus", JAES
45(10), 1997). The depth is that of the pitch, whatever the rate, and the line is never longer than the
movement needs: at 6 Hz and 18 cents the sound is 0.3 ms late on average. Three waves of pitch: a sine as of
a finger on a string, straight lines up and down, and the drift of a worn tape, which never repeats.
"""

import numpy as np

from dsp.effect import Effect
from dsp.native import helper, kernel
from dsp.parameter import Parameter, choice
from dsp.primitives.blend import slope
from dsp.primitives.delays import tap, wrap
from dsp.primitives.oscillators import advance, arches, sine

RATE, DEPTH, WAVE = range(3)
PARAMETERS = (
    Parameter("rate_hz", "Rate", "Hz", 0.5, 12.0, 6.2, "log", tag="movement"),
    Parameter("depth_cents", "Depth", "ct", 0.0, 100.0, 18.0, tag="pitch"),
    choice("wave", "Wave", ("Sine", "Straight", "Drift"), 0, tag="movement"),
)

SWEEP_S = 0.006             # each way at most: beyond it slow and deep would be late
SHORTEST = 1.0              # frames: what interpolation needs
WIDEN = 0.005               # frames per frame by which the sweep may grow: 9 cents beside the vibrato
WAVE_S = 0.1                # in which a wave fades to another
TROUGH = 0.75               # turns: where a sine is at its lowest, so that a fresh sound is hardly late
ARCHED = 2.0 * np.pi / 8.0  # gives two parabolas the slope of a sine
DRIFT, SLOWER, SLOW = 0.6, 0.4, 0.381966    # shares of the two sines, and the second's rate: golden, so never in step

PHASE, SLOW_PHASE, SWEEP, STRAIGHT_PART, DRIFT_PART, STATE = range(6)


@helper
def widest(knobs, end, sample_rate):
    """How far the head moves each way, in frames, for the pitch to move so far."""
    speed = 2.0 ** (knobs[DEPTH, end] / 1200.0) - 1.0
    return sample_rate * min(speed / (2.0 * np.pi * knobs[RATE, end]), SWEEP_S)


@helper
def wave_at(phase, slow_phase, straight, drift):
    """Where the head is, -1..1, with so much of the other waves."""
    smooth = sine(phase + TROUGH)
    wave = smooth + straight * (ARCHED * arches(phase + TROUGH) - smooth)
    return wave + drift * (DRIFT * smooth + SLOWER * sine(slow_phase + TROUGH) - wave)


@helper
def towards(value, target, step):
    return value + min(max(target - value, -step), step)


@kernel
def process(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    channels = io.shape[0]
    length = memory.size // 2
    turns, turns_step = slope(knobs[RATE, 0] / sample_rate, knobs[RATE, 1] / sample_rate, frames)
    target, target_step = slope(widest(knobs, 0, sample_rate), widest(knobs, 1, sample_rate), frames)
    straight_goal = 1.0 if knobs[WAVE, 1] == 1.0 else 0.0
    drift_goal = 1.0 if knobs[WAVE, 1] == 2.0 else 0.0
    fade = 1.0 / (WAVE_S * sample_rate)

    now, phase, slow_phase = cursors[0], state[PHASE], state[SLOW_PHASE]
    sweep, straight, drift = state[SWEEP], state[STRAIGHT_PART], state[DRIFT_PART]
    if now == 0:
        sweep, straight, drift = target, straight_goal, drift_goal
    left, right = io[0], io[channels - 1]
    left_line, right_line = memory[:length], memory[length:]
    for i in range(frames):
        turns += turns_step
        target += target_step
        sweep = towards(sweep, target, WIDEN)
        straight, drift = towards(straight, straight_goal, fade), towards(drift, drift_goal, fade)

        now += 1
        phase, slow_phase = advance(phase, turns), advance(slow_phase, SLOW * turns)
        delay = SHORTEST + sweep * (1.0 + wave_at(phase, slow_phase, straight, drift))
        left_line[wrap(now, left_line)] = left[i]
        left[i] = tap(left_line, now, delay)
        if channels == 2:
            right_line[wrap(now, right_line)] = right[i]
            right[i] = tap(right_line, now, delay)

    cursors[0], state[PHASE], state[SLOW_PHASE] = now, phase, slow_phase
    state[SWEEP], state[STRAIGHT_PART], state[DRIFT_PART] = sweep, straight, drift


EFFECT = Effect("vibrato", "Vibrato", "The pitch wavers: like a finger on the string, or a worn tape.", PARAMETERS,
                process, state=STATE, cursors=1, memory_s=2.0 * SWEEP_S, memory_lines=2, tail_s=0.02)
