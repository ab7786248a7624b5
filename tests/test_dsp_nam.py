"""Captured amplifiers: against what NeuralAmpModelerCore plays, against the formulas in float64, and what
becomes of files that are wrong."""

import copy
import json
from pathlib import Path

import numpy as np
import pytest

from dsp import arena, effects
from dsp.chain import Block, Chain
from dsp.errors import OptionError
from dsp.nam import activations, load
from dsp.nam.program import MOST_MEMORY
from tests.captures import FUNCTIONS, SAMPLE_RATE, Pen, convolution, model, plain, wavenet
from tests.rig import Rig

NAM = effects.load("nam")
SHARED = Path(__file__).parents[2] / "shared" / "media" / "amp"
ROOM = arena.single()


def chain(options, sample_rate=SAMPLE_RATE, raw=None):
    return Chain([Block(NAM, raw or {}, options)], sample_rate, ROOM)


def play(path, x, sample_rate=SAMPLE_RATE, **options):
    """A mono sound through a model as it is."""
    return chain({"model": str(path), "raw": True, **options}, sample_rate).process(x[:, None])[:, 0]


def noise(frames, level=0.2, seed=1):
    return np.random.default_rng(seed).normal(0.0, level, frames).astype(np.float32)


@pytest.fixture
def save(tmp_path):
    """document -> path of a file that holds it."""

    def write(document):
        path = tmp_path / "model.nam"
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        return path

    return write


# --- What the reference engine gives ------------------------------------------------------------

# file, reference, quality, largest error. The standard capture magnifies what is rounded: builds of
# NeuralAmpModelerCore with other flags differ by 1.1e-5 from its reference, and float64 by 1.0e-5.
REFERENCES = [("wavenet.nam", "wavenet", 1.0, 2e-6), ("dumble.nam", "dumble", 1.0, 2e-6),
              ("deluxe.nam", "deluxe", 1.0, 2e-6), ("wavenet_a1_standard.nam", "wavenet_a1_standard", 1.0, 3e-5),
              ("A2.nam", "A2-full", 1.0, 2e-6), ("A2.nam", "A2-lite", 0.0, 2e-6), ("lstm.nam", "lstm", 1.0, 1e-5)]


@pytest.mark.skipif(not SHARED.exists(), reason="has no captures beside the project")
@pytest.mark.parametrize("file, reference, quality, error", REFERENCES, ids=[row[1] for row in REFERENCES])
def test_captures_sound_as_the_reference_engine_plays_them(file, reference, quality, error):
    soundfile = pytest.importorskip("soundfile")
    x, _ = soundfile.read(SHARED / "reference" / "input.wav", dtype="float32")
    wanted, _ = soundfile.read(SHARED / "reference" / f"{reference}.wav", dtype="float32")
    y = play(SHARED / file, x, quality=quality)
    assert np.abs(wanted).max() > 0.04
    np.testing.assert_allclose(y, wanted, rtol=0, atol=error)
    assert np.mean(np.abs(y - wanted) > 2e-6) < 0.01        # which is seldom, also there


FILMS = {name: {"active": True, "shift": shift, "groups": 1} for name, shift in (
    ("conv_pre_film", True), ("conv_post_film", False), ("input_mixin_pre_film", True),
    ("input_mixin_post_film", True), ("activation_pre_film", False), ("activation_post_film", True),
    ("layer1x1_post_film", True), ("head1x1_post_film", True))}
