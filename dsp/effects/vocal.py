"""A singer's whole chain behind few knobs: low cut, de-esser, leveller, presence and air, doubling, a room.

In the order of a mixing desk. The low cut takes away steps and plosives; presence is a bell at 4 kHz, air a
shelf from 11 kHz on. The de-esser (dsp.primitives.sibilance) hears what they did, and comes before the
leveller, or every s would be lifted with the soft words. The leveller is gentle by its curve,
gain = (1 + power / threshold^2)^(-slope / 2), a hyperbola in decibels, all knee (after Giannoulis, Massberg and
Reiss, JAES 60(6), 2012); its release has two times, a fast one after a peak and a slow one under a
phrase, as optical cells have. The double is two short delays whose speeds wander by some cents, left and
right, as when a phrase is sung twice (artificial double tracking, after Townsend, 1966). The room is a network
of four delay lines (Jot and Chaigne, AES 1991) behind two all-passes a side.
"""

import numpy as np

from dsp.effect import Effect, Prepared, line_length
from dsp.native import helper, kernel
from dsp.parameter import Parameter
from dsp.primitives import sibilance
from dsp.primitives.blend import slope
from dsp.primitives.delays import between, read, wrap
from dsp.primitives.filters import (BUTTERWORTH, bank_state, coefficients_of, put_bell, put_high_pass, put_high_shelf,
                                    run_bank, turned)
from dsp.primitives.levels import fast_exp2, fast_log2, gain_ramp, rate
from dsp.primitives.oscillators import advance, sine
from dsp.primitives.poles import share
from dsp.primitives.sibilance import de_ess

COMPRESS, DE_ESS, LOW_CUT, PRESENCE, AIR, DOUBLE, SPACE, LEVEL = range(8)
PARAMETERS = (
    Parameter("compress", "Compress", "", 0.0, 1.0, 0.4, tag="dynamics"),
    Parameter("de_ess", "De-ess", "", 0.0, 1.0, 0.4, tag="dynamics"),
    Parameter("low_cut_hz", "Low cut", "Hz", 20.0, 400.0, 90.0, "log", tag="body"),
    Parameter("presence_db", "Presence", "dB", -6.0, 9.0, 2.0, tag="brightness"),
    Parameter("air_db", "Air", "dB", -6.0, 12.0, 2.0, tag="brightness"),
    Parameter("double", "Double", "", 0.0, 1.0, 0.0, tag="space"),
    Parameter("space", "Space", "", 0.0, 1.0, 0.2, tag="space"),
    Parameter("level_db", "Level", "dB", -24.0, 12.0, 0.0, tag="level"),
)

DE_ESS_HZ, DE_ESS_THRESHOLD_DB, DE_ESS_MOST_DB = 5500.0, -14.0, 15.0
PRESENCE_HZ, PRESENCE_Q, AIR_HZ = 4000.0, 0.7, 11000.0

THRESHOLD_DB = 30.0         # at full compression the bend lies so far below full scale
STEEPEST = 0.8              # slope there: 5:1
SUNG_DB = -14.0             # the peaks of what keeps its loudness at any compression
ATTACK_MS, PEAK_MS = 5.0, 80.0
PHRASE_ATTACK_MS, PHRASE_MS = 250.0, 700.0
PHRASE = 0.7                # share of a peak's reduction that the slow release takes on
SOFTEST, HALF = np.float32(1e-9), np.float32(0.5)
TILE = sibilance.TILE

DOUBLE_LEFT_S, DOUBLE_RIGHT_S = 0.017, 0.026
DRIFT_S = 0.0011            # each way, of two slow sines a voice: up to 6 cents
DRIFT_HZ = (0.61, 0.37, 0.53, 0.71)
DOUBLE_LEVEL = 0.7

LINES = 4
LINE_S = np.array((0.0297, 0.0371, 0.0411, 0.0437))
DIFFUSER_S = np.array((0.0047, 0.0036, 0.0053, 0.0031))     # two left, two right
DIFFUSION = np.float32(0.6)
DECAY_S = 0.9               # by 60 dB
ROOM_GAIN = 10.0 ** (-3.0 * LINE_S / DECAY_S)
DARK_HZ, THIN_HZ = 5000.0, 180.0
SPACE_LEVEL = 0.4
LONGEST_S = 0.05

