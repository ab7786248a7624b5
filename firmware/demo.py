"""The main job in half a minute: a player turns knobs under several emotions, then the box takes over.

The real engine plays a recording in its own process; the real panel code decodes simulated pins that a
script turns, bounces included. Both keep step by the recording's own time, so every run is the same,
however fast the machine is.
"""

import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import numpy as np

from firmware import box
from firmware import exchange as shared
from firmware.pages.sheet import contact_sheet
from firmware.names import name_of, show_value
from firmware.sources import RecordingSink
from hw.audio import Duplex
from hw.fileaudio import FileCapture
from profiles.store import ProfileStore
from profiles.trends import sentence

STEP_S = 0.01           # panel and sound wait for each other this often
POLL_S = 0.0001
STILL_S = 0.4           # a page that stands this long is worth a place on the contact sheet
PAGES = 36              # and this many are enough
NAVIGATE, DRIVE, DELAY, REVERB = range(4)       # the encoders, on the preset's Play page
LEARN_FOOT, PRESET_FOOT = 1, 2
DETENT_S = 0.025        # a quick hand: each detent counts twice


@dataclass(frozen=True)
class Move:
    """One line of the script: when, what the hand does, and in words ("" to say nothing)."""

    at_s: float
    act: Callable
    words: str = ""