WAVENETS = {
    **{f"{channels} channels": [plain(channels)] for channels in (1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 16, 17)},
    **{name: [plain(4, activation=name)] for name in FUNCTIONS},
    "two stacks": [plain(8, head_size=4, head_bias=False), plain(4, (128, 1, 9), input_size=8)],
    "gated": [plain(5, gating_mode=["gated", "none", "gated"])],
    "blended": [plain(6, gating_mode=["blended"] * 3, secondary_activation="Hardtanh", activation="ReLU")],
    "bottleneck": [plain(6, bottleneck=4, layer1x1={"active": True, "groups": 2})],
    "groups": [plain(6, groups_input=3, bottleneck=3)],
    "head with taps": [plain(3, head={"out_channels": 1, "kernel_size": 7, "bias": True}, kernel_sizes=[6, 15, 2],
                             kernel_size=None)],
    "head of its own": [plain(4, head1x1={"active": True, "out_channels": 6, "groups": 2})],
    "films": [plain(4, head1x1={"active": True, "out_channels": 3, "groups": 1}, gating_mode=["blended", "gated",
                    "none"], **FILMS)],
    "looking far back": [plain(2, (1, 700, 63, 64, 65))]}


@pytest.mark.parametrize("name", WAVENETS)
def test_wavenets_follow_the_formula(name, save):
    stacks, pen = WAVENETS[name], Pen()
    rest = 2048
    x = noise(3000)
    stacks = [{key: value for key, value in stack.items() if value is not None} for stack in stacks]
    wanted = wavenet(np.concatenate([np.zeros(rest), x])[None].astype(np.float64), stacks, pen)[0, rest:]
    scale = pen(1, scale=1.0)[0]
    y = play(save(model("WaveNet", {"layers": stacks, "head": None, "head_scale": 1.0}, pen.weights)), x)
    np.testing.assert_allclose(y, scale * wanted, rtol=0, atol=2e-6 * max(1.0, np.abs(wanted).max()))


def test_a_model_can_condition_another_and_a_head_can_follow(save):
    pen, inner = Pen(7), Pen(8)
    rest, x = 64, noise(2000)
    padded = np.concatenate([np.zeros(rest), x])[None].astype(np.float64)
    condition = wavenet(padded, [plain(3, head_size=2)], inner)
    condition = condition * inner(1, scale=1.0)[0]
    y = wavenet(padded, [plain(4, condition_size=2, head_size=3)], pen, condition)
    convolutions = [(pen(5, 3, 4), pen(5)), (pen(1, 5, 2), pen(1))]
    y = y * pen(1, scale=1.0)[0]
    for kernel, bias in convolutions:
        y = convolution(np.tanh(y), kernel, bias)
    config = {"layers": [plain(4, condition_size=2, head_size=3)], "head_scale": 1.0,
              "condition_dsp": model("WaveNet", {"layers": [plain(3, head_size=2)], "head_scale": 1.0}, inner.weights),
              "head": {"channels": 5, "out_channels": 1, "kernel_sizes": [4, 2], "activation": "Tanh"}}
    np.testing.assert_allclose(play(save(model("WaveNet", config, pen.weights)), x), y[0, rest:], rtol=0, atol=2e-6)


@pytest.mark.parametrize("normed", (False, True))
def test_convnet_follows_the_formula(normed, save):
    pen, rest, x = Pen(), 512, noise(2000)
    y = np.concatenate([np.zeros(rest), x])[None].astype(np.float64)
    for dilation in (1, 2, 64, 5):
        kernel = pen(6, len(y), 2)
        if normed:
            mean, variance, gain, bias = pen(6), np.abs(pen(6)) + 0.5, pen(6), pen(6)
            pen.weights[-18:-12] = variance.tolist()
            pen.weights.append(1e-5)
            y = (convolution(y, kernel, 0.0, dilation) - mean[:, None]) * (gain / np.sqrt(variance + 1e-5))[:, None]
            y = y + bias[:, None]
        else:
            y = convolution(y, kernel, pen(6), dilation)
        y = np.tanh(y)
    y = convolution(y, pen(1, 6, 1), pen(1))
    config = {"channels": 6, "dilations": [1, 2, 64, 5], "batchnorm": normed, "activation": "Tanh"}
    document = model("ConvNet", config, np.float32(pen.weights).tolist())
    np.testing.assert_allclose(play(save(document), x), y[0, rest:], rtol=0, atol=2e-6)


