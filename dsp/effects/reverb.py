"""A stereo room: from a small chamber to a hall, smooth and dense.

Sixteen delay lines feed one another through a Hadamard matrix (Jot and Chaigne, "Digital delay networks
for designing artificial reverberators", AES 1991; the matrix after Rocchesso and Smith 1997), behind four
all-passes a side that break up an attack before it enters (Schroeder 1962). Each line's gain and one-pole
low pass follow from its length, so that all die together: by 60 dB in `decay_s`, and twice as fast at
`tone_hz`. Each line is moved a little by a slow sine of its own, which keeps single modes from ringing.
When size or pre-delay change, the read heads cross-fade: travelling, they would bend the whole tail.

The work is done for a piece of up to 64 frames at a time, a row for each line; what changes only now and
then is looked at on a fixed grid of 64 frames since the effect was fresh, whatever the blocks are.
"""

import numpy as np

from dsp.effect import Effect
from dsp.native import helper, kernel
from dsp.parameter import Parameter
from dsp.primitives.blend import beside, slope
from dsp.primitives.delays import between
from dsp.primitives.oscillators import sine
from dsp.primitives.poles import share
from dsp.primitives.rings import (CHUNK, PAD, borrow, carve, counts, cut_low, diffuse, fade, fetch, fetch_gliding,
                                  keep, middle_of, mix_hadamard, place, repeat, smooth)

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

LINES = 16
# Seconds at full size: about evenly spread in ratio, jittered off any common measure. Their sum, 0.95 s,
# is the density of modes: one a hertz, enough for decays beyond 6 s to sound smooth (Schroeder 1962).
LINE_S = np.array((0.03109, 0.03373, 0.03617, 0.03911, 0.04219, 0.04517, 0.04871, 0.05279,
                   0.05641, 0.06091, 0.06529, 0.07057, 0.07583, 0.08161, 0.08803, 0.09437))
MEAN_S = LINE_S.mean()
SMALLEST = 0.28             # of the full size
DIFFUSER_S = np.array((0.00279, 0.00401, 0.00823, 0.01171, 0.00311, 0.00437, 0.00761, 0.01259))   # left, right
DIFFUSION, STEADY = np.float32(0.62), np.float32(0.0)
MODULATION_S = 0.0004       # each way, at full modulation: 3 cents
MODULATION_HZ = 0.37 + 0.031 * ((7 * np.arange(LINES)) % LINES)
GOLDEN = 0.618034           # turns from one line's sine to the next: never together
FADE_S = 0.04               # of the heads, to another size or pre-delay
REACH = 0.1                 # frames by which the modulation's depth may grow in a chunk
LONGEST_S = 0.1             # a line with its modulation
EARLY = np.float32(0.8)     # of the diffused input, heard before the lines answer: a tenth of the energy
WET_LEVEL = 0.48            # a steady mono sound is then as loud in the wet as in the dry
MATRIX = np.float32(0.25)   # makes the Hadamard transform of sixteen keep the energy

# Places in state: some for each line, then single ones.
POLE, GAIN, POLE_GOAL, GAIN_GOAL, DARK, MOVED, POLE_NOW = range(0, 7 * LINES, LINES)
(DECAY_KEY, SCALE_KEY, TONE_KEY, INTO, INTO_GOAL, SCALE, AHEAD, NEXT_SCALE, NEXT_AHEAD, FADE_FROM, FADE_TO,
 DEPTH, THIN) = range(7 * LINES, 7 * LINES + 13)
THIN_POLES = THIN + 4
STATE = THIN_POLES + 2

# Places in cursors: the frame count, then where each line's two heads read, in frames back from now.
NOW, HEADS, NEXT_HEADS, DELAYS = 0, 1, 1 + LINES, 1 + 2 * LINES
CURSORS = DELAYS + len(DIFFUSER_S)

# In memory, in units of one line's length: the lines, two of pre-delay (double), eight diffusers (a
# quarter), and in the rest the pads of all rings, the rows being worked on and the heads' weights.
MEMORY_LINES = LINES + 2 * 2 + 8 // 4 + 2
WEIGHTS = 8                 # of a head: four at a chunk's start, four at its end


@helper
def scale_of(size):
    """The lines' lengths at this size, relative to the largest."""
    return SMALLEST ** (1.0 - size)


