"""The program as its user meets it: help, tables, rendered files, and every mistake in one sentence."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dsp import cache, effects
from firmware import commands, preset, render
from firmware.__main__ import main
from firmware.errors import UserError
from profiles import document, portable, prior
from profiles.profile import ParameterInfo
from profiles.trainer import Trainer

ROOT = Path(__file__).parents[1]
RATE = 48000
CHAIN = "overdrive drive_db=20 | delay time_ms=60 mix=0.4"


@pytest.fixture(autouse=True)
def wide_screen(monkeypatch, machine_code):
    """Room for every table; and nothing to compile, which would be said."""
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where the user works: a take and what goes with it; results go to out.wav."""
    path = tmp_path / "work"
    path.mkdir()
    monkeypatch.chdir(path)
    x = np.random.default_rng(5).uniform(-0.3, 0.3, (3000, 1)).astype(np.float32)
    soundfile.write("in.wav", x, RATE, "FLOAT")
    soundfile.write("slow.wav", x, 44100, "FLOAT")
    soundfile.write("fast.wav", x, 96000, "FLOAT")
    Path("empty.wav").touch()
    Path("diary.wav").write_text("Dear diary,\n" * 100)
    Path("broken.cfg").write_text("[audio]\nperod = 64\n")
    Path("fast.cfg").write_text("[audio]\nsample_rate = 96000\n")
    Path("broken.json").write_text('{"format": "loopmind-style-profile", "version": 1')
    Path("me.json").write_text(document.to_json(taught().profile))
    return path


def taught():
    trainer = Trainer()
    infos = [ParameterInfo(p.id, p.to_raw(p.default), p.label, p.tag) for p in effects.load("delay").parameters]
    trainer.declare("delay", infos)
    for session in range(3):
        trainer.record_change("delay", "mix", 0.3, 0.9, "dreamy", session * 1e5, settled=True)
        trainer.end_session(session * 1e5 + 10)
    return trainer


def sound(path="out.wav"):
    return soundfile.read(path, dtype="float32", always_2d=True)[0]


def rendered(blocks, period=64, path="in.wav"):
    return np.concatenate(list(render.render(sound(path), blocks, RATE, period)))


# --- Help ---------------------------------------------------------------------------------------

@pytest.mark.parametrize("words", [[], *([name] for name in commands.names()), ["profile", "show"]], ids=" ".join)
def test_help_is_everywhere(capsys, words):
    with pytest.raises(SystemExit) as ended:
        main([*words, "--help"])
    told = capsys.readouterr().out
    assert ended.value.code == 0 and " ".join(["usage: loopmind", *words]) in told
    assert not words or "--debug" in told