@pytest.mark.parametrize("taps", (1, 2, 500))
def test_linear_is_a_convolution(taps, save):
    pen, x = Pen(), noise(2000)
    response, bias = pen(1, taps)[0], pen(1)[0]
    y = play(save(model("Linear", {"receptive_field": taps, "bias": True}, pen.weights)), x)
    np.testing.assert_allclose(y, np.convolve(x.astype(np.float64), response)[:len(x)] + bias, rtol=0, atol=2e-6)


@pytest.mark.parametrize("layers, hidden", [(1, 1), (1, 3), (2, 8), (1, 16), (3, 17), (1, 40)])
def test_lstm_follows_the_formula(layers, hidden, save):
    pen, x = Pen(), noise(1500)
    cells = []
    for layer in range(layers):
        cells.append([pen(4 * hidden, (hidden if layer else 1) + hidden), pen(4 * hidden), pen(hidden), pen(hidden)])
    head, bias = pen(hidden), pen(1)[0]
    wanted = np.zeros(24000 + len(x))
    for i, value in enumerate(np.concatenate([np.zeros(24000), x])):
        values = np.array([value], np.float64)
        for cell in cells:
            gates = cell[0] @ np.concatenate([values, cell[2]]) + cell[1]
            opened, kept, _, shown = 1 / (1 + np.exp(-gates.reshape(4, hidden)))
            cell[3] = kept * cell[3] + opened * np.tanh(gates[2 * hidden:3 * hidden])
            values = cell[2] = shown * np.tanh(cell[3])
        wanted[i] = head @ values + bias
    config = {"input_size": 1, "hidden_size": hidden, "num_layers": layers}
    y = play(save(model("LSTM", config, pen.weights)), x)
    np.testing.assert_allclose(y, wanted[24000:], rtol=0, atol=3e-6)


# --- Sizes --------------------------------------------------------------------------------------

def constant(value):
    return model("Linear", {"receptive_field": 1, "bias": True}, [0.0, value])


@pytest.mark.parametrize("quality, value", [(0.0, 1.0), (0.29, 1.0), (0.3, 2.0), (0.69, 2.0), (0.7, 3.0), (1.0, 3.0)])
def test_quality_picks_among_a_containers_models(quality, value, save):
    entries = [{"max_value": end, "model": constant(number)} for end, number in ((0.3, 1.0), (0.7, 2.0), (1.0, 3.0))]
    path = save(model("SlimmableContainer", {"submodels": entries}, []))
    assert play(path, np.zeros(8, np.float32), quality=quality)[-1] == value


def test_a_slimmed_net_uses_the_first_channels(save):
    """As if the others had weights of zero wherever they lead."""
    pen = Pen()
    stacks = [plain(4, (1, 3), slimmable={"method": "slice_channels_uniform", "kwargs": {"allowed_channels": [2, 4]}})]
    x = noise(500)
    wavenet(x[None], stacks, pen)
    pen(1)
    full = save(model("WaveNet", {"layers": stacks, "head_scale": 1.0}, pen.weights))
    narrow = play(full, x, quality=0.0)
    cut, taken = [], 0

    def cut_out(*shape, to=None):
        nonlocal taken
        size = int(np.prod(shape))
        values = np.reshape(pen.weights[taken:taken + size], shape)
        cut.extend(values[tuple(slice(0, end) for end in to)].ravel().tolist())
        taken += size

    cut_out(4, 1, to=(2, 1))
    for _ in stacks[0]["dilations"]:
        cut_out(4, 4, 3, to=(2, 2, 3)), cut_out(4, to=(2,)), cut_out(4, 1, to=(2, 1))
        cut_out(4, 4, to=(2, 2)), cut_out(4, to=(2,))
    cut_out(1, 4, to=(1, 2)), cut_out(1, to=(1,)), cut_out(1, to=(1,))
    assert taken == len(pen.weights)
    by_hand = play(save(model("WaveNet", {"layers": [plain(2, (1, 3))], "head_scale": 1.0}, cut)), x)
    np.testing.assert_array_equal(narrow, by_hand)


