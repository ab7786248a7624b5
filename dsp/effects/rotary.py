"""Rotary speaker: a horn and a drum that turn in a wooden box, heard by two microphones.

After Smith, Serafin, Abel and Berners, "Doppler Simulation and the Leslie" (DAFX-02): the sound is parted at
800 Hz; the treble goes out of a turning horn, the bass out of a turning drum, and each way from a mouth to
a microphone is a delay that follows the geometry, so that pitch, loudness and brightness move together. The
treble is heard a second time, from the box's back wall, when the horn looks away. Horn and drum turn in
opposite directions at speeds of their own; the light horn gets up to speed in about a second, the heavy drum
takes four, and that is what the ear waits for when the switch is thrown.
"""

import numpy as np

from dsp.effect import Effect
from dsp.native import helper, kernel
from dsp.parameter import Parameter, choice
from dsp.primitives.blend import beside, slope
from dsp.primitives.delays import tap, wrap
from dsp.primitives.oscillators import advance, sine
from dsp.primitives.poles import share
from dsp.primitives.ramps import ramp
from dsp.primitives.reciprocals import reciprocal, root

SPEED, SLOW, FAST, RAMP, BALANCE, DISTANCE, WIDTH = range(7)
STOP, CHORALE, TREMOLO = range(3)
PARAMETERS = (
    choice("speed", "Speed", ("Stop", "Slow", "Fast"), CHORALE, tag="movement"),
    Parameter("slow_hz", "Slow", "Hz", 0.3, 2.0, 0.8, "log", tag="movement"),
    Parameter("fast_hz", "Fast", "Hz", 3.0, 10.0, 6.7, "log", tag="movement"),
    Parameter("ramp_s", "Ramp", "s", 0.1, 5.0, 1.0, "log", tag="time"),
    Parameter("balance", "Balance", "", 0.0, 1.0, 0.5, tag="brightness"),
    Parameter("distance_m", "Distance", "m", 0.3, 3.0, 0.6, "log", tag="space"),
    Parameter("width", "Width", "", 0.0, 1.0, 0.7, tag="space"),
)

SOUND = 343.0               # m/s
CROSSOVER_HZ = 800.0
HORN_M, DRUM_M = 0.19, 0.15     # from the axis to the mouth: a horn of 122 type, and half its drum
DRUM_RATE = 0.84            # of the horn's turns: 40 to 48 a minute, 340 to 400
BRAKE = 1.3                 # a horn slows down later than it speeds up ...
DRUM_RAMP, DRUM_BRAKE = 4.0, 0.8    # ... and a drum sooner, but both ways at a quarter of the horn's pace
HALF_APART = 0.25           # turns from the middle to each microphone, at full width
WALL_M, WALL_GAIN = 0.5, 0.35       # the way by the back wall is so much longer, and so much is left
BEAM_HZ = 2500.0            # above it the horn throws a beam
HORN_BEHIND, BEAM_BEHIND, DRUM_BEHIND = 0.75, 0.2, 0.5      # gain at the back, below the beam, in it, and of the drum
LEVEL = 1.55                # the turning sound is then as loud as what comes in, at the default distance

# In state: low and high crossover filters, left and right, then single ones.
LOW_1, LOW_2, HIGH_1, HIGH_2, BEAM, PER_SIDE = range(6)
HORN_PHASE, DRUM_PHASE, HORN_HZ, DRUM_HZ, STATE = range(2 * PER_SIDE, 2 * PER_SIDE + 5)
NOW = 0                     # in cursors
LONGEST_S = 0.004           # (2 * 0.19 m + 0.5 m) / 343 m/s, and interpolation


@helper
def one_pole(x, state, place, g):
    """The low pass of a first-order crossover; the high pass is x less it. Trapezoidal."""
    v = (x - state[place]) * g
    low = v + state[place]
    state[place] = low + v
    return low


@helper
def part(x, state, g):
    """(bass, treble) of a frame: second order, in step, so that their sum is an all-pass (Linkwitz 1976)."""
    bass = one_pole(one_pole(x, state, LOW_1, g), state, LOW_2, g)
    treble = x - one_pole(x, state, HIGH_1, g)
    treble -= one_pole(treble, state, HIGH_2, g)
    return bass, -treble


@helper
def wanted_hz(knobs, end):
    """The horn's speed by the switch."""
    if knobs[SPEED, 1] == STOP:
        return np.float32(0.0)
    return knobs[SLOW, end] if knobs[SPEED, 1] == CHORALE else knobs[FAST, end]


@helper
def way(cosine, distance, radius):
    """Metres from a mouth to a microphone, seen from the axis under an angle of this cosine."""
    return root(distance * distance + radius * radius - 2.0 * distance * radius * cosine)


@helper
def behind(cosine, gain):
    """How loud a mouth is heard under this angle: 1 ahead, `gain` at its back."""
    return 1.0 - 0.5 * (1.0 - gain) * (1.0 - cosine)


