"""Tuner: listens, and passes the sound on as it is, or mutes it while you tune.

A first estimate comes from McLeod and Wyvill's method (dsp.primitives.pitch). Strings are stiff: their
partials lie sharp, and with them any estimate of the period. So the fundamental's own frequency is taken
then, as the turn of its phase between two windows one after the other (Flanagan and Golden, "Phase
vocoder", 1966). They are Hann windows of whole periods, whose zeros lie on all other partials. Where the
fundamental is weak, as through a small speaker, the second partial stands in.

A reading takes 256 ticks, about 43 ms, of the quarter of a second before. The work is the same in
every tick. What was read lies in `state`:

    state[HZ]       the pitch, 0 where there is none
    state[CLARITY]  0..1, how periodic the sound was
    state[LEVEL]    its mean square
    state[READINGS] how many readings there were: another number, another reading

Each is one float64, written at once; `read` gives them together, `name_note` names the note.
"""

from dataclasses import dataclass
from math import floor, log2

import numpy as np

from dsp.effect import Effect, Prepared
from dsp.native import helper, kernel
from dsp.parameter import choice
from dsp.primitives.pitch import (LOWERED_STATE, RING, TILE, begin_of, correlate, lower, normalise, period_of,
                                  remember, stride_of)

MUTE, = range(1)
PARAMETERS = (choice("mute", "Mute", ("off", "on"), tag="level"),)

LAGS = 208              # ticks: down to 29 Hz, below the low B of a bass
WINDOW = 576            # ticks that are compared with those before them, 96 ms
READING = 256           # ticks from one reading to the next
PRODUCTS = 3            # of the window, in each tick of the first part of a reading
PICKED = WINDOW // PRODUCTS         # the tick in which the period is picked from them
SPAN = 1536             # ticks in which the phase is taken, in two windows
STEP = 32               # of them in each tick of the second part
DONE = PICKED + SPAN // STEP
QUIET = 1e-8            # mean square below which nothing is read: -77 dBFS of a sine
CLEAR = 0.8             # clarity from which on it is a note
WEAK = 0.1              # of the second partial: a fundamental below this is not asked
TRUSTED = 0.02          # how far the two ways may differ: a third of a semitone
FADE_S = 0.01           # of the mute

# In state, behind what is read from outside: the fade, the estimate at work, its oscillators (of the
# fundamental and of the windows) and sums [window][partial][sine, cosine], the low pass.
(HZ, CLARITY, LEVEL, READINGS, MUTED, PERIOD, LENGTH, PICKED_CLARITY, POWER, SINE, COSINE, WINDOW_SINE,
 WINDOW_COSINE, SUMS) = range(14)
LOWERED = SUMS + 8
NOW, TICK, END, CURSORS = range(4)

assert SPAN + READING <= RING and DONE < READING


@helper
def begin_phase(state, period):
    """Two windows of whole periods, as long as they go."""
    state[PERIOD] = period
    state[LENGTH] = np.floor(0.5 * SPAN / period) * period if period > 0.0 else 0.0
    state[SINE], state[COSINE], state[WINDOW_SINE], state[WINDOW_COSINE] = 0.0, 1.0, 0.0, 1.0
    state[SUMS:SUMS + 8] = 0.0


@helper
def take_phase(ring, end, state, first):
    """Add STEP ticks, the `first` of them so many before `end`, to the sums of both partials."""
    length = state[LENGTH]
    turn, window_turn = 2.0 * np.pi / state[PERIOD], 2.0 * np.pi / length
    by_sine, by_cosine = np.sin(turn), np.cos(turn)
    by_window_sine, by_window_cosine = np.sin(window_turn), np.cos(window_turn)
    sine, cosine = state[SINE], state[COSINE]
    window_sine, window_cosine = state[WINDOW_SINE], state[WINDOW_COSINE]
    at = begin_of(end, SPAN)
    for age in range(first, first + STEP):
        if age >= 2.0 * length:
            break
        x = ring[at + SPAN - 1 - age] * (1.0 - window_cosine)
        sums = state[SUMS + (4 if age >= length else 0):]
        sums[0] += x * sine
        sums[1] += x * cosine
        sums[2] += x * (2.0 * sine * cosine)
        sums[3] += x * (cosine * cosine - sine * sine)
        sine, cosine = sine * by_cosine + cosine * by_sine, cosine * by_cosine - sine * by_sine
        window_sine, window_cosine = (window_sine * by_window_cosine + window_cosine * by_window_sine,
                                      window_cosine * by_window_cosine - window_sine * by_window_sine)
    state[SINE], state[COSINE] = sine, cosine
    state[WINDOW_SINE], state[WINDOW_COSINE] = window_sine, window_cosine