# --- In a chain ---------------------------------------------------------------------------------

def small_amp(**more):
    pen = Pen(3)
    stacks = [plain(3, (1, 2, 4, 8))]
    wavenet(np.zeros((1, 1)), stacks, pen)
    pen(1, scale=1.0)
    return model("WaveNet", {"layers": stacks, "head_scale": 1.0}, pen.weights, **more)


def test_without_a_model_the_sound_passes():
    x = noise(500)
    np.testing.assert_array_equal(chain({}).process(x[:, None])[:, 0], x)


@pytest.mark.parametrize("sizes", ([1], [7], [64], [300], [1, 63, 65, 5, 1024]))
def test_blocks_change_no_bit(sizes, save, monkeypatch):
    path = str(save(small_amp()))
    monkeypatch.setattr(type(NAM), "prepare", prepared_with(model=path, raw=True))
    x = noise(3000)[:, None]
    knobs = [p.to_raw(p.default) for p in NAM.parameters]
    np.testing.assert_array_equal(Rig(NAM).run(x, knobs, sizes), Rig(NAM).run(x, knobs, [1024]))


@pytest.mark.parametrize("sample_rate", (44100, 48000, 96000))
@pytest.mark.parametrize("channels", (1, 2))
def test_it_stays_within_its_arrays(sample_rate, channels, save, monkeypatch):
    """Between canaries, at the model's rate and at others, in blocks of any size."""
    path = str(save(small_amp()))
    monkeypatch.setattr(type(NAM), "prepare", prepared_with(model=path))
    x = np.repeat(noise(4000, 4.0)[:, None].clip(-16, 16), channels, axis=1)
    y = Rig(NAM, sample_rate).run(x, [0.5, 0.5, 0.3], [1, 64, 1000, 3])
    assert np.isfinite(y).all() and np.ptp(y[1000:]) > 0.1


def prepared_with(**options):
    """A stand-in for Effect.prepare that gives these options."""
    prepare = type(NAM).prepare
    return lambda self, sample_rate, given: prepare(self, sample_rate, {**given, **options})


def test_it_starts_at_rest(save):
    """A net answers silence with a constant, and has come to it before the first sound."""
    y = play(save(small_amp()), np.zeros(200, np.float32))
    assert abs(y[0]) > 0.01 and np.ptp(y) < 1e-6


def test_a_second_channel_joins_at_rest(save):
    y = chain({"model": str(save(small_amp())), "raw": True}).process(np.zeros((200, 2), np.float32))
    assert abs(y[0, 0]) > 0.01 and np.ptp(y) < 1e-6


def test_the_constant_is_taken_out_unless_raw(save):
    path = str(save(small_amp()))
    y = chain({"model": path}).process(np.zeros((SAMPLE_RATE, 1), np.float32))
    assert abs(play(path, np.zeros(8, np.float32))[0]) > 0.01 and abs(y[-1, 0]) < 1e-6


LEVELS = {"loudness": -30.0, "input_level_dbu": 18.0, "output_level_dbu": 10.0}


@pytest.mark.parametrize("options, metadata, gain_db", [
    ({}, {}, 0.0), ({}, LEVELS, 12.0 - 18.0 - 18.0 + 30.0), ({"raw": True}, LEVELS, 0.0),
    ({"input_dbu": 18.0}, LEVELS, -18.0 + 30.0), ({"calibrated": True}, LEVELS, 12.0 - 18.0 + 10.0 - 12.0),
    ({"calibrated": True}, {"loudness": -30.0}, 12.0)])
