"""A tape echo with three playback heads: every repeat a little rounder, darker and less sure of its pitch.

After the machines of the sixties, as measured by Arnardottir, Abel and Smith ("A digital model of the
Echoplex tape delay", AES 125, 2008): the motor's speed wanders with its reels, pinch wheel and capstan.
A head plays what was recorded one delay ago, so an echo is bent by what the tape did in between: with
D(t) the tape's lead, by D(t) - D(t - delay). The heads stand at one, two and three thirds of the time.

In the loop lie the recording amplifier, x / sqrt(1 + x^2) in antiderivative form against aliases (Parker,
Zavalishin, Le Bivic, DAFx-16), and the playback head: a bump in the bass where the wavelength is that of
the head, an end at the bottom, and the loss of treble over the gap. The bump's top is what the feedback
knob counts, so that the loop never takes off; all other frequencies die sooner.
"""

import numpy as np

from dsp.effect import Effect, Prepared, line_length
from dsp.native import borrow, helper, kernel
from dsp.parameter import Parameter, choice
from dsp.primitives.blend import beside
from dsp.primitives.delays import division, echo_ms, tempo, toward, travel
from dsp.primitives.filters import (BUTTERWORTH, bank_state, coefficients_of, put_bell, put_high_pass, put_low_pass,
                                    run_bank)
from dsp.primitives.levels import db_to_gain
from dsp.primitives.poles import share
from dsp.primitives.reciprocals import reciprocal, root
from dsp.primitives.rings import (CHUNK, LANES, PAD, bank_size, carve, counts, fetch_travelling, middle_of, piece_of,
                                  place, repeat, smooth)

TIME, FEEDBACK, MIX, HEADS, DRIVE, TONE, WOW, FLUTTER, DIVISION, TEMPO = range(10)
PARAMETERS = (
    Parameter("time_ms", "Time", "ms", 60.0, 2000.0, 420.0, "log", tag="time"),
    Parameter("feedback", "Repeats", "", 0.0, 1.0, 0.45, tag="space"),
    Parameter("mix", "Mix", "", 0.0, 1.0, 0.3, tag="space"),
    choice("heads", "Heads", ("1", "2", "3", "1+2", "1+3", "2+3", "1+2+3"), 2, tag="time"),
    Parameter("drive_db", "Drive", "dB", 0.0, 24.0, 8.0, tag="drive"),
    Parameter("tone_hz", "Tone", "Hz", 1000.0, 12000.0, 4500.0, "log", tag="brightness"),
    Parameter("wow", "Wow", "", 0.0, 1.0, 0.3, tag="movement"),
    Parameter("flutter", "Flutter", "", 0.0, 1.0, 0.3, tag="movement"),
    division(),
    tempo(),
)

PLAYING = np.array(((1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0), (1, 0, 1), (0, 1, 1), (1, 1, 1)), np.float64)
LONGEST_S = 2.03            # two seconds, the tape's lead and a chunk
BUMP_HZ, BUMP_Q, BUMP_DB = 95.0, 1.0, 1.5
BOTTOM_HZ = 40.0
GAP_HZ, GAP_Q = 11000.0, 0.6
LOOP_GAIN = 0.96 * 10.0 ** (-BUMP_DB / 20.0)    # at full feedback the bump's top falls by 0.35 dB a repeat
SPEED = 0.5                 # frames per frame at most while the motor finds another speed
MOTOR_S = 0.12              # its time constant for the last of the way
RECORD_LATE = 0.5           # frames that the amplifier's antiderivative form takes
# Hz, and the speed's deviation at full knob: reels and their second beat; pinch wheel, tension roller, capstan.
WOW_OF_TAPE = ((0.31, 0.0030), (0.73, 0.0055))
FLUTTER_OF_TAPE = ((2.5, 0.0012), (9.1, 0.0016), (25.7, 0.0022))
DEPTH_STEP = 0.005          # by which wow and flutter may grow in a chunk
SWITCH_S = 0.03             # from head to head

