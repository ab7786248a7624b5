"""The page of sounds: what is on it, whether it is equally loud, whether its pictures show what is heard."""

import base64
import io
import re

import numpy as np
import pytest
import soundfile
from PIL import Image

from dsp import effects
from dsp.loudness import integrated
from firmware import gallery, pictures, preset, showcase
from firmware.__main__ import main

RATE = 48000


@pytest.fixture(autouse=True)
def compiled(machine_code):
    pass


@pytest.fixture
def short(monkeypatch):
    """Takes of a second."""
    monkeypatch.setattr(gallery, "TAKE_S", 0.8)
    monkeypatch.setattr(gallery, "TAIL_S", 0.4)


def noise(seconds=2.0, level=0.1, channels=1):
    return np.random.default_rng(3).normal(0.0, level, (int(seconds * RATE), channels)).astype(np.float32)


def sounds(folder):
    return {path.stem.split("-", 1)[1]: soundfile.read(path, always_2d=True)[0]
            for path in sorted(folder.glob("sounds/*.flac"))}


# --- The page -----------------------------------------------------------------------------------

def test_the_page_has_a_card_a_sound_and_two_pictures_for_each(short, shelf, tmp_path):
    told = []
    page = gallery.make(noise(), RATE, tmp_path, ["boost", "delay"], lambda name, share: told.append(share))
    text = page.read_text()
    assert text.count("<article>") == 3 and text.count("<audio") == 3
    assert text.count("data:image/png;base64,") == 3 and text.count("data:image/webp;base64,") == 3
    assert sorted(sounds(tmp_path)) == ["boost", "delay", "the-take"]
    assert all((tmp_path / file).is_file() for file in re.findall(r'src="(sounds/[^"]+)"', text))
    assert "$" not in text and 'src="http' not in text and 'href="http' not in text
    assert "<h3>Boost</h3><span>+6.0 dB</span>" in text
    assert told == sorted(told) and told[0] == 0.0 and told[-1] == 1.0


def test_everything_that_can_be_shown_is_planned_once(shelf):
    jobs = gallery.plan(())
    named = [blocks[0].effect.id for group, _, _, _, blocks in jobs if group != "Presets"]
    assert sorted(named) == [id for id in effects.names() if showcase.can_be_shown(effects.load(id))]
    assert [name for group, name, *_ in jobs if group == "Presets"] == ["Bench", "Clean", "Echo"]


def test_settings_that_are_shown_are_real():
    """What is written for an effect that is here is understood (unknown words would raise), and is no default."""
    for _, entries in showcase.shown():
        for effect, [block, *_] in entries:
            assert block.effect is effect and set(block.raw) <= {p.id for p in effect.parameters}


def test_names_from_files_do_no_harm(short, shelf, tmp_path):
    path = shelf / "Clean.json"
    path.write_text(path.read_text().replace('"Clean"', '"<b>$name & co</b>"'))
    assert preset.load(path).name == "<b>$name & co</b>"
    text = gallery.make(noise(), RATE, tmp_path).read_text()
    assert "&lt;b&gt;$name &amp; co&lt;/b&gt;" in text and "<b>$name" not in text


# --- The sounds ---------------------------------------------------------------------------------

def test_all_sounds_are_equally_loud_and_none_clips(short, shelf, tmp_path):
    gallery.make(noise(), RATE, tmp_path, ["boost", "overdrive", "reverb", "tremolo"])
    heard = sounds(tmp_path)
    loudness = [integrated(x, RATE) for x in heard.values()]
    assert np.ptp(loudness) < 0.1
    assert all(np.abs(x).max() <= gallery.HIGHEST + 1e-4 for x in heard.values())


def test_one_channel_is_as_loud_as_two_since_both_loudspeakers_play_it(short, shelf, tmp_path):
    gallery.make(noise(), RATE, tmp_path, ["overdrive", "tremolo"])
    assert all(x.shape[1] == 2 for x in sounds(tmp_path).values())


def test_a_peak_makes_all_softer_not_one():
    items = [gallery.Item("", "", "", x) for x in (noise(), noise())]
    items[1].sound[5000] = 3.0
    gallery.match(items, RATE)
    assert np.abs(items[1].sound).max() == pytest.approx(gallery.HIGHEST, abs=1e-3)
    assert np.ptp([integrated(item.sound, RATE) for item in items]) < 0.05


