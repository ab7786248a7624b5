"""Bit crusher: fewer bits and a slower clock, with only those aliases that belong to it.

A converter of its own clock samples the sound and holds it. The clock may stand anywhere between two
frames: the sound there is found by a windowed sinc, and each step of the staircase is drawn with the
band-limited step that goes with it (Brandt, "Hard sync without aliasing", ICMC 2001; Crochiere and
Rabiner, "Multirate Digital Signal Processing", 1983), so the images of the slow clock are all there is,
and none of them folds at the box's own rate. `clean` closes a fourth-order filter before the converter,
until nothing folds at the slow clock either. At the upper end of `rate_hz` the clock is the box's own: no frame is
touched but for its bits, as late as before.
"""

import numpy as np

from dsp.arena import MAX_FRAMES
from dsp.effect import Effect, line_length
from dsp.native import borrow, helper, kernel
from dsp.parameter import Parameter, choice
from dsp.primitives.blend import across_block, slope
from dsp.primitives.filters import bank_state, coefficients_of, put_low_pass, run_bank, turned
from dsp.primitives.reciprocals import quotient

BITS, CLOCK, CLEAN, MIX = range(4)
FASTEST_HZ = 40000.0        # of the converter's own clock; there it gives way to the box's
PARAMETERS = (
    choice("bits", "Bits", [str(bits) for bits in range(1, 17)], default=7, tag="drive"),
    Parameter("rate_hz", "Rate", "Hz", 400.0, FASTEST_HZ, 8000.0, "log", tag="brightness"),
    Parameter("clean", "Clean", "", 0.0, 1.0, 0.5, tag="brightness"),
    Parameter("mix", "Mix", "", 0.0, 1.0, 1.0, tag="drive"),
)
OPEN_HZ = 20000.0
CLOSED = 0.4                # of the slow clock's rate
SECTIONS, Q_1, Q_2 = 2, 0.541, 1.307    # fourth-order Butterworth

TAPS = 24                   # of the sinc and of the step: 80 dB down from 30 kHz on, flat to 18 kHz
PHASES = 128                # of both between two frames; what lies between is interpolated (-92 dB)
BETA = 0.1102 * (85.0 - 8.7)    # Kaiser's formula for so many dB
CUTOFF = 0.5                # of the sample rate
SINC_DELAY, STEP_DELAY = TAPS // 2 - 1, TAPS // 2
LATENCY = SINC_DELAY + STEP_DELAY
HALF, ONE = np.float32(0.5), np.float32(1.0)
FINE = 64                   # points to a frame in which the sinc is summed up to the step

# In memory, per channel: rings of the sound before the converter and of the steps' tails; the sound as it came, its
# last frames and a whole block.
RING, DRY_ROOM = 64, LATENCY + MAX_FRAMES
HEARD, STEPS, DRY, MEMORY = 0, RING, 2 * RING, 2 * RING + DRY_ROOM
MEMORY_S = 0.04
FADE_S = 0.012              # from one number of bits to another: those in between would be heard as crackle
# In state: the clock's phase, what the converters hold, the way from one number of bits to another, and from the
# converter to the sound as it came; what the mix comes to, and the knobs it was worked out for; the filter.
PHASE, HELD, FADE, BEFORE, AFTER, PAST_CLOCK, MIXED = 0, 1, 3, 4, 5, 6, 7
SEEN = MIXED + 4
BANK = SEEN + bank_state(0, len(PARAMETERS))
NOW = 0                     # in cursors

assert MEMORY <= line_length(MEMORY_S, 44100)


def sinc(frames):
    """The windowed sinc so many frames from its centre."""
    window = np.i0(BETA * np.sqrt(np.maximum(1.0 - (frames / (TAPS / 2)) ** 2, 0.0))) / np.i0(BETA)
    return 2 * CUTOFF * np.sinc(2 * CUTOFF * frames) * window


