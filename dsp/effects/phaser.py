"""Phaser: a row of all-passes beside the sound, whose notches are swept by a slow sine.

Four to twelve equal first-order all-passes with feedback around them (Smith, "An Allpass Approach to Digital
Phasing and Flanging", ICMC 1984; the four-stage pedals of the seventies). Each is a rotation of its input
and its memory (the normalised lattice of Gray and Markel, 1975), so moving it at any speed adds no energy; nor
does moving the rotation's sine and cosine in straight lines, which only makes the rotation shorter. The loop
is solved without a delay in it, so that the notches lie where those of the circuit do.

Sines and tangents are taken on a fixed grid of 32 frames since the effect was fresh, whatever the blocks are.
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

COUNTS = (4, 6, 8, 10, 12)  # of stages
FADE_S = 0.01               # in which the row falls silent to be rebuilt with other stages, and comes back
OCTAVES = 2.0               # the corner moves each way at full depth
LOWEST_HZ, HIGHEST = 100.0, 0.4     # as far as a corner goes; the upper end as a share of the sample rate
LOOP_GAIN = 0.85            # at full feedback
OPPOSITE = 0.5              # turns
GRID = 32                   # frames: 0.7 ms, in which an 8 Hz sweep moves by 0.07 octaves at most

# In state: each side's memories, its rotation's sine and cosine now and at the next grid point, then the rest.
CELLS = COUNTS[-1]
SINE, COSINE, SINE_GOAL, COSINE_GOAL, PER_SIDE = range(CELLS, CELLS + 5)
PHASE, FADE, FADE_GOAL, STATE = range(2 * PER_SIDE, 2 * PER_SIDE + 4)
NOW, STAGE_COUNT, CURSORS = range(3)      # in cursors


@helper
def aim(side, wave, centre, octaves, sample_rate):
    """Set where a side's rotation is to be at the next grid point."""
    corner = min(max(centre * 2.0 ** (octaves * wave), LOWEST_HZ), HIGHEST * sample_rate)
    # (g - 1) / (g + 1) with g = tan(pi f / fs), as one tangent.
    reflected = -np.tan(np.pi * (0.25 - corner / sample_rate))
    side[SINE_GOAL], side[COSINE_GOAL] = reflected, np.sqrt(1.0 - reflected * reflected)


def make_run(stages):
    """The loop over frames for a row of so many stages: as a constant it is unrolled, more than twice as fast."""

    @helper
    def ahead(sides, first, s, c):
        """What a side's row will give by what it remembers; its input will come out s^stages strong beside that."""
        rest = 0.0
        for stage in range(stages):
            rest = s * rest + sides[first + stage]
        return c * rest

    @helper
    def through(sides, first, x, s, c):
        """Send a frame through a side's row.

        Each stage is given what is left of the input, s^stage of it, and what those before it remember. Neither has
        to wait for the other, nor, with `c` behind the sum, for more than one multiplication a stage.
        """
        rest, straight = 0.0, x
        for stage in range(stages):
            held = sides[first + stage]
            sides[first + stage] = c * (straight + c * rest) - s * held
            rest = s * rest + held
            straight *= s
        return straight + c * rest

    @helper
    def run(sides, left, right, frames, offset, feedback, dry, wet, fade):
        """A piece that begins `offset` frames behind a grid point; the last four are (value, step)."""
        sl, sl_step = between(sides[SINE], sides[SINE_GOAL], offset)
        cl, cl_step = between(sides[COSINE], sides[COSINE_GOAL], offset)
        sr, sr_step = between(sides[PER_SIDE + SINE], sides[PER_SIDE + SINE_GOAL], offset)
        cr, cr_step = between(sides[PER_SIDE + COSINE], sides[PER_SIDE + COSINE_GOAL], offset)
        for i in range(frames):
            sl += sl_step
            cl += cl_step
            sr += sr_step
            cr += cr_step
            back = feedback[0] + (i + 1) * feedback[1]
            thru = dry[0] + (i + 1) * dry[1]
            loud = (wet[0] + (i + 1) * wet[1]) * (fade[0] + (i + 1) * fade[1])
            x_left, x_right = left[i], right[i]
            # Solved for the row's input: u = x + back * (s^stages u + rest).
            share_left = reciprocal(1.0 - back * sl ** stages)
            share_right = reciprocal(1.0 - back * sr ** stages)
            u_left = share_left * x_left + share_left * back * ahead(sides, 0, sl, cl)
            u_right = share_right * x_right + share_right * back * ahead(sides, PER_SIDE, sr, cr)
            y_left, y_right = through(sides, 0, u_left, sl, cl), through(sides, PER_SIDE, u_right, sr, cr)
            left[i], right[i] = thru * x_left + loud * y_left, thru * x_right + loud * y_right

    return run