SECTIONS = 3
FILTER = sibilance.STATE
SHAPED = FILTER + bank_state(SECTIONS, 3)
FAST, SLOW, DRIFTS = SHAPED, SHAPED + 1, SHAPED + 2
DARK = DRIFTS + len(DRIFT_HZ)
THIN = DARK + LINES
STATE = THIN + 2
NOW, CURSORS = range(2)
# In memory, behind what the de-esser and the leveller work in: rings, all of one length.
ROOM, DIFFUSERS, RINGS = 1, 1 + LINES, 1 + LINES + 4      # the double's is the first
POWER_AT = sibilance.MEMORY
LINES_AT = POWER_AT + TILE


@helper
def design(knobs, end, bank, sample_rate):
    put_high_shelf(bank, 0, AIR_HZ, BUTTERWORTH, knobs[AIR, end], sample_rate)
    put_bell(bank, 1, PRESENCE_HZ, PRESENCE_Q, knobs[PRESENCE, end], sample_rate)
    put_high_pass(bank, 2, knobs[LOW_CUT, end], BUTTERWORTH, sample_rate)


@helper
def curve_at(knobs, end):
    """(inverse of the threshold's square, slope / 2, octaves of makeup) at the block's start or end."""
    amount = np.float64(knobs[COMPRESS, end])
    inverse = 10.0 ** (0.1 * THRESHOLD_DB * amount)
    half_slope = 0.5 * STEEPEST * amount
    sung = half_slope * np.log2(1.0 + inverse * 10.0 ** (0.1 * SUNG_DB))
    return inverse, half_slope, sung


@helper
def level_out(knobs, io, state, power, frames, sample_rate):
    """The leveller, one gain for both channels, and the level knob."""
    attack, peak = rate(ATTACK_MS, sample_rate), rate(PEAK_MS, sample_rate)
    charge, phrase = rate(PHRASE_ATTACK_MS, sample_rate), rate(PHRASE_MS, sample_rate)
    (inverse, half_slope, makeup), (inverse_end, half_slope_end, makeup_end) = curve_at(knobs, 0), curve_at(knobs, 1)
    inverse_step, slope_step = (inverse_end - inverse) / frames, (half_slope_end - half_slope) / frames
    makeup_step = (makeup_end - makeup) / frames
    level, level_step = gain_ramp(knobs, LEVEL, frames)
    left, right = io[0], io[1]
    fast, slow = state[FAST], state[SLOW]
    for begin in range(0, frames, TILE):
        count = min(frames - begin, TILE)
        for i in range(count):
            x = max(left[begin + i] * left[begin + i], right[begin + i] * right[begin + i])
            way = begin + i + 1
            power[i] = (half_slope + way * slope_step) * fast_log2(
                np.float32(1.0 + (inverse + way * inverse_step) * x) + SOFTEST)
        for i in range(count):
            wanted = np.float64(power[i])
            away = wanted - fast
            fast += (attack if away > 0.0 else peak) * away
            away = PHRASE * fast - slow
            slow += (charge if away > 0.0 else phrase) * away
            power[i] = max(fast, slow)
        for i in range(count):
            way = begin + i + 1
            gain = (level + way * level_step) * fast_exp2(np.float32(makeup + way * makeup_step) - power[i])
            left[begin + i] *= gain
            right[begin + i] *= gain
    state[FAST], state[SLOW] = fast, slow


@helper
def diffuse(ring, now, delay, x):
    """One frame of an all-pass after Schroeder."""
    late = ring[wrap(now - delay, ring)]
    y = late - DIFFUSION * x
    ring[wrap(now, ring)] = x + DIFFUSION * y
    return y


@helper
def drifting(ring, now, delay):
    """The ring's sound, `delay` frames old."""
    whole = int(delay)
    return read(ring, now - whole, between(delay - whole))


@helper
def wander(state, voice, centre_s, sample_rate):
    """A double's delay in frames, one frame on: two sines that never meet."""
    first, second = DRIFTS + 2 * voice, DRIFTS + 2 * voice + 1
    state[first] = advance(state[first], DRIFT_HZ[2 * voice] / sample_rate)
    state[second] = advance(state[second], DRIFT_HZ[2 * voice + 1] / sample_rate)
    return (centre_s + DRIFT_S * (0.6 * sine(state[first]) + 0.4 * sine(state[second]))) * sample_rate


@helper
def room_line(ring, now, line, state, dark, sample_rate):
    """What comes out of a line of the room, darkened, and as much softer as it is long."""
    delay = int(LINE_S[line] * sample_rate)
    state[DARK + line] += dark * (ring[wrap(now - delay, ring)] - state[DARK + line])
    return ROOM_GAIN[line] * state[DARK + line]


