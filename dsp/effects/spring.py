"""A tank of three springs, as in the amps: boing, splash and drip.

After Valimaki, Parker and Abel, "Parametric spring reverberation effect", JAES 58, 2010. A spring carries high
notes slower than low ones, up to a frequency near 5 kHz where it stops; so every echo is a chirp, and sweeps
more each time it has run to and fro. That dispersion is a row of first-order all-passes, here at a quarter of
the sample rate, where the band ends by itself as the spring does. What comes out half way round is heard; what
has gone all the way comes back, inverted and a little darker.

The row runs as a pipeline: every all-pass works on what its neighbour gave a step before, so all of them compute
at once, in vectors, and the steps this takes are taken off the spring's delay. The springs' times are those of
a real tank, measured. The paper's second, faint row of chirps above 5 kHz is left out.
"""

import numpy as np

from dsp.effect import Effect, Prepared
from dsp.native import borrow, helper, kernel
from dsp.parameter import Parameter, choice
from dsp.primitives.blend import beside, lay_beside
from dsp.primitives.delays import between, read, toward
from dsp.primitives.filters import bank_state, coefficients_of, put_notched_low_pass, run_bank
from dsp.primitives.oscillators import sine
from dsp.primitives.poles import share
from dsp.primitives.rings import CHUNK, carve, counts, cut_low, middle_of, piece_of, smooth

DECAY, MIX, DRIP, TONE, LOW_CUT, SPRINGS = range(6)
PARAMETERS = (
    Parameter("decay_s", "Decay", "s", 0.8, 6.0, 2.6, "log", tag="space"),
    Parameter("mix", "Mix", "", 0.0, 1.0, 0.25, tag="space"),
    Parameter("drip", "Drip", "", 0.0, 1.0, 0.5, tag="movement"),
    Parameter("tone_hz", "Tone", "Hz", 800.0, 8000.0, 2500.0, "log", tag="brightness"),
    Parameter("low_cut_hz", "Low cut", "Hz", 40.0, 1000.0, 110.0, "log", tag="body"),
    choice("springs", "Springs", ("2", "3"), 1, tag="space"),
)

SLOW_HZ = 12000.0           # about the rate at which the springs work
COUNT = 3
ONE_WAY_S = np.array((0.0304, 0.0384, 0.0346))      # of the low notes, from end to end at middle drip
LEFT, RIGHT = np.array((0.9, 0.25, 0.6)), np.array((0.25, 0.9, 0.6))
STAGES = 288                # all-passes of a spring, to and fro
HALF_WAY = STAGES // 2
LEAST_DISPERSION, MORE_DISPERSION = 0.15, 0.5       # an all-pass's coefficient, and what drip adds
MIDDLE_DISPERSION = LEAST_DISPERSION + 0.5 * MORE_DISPERSION
DULL_HZ = 5000.0            # there a spring dies twice as fast
WOBBLE_S = 0.00006          # each way: no two echoes come back alike
WOBBLE_HZ = np.array((0.83, 1.07, 0.71))
RING = 2048                 # steps, of a spring's way to and fro
SWITCH_S = 0.03             # the third spring in or out
WET_LEVEL = 1.3             # a sound below 5 kHz is then as loud in the wet as in the dry

# An elliptic low pass of eighth order for 4.9 kHz, 0.5 dB and 70 dB: corner, Q and floor of each section.
EDGE = ((1910.5, 0.694, -43.49), (3518.1, 1.983, -16.11), (4518.1, 5.478, -6.55), (4918.7, 21.721, -3.35))
SECTIONS = len(EDGE)

# Places in state: for each spring its low pass, gain and wobble; then filters, and single ones.
DULL, GAIN, POLE, WOBBLE, WOBBLE_END = range(0, 5 * COUNT, COUNT)
THIN, BRIGHT, DECAY_KEY, INTO, THIRD, THIRD_END = (5 * COUNT + place for place in (0, 2, 4, 5, 6, 7))
EDGE_IN = THIRD_END + 1
EDGE_OUT = EDGE_IN + bank_state(SECTIONS, 0)
STATE = EDGE_OUT + bank_state(SECTIONS, 0)
ROW = STAGES + 1            # what goes into a spring, and what each all-pass gives


@helper
def put_edge(bank, sample_rate):
    coefficients, _, _ = coefficients_of(bank, SECTIONS)
    for section in range(SECTIONS):
        hz, q, floor_db = EDGE[section]
        put_notched_low_pass(coefficients, section, hz, q, floor_db, sample_rate)


@helper
def aim(knobs, now, state, sample_rate, slow_rate):
    """On the grid: what the springs lose, and how they wobble until the next grid point."""
    decay = np.float64(knobs[DECAY, 1])
    third = 1.0 if knobs[SPRINGS, 1] > 0.5 else 0.0
    if state[DECAY_KEY] == 0.0:
        put_edge(state[EDGE_IN:], sample_rate)
        put_edge(state[EDGE_OUT:], sample_rate)
        state[THIRD_END] = third
    state[THIRD] = state[THIRD_END]
    state[THIRD_END] = toward(state[THIRD], third, CHUNK / (SWITCH_S * sample_rate))
    for spring in range(COUNT):
        state[WOBBLE + spring] = state[WOBBLE_END + spring]
        state[WOBBLE_END + spring] = WOBBLE_S * slow_rate * sine((now + CHUNK) / sample_rate * WOBBLE_HZ[spring])
    if decay == state[DECAY_KEY]:
        return
    state[DECAY_KEY] = decay
    cosine = np.cos(2.0 * np.pi * DULL_HZ / slow_rate)
    for spring in range(COUNT):
        gain = 10.0 ** (-6.0 * ONE_WAY_S[spring] / decay)
        b = (1.0 - gain * gain * cosine) / (1.0 - gain * gain)      # see `network.tune`
        state[GAIN + spring], state[POLE + spring] = gain, 1.0 / (b + np.sqrt(b * b - 1.0))
    state[INTO] = np.sqrt(1.0 - state[GAIN] * state[GAIN])      # as loud in the wet as in the dry