# Places in state: each head's level and place at a chunk's start and end, then single ones; for each
# channel the tone's filter and the amplifier's last sample; at the end the head's filters.
LEVEL, LEVEL_END, BEFORE, AFTER, HEAD, DEEP_WOW, DEEP_FLUTTER = 0, 3, 6, 9, 12, 13, 14
DARK, LAST, FILTERS = 15, 17, 19
SECTIONS = 3
STATE = FILTERS + bank_state(SECTIONS, 0)
ROWS = 3 + 2                # scratch: echoes and a head's sound; two rows with room for the sample before
ONE = np.float32(1.0)


@helper
def lead(t, wow, flutter):
    """How far, in seconds, the tape is ahead of one that runs evenly."""
    total = 0.0
    for hz, deviation in WOW_OF_TAPE:
        total += wow * deviation / (2.0 * np.pi * hz) * np.sin(2.0 * np.pi * hz * t)
    for hz, deviation in FLUTTER_OF_TAPE:
        total += flutter * deviation / (2.0 * np.pi * hz) * np.sin(2.0 * np.pi * hz * t)
    return total


@helper
def put_head(state, sample_rate):
    """The playback head's filters, which no knob turns."""
    bank, _, _ = coefficients_of(state[FILTERS:], SECTIONS)
    put_high_pass(bank, 0, BOTTOM_HZ, BUTTERWORTH, sample_rate)
    put_bell(bank, 1, BUMP_HZ, BUMP_Q, BUMP_DB, sample_rate)
    put_low_pass(bank, 2, GAP_HZ, GAP_Q, sample_rate)


@helper
def aim(knobs, state, now, sample_rate):
    """On the grid: where every head reads until the next grid point, and how loud it plays."""
    target = sample_rate / 1000.0 * echo_ms(knobs[TIME, 1], knobs[DIVISION, 1], knobs[TEMPO, 1])
    fresh = state[HEAD] == 0.0
    if fresh:
        put_head(state, sample_rate)
        state[HEAD], state[DEEP_WOW], state[DEEP_FLUTTER] = target, knobs[WOW, 1], knobs[FLUTTER, 1]
    near = 1.0 - np.exp(-CHUNK / (MOTOR_S * sample_rate))
    state[HEAD] = travel(state[HEAD], target, near, SPEED * CHUNK)
    state[DEEP_WOW] = toward(state[DEEP_WOW], knobs[WOW, 1], DEPTH_STEP)
    state[DEEP_FLUTTER] = toward(state[DEEP_FLUTTER], knobs[FLUTTER, 1], DEPTH_STEP)

    t, step = (now + CHUNK) / sample_rate, CHUNK / (SWITCH_S * sample_rate)
    here = lead(t, state[DEEP_WOW], state[DEEP_FLUTTER])
    for head in range(3):
        delay = state[HEAD] * (head + 1) / 3.0
        then = lead(t - delay / sample_rate, state[DEEP_WOW], state[DEEP_FLUTTER])
        place = delay - RECORD_LATE + sample_rate * (here - then)
        playing = PLAYING[int(knobs[HEADS, 1]), head]
        state[BEFORE + head] = place if fresh else state[AFTER + head]
        state[AFTER + head] = place
        state[LEVEL + head] = playing if fresh else state[LEVEL_END + head]
        state[LEVEL_END + head] = toward(state[LEVEL + head], playing, step)


@helper
def play_heads(lines, channel, now, offset, state, rise, rows, echo, frames):
    """The sum of what the playing heads read."""
    row = rows[0]
    for i in range(frames):
        echo[i] = np.float32(0.0)
    for head in range(3):
        level, end = state[LEVEL + head], state[LEVEL_END + head]
        if level == 0.0 and end == 0.0:
            continue
        fetch_travelling(lines, channel, now, offset, state[BEFORE + head], state[AFTER + head], rise, rows, frames)
        start, step = np.float32(level), np.float32(end - level)
        for i in range(frames):
            echo[i] += (start + step * rise[i]) * row[i]