@helper
def hear_drum(line, now, cosine, distance, per_metre):
    metres = way(cosine, distance, DRUM_M)
    delay = 1.0 + (metres - distance + DRUM_M) * per_metre
    return behind(cosine, DRUM_BEHIND) * distance * reciprocal(DRUM_M + metres) * tap(line, now, delay)


@helper
def hear_horn(line, now, cosine, distance, per_metre, state, beam):
    """The direct sound, its treble in a beam, and what comes by the wall, from the beam's other side."""
    metres = way(cosine, distance, HORN_M)
    near = distance - HORN_M
    direct = tap(line, now, 1.0 + (metres - near) * per_metre)
    round_about = tap(line, now, 1.0 + (way(-cosine, distance, HORN_M) - near + WALL_M) * per_metre)
    state[BEAM] += beam * (direct - state[BEAM])
    ahead = 0.5 + 0.5 * cosine
    bright = BEAM_BEHIND + (1.0 - BEAM_BEHIND) * ahead * ahead
    heard = behind(cosine, HORN_BEHIND) * state[BEAM] + bright * (direct - state[BEAM])
    return distance * reciprocal(HORN_M + metres) * heard + WALL_GAIN * behind(-cosine, BEAM_BEHIND) * round_about


@kernel
def process(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    left, right = io[0], io[1]
    length = memory.size // 4
    left_bass, right_bass = memory[:length], memory[length:2 * length]
    left_treble, right_treble = memory[2 * length:3 * length], memory[3 * length:]
    left_state, right_state = state, state[PER_SIDE:]

    goal, goal_step = slope(wanted_hz(knobs, 0), wanted_hz(knobs, 1), frames)
    distance, distance_step = ramp(knobs, DISTANCE, frames)
    half, half_step = slope(HALF_APART * knobs[WIDTH, 0], HALF_APART * knobs[WIDTH, 1], frames)
    (drum_start, horn_start), (drum_end, horn_end) = beside(knobs[BALANCE, 0]), beside(knobs[BALANCE, 1])
    drum, drum_step = slope(LEVEL * drum_start, LEVEL * drum_end, frames)
    horn, horn_step = slope(LEVEL * horn_start, LEVEL * horn_end, frames)
    # Times need no ramp: the speed moves on without a jump.
    push = 1.0 / (sample_rate * knobs[RAMP, 1])
    brake, drum_push, drum_brake = push / BRAKE, push / DRUM_RAMP, push / (DRUM_RAMP * DRUM_BRAKE)

    g = np.tan(np.pi * CROSSOVER_HZ / sample_rate)
    g /= 1.0 + g
    beam = share(BEAM_HZ, sample_rate)
    per_metre = sample_rate / SOUND
    period = 1.0 / sample_rate
    now = cursors[NOW]
    horn_phase, drum_phase = state[HORN_PHASE], state[DRUM_PHASE]
    horn_hz, drum_hz = state[HORN_HZ], state[DRUM_HZ]
    if now == 0:
        horn_hz, drum_hz = np.float64(goal), np.float64(DRUM_RATE * goal)
    for i in range(frames):
        goal += goal_step
        distance += distance_step
        half += half_step
        drum += drum_step
        horn += horn_step

        away = goal - horn_hz
        horn_hz += away * (push if away > 0.0 else brake)
        away = DRUM_RATE * goal - drum_hz
        drum_hz += away * (drum_push if away > 0.0 else drum_brake)
        horn_phase = advance(horn_phase, horn_hz * period)
        drum_phase = advance(drum_phase, drum_hz * period)

        now += 1
        at = wrap(now, left_bass)
        left_bass[at], left_treble[at] = part(left[i], left_state, g)
        right_bass[at], right_treble[at] = part(right[i], right_state, g)

        # A quarter turn makes a cosine; a fresh horn looks into the left microphone, and so does the drum.
        left[i] = (
            drum * hear_drum(left_bass, now, sine(drum_phase + 0.25), distance, per_metre)
            + horn * hear_horn(left_treble, now, sine(horn_phase + 0.25), distance, per_metre, left_state, beam))
        right[i] = (
            drum * hear_drum(right_bass, now, sine(drum_phase + 0.25 + 2.0 * half), distance, per_metre)
            + horn * hear_horn(right_treble, now, sine(horn_phase + 0.25 - 2.0 * half), distance, per_metre,
                               right_state, beam))

    cursors[NOW] = now
    state[HORN_PHASE], state[DRUM_PHASE] = horn_phase, drum_phase
    state[HORN_HZ], state[DRUM_HZ] = horn_hz, drum_hz


EFFECT = Effect("rotary", "Rotary", "A turning horn and drum in a wooden box, slow or fast.", PARAMETERS, process,
                state=STATE, cursors=1, memory_s=LONGEST_S, memory_lines=4, widens=True)
