"""Second-order filters that may be swept while they sound, alone and in cascades.

Each section is the state variable filter with trapezoidal integrators (Zavalishin, "The Art of VA
Filter Design", 2012; Simper, "Linear Trapezoidal State Variable Filter", 2014). At rest its
response is exactly that of the bilinear cookbook biquad (Bristow-Johnson, "Cookbook formulae for
audio EQ biquad filter coefficients"). Moving it stays stable at any speed: its state matrix is the
Cayley transform of a passive circuit's, so it never makes the state longer, and neither does any
matrix on the straight line between two such. So coefficients are designed at the block's two ends
and interpolated in between.
"""

import numpy as np

from dsp.native import helper

BUTTERWORTH = np.sqrt(0.5)      # the Q of a second-order filter without a bump
HIGHEST = 0.49                  # of the sample rate; the bilinear transform ends at 0.5
COEFFICIENTS = 6                # per section: three for the state, three for the output
GROUP = 3                       # sections in a bank run three by three


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
    """How many places of `state` a bank takes: filter states, coefficients in three roles, knobs seen."""
    return sections * (2 * 2 + 3 * COEFFICIENTS) + 2 * parameters


@helper
def coefficients_of(state, sections):
    """The bank's coefficients, flat: at the block's start, at its end, and room for those in between."""
    size = sections * COEFFICIENTS
    room = state[4 * sections:]
    return room[:size], room[size:2 * size], room[2 * size:3 * size]


@helper
def turned(knobs, state, sections):
    """Whether a knob stands or moves otherwise than in the block before; remembers how it does.

    A design costs a tangent and a power a section, so it is kept until this says so.
    """
    seen = state[sections * (4 + 3 * COEFFICIENTS):]
    differs = False
    for parameter in range(len(knobs)):
        for end in range(2):
            if seen[2 * parameter + end] != knobs[parameter, end]:
                seen[2 * parameter + end] = knobs[parameter, end]
                differs = True
    return differs


@helper
def run_bank(knobs, state, sections, io, frames):
    """Filter every channel of io in place through the bank's sections, a multiple of GROUP, in a row."""
    start, end, between = coefficients_of(state, sections)
    moving = False
    for parameter in range(len(knobs)):
        moving |= knobs[parameter, 0] != knobs[parameter, 1]
    for channel in range(io.shape[0]):
        states = state[2 * sections * channel:]
        if moving:
            run_moving(io[channel], frames, states, sections, start, end, between)
        else:
            for first in range(0, sections, GROUP):
                run_group(io[channel], frames, states[2 * first:], start[COEFFICIENTS * first:])


@helper
def section_of(bank, section):
    c = bank[section * COEFFICIENTS:]
    return c[0], c[1], c[2], c[3], c[4], c[5]


@helper
def tick(x, s1, s2, c):
    """One frame of one section: (output, new s1, new s2)."""
    u = x - s2
    return (c[3] * x + c[4] * s1 + c[5] * s2,
            c[0] * s1 + c[1] * u,
            s2 + c[1] * s1 + c[2] * u)


@helper
def run_group(x, frames, states, bank):
    """Three sections in a row, held in registers: while one waits for its recursion the others compute.

    A section alone takes 2.4 ns a frame, three together 3.4 ns.
    """
    a, b, c = section_of(bank, 0), section_of(bank, 1), section_of(bank, 2)
    a1, a2, b1, b2, c1, c2 = states[0], states[1], states[2], states[3], states[4], states[5]
    for i in range(frames):
        v = np.float64(x[i])
        v, a1, a2 = tick(v, a1, a2, a)
        v, b1, b2 = tick(v, b1, b2, b)
        v, c1, c2 = tick(v, c1, c2, c)
        x[i] = v
    states[0], states[1], states[2], states[3], states[4], states[5] = a1, a2, b1, b2, c1, c2


@helper
def run_moving(x, frames, states, sections, start, end, between):
    """Any number of sections whose coefficients go from `start` to `end` in a straight line."""
    for i in range(frames):
        way = (i + 1) / frames
        for place in range(sections * COEFFICIENTS):
            between[place] = start[place] + way * (end[place] - start[place])
        v = np.float64(x[i])
        for section in range(sections):
            s1, s2 = 2 * section, 2 * section + 1
            v, states[s1], states[s2] = tick(v, states[s1], states[s2], section_of(between, section))
        x[i] = v
