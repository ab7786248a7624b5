"""A concert hall for sounds that are to stand in the air: it builds up, it stays, and its lows, middle and treble
each die in a time of their own.

The network of sixteen delay lines (see `dsp.primitives.network`), half as long again as the reverb's, so that
decays of half a minute keep modes enough to sound smooth. Every line loses its treble in a one-pole low pass and
keeps (or loses) its lows in a first-order shelf, both set from its length, which is Jot's absorption ("An analysis/
synthesis approach to real-time artificial reverberation", ICASSP 1992) with a third band. Before it stand six
all-passes a side after Schroeder ("Natural sounding artificial reverberation", JAES 10, 1962), short and long:
Diffusion turns them from a few separate echoes to a swell.
"""

import numpy as np

from dsp.effect import Effect, Prepared, line_length
from dsp.native import borrow, helper, inlined, kernel
from dsp.parameter import Parameter
from dsp.primitives.blend import beside
from dsp.primitives.levels import fast_exp2
from dsp.primitives.network import (GAIN_GOAL, HEAD, LINES, NETWORK_CURSORS, NETWORK_STATE, OCTAVES_OF_60_DB, STEADY,
                                    aim, carve_network, feed, hear, lay_lines, lengths_of, listen, network_size, tune)
from dsp.primitives.poles import shares
from dsp.primitives.reciprocals import reciprocal
from dsp.primitives.rings import (CHUNK, FADE_TO, NEXT_SECOND, PAD, SECOND, bank_size, carve, counts, cut_low, diffuse,
                                  fade, fetch, keep, middle_of, on_the_way, piece_of, ring_length, step_fade)
from dsp.primitives.scans import after, final, low_pass, powers_of
from dsp.primitives.vectors.kinds import LANES
from dsp.primitives.vectors.memory import load, load_until, start_of, store, store_until

DECAY, SIZE, MIX, PREDELAY, BASS, BASS_HZ, TONE, DIFFUSION, MODULATION, WIDTH, LOW_CUT = range(11)
PARAMETERS = (
    Parameter("decay_s", "Decay", "s", 0.5, 30.0, 4.5, "log", tag="space"),
    Parameter("size", "Size", "", 0.0, 1.0, 0.7, tag="space"),
    Parameter("mix", "Mix", "", 0.0, 1.0, 0.3, tag="space"),
    Parameter("predelay_ms", "Pre-delay", "ms", 0.0, 250.0, 25.0, tag="time"),
    Parameter("bass", "Bass decay", "x", 0.3, 2.0, 1.2, "log", tag="body"),
    Parameter("bass_hz", "Bass below", "Hz", 80.0, 800.0, 250.0, "log", tag="body"),
    Parameter("tone_hz", "Tone", "Hz", 1000.0, 16000.0, 4500.0, "log", tag="brightness"),
    Parameter("diffusion", "Diffusion", "", 0.0, 1.0, 0.75, tag="space"),
    Parameter("mod", "Mod", "", 0.0, 1.0, 0.5, tag="movement"),
    Parameter("width", "Width", "", 0.0, 1.0, 1.0, tag="space"),
    Parameter("low_cut_hz", "Low cut", "Hz", 20.0, 1000.0, 80.0, "log", tag="body"),
)

# Seconds at full size: about evenly spread in ratio, jittered off any common measure; 1.7 s in all.
LINE_S = np.array((0.05711, 0.06173, 0.06599, 0.07127, 0.07703, 0.08263, 0.08929, 0.09643,
                   0.10313, 0.11117, 0.11987, 0.12853, 0.13931, 0.14939, 0.16103, 0.17327))
SMALLEST = 0.35             # of the full size
LONGEST_AHEAD_S = 0.253     # the pre-delay and a chunk
DIFFUSER_S = np.array((0.00311, 0.00523, 0.00877, 0.01409, 0.02203, 0.03301,       # left
                       0.00337, 0.00571, 0.00821, 0.01487, 0.02083, 0.03463))      # right
