"""What a machine can carry: the arithmetic with times that are made up, and the measuring without a clock."""

import json
from pathlib import Path

import numpy as np
import pytest

from dsp import effects
from dsp.chain import Block
from dsp.rack import Rack
from firmware import captures, carry, load
from firmware.__main__ import main
from firmware.load import Meter, Time
from firmware.preset import Library

RATE, PERIOD = 48000, 64
BLOCK_S = PERIOD / RATE
PER_EFFECT = 0.01       # of a block of 64 frames, in the made-up machine; its longest block takes twice that
BOX = 0.02


class Fake:
    """A machine whose times are known: each effect takes as long as any other, a capture ten times that."""

    slowness = 1.0

    def __init__(self, sample_rate, period):
        self.sample_rate, self.period, self.block_s = sample_rate, period, period / sample_rate

    def time(self, blocks):
        weight = sum(10.0 if block.options else 1.0 for block in blocks)
        share = BOX + self.slowness * PER_EFFECT * weight
        return Time(share * BLOCK_S, 2 * share * BLOCK_S)


@pytest.fixture
def fake(monkeypatch):
    monkeypatch.setattr(carry, "Meter", Fake)
    monkeypatch.setattr(Fake, "slowness", 1.0)
    return Fake


@pytest.fixture
def library(shelf, tmp_path):
    return Library(tmp_path / "own")


def found(lines, name):
    [line] = [line for line in lines if line.name == name]
    return line


# --- Arithmetic ---------------------------------------------------------------------------------

def test_an_effect_is_told_without_the_box_around_it(fake, library):
    report = carry.measure(library, RATE, PERIOD)
    assert {line.name for line in report.effects} == {id for id in effects.names() if not effects.load(id).role}
    boost = found(report.effects, "boost")
    assert boost.share == pytest.approx(PER_EFFECT)
    assert boost.ns == pytest.approx(1e9 * PER_EFFECT * BLOCK_S / PERIOD)
    assert boost.worst == pytest.approx(2 * (BOX + PER_EFFECT) - BOX)
    assert report.box.share == pytest.approx(BOX)


@pytest.mark.skipif("nam" not in effects.names(), reason="no amp captures in this collection")
def test_the_capture_player_is_told_with_a_capture(fake, library):
    report = carry.measure(library, RATE, PERIOD)
    assert found(report.effects, "nam").share == found(report.models, "standard").share == pytest.approx(10 * PER_EFFECT)


def test_a_preset_is_told_with_the_box_and_the_heaviest_first(fake, library):
    report = carry.measure(library, RATE, PERIOD)
    assert [line.name for line in report.presets][0] == "Bench"
    assert report.presets[0].share == pytest.approx(BOX + 3 * PER_EFFECT)
    assert all(line.fits for line in report.presets)


def test_what_takes_more_than_its_room_does_not_fit(fake, library):
    fake.slowness = 13.0        # three effects: 2 * (2 % + 39 %)
    report = carry.measure(library, RATE, PERIOD)
    assert [line.name for line in report.presets if not line.fits] == ["Bench"]


def test_the_suggestion_is_the_shortest_period_for_the_heaviest_preset(fake, library):
    # The made-up times do not grow with the period: 2 * (2 % + 3 %) of 64 frames are 20 % of 32.
    assert carry.measure(library, RATE, PERIOD).suggested == 32
    fake.slowness = 13.0        # 82 % of 64, 41 % of 128
    assert carry.measure(library, RATE, PERIOD).suggested == 128
    fake.slowness = 1000.0
    assert carry.measure(library, RATE, PERIOD).suggested is None


@pytest.mark.skipif("nam" not in effects.names(), reason="no amp captures in this collection")
def test_how_many_captures_play_at_once(fake, library):
    report = carry.measure(library, RATE, PERIOD)
    assert {line.name for line in report.models} == set(captures.NAMES)
    # 60 % less the box's own 2 * 2 %; each takes 2 * (2 % + 10 %) - 2 %.
    assert report.how_many(report.models[0]) == int(0.56 / 0.22) == 2
    assert all(model["at_once"] == 2 for model in report.document()["models"])


def test_a_preset_that_cannot_be_played_is_named_and_left_out(fake, library, shelf):
    broken = json.loads((shelf / "Clean.json").read_text())
    broken["chain"][0]["effect"] = "bost"
    (shelf / "Clean.json").write_text(json.dumps(broken))
    report = carry.measure(library, RATE, PERIOD)
    assert "Clean" not in [line.name for line in report.presets]
    assert "there is no effect 'bost'" in report.broken["Clean"]


