"""A room that holds its breath: `hold` keeps what rings, for as long as the foot wishes.

The network of sixteen delay lines (see `dsp.primitives.network`) with gains of exactly one, no low pass and no
movement, fed by nothing: its matrix keeps the energy (Jot and Chaigne 1991), so the sound stays as it is to the
last digit of float32, and stays dense, since the lines go on mixing. The way there and back takes 80 ms: what
is being played fades into what is held, and nothing is cut. Playing on, one is dry over the held sound.

Switched out while it holds, it sounds on for three minutes.
"""

import numpy as np

from dsp.effect import Effect, Prepared
from dsp.native import borrow, kernel
from dsp.parameter import Parameter, choice
from dsp.primitives.blend import beside, lay_beside
from dsp.primitives.delays import toward
from dsp.primitives.network import (HEAD, NETWORK_CURSORS, NETWORK_STATE, aim, carve_network, feed, hear, lay_lines,
                                    lengths_of, listen, network_size, tune)
from dsp.primitives.poles import share
from dsp.primitives.rings import (CHUNK, PAD, bank_size, carve, counts, cut_low, diffuse, middle_of,
                                  on_the_way, piece_of, step_fade)

HOLD, DECAY, MIX, TONE, LOW_CUT, MODULATION = range(6)
PARAMETERS = (
    choice("hold", "Hold", ("Off", "On"), 0, tag="space"),
    Parameter("decay_s", "Decay", "s", 0.5, 20.0, 2.5, "log", tag="space"),
    Parameter("mix", "Mix", "", 0.0, 1.0, 0.4, tag="space"),
    Parameter("tone_hz", "Tone", "Hz", 1000.0, 16000.0, 7000.0, "log", tag="brightness"),
    Parameter("low_cut_hz", "Low cut", "Hz", 20.0, 1000.0, 80.0, "log", tag="body"),
    Parameter("mod", "Mod", "", 0.0, 1.0, 0.3, tag="movement"),
)

# Seconds: spread evenly in ratio and jittered, 1.3 s in all, so that what is held comes round slowly.
LINE_S = np.array((0.04517, 0.04871, 0.05279, 0.05641, 0.06091, 0.06529, 0.07057, 0.07583,
                   0.08161, 0.08803, 0.09437, 0.09931, 0.10427, 0.11093, 0.11717, 0.12301))
DIFFUSER_S = np.array((0.00279, 0.00401, 0.00823, 0.01171, 0.00311, 0.00437, 0.00761, 0.01259))   # left, right
DIFFUSER_RING = 2048        # frames: the longest at 96 kHz and a chunk
DIFFUSION, STEADY = np.float32(0.62), np.float32(0.0)
MODULATION_S = 0.0003       # each way, at full modulation, while nothing is held
CATCH_S = 0.08              # from playing to held and back
EARLY = 0.8                 # of the diffused input, heard before the lines answer
WET_LEVEL = 0.48            # a steady mono sound is then as loud in the wet as in the dry
ONE = np.float32(1.0)

THIN, HELD, HELD_END, STATE = (NETWORK_STATE + place for place in (0, 4, 5, 6))
NOW, DELAYS = NETWORK_CURSORS, NETWORK_CURSORS + 1
CURSORS = DELAYS + len(DIFFUSER_S)


@kernel
def process(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    state, memory, cursors, tables, io = borrow(state), borrow(memory), borrow(cursors), borrow(tables), borrow(io)
    rows, heads, losses, memory = carve_network(memory)
    diffusers, memory = carve(memory, len(DIFFUSER_S), DIFFUSER_RING + PAD)
    into, memory = carve(memory, 2, CHUNK)
    out, memory = carve(memory, 2, CHUNK)
    lines, count = memory, tables[CHUNK:]

    (dry_start, wet_start), (dry_end, wet_end) = beside(knobs[MIX, 0]), beside(knobs[MIX, 1])
    cut_start, cut_end = share(knobs[LOW_CUT, 0], sample_rate), share(knobs[LOW_CUT, 1], sample_rate)
    now, done = cursors[NOW], 0
    if now == 0:
        lay_lines(tables, cursors, DIFFUSER_S, cursors[DELAYS:], sample_rate)
    while done < frames:
        offset = now % CHUNK
        n = min(CHUNK - offset, frames - done)
        if offset == 0:
            hold = np.float64(knobs[HOLD, 1])
            fresh = state[HEAD] == 0.0
            state[HELD] = hold if fresh else state[HELD_END]
            state[HELD_END] = toward(state[HELD], hold, CHUNK / (CATCH_S * sample_rate))
            tune(np.float64(knobs[DECAY, 1]), 1.0, np.float64(knobs[TONE, 1]), state[HELD_END], LINE_S, state, losses,
                 sample_rate)
            step_fade(1.0, 0.0, state[HEAD:], sample_rate)
            depth = MODULATION_S * sample_rate * knobs[MODULATION, 1] * (1.0 - hold)
            aim(depth, now, LINE_S, state, heads, sample_rate)
        rise = tables[offset:CHUNK]

        held, held_step = on_the_way(state[HELD], state[HELD_END], offset)
        for side in range(2):
            x, y = io[side, done:], into[side]
            for i in range(n):
                y[i] = (ONE - (held + count[i] * held_step)) * x[i]
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
    memory = network_size(lengths) + bank_size(len(DIFFUSER_S), DIFFUSER_RING) + 4 * CHUNK
    return Prepared(process, STATE, CURSORS, memory, np.append(counts(sample_rate, options), lengths))


EFFECT = Effect("freeze", "Freeze", "Holds what rings for as long as you like, to play over.", PARAMETERS, build=build,
                widens=True, tail_s=180.0)
