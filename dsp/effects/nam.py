"""A captured amplifier: plays the models that Neural Amp Modeler trains (.nam files), see dsp.nam.

Unless `raw` is on, the model hears and answers at the levels its maker noted down. Calibration: full scale
of the box's input stands for `input_dbu`; where the file says what its own full scale stood for, the
difference is made up, so that the capture breaks up at the touch at which the amplifier did. Loudness: where
the file says how loud the model is for a standard input, it is brought to -18 dB as the players of these
files do; with `calibrated` on, its output keeps the amplifier's level instead, so that a captured pedal can
drive a captured amplifier. What the net answers to silence, a small constant, is taken out.

A model that was made at another sample rate than the chain's runs at its own, between two resamplers; that
is the only case with a latency.
"""

import numpy as np

from dsp.effect import Effect, Option, Prepared
from dsp.errors import OptionError
from dsp.nam import load, machine
from dsp.nam.program import CHUNK, INPUT, OUTPUT, RINGS, SIZE, Program, whole_lines
from dsp.nam.rates import bridge, dot
from dsp.native import helper, kernel
from dsp.parameter import Parameter
from dsp.primitives.levels import db_to_gain, gain_ramp
from dsp.primitives.ramps import ramp
from dsp.primitives.vectors.kinds import LINE
from dsp.primitives.vectors.memory import aligned, as_words, moved, start_of

IN, OUT, MIX = range(3)
PARAMETERS = (
    Parameter("input_db", "Input", "dB", -24.0, 24.0, 0.0, tag="drive"),
    Parameter("output_db", "Output", "dB", -24.0, 24.0, 0.0, tag="level"),
    Parameter("mix", "Mix", "", 0.0, 1.0, 1.0, tag="drive"),
)
OPTIONS = (
    Option("model", "the .nam file; without one the sound passes through", "file"),
    Option("quality", "picks among a file's sizes, from the smallest to the best", "number", 1.0),
    Option("raw", "the bare model: levels as they are", "switch", False),
    Option("calibrated", "gives the amplifier's own level, not an equal loudness", "switch", False),
    Option("input_dbu", "what full scale at the box's input stands for", "number", 12.0, -20.0, 40.0),
)
LOUDNESS_DB = -18.0
ONE = np.float32(1.0)
HUM_HZ = 5.0                # below it nothing of an amplifier's answer is sound

# The table: what is here, then the two resamplers' taps, then the program. MOST: places for what a model may have to
# play for a chunk, at its rate, or for the chunk. PLACES: of a channel's memory, its program's and its three rows.
(GAIN_IN, GAIN_OUT, HUM, UP, DOWN, TAPS_INTO, TAPS_BACK, PAST, LATENCY, MOST, PLACES, PROGRAM,
 HEADER) = range(13)
LAST_IN, LAST_OUT, PER_CHANNEL = 0, 1, 2        # state, of the filter that takes the constant out


# --- Before the sound ---------------------------------------------------------------------------

def build(sample_rate, options):
    """What a chain needs to play the options' model."""
    if options["model"] is None:
        return prepare(Program(), None, 1.0, 1.0, 0.0)
    capture = load.read(options["model"], options["quality"])
    try:
        across = None if capture.sample_rate == sample_rate else bridge(int(sample_rate), capture.sample_rate)
    except OptionError as error:
        raise OptionError(f"{options['model']}: {error}") from None
    if options["raw"]:
        return prepare(capture.program, across, 1.0, 1.0, 0.0)
    into_db, out_db = levels(capture, options["calibrated"], options["input_dbu"])
    return prepare(capture.program, across, db_to_gain(into_db), db_to_gain(out_db), 2.0 * np.pi * HUM_HZ / sample_rate)


def levels(capture, calibrated, input_dbu):
    """Gains in dB before and behind the model, as far as its file says what they should be."""
    into = 0.0 if capture.input_dbu is None else input_dbu - capture.input_dbu
    if calibrated and capture.output_dbu is not None:
        return into, capture.output_dbu - input_dbu
    return into, 0.0 if capture.loudness_db is None else LOUDNESS_DB - capture.loudness_db