def test_progress_rises_to_the_end(fake, library):
    told = []
    carry.measure(library, RATE, PERIOD, lambda name, share: told.append((name, share)))
    shares = [share for _, share in told]
    assert shares == sorted(shares) and shares[0] == 0.0 and shares[-1] == 1.0
    assert {"Bench", "Boost", "64 frames a block"} <= {name for name, _ in told}


# --- Measuring ----------------------------------------------------------------------------------

def test_a_meter_counts_the_fastest_of_its_rounds_and_the_longest_of_its_blocks(monkeypatch, machine_code):
    """With a clock that is wound by hand: in each round one other block is disturbed, and the third is long."""
    monkeypatch.setattr(load, "SECONDS", 3 * BLOCK_S)       # four blocks
    monkeypatch.setattr(load, "ROUNDS", 4)
    costs = iter([cost for disturbed in range(4) for block in range(4)
                  for cost in [2.0 + 3.0 * (block == 2) + 100.0 * (block == disturbed)]])
    now, running = 0.0, False

    def clock():
        nonlocal now, running
        now += next(costs) if running else 0.5
        running = not running
        return now

    monkeypatch.setattr(load, "perf_counter", clock)
    assert Meter(RATE, PERIOD).time([Block(effects.load("boost"))]) == Time((2 + 2 + 5 + 2) / 4, 5.0)


def test_every_round_hears_the_chain_fresh_and_a_sound_that_is_one(monkeypatch, machine_code):
    monkeypatch.setattr(load, "SECONDS", 0.02)
    heard = []
    meter = Meter(RATE, PERIOD)
    run = meter._round
    monkeypatch.setattr(meter, "_round", lambda: (run(), heard.append(meter._out.tobytes()))[0])
    meter.time([Block(effects.load("reverb"))])
    assert len(heard) == load.ROUNDS and set(heard) == {heard[0]}
    assert np.frombuffer(heard[0], np.int32).any()


def test_the_machine_has_a_name_and_cores():
    assert load.machine().endswith("cores") and not load.machine().startswith(",")


# --- Captures -----------------------------------------------------------------------------------

def test_the_usual_sizes_have_the_usual_number_of_weights(tmp_path):
    """13802 are what every standard model of the first architecture has."""
    assert captures.write("standard", tmp_path / "a.nam") == 13802
    for name in captures.NAMES:
        count = captures.write(name, tmp_path / "b.nam")
        assert len(json.loads((tmp_path / "b.nam").read_text())["weights"]) == count


@pytest.mark.skipif("nam" not in effects.names(), reason="no amp captures in this collection")
@pytest.mark.parametrize("name", captures.NAMES)
def test_every_size_is_a_model_that_sounds(name, tmp_path, machine_code):
    captures.write(name, tmp_path / "model.nam")
    rack = Rack(RATE)
    rack.begin([Block(effects.load("nam"), options={"model": str(tmp_path / "model.nam"), "raw": True})])
    x = np.random.default_rng(1).normal(0.0, 0.1, 1024).astype(np.float32)
    y = np.zeros_like(x)
    rack.player("FLOAT_LE", 1, 0, "FLOAT_LE", 1)(x.view(np.uint8), y.view(np.uint8), 1024)
    assert np.isfinite(y).all() and np.ptp(y) > 0.0


# --- The command --------------------------------------------------------------------------------

def test_the_command_tells_a_player_and_writes_the_figures(fake, library, capsys, tmp_path, machine_code):
    target = tmp_path / "figures.json"
    assert main(["bench", "--json", str(target)]) == 0
    told = capsys.readouterr().out
    for words in ("48000 Hz, 64 frames a block: 1.33 ms", "The box itself takes 2.0 %", "overdrive", "Bench",
                  "Suggested: period = 32 (0.67 ms)"):
        assert words in told
    figures = json.loads(target.read_text())
    assert figures["period"] == PERIOD and figures["suggested"] == 32
    assert {line["name"] for line in figures["presets"]} == {"Bench", "Clean", "Echo"}
    assert figures["effects"][0].keys() == {"name", "ns", "share", "worst"}


def test_the_command_says_what_is_too_heavy(fake, library, capsys, machine_code):
    fake.slowness = 1000.0
    assert main(["bench", "--period", "128"]) == 0
    told = capsys.readouterr().out
    assert "too heavy" in told and "No period up to 512 carries the heaviest preset, Bench" in told


def test_no_place_for_the_figures_is_a_mistake(fake, library, capsys, tmp_path, machine_code):
    assert main(["bench", "--json", str(Path(tmp_path, "none", "x.json"))]) == 2
    assert "No such file or directory" in capsys.readouterr().err
