"""Pitch shifter and harmoniser: two voices beside the sound, each at its own interval.

Each voice is a read head that runs faster or slower than the tape and leaps by a whole number of periods
(dsp.primitives.splices). A phase vocoder tears chords less, but its windows alone take 40 ms and soften
every attack; a head plays on at once. It lies between 0 and 25 ms behind for a voice below (mostly half
a period or two: 8 ms), and 5 ms more for a voice an octave above; the dry sound has no latency. The sound's
periods come from its correlation with itself (dsp.primitives.pitch), a little in every frame. Formants move
with the pitch, as on tape.

In a scale the voices count its steps instead of semitones: the note played is found, and each voice takes
the interval that its step has there, so that a bend stays a bend. A note between the scale's goes with
the step beneath it. Chords take the interval of the last single note.
"""

import numpy as np

from dsp.arena import MAX_FRAMES
from dsp.effect import Effect, Prepared, line_length
from dsp.native import helper, kernel
from dsp.parameter import Parameter, choice
from dsp.primitives.delays import wrap
from dsp.primitives.filters import bank_state, coefficients_of, put_low_pass, run_bank, turned
from dsp.primitives.levels import rate
from dsp.primitives.pitch import (LOWERED_STATE, QUALITIES, RING, TILE, correlate, lower, normalise, peak_at,
                                  period_of, remember, stride_of)
from dsp.primitives.ramps import ramp
from dsp.primitives.splices import HEAD, hear_head, move_head

FURTHEST = 24           # steps or semitones either way
STEPS_NAMES = tuple(f"{steps:+d}" if steps else "0" for steps in range(-FURTHEST, FURTHEST + 1))
KEYS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
SCALES = {
    "semitones": range(12), "major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10),
    "harm minor": (0, 2, 3, 5, 7, 8, 11), "dorian": (0, 2, 3, 5, 7, 9, 10), "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "pent major": (0, 2, 4, 7, 9), "pent minor": (0, 3, 5, 7, 10),
}
STEPS_1, CENTS_1, LEVEL_1, STEPS_2, CENTS_2, LEVEL_2, DRY, SCALE, KEY, WIDTH = range(10)
PARAMETERS = (
    choice("steps_1", "Voice 1", STEPS_NAMES, FURTHEST + 7, tag="pitch"),
    Parameter("cents_1", "Fine 1", "ct", -50.0, 50.0, 0.0, tag="pitch"),
    Parameter("level_1", "Level 1", "", 0.0, 1.0, 0.7, tag="level"),
    choice("steps_2", "Voice 2", STEPS_NAMES, FURTHEST - 12, tag="pitch"),
    Parameter("cents_2", "Fine 2", "ct", -50.0, 50.0, 0.0, tag="pitch"),
    Parameter("level_2", "Level 2", "", 0.0, 1.0, 0.0, tag="level"),
    Parameter("dry", "Dry", "", 0.0, 1.0, 1.0, tag="level"),
    choice("scale", "Scale", tuple(SCALES), tag="pitch"),
    choice("key", "Key", KEYS, tag="pitch"),
    Parameter("width", "Width", "", 0.0, 1.0, 0.0, tag="space"),
)
SCALE_SIZES = np.array([len(scale) for scale in SCALES.values()])
SCALE_TONES = np.array([[*scale, *[0] * (12 - len(scale))] for scale in SCALES.values()])

VOICES = 2
LINE_S = 0.12           # two of the longest lags, and an octave's lead twice
LAGS = 152              # ticks: 25 ms, a period of the bass's low E
SHORTEST = 48           # ticks that a splice leaps at least, 8 ms
USUAL_S = 0.016         # that it leaps while nothing is known
WINDOW = 192            # ticks that are compared, 32 ms
READING = 64            # ticks from one reading to the next
PRODUCTS = 4            # of the window, in each tick of a reading
PICKED = WINDOW // PRODUCTS
CLEAR, QUIET = 0.85, 1e-7       # clarity and mean square from which on there is a note
STAYS = 0.65            # semitones by which a note may leave its pitch before it is another one
ONE = np.float32(1.0)
GLIDE_MS = 6.0          # of a voice to a new interval
SECTIONS = 3            # of the filter that keeps a voice above from aliasing
CORNER = 0.43           # of the sample rate that is left at the voice's speed

