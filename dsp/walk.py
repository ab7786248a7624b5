"""A block's way through a chain, in machine code: knobs move on, and one effect after another gets the sound.

Whatever is rare (an effect that is switched out, ways that part, sound that is broken) is a function of its own:
what all blocks run stays short, and so does what it costs to have one more effect.
"""

import numpy as np

from dsp.arena import (ADDRESS, BROKEN, CURSOR, CURSOR_END, DRY, KNOB, KNOB_END, LATENCY, MEMORY_AT, MEMORY_END, ROLE,
                       SINCE_OFF, STATE_AT, STATE_END, STILL, TABLE, TABLE_END, TAIL, WIDENS)
from dsp.effect import ROLES
from dsp.guard import QUIET, QUIET_S, finite, peak
from dsp.native import apart, call_kernel, helper, inlined
from dsp.places import (cursors_at, glides_at, knobs_at, lanes_at, memory_at, row_at, state_at, tables_at,
                        targets_at)
from dsp.primitives.levels import fast_exp2

EFFECT, SPLIT, BRANCH, MERGE = range(len(ROLES))
SPARE, OTHER, LANES = 2, 4, 6   # lanes: the dry sound beside an effect, and the other way between split and merge
GLIDE_S = 0.008         # a knob's way to its new value: 63 % of it in this time
NEAR, NEAREST = np.float32(1e-4), np.float32(1e-5)      # of the target, and beside it: what is nearer is there
ZERO, ONE = np.float32(0.0), np.float32(1.0)
LN_2 = np.log(2.0)


@helper
def run_chain(places, channels, frames, sample_rate):
    """Send `frames` frames in the first lanes through the effects; returns how many channels come out."""
    follow_targets(places, ONE - fast_exp2(np.float32(-frames / (GLIDE_S * LN_2 * sample_rate))))
    number, ways = 0, (channels, channels, False)
    row = row_at(places, number)
    while row[ADDRESS] != 0:
        if row[ROLE] != EFFECT:
            ways = change_ways(places, row, ways, frames, sample_rate)
        else:
            if row[WIDENS] and ways[0] == 1:
                lanes = lanes_at(places, 0, 2)
                lanes[1, :frames] = lanes[0, :frames]
                ways = 2, ways[1], ways[2]
            run_effect(places, row, ways[0], frames, sample_rate)
        number += 1
        row = row_at(places, number)
    return ways[0]


@helper
def follow_targets(places, share):
    """Begin a block: each knob moves on from where the last one ended, a share of the way to its target."""
    number = 0
    while row_at(places, number + 1)[ADDRESS] != 0:
        number += 1
    end = row_at(places, number)[KNOB_END]
    targets, glides, knobs = targets_at(places), glides_at(places), knobs_at(places, 0, end)
    for knob in range(end):
        here, target = knobs[knob, 1], targets[knob]
        away, jumps = target - here, glides[knob] == ZERO
        arrives = abs(away) <= NEAR * abs(target) + NEAREST
        # No branches: the loop becomes vectors.
        knobs[knob, 0] = target if jumps else here
        knobs[knob, 1] = target if jumps | arrives else here + share * away


@inlined
def run_effect(places, row, channels, frames, sample_rate):
    """One effect, in, out, or on its way between the two."""
    first = row[KNOB]
    on = knobs_at(places, first, first + 1)
    if on[0, 0] < ONE or on[0, 1] < ONE:
        run_partly(places, row, channels, frames, sample_rate)
        return
    if row[LATENCY]:
        keep_past(places, row, channels, frames)
    row[SINCE_OFF] = row[STILL] = 0
    call_effect(places, row, channels, frames, sample_rate)


@inlined
def call_effect(places, row, channels, frames, sample_rate):
    call_kernel(row[ADDRESS], knobs_at(places, row[KNOB] + 1, row[KNOB_END]),
                state_at(places, row[STATE_AT], row[STATE_END]), memory_at(places, row[MEMORY_AT], row[MEMORY_END]),
                cursors_at(places, row[CURSOR], row[CURSOR_END]), tables_at(places, row[TABLE], row[TABLE_END]),
                lanes_at(places, 0, channels), frames, sample_rate)
    if not finite(lanes_at(places, 0, channels), frames):
        mend(places, row, channels, frames)


@apart
def mend(places, row, channels, frames):
    """Broken sound: silence instead, and the effect as fresh as it came."""
    row[BROKEN] += 1
    lanes_at(places, 0, channels)[:, :frames] = 0
    state_at(places, row[STATE_AT], row[STATE_END])[:] = 0
    memory_at(places, row[MEMORY_AT], row[MEMORY_END])[:] = 0
    cursors_at(places, row[CURSOR], row[CURSOR_END])[:] = 0


