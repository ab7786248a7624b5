"""Distortion: an operational amplifier at the end of its bandwidth, into diodes to ground.

After the circuits of the late 1970s (Yeh, Abel, Smith, "Simplified, Physically-Informed Models of
Distortion and Overdrive Guitar Effects Pedals", DAFx-07). The amplifier lifts the upper mids before
the diodes, so that chords stay apart, and the more gain it gives the less treble it has left (its
gain times its bandwidth is fixed): that is what keeps it from fizzing. The diodes cut off at two
rails, rounded or hard (dsp.primitives.shaping). Behind them the passive tone control of those pedals,
which goes from a low-pass to a high-pass with a scoop where both meet, and a mids control that fills it.
"""

import numpy as np

from dsp.effect import Effect
from dsp.native import borrow, helper, kernel
from dsp.parameter import Parameter
from dsp.primitives import shaping
from dsp.primitives.filters import (BUTTERWORTH, bank_state, coefficients_of, integrator, put_bell, put_high_pass,
                                    put_low_pass, put_section, run_bank, turned)
from dsp.primitives.levels import db_to_gain
from dsp.primitives.shaping import clip_hard_all

LEAST_DB, MOST_DB = 10.0, 50.0      # of drive
DRIVE, EDGE, TIGHT, TONE, MIDS, LEVEL = range(6)
PARAMETERS = (
    Parameter("drive_db", "Drive", "dB", LEAST_DB, MOST_DB, 32.0, tag="drive"),
    Parameter("edge", "Edge", "", 0.0, 1.0, 0.6, tag="drive"),
    Parameter("tight_hz", "Tight", "Hz", 30.0, 600.0, 110.0, "log", tag="body"),
    Parameter("tone", "Tone", "", 0.0, 1.0, 0.45, tag="brightness"),
    Parameter("mids_db", "Mids", "dB", -12.0, 12.0, 3.0, tag="body"),
    Parameter("level_db", "Level", "dB", -24.0, 12.0, 0.0, tag="level"),
)
CLEAN, CLIPPED = 0.42, 0.095    # of the unclipped sound, and where the rails are put: as loud as what comes in
BITE_HZ, BITE_Q, BITE_DB = 1100.0, 0.5, 8.0     # of the amplifier
WIDEST_HZ, NARROWEST_HZ = 15000.0, 6000.0       # its bandwidth at the least and at the most gain
TONE_LOW_HZ, TONE_HIGH_HZ = 320.0, 1250.0       # the tone control's two corners
TONE_DB = 9.0                   # what it costs
FILL_HZ, FILL_Q = 640.0, 0.7    # where the scoop is
DC_HZ = 25.0
TREBLE_HZ = 8500.0              # where the diodes' capacitor ends it

FRONT, BEHIND = 3, 4            # sections of the filters before and after the diodes
# In state: what the knobs come to, kept until one is turned; then the two banks.
GAIN, GAIN_STEP, OUT, OUT_STEP, FRONT_AT = range(5)
BEHIND_AT = FRONT_AT + bank_state(FRONT, len(PARAMETERS))
STATE = BEHIND_AT + bank_state(BEHIND, len(PARAMETERS))


@helper
def design_front(knobs, end, bank, sample_rate):
    spent = (knobs[DRIVE, end] - LEAST_DB) / (MOST_DB - LEAST_DB)
    put_high_pass(bank, 0, knobs[TIGHT, end], BUTTERWORTH, sample_rate)
    put_bell(bank, 1, BITE_HZ, BITE_Q, BITE_DB, sample_rate)
    put_low_pass(bank, 2, WIDEST_HZ * (NARROWEST_HZ / WIDEST_HZ) ** spent, BUTTERWORTH, sample_rate)


@helper
def put_tone(bank, section, tone, sample_rate):
    """(1 - tone) times a first-order low-pass plus tone times a high-pass that begins higher up, as one section."""
    center = np.sqrt(TONE_LOW_HZ * TONE_HIGH_HZ)
    low = TONE_LOW_HZ / center
    damping = low + 1.0 / low
    gain = db_to_gain(TONE_DB)
    put_section(bank, section, integrator(center, sample_rate), damping,
                gain * tone, gain * (low - tone * damping), gain * (1.0 - 2.0 * tone))


@helper
def design_behind(knobs, end, bank, sample_rate):
    put_high_pass(bank, 0, DC_HZ, BUTTERWORTH, sample_rate)
    put_tone(bank, 1, np.float64(knobs[TONE, end]), sample_rate)
    put_bell(bank, 2, FILL_HZ, FILL_Q, np.float64(knobs[MIDS, end]), sample_rate)
    put_low_pass(bank, 3, TREBLE_HZ, BUTTERWORTH, sample_rate)


@helper
def gains(knobs, end):
    """Gain before the diodes, and the gain behind them that keeps the loudness."""
    drive = db_to_gain(np.float64(knobs[DRIVE, end]))
    return drive, (CLEAN / drive + CLIPPED) * db_to_gain(np.float64(knobs[LEVEL, end]))


@helper
def settle(knobs, set_to, frames):
    """Work out the gains, and how they move from frame to frame."""
    gain, out = gains(knobs, 0)
    gain_end, out_end = gains(knobs, 1)
    set_to[GAIN], set_to[GAIN_STEP] = gain, (gain_end - gain) / frames
    set_to[OUT], set_to[OUT_STEP] = out, (out_end - out) / frames


@kernel
def process(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    state, memory, io = borrow(state), borrow(memory), borrow(io)
    set_to, front, behind = state[:FRONT_AT], state[FRONT_AT:BEHIND_AT], state[BEHIND_AT:]
    if turned(knobs, front, FRONT):
        settle(knobs, set_to, frames)
        start, end, _ = coefficients_of(front, FRONT)
        design_front(knobs, 0, start, sample_rate)
        design_front(knobs, 1, end, sample_rate)
        start, end, _ = coefficients_of(behind, BEHIND)
        design_behind(knobs, 0, start, sample_rate)
        design_behind(knobs, 1, end, sample_rate)

    run_bank(knobs, front, FRONT, io, frames)
    edge = knobs[EDGE, 0], np.float32((knobs[EDGE, 1] - knobs[EDGE, 0]) / frames)
    clip_hard_all(io, memory, frames, (np.float32(set_to[GAIN]), np.float32(set_to[GAIN_STEP])), edge,
                  (np.float32(set_to[OUT]), np.float32(set_to[OUT_STEP])))
    run_bank(knobs, behind, BEHIND, io, frames)


EFFECT = Effect("distortion", "Distortion", "Hard-edged and tight, from a growl to a wall.", PARAMETERS, process,
                state=STATE, memory_s=shaping.MEMORY_S, memory_lines=2, tail_s=0.19, latency=shaping.LATENCY)
