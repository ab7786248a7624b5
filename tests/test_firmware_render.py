"""Offline is on stage: the same chain gives the same samples, whoever drives it."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from dsp import effects
from dsp.arena import EFFECTS
from dsp.errors import ChainError
from dsp.rack import Rack
from firmware import engine, preset, render
from firmware.exchange import ENDED, FRAMES, STATE, Exchange
from hw.audio import Duplex
from hw.fileaudio import FileCapture, FileSink
from profiles import document
from profiles.emotions import offsets
from profiles.profile import ParameterInfo
from profiles.trainer import Trainer

RATE = 48000
CHAIN = "gate | overdrive drive_db=25 | delay time_ms=60 mix=0.5 feedback=0.6 | reverb"
MONO = "compressor | overdrive drive_db=25 | eq"


def take(frames, channels=1):
    """Noise that swells, so that gates open and tails ring across every border."""
    noise = np.random.default_rng(frames).uniform(-0.5, 0.5, (frames, channels))
    return (noise * np.linspace(0, 1, frames)[:, None] ** 2).astype(np.float32)


def rendered(x, text, period, rate=RATE, **more):
    return np.concatenate(list(render.render(x, preset.parse_chain(text), rate, period, **more)))


class Tape:
    def __init__(self):
        self.written = []

    def write(self, samples):
        self.written.append(samples.copy())

    def sound(self, frames):
        return np.concatenate(self.written)[:frames]


# --- The same samples ---------------------------------------------------------------------------

@pytest.mark.parametrize("period", [16, 37, 64, 1024])
@pytest.mark.parametrize("channels", [1, 2])
def test_it_is_the_live_rack_block_by_block(period, channels):
    x = take(RATE + 1234, channels)       # more than one piece, and a last block that is not full
    rack = Rack(RATE)
    rack.begin(preset.parse_chain(CHAIN))
    play = rack.player("FLOAT_LE", channels, -1, "FLOAT_LE", 2)
    live = []
    whole = np.pad(x, ((0, -len(x) % period), (0, 0)))      # a stage has no half periods
    for start in range(0, len(whole), period):
        block = np.ascontiguousarray(whole[start:start + period]).reshape(-1).view(np.uint8)
        out = np.zeros(8 * (block.size // (4 * channels)), np.uint8)
        play(block, out, out.size // 8)
        live.append(out.view(np.float32).reshape(-1, 2))
    y = rendered(x, CHAIN, period)
    assert np.array_equal(y, np.concatenate(live)[:len(x)])
    assert np.abs(y[len(x) // 2:]).max() > 0.05


@pytest.mark.parametrize("period", [37, 64])
@pytest.mark.parametrize("channels, text", [(1, CHAIN), (2, CHAIN), (1, MONO), (2, MONO)])
def test_it_is_what_the_audio_process_plays(period, channels, text):
    """The loop of the audio process itself, between a recording and a tape, with the levels of the stage."""
    x, tape = take(9000, channels), Tape()
    exchange = Exchange(RATE)
    exchange.rack.set_levels(3.0, -6.0)
    exchange.rack.begin(preset.parse_chain(text))
    y = rendered(x, text, period, levels_db=(3.0, -6.0))
    device = Duplex(FileCapture(x, RATE, period), FileSink(RATE, period, y.shape[1], tape))
    engine.play_on(exchange, device, channel=-1)
    assert np.array_equal(tape.sound(len(x)), y)
    assert exchange.words[FRAMES] >= len(x)


def test_it_is_what_the_whole_audio_process_leaves(monkeypatch):
    """engine.run, from opening the device to its end."""
    monkeypatch.setattr(engine, "gc", SimpleNamespace(collect=int, freeze=int, disable=int))   # of these tests, not ours
    x, tape, exchange = take(3000), Tape(), Exchange(RATE)
    exchange.rack.begin(preset.parse_chain(CHAIN))
    status = engine.run(exchange, lambda: Duplex(FileCapture(x, RATE, 64), FileSink(RATE, 64, 2, tape)), -1, (-1, 0))
    assert (status, exchange.words[STATE]) == (0, ENDED)
    assert np.array_equal(tape.sound(len(x)), rendered(x, CHAIN, 64))


def test_levels_are_those_before_and_behind_the_chain():
    x = take(2000)
    assert np.allclose(rendered(x, "boost", 64, levels_db=(-6.0, -12.0)), x * 10 ** (-18 / 20), atol=1e-6)
    tame = rendered(x, "overdrive drive_db=30", 64, levels_db=(-30.0, 0.0))
    assert not np.allclose(tame, rendered(x, "overdrive drive_db=30", 64, levels_db=(0.0, -30.0)), atol=1e-3)


# --- Length and width ---------------------------------------------------------------------------

@pytest.mark.parametrize("frames", [1, 63, 64, 65, 1000])
def test_output_is_as_long_as_input(frames, monkeypatch):
    monkeypatch.setattr(render, "CHUNK_S", 0.005)
    pieces = list(render.render(take(frames, 2), preset.parse_chain(CHAIN), RATE, 37))
    assert sum(len(piece) for piece in pieces) == frames
    assert all(piece.dtype == np.float32 and piece.shape[1] == 2 for piece in pieces)


def test_pieces_are_whole_periods_of_about_a_second():
    pieces = [len(piece) for piece in render.render(take(2 * RATE), preset.parse_chain("boost"), RATE, 37)]
    assert pieces == [47989, 47989, 22]     # 1297 x 37


def test_mono_stays_mono_until_an_effect_widens_it():
    x, widener = take(2000), next(id for id in effects.names() if effects.load(id).widens)
    mono = rendered(x, MONO, 64)
    assert mono.shape == (2000, 1)
    assert np.array_equal(np.repeat(mono, 2, axis=1), rendered(np.repeat(x, 2, axis=1), MONO, 64))
    blocks = preset.parse_chain(f"boost | {widener}")
    assert next(render.render(x, blocks, RATE, 64)).shape == (2000, 2)
    blocks[1] = replace(blocks[1], on=False)
    assert next(render.render(x, blocks, RATE, 64)).shape == (2000, 1)
    assert next(render.render(take(2000, 2), preset.parse_chain("boost"), RATE, 64)).shape == (2000, 2)


def test_an_empty_chain_changes_nothing():
    x = take(500, 2)
    assert np.array_equal(np.concatenate(list(render.render(x, [], RATE, 64))), x)


def test_a_chain_that_does_not_fit_is_refused():
    with pytest.raises(ChainError, match="the chain needs more memory than the box has"):
        rendered(take(10), "|".join(["delay"] * EFFECTS), 64, rate=96000)


# --- Into a file --------------------------------------------------------------------------------

@pytest.mark.parametrize("as_float, error", [(True, 0), (False, 2 ** -23)])
def test_the_file_holds_what_was_rendered(tmp_path, monkeypatch, as_float, error):
    monkeypatch.setattr(render, "CHUNK_S", 0.01)
    x, told = take(3000), []
    render.to_file(x, preset.parse_chain(CHAIN), tmp_path / "o.wav", RATE, 64, (2.0, -3.0), as_float, told.append)
    y, rate = soundfile.read(tmp_path / "o.wav", dtype="float32", always_2d=True)
    wanted = rendered(x, CHAIN, 64, levels_db=(2.0, -3.0))
    assert rate == RATE and y.shape == wanted.shape and np.abs(y - wanted).max() <= error
    assert told == sorted(told) and len(told) > 3 and told[-1] == len(x)


def test_a_chain_that_does_not_fit_leaves_no_file(tmp_path):
    with pytest.raises(ChainError):
        render.to_file(take(10), preset.parse_chain("|".join(["delay"] * EFFECTS)), tmp_path / "o.wav", 96000, 64,
                       (0.0, 0.0), False)
    assert not list(tmp_path.iterdir())


# --- Emotion and style --------------------------------------------------------------------------

def taught():
    """A profile that likes much mix and little drive when dreamy."""
    trainer = Trainer()
    for plugin, parameter, old, new in (("delay", "mix", 0.3, 0.9), ("overdrive", "drive_db", 0.5, 0.1)):
        effect = effects.load(plugin)
        trainer.declare(plugin, [ParameterInfo(p.id, p.to_raw(p.default), p.label, p.tag) for p in effect.parameters])
        for session in range(3):
            trainer.record_change(plugin, parameter, old, new, "dreamy", session * 1e5, settled=True)
            trainer.end_session(session * 1e5 + 10)
    return trainer


def chain():
    return preset.parse_chain("overdrive drive_db=20 | delay mix=0.2 feedback=0.99 | boost gain_db=-24")


def knobs(blocks):
    return {(index, parameter.id): block.raw_of(parameter) for index, block in enumerate(blocks)
            for parameter in block.effect.parameters}


def with_emotion(emotion):
    """preset + offset, not yet within 0..1."""
    table = offsets(emotion)
    parameters = {(index, parameter.id): parameter for index, block in enumerate(chain())
                  for parameter in block.effect.parameters}
    return {key: raw + (0.0 if key[1] in ("division", "tempo_bpm") else table.get(parameters[key].tag, 0.0))
            for key, raw in knobs(chain()).items()}


def within(values):
    return pytest.approx({key: min(max(raw, 0.0), 1.0) for key, raw in values.items()})


@pytest.mark.parametrize("emotion", ["dreamy", "aggressive"])
def test_an_emotion_moves_every_knob_by_its_tags_offset(emotion):
    blocks = chain()
    before = knobs(blocks)
    render.apply_style(blocks, emotion, None)
    assert knobs(blocks) == within(with_emotion(emotion))
    assert sum(abs(raw - before[key]) > 0.01 for key, raw in knobs(blocks).items()) >= 3
    assert any(raw in (0.0, 1.0) for raw in knobs(blocks).values())


def test_an_emotion_nobody_knows_changes_nothing():
    blocks = chain()
    render.apply_style(blocks, "grumpy", None)
    assert knobs(blocks) == pytest.approx(knobs(chain()))


@pytest.mark.parametrize("amount", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("emotion", ["dreamy", "calm"])
def test_a_style_has_the_share_of_its_confidence(emotion, amount):
    """target = (1 - a*c) * (preset + emotion offset) + a*c * style"""
    trainer, blocks, wanted = taught(), chain(), with_emotion(emotion)
    for index, block in enumerate(blocks[:2]):
        for parameter, answer in trainer.suggest(block.effect.id, emotion).items():
            share = amount * answer.confidence
            wanted[index, parameter] = (1 - share) * wanted[index, parameter] + share * answer.value
    render.apply_style(blocks, emotion, trainer.profile, amount)
    assert knobs(blocks) == within(wanted)


def test_what_was_learnt_is_heard_under_its_emotion_only():
    for emotion, near in (("dreamy", True), ("aggressive", False)):
        blocks = chain()
        render.apply_style(blocks, emotion, taught().profile)
        assert (knobs(blocks)[1, "mix"] > 0.7) is near and (knobs(blocks)[0, "drive_db"] < 0.3) is near


def test_both_of_two_equal_effects_follow_the_style():
    blocks = preset.parse_chain("delay mix=0.2 | delay mix=0.2")
    render.apply_style(blocks, "dreamy", taught().profile)
    assert knobs(blocks)[0, "mix"] == knobs(blocks)[1, "mix"] > 0.7


def test_another_hosts_weights_count_as_on_stage():
    """They name no default, so the box's own effects must be known first."""
    style = document.from_json('{"plugins": {}, "emotion": {"delay": {"mix": {"dreamy": 0.5}}}}')
    blocks, plain = chain(), chain()
    render.apply_style(blocks, "dreamy", style)
    render.apply_style(plain, "dreamy", None)
    changed = {key for key, raw in knobs(blocks).items() if abs(raw - knobs(plain)[key]) > 1e-6}
    assert changed == {(1, "mix")} and knobs(blocks)[1, "mix"] > knobs(plain)[1, "mix"]


def test_the_profile_is_not_changed():
    profile = taught().profile
    text = document.to_json(profile)
    render.apply_style(chain(), "dreamy", profile)
    assert document.to_json(profile) == text
