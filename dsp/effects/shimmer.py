"""A hall whose echoes come back an octave higher, and again an octave higher: a choir out of nothing.

A network of sixteen delay lines (see `dsp.primitives.network`) behind all-passes; part of what it answers is
doubled in pitch and sent in again. The doubling is Thuillier's ("Real-time polyphonic octave doubling for the
guitar", Aalto University 2016): a bank of complex band filters, half an ERB apart, of which each one's output
z becomes z^2 / |z|: twice the phase, the same envelope. So the octave is exact, for chords too, and no
grain repeats. Every round lifts the sound out of the bank's reach sooner or later, so the loop always ends.
"""

import numpy as np

from dsp.effect import Effect, Prepared
from dsp.native import borrow, inlined, kernel
from dsp.parameter import Parameter
from dsp.primitives.blend import beside, lay_beside
from dsp.primitives.network import (HEAD, NETWORK_CURSORS, NETWORK_STATE, aim, carve_network, feed, hear, lay_lines,
                                    lengths_of, listen, network_size, tune)
from dsp.primitives.poles import share
from dsp.primitives.reciprocals import inverse_root
from dsp.primitives.rings import (CHUNK, PAD, bank_size, carve, counts, cut_low, diffuse, fetch, keep, middle_of,
                                  piece_of, step_fade)
from dsp.primitives.vectors.arithmetic import splat
from dsp.primitives.vectors.kinds import LANES
from dsp.primitives.vectors.memory import load, store

DECAY, SHIMMER, MIX, TONE, LOW_CUT, MODULATION = range(6)
PARAMETERS = (
    Parameter("decay_s", "Decay", "s", 1.0, 20.0, 5.0, "log", tag="space"),
    Parameter("shimmer", "Shimmer", "", 0.0, 1.0, 0.5, tag="pitch"),
    Parameter("mix", "Mix", "", 0.0, 1.0, 0.35, tag="space"),
    Parameter("tone_hz", "Tone", "Hz", 1000.0, 16000.0, 6000.0, "log", tag="brightness"),
    Parameter("low_cut_hz", "Low cut", "Hz", 20.0, 1000.0, 150.0, "log", tag="body"),
    Parameter("mod", "Mod", "", 0.0, 1.0, 0.4, tag="movement"),
)

LINE_S = np.array((0.03109, 0.03373, 0.03617, 0.03911, 0.04219, 0.04517, 0.04871, 0.05279,
                   0.05641, 0.06091, 0.06529, 0.07057, 0.07583, 0.08161, 0.08803, 0.09437))
DIFFUSER_S = np.array((0.00503, 0.00823, 0.01171, 0.01723, 0.00437, 0.00761, 0.01259, 0.01811))   # left, right
DIFFUSER_RING = 2048        # frames: the longest at 96 kHz and a chunk
DIFFUSION, STEADY = np.float32(0.68), np.float32(0.0)
MODULATION_S = 0.0004       # each way, at full modulation: 3 cents
EARLY = 0.5                 # of the diffused input, heard before the lines answer
WET_LEVEL = 0.48            # a steady mono sound is then as loud in the wet as in the dry
VOICE_S = 0.019             # the octave waits so long before it goes in
VOICE_RING = 4096           # frames
VOICE_LEVEL = 0.45          # of what is heard, at full shimmer

BANDS = 48                  # a multiple of every machine's LANES
LOWEST_HZ, HIGHEST_HZ = 110.0, 5000.0
WIDTH = 0.5                 # of a band's poles, in ERB
(TURN, ACROSS, INLET, PHASE, PHASE_ACROSS, LEVEL) = range(6)        # of the bank's tables, BANDS each
ONCE, ONCE_ACROSS, TWICE, TWICE_ACROSS = range(4)       # of the bank's memory
NOTHING = np.float32(1e-20)     # keeps silence from being divided by itself
HALF, TWO = np.float32(0.5), np.float32(2.0)

THIN, STATE = NETWORK_STATE, NETWORK_STATE + 4
NOW, DELAYS = NETWORK_CURSORS, NETWORK_CURSORS + 1
CURSORS = DELAYS + len(DIFFUSER_S)


def erbs(hz):
    """How many equivalent rectangular bandwidths lie below (Glasberg and Moore 1990)."""
    return 21.4 * np.log10(1.0 + 0.00437 * hz)


def tables(sample_rate, options):
    """The counts, and the bank: poles, inlets, the turn that puts neighbours in phase, levels."""
    scale = np.linspace(erbs(LOWEST_HZ), erbs(HIGHEST_HZ), BANDS)
    hz = (10.0 ** (scale / 21.4) - 1.0) / 0.00437
    pole = np.exp(2.0 * np.pi * (1j * hz - WIDTH * (24.7 + 0.108 * hz)) / sample_rate)
    inlet = 1.0 - np.abs(pole)

    def response(at, band):
        return (inlet[band] / (1.0 - pole[band] * np.exp(-2j * np.pi * at / sample_rate))) ** 2

    between = np.sqrt(hz[:-1] * hz[1:])
    band = np.arange(BANDS - 1)
    apart = np.angle(response(between, band) / response(between, band + 1))
    phase = np.exp(2j * np.concatenate([[0.0], np.cumsum(apart)]))
    single = response(hz[:, None], np.arange(BANDS)[None, :])       # [tone, band]
    level = 2.0 / np.abs((single ** 2 / np.abs(single) * phase).sum(axis=1))
    bank = np.concatenate([pole.real, pole.imag, inlet, phase.real, phase.imag, level])
    return np.concatenate([counts(sample_rate, options), bank.astype(np.float32)])


