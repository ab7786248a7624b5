"""What the firmware's tests stand on: a box in simulation, its home in tmp_path, its clock moved by hand.

Everything that needs machine code is imported inside the fixtures, so that the other rooms' tests start fast.
"""

import json
import os
from pathlib import Path

import numpy as np
import pytest

CACHE = os.environ.get("LOOPMIND_CACHE") or str(Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
                                                / "loopmind")
STEP_S = 0.01
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
    """A configuration in simulation."""
    from firmware import config as configuration
    from firmware.commands.run import simulate
    config = configuration.load(configuration.DEFAULTS)
    config.box.home = tmp_path / "home"
    config.box.preset = "Bench"
    simulate(config)
    return config


@pytest.fixture
def exchange(config, machine_code):
    from firmware import box
    return box.make_exchange(config)


class Clock:
    """Seconds that go on only when they are told to."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


class Stage:
    """A box whose hands, sound and time are the test's: 10 ms a step, a sine on its input.

    Whatever a hand does happens from now on; `run` lets it.
    """

    def __init__(self, config, exchange):
        from firmware import box
        self.config, self.exchange = config, exchange
        self.clock = Clock()
        self.box = box.assemble(config, exchange, self.clock, lambda: 1000.0 + self.clock.now, inline=True,
                                keep_images=True, bounces=2)
        self.panel, self.taste, self.body = self.box.panel, self.box.taste, self.box.body
        self.hand, self.display, self.lamps = self.body.hand, self.body.display, self.body.leds
        self.input_level = 0.1
        self._frames = int(STEP_S * exchange.sample_rate)
        self._play = exchange.rack.player("FLOAT_LE", 1, 0, "FLOAT_LE", 2)
        self._played = 0
        self.run(0.1)

    def run(self, seconds):
        """Let time pass; returns the sound of it, float32 [frames, 2]."""
        return np.concatenate([self._step() for _ in range(max(1, round(seconds / STEP_S)))])

    def turn(self, encoder, detents, seconds=None):
        """Turn an encoder, slowly enough to be taken at its word unless told how long it may take."""
        seconds = 0.05 * abs(detents) if seconds is None else seconds
        self.hand.turn(encoder, detents, self.clock.now, seconds)
        return self.run(seconds + 0.03)

    def push(self, encoder, seconds=0.12):
        self.hand.push(encoder, self.clock.now, seconds)
        return self.run(seconds + 0.03)

    def press(self, foot, seconds=0.12):
        self.hand.press(foot, self.clock.now, seconds)
        return self.run(seconds + 0.03)

    def select(self, emotion, seconds=0.3):
        """Turn the selector, and wait for the glide to end."""
        self.hand.select(self.panel.emotions.index(emotion), self.clock.now)
        return self.run(seconds)

    def level(self, seconds=0.1):
        """How loud it is now, the peak of a moment."""
        return float(np.abs(self.run(seconds)).max())

    def raw(self, plugin, parameter):
        """Where a knob sounds now."""
        found, = [raw for (index, id), raw in self.box.panel._sound.raw.items()
                  if (self.panel.preset.blocks[index].effect.id, id) == (plugin, parameter)]
        return found

    def view(self):
        return self.panel.view()

    def _step(self):
        self.clock.now = round(self.clock.now + STEP_S, 6)
        self.hand.move(self.clock.now)
        self.box.step()
        time = (self._played + np.arange(self._frames)) / self.exchange.sample_rate
        x = (self.input_level * np.sin(2 * np.pi * 220 * time)).astype(np.float32)
        y = np.zeros((self._frames, 2), np.float32)
        self._play(x.view(np.uint8), y.reshape(-1).view(np.uint8), self._frames)
        self._played += self._frames
        return y


@pytest.fixture
def make_stage(config, exchange):
    """() -> a stage; the second one goes on where the first left off."""
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