def prepare(program, across, gain_in, gain_out, hum):
    header = np.zeros(HEADER, np.float32)
    header[[GAIN_IN, GAIN_OUT, HUM, UP, DOWN]] = gain_in, gain_out, hum, 1, 1
    taps = np.zeros(0, np.float32)
    warm_frames, latency = program.warm_frames, 0
    if across:
        latency = across.latency
        taps = np.concatenate([across.into.ravel(), across.back.ravel()])
        header[[UP, DOWN]] = across.up, across.down
        header[[TAPS_INTO, TAPS_BACK, LATENCY]] = across.into.shape[1], across.back.shape[1], latency
        header[PAST] = max(across.into.shape[1], latency)
        warm_frames = warm_frames * across.down // across.up + across.into.shape[1] + across.back.shape[1]
    most = max(CHUNK, CHUNK * int(header[UP]) // int(header[DOWN]) + 2)
    places = whole_lines(program.size + int(header[PAST] + header[TAPS_BACK]) + CHUNK + 2 * most)
    header[[MOST, PLACES]] = most, places
    header[PROGRAM] = HEADER + len(taps)
    tables = np.concatenate([header, taps, program.table()])
    # Whole chunks: rings then begin again where blocks do.
    warm_frames = -(-warm_frames // CHUNK) * CHUNK
    return Prepared(process, state=2 * PER_CHANNEL, cursors=2 * (program.cursors + 1),
                    memory=LINE + 2 * places, tables=tables, latency=latency,
                    warm_frames=warm_frames)


# --- The sound ----------------------------------------------------------------------------------
#
# Behind its program's signals a channel has three rows: `past`, what came in, the newest CHUNK frames last;
# `asked`, what the model is to hear of them, at its own rate; `made`, what it answered, the newest last.

@helper
def float32s(ramp, gain):
    """A ramp's start and step, made louder, as float32: loops over frames fill their vectors then."""
    return gain * np.float32(ramp[0]), gain * np.float32(ramp[1])


@helper
def join(cursors, counts, memory, places):
    """A channel that begins later has heard what the first one has, so that it does not start with a thump."""
    if cursors[counts - 2] > 0 and cursors[2 * counts - 2] == 0:
        for i in range(counts):
            cursors[counts + i] = cursors[i]
        for i in range(places):
            memory[places + i] = memory[i]


@helper
def way(i):
    """How many steps a ramp has made at frame i, from 0."""
    return np.float32(np.int32(i + 1))


@helper
def newest(cycle, up, down):
    """The newest model frame that a chain frame can give, both counted from where they last fell together."""
    return (cycle * up) // down


@helper
def following(cycle, down):
    return cycle + 1 if cycle + 1 < down else 0


@helper
def ask(table, memory, x, asked, cycle, start, step, frames):
    """Fill `asked` from memory[x] on and what lies before; returns how many frames of the model that makes."""
    up, down, taps = int(table[UP]), int(table[DOWN]), int(table[TAPS_INTO])
    if taps == 0:
        for i in range(frames):
            memory[asked + i] = memory[x + i] * (start + step * way(i))
        return frames
    count = 0
    for i in range(frames):
        for frame in range(newest(cycle - 1, up, down) + 1, newest(cycle, up, down) + 1):
            whole = (frame * down) // up
            phase = frame * down - whole * up
            here = x + i - (cycle - whole)
            sound = dot(table, HEADER + phase * taps, memory, here + 1 - taps, taps)
            memory[asked + count] = sound * (start + step * way(i))
            count += 1
        cycle = following(cycle, down)
    return count


@helper
def bring_back(table, memory, made, wet, cycle, frames):
    """The chain's frames out of what the model made, into `wet`; returns how far the cycle has come."""
    up, down, taps = int(table[UP]), int(table[DOWN]), int(table[TAPS_BACK])
    first = HEADER + up * int(table[TAPS_INTO])
    for i in range(frames):
        made += newest(cycle, up, down) - newest(cycle - 1, up, down)
        memory[wet + i] = dot(table, first + (cycle * up % down) * taps, memory, made, taps)
        cycle = following(cycle, down)
    return cycle


@helper
def keep_last(memory, row, count, frames):
    """Move what is last in a row of `count` and `frames` more to its beginning."""
    for i in range(count):
        memory[row + i] = memory[row + frames + i]


@helper
def copy_row(memory, x, to, frames):
    for i in range(frames):
        memory[to + i] = memory[x + i]


@helper
def take_constant_out(memory, x, state, rate, frames):
    """A first-order high pass: what stays the same fades."""
    last, y = state[LAST_IN], state[LAST_OUT]
    for i in range(frames):
        y += memory[x + i] - last - rate * y
        last = memory[x + i]
        memory[x + i] = y
    state[LAST_IN], state[LAST_OUT] = last, y


@kernel
def process(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    table = start_of(tables)
    program = moved(table, int(table[PROGRAM]))
    words = as_words(program)
    places, counts = int(table[PLACES]), words[RINGS] + 2
    kept, taps_back, late = int(table[PAST]), int(table[TAPS_BACK]), int(table[LATENCY])
    room, past = aligned(start_of(memory), 0), words[SIZE]
    bridged = taps_back > 0
    asked = past + kept + CHUNK if bridged else words[INPUT]
    made = past + kept + CHUNK + int(table[MOST])
    into, into_step = float32s(gain_ramp(knobs, IN, frames), table[GAIN_IN])
    out, out_step = float32s(gain_ramp(knobs, OUT, frames), ONE)
    share, share_step = float32s(ramp(knobs, MIX, frames), ONE)
    gain_out = table[GAIN_OUT]
    if io.shape[0] > 1:
        join(start_of(cursors), counts, room, places)
    for channel in range(io.shape[0]):
        x, own, filtered = io[channel], moved(room, channel * places), state[PER_CHANNEL * channel:]
        own_cursors = moved(start_of(cursors), channel * counts)
        cycle = counts - 1
        for begin in range(0, frames, CHUNK):
            count = min(frames - begin, CHUNK)
            for i in range(count):
                own[past + kept + i] = x[begin + i]
            to_play = ask(table, own, past + kept, asked, own_cursors[cycle], into + into_step * way(begin - 1),
                          into_step, count)
            for at in range(0, to_play, CHUNK):
                played = min(to_play - at, CHUNK)
                if bridged:
                    copy_row(own, asked + at, words[INPUT], played)
                machine.run(program, own, own_cursors, played)
                if bridged:
                    copy_row(own, words[OUTPUT], made + taps_back + at, played)
            wet, dry = words[OUTPUT], past + kept - late
            if bridged:
                wet = asked
                own_cursors[cycle] = bring_back(table, own, made, wet, own_cursors[cycle], count)
                keep_last(own, made, taps_back, to_play)
            if table[HUM] > 0.0:
                take_constant_out(own, wet, filtered, table[HUM], count)
            for i in range(count):
                level = out + out_step * way(begin + i)
                part = share + share_step * way(begin + i)
                x[begin + i] = level * ((ONE - part) * own[dry + i] + part * (gain_out * own[wet + i]))
            keep_last(own, past, kept, count)


EFFECT = Effect("nam", "NAM amp", "An amplifier captured by Neural Amp Modeler.", PARAMETERS, options=OPTIONS,
                build=build, tail_s=0.75)
