"""A real room, from a cupboard to a studio: the first echoes tell its size, a short dense tail fills it.

The early reflections are those of a box-shaped room with a player and two ears in it, found by mirroring the player
in the walls (Allen and Berkley, "Image method for efficiently simulating small-room acoustics", JASA 65, 1979):
the fourteen nearest images for each ear, in time proportional to the size. The tail is a network of sixteen
delay lines (see `dsp.primitives.network`) about as long as the way from wall to wall, behind all-passes.
`distance` goes from near, where the echoes are plain, to far, where the tail covers them.
"""

import numpy as np

from dsp.effect import Effect, Prepared, line_length
from dsp.native import borrow, inlined, kernel
from dsp.parameter import Parameter
from dsp.primitives.blend import across_kept, beside
from dsp.primitives.network import (HEAD, NETWORK_CURSORS, NETWORK_STATE, aim, carve_network, feed, hear, lay_lines,
                                    lengths_of, listen, network_size, tune)
from dsp.primitives.poles import shares
from dsp.primitives.rings import (CHUNK, FADE_TO, FIRST, NEXT_FIRST, NEXT_SECOND, PAD, SECOND, bank_size, carve,
                                  counts, cut_low, diffuse, fade, fetch, keep, middle_of, piece_of, place,
                                  ring_length, step_fade)
from dsp.primitives.vectors.arithmetic import splat
from dsp.primitives.vectors.kinds import LANES
from dsp.primitives.vectors.memory import load, load_until, moved, start_of, store, store_until

DECAY, SIZE, MIX, DISTANCE, TONE, LOW_CUT, PREDELAY = range(7)
MOST_M = 25.0               # of size
PARAMETERS = (
    Parameter("decay_s", "Decay", "s", 0.15, 2.5, 0.6, "log", tag="space"),
    Parameter("size_m", "Size", "m", 3.0, MOST_M, 8.0, "log", tag="space"),
    Parameter("mix", "Mix", "", 0.0, 1.0, 0.25, tag="space"),
    Parameter("distance", "Distance", "", 0.0, 1.0, 0.5, tag="space"),
    Parameter("tone_hz", "Tone", "Hz", 1000.0, 16000.0, 6000.0, "log", tag="brightness"),
    Parameter("low_cut_hz", "Low cut", "Hz", 20.0, 1000.0, 80.0, "log", tag="body"),
    Parameter("predelay_ms", "Pre-delay", "ms", 0.0, 60.0, 0.0, tag="time"),
)

SOUND = 343.0               # m/s
# In lengths of the room: its sides, the player, the listener's ears.
SIDES = np.array((1.0, 0.78, 0.43))
PLAYER = np.array((0.29, 0.37, 0.17))
EARS = np.array(((0.69, 0.44, 0.20), (0.67, 0.47, 0.20)))
BOUNCE = 0.82               # of the sound comes back from a wall
ECHOES = 14                 # for each ear


def reflections():
    """For each ear the nearest mirror images: seconds after the direct sound for a metre of size, and level."""
    ears = []
    for ear in EARS:
        direct = np.linalg.norm(PLAYER - ear)
        images = []
        for number in np.ndindex(7, 7, 7):
            cell = np.array(number) - 3
            image = cell * SIDES + np.where(cell % 2, SIDES - PLAYER, PLAYER)
            away, walls = np.linalg.norm(image - ear), np.abs(cell).sum()
            if walls:
                images.append(((away - direct) / SOUND, BOUNCE ** walls * direct / away))
        ears.append(sorted(images)[:ECHOES])
    return np.array(ears)


REFLECTIONS = reflections()         # [ear, echo, seconds a metre | level]
ECHO_LEVEL = 1.0 / np.sqrt(np.sum(REFLECTIONS[:, :, 1] ** 2) / 2.0)     # as loud as what goes in

# Seconds for a metre: the mean free way between the walls is 4 volumes over the surface, 0.43 of the size
# (Kuttruff, "Room acoustics"), and the lines are spread around it evenly in ratio, jittered.
MEAN_WAY_S = 4.0 * SIDES.prod() / (2.0 * (SIDES[0] * SIDES[1] + SIDES[1] * SIDES[2] + SIDES[0] * SIDES[2])) / SOUND
LINE_S = MEAN_WAY_S * np.array((0.551, 0.599, 0.653, 0.691, 0.757, 0.809, 0.877, 0.939,
                                1.013, 1.087, 1.171, 1.249, 1.349, 1.451, 1.553, 1.693))
# A tail of very short lines would ring like a tube, so the smallest room's are those of a larger one.
LEAST_M, MORE_A_M = 6.0, 0.76
LONGEST_AHEAD_S = 0.21      # the pre-delay, the last echo and a chunk
DIFFUSER_S = np.array((0.00181, 0.00293, 0.00419, 0.00677, 0.00199, 0.00271, 0.00461, 0.00613))   # left, right
DIFFUSER_RING = 1024        # frames: the longest at 96 kHz and a chunk
DIFFUSION, STEADY = np.float32(0.62), np.float32(0.0)
MODULATION_S = 0.0001       # each way: under a cent
WET_LEVEL = 0.5             # a steady mono sound is then as loud in the wet as in the dry

THIN, THIN_KEPT, DISTANCE_KEPT, STATE = (NETWORK_STATE + place for place in (0, 4, 6, 9))
NOW, DELAYS = NETWORK_CURSORS, NETWORK_CURSORS + 1
CURSORS = DELAYS + len(DIFFUSER_S)