def test_help_lists_every_command_in_a_line(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    told = " ".join(capsys.readouterr().out.split())
    assert commands.names() == ["bench", "demo", "effects", "presets", "profile", "render", "run", "style", "trainer", "warm"]
    assert all(f"{name} {commands.load(name).HELP}" in told for name in commands.names())


@pytest.mark.parametrize("words, told", [
    ([], "the following arguments are required: COMMAND"), (["rendre"], "invalid choice: 'rendre'"),
    (["render", "in.wav"], "the following arguments are required: OUT"), (["profile"], "required: VERB"),
    (["render", "a", "b", "--period", "many"], "argument --period: invalid int value: 'many'"),
    (["render", "a", "b", "--preset", "x", "--chain", "y"], "--chain: not allowed with argument --preset"),
    (["warm", "--louder"], "unrecognized arguments: --louder")])
def test_a_command_that_is_not_understood(capsys, words, told):
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2 and told in capsys.readouterr().err


# --- Mistakes -----------------------------------------------------------------------------------

def rendering(*words, source="in.wav", target="out.wav"):
    return ["render", source, target, *words]


MISTAKES = {
    "no input": (rendering("--chain", "boost", source="none.wav"), "there is no file none.wav"),
    "a folder for input": (rendering("--chain", "boost", source="."), ". is a folder"),
    "empty input": (rendering("--chain", "boost", source="empty.wav"), "empty.wav is not a sound file this box can read"),
    "input that is text": (rendering("--chain", "boost", source="diary.wav"), "diary.wav is not a sound file this box"),
    "no folder for output": (rendering("--chain", "boost", target="none/out.wav"),
                             "none/out.wav cannot be written: there is no folder none"),
    "a folder for output": (rendering("--chain", "boost", target=".."), ".. cannot be written: it is a folder"),
    "output of another kind": (rendering("--chain", "boost", target="out.mp3"), "out.mp3: this box writes .wav and .flac"),
    "float flac": (rendering("--chain", "boost", "--float", target="out.flac"), "only a .wav file can hold float"),
    "no such effect": (rendering("--chain", "boost | delai"), "chain, effect 2: there is no effect 'delai'; did you mean"),
    "no such parameter": (rendering("--chain", "boost gian_db=3"), "boost has no parameter 'gian_db'; did you mean gain_db?"),
    "a value out of range": (rendering("--chain", "boost gain_db=99"), "gain_db = 99 is not a number from -24 to 24 dB"),
    "an empty chain": (rendering("--chain", ""), "chain, effect 1 is empty"),
    "a chain that is too large": (rendering("--config", "fast.cfg", "--chain", "|".join(["delay"] * 24), source="fast.wav"),
                                  "the chain needs more memory than the box has"),
    "no such preset": (rendering("--preset", "Cleen Room"), "there is no preset 'Cleen Room'; did you mean Clean Room?"),
    "no such emotion": (rendering("--chain", "boost", "--emotion", "grumpy"),
                        "there is no emotion 'grumpy'; there are: calm, dreamy, warm,"),
    "a profile without emotion": (rendering("--chain", "boost", "--profile", "me.json"), "--profile needs --emotion"),
    "a broken profile": (rendering("--chain", "boost", "--emotion", "warm", "--profile", "broken.json"),
                         "broken.json: not JSON: "),
    "no profile": (rendering("--chain", "boost", "--emotion", "warm", "--profile", "none.json"),
                   "none.json: cannot be read: No such file or directory"),
    "a sound for a profile": (rendering("--chain", "boost", "--emotion", "warm", "--profile", "in.wav"), "in.wav: not JSON"),
    "no period": (rendering("--chain", "boost", "--period", "0"), "--period 0 is not from 1 to 1024"),
    "a long period": (rendering("--chain", "boost", "--period", "1025"), "--period 1025 is not from 1 to 1024"),
    "a broken configuration": (rendering("--config", "broken.cfg"),
                               "broken.cfg, line 2: perod is no option of [audio]; did you mean period?"),
    "no configuration": (["presets", "--config", "none.cfg"], "none.cfg cannot be read: No such file or directory"),
    "a broken configuration to run": (["run", "--sim", "--config", "broken.cfg"], "broken.cfg, line 2: perod is no option"),
    "nothing to run": (["run", "--sim", "--input", "none.wav"], "there is no file none.wav"),
    "nothing to demonstrate": (["demo", "--input", "diary.wav"], "diary.wav is not a sound file this box can read"),
    "a demo with a broken profile": (["demo", "--profile", "broken.json"], "broken.json: not JSON: "),
    "a broken profile to show": (["profile", "show", "broken.json"], "broken.json: not JSON: "),
    "no profile for a model": (["profile", "model", "none.json", "-o", "m.onnx"], "none.json: cannot be read: "),
    "a broken prior": (["profile", "model", "me.json", "-o", "m.onnx", "--prior", "broken.json"], "broken.json: not JSON"),
    "no place for a model": (["profile", "model", "me.json", "-o", "none/m.onnx"], "none/m.onnx: cannot be written"),
    "no profile to show": (["profile", "show", "none.json"], "none.json: cannot be read: No such file or directory"),
    "a short period to measure": (["bench", "--period", "8"], "--period 8 is not from 16 to 1024"),
    "no effect to list": (["effects", "boost", "dealy"], "there is no effect 'dealy'; there are: "),
}


@pytest.mark.parametrize("words, told", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_sentence_and_status_2(capsys, folder, words, told):
    before = sorted(folder.rglob("*"))
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert err.startswith("loopmind: ") and told in err and err.count("\n") == 1 and "Traceback" not in err
    assert out == "" and sorted(folder.rglob("*")) == before


@pytest.mark.parametrize("words", [rendering("--chain", "delai", "--debug"), ["profile", "--debug", "show", "broken.json"],
                                   ["profile", "show", "broken.json", "--debug"]], ids=" ".join)
def test_with_debug_the_traceback_comes(folder, words):
    with pytest.raises((UserError, ValueError)):
        main(words)


def test_what_the_system_refuses_is_named(capsys, folder, monkeypatch):
    monkeypatch.setattr(commands.load("warm"), "run", lambda arguments: open("no/where"))
    assert main(["warm"]) == 2
    assert capsys.readouterr().err == "loopmind: no/where: No such file or directory\n"
    with pytest.raises(FileNotFoundError):
        main(["warm", "--debug"])


def test_a_fault_of_the_program_is_not_taken_for_the_users(monkeypatch):
    for fault in (RuntimeError, ValueError, OSError):
        def fail(arguments, fault=fault):
            raise fault("nobody's file")
        monkeypatch.setattr(commands.load("warm"), "run", fail)
        with pytest.raises(fault):
            main(["warm"])


def test_ctrl_c_ends_without_a_traceback(capsys, monkeypatch):
    def interrupted(arguments):
        raise KeyboardInterrupt
    monkeypatch.setattr(commands.load("warm"), "run", interrupted)
    assert main(["warm"]) == 130 and capsys.readouterr() == ("", "")


def program(*words, **how):
    """The program in a process of its own."""
    return subprocess.run([sys.executable, "-P", "-m", "firmware", *words], stdin=subprocess.DEVNULL, text=True, timeout=60,
                          stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)}, **how)