DIFFUSER_RING = 4096        # frames: the longest at 96 kHz and a chunk
LEAST_DIFFUSION, MORE_DIFFUSION = 0.2, 0.5      # an all-pass's gain, and what the knob adds
MODULATION_S = 0.0006       # each way, at full modulation: 4 cents
EARLY = 0.5                 # of the diffused input, heard before the lines answer
WET_LEVEL = 0.53            # a steady mono sound is then as loud in the wet as in the dry

# Places in state behind the network's: for each line how much more than its middle it keeps of the lows.
KEPT, KEPT_GOAL, LOW = (NETWORK_STATE + place for place in range(0, 3 * LINES, LINES))
BASS_KEY, LOWS_STEADY, SIZE_KEY, SCALE, THIN, THIN_KEPT, BASS_KEPT, STATE = (
    NETWORK_STATE + 3 * LINES + place for place in (0, 1, 2, 3, 4, 8, 10, 12))
NOW, DELAYS = NETWORK_CURSORS, NETWORK_CURSORS + 1
CURSORS = DELAYS + len(DIFFUSER_S)


@helper
def tune_lows(decay, bass, scale, state):
    """On the grid, after `tune`: let the lows die by 60 dB in `bass` times the decay."""
    still = state[STEADY] > 0.0 and bass == state[BASS_KEY]
    if still and state[LOWS_STEADY] > 0.0:
        return
    octaves = -scale * OCTAVES_OF_60_DB / (decay * bass)
    for line in range(LINES):
        state[KEPT + line] = state[KEPT_GOAL + line]
        state[KEPT_GOAL + line] = fast_exp2(octaves * LINE_S[line]) * reciprocal(state[GAIN_GOAL + line]) - 1.0
        if state[BASS_KEY] == 0.0:
            state[KEPT + line] = state[KEPT_GOAL + line]
    state[BASS_KEY], state[LOWS_STEADY] = bass, 1.0 if still else 0.0


@inlined
def keep_lows(rows, offset, pole, state, count, frames):
    """A low shelf over each row, in place: the row and so much of its low pass."""
    powers, number = powers_of(np.float32(pole)), start_of(count)
    for line in range(LINES):
        row, past = start_of(rows[line]), after(state[LOW + line])
        kept, kept_step = on_the_way(state[KEPT + line], state[KEPT_GOAL + line], offset)
        low = past[-1]
        for i in range(0, frames, LANES):
            x = load(row, i)
            low, past = low_pass(x, powers, past)
            store(row, i, x + (kept + kept_step * load(number, i)) * low)
        state[LOW + line] = final(low, frames)


@helper
def span(width):
    """(what each side gets of its own, what of the other one): as loud, wide or narrow, as long as the sides differ."""
    level = np.sqrt(0.5 / (1.0 + width * width))
    return level * (1.0 + width), level * (1.0 - width)


