"""A stereo room: from a small chamber to a hall, smooth and dense.

A network of sixteen delay lines (see `dsp.primitives.network`), behind four all-passes a side that break up an
attack before it enters (Schroeder 1962).

The work is done for a piece of up to 64 frames at a time, a row for each line.
"""

import numpy as np

from dsp.effect import Effect, Prepared, line_length
from dsp.native import borrow, kernel
from dsp.parameter import Parameter
from dsp.primitives.blend import beside, lay_beside
from dsp.primitives.network import (HEAD, NETWORK_CURSORS, NETWORK_STATE, aim, carve_network, feed, hear, lay_lines,
                                    lengths_of, listen, network_size, tune)
from dsp.primitives.poles import shares
from dsp.primitives.rings import (CHUNK, FADE_TO, NEXT_SECOND, PAD, SECOND, bank_size, carve, counts, cut_low, diffuse,
                                  fade, fetch, keep, middle_of, piece_of, ring_length, step_fade)

DECAY, SIZE, MIX, TONE, LOW_CUT, PREDELAY, MODULATION = range(7)
PARAMETERS = (
    Parameter("decay_s", "Decay", "s", 0.2, 20.0, 2.2, "log", tag="space"),
    Parameter("size", "Size", "", 0.0, 1.0, 0.6, tag="space"),
    Parameter("mix", "Mix", "", 0.0, 1.0, 0.25, tag="space"),
    Parameter("tone_hz", "Tone", "Hz", 1000.0, 16000.0, 5000.0, "log", tag="brightness"),
    Parameter("low_cut_hz", "Low cut", "Hz", 20.0, 1000.0, 120.0, "log", tag="body"),
    Parameter("predelay_ms", "Pre-delay", "ms", 0.0, 200.0, 12.0, tag="time"),
    Parameter("mod", "Mod", "", 0.0, 1.0, 0.4, tag="movement"),
)

# Seconds at full size: about evenly spread in ratio, jittered off any common measure. Their sum, 0.95 s,
# is the density of modes: one a hertz, enough for decays beyond 6 s to sound smooth (Schroeder 1962).
LINE_S = np.array((0.03109, 0.03373, 0.03617, 0.03911, 0.04219, 0.04517, 0.04871, 0.05279,
                   0.05641, 0.06091, 0.06529, 0.07057, 0.07583, 0.08161, 0.08803, 0.09437))
SMALLEST = 0.28             # of the full size
LONGEST_AHEAD_S = 0.203     # the pre-delay and a chunk
DIFFUSER_S = np.array((0.00279, 0.00401, 0.00823, 0.01171, 0.00311, 0.00437, 0.00761, 0.01259))   # left, right
DIFFUSER_RING = 2048        # frames: the longest at 96 kHz and a chunk
DIFFUSION, STEADY = np.float32(0.62), np.float32(0.0)
MODULATION_S = 0.0004       # each way, at full modulation: 3 cents
EARLY = 0.8                 # of the diffused input, heard before the lines answer: a tenth of the energy
WET_LEVEL = 0.48            # a steady mono sound is then as loud in the wet as in the dry

THIN, THIN_KEPT, SIZE_KEY, SCALE, STATE = (NETWORK_STATE + place for place in (0, 4, 6, 7, 8))
NOW, DELAYS = NETWORK_CURSORS, NETWORK_CURSORS + 1
CURSORS = DELAYS + len(DIFFUSER_S)


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
    cut_start, cut_end = shares(knobs, LOW_CUT, state[THIN_KEPT:], sample_rate)
    now, done = cursors[NOW], 0
    if now == 0:
        lay_lines(tables, cursors, DIFFUSER_S, cursors[DELAYS:], sample_rate)
    while done < frames:
        offset = now % CHUNK
        n = min(CHUNK - offset, frames - done)
        if offset == 0:
            if knobs[SIZE, 1] != state[SIZE_KEY] or state[SCALE] == 0.0:
                state[SIZE_KEY], state[SCALE] = knobs[SIZE, 1], SMALLEST ** (1.0 - knobs[SIZE, 1])
            scale = state[SCALE]
            tune(np.float64(knobs[DECAY, 1]), scale, np.float64(knobs[TONE, 1]), 0.0, LINE_S, state, losses,
                 sample_rate)
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
        diffuse(diffusers, now, cursors[DELAYS:], DIFFUSION, STEADY, count, into, n)
        hear(lines, now, state, cursors, heads, losses, rise, rows, n)
        listen(rows, into, out, EARLY, n)
        feed(lines, now, offset, rows, into, state, losses, cursors, count, n)

        dry, dry_step = piece_of(dry_start, dry_end, frames, done)
        wet, wet_step = piece_of(WET_LEVEL * wet_start, WET_LEVEL * wet_end, frames, done)
        lay_beside(io, out, dry, dry_step, wet, wet_step, count, done, n)
        now += n
        done += n
    cursors[NOW] = now


def build(sample_rate, options):
    lengths = lengths_of(LINE_S, sample_rate)
    memory = (network_size(lengths) + bank_size(2, line_length(LONGEST_AHEAD_S, sample_rate))
              + bank_size(len(DIFFUSER_S), DIFFUSER_RING) + 4 * CHUNK)
    return Prepared(process, STATE, CURSORS, memory, np.append(counts(sample_rate, options), lengths))


EFFECT = Effect("reverb", "Reverb", "A room around the sound, from a small chamber to a hall.", PARAMETERS, build=build,
                widens=True, tail_s=21.0)
