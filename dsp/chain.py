"""A chain: an ordered row of effects, laid into an arena and run by one native call a block."""

from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
from numba import carray, types

from dsp import arena as room
from dsp.arena import (ADDRESS, BROKEN, CURSOR, CURSOR_END, DRY, KNOB, KNOB_END, LATENCY, MAX_FRAMES, MEMORY_AT,
                       MEMORY_END, ROLE, SINCE_OFF, STATE_AT, STATE_END, STILL, TABLE, TABLE_END, TAIL, WIDENS)
from dsp.effect import ROLES, Effect
from dsp.errors import ChainError
from dsp.guard import QUIET, QUIET_S, finite, peak
from dsp.native import (address, borrow, brief_entry, call_kernel, direct, entry, flushing_denormals, get_float_mode,
                        helper, inlined, let_go, pointer, set_float_mode, take_back)
from dsp.places import PLACES, arena_at, lanes_at
from dsp.primitives.levels import fast_exp2

EFFECT, SPLIT, BRANCH, MERGE = range(len(ROLES))
SPARE, OTHER = 2, 4     # lanes: the dry sound beside an effect, and the other way between split and merge
PLAY = types.int64(types.int64)
PORTS = (7,)            # where a player finds its arena, its input and its output
PLACES_AT, RATE, X, CHANNELS, FRAMES, Y, Y_FRAMES = range(7)
BRIEF = 256             # frames that take no longer than other threads of Python can wait: 5 ms, its own time slice
GLIDE_S = 0.008         # a knob's way to its new value: 63 % of it in this time
NEAR, NEAREST = np.float32(1e-4), np.float32(1e-5)      # of the target, and beside it: what is nearer is there
ZERO, ONE = np.float32(0.0), np.float32(1.0)
LN_2 = np.log(2.0)


@dataclass
class Block:
    """One effect in a chain, with the position 0..1 of each of its knobs.

    raw : a knob that is not named stands at its default.
    options : what only a rebuilt chain can change.
    """

    effect: Effect
    raw: dict = field(default_factory=dict)
    options: dict = field(default_factory=dict)
    on: bool = True

    def raw_of(self, parameter):
        return self.raw.get(parameter.id, parameter.to_raw(parameter.default))


SIZES = {name: shape[0] for name, (_, shape) in room.FIELDS.items()
         if name in ("targets", "state", "memory", "cursors", "tables")}


def prepare(blocks, sample_rate):
    """What each block of a chain needs, a list of Prepared; the work that takes long, such as reading files.

    Raises ChainError when the chain does not fit into an arena, OptionError for what an effect cannot use.
    """
    if len(blocks) > room.EFFECTS:
        raise ChainError(f"a chain holds at most {room.EFFECTS} effects, this one has {len(blocks)}")
    needs = [block.effect.prepare(float(sample_rate), block.options) for block in blocks]
    check_branches([block.effect.role for block in blocks])
    needs = aligned(blocks, needs)
    for name, room_for in SIZES.items():
        wanted = sum(sizes_of(block, need)[name] for block, need in zip(blocks, needs))
        if wanted > room_for:
            raise ChainError(f"the chain needs more {name} than the box has ({wanted} of {room_for})")
    return needs


def check_branches(roles):
    """Raise ChainError unless every split has its merge, with at most one branch between them."""
    path = [role for role in roles if role]
    while path:
        part = path[:3] if path[1:2] == ["branch"] else path[:2]
        if part not in (["split", "merge"], ["split", "branch", "merge"]):
            raise ChainError("a chain's ways part at a split, change over at a branch (or not at all), and come "
                             f"together at a merge; this one has: {', '.join(role for role in roles if role)}")
        path = path[len(part):]


def aligned(blocks, needs):
    """Let both ways arrive at a merge together: its latency is by how much the way then at hand must wait.

    Negative: by how much the other one must. Returns the blocks' Prepared, merges replaced.
    """
    here = there = 0
    result = []
    for block, need in zip(blocks, needs):
        if block.effect.role == "split":
            here = there = 0
        elif block.effect.role == "branch":
            here, there = there, here
        elif block.effect.role == "merge":
            need = replace(need, latency=there - here)
        here += need.latency
        result.append(need)
    return result