@helper
def disperse(now, before, earlier, a):
    """One step of every all-pass: y = a x + x' - a y', where x is what its neighbour gave a step before."""
    for stage in range(1, COUNT * ROW):
        now[stage] = a * (before[stage - 1] - before[stage]) + earlier[stage - 1]


@helper
def step(number, x, rows, inputs, returns, a, wobble, state, slow_rate):
    """One step of the springs; returns what is heard left and right."""
    now, before, earlier = rows[number % 3], rows[(number + 2) % 3], rows[(number + 1) % 3]
    disperse(now, before, earlier, a)
    inputs[0, number & (RING - 1)] = x
    pipeline = HALF_WAY * (1.0 + (1.0 - MIDDLE_DISPERSION) / (1.0 + MIDDLE_DISPERSION))
    left = right = 0.0
    for spring in range(COUNT):
        first = spring * ROW
        state[DULL + spring] += (1.0 - state[POLE + spring]) * (now[first + STAGES] - state[DULL + spring])
        returns[spring, number & (RING - 1)] = state[DULL + spring]
        way = int(ONE_WAY_S[spring] * slow_rate - pipeline)
        back = 2.0 * way + state[WOBBLE + spring] + wobble * (state[WOBBLE_END + spring] - state[WOBBLE + spring])
        whole = int(back)
        returned = read(returns[spring], number - whole, between(back - whole))
        now[first] = inputs[0, (number - way) & (RING - 1)] - state[GAIN + spring] * returned
        level = 1.0
        if spring == COUNT - 1:
            level = state[THIRD] + wobble * (state[THIRD_END] - state[THIRD])
        left += LEFT[spring] * level * now[first + HALF_WAY]
        right += RIGHT[spring] * level * now[first + HALF_WAY]
    return left, right


@kernel
def process(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    state, memory, tables, io = borrow(state), borrow(memory), borrow(tables), borrow(io)
    rows, memory = carve(memory, 3, COUNT * ROW)
    inputs, memory = carve(memory, 1, RING)
    returns, memory = carve(memory, COUNT, RING)
    into, memory = carve(memory, 1, CHUNK)
    out, memory = carve(memory, 2, CHUNK)
    count = tables[CHUNK:]

    slower = int(sample_rate / SLOW_HZ + 0.5)
    slow_rate = sample_rate / slower
    (dry_start, wet_start), (dry_end, wet_end) = beside(knobs[MIX, 0]), beside(knobs[MIX, 1])
    cut_start, cut_end = share(knobs[LOW_CUT, 0], sample_rate), share(knobs[LOW_CUT, 1], sample_rate)
    bright_start, bright_end = share(knobs[TONE, 0], sample_rate), share(knobs[TONE, 1], sample_rate)
    now, done = cursors[0], 0
    while done < frames:
        offset = now % CHUNK
        n = min(CHUNK - offset, frames - done)
        if offset == 0:
            aim(knobs, now, state, sample_rate, slow_rate)

        x, y, z = into[0], io[0, done:], io[1, done:]
        level = np.float32(0.5 * state[INTO])
        for i in range(n):
            x[i] = level * (y[i] + z[i])
        cut = middle_of(cut_start, cut_end, frames, done, n)
        for stage in range(2):
            cut_low(into, cut, state[THIN + stage:], n)
        run_bank(knobs[:0], state[EDGE_IN:], SECTIONS, into, n)

        a = np.float32(LEAST_DISPERSION + MORE_DISPERSION * middle_of(knobs[DRIP, 0], knobs[DRIP, 1], frames, done, n))
        left, right = out[0], out[1]
        for i in range(n):
            left[i] = right[i] = 0.0
        for i in range(-now % slower, n, slower):
            heard_left, heard_right = step((now + i) // slower, x[i], rows, inputs, returns, a, (offset + i) / CHUNK,
                                           state, slow_rate)
            left[i], right[i] = slower * heard_left, slower * heard_right
        run_bank(knobs[:0], state[EDGE_OUT:], SECTIONS, out, n)
        smooth(out, 1.0 - middle_of(bright_start, bright_end, frames, done, n), state[BRIGHT:], n)

        dry, dry_step = piece_of(dry_start, dry_end, frames, done)
        wet, wet_step = piece_of(WET_LEVEL * wet_start, WET_LEVEL * wet_end, frames, done)
        lay_beside(io, out, dry, dry_step, wet, wet_step, count, done, n)
        now += n
        done += n
    cursors[0] = now


def build(sample_rate, options):
    memory = 3 * COUNT * ROW + (1 + COUNT) * RING + 3 * CHUNK
    return Prepared(process, STATE, 1, memory, counts(sample_rate, options))


EFFECT = Effect("spring", "Spring", "A tank of springs: boing, splash and drip.", PARAMETERS, build=build,
                widens=True, tail_s=8.0)
