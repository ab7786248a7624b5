"""Three detuned copies beside the sound, as in the three-phase ensembles of the string machines.

Three short delay lines (left, right and middle) are swept by sines a third of a turn apart, so that
while one copy is sharp the others are flat and the pitch as a whole stays put (Dutilleux, Holters,
Disch and Zoelzer in "DAFX", 2nd ed. 2011, chapter 2; three phases after the Solina and the tri-chorus
racks). The sweep is bounded in cents, not in milliseconds: a fast rate then shimmers where it would
otherwise be out of tune, and the whole travel of both knobs can be used.
"""

import numpy as np

from dsp.effect import Effect
from dsp.native import helper, kernel
from dsp.parameter import Parameter
from dsp.primitives.blend import across, slope
from dsp.primitives.delays import between, read, wrap
from dsp.primitives.oscillators import circle, turn
from dsp.primitives.poles import share
from dsp.primitives.ramps import ramp

RATE, DEPTH, MIX, TONE, WIDTH = range(5)
PARAMETERS = (
    Parameter("rate_hz", "Rate", "Hz", 0.05, 8.0, 0.6, "log", tag="movement"),
    Parameter("depth", "Depth", "", 0.0, 1.0, 0.5, tag="movement"),
    Parameter("mix", "Mix", "", 0.0, 1.0, 0.45, tag="space"),
    Parameter("tone_hz", "Tone", "Hz", 1000.0, 16000.0, 7000.0, "log", tag="brightness"),
    Parameter("width", "Width", "", 0.0, 1.0, 1.0, tag="space"),
)

CENTRE_S = 0.008            # of the delay: short of an echo, long enough to leave the comb's bass alone
SWEEP_S = 0.005             # each way at most
DETUNE = 0.0234             # speed of the sweep at most, in frames per frame: 40 cents
THIRD_SINE, THIRD_COSINE = 0.75 ** 0.5, -0.5      # of a third of a turn
SIDE, MIDDLE = 0.85, 0.53      # of the voices in either channel; together at unit power

SINE, COSINE, DARK_LEFT, DARK_RIGHT, STATE = range(5)


@helper
def sweep(knobs, end, sample_rate):
    """How far the delay moves each way, in frames, at the block's start (0) or end (1)."""
    widest = min(SWEEP_S, DETUNE / (2.0 * np.pi * knobs[RATE, end]))
    return widest * sample_rate * knobs[DEPTH, end]


@helper
def voice(line, now, delay):
    """The line's sound, `delay` frames old."""
    whole = int(delay)
    return read(line, now - whole, between(delay - whole))


@kernel
def process(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    left, right = io[0], io[1]
    length = memory.size // 3
    left_line, right_line, middle_line = memory[:length], memory[length:2 * length], memory[2 * length:]

    radians = np.pi / sample_rate * (knobs[RATE, 0] + knobs[RATE, 1])
    sine, cosine, by_sine, by_cosine = circle(state[SINE], state[COSINE], radians)
    depth, depth_step = slope(sweep(knobs, 0, sample_rate), sweep(knobs, 1, sample_rate), frames)
    bright, bright_step = slope(share(knobs[TONE, 0], sample_rate), share(knobs[TONE, 1], sample_rate), frames)
    width, width_step = ramp(knobs, WIDTH, frames)
    (dry_start, wet_start), (dry_end, wet_end) = across(knobs[MIX, 0]), across(knobs[MIX, 1])
    dry, dry_step = slope(dry_start, dry_end, frames)
    wet, wet_step = slope(wet_start, wet_end, frames)

    centre = CENTRE_S * sample_rate
    now = cursors[0]
    dark_left, dark_right = state[DARK_LEFT], state[DARK_RIGHT]
    for i in range(frames):
        depth += depth_step
        bright += bright_step
        width += width_step
        dry += dry_step
        wet += wet_step

        now += 1
        x_left, x_right = left[i], right[i]
        left_line[wrap(now, left_line)] = x_left
        right_line[wrap(now, right_line)] = x_right
        middle_line[wrap(now, middle_line)] = np.float32(0.5) * (x_left + x_right)

        sine, cosine = turn(sine, cosine, by_sine, by_cosine)
        ahead, behind = THIRD_COSINE * sine, THIRD_SINE * cosine
        a = voice(left_line, now, centre + depth * sine)
        b = voice(right_line, now, centre + depth * (ahead + behind))
        c = voice(middle_line, now, centre + depth * (ahead - behind))
        side = 0.5 * (1.0 - width) * (b - a)
        dark_left += bright * (SIDE * (a + side) + MIDDLE * c - dark_left)
        dark_right += bright * (SIDE * (b - side) + MIDDLE * c - dark_right)

        left[i] = dry * x_left + wet * dark_left
        right[i] = dry * x_right + wet * dark_right

    cursors[0] = now
    state[SINE], state[COSINE] = sine, cosine
    state[DARK_LEFT], state[DARK_RIGHT] = dark_left, dark_right


EFFECT = Effect("chorus", "Chorus", "Three detuned copies around the sound, wide and still in tune.", PARAMETERS,
                process, state=STATE, cursors=1, memory_s=CENTRE_S + SWEEP_S, memory_lines=3, widens=True)