def sizes_of(block, needs):
    """How many places of each of an arena's arrays a block takes; a late effect's dry sound waits in memory.

    Of the large ones in whole cache lines, so that every effect's share begins one.
    """
    sizes = {"state": needs.state, "cursors": needs.cursors, "memory": needs.memory + 2 * abs(needs.latency),
             "tables": len(needs.tables)}
    return {"targets": 1 + len(block.effect.parameters),
            **{name: -(-count // room.LINE_PLACES) * room.LINE_PLACES for name, count in sizes.items()}}


class Chain:
    """Effects bound to one arena.

    blocks : of class Block, in the order of the sound.
    arena : where to lie; its own memory when None. What it held before is gone.
    needs : what `prepare` gave for these blocks, where that was called before.

    Raises DspError as `prepare` does.
    """

    def __init__(self, blocks, sample_rate, arena=None, needs=None):
        self.blocks = list(blocks)
        self.sample_rate = float(sample_rate)
        self.arena = arena or room.single()
        self.needs = prepare(self.blocks, self.sample_rate) if needs is None else needs
        self._knob_of = {}
        self._lay()

    @property
    def latency(self):
        """Frames by which the sound comes out later."""
        here = there = 0
        for block, need in zip(self.blocks, self.needs):
            if block.effect.role == "split":
                there = here
            elif block.effect.role == "branch":
                here, there = there, here
            here += max(need.latency, 0)
        return here

    @property
    def tail_s(self):
        """For how many seconds it can sound on after its input has ended."""
        return sum(needs.tail_s for needs in self.needs)

    @property
    def widens(self):
        """Whether two channels come out even where one goes in."""
        return any(needs.widens for needs in self.needs)

    def set_raw(self, index, parameter, raw):
        """Turn a knob: the sound follows within a few blocks, without a click."""
        block = self.blocks[index]
        block.raw[parameter] = raw
        value = block.effect.parameter(parameter).to_value(raw)
        self.arena.targets[self._knob_of[index, parameter]] = value

    def set_on(self, index, on):
        """Switch an effect in or out; its tail rings on."""
        self.blocks[index].on = on
        self.arena.targets[self._knob_of[index, None]] = 1.0 if on else 0.0

    def settle(self):
        """Put every knob where it is going, at once: for a chain that does not sound yet."""
        self.arena.knobs[:] = self.arena.targets[:, None]

    def state(self, index):
        """An effect's share of the state, float64, as the sound leaves it: what it read or measured lies there."""
        row = self.arena.plan[index]
        return self.arena.state[row[STATE_AT]:row[STATE_END]]

    def reset(self):
        """Silence every tail and forget what was heard."""
        for name, used in self._used.items():
            getattr(self.arena, name)[:used] = 0
        self.settle()
        self.process(np.zeros((self._warm_frames, 1), np.float32))

    def process(self, x):
        """The chain's sound, for tests and offline work.

        x : float32 [frames, channels], one or two channels, any number of frames.
        Returns float32 [frames, channels], two where an effect widens.
        """
        y = np.empty((2, len(x)), np.float32)
        channels = self.player(np.ascontiguousarray(x.T, np.float32), y)()
        return np.ascontiguousarray(y[:channels].T)

    def player(self, x, y):
        """A function that sends x through into y, in one native call, and returns how many channels of y hold sound.

        x : float32 [1 or 2 channels, frames]. y : float32 [2, at least as many frames]. Both in C order.
        They are bound once, as a host connects its ports: an array that Python hands over costs 50 ns a call.
        """
        for array in (x, y):
            if array.dtype != np.float32 or not array.flags.c_contiguous:
                raise ChainError("a chain plays float32 arrays in C order")
        ports = np.zeros(PORTS, np.int64)
        ports[[PLACES_AT, X, Y]] = self.arena.places.ctypes.data, x.ctypes.data, y.ctypes.data
        ports[[CHANNELS, FRAMES, Y_FRAMES]] = len(x), x.shape[1], y.shape[1]
        ports.view(np.float64)[RATE] = self.sample_rate
        play = partial(direct(play_ports, PLAY), ports.ctypes.data)
        play.memory = self.arena, x, y, ports       # which it knows by their addresses only
        return play

    def _lay(self):
        self.arena.plan[:] = 0
        ends = dict.fromkeys(SIZES, 0)
        for index, (block, needs) in enumerate(zip(self.blocks, self.needs)):
            self._lay_block(index, block, needs, ends)
        self._used = {name: ends[name] for name in ("state", "memory", "cursors")}
        self._warm_frames = max((needs.warm_frames for needs in self.needs), default=0)
        self.reset()

    def _lay_block(self, index, block, needs, ends):
        arena, row = self.arena, self.arena.plan[index]
        begins = dict(ends)
        for name, count in sizes_of(block, needs).items():
            ends[name] += count
        row[ADDRESS] = address(needs.kernel)
        row[KNOB], row[KNOB_END] = begins["targets"], ends["targets"]
        row[STATE_AT], row[STATE_END] = begins["state"], begins["state"] + needs.state
        row[MEMORY_AT], row[MEMORY_END] = begins["memory"], begins["memory"] + needs.memory
        row[CURSOR], row[CURSOR_END] = begins["cursors"], begins["cursors"] + needs.cursors
        row[TABLE], row[TABLE_END] = begins["tables"], begins["tables"] + len(needs.tables)
        row[DRY], row[LATENCY] = row[MEMORY_END], needs.latency
        row[ROLE] = ROLES.index(block.effect.role)
        row[WIDENS], row[TAIL] = needs.widens, int(needs.tail_s * self.sample_rate)
        arena.tables[row[TABLE]:row[TABLE_END]] = needs.tables
        self._lay_knobs(index, block, int(row[KNOB]))

    def _lay_knobs(self, index, block, first):
        self._knob_of[index, None] = first
        self.arena.glides[first] = 1.0
        for place, parameter in enumerate(block.effect.parameters, first + 1):
            self._knob_of[index, parameter.id] = place
            self.arena.glides[place] = parameter.taper != "choice"
            self.arena.targets[place] = parameter.to_value(block.raw_of(parameter))
        self.set_on(index, block.on)


@brief_entry
def play_ports(ports):
    """Send what waits at these ports through the chain; returns how many channels come out.

    ports : the address of what `Chain.player` wrote; one number, since each more that Python hands over costs 5 ns.
    """
    sample_rate = carray(pointer(ports), PORTS, np.float64)[RATE]
    ports = carray(pointer(ports), PORTS, np.int64)
    x = carray(pointer(ports[X]), (ports[CHANNELS], ports[FRAMES]), np.float32)
    y = carray(pointer(ports[Y]), (2, ports[Y_FRAMES]), np.float32)
    thread = let_go() if ports[FRAMES] > BRIEF else 0
    mode = get_float_mode()
    set_float_mode(flushing_denormals(mode))
    channels = play_chain(carray(pointer(ports[PLACES_AT]), PLACES, np.int64), sample_rate, x, y)
    set_float_mode(mode)
    if thread:
        take_back(thread)
    return channels


@helper
def play_chain(places, sample_rate, x, y):
    """x through the chain in the arena at these places, in pieces as long as a block can be; returns its channels."""
    lanes, channels = lanes_at(places), x.shape[0]
    for begin in range(0, x.shape[1], MAX_FRAMES):
        frames = min(x.shape[1] - begin, MAX_FRAMES)
        for channel in range(x.shape[0]):
            copy(x[channel, begin:], lanes[channel], frames)
        channels = run_chain(*arena_at(places), x.shape[0], frames, sample_rate)
        for channel in range(channels):
            copy(lanes[channel], y[channel, begin:], frames)
    return channels


@helper
def copy(x, y, frames):
    for i in range(frames):
        y[i] = x[i]


@entry
def run_chain(plan, targets, glides, knobs, state, memory, cursors, tables, lanes,
              channels, frames, sample_rate):
    """Send `frames` frames in lanes[:channels] through the effects; returns how many channels come out."""
    plan, targets, glides, knobs, state = borrow(plan), borrow(targets), borrow(glides), borrow(knobs), borrow(state)
    memory, cursors, tables, lanes = borrow(memory), borrow(cursors), borrow(tables), borrow(lanes)
    share = ONE - fast_exp2(np.float32(-frames / (GLIDE_S * LN_2 * sample_rate)))
    place, others, branched = 0, channels, False
    while plan[place, ADDRESS] != 0:
        row = plan[place]
        place += 1
        follow_targets(targets, glides, knobs, row[KNOB], row[KNOB_END], share)
        if row[ROLE] == SPLIT:
            lanes[OTHER:OTHER + channels, :frames] = lanes[:channels, :frames]
            others, branched = channels, False
        elif row[ROLE] == BRANCH:
            swap_ways(lanes, frames)
            channels, others, branched = others, channels, True
        elif row[ROLE] == MERGE:
            bring_together(lanes, channels, others, branched, frames,
                           memory[row[DRY]:row[DRY] + 2 * abs(row[LATENCY])], row[LATENCY])
            channels = 2
            call_kernel(row[ADDRESS], knobs[row[KNOB] + 1:row[KNOB_END]], state[:0], memory[:0], cursors[:0],
                        tables[:0], lanes[:4], frames, sample_rate)
        else:
            if row[WIDENS] and channels == 1:
                lanes[1, :frames] = lanes[0, :frames]
                channels = 2
            run_effect(row, knobs, state, memory, cursors, tables, lanes, channels, frames, sample_rate)
    return channels


@inlined
def run_effect(row, knobs, state, memory, cursors, tables, lanes, channels, frames, sample_rate):
    """One effect, in, out, or on its way between the two."""
    first = row[KNOB]
    on_start, on_end = knobs[first, 0], knobs[first, 1]
    passing = on_start < 1.0 or on_end < 1.0
    if passing or row[LATENCY]:
        keep_dry(lanes, 0, channels, frames, memory[row[DRY]:row[DRY] + 2 * row[LATENCY]])
    off = on_start == 0.0 and on_end == 0.0
    row[SINCE_OFF] = row[SINCE_OFF] + frames if off else 0
    if off and (row[SINCE_OFF] > row[TAIL] or row[STILL] > QUIET_S * sample_rate):
        lanes[:channels, :frames] = lanes[SPARE:SPARE + channels, :frames]
        return
    if passing:
        split_dry(lanes, channels, frames, on_start, on_end)
    call_kernel(row[ADDRESS], knobs[first + 1:row[KNOB_END]], state[row[STATE_AT]:row[STATE_END]],
                memory[row[MEMORY_AT]:row[MEMORY_END]], cursors[row[CURSOR]:row[CURSOR_END]],
                tables[row[TABLE]:row[TABLE_END]], lanes[:channels], frames, sample_rate)
    if not finite(lanes[:channels], frames):
        row[BROKEN] += 1
        lanes[:channels, :frames] = 0
        state[row[STATE_AT]:row[STATE_END]] = 0
        memory[row[MEMORY_AT]:row[MEMORY_END]] = 0
        cursors[row[CURSOR]:row[CURSOR_END]] = 0
    row[STILL] = row[STILL] + frames if off and peak(lanes[:channels], frames) < QUIET else 0
    if passing:
        lanes[:channels, :frames] += lanes[SPARE:SPARE + channels, :frames]


@helper
def follow_targets(targets, glides, knobs, begin, end, share):
    """Begin a block: each knob moves on from where the last one ended, a share of the way to its target."""
    for knob in range(begin, end):
        here, target = knobs[knob, 1], targets[knob]
        away, jumps = target - here, glides[knob] == ZERO
        arrives = abs(away) <= NEAR * abs(target) + NEAREST
        # No branches: the loop becomes vectors.
        knobs[knob, 0] = target if jumps else here
        knobs[knob, 1] = target if jumps | arrives else here + share * away


@helper
def keep_dry(lanes, first, channels, frames, history):
    """Copy lanes[first:] to the spare lanes, later by the length of the history, so that two ways stay in step.

    history : the last frames of both channels.
    """
    late = len(history) // 2
    for channel in range(channels):
        x, dry, past = lanes[first + channel], lanes[SPARE + channel], history[channel * late:]
        for i in range(min(late, frames)):
            dry[i] = past[i]
        for i in range(late, frames):
            dry[i] = x[i - late]
        for i in range(late - frames):
            past[i] = past[i + frames]
        for i in range(min(late, frames)):
            past[late - 1 - i] = x[frames - 1 - i]


@helper
def swap_ways(lanes, frames):
    """Go on with the other way's sound."""
    for channel in range(2):
        here, there = lanes[channel], lanes[OTHER + channel]
        for i in range(frames):
            here[i], there[i] = there[i], here[i]


@helper
def bring_together(lanes, channels, others, branched, frames, history, lag):
    """Lay both ways side by side, the first one in lanes[0:2], the second in lanes[2:4], both as late.

    lag : by how many frames the way at hand must wait, or, negative, the other one.
    """
    if channels == 1:
        lanes[1, :frames] = lanes[0, :frames]
    if others == 1:
        lanes[OTHER + 1, :frames] = lanes[OTHER, :frames]
    waiting = 0 if lag > 0 else OTHER
    keep_dry(lanes, waiting, 2, frames, history)
    lanes[waiting:waiting + 2, :frames] = lanes[SPARE:SPARE + 2, :frames]
    if branched:
        swap_ways(lanes, frames)
    lanes[SPARE:SPARE + 2, :frames] = lanes[OTHER:OTHER + 2, :frames]


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