def test_levels_are_those_of_the_metadata(options, metadata, gain_db, save):
    document = model("Linear", {"receptive_field": 1, "bias": False}, [1.0], metadata=metadata)
    t = np.arange(SAMPLE_RATE)
    x = (0.01 * np.sin(2 * np.pi * 1000 * t / SAMPLE_RATE)).astype(np.float32)
    y = chain({"model": str(save(document)), **options}).process(x[:, None])[:, 0]
    assert 20 * np.log10(np.std(y[4800:]) / np.std(x[4800:])) == pytest.approx(gain_db, abs=0.01)


@pytest.mark.parametrize("chain_rate, model_rate", [(44100, 48000), (96000, 48000), (48000, 44100), (48000, 96000)])
def test_another_rate_is_bridged_with_the_latency_it_says(chain_rate, model_rate, save):
    document = model("Linear", {"receptive_field": 1, "bias": False}, [1.0])
    path = save({**document, "sample_rate": model_rate})
    late = chain({"model": str(path)}, chain_rate).latency
    assert 40 < late < 200
    t = np.arange(chain_rate // 2)
    for hz in (100, 1000, 7000, 15000):
        x = np.sin(2 * np.pi * hz * t / chain_rate).astype(np.float32)
        y = play(path, x, chain_rate)
        np.testing.assert_allclose(y[late + 1000:], x[1000:-late], rtol=0, atol=2e-4, err_msg=f"{hz} Hz")


def test_the_dry_sound_is_as_late_as_the_model(save):
    document = model("Linear", {"receptive_field": 1, "bias": False}, [0.0])
    bridged = chain({"model": str(save({**document, "sample_rate": 44100})), "raw": True}, raw={"mix": 0.0})
    x = noise(3000)
    np.testing.assert_array_equal(bridged.process(x[:, None])[bridged.latency:, 0], x[:-bridged.latency])


def test_what_lies_beyond_the_lower_rate_does_not_fold_back(save):
    document = model("Linear", {"receptive_field": 1, "bias": False}, [1.0])
    t = np.arange(20000)
    x = np.sin(2 * np.pi * 30000 * t / 96000).astype(np.float32)
    y = play(save({**document, "sample_rate": 44100}), x, 96000)
    assert np.abs(y[2000:]).max() < 2e-4


# --- Files that are wrong -----------------------------------------------------------------------

def changed(**config):
    document = copy.deepcopy(small_amp())
    document["config"]["layers"][0].update(config)
    return document


def nested(depth):
    document = constant(1.0)
    for _ in range(depth):
        document = model("SlimmableContainer", {"submodels": [{"max_value": 1.0, "model": document}]}, [])
    return document


WRONG = {
    "empty": ("", "no JSON"), "no JSON": ("{", "no JSON"), "a list": ([], "not an object"),
    "deep": ("[" * 100000, "no JSON"), "huge number": (f'{{"version": {"9" * 5000}}}', "no JSON"),
    "no version": ({**small_amp(), "version": None}, "version"),
    "a later version": ({**small_amp(), "version": "1.0.0"}, "0.7"),
    "unknown architecture": ({**small_amp(), "architecture": "Transformer"}, "WaveNet"),
    "architecture of another type": ({**small_amp(), "architecture": ["WaveNet"]}, "architecture"),
    "no config": ({**small_amp(), "config": None}, "config"),
    "a weight too few": ({**small_amp(), "weights": small_amp()["weights"][1:]}, "needs more"),
    "a weight too many": ({**small_amp(), "weights": small_amp()["weights"] + [0.0]}, "needs"),
    "no weights": ({**small_amp(), "weights": None}, "weights"),
    "weights of text": ({**small_amp(), "weights": ["1"]}, "weights"),
    "not a number": ({**small_amp(), "weights": [float("nan")] * 10}, "finite"),
    "infinite": ({**small_amp(), "weights": [1e39] * 10}, "finite"),
    "beyond floats": ({**small_amp(), "weights": [10 ** 400] * 10}, "finite"),
    "no channels": (changed(channels=0), "channels"), "too many channels": (changed(channels=10 ** 9), "channels"),
    "channels of text": (changed(channels="3"), "channels"), "channels of truth": (changed(channels=True), "channels"),
    "too far back": (changed(dilations=[1, 2, 4, 10 ** 6]), "dilations"),
    "no layers": (changed(dilations=[]), "dilations"), "too many layers": (changed(dilations=[1] * 10 ** 4), "dilations"),
    "too much memory": (changed(dilations=[60000] * 200, channels=512), "memory"),
    "unknown activation": (changed(activation="Magic"), "activation"),
    "activation of no type": (changed(activation=7), "activation"),
    "unknown gating": (changed(gating_mode="sometimes"), "gating_mode"),
    "no divisor": (changed(groups_input=2), "groups"), "another input": (changed(input_size=2), "input_size"),
    "a rate that is none": ({**small_amp(), "sample_rate": -1}, "sample_rate"),
    "a rate that cannot be bridged": ({**small_amp(), "sample_rate": 47999}, "47999"),
    "models without end": (nested(20), "deep"),
    "no sizes": (model("SlimmableContainer", {"submodels": []}, []), "submodels"),
    "sizes that fall": (model("SlimmableContainer", {"submodels": [
        {"max_value": 1.0, "model": constant(1.0)}, {"max_value": 0.5, "model": constant(1.0)}]}, []), "rising"),
    "two channels of sound": (model("LSTM", {"input_size": 1, "hidden_size": 1, "num_layers": 1, "out_channels": 2},
                                    [0.1] * 18), "2 channels"),
    "a variance that is negative": (model("ConvNet", {"channels": 1, "dilations": [1], "batchnorm": True,
                                                      "activation": "Tanh"}, [1.0, 1.0, 0.0, -1.0] + [0.1] * 5), "variance"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file_is_refused_in_one_sentence(name, save):
    content, said = WRONG[name]
    path = save(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(OptionError) as error:
        chain({"model": str(path)})
    text = str(error.value)
    assert said in text and "model.nam" in text
    assert "\n" not in text and len(text) < 250


def test_what_is_no_file_is_refused(tmp_path):
    (tmp_path / "folder.nam").mkdir()
    with open(tmp_path / "huge.nam", "wb") as huge:
        huge.truncate(load.MOST_BYTES + 1)
    for path, said in ((tmp_path / "folder.nam", "folder.nam: is not a file"), ("/dev/zero", "zero: is not a file"),
                       (tmp_path / "none.nam", "none.nam: No such file"), (tmp_path / "huge.nam", "larger than 32 MiB")):
        with pytest.raises(OptionError, match=said):
            chain({"model": str(path)})


def test_memory_is_limited(save):
    """Weights that fit, and a past that does not."""
    stack = plain(16, [65536] * 4, kernel_size=16)
    pen = Pen()
    pen(16 + 4 * (16 * 16 * 16 + 16 + 16 + 16 * 16 + 16) + 16 + 1 + 1)
    with pytest.raises(OptionError, match=str(MOST_MEMORY)):
        chain({"model": str(save(model("WaveNet", {"layers": [stack], "head_scale": 1.0}, pen.weights)))})


def test_any_cut_of_a_file_is_refused(save):
    text = json.dumps(small_amp())
    for end in range(0, len(text) - 1, 97):
        with pytest.raises(OptionError):
            load.read(save(text[:end]))


def test_slopes_of_prelu_are_its_channels():
    stacks = [plain(3, (1,), activation={"type": "PReLU", "negative_slopes": [0.5, 0.0, -0.25]})]
    parsed = activations.parse(load.Section(stacks[0], "x"), "activation", stacks[0]["activation"], 3)
    assert [row[0] for row in parsed.table] == [0.5, 0.0, -0.25]
    with pytest.raises(OptionError, match="negative_slopes"):
        activations.parse(load.Section(stacks[0], "x"), "activation", stacks[0]["activation"], 4)
