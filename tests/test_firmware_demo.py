"""The main job on a recording, as fast as the machine can: the same every time, and it learns."""

import json

import numpy as np
import pytest
import soundfile
from PIL import Image

from firmware import config as configuration
from firmware import demo
from firmware.commands.run import simulate
from firmware.pages.canvas import HEIGHT, WIDTH
from profiles import document
from profiles.log import unseal
from tests.stage import RATE

FILES = {"processed.wav", "profile.json", "adjustments.log", "pages.png"}


def plucks(seconds=2.0):
    """A short take: a decaying note each half second."""
    time = np.arange(int(seconds * RATE)) / RATE
    return (0.3 * np.sin(2 * np.pi * 196 * time) * np.exp(-6 * (time % 0.5)))[:, None].astype(np.float32)


class Take:
    """One run of the demo and what it left."""

    def __init__(self, out, samples=None, emotions=None, profile=None):
        config = configuration.load(configuration.DEFAULTS)
        simulate(config, make_stick=False)
        if emotions:
            config.selector.emotions = emotions
        self.out, self.said, self.shares = out, [], []
        self.demo = demo.run(plucks() if samples is None else samples, config, out, profile, True,
                             lambda seconds, words: self.said.append((seconds, words)), self.shares.append)

    def bytes_of(self, name):
        return (self.out / name).read_bytes()

    @property
    def profile(self):
        return document.read(self.out / "profile.json")

    @property
    def adjustments(self):
        return [record for record in map(unseal, self.bytes_of("adjustments.log").splitlines())
                if record["kind"] == "adjust"]


@pytest.fixture(scope="module")
def take(tmp_path_factory, machine_code):
    return Take(tmp_path_factory.mktemp("first"))


def test_the_folder_holds_what_is_promised(take):
    assert {path.name for path in take.out.iterdir()} == FILES
    sound, rate = soundfile.read(take.out / "processed.wav")
    assert rate == RATE and sound.shape[1] == 2
    assert len(sound) >= demo.LENGTH_S * RATE, "a short take is played over and over, to the script's end"
    assert 0.05 < np.abs(sound).max() <= 1.0
    pages = Image.open(take.out / "pages.png")
    assert pages.width > 2 * WIDTH and pages.height > 2 * HEIGHT


def test_what_the_player_did_is_in_the_log(take):
    seen = {(record["plugin"], record["parameter"], record["emotion"]) for record in take.adjustments}
    assert {("overdrive", "drive_db", "aggressive"), ("delay", "mix", "dreamy"), ("reverb", "mix", "dreamy"),
            ("reverb", "mix", "aggressive")} <= seen


def test_the_profile_has_learnt(take):
    own = take.profile.own
    assert own.sessions == 2
    assert set(own.habits["reverb", "mix"]) == {"dreamy", "aggressive"}
    readable = json.loads(take.bytes_of("profile.json"))["emotion"]
    assert readable["reverb"]["mix"]["dreamy"] > 0.1 > readable["reverb"]["mix"]["aggressive"]
    assert readable["overdrive"]["drive_db"]["aggressive"] != 0


def test_what_it_learnt_is_told_in_sentences(take):
    assert len(take.demo.sentences) >= 4 and all(take.demo.sentences)
    assert any("dreamy" in sentence.lower() and "reverb" in sentence for sentence in take.demo.sentences)


def test_the_box_then_sets_the_knobs_by_itself(take):
    """In presets that no hand has touched: the learnt value, not the preset's."""
    found = {(line.emotion, line.knob): line for line in take.demo.learnt}
    for emotion, knob in (("dreamy", "Reverb Mix"), ("dreamy", "Delay Mix"), ("aggressive", "Overdrive Drive")):
        line = found[emotion, knob]
        assert line.before != line.after
    wetter = found["dreamy", "Reverb Mix"]
    assert float(wetter.after.split()[0]) > float(wetter.before.split()[0]) + 5
    dreamy = [record["new"] for record in take.adjustments if record["parameter"] == "mix"
              and (record["plugin"], record["emotion"]) == ("reverb", "dreamy")]
    assert float(wetter.after.split()[0]) <= 100 * max(dreamy) + 1


def test_everything_the_player_does_is_said_in_its_time(take):
    times = [seconds for seconds, _ in take.said]
    assert times == sorted(times) and len(times) > 10
    assert take.shares == sorted(take.shares) and 0.99 < take.shares[-1] <= 1.0
    assert any("dreamy" in words for _, words in take.said)


def test_every_kind_of_page_was_shown(take):
    assert 8 <= len(take.demo.pages) <= demo.PAGES
    assert len({image.tobytes() for _, image in take.demo.pages}) >= 6


def test_a_second_run_is_the_same_to_the_byte(take, tmp_path):
    again = Take(tmp_path / "again")
    for name in ("processed.wav", "pages.png"):
        assert again.bytes_of(name) == take.bytes_of(name), name
    assert (again.demo.sentences, again.demo.learnt, again.said) == (take.demo.sentences, take.demo.learnt, take.said)


def test_a_profile_is_taken_up_and_learnt_on(take, tmp_path):
    again = Take(tmp_path / "again", profile=take.profile)
    assert again.profile.id == take.profile.id
    assert again.profile.own.sessions == take.profile.own.sessions + 2
    first = next(record for record in take.adjustments if record["plugin"] == "reverb")
    now = next(record for record in again.adjustments if record["plugin"] == "reverb")
    assert now["old"] > first["old"] + 0.05, "the reverb is up before any hand has turned it"


def test_other_emotions_will_do(tmp_path, machine_code):
    take = Take(tmp_path / "out", emotions=("verse", "chorus", "bridge"))
    assert {record["emotion"] for record in take.adjustments} == {"verse", "chorus"}
    assert {line.emotion for line in take.demo.learnt} <= {"verse", "chorus"} and take.demo.learnt
    assert any("chooses verse" in words for _, words in take.said)


def test_a_take_that_is_longer_than_the_script_is_played_to_its_end(tmp_path, machine_code, monkeypatch):
    monkeypatch.setattr(demo, "LENGTH_S", 0.5)
    monkeypatch.setattr(demo, "script", lambda first, second: [])
    samples = np.repeat(plucks(1.0), 2, axis=1)[:-100]
    take = Take(tmp_path / "out", samples=samples)
    assert len(soundfile.read(take.out / "processed.wav")[0]) == RATE - 64, "its last period filled up"


def test_a_sound_process_that_falls_is_no_endless_wait(tmp_path, machine_code, monkeypatch):
    monkeypatch.setattr(demo.Demo, "_device", lambda self, exchange, writer: 1 / 0)
    with pytest.raises(RuntimeError, match="the audio process fell"):
        Take(tmp_path / "out")
    assert not (tmp_path / "out" / "processed.wav").exists()