def test_a_missing_sound_card_is_named_with_those_there_are(folder):
    ended = program("run", "--sim", "--input", "in.wav", "--output", "alsa:nowhere")
    told = ended.stderr.splitlines()[-1]
    assert ended.returncode == 2 and "Traceback" not in ended.stderr
    assert told.startswith("loopmind: The playback device 'nowhere' cannot be opened: ") and "There are: " in told


def test_a_reader_that_has_seen_enough_is_no_mistake(folder):
    reads, writes = os.pipe()
    os.close(reads)
    ended = program("effects", stdout=writes)
    os.close(writes)
    assert ended.stderr == ""


# --- Tables -------------------------------------------------------------------------------------

def test_effects_shows_every_parameter_with_its_range(capsys):
    assert main(["effects"]) == 0
    told = capsys.readouterr().out
    for id in effects.names():
        effect = effects.load(id)
        assert f"{id}  {effect.about}" in told
        assert all(parameter.id in told and parameter.label in told for parameter in effect.parameters)
    assert main(["effects", "delay"]) == 0
    rows = {line.split()[0]: line.split() for line in capsys.readouterr().out.splitlines() if line.strip()}
    assert rows["time_ms"] == ["time_ms", "Time", "20", "..", "2000", "ms", "380", "ms", "log", "time"]
    assert "gain_db" not in rows


def test_effects_shows_options_and_what_comes_later(capsys):
    assert main(["effects", "ir", "limiter", "boost"]) == 0
    ir, limiter = re.split("limiter  ", capsys.readouterr().out)
    rows = {line.split()[0]: line.split() for line in ir.splitlines() if line.strip()}
    assert {option.id for option in effects.load("ir").options} <= set(rows)
    assert rows["trim"][1] == "on" and rows["minimum_phase"][1] == "off"
    assert "later" not in ir and limiter.count("Its sound comes 1.5 ms later.") == 1 == limiter.count("later")