@helper
def retune(decay, scale, tone, state, sample_rate):
    """Gains and poles with which every line dies by 60 dB in `decay` seconds, in half of it at `tone` Hz."""
    cosine = np.cos(2.0 * np.pi * tone / sample_rate)
    for line in range(LINES):
        gain = 10.0 ** (-3.0 * scale * LINE_S[line] / decay)
        # Another time this gain at `tone`, from |H| of y += (1 - pole) (x - y), solved for the pole.
        b = (1.0 - gain * gain * cosine) / (1.0 - gain * gain)
        state[GAIN_GOAL + line] = gain
        state[POLE_GOAL + line] = 1.0 / (b + np.sqrt(b * b - 1.0))
    # So much goes in that a steady sound is as loud in the wet as in the dry, whatever the decay.
    state[INTO_GOAL] = np.sqrt(1.0 - 10.0 ** (-6.0 * scale * MEAN_S / decay))
    state[DECAY_KEY], state[SCALE_KEY], state[TONE_KEY] = decay, scale, tone


@helper
def follow(knobs, end, state, sample_rate):
    """Set the goals by the knobs at the block's start or end, if they are not set by just that."""
    decay, tone, scale = np.float64(knobs[DECAY, end]), np.float64(knobs[TONE, end]), scale_of(knobs[SIZE, end])
    if decay != state[DECAY_KEY] or tone != state[TONE_KEY] or scale != state[SCALE_KEY]:
        retune(decay, scale, tone, state, sample_rate)


@helper
def arrive(state):
    """The goals are reached."""
    for line in range(LINES):
        state[POLE + line] = state[POLE_GOAL + line]
        state[GAIN + line] = state[GAIN_GOAL + line]
    state[INTO] = state[INTO_GOAL]


@helper
def step_fade(knobs, state, sample_rate):
    """On the grid: go on with the heads' cross-fade, end it, or begin one if size or pre-delay moved."""
    scale = scale_of(knobs[SIZE, 1])
    ahead = np.floor(knobs[PREDELAY, 1] * sample_rate / 1000.0 + 0.5)
    if state[SCALE] == 0.0:
        state[SCALE], state[AHEAD] = scale, ahead
    state[FADE_FROM] = state[FADE_TO]
    if state[FADE_TO] >= 1.0:
        state[SCALE], state[AHEAD] = state[NEXT_SCALE], state[NEXT_AHEAD]
        state[FADE_FROM] = state[FADE_TO] = 0.0
    if state[FADE_TO] == 0.0:
        if scale == state[SCALE] and ahead == state[AHEAD]:
            return
        state[NEXT_SCALE], state[NEXT_AHEAD] = scale, ahead
    state[FADE_TO] = min(1.0, state[FADE_TO] + CHUNK / (FADE_S * sample_rate))


@helper
def aim(modulation, now, state, cursors, weights, sample_rate):
    """On the grid: where every head reads until the next grid point, and with which weights."""
    depth = MODULATION_S * sample_rate * modulation
    state[DEPTH] += min(max(depth - state[DEPTH], -REACH), REACH)
    seconds = (now + CHUNK) / sample_rate
    for number in range(len(DIFFUSER_S)):
        cursors[DELAYS + number] = int(DIFFUSER_S[number] * sample_rate)
    for line in range(LINES):
        before = state[MOVED + line]
        after = state[DEPTH] * sine(seconds * MODULATION_HZ[line] + GOLDEN * line)
        state[MOVED + line] = after
        length = LINE_S[line] * sample_rate
        point(line, state[SCALE] * length, before, after, cursors, weights)
        if state[FADE_TO] > 0.0:
            point(LINES + line, state[NEXT_SCALE] * length, before, after, cursors, weights)


@helper
def point(head, length, before, after, cursors, weights):
    """Let a head read `length + before` frames back at the chunk's start, `length + after` at its end."""
    back = int(length + 0.5 * (before + after))
    cursors[HEADS + head] = back
    newer, here, older, oldest = between(length + before - back)
    weights[head, 0], weights[head, 1], weights[head, 2], weights[head, 3] = oldest, older, here, newer
    newer, here, older, oldest = between(length + after - back)
    weights[head, 4], weights[head, 5], weights[head, 6], weights[head, 7] = oldest, older, here, newer


@helper
def glide(state, value, goal, line, passed, step):
    """A line's coefficient with so much of the way to its goal passed, and its rise at each `step` more."""
    away = state[goal + line] - state[value + line]
    return np.float32(state[value + line] + passed * away), np.float32(step * away)


@helper
def darken(rows, state, passed, step, frames):
    """The lines' low passes, with the poles of the piece's middle."""
    poles = state[POLE_NOW:]
    middle = passed + 0.5 * frames * step
    for line in range(LINES):
        poles[line] = state[POLE + line] + middle * (state[POLE_GOAL + line] - state[POLE + line])
    smooth(rows, poles, state[DARK:], frames)


