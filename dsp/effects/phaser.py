"""Phaser: a row of all-passes beside the sound, whose notches are swept by a slow sine.

Four to twelve equal first-order all-passes with feedback around them (Smith, "An Allpass Approach to Digital
Phasing and Flanging", ICMC 1984; the four-stage pedals of the seventies). Each is a rotation of its input
and its memory (the normalised lattice of Gray and Markel, 1975), so moving it at any speed adds no energy; nor
does moving the rotation's sine and cosine in straight lines, which only makes the rotation shorter. The loop
is solved without a delay in it, so that the notches lie where those of the circuit do.

Sines and tangents are taken on a fixed grid of 16 frames since the effect was fresh, whatever the blocks are.
"""

import numpy as np

from dsp.effect import Effect
from dsp.native import helper, kernel
from dsp.parameter import Parameter, choice
from dsp.primitives.blend import across, slope
from dsp.primitives.oscillators import advance, sine
from dsp.primitives.reciprocals import reciprocal

STAGES, RATE, DEPTH, CENTRE, FEEDBACK, MIX, WIDTH = range(7)
PARAMETERS = (
    choice("stages", "Stages", ("4", "6", "8", "10", "12"), 1, tag="body"),
    Parameter("rate_hz", "Rate", "Hz", 0.03, 8.0, 0.4, "log", tag="movement"),
    Parameter("depth", "Depth", "", 0.0, 1.0, 0.65, tag="movement"),
    Parameter("centre_hz", "Centre", "Hz", 150.0, 3000.0, 650.0, "log", tag="brightness"),
    Parameter("feedback", "Feedback", "", -1.0, 1.0, 0.3, tag="space"),
    Parameter("mix", "Mix", "", 0.0, 1.0, 0.5, tag="movement"),
    Parameter("width", "Width", "", 0.0, 1.0, 0.3, tag="space"),
)

FEWEST, MOST = 2, 6         # pairs of stages
PAIR_S = 0.02               # in which a pair of stages fades in or out
OCTAVES = 2.0               # the corner moves each way at full depth
LOWEST_HZ, HIGHEST = 100.0, 0.4     # as far as a corner goes; the upper end as a share of the sample rate
LOOP_GAIN = 0.85            # at full feedback
OPPOSITE = 0.5              # turns
GRID = 16                   # frames: 0.3 ms, in which an 8 Hz sweep moves by a fifth of a semitone

# In state: each side's memories, its rotation's sine and cosine now and at the next grid point, then the rest.
CELLS = 2 * MOST
SINE, COSINE, SINE_GOAL, COSINE_GOAL, PER_SIDE = range(CELLS, CELLS + 5)
PHASE, PAIRS, PAIRS_GOAL, STATE = range(2 * PER_SIDE, 2 * PER_SIDE + 4)


@helper
def aim(side, wave, centre, octaves, sample_rate):
    """Set where a side's rotation is to be at the next grid point."""
    corner = min(max(centre * 2.0 ** (octaves * wave), LOWEST_HZ), HIGHEST * sample_rate)
    # (g - 1) / (g + 1) with g = tan(pi f / fs), as one tangent.
    reflected = -np.tan(np.pi * (0.25 - corner / sample_rate))
    side[SINE_GOAL], side[COSINE_GOAL] = reflected, np.sqrt(1.0 - reflected * reflected)


@helper
def present(pairs, pair):
    """How much of a pair of stages is there, when there are so many pairs."""
    return min(max(pairs - pair, 0.0), 1.0)


@helper
def ahead(side, pairs, s, c):
    """What the row will give, as (times its input, plus what it remembers)."""
    gain, rest = 1.0, 0.0
    for pair in range(np.int64(np.ceil(pairs))):
        part = present(pairs, pair)
        held = s * (s * rest + c * side[2 * pair]) + c * side[2 * pair + 1]
        gain += part * (s * s * gain - gain)
        rest += part * (held - rest)
    return gain, rest


@helper
def through(side, x, pairs, s, c):
    """Send a frame through the row."""
    for pair in range(np.int64(np.ceil(pairs))):
        part, first, second = present(pairs, pair), side[2 * pair], side[2 * pair + 1]
        y = s * x + c * first
        side[2 * pair] = c * x - s * first
        side[2 * pair + 1] = c * y - s * second
        x += part * (s * y + c * second - x)
    return x