@kernel
def process(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    knobs, state, memory = borrow(knobs), borrow(state), borrow(memory)
    cursors, tables, io = borrow(cursors), borrow(tables), borrow(io)
    rows, heads, losses, memory = carve_network(memory)
    aheads, memory = carve(memory, 2, ring_length(LONGEST_AHEAD_S, sample_rate) + PAD)
    diffusers, memory = carve(memory, len(DIFFUSER_S), DIFFUSER_RING + PAD)
    into, memory = carve(memory, 2, CHUNK)
    out, memory = carve(memory, 2, CHUNK)
    lines, count = memory, tables[CHUNK:]

    (dry_start, wet_start), (dry_end, wet_end) = beside(knobs[MIX, 0]), beside(knobs[MIX, 1])
    (own_start, across_start), (own_end, across_end) = span(knobs[WIDTH, 0]), span(knobs[WIDTH, 1])
    cut_start, cut_end = shares(knobs, LOW_CUT, state[THIN_KEPT:], sample_rate)
    low_start, low_end = shares(knobs, BASS_HZ, state[BASS_KEPT:], sample_rate)
    now, done = cursors[NOW], 0
    if now == 0:
        lay_lines(tables, cursors, DIFFUSER_S, cursors[DELAYS:], sample_rate)
    while done < frames:
        offset = now % CHUNK
        n = min(CHUNK - offset, frames - done)
        if offset == 0:
            if knobs[SIZE, 1] != state[SIZE_KEY] or state[SCALE] == 0.0:
                state[SIZE_KEY], state[SCALE] = knobs[SIZE, 1], SMALLEST ** (1.0 - knobs[SIZE, 1])
            scale, decay = state[SCALE], np.float64(knobs[DECAY, 1])
            tune(decay, scale, np.float64(knobs[TONE, 1]), 0.0, LINE_S, state, losses, sample_rate)
            tune_lows(decay, np.float64(knobs[BASS, 1]), scale, state)
            step_fade(scale, np.floor(knobs[PREDELAY, 1] * sample_rate / 1000.0 + 0.5), state[HEAD:], sample_rate)
            aim(MODULATION_S * sample_rate * knobs[MODULATION, 1], now, LINE_S, state, heads, sample_rate)
        rise = tables[offset:CHUNK]

        keep(aheads, now, io[:, done:], n)
        fetch(aheads, now - int(state[HEAD + SECOND]), into, n)
        if state[HEAD + FADE_TO] > 0.0:
            fetch(aheads, now - int(state[HEAD + NEXT_SECOND]), out, n)
            fade(into, out, state[HEAD:], rise, n)
        cut = middle_of(cut_start, cut_end, frames, done, n)
        for stage in range(2):
            cut_low(into, cut, state[THIN + 2 * stage:], n)
        gain, gain_step = piece_of(LEAST_DIFFUSION + MORE_DIFFUSION * knobs[DIFFUSION, 0],
                                   LEAST_DIFFUSION + MORE_DIFFUSION * knobs[DIFFUSION, 1], frames, done)
        diffuse(diffusers, now, cursors[DELAYS:], gain, gain_step, count, into, n)
        hear(lines, now, state, cursors, heads, losses, rise, rows, n)
        keep_lows(rows, offset, 1.0 - middle_of(low_start, low_end, frames, done, n), state, count, n)
        listen(rows, into, out, EARLY, n)
        feed(lines, now, offset, rows, into, state, losses, cursors, count, n)

        dry, dry_step = piece_of(dry_start, dry_end, frames, done)
        wet, wet_step = piece_of(WET_LEVEL * wet_start, WET_LEVEL * wet_end, frames, done)
        own, own_step = piece_of(own_start, own_end, frames, done)
        across, across_step = piece_of(across_start, across_end, frames, done)
        for side in range(2):
            x = start_of(io[side, done:])
            for i in range(0, n, LANES):
                t = load(count, i)
                heard = ((own + own_step * t) * load(out[side], i)
                         + (across + across_step * t) * load(out[1 - side], i))
                mixed = (dry + dry_step * t) * load_until(x, i, n) + (wet + wet_step * t) * heard
                store_until(x, i, n, mixed)
        now += n
        done += n
    cursors[NOW] = now


def build(sample_rate, options):
    lengths = lengths_of(LINE_S, sample_rate)
    memory = (network_size(lengths) + bank_size(2, line_length(LONGEST_AHEAD_S, sample_rate))
              + bank_size(len(DIFFUSER_S), DIFFUSER_RING) + 4 * CHUNK)
    return Prepared(process, STATE, CURSORS, memory, np.append(counts(sample_rate, options), lengths))


EFFECT = Effect("hall", "Hall", "A concert hall whose lows, middle and treble each have their decay.", PARAMETERS,
                build=build, widens=True, tail_s=61.0)