@helper
def record(tape, signal, loudness, gain, gain_step, count, last, frames):
    """Drive the recording amplifier and write the tape; returns the amplifier's last input.

    signal, loudness : rows with the frame before in front: the amplifier's input, room for its integral.
    """
    signal[0] = last
    for i in range(frames + 1):
        loudness[i] = root(ONE + signal[i] * signal[i])
    for i in range(frames):
        level = (loudness[i + 1] + loudness[i]) * (gain + count[i] * gain_step)
        tape[i] = (signal[i + 1] + signal[i]) * reciprocal(level)
    return signal[frames]


@kernel
def process(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    state, memory, tables, io = borrow(state), borrow(memory), borrow(tables), borrow(io)
    length = (memory.size - ROWS * (CHUNK + LANES)) // 2 - PAD
    lines, memory = carve(memory, 2, length + PAD)
    echoes, memory = carve(memory, 2, CHUNK)
    row, memory = carve(memory, 1, CHUNK)
    driven, memory = carve(memory, 2, CHUNK + LANES)
    rise, count = tables[:CHUNK], tables[CHUNK:]

    bright_start, bright_end = share(knobs[TONE, 0], sample_rate), share(knobs[TONE, 1], sample_rate)
    gain_start, gain_end = db_to_gain(np.float64(knobs[DRIVE, 0])), db_to_gain(np.float64(knobs[DRIVE, 1]))
    (dry_start, wet_start), (dry_end, wet_end) = beside(knobs[MIX, 0]), beside(knobs[MIX, 1])

    channels = io.shape[0]
    echoes = echoes[:channels]
    now, done = cursors[0], 0
    while done < frames:
        offset = now % CHUNK
        n = min(CHUNK - offset, frames - done)
        if offset == 0:
            aim(knobs, state, now, sample_rate)
        playing = playing_end = 0.0
        for head in range(3):
            playing += state[LEVEL + head]
            playing_end += state[LEVEL_END + head]
        # Between two switches the number of heads is whole; on the way it may be 0.5 for a moment.
        heads = max(1.0, max(playing, playing_end))
        feedback, feedback_step = piece_of(LOOP_GAIN * knobs[FEEDBACK, 0], LOOP_GAIN * knobs[FEEDBACK, 1], frames, done)
        gain, gain_step = piece_of(gain_start, gain_end, frames, done)
        dry, dry_step = piece_of(dry_start, dry_end, frames, done)
        wet, wet_step = piece_of(wet_start, wet_end, frames, done)
        over_heads = np.float32(1.0 / heads)
        at = place(lines, now)
        for channel in range(channels):
            play_heads(lines, channel, now, offset, state, rise[offset:], row, echoes[channel], n)
        run_bank(knobs[:0], state[FILTERS:], SECTIONS, echoes, n)
        smooth(echoes, 1.0 - middle_of(bright_start, bright_end, frames, done, n), state[DARK:], n)
        for channel in range(channels):
            x, y, signal = io[channel, done:], echoes[channel], driven[0]
            for i in range(n):
                loop = (feedback + count[i] * feedback_step) * over_heads
                signal[i + 1] = (gain + count[i] * gain_step) * (x[i] + loop * y[i])
                x[i] = (dry + count[i] * dry_step) * x[i] + (wet + count[i] * wet_step) * y[i]
            state[LAST + channel] = record(lines[channel, at:at + n], signal, driven[1], gain, gain_step, count,
                                           np.float32(state[LAST + channel]), n)
        repeat(lines, at, n)
        now += n
        done += n
    cursors[0] = now


def build(sample_rate, options):
    memory = bank_size(2, line_length(LONGEST_S, sample_rate)) + ROWS * (CHUNK + LANES)
    return Prepared(process, STATE, 1, memory, counts(sample_rate, options))


EFFECT = Effect("tape_delay", "Tape echo", "A worn tape machine with three heads: warm, dark, never quite in tune.",
                PARAMETERS, build=build, tail_s=180.0)