@inlined
def reflect(aheads, now, tail_m, out, frames, sample_rate):
    """The early reflections of the room whose tail has this size."""
    size = (tail_m - LEAST_M) / MORE_A_M
    for ear in range(2):
        y, ring = start_of(out[ear]), start_of(aheads[ear])
        for i in range(0, frames, LANES):
            store(y, i, splat(STEADY))
        for echo in range(ECHOES):
            late = int(REFLECTIONS[ear, echo, 0] * size * sample_rate + 0.5)
            level = np.float32(ECHO_LEVEL * REFLECTIONS[ear, echo, 1])
            x = moved(ring, place(aheads, now - late))
            for i in range(0, frames, LANES):
                store(y, i, load(y, i) + level * load(x, i))


@kernel
def process(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    knobs, state, memory = borrow(knobs), borrow(state), borrow(memory)
    cursors, tables, io = borrow(cursors), borrow(tables), borrow(io)
    rows, heads, losses, memory = carve_network(memory)
    aheads, memory = carve(memory, 2, ring_length(LONGEST_AHEAD_S, sample_rate) + PAD)
    diffusers, memory = carve(memory, len(DIFFUSER_S), DIFFUSER_RING + PAD)
    into, memory = carve(memory, 2, CHUNK)
    out, memory = carve(memory, 2, CHUNK)
    echoes, memory = carve(memory, 2, CHUNK)
    lines, count = memory, tables[CHUNK:]

    (dry_start, wet_start), (dry_end, wet_end) = beside(knobs[MIX, 0]), beside(knobs[MIX, 1])
    (near_start, far_start), (near_end, far_end) = across_kept(knobs, DISTANCE, state[DISTANCE_KEPT:])
    cut_start, cut_end = shares(knobs, LOW_CUT, state[THIN_KEPT:], sample_rate)
    now, done = cursors[NOW], 0
    if now == 0:
        lay_lines(tables, cursors, DIFFUSER_S, cursors[DELAYS:], sample_rate)
    while done < frames:
        offset = now % CHUNK
        n = min(CHUNK - offset, frames - done)
        if offset == 0:
            tail_m = LEAST_M + MORE_A_M * np.float64(knobs[SIZE, 1])
            tune(np.float64(knobs[DECAY, 1]), tail_m, np.float64(knobs[TONE, 1]), 0.0, LINE_S, state, losses,
                 sample_rate)
            step_fade(tail_m, np.floor(knobs[PREDELAY, 1] * sample_rate / 1000.0 + 0.5), state[HEAD:], sample_rate)
            aim(MODULATION_S * sample_rate, now, LINE_S, state, heads, sample_rate)
        rise = tables[offset:CHUNK]

        for side in range(2):
            x = start_of(io[side, done:])
            for i in range(0, n, LANES):
                store(into[side], i, load_until(x, i, n))
        cut = middle_of(cut_start, cut_end, frames, done, n)
        for stage in range(2):
            cut_low(into, cut, state[THIN + 2 * stage:], n)
        keep(aheads, now, into, n)
        then = now - int(state[HEAD + SECOND])
        fetch(aheads, then, into, n)
        reflect(aheads, then, state[HEAD + FIRST], echoes, n, sample_rate)
        if state[HEAD + FADE_TO] > 0.0:
            then = now - int(state[HEAD + NEXT_SECOND])
            fetch(aheads, then, out, n)
            fade(into, out, state[HEAD:], rise, n)
            reflect(aheads, then, state[HEAD + NEXT_FIRST], out, n, sample_rate)
            fade(echoes, out, state[HEAD:], rise, n)
        diffuse(diffusers, now, cursors[DELAYS:], DIFFUSION, STEADY, count, into, n)
        hear(lines, now, state, cursors, heads, losses, rise, rows, n)
        listen(rows, into, out, 0.0, n)
        feed(lines, now, offset, rows, into, state, losses, cursors, count, n)

        dry, dry_step = piece_of(dry_start, dry_end, frames, done)
        near, near_step = piece_of(wet_start * near_start, wet_end * near_end, frames, done)
        far, far_step = piece_of(WET_LEVEL * wet_start * far_start, WET_LEVEL * wet_end * far_end, frames, done)
        for side in range(2):
            x = start_of(io[side, done:])
            for i in range(0, n, LANES):
                t = load(count, i)
                mixed = ((dry + dry_step * t) * load_until(x, i, n) + (near + near_step * t) * load(echoes[side], i)
                         + (far + far_step * t) * load(out[side], i))
                store_until(x, i, n, mixed)
        now += n
        done += n
    cursors[NOW] = now


def build(sample_rate, options):
    lengths = lengths_of((LEAST_M + MORE_A_M * MOST_M) * LINE_S, sample_rate)
    memory = (network_size(lengths) + bank_size(2, line_length(LONGEST_AHEAD_S, sample_rate))
              + bank_size(len(DIFFUSER_S), DIFFUSER_RING) + 6 * CHUNK)
    return Prepared(process, STATE, CURSORS, memory, np.append(counts(sample_rate, options), lengths))


EFFECT = Effect("room", "Room", "A real room: first echoes that tell its size, and a short dense tail.", PARAMETERS,
                build=build, widens=True, tail_s=3.5)
