"""What the firmware's tests play with: a box with a clock moved by hand, sound shared by processes."""

import mmap
import time

import numpy as np

from firmware import box
from firmware import exchange as shared
from firmware.moods import knob_offsets

RATE, PERIOD = 48000, 64
STEP_S = 0.01
LONGEST_S = 60.0        # that anything here may take on a machine that is busy
NAVIGATE, KNOB_1, KNOB_2, KNOB_3 = range(4)     # encoders
LEFT, MIDDLE, RIGHT = range(3)                  # footswitches: bypass/compare, apply/learn, next preset/save
LONG = 0.7                                      # seconds of a press that means something else
GAIN, DRIVE, MIX = (0, "gain_db"), (1, "drive_db"), (2, "mix")      # in the Bench preset


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


def go_to(stage, page):
    while stage.panel.page != page:
        stage.push(NAVIGATE)


def preset_raw(panel, key):
    block = panel.preset.blocks[key[0]]
    return block.raw_of(block.effect.parameter(key[1]))


def offset(panel, key, emotion):
    return knob_offsets(emotion, panel.preset.blocks)[key]


def teach(stage, key, raw, emotion, times=1):
    """Sessions in which a hand puts a knob somewhere under an emotion, the preset as shipped each time."""
    for _ in range(times):
        stage.panel.load_preset("Bench")
        stage.select(emotion)
        stage.panel.put(key, raw)
        stage.run(1.5)
        stage.panel.set_learning(False)
        stage.panel.set_learning(True)
        stage.run(0.1)


class Tape:
    """A sink in shared memory, so that the test hears what another process plays."""

    def __init__(self, frames, channels=2):
        self._map = mmap.mmap(-1, 8 + 4 * frames * channels)
        self._position = np.frombuffer(self._map, np.int64, 1)
        self._samples = np.frombuffer(self._map, np.float32, offset=8).reshape(frames, channels)

    def write(self, x):
        end = int(self._position[0]) + len(x)
        self._samples[end - len(x):end] = x
        self._position[0] = end

    @property
    def heard(self):
        return self._samples[:self._position[0]].copy()


def tone(frames, channels=1, level=0.25):
    x = level * np.sin(2 * np.pi * 440 * np.arange(frames) / RATE)
    return np.repeat(x[:, None], channels, axis=1).astype(np.float32)


def until(true):
    deadline = time.monotonic() + LONGEST_S
    while not true():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.001)


def in_step(words):
    """What lets a device go on only as far as the test grants."""

    def wait(frames):
        while words[shared.FRAMES] + frames > words[shared.GRANTED] and not words[shared.STOP]:
            time.sleep(0.0002)

    return wait
