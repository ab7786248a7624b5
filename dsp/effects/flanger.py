"""Flanger: the sound beside a copy whose delay travels, so that a comb of notches sweeps through it.

A short line with feedback of either sign (Dutilleux, Holters, Disch and Zoelzer in "DAFX", 2nd ed. 2011,
chapter 2.6; Smith, "Physical Audio Signal Processing", "Flanging"). The delay moves by equal ratios in equal
times, as in the bucket-brigade units whose clock is swept exponentially, so the notches never linger. A
negative mix turns the copy's sign: notches and peaks change places and the bass thins out. With the option
`through_zero` the dry sound comes a millisecond late, and the copy overtakes it as the second of two
tape machines does.
"""

import numpy as np

from dsp.effect import Effect, Option, Prepared, line_length
from dsp.native import helper, kernel
from dsp.parameter import Parameter
from dsp.primitives.blend import across, slope
from dsp.primitives.delays import tap, wrap
from dsp.primitives.levels import fast_exp2
from dsp.primitives.oscillators import advance, triangle
from dsp.primitives.poles import share

RATE, DEPTH, DELAY, FEEDBACK, MIX, TONE, WIDTH = range(7)
PARAMETERS = (
    Parameter("rate_hz", "Rate", "Hz", 0.03, 8.0, 0.25, "log", tag="movement"),
    Parameter("depth", "Depth", "", 0.0, 1.0, 0.7, tag="movement"),
    Parameter("delay_ms", "Delay", "ms", 0.3, 3.0, 1.0, "log", tag="time"),
    Parameter("feedback", "Feedback", "", -1.0, 1.0, 0.45, tag="space"),
    Parameter("mix", "Mix", "", -1.0, 1.0, 0.5, tag="space"),
    Parameter("tone_hz", "Tone", "Hz", 1000.0, 16000.0, 9000.0, "log", tag="brightness"),
    Parameter("width", "Width", "", 0.0, 1.0, 0.35, tag="space"),
)
OPTIONS = (Option("through_zero", "Lets the copy overtake the sound, which comes 1 ms later.", "switch", False),)

OCTAVES = 2.0               # the delay moves each way at full depth: sixteen to one in all
LONGEST_S = 0.012           # 3 ms, two octaves up
SHORTEST = 2.0              # frames: what interpolation needs while a frame is not written yet
LOOP_GAIN = 0.9             # at full feedback
THIN_HZ = 60.0              # of the loop: its first peak is at 0 Hz and would boom
LATE_S = 0.001              # of the dry sound, through zero: the delay's default
OPPOSITE = 0.5              # turns

LINES = 4                   # left and right: the copy's, then the dry sound's
LATE = 0                    # in tables: frames
PHASE, DARK_LEFT, DARK_RIGHT, THIN_LEFT, THIN_RIGHT, STATE = range(6)


@helper
def wet_gain(wet, feedback):
    """The copy's level: a comb's feedback makes noise louder by 1 / (1 - feedback^2), which is taken back."""
    return wet * np.sqrt(1.0 - feedback * feedback)


@helper
def delay_at(phase, centre, octaves):
    """The copy's delay in frames at a phase of the sweep."""
    return max(centre * fast_exp2(np.float32(octaves * triangle(phase))), SHORTEST)


@kernel
def process(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    left, right = io[0], io[1]
    length = memory.size // LINES
    left_line, right_line = memory[:length], memory[length:2 * length]
    left_dry, right_dry = memory[2 * length:3 * length], memory[3 * length:]
    late = int(tables[LATE])

    per_ms = sample_rate / 1000.0
    feedback_end = LOOP_GAIN * knobs[FEEDBACK, 1]
    (dry_start, wet_start), (dry_end, wet_end) = across(knobs[MIX, 0]), across(knobs[MIX, 1])
    turns, turns_step = slope(knobs[RATE, 0] / sample_rate, knobs[RATE, 1] / sample_rate, frames)
    octaves, octaves_step = slope(OCTAVES * knobs[DEPTH, 0], OCTAVES * knobs[DEPTH, 1], frames)
    centre, centre_step = slope(per_ms * knobs[DELAY, 0], per_ms * knobs[DELAY, 1], frames)
    feedback, feedback_step = slope(LOOP_GAIN * knobs[FEEDBACK, 0], feedback_end, frames)
    dry, dry_step = slope(dry_start, dry_end, frames)
    wet, wet_step = slope(wet_gain(wet_start, feedback), wet_gain(wet_end, feedback_end), frames)
    bright, bright_step = slope(share(knobs[TONE, 0], sample_rate), share(knobs[TONE, 1], sample_rate), frames)
    apart, apart_step = slope(OPPOSITE * knobs[WIDTH, 0], OPPOSITE * knobs[WIDTH, 1], frames)
    thin = share(THIN_HZ, sample_rate)

    now, phase = cursors[0], state[PHASE]
    dark_left, dark_right = state[DARK_LEFT], state[DARK_RIGHT]
    thin_left, thin_right = state[THIN_LEFT], state[THIN_RIGHT]
    for i in range(frames):
        turns += turns_step
        octaves += octaves_step
        centre += centre_step
        feedback += feedback_step
        dry += dry_step
        wet += wet_step
        bright += bright_step
        apart += apart_step

        now += 1
        phase = advance(phase, turns)
        dark_left += bright * (tap(left_line, now, delay_at(phase, centre, octaves)) - dark_left)
        dark_right += bright * (tap(right_line, now, delay_at(phase + apart, centre, octaves)) - dark_right)
        thin_left += thin * (dark_left - thin_left)
        thin_right += thin * (dark_right - thin_right)

        at, before = wrap(now, left_line), wrap(now - late, left_line)
        left_line[at] = left[i] + feedback * (dark_left - thin_left)
        right_line[at] = right[i] + feedback * (dark_right - thin_right)
        left_dry[at], right_dry[at] = left[i], right[i]
        left[i] = dry * left_dry[before] + wet * dark_left
        right[i] = dry * right_dry[before] + wet * dark_right

    cursors[0], state[PHASE] = now, phase
    state[DARK_LEFT], state[DARK_RIGHT] = dark_left, dark_right
    state[THIN_LEFT], state[THIN_RIGHT] = thin_left, thin_right


def build(sample_rate, options):
    """The same kernel, with the dry sound late or not."""
    late = round(LATE_S * sample_rate) if options["through_zero"] else 0
    return Prepared(process, state=STATE, cursors=1, memory=LINES * line_length(LONGEST_S, sample_rate),
                    tables=np.array([late], np.float32), latency=late)


EFFECT = Effect("flanger", "Flanger", "A jet that sweeps through the sound, from a shimmer to a howl.", PARAMETERS,
                options=OPTIONS, build=build, widens=True, tail_s=0.9)