NOTE, LAG, LIKENESS, POWER, CORNER_HZ, INTERVALS = 0, 1, 2, 3, 4, 5
HEADS = INTERVALS + VOICES
LOWERED = HEADS + VOICES * HEAD
FILTER = LOWERED + LOWERED_STATE
STATE = FILTER + bank_state(SECTIONS, 1)
NOW, TICK, END, CURSORS = range(4)

# In memory, before the lines of both channels.
ROW = 2 * RING
ROWS = ROW + TILE
PRODUCTS_AT = ROWS + 2 * MAX_FRAMES
CURVE_AT = PRODUCTS_AT + LAGS + 1
CORNERS = CURVE_AT + LAGS + 1
LINES = CORNERS + 2

assert WINDOW + LAGS + READING < RING and PICKED < READING


@helper
def steps_of(knobs, voice):
    return int(knobs[STEPS_1 + 3 * voice, 1]) - FURTHEST


@helper
def interval_of(steps, scale, key, note):
    """Semitones that so many steps of a scale are from a note (MIDI's number; 0 = none yet, taken as the key's)."""
    size = SCALE_SIZES[scale]
    above_key = (int(note) - key) % 12 if note > 0.0 else 0
    degree = 0
    while degree + 1 < size and SCALE_TONES[scale, degree + 1] <= above_key:
        degree += 1
    octaves, place = (degree + steps) // size, (degree + steps) % size
    semitones = SCALE_TONES[scale, place] + 12 * octaves - SCALE_TONES[scale, degree]
    return min(max(semitones, -FURTHEST), FURTHEST)


@helper
def follow_note(state, period, ticks_a_second):
    """Which note it is; a bend or a vibrato does not make another one at once."""
    pitch = 69.0 + 12.0 * np.log2(ticks_a_second / (period * 440.0))
    if abs(pitch - state[NOTE]) > STAYS:
        state[NOTE] = max(np.floor(pitch + 0.5), 1.0)


@helper
def find_lag(curve):
    """(ticks, likeness) of the place where the sound is most like itself, far enough away to be worth a leap."""
    best = SHORTEST
    for lag in range(SHORTEST, LAGS):
        if curve[lag] > curve[best]:
            best = lag
    if curve[best] <= max(curve[best - 1], curve[best + 1]):
        return np.float64(best), np.float64(curve[best])
    return peak_at(curve, best)


@helper
def listen(ring, products, curve, state, cursors, stride, ticks_a_second):
    """One tick's share of a reading; in its last one what was found takes effect."""
    step = cursors[TICK] % READING
    if step == 0:
        cursors[END] = cursors[TICK]
    if step < PICKED:
        correlate(ring, cursors[END], WINDOW, LAGS, step * PRODUCTS, PRODUCTS, products)
    elif step == PICKED:
        state[POWER] = normalise(ring, cursors[END], WINDOW, LAGS, products, curve)
        lag, likeness = find_lag(curve)
        state[LAG], state[LIKENESS] = lag * stride, min(max(likeness, 0.0), 1.0)
        period, clarity = period_of(curve, LAGS)
        if clarity > CLEAR and state[POWER] > QUIET and period > 0.0:
            follow_note(state, period, ticks_a_second)


@helper
def choose_intervals(knobs, state):
    for voice in range(VOICES):
        semitones = interval_of(steps_of(knobs, voice), int(knobs[SCALE, 1]), int(knobs[KEY, 1]), state[NOTE])
        state[INTERVALS + voice] = 2.0 ** ((semitones + 0.01 * knobs[CENTS_1 + 3 * voice, 1]) / 12.0)


