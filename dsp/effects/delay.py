"""Echoes, from slap-back to two seconds: a clean digital line with the habits of a tape machine.

When the time is turned, the read head travels to its new place at up to half the tape's speed and the
echoes bend in pitch on the way, as on a tape or bucket-brigade unit: a turning knob then is a sweep that
never breaks, where cross-fading from tap to tap would stutter. The loop darkens (one-pole low pass) and
thins (one-pole high pass) each repeat; the cross-feed that makes it ping-pong is a doubly stochastic
matrix, so that the loop's gain never exceeds the feedback knob. Interpolation: Laakso et al.,
"Splitting the unit delay", 1996. Ducking: the echoes stand back behind the playing and come forward in
its gaps, after the TC 2290.
"""

import numpy as np

from dsp.effect import Effect
from dsp.native import helper, kernel
from dsp.parameter import Parameter
from dsp.primitives.blend import beside, slope
from dsp.primitives.delays import between, read, wrap
from dsp.primitives.oscillators import circle, turn
from dsp.primitives.poles import share
from dsp.primitives.ramps import ramp

TIME, FEEDBACK, MIX, TONE, MODULATION, PING_PONG, DUCK = range(7)
PARAMETERS = (
    Parameter("time_ms", "Time", "ms", 20.0, 2000.0, 380.0, "log", tag="time"),
    Parameter("feedback", "Feedback", "", 0.0, 1.0, 0.35, tag="space"),
    Parameter("mix", "Mix", "", 0.0, 1.0, 0.3, tag="space"),
    Parameter("tone_hz", "Tone", "Hz", 500.0, 20000.0, 5000.0, "log", tag="brightness"),
    Parameter("mod", "Mod", "", 0.0, 1.0, 0.15, tag="movement"),
    Parameter("ping_pong", "Ping-pong", "", 0.0, 1.0, 0.0, tag="space"),
    Parameter("duck", "Duck", "", 0.0, 1.0, 0.0, tag="dynamics"),
)

LOOP_GAIN = 0.93            # at full feedback: three minutes of two-second echoes, but an end
HEAD_SPEED = 0.5            # frames per frame: an octave down, or a fifth up, while the head travels
HEAD_S = 0.05               # the head's time constant for the last of its way
ARRIVED = 1e-3              # frames: nearer than this the head is there
WOW_HZ = 0.55
WOW_S = 0.0025              # each way at full modulation: 15 cents
THIN_HZ = 60.0              # what an echo loses below, so that repeats do not pile up to mud
DUCK_DEPTH = 40.0           # at full duck a peak of -20 dBFS puts the echoes 14 dB down
DUCK_ATTACK_S, DUCK_RELEASE_S = 0.01, 0.3

HEAD, WOW_SINE, WOW_COSINE, ENVELOPE, DARK_LEFT, DARK_RIGHT, THIN_LEFT, THIN_RIGHT, STATE = range(9)


@helper
def travel(head, target, near):
    """The read head's place one frame later."""
    away = target - head
    if abs(away) < ARRIVED:
        return target
    return head + min(max(near * away, -HEAD_SPEED), HEAD_SPEED)


@kernel
def process(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    left, right = io[0], io[1]
    length = memory.size // 2
    left_line, right_line = memory[:length], memory[length:]
    now = cursors[0]

    per_ms = sample_rate / 1000.0
    target, target_step = slope(knobs[TIME, 0] * per_ms, knobs[TIME, 1] * per_ms, frames)
    feedback, feedback_step = slope(LOOP_GAIN * knobs[FEEDBACK, 0], LOOP_GAIN * knobs[FEEDBACK, 1], frames)
    cross, cross_step = ramp(knobs, PING_PONG, frames)
    duck, duck_step = slope(DUCK_DEPTH * knobs[DUCK, 0], DUCK_DEPTH * knobs[DUCK, 1], frames)
    wow_depth, wow_depth_step = slope(WOW_S * sample_rate * knobs[MODULATION, 0],
                                      WOW_S * sample_rate * knobs[MODULATION, 1], frames)
    dark, dark_step = slope(share(knobs[TONE, 0], sample_rate), share(knobs[TONE, 1], sample_rate), frames)
    (dry_start, wet_start), (dry_end, wet_end) = beside(knobs[MIX, 0]), beside(knobs[MIX, 1])
    dry, dry_step = slope(dry_start, dry_end, frames)
    wet, wet_step = slope(wet_start, wet_end, frames)

    thin = share(THIN_HZ, sample_rate)
    sine, cosine, by_sine, by_cosine = circle(state[WOW_SINE], state[WOW_COSINE], 2.0 * np.pi * WOW_HZ / sample_rate)
    near = 1.0 / (HEAD_S * sample_rate)
    attack, release = 1.0 / (DUCK_ATTACK_S * sample_rate), 1.0 / (DUCK_RELEASE_S * sample_rate)

    head, envelope = state[HEAD], state[ENVELOPE]
    dark_left, dark_right = state[DARK_LEFT], state[DARK_RIGHT]
    thin_left, thin_right = state[THIN_LEFT], state[THIN_RIGHT]
    if head == 0.0:
        head = target

    for i in range(frames):
        target += target_step
        feedback += feedback_step
        cross += cross_step
        duck += duck_step
        wow_depth += wow_depth_step
        dark += dark_step
        dry += dry_step
        wet += wet_step

        head = travel(head, target, near)
        now += 1
        sine, cosine = turn(sine, cosine, by_sine, by_cosine)
        delay = head + wow_depth * sine
        whole = int(delay)
        weights = between(delay - whole)
        dark_left += dark * (read(left_line, now - whole, weights) - dark_left)
        dark_right += dark * (read(right_line, now - whole, weights) - dark_right)
        thin_left += thin * (dark_left - thin_left)
        thin_right += thin * (dark_right - thin_right)
        echo_left, echo_right = dark_left - thin_left, dark_right - thin_right

        x_left, x_right = left[i], right[i]
        into_left = x_left + 0.5 * cross * (x_right - x_left)
        into_right = (1.0 - cross) * x_right
        swap = cross * (echo_right - echo_left)
        left_line[wrap(now, left_line)] = into_left + feedback * (echo_left + swap)
        right_line[wrap(now, right_line)] = into_right + feedback * (echo_right - swap)

        away = max(abs(x_left), abs(x_right)) - envelope
        envelope += (attack if away > 0.0 else release) * away
        shown = wet / (1.0 + duck * envelope)
        left[i] = dry * x_left + shown * echo_left
        right[i] = dry * x_right + shown * echo_right

    cursors[0] = now
    state[HEAD], state[ENVELOPE] = head, envelope
    state[WOW_SINE], state[WOW_COSINE] = sine, cosine
    state[DARK_LEFT], state[DARK_RIGHT] = dark_left, dark_right
    state[THIN_LEFT], state[THIN_RIGHT] = thin_left, thin_right


EFFECT = Effect("delay", "Delay", "Echoes that bend like tape when the time is turned.", PARAMETERS, process,
                state=STATE, cursors=1, memory_s=2.01, memory_lines=2, widens=True, tail_s=195.0)