def script(first, second):
    """What the player does under two emotions, given as (position, name)."""

    def learn(start, wetter, dirtier):
        """One session: set the knobs to taste under both emotions, by so many detents."""
        return [
            select(start, first),
            turn(start + 0.7, REVERB, wetter, "turns the reverb up"),
            turn(start + 1.8, DELAY, wetter // 2, "turns the delay up"),
            select(start + 3.4, second),
            turn(start + 4.1, DRIVE, dirtier, "turns the drive up"),
            turn(start + 5.2, REVERB, -dirtier // 2, "turns the reverb down"),
        ]

    return [
        *learn(0.3, wetter=24, dirtier=22),
        hold(7.4, LEARN_FOOT, "ends the session: Learning Mode off, and what it was is learnt"),
        hold(8.6, LEARN_FOOT, "switches Learning Mode on again"),
        *learn(9.6, wetter=4, dirtier=4),
        push(16.1, NAVIGATE), push(16.6, NAVIGATE),
        turn(17.1, DELAY, 1, "turns the pages to what the box knows by now"),
        push(17.6, NAVIGATE),
        hold(18.2, LEARN_FOOT, "ends the second session"),
        hold_push(19.2, NAVIGATE),
        press(20.2, PRESET_FOOT, "steps to the next preset, which knows nothing of all this"),
        select(21.4, first),
        hold(23.0, PRESET_FOOT, "steps back to the first one, as it was shipped"),
        select(24.6, second),
    ]


LENGTH_S = 27.0


def select(at, emotion):
    position, name = emotion
    return Move(at, lambda hand, now: hand.select(position, now), f"chooses {name}")


def turn(at, encoder, detents, words):
    return Move(at, lambda hand, now: hand.turn(encoder, detents, now, DETENT_S * abs(detents)), words)


def push(at, encoder):
    return Move(at, lambda hand, now: hand.push(encoder, now))


def hold_push(at, encoder):
    return Move(at, lambda hand, now: hand.push(encoder, now, 0.7))


def press(at, foot, words):
    return Move(at, lambda hand, now: hand.press(foot, now), words)


def hold(at, foot, words):
    return Move(at, lambda hand, now: hand.press(foot, now, 0.7), words)


@dataclass(frozen=True)
class Learnt:
    """One line of the result: a knob under an emotion, in words.

    before : where preset and emotion alone have it; after : where the box put it by itself.
    """

    preset: str
    emotion: str
    knob: str
    before: str
    after: str


class Demo:
    """One run.

    samples : float32 [frames, channels], the recording at the configuration's rate.
    config : simulated; its home is used as it is.
    say : called with (seconds, text) for everything the player does.
    progress : called with the share that is done, 0..1.
    """

    def __init__(self, samples, config, say=lambda seconds, text: None, progress=lambda share: None):
        config.panel.long = ("effect", "learn", "previous_preset")
        self._config = config
        self._say = say
        self._progress = progress
        self._samples = at_least(samples, int(LENGTH_S * config.audio.sample_rate))
        self.seconds = len(self._samples) / config.audio.sample_rate
        self.pages = []
        self.sentences = []
        self.learnt = []

    def play(self, path, fast):
        """Play it all, in real time unless `fast`; the sound goes to the file at `path`."""
        exchange = box.make_exchange(self._config)
        self._config.audio.input = "stereo"
        part = box.sound_part(self._config, exchange, lambda: self._device(exchange, path), (-1, 0))
        part.start()
        try:
            self._direct(exchange, part, fast)
        finally:
            exchange.words[shared.STOP] = 1
            part.end()

    def _device(self, exchange, path):
        audio, words = self._config.audio, exchange.words

        def wait(frames):
            while words[shared.FRAMES] + frames > words[shared.GRANTED] and not words[shared.STOP]:
                time.sleep(POLL_S)

        return Duplex(FileCapture(self._samples, audio.sample_rate, audio.period, wait=wait), RecordingSink(audio, path))

    def _direct(self, exchange, part, fast):
        panel_box = box.assemble(self._config, exchange, clock=lambda: exchange.seconds, wall=lambda: exchange.seconds,
                                 inline=True, keep_images=True, bounces=2)
        emotions = self._config.selector.emotions
        wanted = ("dreamy", "aggressive") if {"dreamy", "aggressive"} <= set(emotions) else emotions[:2]
        moves = script(*((emotions.index(name), name) for name in wanted))
        witness = Witness(panel_box.panel)
        began = time.monotonic()
        while exchange.words[shared.STATE] != shared.ENDED:
            now = exchange.seconds
            while moves and moves[0].at_s <= now:
                self._act(moves.pop(0), panel_box, now)
            panel_box.body.hand.move(now)
            panel_box.step()
            witness.look(now)
            self._progress(now / self.seconds)
            if not fast:
                time.sleep(max(0.0, began + now + STEP_S - time.monotonic()))
            self._grant(exchange, part)
        panel_box.close()
        self.pages = still(panel_box.body.display.images)
        self.sentences = [sentence(trend, show_value) for trend in panel_box.taste.known.trends]
        self.learnt = witness.learnt()

    def _act(self, move, panel_box, now):
        move.act(panel_box.body.hand, now)
        if move.words:
            self._say(now, move.words)

    def _grant(self, exchange, part):
        """Let the sound go on by one step and wait until it has."""
        words, rate = exchange.words, exchange.sample_rate
        goal = words[shared.GRANTED] = words[shared.GRANTED] + round(STEP_S * rate)
        while words[shared.FRAMES] + self._config.audio.period <= goal and words[shared.STATE] != shared.ENDED:
            if not part.alive():
                raise RuntimeError("the audio process fell")
            time.sleep(POLL_S)


class Witness:
    """Looks, with Learning Mode off, where the knobs stand some time after the box has moved them."""

    LOOK_S = 0.5        # after the 200 ms glide

    def __init__(self, panel):
        self._panel = panel
        self._place, self._since = None, 0.0
        self._seen = {}

    def look(self, now):
        place = (self._panel.preset.name, self._panel.emotion)
        if self._panel.learning or place != self._place:
            self._place, self._since = place, now
        elif now - self._since >= self.LOOK_S:
            self._seen[place] = self._panel.positions()

    def learnt(self):
        """The knobs that stood elsewhere than preset and emotion alone would have them."""
        return [Learnt(preset, emotion, name_of(*key), show_value(*key, plain), show_value(*key, raw))
                for (preset, emotion), positions in self._seen.items()
                for key, (raw, plain) in positions.items() if abs(raw - plain) > 0.02]


def at_least(samples, frames):
    """The recording, from its beginning again until it is long enough for the script."""
    return samples if len(samples) >= frames else np.resize(samples, (frames, samples.shape[1]))


def still(images):
    """The pages that stood for a while, the newest of those shown in between left out."""
    standing = [(seconds, image) for (seconds, image), (following, _) in zip(images, [*images[1:], (float("inf"), None)])
                if following - seconds >= STILL_S]
    return standing[:PAGES]


def run(samples, config, out: Path, profile=None, fast=False, say=print, progress=lambda share: None):
    """Run the demo and leave its results in a folder; returns the Demo."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="loopmind-") as home:
        config.box.home = Path(home)
        config.usb.mount = out
        store = ProfileStore(Path(home) / "profiles")
        if profile is not None:
            store.switch(store.add(profile).name)
        demo = Demo(samples, config, say, progress)
        demo.play(out / "processed.wav", fast)
        keep(Path(home), store.current().profile.name, store, out)
    contact_sheet(demo.pages).save(out / "pages.png")
    return demo


def keep(home, name, store, out):
    """Copy the profile and the log to where the player finds them."""
    shutil.copyfile(store.path(name), out / "profile.json")
    with open(out / "adjustments.log", "wb") as log:
        for path in sorted((home / "logs").glob("*.log")):
            log.write(path.read_bytes())
