"""What a block costs, counted, not timed: one Python call however long the chain is, nothing allocated, nothing
compiled. A clock would fail on a busy machine; these counts cannot.
"""

import gc
import subprocess
import sys
import tracemalloc
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numba.core.runtime import _nrt_python, rtsys

from dsp import effects
from dsp.arena import CURSOR, EFFECTS
from dsp.chain import Block
from dsp.effect import Effect
from dsp.native import kernel
from dsp.rack import Rack

ROOT = Path(__file__).parents[1]
SAMPLE_RATE, PERIOD = 48000, 64
COLLECTION = [effect for id in effects.names() if not (effect := effects.load(id)).role
              and all(option.default is not None for option in effect.options)]


@kernel
def count(knobs, state, memory, cursors, tables, io, frames, sample_rate):
    cursors[0] += 1


COUNTER = Effect("counter", "Counter", "Counts its calls.", (), count, cursors=1)


class Stage:
    """A rack that plays a chain, block by block, as the audio loop does."""

    def __init__(self, blocks):
        self.rack = Rack(SAMPLE_RATE)
        self.chain = self.rack.begin(blocks)
        self._play = self.rack.player("S32_LE", 2, 0, "S32_LE", 2)
        self._heard = np.random.default_rng(2).integers(-1 << 28, 1 << 28, 2 * PERIOD).astype(np.int32).view(np.uint8)
        self._played = np.zeros_like(self._heard)

    def play(self, blocks=1):
        play, heard, played = self._play, self._heard, self._played
        for _ in range(blocks):
            play(heard, played, PERIOD)


def counters(number):
    return [Block(COUNTER) for _ in range(number)]


@pytest.fixture(scope="module")
def everything():
    """Every effect there is, one behind the other, already playing."""
    stage = Stage([Block(effect) for effect in COLLECTION[:EFFECTS]])
    stage.play(50)
    return stage


# --- Calls --------------------------------------------------------------------------------------

def calls_of(stage, blocks):
    """How often Python calls something, of its own or in machine code, while so many blocks are played."""
    found = Counter()

    def note(frame, event, argument):
        if event in ("call", "c_call"):
            found[getattr(argument, "__name__", None) or frame.f_code.co_name] += 1

    stage.play()
    sys.setprofile(note)
    try:
        stage.play(blocks)
    finally:
        sys.setprofile(None)
    return found


def test_a_block_is_one_call_however_long_the_chain():
    alone = calls_of(Stage(counters(1)), 100)
    assert calls_of(Stage(counters(EFFECTS)), 100) == alone
    assert calls_of(Stage([]), 100) == alone
    # One call of the player's function a block; the machine code it hands over to is no call that Python sees.
    per_block = {name: number for name, number in alone.items() if number >= 100}
    assert per_block in ({"play": 101}, {"play": 101, "run_rack": 100})


def test_one_more_effect_is_one_more_kernel_call():
    for number in (1, 7, EFFECTS):
        stage = Stage(counters(number))
        arena = stage.chain.arena
        before = arena.cursors.copy()
        stage.play(30)
        called = arena.cursors - before
        assert list(called[arena.plan[:number, CURSOR]]) == [30] * number and called.sum() == 30 * number


# --- Memory -------------------------------------------------------------------------------------

def growth(action):
    """Bytes that Python holds more after an action than before, and the most that it held in between."""
    gc.collect()
    gc.disable()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        action()
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        gc.enable()
    return after - before, peak - before


def test_python_allocates_nothing_for_blocks(everything):
    everything.play(10)
    few, peak_of_few = growth(lambda: everything.play(10))
    many, peak_of_many = growth(lambda: everything.play(3000))
    assert many <= few + 256 and peak_of_many <= peak_of_few + 256
    assert peak_of_many < 4096


def test_the_measure_finds_what_is_kept_and_what_is_thrown_away():
    kept = []
    assert growth(lambda: kept.append(np.zeros(PERIOD)))[0] > 8 * PERIOD
    assert growth(lambda: np.zeros(PERIOD).sum())[1] > 8 * PERIOD


def test_machine_code_allocates_nothing_for_blocks(everything):
    """But a note on each array that Python hands over: addresses, input, output."""
    _nrt_python.memsys_enable_stats()
    before = rtsys.get_allocation_stats()
    everything.play(200)
    after = rtsys.get_allocation_stats()
    assert after.mi_alloc - before.mi_alloc == after.mi_free - before.mi_free == 3 * 200
    assert after.alloc - before.alloc == after.free - before.free == 3 * 200


# --- Compiling ----------------------------------------------------------------------------------

def test_after_warming_up_nothing_compiles_at_start_nor_at_a_preset_change(machine_code):
    told = subprocess.run([sys.executable, "-m", "tests.second_start"], cwd=ROOT, check=True,
                          capture_output=True, text=True)
    presets, at_start, later, control = map(int, told.stdout.split())
    assert presets >= 8
    assert at_start == 0, "compiled at a start with a warm cache"
    assert later == 0, "compiled at a change of presets"
    assert control > 0      # so it would have been heard


def test_a_long_piece_lets_other_threads_of_python_run():
    x, out = np.ones((1, 1 << 21), np.float32), np.zeros((2, 1 << 21), np.float32)
    play = Rack(SAMPLE_RATE).begin([Block(effects.load("boost")) for _ in range(EFFECTS)]).player(x, out)
    # Seen by this thread with half of it done: it ran meanwhile. Where a busy machine gives it no turn, once more.
    half_done, turns = 0, 100
    with ThreadPoolExecutor(1) as thread:
        while not half_done and turns:
            out[:] = 0.0
            playing, turns = thread.submit(play), turns - 1
            while not playing.done():
                half_done += out[0, 0] != 0.0 and out[0, -1] == 0.0
            assert playing.result() == 1
    assert half_done > 0
    np.testing.assert_array_equal(out[0], x[0])
