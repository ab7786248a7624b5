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
from dsp.native import helper, inlined, kernel
from dsp.parameter import Parameter, choice
from dsp.primitives.blend import across, slope
from dsp.primitives.oscillators import advance, sine
from dsp.primitives.reciprocals import reciprocal
from dsp.primitives.vectors.lanes import duo_of, lane
from dsp.primitives.vectors.memory import load_duo, start_of, store

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

# In state, left and right side by side: the memories, the rotation's sine and cosine now and at the next grid point.
CELLS = 2 * COUNTS[-1]
SINE, COSINE, SINE_GOAL, COSINE_GOAL = range(CELLS, CELLS + 8, 2)
PHASE, FADE, FADE_GOAL, STATE = range(CELLS + 8, CELLS + 12)
NOW, STAGE_COUNT, CURSORS = range(3)      # in cursors


@helper
def aim(state, side, wave, centre, octaves, sample_rate):
    """Set where a side's rotation is to be at the next grid point."""
    corner = min(max(centre * 2.0 ** (octaves * wave), LOWEST_HZ), HIGHEST * sample_rate)
    # (g - 1) / (g + 1) with g = tan(pi f / fs), as one tangent.
    reflected = -np.tan(np.pi * (0.25 - corner / sample_rate))
    state[SINE_GOAL + side], state[COSINE_GOAL + side] = reflected, np.sqrt(1.0 - reflected * reflected)


@helper
def reciprocals(x):
    """Of two channels."""
    return duo_of(np.float64(reciprocal(lane(x, 0))), np.float64(reciprocal(lane(x, 1))))


def make_run(stages):
    """The loop over frames for a row of so many stages: as a constant it is unrolled, more than twice as fast."""

    @inlined
    def ahead(cells, s):
        """What the row will give by what it remembers, but for `c`; its input comes out s^stages strong beside that.

        The next frame waits for this sum, so it is made of two, half as long.
        """
        even, odd, square = load_duo(cells, 0), load_duo(cells, 2), s * s
        for stage in range(2, stages, 2):
            even, odd = square * even + load_duo(cells, 2 * stage), square * odd + load_duo(cells, 2 * stage + 2)
        return s * even + odd

    @inlined
    def through(cells, x, s, c):
        """Send a frame through the row; returns what it gives.

        Each stage is given what is left of the input, s^stage of it, and what those before it remember. The input is
        waited for: what does not depend on it is worked out meanwhile, so that it is one multiplication away.
        """
        held = load_duo(cells, 0)
        rest, share = held, c * s
        store(cells, 0, c * x - s * held)
        for stage in range(1, stages):
            held = load_duo(cells, 2 * stage)
            store(cells, 2 * stage, share * x + (c * c * rest - s * held))
            rest = s * rest + held
            share = share * s
        return rest

    @inlined
    def power(s):
        result = s * s
        for stage in range(2, stages):
            result = result * s
        return result

    @helper
    def run(state, left, right, frames, offset, feedback, dry, wet, fade):
        """A piece that begins `offset` frames behind a grid point; the last four are (value, step)."""
        cells = start_of(state)
        s, c = load_duo(cells, SINE), load_duo(cells, COSINE)
        s_step, c_step = (load_duo(cells, SINE_GOAL) - s) / GRID, (load_duo(cells, COSINE_GOAL) - c) / GRID
        s, c = s + s_step * np.float64(offset), c + c_step * np.float64(offset)
        for i in range(frames):
            s, c = s + s_step, c + c_step
            back = feedback[0] + (i + 1) * feedback[1]
            thru = dry[0] + (i + 1) * dry[1]
            loud = (wet[0] + (i + 1) * wet[1]) * (fade[0] + (i + 1) * fade[1])
            x, straight = duo_of(np.float64(left[i]), np.float64(right[i])), power(s)
            # Solved for the row's input: u = x + back * (s^stages u + c rest).
            share = reciprocals(1.0 - back * straight)
            u = share * x + share * (back * c) * ahead(cells, s)
            y = thru * x + loud * (straight * u + c * through(cells, u, s, c))
            left[i], right[i] = lane(y, 0), lane(y, 1)

    return run


run_4, run_6, run_8, run_10, run_12 = (make_run(stages) for stages in COUNTS)


@helper
def run_row(stages, state, left, right, frames, offset, feedback, dry, wet, fade):
    """`run` with so many stages."""
    if stages == 4:
        run_4(state, left, right, frames, offset, feedback, dry, wet, fade)
    elif stages == 6:
        run_6(state, left, right, frames, offset, feedback, dry, wet, fade)
    elif stages == 8:
        run_8(state, left, right, frames, offset, feedback, dry, wet, fade)
    elif stages == 10:
        run_10(state, left, right, frames, offset, feedback, dry, wet, fade)
    else:
        run_12(state, left, right, frames, offset, feedback, dry, wet, fade)


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
        state[:CELLS] = 0.0
    state[FADE_GOAL] = min(max(state[FADE] + (step if cursors[STAGE_COUNT] == wanted else -step), 0.0), 1.0)


@helper
def steer(state, knobs, way, fresh, sample_rate):
    """At a grid point, `way` through the block: the rotations have arrived, and are sent on to the next."""
    centre, octaves, apart = at(knobs, CENTRE, way), OCTAVES * at(knobs, DEPTH, way), OPPOSITE * at(knobs, WIDTH, way)
    phase = advance(state[PHASE], GRID * at(knobs, RATE, way) / sample_rate)
    for side in range(2):
        if fresh:
            aim(state, side, sine(side * apart), centre, octaves, sample_rate)
        state[SINE + side], state[COSINE + side] = state[SINE_GOAL + side], state[COSINE_GOAL + side]
        aim(state, side, sine(phase + side * apart), centre, octaves, sample_rate)
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