@helper
def set_corner(knobs, state, corners, sample_rate):
    """Filter what the faster voice would fold back; by its steps, so that notes of a scale do not move it."""
    highest = 0.0
    for voice in range(VOICES):
        widest = interval_of(steps_of(knobs, voice), int(knobs[SCALE, 1]), 0, 0.0) + 1.0
        highest = max(highest, widest if knobs[LEVEL_1 + 3 * voice, 1] > 0.0 else 0.0)
    hz = CORNER * sample_rate / 2.0 ** (highest / 12.0)
    corners[0, 0] = state[CORNER_HZ] if state[CORNER_HZ] > 0.0 else hz
    corners[0, 1] = state[CORNER_HZ] = hz
    if turned(corners, state[FILTER:], SECTIONS):
        start, end, _ = coefficients_of(state[FILTER:], SECTIONS)
        for section in range(SECTIONS):
            put_low_pass(start, section, corners[0, 0], QUALITIES[section], sample_rate)
            put_low_pass(end, section, corners[0, 1], QUALITIES[section], sample_rate)


@kernel
def process(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    ring, row = memory[:ROW], memory[ROW:ROWS].reshape((1, TILE))
    rows = memory[ROWS:PRODUCTS_AT].reshape((2, MAX_FRAMES))
    products, curve = memory[PRODUCTS_AT:CURVE_AT], memory[CURVE_AT:CORNERS]
    corners = memory[CORNERS:LINES].reshape((1, 2))
    length = (memory.size - LINES) // 2
    left_line, right_line = memory[LINES:LINES + length], memory[LINES + length:]
    left, right = io[0], io[1]
    stride = stride_of(sample_rate)
    glide = rate(GLIDE_MS, sample_rate)
    first, second = state[HEADS:HEADS + HEAD], state[HEADS + HEAD:HEADS + 2 * HEAD]

    level_1, level_1_step = ramp(knobs, LEVEL_1, frames)
    level_2, level_2_step = ramp(knobs, LEVEL_2, frames)
    dry, dry_step = ramp(knobs, DRY, frames)
    width, width_step = ramp(knobs, WIDTH, frames)
    hears_1 = knobs[LEVEL_1, 0] > 0.0 or knobs[LEVEL_1, 1] > 0.0
    hears_2 = knobs[LEVEL_2, 0] > 0.0 or knobs[LEVEL_2, 1] > 0.0
    set_corner(knobs, state, corners, sample_rate)
    choose_intervals(knobs, state)
    lag = state[LAG] if state[LAG] > 0.0 else USUAL_S * sample_rate

    for channel in range(2):
        x, filtered = io[channel], rows[channel]
        for i in range(frames):
            filtered[i] = x[i]
    run_bank(corners, state[FILTER:], SECTIONS, rows, frames)

    now = cursors[NOW]
    for begin in range(0, frames, TILE):
        count = min(frames - begin, TILE)
        lower(state[LOWERED:], io, begin, count, row, sample_rate)
        for i in range(begin, begin + count):
            if now % stride == 0:
                remember(ring, cursors[TICK], row[0, i - begin])
                cursors[TICK] += 1
                listen(ring, products, curve, state, cursors, stride, sample_rate / stride)
                if cursors[TICK] % READING == PICKED:
                    choose_intervals(knobs, state)
                    lag = state[LAG]
            now += 1
            left_line[wrap(now, left_line)] = rows[0, i]
            right_line[wrap(now, right_line)] = rows[1, i]

            level_1 += level_1_step
            level_2 += level_2_step
            dry += dry_step
            width += width_step
            move_head(first, state[INTERVALS], glide, lag, state[LIKENESS], sample_rate)
            move_head(second, state[INTERVALS + 1], glide, lag, state[LIKENESS], sample_rate)
            y_left, y_right = dry * left[i], dry * right[i]
            if hears_1:
                y_left += level_1 * hear_head(left_line, now, first)
                y_right += level_1 * (ONE - width) * hear_head(right_line, now, first)
            if hears_2:
                y_left += level_2 * (ONE - width) * hear_head(left_line, now, second)
                y_right += level_2 * hear_head(right_line, now, second)
            left[i], right[i] = y_left, y_right
    cursors[NOW] = now


def build(sample_rate, options):
    return Prepared(process, STATE, CURSORS, LINES + 2 * line_length(LINE_S, sample_rate))


EFFECT = Effect("pitch_shifter", "Pitch", "Two more voices, about 8 ms behind you: any interval, or harmonies in your key.", PARAMETERS,
                build=build, widens=True, tail_s=0.12)