@inlined
def double(x, y, bank, memory, sums, frames):
    """Every partial of x an octave higher, in y.

    sums : room for a vector a frame.
    """
    for first in range(0, BANDS, LANES):
        turn, across = load(bank, TURN * BANDS + first), load(bank, ACROSS * BANDS + first)
        inlet, level = load(bank, INLET * BANDS + first), load(bank, LEVEL * BANDS + first)
        phase, phase_across = load(bank, PHASE * BANDS + first), load(bank, PHASE_ACROSS * BANDS + first)
        a, b = load(memory, ONCE * BANDS + first), load(memory, ONCE_ACROSS * BANDS + first)
        c, d = load(memory, TWICE * BANDS + first), load(memory, TWICE_ACROSS * BANDS + first)
        for i in range(frames):
            a, b = turn * a - across * b + inlet * splat(x[i]), turn * b + across * a
            c, d = turn * c - across * d + inlet * a, turn * d + across * c + inlet * b
            power = c * c + d * d + NOTHING
            octave = ((c * c - d * d) * phase - TWO * c * d * phase_across) * inverse_root(power) * level
            store(sums, i * LANES, octave + load(sums, i * LANES) if first > 0 else octave)
        store(memory, ONCE * BANDS + first, a)
        store(memory, ONCE_ACROSS * BANDS + first, b)
        store(memory, TWICE * BANDS + first, c)
        store(memory, TWICE_ACROSS * BANDS + first, d)
    for i in range(frames):
        total = sums[i * LANES]
        for number in range(1, LANES):
            total += sums[i * LANES + number]
        y[i] = total


@kernel
def process(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    state, memory, cursors, tables, io = borrow(state), borrow(memory), borrow(cursors), borrow(tables), borrow(io)
    rows, heads, losses, memory = carve_network(memory)
    diffusers, memory = carve(memory, len(DIFFUSER_S), DIFFUSER_RING + PAD)
    voices, memory = carve(memory, 1, VOICE_RING + PAD)
    into, memory = carve(memory, 2, CHUNK)
    out, memory = carve(memory, 2, CHUNK)
    voice, memory = carve(memory, 2, CHUNK)
    sums, memory = memory[:CHUNK * LANES], memory[CHUNK * LANES:]
    bands, lines = memory[:4 * BANDS], memory[4 * BANDS:]
    count, bank = tables[CHUNK:], tables[2 * CHUNK:]

    (dry_start, wet_start), (dry_end, wet_end) = beside(knobs[MIX, 0]), beside(knobs[MIX, 1])
    cut_start, cut_end = share(knobs[LOW_CUT, 0], sample_rate), share(knobs[LOW_CUT, 1], sample_rate)
    now, done = cursors[NOW], 0
    if now == 0:
        lay_lines(tables, cursors, DIFFUSER_S, cursors[DELAYS:], sample_rate)
    while done < frames:
        offset = now % CHUNK
        n = min(CHUNK - offset, frames - done)
        if offset == 0:
            tune(np.float64(knobs[DECAY, 1]), 1.0, np.float64(knobs[TONE, 1]), 0.0, LINE_S, state, losses, sample_rate)
            step_fade(1.0, 0.0, state[HEAD:], sample_rate)
            aim(MODULATION_S * sample_rate * knobs[MODULATION, 1], now, LINE_S, state, heads, sample_rate)
        rise = tables[offset:CHUNK]

        fetch(voices, now - int(VOICE_S * sample_rate), voice, n)
        amount, amount_step = piece_of(VOICE_LEVEL * knobs[SHIMMER, 0], VOICE_LEVEL * knobs[SHIMMER, 1], frames, done)
        for side in range(2):
            x, y, octave = io[side, done:], into[side], voice[0]
            for i in range(n):
                y[i] = x[i] + (amount + count[i] * amount_step) * octave[i]
        cut = middle_of(cut_start, cut_end, frames, done, n)
        for stage in range(2):
            cut_low(into, cut, state[THIN + 2 * stage:], n)
        diffuse(diffusers, now, cursors[DELAYS:], DIFFUSION, STEADY, count, into, n)
        hear(lines, now, state, cursors, heads, losses, rise, rows, n)
        listen(rows, into, out, EARLY, n)
        feed(lines, now, offset, rows, into, state, losses, cursors, count, n)

        x, left, right = voice[1], out[0], out[1]
        for i in range(n):
            x[i] = HALF * (left[i] + right[i])
        double(x, voice[0], bank, bands, sums, n)
        keep(voices, now, voice, n)

        dry, dry_step = piece_of(dry_start, dry_end, frames, done)
        wet, wet_step = piece_of(WET_LEVEL * wet_start, WET_LEVEL * wet_end, frames, done)
        lay_beside(io, out, dry, dry_step, wet, wet_step, count, done, n)
        now += n
        done += n
    cursors[NOW] = now


def build(sample_rate, options):
    lengths = lengths_of(LINE_S, sample_rate)
    memory = (network_size(lengths) + bank_size(len(DIFFUSER_S), DIFFUSER_RING)
              + bank_size(1, VOICE_RING) + (6 + LANES) * CHUNK + 4 * BANDS)
    return Prepared(process, STATE, CURSORS, memory, np.append(tables(sample_rate, options), lengths))


EFFECT = Effect("shimmer", "Shimmer", "A hall whose echoes rise an octave each time round.", PARAMETERS, build=build,
                widens=True, tail_s=60.0)