run_4, run_6, run_8, run_10, run_12 = (make_run(stages) for stages in COUNTS)


@helper
def run_row(stages, sides, left, right, frames, offset, feedback, dry, wet, fade):
    """`run` with so many stages."""
    if stages == 4:
        run_4(sides, left, right, frames, offset, feedback, dry, wet, fade)
    elif stages == 6:
        run_6(sides, left, right, frames, offset, feedback, dry, wet, fade)
    elif stages == 8:
        run_8(sides, left, right, frames, offset, feedback, dry, wet, fade)
    elif stages == 10:
        run_10(sides, left, right, frames, offset, feedback, dry, wet, fade)
    else:
        run_12(sides, left, right, frames, offset, feedback, dry, wet, fade)


@helper
def between(value, goal, offset):
    """(value, step) `offset` frames behind a grid point, on the way to the next."""
    step = (goal - value) / GRID
    return value + offset * step, step


@helper
def later(line, frames):
    """A (value, step) so many frames on."""
    return line[0] + frames * line[1], line[1]


@helper
def wet_gain(wet, feedback):
    """The row's level: feedback makes noise louder by 1 / (1 - feedback^2), which is taken back."""
    return wet * np.sqrt(1.0 - feedback * feedback)


@helper
def at(knobs, parameter, way):
    """A knob's value `way` through the block."""
    return knobs[parameter, 0] + way * (knobs[parameter, 1] - knobs[parameter, 0])


@helper
def rebuild(state, cursors, wanted, sample_rate):
    """At a grid point: fade the row out where other stages are wanted, change them in silence, fade it in."""
    if cursors[STAGE_COUNT] == 0:
        cursors[STAGE_COUNT], state[FADE_GOAL] = wanted, 1.0
    state[FADE] = state[FADE_GOAL]
    step = GRID / (FADE_S * sample_rate)
    if state[FADE] == 0.0 and cursors[STAGE_COUNT] != wanted:
        cursors[STAGE_COUNT] = wanted
        for number in range(2):
            state[number * PER_SIDE:number * PER_SIDE + CELLS] = 0.0
    state[FADE_GOAL] = min(max(state[FADE] + (step if cursors[STAGE_COUNT] == wanted else -step), 0.0), 1.0)


@helper
def steer(state, knobs, way, fresh, sample_rate):
    """At a grid point, `way` through the block: the rotations have arrived, and are sent on to the next."""
    centre, octaves, apart = at(knobs, CENTRE, way), OCTAVES * at(knobs, DEPTH, way), OPPOSITE * at(knobs, WIDTH, way)
    phase = advance(state[PHASE], GRID * at(knobs, RATE, way) / sample_rate)
    for number in range(2):
        side = state[number * PER_SIDE:]
        if fresh:
            aim(side, sine(number * apart), centre, octaves, sample_rate)
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
    wanted = COUNTS[0] + 2 * int(knobs[STAGES, 1])

    now, done = cursors[NOW], 0
    while done < frames:
        offset = now % GRID
        if offset == 0:
            rebuild(state, cursors, wanted, sample_rate)
            steer(state, knobs, done / frames, now == 0, sample_rate)
        n = min(GRID - offset, frames - done)
        run_row(cursors[STAGE_COUNT], state, io[0, done:], io[1, done:], n, offset, later(feedback, done),
                later(dry, done), later(wet, done), between(state[FADE], state[FADE_GOAL], offset))
        done += n
        now += n
    cursors[NOW] = now


EFFECT = Effect("phaser", "Phaser", "Notches that wander through the sound, from a swirl to a vowel.", PARAMETERS,
                process, state=STATE, cursors=CURSORS, widens=True, tail_s=0.95)
