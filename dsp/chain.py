"""A chain: an ordered row of effects, laid into an arena and run by one native call a block."""

from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
from numba import carray, types

from dsp import arena as room
from dsp.arena import (ADDRESS, CURSOR, CURSOR_END, DRY, KNOB, KNOB_END, LATENCY, MAX_FRAMES, MEMORY_AT, MEMORY_END,
                       ROLE, STATE_AT, STATE_END, TABLE, TABLE_END, TAIL, WIDENS)
from dsp.effect import ROLES, Effect
from dsp.errors import ChainError
from dsp.native import (address, brief_entry, direct, flushing_denormals, get_float_mode, helper, let_go, pointer,
                        set_float_mode, take_back)
from dsp.places import lanes_at
from dsp.walk import run_chain

PLAY = types.int64(types.float64)
PORTS = (7,)            # where a player finds its arena, its input and its output
PLACES_AT, RATE, X, CHANNELS, FRAMES, Y, Y_FRAMES = range(7)
BRIEF = 256             # frames that take no longer than other threads of Python can wait: 5 ms, its own time slice


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
        play = partial(direct(play_ports, PLAY), float(ports.ctypes.data))
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

    ports : the address of what `Chain.player` wrote; one number, since each more that Python hands over costs 5 ns,
            and a float, since a whole number that takes more than 30 bits costs 8 ns more. Addresses end below 2^53.
    """
    ports = np.int64(ports)
    sample_rate = carray(pointer(ports), PORTS, np.float64)[RATE]
    ports = carray(pointer(ports), PORTS, np.int64)
    x = carray(pointer(ports[X]), (ports[CHANNELS], ports[FRAMES]), np.float32)
    y = carray(pointer(ports[Y]), (2, ports[Y_FRAMES]), np.float32)
    thread = let_go() if ports[FRAMES] > BRIEF else 0
    mode = get_float_mode()
    set_float_mode(flushing_denormals(mode))
    channels = play_chain(ports[PLACES_AT], sample_rate, x, y)
    set_float_mode(mode)
    if thread:
        take_back(thread)
    return channels


@helper
def play_chain(places, sample_rate, x, y):
    """x through the chain in the arena at these places, in pieces as long as a block can be; returns its channels."""
    lanes, channels = lanes_at(places, 0, 2), x.shape[0]
    for begin in range(0, x.shape[1], MAX_FRAMES):
        frames = min(x.shape[1] - begin, MAX_FRAMES)
        for channel in range(x.shape[0]):
            copy(x[channel, begin:], lanes[channel], frames)
        channels = run_chain(places, x.shape[0], frames, sample_rate)
        for channel in range(channels):
            copy(lanes[channel], y[channel, begin:], frames)
    return channels


@helper
def copy(x, y, frames):
    for i in range(frames):
        y[i] = x[i]