def test_silence_stays_silence():
    item = gallery.Item("", "", "", np.zeros((RATE, 1), np.float32))
    gallery.match([item], RATE)
    assert item.gain_db == 0.0 and not item.sound.any()


def test_the_take_begins_with_its_first_sound_and_has_room_to_ring_out():
    x = np.concatenate([np.zeros((5 * RATE, 1), np.float32), noise(20.0)])
    y = gallery.excerpt(x, RATE)
    assert len(y) == int((gallery.TAKE_S + gallery.TAIL_S) * RATE)
    assert np.abs(y[:RATE // 2]).max() > 0.1 and not y[int(gallery.TAKE_S * RATE):].any()


# --- The pictures -------------------------------------------------------------------------------

def pixels(picture):
    return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB")).astype(int)


def test_a_tone_is_a_line_at_its_place():
    for hz in (110.0, 1000.0, 8000.0):
        x = 0.5 * np.sin(2 * np.pi * hz * np.arange(RATE) / RATE)[:, None].astype(np.float32)
        rows = pixels(pictures.spectrum(x, RATE))[:, 100:-100].sum(axis=(1, 2))
        assert abs(rows.argmax() / pictures.SPECTRUM_HEIGHT - pictures.place_of(hz)) < 0.02


def test_levels_are_those_of_the_sound():
    x = 0.5 * np.sin(2 * np.pi * 1000.0 * np.arange(RATE) / RATE)[:, None]
    assert pictures.levels(x, RATE)[:, 200].max() == pytest.approx(-6.0, abs=0.2)


def test_a_wave_is_as_high_as_the_sound_and_the_take_stands_behind():
    dry, x = np.zeros((RATE, 1)), np.zeros((RATE, 1))
    dry[RATE // 2:] = np.where(np.arange(RATE // 2) % 2, 0.9, -0.9)[:, None]
    x[:RATE // 2] = np.where(np.arange(RATE // 2) % 2, 0.5, -0.5)[:, None]
    picture = pixels(pictures.wave(x, dry))
    height, middle = pictures.WAVE_HEIGHT, pictures.WIDTH // 2
    of_x = (np.abs(picture - pictures.WET).max(axis=2) < 8)[:, :middle - 2].mean()
    of_dry = (np.abs(picture - pictures.DRY).max(axis=2) < 8)[:, middle + 2:].mean()
    assert of_x == pytest.approx(0.5, abs=2 / height) and of_dry == pytest.approx(0.9, abs=2.5 / height)


def test_a_page_is_of_reasonable_size():
    """Fifty sounds' pictures fit into three megabytes, even those of noise."""
    x = noise(10.0)
    assert 50 * 4 / 3 * (len(pictures.wave(x, x)) + len(pictures.spectrum(x, RATE))) < 3e6


# --- The command --------------------------------------------------------------------------------

def test_the_command_makes_a_page_of_a_file(short, shelf, tmp_path, capsys):
    soundfile.write(tmp_path / "take.wav", noise(), 44100)
    assert main(["effects", "boost", "--demo", "--input", str(tmp_path / "take.wav"), "--out", str(tmp_path / "page")]) == 0
    out, err = capsys.readouterr()
    assert "index.html: open it in a browser" in out and "resampled from 44100 to 48000 Hz" in err
    picture = re.search(r"data:image/png;base64,([^\"]+)", (tmp_path / "page" / "index.html").read_text())[1]
    assert pixels(base64.b64decode(picture)).shape == (pictures.WAVE_HEIGHT, pictures.WIDTH, 3)


def test_an_effect_that_only_plays_a_file_is_not_shown_but_explained(tmp_path, capsys):
    assert main(["effects", "nam", "--demo", "--out", str(tmp_path / "page")]) == 2
    assert "nam" in capsys.readouterr().err and not (tmp_path / "page").exists()


def test_an_input_without_a_demo_is_a_mistake(capsys):
    assert main(["effects", "--input", "take.wav"]) == 2
    assert "--input needs --demo" in capsys.readouterr().err