@helper
def run(side, x, frames, offset, pairs, feedback, dry, wet):
    """One side, a piece that begins `offset` frames behind a grid point; the last four are (value, step)."""
    s_step, c_step = (side[SINE_GOAL] - side[SINE]) / GRID, (side[COSINE_GOAL] - side[COSINE]) / GRID
    s, c = side[SINE] + offset * s_step, side[COSINE] + offset * c_step
    for i in range(frames):
        s += s_step
        c += c_step
        count, back = pairs[0] + (i + 1) * pairs[1], feedback[0] + (i + 1) * feedback[1]
        gain, rest = ahead(side, count, s, c)
        y = through(side, (x[i] + back * rest) * reciprocal(1.0 - back * gain), count, s, c)
        x[i] = (dry[0] + (i + 1) * dry[1]) * x[i] + (wet[0] + (i + 1) * wet[1]) * y


@helper
def later(line, frames):
    """A (value, step) so many frames on."""
    return line[0] + frames * line[1], line[1]


@helper
def wet_gain(wet, feedback):
    """The row's level: feedback makes noise louder by 1 / (1 - feedback^2), which is taken back."""
    return wet * np.sqrt(1.0 - feedback * feedback)


@helper
def reach_grid(state, knobs, way, sample_rate):
    """At a grid point, `way` through the block: the goals become what is, and the next are set."""
    rate = knobs[RATE, 0] + way * (knobs[RATE, 1] - knobs[RATE, 0])
    centre = knobs[CENTRE, 0] + way * (knobs[CENTRE, 1] - knobs[CENTRE, 0])
    octaves = OCTAVES * (knobs[DEPTH, 0] + way * (knobs[DEPTH, 1] - knobs[DEPTH, 0]))
    apart = OPPOSITE * (knobs[WIDTH, 0] + way * (knobs[WIDTH, 1] - knobs[WIDTH, 0]))
    wanted = FEWEST + knobs[STAGES, 1]
    if state[PAIRS_GOAL] == 0.0:
        state[PAIRS_GOAL] = wanted
        aim(state, sine(0.0), centre, octaves, sample_rate)
        aim(state[PER_SIDE:], sine(apart), centre, octaves, sample_rate)
    fastest = GRID / (PAIR_S * sample_rate)
    state[PAIRS] = state[PAIRS_GOAL]
    state[PAIRS_GOAL] += min(max(wanted - state[PAIRS], -fastest), fastest)
    phase = advance(state[PHASE], GRID * rate / sample_rate)
    for number in range(2):
        side = state[number * PER_SIDE:]
        side[SINE], side[COSINE] = side[SINE_GOAL], side[COSINE_GOAL]
        aim(side, sine(phase + number * apart), centre, octaves, sample_rate)
    state[PHASE] = phase


@kernel
def process(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    back_start, back_end = LOOP_GAIN * knobs[FEEDBACK, 0], LOOP_GAIN * knobs[FEEDBACK, 1]
    (dry_start, wet_start), (dry_end, wet_end) = across(knobs[MIX, 0]), across(knobs[MIX, 1])
    feedback = slope(back_start, back_end, frames)
    dry = slope(dry_start, dry_end, frames)
    wet = slope(wet_gain(wet_start, back_start), wet_gain(wet_end, back_end), frames)

    now, done = cursors[0], 0
    while done < frames:
        offset = now % GRID
        if offset == 0:
            reach_grid(state, knobs, done / frames, sample_rate)
        n = min(GRID - offset, frames - done)
        pairs_step = (state[PAIRS_GOAL] - state[PAIRS]) / GRID
        pairs = state[PAIRS] + offset * pairs_step, pairs_step
        for number in range(2):
            run(state[number * PER_SIDE:], io[number, done:], n, offset, pairs,
                later(feedback, done), later(dry, done), later(wet, done))
        done += n
        now += n
    cursors[0] = now


EFFECT = Effect("phaser", "Phaser", "Notches that wander through the sound, from a swirl to a vowel.", PARAMETERS,
                process, state=STATE, cursors=1, widens=True, tail_s=0.95)