def test_presets_shows_chains_and_knobs(capsys, tmp_path):
    own = tmp_path / ".loopmind" / "presets"
    preset.Library(own).save(preset.Preset("My [b]own[/b] :guitar: [/x]", preset.parse_chain("boost | delay"), [(1, "mix")]))
    assert main(["presets"]) == 0
    told = capsys.readouterr().out
    mine = next(line for line in told.splitlines() if "My [b]own[/b] :guitar: [/x]" in line)
    assert "Boost > Delay" in mine and "Delay Mix" in mine
    assert "Clean Room" in told


def test_presets_names_a_file_that_is_gone(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    own = tmp_path / ".loopmind" / "presets"
    preset.Library(own).save(preset.Preset("Amp", preset.parse_chain("nam model=twin.nam | ir")))
    assert main(["presets"]) == 0
    assert f"there is no file {own / 'twin.nam'}" in capsys.readouterr().out
    (own / "twin.nam").write_text("{}")
    assert main(["presets"]) == 0
    assert "there is no file" not in capsys.readouterr().out


def test_presets_reports_a_broken_one_in_full_on_any_screen(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    own = tmp_path / ".loopmind" / "presets"
    own.mkdir(parents=True)
    (own / "old.json").write_text("{")
    assert main(["presets"]) == 0
    told = "".join(character for character in capsys.readouterr().out if not character.isspace() and character != "│")
    assert f"{own / 'old.json'}isnotapreset:" in told


def test_profile_show_says_what_was_learnt(capsys, folder):
    assert main(["profile", "show", "me.json"]) == 0
    told = capsys.readouterr().out
    assert "My Style: 3 sessions\n" in told
    assert "In dreamy parts you run the delay wetter: Mix around 89 %" in told
    row = next(line for line in told.splitlines() if "Delay Mix" in line)
    assert "dreamy" in row and "+0.59" in row


def test_profile_model_writes_a_model(capsys, folder):
    assert main(["profile", "model", "me.json", "-o", "style.onnx", "--prior", "factory"]) == 0
    content = Path("style.onnx").read_bytes()
    assert capsys.readouterr().out == f"style.onnx: {len(content)} bytes\n"
    assert content == portable.to_onnx(taught().profile, prior.factory())
    assert main(["profile", "model", "me.json", "-o", "style.onnx"]) == 0
    assert Path("style.onnx").read_bytes() != content


def test_profile_show_of_a_stranger(capsys, folder):
    """Another host's, its name no markup of ours."""
    Path("them.json").write_text('{"name": "[/bold] :guitar: [red]DNA", "plugins": {"[/x]": {"y": 0.5}}}')
    assert main(["profile", "show", "them.json"]) == 0
    told = capsys.readouterr().out
    assert "[/bold] :guitar: [red]DNA: 0 sessions" in told and "In all parts you run the [/x] with Y" in told
    trainer = Trainer()
    trainer.declare("[/x]", [ParameterInfo("[bold]", 0.5, ":guitar:")])
    trainer.record_change("[/x]", "[bold]", 0.5, 0.9, "[/y]", 0.0, settled=True)
    trainer.end_session(1.0)
    trainer.save("them.json")
    assert main(["profile", "show", "them.json"]) == 0
    told = capsys.readouterr().out
    assert "In [/y] parts you run the [/x] with :guitar: turned up: :guitar: around" in told
    assert "[/x] [bold]" in told


# --- Rendering ----------------------------------------------------------------------------------

def test_a_chain_end_to_end(capsys, folder):
    assert main(rendering("--chain", CHAIN, "--float")) == 0
    assert np.array_equal(sound(), rendered(preset.parse_chain(CHAIN)))
    assert soundfile.info("out.wav").subtype == "FLOAT"
    assert capsys.readouterr() == ("", "")


def test_without_float_it_is_24_bit(folder):
    wanted = rendered(preset.parse_chain(CHAIN))
    for target in ("out.wav", "out.flac"):
        assert main(rendering("--chain", CHAIN, target=target)) == 0
        assert soundfile.info(target).subtype == "PCM_24"
        assert np.abs(sound(target) - wanted).max() <= 2 ** -23


@pytest.mark.parametrize("words, period", [([], 64), (["--period", "37"], 37), (["--period", "1024"], 1024)])
def test_the_period_is_as_told(folder, monkeypatch, words, period):
    """Effects sound the same with any; it is there to be compared with the stage."""
    seen, original = [], render.render
    monkeypatch.setattr(render, "render", lambda *given: seen.append(given[3]) or original(*given))
    assert main(rendering("--chain", CHAIN, "--float", *words)) == 0
    assert seen == [period] and np.array_equal(sound(), np.concatenate(list(original(
        sound("in.wav"), preset.parse_chain(CHAIN), RATE, period))))


def test_a_preset_and_the_one_of_the_configuration(folder, tmp_path):
    own = preset.Library(tmp_path / ".loopmind" / "presets")
    own.save(preset.Preset("Mine", preset.parse_chain(CHAIN)))
    wanted = rendered(own.load("Mine").blocks)
    assert main(rendering("--preset", "Mine", "--float")) == 0 and np.array_equal(sound(), wanted)
    Path("box.cfg").write_text("[box]\npreset = Mine\n")
    assert main(rendering("--config", "box.cfg", "--float", target="other.wav")) == 0
    assert np.array_equal(sound("other.wav"), wanted)
    assert main(rendering("--float")) == 0
    assert np.array_equal(sound(), rendered(own.load("Clean Room").blocks))


def test_emotion_and_profile_are_heard(folder):
    results = []
    for profile in (None, taught().profile):
        blocks = preset.parse_chain(CHAIN)
        render.apply_style(blocks, "dreamy", profile)
        results.append(rendered(blocks))
    assert main(rendering("--chain", CHAIN, "--emotion", "dreamy", "--float")) == 0
    assert np.array_equal(sound(), results[0])
    assert main(rendering("--chain", CHAIN, "--emotion", "dreamy", "--profile", "me.json", "--float")) == 0
    assert np.array_equal(sound(), results[1])
    assert not np.allclose(results[0], results[1], atol=1e-3)
    assert not np.allclose(results[0], rendered(preset.parse_chain(CHAIN)), atol=1e-3)


def test_the_configurations_rate_and_levels_are_the_stages(capsys, folder):
    Path("box.cfg").write_text("[audio]\nsample_rate = 44100\ninput_gain_db = -6\noutput_gain_db = -12\n")
    assert main(rendering("--chain", "boost", "--config", "box.cfg", "--float", source="slow.wav")) == 0
    assert soundfile.info("out.wav").samplerate == 44100 and capsys.readouterr().err == ""
    assert np.allclose(sound(), sound("slow.wav") * 10 ** (-18 / 20), atol=1e-6)


def test_resampling_is_said(capsys, folder):
    Path("slow.wav").rename("slow [b]take.wav")
    assert main(rendering("--chain", "boost", source="slow [b]take.wav")) == 0
    assert capsys.readouterr() == ("", "slow [b]take.wav: resampled from 44100 to 48000 Hz\n")
    assert abs(len(sound()) - 3000 * 48000 / 44100) <= 1


def test_a_file_may_be_rendered_into_itself(folder):
    wanted = rendered(preset.parse_chain("boost gain_db=6"))
    assert main(rendering("--chain", "boost gain_db=6", "--float", target="in.wav")) == 0
    assert np.array_equal(sound("in.wav"), wanted)
    assert not list(folder.glob(".*"))


def test_warm_leaves_nothing_to_compile(capsys):
    assert main(["warm"]) == 0 and cache.is_warm(effects.names())
