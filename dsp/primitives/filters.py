"""Second-order filters that may be swept while they sound, alone and in cascades.

Each section is the state variable filter with trapezoidal integrators (Zavalishin, "The Art of VA
Filter Design", 2012; Simper, "Linear Trapezoidal State Variable Filter", 2014). At rest its
response is exactly that of the bilinear cookbook biquad (Bristow-Johnson, "Cookbook formulae for
audio EQ biquad filter coefficients"). Moving it stays stable at any speed: its state matrix is the
Cayley transform of a passive circuit's, so it never makes the state longer, and neither does any
matrix on the straight line between two such. So coefficients are designed at the block's two ends
and interpolated in between.

A bank at rest takes STRIDE frames at a time: what they and the states make of the sound and of the states
behind them is one linear map, worked out once (Barnes and Shinnaka, "Block-shift invariance and block implementation
of discrete-time filters", IEEE Trans. Circuits and Systems 27(8), 1980). A frame then waits for the eighth part of a
step, where it had to wait for all sections of the frame before.
"""

import numpy as np

from dsp.native import borrow, helper, inlined
from dsp.primitives.vectors.arithmetic import splat_pair, splat_quad, where_more
from dsp.primitives.vectors.lanes import (lane, narrowed, quad_of, shift_pair, shift_quad, unzip_left, unzip_right,
                                          widened, zip_quads)
from dsp.primitives.vectors.memory import aligned, load_octet, load_pair, start_of, store

BUTTERWORTH = np.sqrt(0.5)      # the Q of a second-order filter without a bump
HIGHEST = 0.49                  # of the sample rate; the bilinear transform ends at 0.5
COEFFICIENTS = 6                # per section: three for the state, three for the output
ABREAST = 4                     # sections of a bank that run side by side
# Frames from one to the next. With a single one each would wait for the one before: 12 cycles a frame, not 8.
BEHIND = 2
SKEW = BEHIND * (ABREAST - 1)   # frames by which the last of them is behind the first

STRIDE = STATES = 2 * ABREAST   # frames that a bank at rest takes at a time, and its states: as long as a vector
# Where the maps lie, each by columns; a row of states to work in; what to skip so that all begin a cache line.
SOUND_TO_SOUND, SOUND_TO_STATE, STATE_TO_SOUND, STATE_TO_STATE, ROOM = (STRIDE * STRIDE * at for at in range(5))
MAPS = ROOM + 2 * STATES


@helper
def put_section(bank, section, g, k, high, band, low):
    """Write one section: integrator gain g, damping k, and how much it gives of input, band and low output.

    With states s1, s2 and u = x - s2:
    y = c3 x + c4 s1 + c5 s2;  s1 <- c0 s1 + c1 u;  s2 <- s2 + c1 s1 + c2 u.
    """
    a1 = 1.0 / (1.0 + g * (g + k))
    a2 = g * a1
    a3 = g * a2
    c = bank[section * COEFFICIENTS:]
    c[0] = 2.0 * a1 - 1.0
    c[1] = 2.0 * a2
    c[2] = 2.0 * a3
    c[3] = high + band * a2 + low * a3
    c[4] = band * a1 + low * a2
    c[5] = low * (1.0 - a3) - band * a2


@helper
def integrator(hz, sample_rate):
    """The integrator's gain that puts the corner at `hz`, prewarped."""
    return np.tan(np.pi * min(hz / sample_rate, HIGHEST))


@helper
def put_low_pass(bank, section, hz, q, sample_rate):
    put_section(bank, section, integrator(hz, sample_rate), 1.0 / q, 0.0, 0.0, 1.0)


@helper
def put_notched_low_pass(bank, section, hz, q, floor_db, sample_rate):
    """A low-pass that falls into a notch above its corner and comes back to a floor: a steep cliff.

    The notch is at hz * 10^(-floor_db / 40).
    """
    floor = 10.0 ** (floor_db / 20.0)
    put_section(bank, section, integrator(hz, sample_rate), 1.0 / q, floor, -floor / q, 1.0 - floor)


@helper
def put_high_pass(bank, section, hz, q, sample_rate):
    put_section(bank, section, integrator(hz, sample_rate), 1.0 / q, 1.0, -1.0 / q, -1.0)


@helper
def scale_section(bank, section, db):
    """Make a section louder; it must have been put just before."""
    gain = 10.0 ** (db / 20.0)
    c = bank[section * COEFFICIENTS:]
    for place in range(3, COEFFICIENTS):
        c[place] *= gain


