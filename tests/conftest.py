"""What the firmware's tests stand on: a box in simulation, its home in tmp_path, its clock moved by hand.

Everything that needs machine code is imported inside the fixtures, so that the other rooms' tests start fast.
"""

import json
import os
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples each time: what passed here passes there. HYPOTHESIS_SEARCH=1 goes looking for new ones.
settings.register_profile("same", derandomize=True)
settings.register_profile("search")
settings.load_profile("search" if os.environ.get("HYPOTHESIS_SEARCH") else "same")

CACHE = os.environ.get("LOOPMIND_CACHE") or str(Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
                                                / "loopmind")
PRESETS = {
    "Bench": {"knobs": ["boost.gain_db", "overdrive.drive_db", "delay.mix"],
              "chain": [{"effect": "boost", "values": {"gain_db": 0}},
                        {"effect": "overdrive", "values": {"drive_db": 8}},
                        {"effect": "delay", "values": {"time_ms": 200, "feedback": 0.4, "mix": 0.3}}]},
    "Clean": {"knobs": ["boost.gain_db"], "chain": [{"effect": "boost", "values": {"gain_db": -6}}]},
    "Echo": {"knobs": ["delay.mix"],
             "chain": [{"effect": "delay", "values": {"time_ms": 300, "feedback": 0.5, "mix": 0.5, "mod": 0}}]},
}


@pytest.fixture(autouse=True)
def no_real_home(tmp_path, monkeypatch):
    """Nothing reads or writes the home of whoever runs the tests, but for the machine code kept there."""
    monkeypatch.setenv("LOOPMIND_CACHE", CACHE)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture(scope="session")
def machine_code():
    """Every effect loaded, once."""
    from firmware.warmup import warm_up
    warm_up()


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """The folder of shipped presets, here three of the tests' own."""
    folder = tmp_path / "shipped"
    folder.mkdir()
    for name, preset in PRESETS.items():
        document = {"format": "loopmind-preset", "version": 1, "name": name, **preset}
        (folder / f"{name}.json").write_text(json.dumps(document))
    monkeypatch.setattr("firmware.preset.SHIPPED", folder)
    return folder


@pytest.fixture
def config(tmp_path, shelf):
    """A configuration in simulation, whose player believes nothing yet: what a test teaches is all there is."""
    from firmware import config as configuration
    from firmware.commands.run import simulate
    config = configuration.load(configuration.DEFAULTS)
    config.box.home = tmp_path / "home"
    config.box.preset = "Bench"
    config.trainer.prior = "none"
    simulate(config)
    return config


@pytest.fixture
def exchange(config, machine_code):
    from firmware import box
    return box.make_exchange(config)


@pytest.fixture
def swift_disk(monkeypatch):
    """No waiting for the disk's surface: 80 declarations, each with its fsync, take half a second.

    What a process has written outlives its kill all the same.
    """
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture
def make_stage(config, exchange, swift_disk):
    """() -> a stage; the second one goes on where the first left off."""
    from tests.stage import Stage
    stages = []

    def make(config=config):
        stages.append(Stage(config, exchange))
        return stages[-1]

    yield make
    for stage in stages:
        stage.box.close()


@pytest.fixture
def stage(make_stage):
    return make_stage()


@pytest.fixture
def panel(stage):
    return stage.panel