@helper
def listen(rows, into, out, frames):
    """What is heard: what goes in, as early reflections, and the even lines left, the odd ones right."""
    for side in range(2):
        x, y = into[side], out[side]
        a, b, c, d = rows[side], rows[side + 2], rows[side + 4], rows[side + 6]
        for i in range(frames):
            y[i] = EARLY * x[i] + a[i] - b[i] + c[i] - d[i]
        a, b, c, d = rows[side + 8], rows[side + 10], rows[side + 12], rows[side + 14]
        for i in range(frames):
            y[i] += a[i] - b[i] + c[i] - d[i]


@helper
def feed(lines, now, rows, into, state, passed, step, count, frames):
    """Write the lines: what came through the matrix, faded, and what comes in, left and right in turn."""
    at = place(lines, now)
    level, level_step = glide(state, INTO, INTO_GOAL, 0, passed, step)
    for line in range(LINES):
        piece, row, x = lines[line, at:at + frames], rows[line], into[line % 2]
        gain, gain_step = glide(state, GAIN, GAIN_GOAL, line, passed, step)
        gain, gain_step = MATRIX * gain, MATRIX * gain_step
        for i in range(frames):
            piece[i] = (gain + count[i] * gain_step) * row[i] + (level + count[i] * level_step) * x[i]
    repeat(lines, at, frames)


@kernel
def process(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    state, memory, cursors, tables, io = borrow(state), borrow(memory), borrow(cursors), borrow(tables), borrow(io)
    length = memory.size // MEMORY_LINES
    lines, memory = carve(memory, LINES, length + PAD)
    aheads, memory = carve(memory, 2, 2 * length + PAD)
    diffusers, memory = carve(memory, len(DIFFUSER_S), length // 4 + PAD)
    rows, memory = carve(memory, LINES, CHUNK)
    others, memory = carve(memory, LINES, CHUNK)
    into, memory = carve(memory, 2, CHUNK)
    out, memory = carve(memory, 2, CHUNK)
    weights, memory = carve(memory, 2 * LINES, WEIGHTS)

    (dry_start, wet_start), (dry_end, wet_end) = beside(knobs[MIX, 0]), beside(knobs[MIX, 1])
    dry, dry_step = slope(dry_start, dry_end, frames)
    wet, wet_step = slope(WET_LEVEL * wet_start, WET_LEVEL * wet_end, frames)
    cut_start, cut_end = share(knobs[LOW_CUT, 0], sample_rate), share(knobs[LOW_CUT, 1], sample_rate)
    if state[DECAY_KEY] == 0.0:
        follow(knobs, 0, state, sample_rate)
        arrive(state)
    follow(knobs, 1, state, sample_rate)

    now, done = cursors[NOW], 0
    while done < frames:
        offset = now % CHUNK
        n = min(CHUNK - offset, frames - done)
        if offset == 0:
            step_fade(knobs, state, sample_rate)
            aim(knobs[MODULATION, 1], now, state, cursors, weights, sample_rate)
        rise, count = tables[offset:CHUNK], tables[CHUNK:]
        passed, step = done / frames, 1.0 / frames
        fading = state[FADE_TO] > 0.0
        fade_start, fade_step = np.float32(state[FADE_FROM]), np.float32(state[FADE_TO] - state[FADE_FROM])

        keep(aheads, now, io[:, done:], n)
        fetch(aheads, now - int(state[AHEAD]), into, n)
        fetch_gliding(lines, now, cursors[HEADS:], weights, rise, rows, n)
        if fading:
            fetch(aheads, now - int(state[NEXT_AHEAD]), out, n)
            fade(into, out, fade_start, fade_step, rise, n)
            fetch_gliding(lines, now, cursors[NEXT_HEADS:], weights[LINES:], rise, others, n)
            fade(rows, others, fade_start, fade_step, rise, n)

        cut = middle_of(cut_start, cut_end, frames, done, n)
        for stage in range(2):
            cut_low(into, out, cut, state[THIN_POLES:], state[THIN + 2 * stage:], n)
        diffuse(diffusers, now, cursors[DELAYS:], DIFFUSION, STEADY, count, into, n)
        darken(rows, state, passed, step, n)
        listen(rows, into, out, n)
        mix_hadamard(rows, n)
        feed(lines, now, rows, into, state, passed, step, count, n)

        for side in range(2):
            x, y = io[side, done:], out[side]
            for i in range(n):
                x[i] = (dry + count[i] * dry_step) * x[i] + (wet + count[i] * wet_step) * y[i]
        dry += n * dry_step
        wet += n * wet_step
        now += n
        done += n

    arrive(state)
    cursors[NOW] = now


EFFECT = Effect("reverb", "Reverb", "A room around the sound, from a small chamber to a hall.", PARAMETERS, process,
                state=STATE, cursors=CURSORS, memory_s=LONGEST_S, memory_lines=MEMORY_LINES, tables=counts,
                widens=True, tail_s=21.0)