@helper
def periods_a_tick(state):
    """The pitch by the turn of the phase between the windows; by the period alone if the two do not agree."""
    new, old = state[SUMS:], state[SUMS + 4:]
    partial = 1 if new[0] ** 2 + new[1] ** 2 >= WEAK ** 2 * (new[2] ** 2 + new[3] ** 2) else 2
    place = 2 * (partial - 1)
    # The sums go back in time: their angle, too, is that of the newest tick.
    cross = new[place] * old[place + 1] - new[place + 1] * old[place]
    along = old[place] * new[place] + old[place + 1] * new[place + 1]
    away = np.arctan2(cross, along) / (2.0 * np.pi * state[LENGTH] * partial)
    coarse = 1.0 / state[PERIOD]
    return coarse + away if abs(away) < TRUSTED * coarse else coarse


@helper
def listen(ring, products, curve, state, cursors, ticks_a_second):
    """One tick's share of a reading."""
    tick = cursors[TICK]
    step = tick % READING
    if step == 0:
        cursors[END] = tick
    if step < PICKED:
        correlate(ring, cursors[END], WINDOW, LAGS, step * PRODUCTS, PRODUCTS, products)
    elif step == PICKED:
        state[POWER] = normalise(ring, cursors[END], WINDOW, LAGS, products, curve)
        period, state[PICKED_CLARITY] = period_of(curve, LAGS)
        heard = state[POWER] > QUIET and state[PICKED_CLARITY] > CLEAR
        begin_phase(state, period if heard else 0.0)
    elif step <= DONE and state[PERIOD] > 0.0:
        take_phase(ring, cursors[END], state, (step - PICKED - 1) * STEP)
    if step == DONE:
        state[HZ] = periods_a_tick(state) * ticks_a_second if state[PERIOD] > 0.0 else 0.0
        state[CLARITY], state[LEVEL] = state[PICKED_CLARITY], state[POWER]
        state[READINGS] += 1.0


@helper
def mute(io, frames, state, wanted, step):
    """Fade towards what is wanted, 0 or 1; the sound keeps every bit while it is open."""
    muted = state[MUTED]
    if muted == 0.0 and wanted == 0.0:
        return
    for i in range(frames):
        muted = min(muted + step, wanted) if wanted > muted else max(muted - step, wanted)
        for channel in range(io.shape[0]):
            io[channel, i] *= 1.0 - muted
    state[MUTED] = muted


@kernel
def process(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    ring, row = memory[:2 * RING], memory[2 * RING:2 * RING + TILE].reshape((1, TILE))
    products = memory[2 * RING + TILE:]
    curve = products[LAGS + 1:]
    stride = stride_of(sample_rate)
    for begin in range(0, frames, TILE):
        count = min(frames - begin, TILE)
        lower(state[LOWERED:], io, begin, count, row, sample_rate)
        for i in range((-cursors[NOW]) % stride, count, stride):
            remember(ring, cursors[TICK], row[0, i])
            cursors[TICK] += 1
            listen(ring, products, curve, state, cursors, sample_rate / stride)
        cursors[NOW] += count
    mute(io, frames, state, np.float64(knobs[MUTE, 1]), 1.0 / (FADE_S * sample_rate))


# --- For the control side -----------------------------------------------------------------------

NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


@dataclass(frozen=True)
class Note:
    """The note next to a pitch, E2 = ("E", 2), and how many cents the pitch is above it, -50..50."""

    name: str
    octave: int
    cents: float


@dataclass(frozen=True)
class Reading:
    """What the tuner heard: hz is 0 where there was no note; another `number` is another reading."""

    hz: float
    clarity: float
    level: float
    number: int


def read(state):
    """The newest reading, from the effect's share of a chain's state."""
    return Reading(float(state[HZ]), float(state[CLARITY]), float(state[LEVEL]), int(state[READINGS]))


def name_note(hz, a4_hz=440.0):
    """The Note next to `hz` > 0, in equal temperament about `a4_hz`."""
    above = 12.0 * log2(hz / a4_hz)
    nearest = floor(above + 0.5)
    octave, name = divmod(nearest + 9, 12)
    return Note(NAMES[name], octave + 4, 100.0 * (above - nearest))


def build(sample_rate, options):
    return Prepared(process, LOWERED + LOWERED_STATE, CURSORS, 2 * RING + TILE + 2 * (LAGS + 1))


EFFECT = Effect("tuner", "Tuner", "Listens for the note, and mutes while you tune.",
                PARAMETERS, build=build, tail_s=0.02)