@helper
def surround(knobs, io, state, cursors, rings, frames, sample_rate):
    """The double and the room, beside the voice."""
    length = rings.size // RINGS
    doubled = rings[:length]
    a, b = rings[ROOM * length:(ROOM + 1) * length], rings[(ROOM + 1) * length:(ROOM + 2) * length]
    c, d = rings[(ROOM + 2) * length:(ROOM + 3) * length], rings[(ROOM + 3) * length:(ROOM + 4) * length]
    e, f = rings[DIFFUSERS * length:(DIFFUSERS + 1) * length], rings[(DIFFUSERS + 1) * length:(DIFFUSERS + 2) * length]
    g, h = rings[(DIFFUSERS + 2) * length:(DIFFUSERS + 3) * length], rings[(DIFFUSERS + 3) * length:]
    late_e, late_f = int(DIFFUSER_S[0] * sample_rate), int(DIFFUSER_S[1] * sample_rate)
    late_g, late_h = int(DIFFUSER_S[2] * sample_rate), int(DIFFUSER_S[3] * sample_rate)
    double, double_step = slope(DOUBLE_LEVEL * knobs[DOUBLE, 0], DOUBLE_LEVEL * knobs[DOUBLE, 1], frames)
    space, space_step = slope(SPACE_LEVEL * knobs[SPACE, 0], SPACE_LEVEL * knobs[SPACE, 1], frames)
    dark, thin = share(DARK_HZ, sample_rate), share(THIN_HZ, sample_rate)
    left, right = io[0], io[1]
    now = cursors[NOW]
    for i in range(frames):
        now += 1
        double += double_step
        space += space_step
        x, y = left[i], right[i]
        doubled[wrap(now, doubled)] = HALF * (x + y)
        one = drifting(doubled, now, wander(state, 0, DOUBLE_LEFT_S, sample_rate))
        other = drifting(doubled, now, wander(state, 1, DOUBLE_RIGHT_S, sample_rate))

        state[THIN] += thin * (x - state[THIN])
        state[THIN + 1] += thin * (y - state[THIN + 1])
        into_left = diffuse(f, now, late_f, diffuse(e, now, late_e, np.float32(x - state[THIN])))
        into_right = diffuse(h, now, late_h, diffuse(g, now, late_g, np.float32(y - state[THIN + 1])))
        p, q = room_line(a, now, 0, state, dark, sample_rate), room_line(b, now, 1, state, dark, sample_rate)
        r, s = room_line(c, now, 2, state, dark, sample_rate), room_line(d, now, 3, state, dark, sample_rate)
        a[wrap(now, a)] = into_left + 0.5 * (p + q + r + s)
        b[wrap(now, b)] = into_right + 0.5 * (p - q + r - s)
        c[wrap(now, c)] = into_left + 0.5 * (p + q - r - s)
        d[wrap(now, d)] = into_right + 0.5 * (p - q - r + s)

        left[i] = x + double * one + space * (p - r)
        right[i] = y + double * other + space * (q - s)
    cursors[NOW] = now


@kernel
def process(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    filters, tones = state[FILTER:], knobs[LOW_CUT:AIR + 1]
    if turned(tones, filters, SECTIONS):
        start, end, _ = coefficients_of(filters, SECTIONS)
        design(knobs, 0, start, sample_rate)
        design(knobs, 1, end, sample_rate)
    run_bank(tones, filters, SECTIONS, io, frames)
    de_ess(io, frames, state, memory, (DE_ESS_HZ, DE_ESS_HZ), (DE_ESS_THRESHOLD_DB, DE_ESS_THRESHOLD_DB),
           (DE_ESS_MOST_DB * knobs[DE_ESS, 0], DE_ESS_MOST_DB * knobs[DE_ESS, 1]), sample_rate)
    level_out(knobs, io, state, memory[POWER_AT:LINES_AT], frames, sample_rate)
    surround(knobs, io, state, cursors, memory[LINES_AT:], frames, sample_rate)


def build(sample_rate, options):
    return Prepared(process, STATE, CURSORS, LINES_AT + RINGS * line_length(LONGEST_S, sample_rate))


EFFECT = Effect("vocal", "Vocal", "A finished voice: clean, even, present, doubled and in a room.", PARAMETERS,
                build=build, widens=True, tail_s=1.3)
