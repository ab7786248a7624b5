"""The chain itself, with effects made for the purpose: knobs, switches, limits, and parallel ways."""

import gc
import weakref
from functools import cache

import numpy as np
import pytest

from dsp import arena, effects
from dsp.arena import BROKEN, CURSOR, STATE_AT
from dsp.chain import Block, Chain, ChainError
from dsp.effect import Effect, Option, line_length
from dsp.native import kernel
from dsp.parameter import Parameter, choice
from dsp.primitives.ramps import ramp
from dsp.walk import GLIDE_S

SAMPLE_RATE = 48000
PERIOD = 64


# --- Effects that show what the chain does ------------------------------------------------------

@kernel
def show_knob(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    """Puts out where the first knob is."""
    for channel in range(io.shape[0]):
        value, step = ramp(knobs, 0, frames)
        for i in range(frames):
            value += step
            io[channel, i] = value


@kernel
def count_frames(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    """Puts out how many frames it has been asked for."""
    for i in range(frames):
        cursors[0] += 1
        state[0] += 1.0
        memory[0] += np.float32(1.0)
        for channel in range(io.shape[0]):
            io[channel, i] = cursors[0]


@kernel
def go_mad(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    """Doubles the sound; one that is too loud drives it mad for good."""
    for i in range(frames):
        if abs(io[0, i]) > 1.0:
            state[0] = memory[0] = np.nan
        for channel in range(io.shape[0]):
            io[channel, i] = 2.0 * io[channel, i] + state[0] + memory[0]


@kernel
def halve_left(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    for i in range(frames):
        io[0, i] *= np.float32(0.5)


LEVEL = Parameter("level", "Level", "", 0.0, 1.0, 0.25)
MODE = choice("mode", "Mode", ("a", "b", "c"))
SHOW = Effect("show", "Show", "Shows its knob.", (LEVEL,), show_knob)
SHOW_MODE = Effect("show_mode", "Show mode", "Shows its choice.", (MODE,), show_knob)
COUNT = Effect("count", "Count", "Counts.", (), count_frames, state=1, memory_s=1e-4, cursors=1, tail_s=0.1,
               latency=3)
MAD = Effect("mad", "Mad", "Goes mad.", (), go_mad, state=1, memory_s=1e-4, tail_s=0.2, latency=5)
WIDE = Effect("wide", "Wide", "Widens.", (), halve_left, widens=True)


def chain(*blocks):
    return Chain([block if isinstance(block, Block) else Block(block) for block in blocks], SAMPLE_RATE, room())


@cache
def room():
    """One arena for all tests: each new chain lies where the last one was."""
    return arena.single()


def play(chain, x, size=PERIOD):
    x = np.asarray(x, np.float32).reshape(len(x), -1)
    return np.concatenate([chain.process(x[at:at + size]) for at in range(0, len(x), size)])


def late(x, frames):
    return np.concatenate([np.zeros((frames, x.shape[1]), np.float32), x[:-frames]]).astype(np.float32)


def silence(seconds, channels=1):
    return np.zeros((int(seconds * SAMPLE_RATE), channels), np.float32)


def ones(seconds, channels=1):
    return silence(seconds, channels) + np.float32(1.0)


def tone(seconds, channels=1):
    t = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return np.repeat(0.3 * np.sin(2 * np.pi * 440 * t)[:, None], channels, axis=1).astype(np.float32)


# --- Knobs --------------------------------------------------------------------------------------

def test_knobs_begin_where_they_stand():
    assert (play(chain(SHOW), silence(0.01)) == np.float32(0.25)).all()
    assert (play(chain(Block(SHOW, {"level": 0.75})), silence(0.01)) == np.float32(0.75)).all()


@pytest.mark.parametrize("size", (1, 64, 300, 1024))
def test_a_turned_knob_is_followed_in_a_glide(size):
    c = chain(SHOW)
    play(c, silence(0.01))
    c.set_raw(0, "level", 1.0)
    y = play(c, silence(0.2), size)[:, 0]
    assert (np.diff(y) >= 0).all()
    # Within one block the way is a straight line; at its end the share of the way is exact.
    at_end = y[size - 1::size][:8]
    way = 1 - np.exp(-np.arange(1, len(at_end) + 1) * size / (GLIDE_S * SAMPLE_RATE))
    np.testing.assert_allclose(at_end, 0.25 + 0.75 * way, atol=2e-4)
    assert y[-1] == 1.0


def test_a_glide_has_no_jump():
    c = chain(SHOW)
    c.set_raw(0, "level", 1.0)
    y = play(c, silence(0.1))[:, 0]
    assert np.abs(np.diff(y, prepend=0.25)).max() <= 0.75 / (GLIDE_S * SAMPLE_RATE)


def test_a_choice_is_made_at_once():
    c = chain(SHOW_MODE)
    play(c, silence(0.01))
    c.set_raw(0, "mode", 1.0)
    assert (play(c, silence(0.01)) == 2.0).all()


def test_settle_ends_every_glide():
    c = chain(SHOW)
    c.set_raw(0, "level", 1.0)
    c.settle()
    assert (play(c, silence(0.01)) == 1.0).all()


def test_a_knob_of_one_effect_is_not_another_s():
    c = chain(SHOW_MODE, Block(SHOW, {"level": 0.5}), SHOW)
    c.set_raw(1, "level", 0.75)
    c.settle()
    assert (c.arena.targets[1], c.arena.targets[3], c.arena.targets[5]) == (0.0, 0.75, 0.25)


def test_an_unknown_knob_is_an_error():
    with pytest.raises(KeyError, match="depth"):
        chain(SHOW).set_raw(0, "depth", 0.5)


# --- Switches -----------------------------------------------------------------------------------

def test_switching_out_leaves_the_sound_as_it_came():
    c = chain(Block(WIDE, on=False))
    x = tone(0.05, 2)
    np.testing.assert_array_equal(play(c, x), x)


@pytest.mark.parametrize("size", (PERIOD, 1, 3))
def test_the_way_past_a_late_effect_is_as_late(size):
    """Both ways stay in step, within the tail and after it."""
    c, x = chain(Block(MAD, on=False)), tone(0.4, 2)
    np.testing.assert_array_equal(play(c, x, size), late(x, MAD.latency))


def test_switching_a_late_effect_does_not_jump_in_time():
    c, x = chain(Block(MAD)), tone(0.4, 1)
    half = len(x) // 2
    first = play(c, x[:half])
    c.set_on(0, False)
    c.settle()
    np.testing.assert_array_equal(play(c, x[half:]), late(x, MAD.latency)[half:])
    assert len(first) == half


def test_switching_cross_fades():
    """Input falls as dry rises: a doubling effect goes from two to one on a straight path in each block."""
    c = chain(MAD)
    x = 0.25 * ones(0.1)
    assert (play(c, x) == 0.5).all()
    c.set_on(0, False)
    y = play(c, x)[:, 0]
    assert (np.diff(y) <= 1e-7).all() and y[0] > 0.49 and y[-1] == 0.25
    c.set_on(0, True)
    assert play(c, x)[-1, 0] == 0.5


def test_what_is_out_is_run_until_its_tail_is_gone_and_then_skipped():
    c = chain(COUNT)
    c.set_on(0, False)
    c.settle()
    play(c, silence(0.3))
    assert 0.1 * SAMPLE_RATE <= c.arena.cursors[0] <= 0.1 * SAMPLE_RATE + PERIOD
    c.set_on(0, True)
    before = int(c.arena.cursors[0])
    play(c, silence(0.01))
    assert c.arena.cursors[0] == before + 480


def test_the_tail_begins_anew_each_time():
    c = chain(COUNT)
    for _ in range(2):
        c.set_on(0, False)
        c.settle()
        before = int(c.arena.cursors[0])
        play(c, silence(0.3))
        assert c.arena.cursors[0] - before >= 0.1 * SAMPLE_RATE
        c.set_on(0, True)
        c.settle()
        play(c, silence(0.01))


def test_a_tail_that_has_died_away_is_over():
    """However long it might have been: 2.5 s of silence are longer than any echo's way."""
    c = chain(Block(effects.load("delay"), {"time_ms": 0.5, "feedback": 0.3, "mix": 1.0}))
    play(c, tone(0.5, 2))
    c.set_on(0, False)
    rung = play(c, silence(8.0, 2))
    assert np.abs(rung[SAMPLE_RATE // 4:SAMPLE_RATE // 2]).max() > 1e-3
    before = int(c.arena.cursors[0])
    play(c, silence(0.1, 2))
    assert c.arena.cursors[0] == before
    c.set_on(0, True)
    play(c, silence(0.1, 2))
    assert c.arena.cursors[0] == before + 4800


def test_a_long_echo_waits_for_its_time():
    """Two seconds of silence between the echoes are no end."""
    c = chain(Block(effects.load("delay"), {"time_ms": 1.0, "feedback": 0.9, "mix": 0.5, "mod": 0.0}))
    play(c, tone(0.2, 2))
    c.set_on(0, False)
    rung = np.abs(play(c, silence(9.0, 2)))
    peaks = [rung[int((2 * n - 0.3) * SAMPLE_RATE):int((2 * n + 0.3) * SAMPLE_RATE)].max() for n in (1, 2, 3, 4)]
    assert all(0.5 * before < later < before for before, later in zip(peaks, peaks[1:])) and peaks[-1] > 0.01


# --- Building -----------------------------------------------------------------------------------

def test_an_empty_chain_is_a_wire():
    x = tone(0.05, 2)
    np.testing.assert_array_equal(play(chain(), x), x)


def test_long_calls_are_walked_in_pieces():
    y = chain(COUNT).process(silence(0.1))
    np.testing.assert_array_equal(y[:, 0], np.arange(1, 4801))


def test_whoever_holds_play_holds_the_memory_it_plays_in():
    c, x, y = chain(COUNT), np.zeros((1, 8), np.float32), np.zeros((2, 8), np.float32)
    play, memory = c.player(x, y), [weakref.ref(thing) for thing in (c.arena, x, y)]
    del c, x, y
    gc.collect()
    assert play() == 1 and all(thing() is not None for thing in memory)


@pytest.mark.parametrize("x", [np.zeros((1, 8)), np.zeros((8, 1), np.float32)[:8:2].T, np.zeros((2, 16), np.float32)[:, ::2]])
def test_a_player_takes_only_what_it_can_read_by_address(x):
    out = np.zeros((2, 8), np.float32)
    with pytest.raises(ChainError, match="float32 arrays in C order"):
        chain(COUNT).player(x, out)


def test_played_into_a_larger_buffer_the_rest_is_left_alone():
    out = np.full((2, 5000), 7.0, np.float32)
    assert chain(COUNT).player(np.zeros((1, 4800), np.float32), out)() == 1
    np.testing.assert_array_equal(out[0, :4800], np.arange(1, 4801))
    assert (out[0, 4800:] == 7.0).all() and (out[1] == 7.0).all()


def test_two_channels_only_from_where_it_widens():
    y = play(chain(SHOW, WIDE), ones(0.01))
    assert (y == [0.125, 0.25]).all()
    assert chain(SHOW).process(ones(0.01)).shape == (480, 1)


def test_latency_and_tail_add_up():
    c = chain(COUNT, MAD, MAD)
    assert c.latency == 13
    assert c.tail_s == pytest.approx(0.5)


def test_reset_is_as_good_as_new():
    c = chain(COUNT, SHOW)
    first = play(c, tone(0.02))
    c.set_raw(1, "level", 0.9)
    c.reset()
    assert not c.arena.state[:1].any() and not c.arena.memory[:1].any() and not c.arena.cursors[:1].any()
    c.set_raw(1, "level", 0.25)
    c.settle()
    np.testing.assert_array_equal(play(c, tone(0.02)), first)


def test_too_many_effects_are_refused():
    chain(*[SHOW] * arena.EFFECTS)
    with pytest.raises(ChainError, match=f"at most {arena.EFFECTS} effects, this one has {arena.EFFECTS + 1}"):
        chain(*[SHOW] * (arena.EFFECTS + 1))


@pytest.mark.parametrize("size, name", (
    ({"memory_s": 200.0}, "memory"), ({"state": arena.STATE + 1}, "state"), ({"cursors": arena.CURSORS + 1}, "cursors"),
    ({"tables": lambda rate, options: np.zeros(arena.TABLES + 1, np.float32)}, "tables")))
def test_effects_that_do_not_fit_are_refused(size, name):
    with pytest.raises(ChainError, match=f"more {name} than the box has"):
        chain(Effect("huge", "Huge", "Too big.", (), show_knob, **size))


def test_line_length_is_a_power_of_two_with_room():
    for seconds in (0.001, 0.1, 2.0):
        length = line_length(seconds, SAMPLE_RATE)
        assert length & (length - 1) == 0
        assert seconds * SAMPLE_RATE + 4 < length <= 2 * (seconds * SAMPLE_RATE + 5)


def test_tables_are_made_with_the_options():
    made = []

    def tables(rate, options):
        made.append((rate, options))
        return np.arange(3, dtype=np.float32)

    c = chain(SHOW, Block(Effect("t", "T", "T.", (), halve_left, tables=tables, options=(
        Option("file", "A file.", "file"), Option("size", "A size.", "number", 0.5))), options={"file": "x"}))
    assert made == [(48000.0, {"file": "x", "size": 0.5})]
    np.testing.assert_array_equal(c.arena.tables[:3], [0, 1, 2])


# --- What is not a number -----------------------------------------------------------------------

def test_madness_silences_one_effect_and_heals():
    c = chain(MAD, COUNT, WIDE)
    good = play(chain(MAD), tone(0.05))
    c = chain(MAD, MAD)
    calm = tone(0.05)
    play(c, calm)
    burst = calm.copy()
    burst[PERIOD * 3] = 10.0                    # in the fourth block, for the first and then the second MAD
    y = play(c, burst)
    assert np.isfinite(y).all()
    assert (y[PERIOD * 3:PERIOD * 4] == 0).all()
    np.testing.assert_array_equal(y[PERIOD * 4:], 2 * good[PERIOD * 4:])
    np.testing.assert_array_equal(c.arena.plan[:2, BROKEN], [1, 0])
    assert not c.arena.state[c.arena.plan[:2, STATE_AT]].any()


def test_madness_leaves_the_neighbours_state_alone():
    c = chain(COUNT, MAD, COUNT)
    play(c, silence(0.01))
    x = silence(0.01)
    states, counts = c.arena.plan[:3, STATE_AT], c.arena.plan[[0, 2], CURSOR]
    before = c.arena.cursors[counts].copy()
    c.arena.state[states[1]] = np.nan           # as if the second had gone mad by itself
    y = play(c, x)
    assert (y[PERIOD:] > 480).all()
    np.testing.assert_array_equal(c.arena.cursors[counts], before + 480)
    np.testing.assert_array_equal(c.arena.state[states], [960, 0, 960])


def test_madness_while_switching_lets_the_dry_sound_pass():
    c = chain(Block(MAD, on=False))
    c.arena.state[0] = np.nan
    x = tone(0.05)
    np.testing.assert_array_equal(play(c, x), late(x, MAD.latency))


# --- Two ways -----------------------------------------------------------------------------------

def ways(*parts):
    """A chain of a split, effects, perhaps a branch, and a merge."""
    return chain(*(Block(effects.load(part)) if isinstance(part, str) else part for part in parts))


def gain(db):
    boost = effects.load("boost")
    return Block(boost, {"gain_db": boost.parameters[0].to_raw(db)})


def merge(**values):
    effect = effects.load("merge")
    return Block(effect, {id: effect.parameter(id).to_raw(value) for id, value in values.items()})


@pytest.mark.parametrize("balance, first, second", ((0.5, 1.0, 1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 1.0), (0.25, 1.0, 0.5)))
def test_two_ways_come_together(balance, first, second):
    x = tone(0.02)
    expected = (first * 2.0 + second * 0.5) * x
    y = play(ways("split", gain(20 * np.log10(2)), "branch", gain(20 * np.log10(0.5)), merge(balance=balance)), x)
    np.testing.assert_allclose(y, np.repeat(expected, 2, axis=1), atol=1e-6)


def test_without_a_branch_the_second_way_is_dry():
    x = tone(0.02, 2)
    y = play(ways("split", gain(20 * np.log10(2)), merge()), x)
    np.testing.assert_allclose(y, 3.0 * x, atol=1e-6)


def test_spread_puts_the_ways_on_two_sides():
    x = tone(0.02)
    y = play(ways("split", gain(20 * np.log10(2)), "branch", merge(spread=1.0)), x)
    np.testing.assert_allclose(y, np.sqrt(2) * np.hstack([2.0 * x, x]), atol=1e-6)


@pytest.mark.parametrize("size", (PERIOD, 1, 3))
@pytest.mark.parametrize("parts, balance", (
    (("split", MAD), 1.0), (("split", "branch", MAD), 0.0), (("split", MAD, MAD, "branch", MAD), 1.0)))
def test_a_late_way_is_waited_for(parts, balance, size):
    """The way that is heard here has less to wait through than the other: it comes as late all the same."""
    parts = [Block(part) if part is MAD else part for part in parts]
    c = ways(*parts, merge(balance=balance))
    x = 0.1 * tone(0.05)
    mad = sum(part.effect is MAD for part in c.blocks)
    assert c.latency == MAD.latency * max(mad - 1, 1)
    late_by = 2 * MAD.latency if mad == 3 else MAD.latency
    # MAD itself does not wait: what arrives early by its own latency shows that the chain added the rest.
    added = late_by - (MAD.latency if mad == 3 else 0)
    gain_here = 2.0 if mad == 3 else 1.0
    np.testing.assert_allclose(play(c, x, size)[:, :1], gain_here * late(x, added), atol=1e-6)


@pytest.mark.parametrize("roles", (("split",), ("merge",), ("branch",), ("split", "split", "merge"),
                                   ("split", "branch", "branch", "merge"), ("split", "merge", "merge")))
def test_ways_that_do_not_come_together_are_refused(roles):
    with pytest.raises(ChainError, match="part at a split"):
        ways(*roles)
