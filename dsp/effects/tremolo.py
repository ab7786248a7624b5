"""The volume goes up and down: of the whole sound, of its two halves in turn, or from side to side.

One wave moves four gains: those of the bass and of the treble, left and right. With `harmonic` the
treble's wave is moved away from the bass's until one rises where the other falls, which is what the
brown-face amplifiers of 1960 did with two tubes (Fender's "harmonic vibrato"; the bands are split by
one pole at 700 Hz, as there); with `width` the right wave is moved away from the left. The wave runs
from a sine to the rounded square of an optical cell.
"""

from dsp.effect import Effect
from dsp.native import helper, kernel
from dsp.parameter import Parameter
from dsp.primitives.blend import slope
from dsp.primitives.oscillators import advance, sine
from dsp.primitives.poles import share
from dsp.primitives.ramps import ramp
from dsp.primitives.reciprocals import reciprocal

RATE, DEPTH, SHAPE, HARMONIC, WIDTH = range(5)
PARAMETERS = (
    Parameter("rate_hz", "Rate", "Hz", 0.5, 12.0, 4.5, "log", tag="movement"),
    Parameter("depth", "Depth", "", 0.0, 1.0, 0.55, tag="movement"),
    Parameter("shape", "Shape", "", 0.0, 1.0, 0.2, tag="movement"),
    Parameter("harmonic", "Harmonic", "", 0.0, 1.0, 0.0, tag="body"),
    Parameter("width", "Width", "", 0.0, 1.0, 0.0, tag="space"),
)

SPLIT_HZ = 700.0
STEEPEST = 10.0             # of the square against the sine; at 12 Hz it still takes 12 ms from loud to soft
OPPOSITE = 0.5              # turns

PHASE, BASS_LEFT, BASS_RIGHT, STATE = range(4)


@helper
def gain(phase, depth, steep):
    """The volume at this phase of the wave: 1 at its loudest, 1 - depth at its softest."""
    wave = sine(phase)
    wave *= (1.0 + steep) * reciprocal(1.0 + steep * abs(wave))
    return 1.0 - depth * (0.5 - 0.5 * wave)


@kernel
def process(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    left, right = io[0], io[1]
    turns, turns_step = slope(knobs[RATE, 0] / sample_rate, knobs[RATE, 1] / sample_rate, frames)
    depth, depth_step = ramp(knobs, DEPTH, frames)
    steep, steep_step = slope(STEEPEST * knobs[SHAPE, 0], STEEPEST * knobs[SHAPE, 1], frames)
    apart, apart_step = slope(OPPOSITE * knobs[HARMONIC, 0], OPPOSITE * knobs[HARMONIC, 1], frames)
    aside, aside_step = slope(OPPOSITE * knobs[WIDTH, 0], OPPOSITE * knobs[WIDTH, 1], frames)

    split = share(SPLIT_HZ, sample_rate)
    phase, bass_left, bass_right = state[PHASE], state[BASS_LEFT], state[BASS_RIGHT]
    for i in range(frames):
        turns += turns_step
        depth += depth_step
        steep += steep_step
        apart += apart_step
        aside += aside_step

        phase = advance(phase, turns)
        bass_left += split * (left[i] - bass_left)
        bass_right += split * (right[i] - bass_right)
        left[i] = (bass_left * gain(phase, depth, steep)
                   + (left[i] - bass_left) * gain(phase + apart, depth, steep))
        right[i] = (bass_right * gain(phase + aside, depth, steep)
                    + (right[i] - bass_right) * gain(phase + aside + apart, depth, steep))

    state[PHASE], state[BASS_LEFT], state[BASS_RIGHT] = phase, bass_left, bass_right


EFFECT = Effect("tremolo", "Tremolo", "The volume pulses: all of it, bass against treble, or from side to side.",
                PARAMETERS, process, state=STATE, widens=True)
