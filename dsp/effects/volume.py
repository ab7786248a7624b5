"""Volume pedal, which can also open by itself with every note.

The foot moves an audio taper: half way down it gives a tenth, as the carbon tracks of such pedals do. The swell
is that of the "slow gear" pedals of the seventies: a note's start, told by a fast follower of the level running
ahead of a slow one, shuts the volume within milliseconds, and then it rises as an attack of the player's choice.
"""

import numpy as np

from dsp.effect import Effect
from dsp.native import helper, kernel
from dsp.parameter import Parameter
from dsp.primitives.blend import slope
from dsp.primitives.levels import db_to_gain
from dsp.primitives.ramps import ramp

POSITION, MINIMUM, SWELL, SWELL_TIME, SENSE = range(5)
PARAMETERS = (
    Parameter("position", "Pedal", "", 0.0, 1.0, 1.0, tag="level"),
    Parameter("minimum_db", "Heel", "dB", -80.0, 0.0, -80.0, tag="level"),
    Parameter("swell", "Swell", "", 0.0, 1.0, 0.0, tag="dynamics"),
    Parameter("swell_ms", "Swell time", "ms", 20.0, 4000.0, 500.0, "log", tag="time"),
    Parameter("sense_db", "Sense", "dB", -70.0, -20.0, -50.0, tag="dynamics"),
)
TAPER = 81.0                # (TAPER^p - 1) / (TAPER - 1) gives 0.1 half way
SILENT_DB = -79.9           # a heel set below this is silence, not a very soft sound
RISE_S, FALL_S = 0.002, 0.03    # of the fast follower: it holds through the half cycle of a low E
SLOW_S = 0.08               # of the slow one, which follows the fast
ONSET = 1.6                 # a note starts where the fast is 4 dB ahead of the slow
SHUT_S = 0.008              # in which a new note is shut; less would click
SHUT = 1e-3                 # -60 dB: from here it rises again

FAST_LEVEL, SLOW_LEVEL, RISEN, STATE = range(4)
SHUTTING = 0                # in cursors: 1 while the volume goes down for a new note


@helper
def foot(knobs, end):
    """The pedal's gain."""
    heel = db_to_gain(np.float64(knobs[MINIMUM, end])) if knobs[MINIMUM, end] > SILENT_DB else 0.0
    return heel + (1.0 - heel) * (TAPER ** knobs[POSITION, end] - 1.0) / (TAPER - 1.0)


@kernel
def process(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    gain, gain_step = slope(foot(knobs, 0), foot(knobs, 1), frames)
    swell, swell_step = ramp(knobs, SWELL, frames)
    # Times and thresholds need no ramp: what they steer moves smoothly in any case.
    opening = 1000.0 / (sample_rate * knobs[SWELL_TIME, 1])
    wakes_at = db_to_gain(np.float64(knobs[SENSE, 1]))
    # Multiples of one frame's time: of two quotients the compiler would choose the divisor, and divide every frame.
    frame_s = 1.0 / sample_rate
    rise, fall, slow = frame_s * (1.0 / RISE_S), frame_s * (1.0 / FALL_S), frame_s * (1.0 / SLOW_S)
    shut = SHUT ** (frame_s / SHUT_S)

    channels = io.shape[0]
    left, right = io[0], io[channels - 1]
    fast_level, slow_level, risen, shutting = state[FAST_LEVEL], state[SLOW_LEVEL], state[RISEN], cursors[SHUTTING]
    for i in range(frames):
        gain += gain_step
        swell += swell_step

        away = max(abs(left[i]), abs(right[i])) - fast_level
        fast_level += (rise if away > 0.0 else fall) * away
        if fast_level > max(ONSET * slow_level, wakes_at):
            shutting = 1
            slow_level = fast_level
        slow_level += slow * (fast_level - slow_level)
        if shutting:
            risen *= shut
            shutting = 1 if risen > SHUT else 0
        elif fast_level > wakes_at:
            risen = min(risen + opening, 1.0)

        # The square of a straight line: it rises as a bow or a hand on the knob does.
        now = gain * (1.0 + swell * (risen * risen - 1.0))
        left[i] *= now
        if channels == 2:
            right[i] *= now
    state[FAST_LEVEL], state[SLOW_LEVEL], state[RISEN], cursors[SHUTTING] = fast_level, slow_level, risen, shutting


EFFECT = Effect("volume", "Volume", "A pedal with an audio taper, that can also swell each note in by itself.",
                PARAMETERS, process, state=STATE, cursors=1, tail_s=0.001)
