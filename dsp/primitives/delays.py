"""Delay lines: rings of a power of two, read between the samples; and what all echoes share.

A position counts frames since the effect was fresh; it is wrapped only where the ring is touched, as an
unsigned number, since Python's negative indices would cost a comparison each.
"""

import numpy as np

from dsp.native import helper
from dsp.parameter import Parameter, choice
from dsp.primitives.reciprocals import reciprocal

# What the echo's time can be in music, and how many beats (quarter notes) that is; 0 is the knob's own time.
DIVISIONS = {"Free": 0.0, "1/2": 2.0, "1/4 dot": 1.5, "1/4": 1.0, "1/4 trip": 2.0 / 3.0, "1/8 dot": 0.75, "1/8": 0.5,
             "1/8 trip": 1.0 / 3.0, "1/16": 0.25}
BEATS = np.array(list(DIVISIONS.values()))
ARRIVED = 1e-3              # frames: nearer than this a head is there
DUCK_DEPTH = 40.0           # at full duck a peak of -20 dBFS puts the echoes 14 dB down
HALF, ONE, TWO, SIX = np.float32(0.5), np.float32(1.0), np.float32(2.0), np.float32(6.0)
DUCK_ATTACK_S, DUCK_RELEASE_S = 0.01, 0.3


def division(id="division", label="Division", default="Free"):
    """The parameter that ties an echo's time to the tempo."""
    return choice(id, label, tuple(DIVISIONS), list(DIVISIONS).index(default), tag="time")


def tempo():
    """The tempo that a division counts in."""
    return Parameter("tempo_bpm", "Tempo", "BPM", 60.0, 200.0, 120.0, tag="time")


@helper
def echo_ms(time_ms, division, tempo_bpm):
    """The time between echoes that three knobs of these values ask for."""
    beats = BEATS[int(division)]
    return np.float64(time_ms) if beats == 0.0 else 60000.0 * beats / tempo_bpm


@helper
def toward(value, goal, step):
    """The value one step nearer to its goal."""
    return value + min(max(goal - value, -step), step)


@helper
def travel(head, target, near, reach):
    """A read head's place one step later: a share `near` of its way, but no more than `reach` frames."""
    away = target - head
    if abs(away) < ARRIVED:
        return target
    return toward(head, head + near * away, reach)


@helper
def stand_back(io, done, envelope, duck, duck_step, levels, frames, sample_rate):
    """Turn the wet levels of a piece, from io's frame `done` on, down by how loud the playing is.

    envelope : one place of state. While the knob is at zero nothing is listened to: it starts with what is
               played from then on.
    """
    if duck == 0.0 and duck_step == 0.0:
        envelope[0] = 0.0
        return
    attack, release = 1.0 / (DUCK_ATTACK_S * sample_rate), 1.0 / (DUCK_RELEASE_S * sample_rate)
    left, right, follower = io[0, done:], io[1, done:], envelope[0]
    for i in range(frames):
        away = max(abs(left[i]), abs(right[i])) - follower
        follower += max(attack * away, release * away)
        levels[i] *= reciprocal(1.0 + DUCK_DEPTH * (duck + i * duck_step) * follower)
    envelope[0] = follower


@helper
def wrap(position, line):
    """Where a position lies in the ring `line`, whose length is a power of two."""
    return np.uint64(position) & np.uint64(line.size - 1)


@helper
def between(f):
    """Weights of four samples in a row for the point `f` (0..1) behind the second of them, newest first.

    Third-order Lagrange interpolation, exact at f = 0. For f in 0..1 it never amplifies (Laakso,
    Valimaki, Karjalainen and Laine, "Splitting the unit delay", IEEE Signal Processing Magazine 1996),
    so it can stand in a feedback loop. In the precision of `f`, which may be a vector.
    """
    outer, inner = f * (f - ONE) / SIX, (f + ONE) * (TWO - f) * HALF
    return outer * (TWO - f), inner * (ONE - f), inner * f, outer * (f + ONE)


@helper
def read(line, place, weights):
    """The sound between the sample at position `place` and the one before it; see `between`."""
    newer, here, older, oldest = (np.float32(weights[0]), np.float32(weights[1]),
                                  np.float32(weights[2]), np.float32(weights[3]))
    return (newer * line[wrap(place + 1, line)] + here * line[wrap(place, line)]
            + older * line[wrap(place - 1, line)] + oldest * line[wrap(place - 2, line)])


@helper
def tap(line, now, delay):
    """The sound that was written to the line `delay` frames before position `now`.

    delay : at least 1, or 2 where the frame `now` itself is not written yet.
    """
    whole = int(delay)
    return read(line, now - whole, between(delay - whole))