def make_tables(sample_rate, options):
    """For each phase, the sinc's taps, newest frame first, and the step less its end from the first frame on."""
    ago = np.arange(PHASES + 1)[:, None] / PHASES
    places = np.arange(TAPS)
    taps = sinc(places - SINC_DELAY - ago)
    taps /= taps.sum(axis=1, keepdims=True)
    fine = np.arange(-TAPS // 2 * FINE, TAPS // 2 * FINE + 1) / FINE
    area = np.concatenate([[0.0], np.cumsum(0.5 * (sinc(fine)[1:] + sinc(fine)[:-1]))])
    steps = np.interp(places + ago - STEP_DELAY, fine, area / area[-1]) - 1.0
    return np.concatenate([taps.ravel(), steps.ravel()]).astype(np.float32)


@helper
def design(knobs, end, bank, sample_rate):
    closed = min(CLOSED * knobs[CLOCK, end], OPEN_HZ)
    hz = OPEN_HZ * (closed / OPEN_HZ) ** knobs[CLEAN, end]
    put_low_pass(bank, 0, hz, Q_1, sample_rate)
    put_low_pass(bank, 1, hz, Q_2, sample_rate)


@helper
def quantize(x, places):
    """Round to a grid of so many places from 0 to 1; zero is one of them."""
    return np.floor(x * places + HALF) / places


@helper
def convert(heard, steps, now, ago, held, before, after, fade, tables):
    """The clock ticked `ago` frames before frame `now`: sample, quantize, draw the step. Returns what it holds."""
    place = ago * PHASES
    phase = min(int(place), PHASES - 1)     # a quotient of float32 may round up to one
    part = np.float32(place - phase)
    taps, drawn = tables[phase * TAPS:], tables[((PHASES + 1) + phase) * TAPS:]
    sample = np.float32(0.0)
    for tap in range(TAPS):
        sample += (taps[tap] + part * (taps[tap + TAPS] - taps[tap])) * heard[(now - tap) & (RING - 1)]
    rough = quantize(sample, before)
    sample = rough + fade * (quantize(sample, after) - rough)
    by = np.float32(sample - held)
    for tap in range(TAPS):
        steps[(now + tap) & (RING - 1)] += by * (drawn[tap] + part * (drawn[tap + TAPS] - drawn[tap]))
    return sample


@helper
def choose(state, places):
    """Set out for another grid, once the last change is over."""
    if state[AFTER] == 0.0:
        state[BEFORE], state[AFTER], state[FADE] = places, places, 1.0
    elif state[FADE] >= 1.0 and state[AFTER] != places:
        state[BEFORE], state[AFTER], state[FADE] = state[AFTER], places, 0.0


@helper
def crush(x, rings, state, held_at, now, frames, clock, fade_step, tables):
    """One channel through its converter; returns the clock's phase behind the block."""
    heard, steps = rings[HEARD:HEARD + RING], rings[STEPS:STEPS + RING]
    ticks, ticks_step = clock
    phase, held, fade, before, after = state[PHASE], state[held_at], state[FADE], state[BEFORE], state[AFTER]
    for i in range(frames):
        ticks += ticks_step
        fade = min(fade + fade_step, 1.0)
        at = now + i
        heard[at & (RING - 1)] = x[i]
        phase += ticks
        if phase >= 1.0:
            phase -= 1.0
            ago = quotient(np.float32(phase), np.float32(ticks))
            held = convert(heard, steps, at, ago, held, before, after, fade, tables)
        x[i] = held + steps[at & (RING - 1)]
        steps[at & (RING - 1)] = 0.0
    state[held_at] = held
    return phase


@helper
def settle(knobs, state, frames):
    """Work out how much of both sounds there is."""
    (dry, wet), (dry_end, wet_end) = across_block(knobs, MIX)
    state[MIXED], state[MIXED + 1] = slope(dry, dry_end, frames)
    state[MIXED + 2], state[MIXED + 3] = slope(wet, wet_end, frames)


@helper
def wake(memory, state, now, channels):
    """The converter has stood still: let it have heard the last frames."""
    for place in range(4 * SECTIONS):
        state[BANK + place] = 0.0
    for channel in range(channels):
        rings = memory[channel * (len(memory) // 2):]
        for back in range(LATENCY):
            rings[HEARD + ((now - LATENCY + back) & (RING - 1))] = rings[DRY + back]
        for place in range(RING):
            rings[STEPS + place] = 0.0


@helper
def run_converters(knobs, state, memory, io, now, frames, fade_step, tables, sample_rate):
    """What the clock samples, in place."""
    filters = state[BANK:]
    if turned(knobs, filters, SECTIONS):
        start, end, _ = coefficients_of(filters, SECTIONS)
        design(knobs, 0, start, sample_rate)
        design(knobs, 1, end, sample_rate)
    run_bank(knobs, filters, SECTIONS, io, frames)
    clock = slope(knobs[CLOCK, 0] / sample_rate, knobs[CLOCK, 1] / sample_rate, frames)
    phase = state[PHASE]
    for channel in range(io.shape[0]):
        rings = memory[channel * (len(memory) // 2):]
        phase = crush(io[channel], rings, state, HELD + channel, now, frames, clock, fade_step, tables)
    state[PHASE] = phase


@helper
def round_all(x, late, state, frames):
    """Every frame with fewer bits, and the dry sound, while nothing moves."""
    places, dry, wet = np.float32(state[AFTER]), np.float32(state[MIXED]), np.float32(state[MIXED + 2])
    share = ONE / places
    for i in range(frames):
        x[i] = dry * late[i] + wet * (np.floor(late[i] * places + HALF) * share)


@helper
def bring_together(x, late, state, frames, fade_step, way_step):
    """What the converter gives, every frame with fewer bits, and the dry sound, each as much as it is its turn."""
    dry, dry_step = np.float32(state[MIXED]), np.float32(state[MIXED + 1])
    wet, wet_step = np.float32(state[MIXED + 2]), np.float32(state[MIXED + 3])
    before, after = np.float32(state[BEFORE]), np.float32(state[AFTER])
    fade, fade_step = np.float32(state[FADE]), np.float32(fade_step)
    way, way_step = np.float32(state[PAST_CLOCK]), np.float32(way_step)
    for i in range(frames):
        count = np.float32(np.int32(i + 1))
        rough = quantize(late[i], before)
        rounded = rough + min(fade + count * fade_step, ONE) * (quantize(late[i], after) - rough)
        there = min(max(way + count * way_step, np.float32(0.0)), ONE)
        there = there * there * (np.float32(3.0) - np.float32(2.0) * there)
        sound = (ONE - there) * x[i] + there * rounded
        x[i] = (dry + dry_step * count) * late[i] + (wet + wet_step * count) * sound


@kernel
def process(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    state, memory, io = borrow(state), borrow(memory), borrow(io)
    if turned(knobs, state[SEEN:], 0):
        settle(knobs, state, frames)
    fade_step = 1.0 / (FADE_S * sample_rate)
    fastest = knobs[CLOCK, 1] >= np.float32(FASTEST_HZ)
    if state[AFTER] == 0.0:
        state[PAST_CLOCK] = 1.0 if fastest else 0.0
    # One bit is the sign's: n + 1 bits have 2^n places above zero.
    choose(state, 2.0 ** np.float64(knobs[BITS, 1]))

    now, channels, room = cursors[NOW], io.shape[0], len(memory) // 2
    if state[PAST_CLOCK] == 1.0 and not fastest:
        wake(memory, state, now, channels)
    for channel in range(channels):
        x, line = io[channel], memory[channel * room + DRY:]
        for i in range(frames):
            line[LATENCY + i] = x[i]
    steady = state[FADE] >= 1.0 and state[MIXED + 1] == 0.0 and state[MIXED + 3] == 0.0
    resting = fastest and state[PAST_CLOCK] == 1.0
    if not resting:
        run_converters(knobs, state, memory, io, now, frames, fade_step, tables, sample_rate)
    way_step = fade_step if fastest else -fade_step
    for channel in range(channels):
        x, line = io[channel], memory[channel * room + DRY:]
        if resting and steady:
            round_all(x, line, state, frames)
        else:
            bring_together(x, line, state, frames, fade_step, way_step)
        for i in range(LATENCY):
            line[i] = line[i + frames]
    state[FADE] = min(state[FADE] + frames * fade_step, 1.0)
    state[PAST_CLOCK] = min(max(state[PAST_CLOCK] + frames * way_step, 0.0), 1.0)
    cursors[NOW] = now + frames


EFFECT = Effect("bit_crusher", "Bitcrush", "Fewer bits, a slower clock: from old samplers to broken toys.", PARAMETERS,
                process, state=BANK + bank_state(SECTIONS, len(PARAMETERS)), cursors=1, memory_s=MEMORY_S,
                memory_lines=2, tables=make_tables, tail_s=0.05, latency=LATENCY)