@apart
def run_partly(places, row, channels, frames, sample_rate):
    """An effect that is out, or on its way in or out."""
    on = knobs_at(places, row[KNOB], row[KNOB] + 1)
    on_start, on_end = on[0, 0], on[0, 1]
    lanes = lanes_at(places, 0, LANES)
    lay_dry(lanes, 0, channels, frames, past_of(places, row))
    off = on_start == ZERO and on_end == ZERO
    row[SINCE_OFF] = row[SINCE_OFF] + frames if off else 0
    if off and (row[SINCE_OFF] > row[TAIL] or row[STILL] > QUIET_S * sample_rate):
        lanes[:channels, :frames] = lanes[SPARE:SPARE + channels, :frames]
        return
    split_dry(lanes, channels, frames, on_start, on_end)
    call_effect(places, row, channels, frames, sample_rate)
    row[STILL] = row[STILL] + frames if off and peak(lanes[:channels], frames) < QUIET else 0
    lanes[:channels, :frames] += lanes[SPARE:SPARE + channels, :frames]


@inlined
def past_of(places, row):
    """Where the last frames of both channels wait that an effect's dry sound, or a merge's way, is late by."""
    return memory_at(places, row[DRY], row[DRY] + 2 * abs(row[LATENCY]))


@inlined
def keep_past(places, row, channels, frames):
    """Remember the end of what goes into a late effect, for when it is switched out."""
    past, lanes = past_of(places, row), lanes_at(places, 0, channels)
    for channel in range(channels):
        push(past[channel * row[LATENCY]:(channel + 1) * row[LATENCY]], lanes[channel], frames)


@inlined
def push(past, x, frames):
    """Let the past end with x's frames."""
    late = len(past)
    for i in range(late - frames):
        past[i] = past[i + frames]
    new = min(late, frames)
    for i in range(new):
        past[late - new + i] = x[frames - new + i]


@helper
def lay_dry(lanes, first, channels, frames, past):
    """Copy lanes[first:] to the spare lanes, later by the length of the past, so that two ways stay in step.

    past : the last frames of both channels.
    """
    late = len(past) // 2
    for channel in range(channels):
        x, dry, before = lanes[first + channel], lanes[SPARE + channel], past[channel * late:(channel + 1) * late]
        for i in range(min(late, frames)):
            dry[i] = before[i]
        for i in range(late, frames):
            dry[i] = x[i - late]
        push(before, x, frames)


@helper
def split_dry(lanes, channels, frames, on_start, on_end):
    """An effect that is (partly) out: less goes in, the rest passes by in the spare lanes.

    Gating the input, not the output, lets delays and reverbs ring on when they are switched out.
    """
    step = (on_end - on_start) / frames
    for channel in range(channels):
        wet, dry, on = lanes[channel], lanes[SPARE + channel], on_start
        for i in range(frames):
            on += step
            dry[i] *= 1.0 - on
            wet[i] *= on


@apart
def change_ways(places, row, ways, frames, sample_rate):
    """Where the ways part, change over or come together.

    ways : channels of the way at hand and of the other one, and whether the branch is behind us.
    """
    channels, others, branched = ways
    lanes = lanes_at(places, 0, LANES)
    if row[ROLE] == SPLIT:
        lanes[OTHER:OTHER + channels, :frames] = lanes[:channels, :frames]
        return channels, channels, False
    if row[ROLE] == BRANCH:
        swap_ways(lanes, frames)
        return others, channels, True
    bring_together(lanes, channels, others, branched, frames, past_of(places, row), row[LATENCY])
    call_kernel(row[ADDRESS], knobs_at(places, row[KNOB] + 1, row[KNOB_END]), state_at(places, 0, 0),
                memory_at(places, 0, 0), cursors_at(places, 0, 0), tables_at(places, 0, 0), lanes_at(places, 0, 4),
                frames, sample_rate)
    return 2, others, branched


@helper
def swap_ways(lanes, frames):
    """Go on with the other way's sound."""
    for channel in range(2):
        here, there = lanes[channel], lanes[OTHER + channel]
        for i in range(frames):
            here[i], there[i] = there[i], here[i]


@helper
def bring_together(lanes, channels, others, branched, frames, past, lag):
    """Lay both ways side by side, the first one in lanes[0:2], the second in lanes[2:4], both as late.

    lag : by how many frames the way at hand must wait, or, negative, the other one.
    """
    if channels == 1:
        lanes[1, :frames] = lanes[0, :frames]
    if others == 1:
        lanes[OTHER + 1, :frames] = lanes[OTHER, :frames]
    waiting = 0 if lag > 0 else OTHER
    lay_dry(lanes, waiting, 2, frames, past)
    lanes[waiting:waiting + 2, :frames] = lanes[SPARE:SPARE + 2, :frames]
    if branched:
        swap_ways(lanes, frames)
    lanes[SPARE:SPARE + 2, :frames] = lanes[OTHER:OTHER + 2, :frames]