@helper
def put_bell(bank, section, hz, q, db, sample_rate):
    a = 10.0 ** (db / 40.0)
    k = 1.0 / (q * a)
    put_section(bank, section, integrator(hz, sample_rate), k, 1.0, k * (a * a - 1.0), 0.0)


@helper
def put_low_shelf(bank, section, hz, q, db, sample_rate):
    a = 10.0 ** (db / 40.0)
    put_section(bank, section, integrator(hz, sample_rate) / np.sqrt(a), 1.0 / q, 1.0, (a - 1.0) / q, a * a - 1.0)


@helper
def put_high_shelf(bank, section, hz, q, db, sample_rate):
    a = 10.0 ** (db / 40.0)
    put_section(bank, section, integrator(hz, sample_rate) * np.sqrt(a), 1.0 / q, a * a, (1.0 - a) * a / q, 1.0 - a * a)


def bank_state(sections, parameters):
    """How many places of `state` a bank takes: filter states, coefficients in three roles, those that the maps were
    made for, whether they may be others now, the maps, knobs seen, a mark."""
    return sections * (2 * 2 + 4 * COEFFICIENTS) + 1 + -(-sections // ABREAST) * MAPS + 2 * parameters + 1


@helper
def designed_at(sections):
    return sections * (2 * 2 + 4 * COEFFICIENTS)


@helper
def maps_at(sections):
    return designed_at(sections) + 1


@helper
def seen_at(sections):
    return maps_at(sections) + -(-sections // ABREAST) * MAPS


@helper
def coefficients_of(state, sections):
    """The coefficients, flat, to be designed: at the block's start, at its end, and room for those in between."""
    state[designed_at(sections)] = 1.0
    return designed(state, sections)


@helper
def designed(state, sections):
    """The same, as they are."""
    size = sections * COEFFICIENTS
    room = state[4 * sections:]
    return room[:size], room[size:2 * size], room[2 * size:3 * size]


@helper
def turned(knobs, state, sections):
    """Whether a knob stands or moves otherwise than in the block before, or nothing was seen yet.

    A design costs a tangent and a power a section, so it is kept until this says so.
    """
    seen, now = start_of(state[seen_at(sections):]), start_of(knobs)
    ends, others = 2 * len(knobs), 0
    for end in range(ends):
        others += seen[end] != now[end]
    if others == 0 and seen[ends] != 0.0:
        return False
    for end in range(ends):
        seen[end] = now[end]
    seen[ends] = 1.0
    return True


@helper
def run_bank(knobs, state, sections, io, frames):
    """Filter every channel of io in place through the bank's sections in a row.

    Four sections at a time lie side by side in a vector, each BEHIND the one before it, so that all of
    them compute at once; a second channel lies between them and comes almost for free.
    """
    state, io = borrow(state), borrow(io)
    start, end, way = designed(state, sections)
    moving = False
    for parameter in range(len(knobs)):
        moving |= knobs[parameter, 0] != knobs[parameter, 1]
    if not moving:
        run_at_rest(state, sections, io, frames)
        return
    for place in range(len(way)):
        way[place] = (end[place] - start[place]) / frames
    for first in range(0, sections, ABREAST):
        count = min(sections - first, ABREAST)
        states, bank = state[2 * first:], start[COEFFICIENTS * first:]
        steps = way[COEFFICIENTS * first:]
        if io.shape[0] == 1:
            run_mono(io[0], frames, states, bank, steps, count)
        else:
            run_stereo(io[0], io[1], frames, states, state[2 * (sections + first):], bank, steps, count)


# --- At rest ------------------------------------------------------------------------------------

@helper
def run_at_rest(state, sections, io, frames):
    """The bank as linear maps of STRIDE frames at a time."""
    if state[designed_at(sections)] != 0.0:
        renew_maps(state, sections)
    for first in range(0, sections, ABREAST):
        count = min(sections - first, ABREAST)
        bank, maps = state[4 * sections + COEFFICIENTS * first:], maps_of(state, sections, first)
        for channel in range(io.shape[0]):
            run_maps(io[channel], frames, state[2 * (channel * sections + first):], bank, maps, count)


@helper
def maps_of(state, sections, first):
    """The maps of the sections from the first on, up to ABREAST."""
    return aligned(start_of(state), maps_at(sections) + first // ABREAST * MAPS)


@helper
def renew_maps(state, sections):
    """Make all maps, unless the design came to what they were made for."""
    start, _, _ = designed(state, sections)
    size = sections * COEFFICIENTS
    made_for = state[4 * sections + 3 * size:]
    fresh = True
    for place in range(size):
        fresh &= made_for[place] == start[place]
        made_for[place] = start[place]
    if not fresh:
        for first in range(0, sections, ABREAST):
            put_maps(maps_of(state, sections, first), start[COEFFICIENTS * first:], min(sections - first, ABREAST))
    state[designed_at(sections)] = 0.0


@helper
def put_maps(maps, bank, count):
    """Work out the maps: what becomes of each state alone, and of one frame of sound."""
    for source in range(STATES + 1):
        sounds = source == STATES
        for place in range(STATES):
            maps[ROOM + place] = 1.0 if place == source and place < 2 * count else 0.0
        for t in range(STRIDE):
            v = 1.0 if sounds and t == 0 else 0.0
            for section in range(count):
                s1, s2 = ROOM + 2 * section, ROOM + 2 * section + 1
                v, maps[s1], maps[s2] = tick(v, maps[s1], maps[s2], section_of(bank, section))
            if not sounds:
                maps[STATE_TO_SOUND + STRIDE * source + t] = v
                continue
            for since in range(STRIDE - t):
                maps[SOUND_TO_SOUND + STRIDE * since + since + t] = v
            for place in range(STATES):
                maps[SOUND_TO_STATE + STRIDE * (STRIDE - 1 - t) + place] = maps[ROOM + place]
        if not sounds:
            for place in range(STATES):
                maps[STATE_TO_STATE + STRIDE * source + place] = maps[ROOM + place]


@inlined
def take_stride(x, at, s, maps):
    """STRIDE frames in place; returns the states behind them. Sums are halved: each step waits for the one before."""
    v = widened(load_octet(x, at))
    y = other_y = new = second = third = fourth = splat_pair(0.0)
    for frame in range(0, STRIDE, 2):
        a, b = lane(v, frame), lane(v, frame + 1)
        y = y + load_pair(maps, SOUND_TO_SOUND + STRIDE * frame) * a
        other_y = other_y + load_pair(maps, SOUND_TO_SOUND + STRIDE * (frame + 1)) * b
        new = new + load_pair(maps, SOUND_TO_STATE + STRIDE * frame) * a
        second = second + load_pair(maps, SOUND_TO_STATE + STRIDE * (frame + 1)) * b
    for state in range(0, STATES, 4):
        a, b, c, d = lane(s, state), lane(s, state + 1), lane(s, state + 2), lane(s, state + 3)
        new = new + load_pair(maps, STATE_TO_STATE + STRIDE * state) * a
        second = second + load_pair(maps, STATE_TO_STATE + STRIDE * (state + 1)) * b
        third = third + load_pair(maps, STATE_TO_STATE + STRIDE * (state + 2)) * c
        fourth = fourth + load_pair(maps, STATE_TO_STATE + STRIDE * (state + 3)) * d
        y = y + load_pair(maps, STATE_TO_SOUND + STRIDE * state) * a
        other_y = other_y + load_pair(maps, STATE_TO_SOUND + STRIDE * (state + 1)) * b
        y = y + load_pair(maps, STATE_TO_SOUND + STRIDE * (state + 2)) * c
        other_y = other_y + load_pair(maps, STATE_TO_SOUND + STRIDE * (state + 3)) * d
    store(x, at, narrowed(y + other_y))
    return (new + second) + (third + fourth)


@helper
def run_maps(x, frames, states, bank, maps, count):
    """One channel. Behind the states lie other numbers, which the maps make nothing of."""
    sound = start_of(x)
    s = load_pair(states, 0)
    whole = frames - frames % STRIDE
    for at in range(0, whole, STRIDE):
        s = take_stride(sound, at, s, maps)
    store(maps, ROOM, s)
    for place in range(2 * count):
        states[place] = maps[ROOM + place]
    for i in range(whole, frames):
        v = np.float64(sound[i])
        for section in range(count):
            s1, s2 = 2 * section, 2 * section + 1
            v, states[s1], states[s2] = tick(v, states[s1], states[s2], section_of(bank, section))
        sound[i] = v


# --- On the move --------------------------------------------------------------------------------

@inlined
def quad_at(array, place, stride, count, otherwise):
    """Every `stride`-th number, `count` of them, and then others."""
    return quad_of(array[place],
                   array[place + stride] if count > 1 else otherwise,
                   array[place + 2 * stride] if count > 2 else otherwise,
                   array[place + 3 * stride] if count > 3 else otherwise)


@inlined
def quads_of(bank, count, through):
    """The coefficients of up to four sections side by side; those that are missing let the sound through."""
    return (quad_at(bank, 0, COEFFICIENTS, count, 0.0), quad_at(bank, 1, COEFFICIENTS, count, 0.0),
            quad_at(bank, 2, COEFFICIENTS, count, 0.0), quad_at(bank, 3, COEFFICIENTS, count, through),
            quad_at(bank, 4, COEFFICIENTS, count, 0.0), quad_at(bank, 5, COEFFICIENTS, count, 0.0))


@inlined
def both(q):
    """For two channels that lie side by side the same coefficients."""
    return (zip_quads(q[0], q[0]), zip_quads(q[1], q[1]), zip_quads(q[2], q[2]),
            zip_quads(q[3], q[3]), zip_quads(q[4], q[4]), zip_quads(q[5], q[5]))


@inlined
def on_the_way(c, step, now):
    """The coefficients `now` steps on."""
    return (c[0] + now * step[0], c[1] + now * step[1], c[2] + now * step[2],
            c[3] + now * step[3], c[4] + now * step[4], c[5] + now * step[5])


@inlined
def lags():
    """What to take from the step's number, from 0, to have the frame that each section is at, from 1."""
    return quad_of(-1.0, BEHIND - 1.0, 2.0 * BEHIND - 1.0, 3.0 * BEHIND - 1.0)


@inlined
def keep_if_there(now, frames, before, after):
    """The states after this step where the section has a frame of this block, else those before it."""
    return where_more(now, frames, before, where_more(now, now - now, after, before))


@inlined
def run_mono(x, frames, states, bank, steps, count):
    c, step = quads_of(bank, count, 1.0), quads_of(steps, count, 0.0)
    s1, s2 = quad_at(states, 0, 2, count, 0.0), quad_at(states, 1, 2, count, 0.0)
    behind, last = lags(), splat_quad(np.float64(frames))
    y = before = splat_quad(0.0)
    for t in range(frames + SKEW):
        now = splat_quad(np.float64(t)) - behind
        v = shift_quad(before, splat_quad(np.float64(x[min(t, frames - 1)])))
        before = y
        y, new1, new2 = tick(v, s1, s2, on_the_way(c, step, now))
        if SKEW <= t < frames:
            s1, s2 = new1, new2
        else:
            s1, s2 = keep_if_there(now, last, s1, new1), keep_if_there(now, last, s2, new2)
        if t >= SKEW:
            x[t - SKEW] = lane(y, ABREAST - 1)
    keep_states(states, s1, s2, count)


@inlined
def run_stereo(left, right, frames, states_left, states_right, bank, steps, count):
    c, step = both(quads_of(bank, count, 1.0)), both(quads_of(steps, count, 0.0))
    s1 = zip_quads(quad_at(states_left, 0, 2, count, 0.0), quad_at(states_right, 0, 2, count, 0.0))
    s2 = zip_quads(quad_at(states_left, 1, 2, count, 0.0), quad_at(states_right, 1, 2, count, 0.0))
    behind, last = zip_quads(lags(), lags()), splat_pair(np.float64(frames))
    y = before = splat_pair(0.0)
    for t in range(frames + SKEW):
        now = splat_pair(np.float64(t)) - behind
        at = min(t, frames - 1)
        v = shift_pair(before, zip_quads(splat_quad(np.float64(left[at])), splat_quad(np.float64(right[at]))))
        before = y
        y, new1, new2 = tick(v, s1, s2, on_the_way(c, step, now))
        if SKEW <= t < frames:
            s1, s2 = new1, new2
        else:
            s1, s2 = keep_if_there(now, last, s1, new1), keep_if_there(now, last, s2, new2)
        if t >= SKEW:
            left[t - SKEW] = lane(y, 2 * ABREAST - 2)
            right[t - SKEW] = lane(y, 2 * ABREAST - 1)
    keep_states(states_left, unzip_left(s1), unzip_left(s2), count)
    keep_states(states_right, unzip_right(s1), unzip_right(s2), count)


@inlined
def keep_states(states, s1, s2, count):
    for section in range(count):
        states[2 * section], states[2 * section + 1] = lane(s1, section), lane(s2, section)


@helper
def section_of(bank, section):
    c = bank[section * COEFFICIENTS:]
    return c[0], c[1], c[2], c[3], c[4], c[5]


@inlined
def tick(x, s1, s2, c):
    """One frame of one section, or of several side by side: (output, new s1, new s2)."""
    u = x - s2
    return (c[4] * s1 + c[5] * s2 + c[3] * x,       # the input, which is waited for, comes last
            c[0] * s1 + c[1] * u,
            s2 + c[1] * s1 + c[2] * u)
