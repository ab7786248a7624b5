"""Graphic EQ: ten octave bands, and the curve goes where the sliders are.

A bell reaches into its neighbours' bands, so a row of equal boosts would add up to far more. The shapes are
those of Valimaki and Liski ("Accurate Cascade Graphic Equalizer", IEEE Signal Processing Letters 24(2), 2017):
each bell has 30 % of its decibels left at its neighbours' centres. Where they solve for the bells' gains once,
by least squares, here the response at the ten centres is computed and what is missing handed back through
the interaction matrix's inverse, four times over: with any sliders all centres are then right within 0.01 dB, and
a row of equal sliders ripples by less than 1 dB.
"""

import numpy as np

from dsp.effect import Effect
from dsp.native import helper, kernel
from dsp.parameter import Parameter
from dsp.primitives.filters import bank_state, coefficients_of, integrator, put_section, run_bank, scale_section, turned

BANDS = 10
LOWEST_HZ = 31.25
NAMES = ("31", "62", "125", "250", "500", "1k", "2k", "4k", "8k", "16k")
FIRST_BRIGHT = 6            # from 2 kHz on
LEVEL = BANDS
PARAMETERS = (
    *(Parameter(f"gain_{name}_db", name, "dB", -12.0, 12.0, 0.0, tag="body" if n < FIRST_BRIGHT else "brightness")
      for n, name in enumerate(NAMES)),
    Parameter("level_db", "Level", "dB", -12.0, 12.0, 0.0, tag="level"),
)
LEFT = 0.3                  # of a bell's decibels, at its neighbours' centres
ROUNDS = 4
TYPICAL_DB = 12.0           # for which the interaction matrix is taken
FLAT_DB = 1e-3              # below it a bell's width is that of no gain: the formula would divide by zero

# In tables: how far each centre is from each bell's, how far a bell's neighbours are, the matrix's inverse.
AWAY, REACH, INVERSE = 0, BANDS * BANDS, BANDS * (BANDS + 1)

# In state, behind the bank: what is solved for, and each bell's numerator and denominator.
GAIN, BOOST, DAMPING, SCRATCH = range(0, 4 * BANDS, BANDS)


@helper
def shape(db, reach):
    """(numerator's, denominator's) damping, squared, of a bell that has LEFT of its decibels at `reach`."""
    square, left = 10.0 ** (0.1 * db), 10.0 ** (0.1 * LEFT * db)
    damping = reach * (LEFT / (1.0 - LEFT) if abs(db) < FLAT_DB else (left - 1.0) / (square - left))
    return square * damping, damping


@helper
def answer_db(centre, scratch, tables):
    """The response of all bells together at one centre.

    Each bell's square is (away + boost) / (away + damping), with away = (W - 1/W)^2 of the warped frequency W.
    """
    above, below = 1.0, 1.0
    for bell in range(BANDS):
        away = tables[AWAY + BANDS * centre + bell]
        above *= away + scratch[BOOST + bell]
        below *= away + scratch[DAMPING + bell]
    return 10.0 * np.log10(above / below)


@helper
def hand_back(centre, missing_db, scratch, tables):
    """Let all bells make up for what is missing at one centre."""
    for bell in range(BANDS):
        scratch[GAIN + bell] += missing_db * tables[INVERSE + BANDS * bell + centre]


@helper
def put_shapes(scratch, tables):
    for bell in range(BANDS):
        scratch[BOOST + bell], scratch[DAMPING + bell] = shape(scratch[GAIN + bell], tables[REACH + bell])


@helper
def solve(knobs, end, scratch, tables):
    """Find the bells' gains with which the response goes through the sliders."""
    scratch[:] = 0.0
    for centre in range(BANDS):
        hand_back(centre, knobs[centre, end], scratch, tables)
    for _ in range(ROUNDS):
        put_shapes(scratch, tables)
        for centre in range(BANDS):
            hand_back(centre, knobs[centre, end] - answer_db(centre, scratch, tables), scratch, tables)
    put_shapes(scratch, tables)


@helper
def design(knobs, end, bank, scratch, tables, sample_rate):
    solve(knobs, end, scratch, tables)
    for bell in range(BANDS):
        boost, damping = np.sqrt(scratch[BOOST + bell]), np.sqrt(scratch[DAMPING + bell])
        put_section(bank, bell, integrator(LOWEST_HZ * 2.0 ** bell, sample_rate), damping, 1.0, boost - damping, 0.0)
    scale_section(bank, BANDS - 1, knobs[LEVEL, end])


@kernel
def process(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    if turned(knobs, state, BANDS):
        scratch = state[len(state) - SCRATCH:]
        start, end, _ = coefficients_of(state, BANDS)
        design(knobs, 0, start, scratch, tables, sample_rate)
        design(knobs, 1, end, scratch, tables, sample_rate)
    run_bank(knobs, state, BANDS, io, frames)


def interaction(sample_rate, options):
    """The tables: distances between the centres at this rate, and the inverse of the bells' interaction."""
    warped = np.tan(np.pi * LOWEST_HZ * 2.0 ** np.arange(BANDS) / sample_rate)
    ratio = warped[:, None] / warped
    away = (ratio - 1.0 / ratio) ** 2
    # Bilinear warping moves the two neighbours apart: the bell's reach is their geometric mean.
    beside = np.diagonal(away, 1)
    reach = np.sqrt(np.append(beside, beside[-1]) * np.insert(beside, 0, beside[0]))
    boost, damping = shape.py_func(TYPICAL_DB, reach)
    matrix = 10.0 * np.log10((away + boost) / (away + damping)) / TYPICAL_DB
    return np.concatenate([away.ravel(), reach, np.linalg.inv(matrix).ravel()]).astype(np.float32)


EFFECT = Effect("graphic_eq", "Graphic EQ", "Ten sliders, and the sound goes exactly where they are.", PARAMETERS,
                process, state=bank_state(BANDS, len(PARAMETERS)) + SCRATCH, tables=interaction, tail_s=0.3)
