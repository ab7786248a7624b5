"""Auto-wah: a wah pedal moved by how hard the strings are played, by a slow wave, or by both.

An envelope follower with attack and release of its own (Zoelzer, "DAFX", 2nd ed. 2011, ch. 4) and a sine move
the pedal of dsp.primitives.wah from where it stands, up or down. The follower's answer to loudness flattens
out, so that a hard stroke still has some way to go where a soft one already speaks.

The pedal's goal is set on a fixed grid of 32 frames since the effect was fresh, whatever the blocks are; the
filter goes there in a straight line.
"""

from dsp.effect import Effect
from dsp.native import helper, kernel
from dsp.parameter import Parameter
from dsp.primitives.filters import COEFFICIENTS, run_mono, run_stereo
from dsp.primitives.levels import db_to_gain, rate
from dsp.primitives.oscillators import advance, sine
from dsp.primitives.ramps import ramp
from dsp.primitives.wah import SECTIONS, put_voice

POSITION, SWEEP, SENSITIVITY, ATTACK, RELEASE, LFO_RATE, LFO_DEPTH, RESONANCE, MIX, LEVEL = range(10)
PARAMETERS = (
    Parameter("position", "Pedal", "", 0.0, 1.0, 0.1, tag="brightness"),
    Parameter("sweep", "Sweep", "", -1.0, 1.0, 0.9, tag="movement"),
    Parameter("sensitivity_db", "Sense", "dB", 0.0, 40.0, 22.0, tag="dynamics"),
    Parameter("attack_ms", "Attack", "ms", 1.0, 100.0, 8.0, "log", tag="dynamics"),
    Parameter("release_ms", "Release", "ms", 20.0, 1500.0, 160.0, "log", tag="dynamics"),
    Parameter("rate_hz", "LFO rate", "Hz", 0.05, 10.0, 1.5, "log", tag="movement"),
    Parameter("lfo", "LFO", "", 0.0, 1.0, 0.0, tag="movement"),
    Parameter("resonance", "Resonance", "", 0.0, 1.0, 0.5, tag="body"),
    Parameter("mix", "Mix", "", 0.0, 1.0, 1.0, tag="movement"),
    Parameter("level_db", "Level", "dB", -12.0, 12.0, 0.0, tag="level"),
)

HEEL_HZ = 400.0             # a little below the pedal's: what a pick starts from should be dark
LFO_REACH = 0.5             # of the pedal's way, each way at full depth
GRID = 32                   # frames: 0.7 ms, shorter than the shortest attack
SIZE = SECTIONS * COEFFICIENTS

# In state: both channels' filters, the coefficients at the last grid point and at the next, and a
# piece's: where it begins, and their step from frame to frame.
BANK_AT, GOAL_AT, HERE_AT, STEPS_AT = range(4 * SECTIONS, 4 * SECTIONS + 4 * SIZE, SIZE)
ENVELOPE, PHASE, STATE = range(STEPS_AT + SIZE, STEPS_AT + SIZE + 3)


@helper
def at(knobs, parameter, way):
    """A knob's value `way` through the block."""
    return knobs[parameter, 0] + way * (knobs[parameter, 1] - knobs[parameter, 0])


@helper
def aim(knobs, way, state, bank, sample_rate):
    """Design the filter for where the pedal is to be now."""
    heard = state[ENVELOPE] * db_to_gain(at(knobs, SENSITIVITY, way))
    moved = at(knobs, SWEEP, way) * heard / (1.0 + heard) + LFO_REACH * at(knobs, LFO_DEPTH, way) * sine(state[PHASE])
    position = min(max(at(knobs, POSITION, way) + moved, 0.0), 1.0)
    put_voice(bank, position, HEEL_HZ, at(knobs, RESONANCE, way), at(knobs, LEVEL, way), sample_rate)


@helper
def reach_grid(knobs, way, state, fresh, sample_rate):
    """At a grid point: the filter has arrived, and sets out for where envelope and wave want it next."""
    bank, goal = state[BANK_AT:GOAL_AT], state[GOAL_AT:HERE_AT]
    if fresh:
        aim(knobs, way, state, goal, sample_rate)
    bank[:] = goal
    state[PHASE] = advance(state[PHASE], GRID * at(knobs, LFO_RATE, way) / sample_rate)
    aim(knobs, way, state, goal, sample_rate)


@helper
def follow(left, right, frames, state, attack, release):
    """How loud it is: the louder channel's."""
    envelope = state[ENVELOPE]
    for i in range(frames):
        away = max(abs(left[i]), abs(right[i])) - envelope
        envelope += (attack if away > 0.0 else release) * away
    state[ENVELOPE] = envelope


@helper
def run_piece(io, begin, frames, offset, state, dry, mix, mix_step):
    """Filter a piece of a block that begins `offset` frames behind a grid point."""
    bank, goal = state[BANK_AT:GOAL_AT], state[GOAL_AT:HERE_AT]
    here, steps = state[HERE_AT:STEPS_AT], state[STEPS_AT:ENVELOPE]
    for place in range(SIZE):
        steps[place] = (goal[place] - bank[place]) / GRID
        here[place] = bank[place] + offset * steps[place]
    channels = io.shape[0]
    for channel in range(channels):
        dry[GRID * channel:GRID * channel + frames] = io[channel, begin:begin + frames]
    if channels == 1:
        run_mono(io[0, begin:], frames, state, here, steps, SECTIONS)
    else:
        run_stereo(io[0, begin:], io[1, begin:], frames, state, state[2 * SECTIONS:], here, steps, SECTIONS)
    for channel in range(channels):
        x, before = io[channel, begin:], dry[GRID * channel:]
        for i in range(frames):
            x[i] = before[i] + (mix + (begin + i + 1) * mix_step) * (x[i] - before[i])


@kernel
def process(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    # Times need no ramp: what they smooth moves on without a jump.
    attack, release = rate(knobs[ATTACK, 1], sample_rate), rate(knobs[RELEASE, 1], sample_rate)
    mix, mix_step = ramp(knobs, MIX, frames)
    last = io.shape[0] - 1
    now, done = cursors[0], 0
    while done < frames:
        offset = now % GRID
        if offset == 0:
            reach_grid(knobs, done / frames, state, now == 0, sample_rate)
        n = min(GRID - offset, frames - done)
        follow(io[0, done:], io[last, done:], n, state, attack, release)
        run_piece(io, done, n, offset, state, memory, mix, mix_step)
        done += n
        now += n
    cursors[0] = now


EFFECT = Effect("auto_wah", "Auto-wah", "A wah that your picking moves, or a slow wave, up or down.", PARAMETERS,
                process, state=STATE, cursors=1, memory_s=0.0015, tail_s=0.15)
