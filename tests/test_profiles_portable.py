"""The model against the trainer: what onnxruntime answers is what the learner says."""

import json
import random
import re
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from profiles import document, portable
from profiles.emotions import TAGS
from profiles.errors import ProfileError
from profiles.merge import combine, merge
from profiles.prior import factory
from profiles.profile import ParameterInfo, new_profile
from profiles.trainer import Trainer

PLUGINS = {"reverb": [ParameterInfo("mix", 0.25, "Mix", "space"), ParameterInfo("decay_s", 0.521, "Decay", "space"),
                      ParameterInfo("tone_hz", 0.58, "Tone", "brightness")],
           "overdrive": [ParameterInfo("drive_db", 0.5, "Drive", "drive"), ParameterInfo("mix", 1.0, "Mix", "blend")],
           "Hall of Fame™": [ParameterInfo("mix", 0.0), ParameterInfo("Größe", 0.7, "Größe", "space")]}
EMOTIONS = ("dreamy", "aggressive", "Strophe 1", "träge")
UNSEEN = ("calm", "ethereal", "furious", "cheerful", "oscuro", "träumerisch", "xyzzy", "DREAMY", "Furious", "Träumerisch", "42")
PRECISION = 1e-4


def taught(seed, sessions=9, profile=None):
    """A trainer whose player has turned some knobs, a few of them often, under some emotions."""
    rng, trainer = random.Random(seed), Trainer(profile)
    for plugin, infos in PLUGINS.items():
        trainer.declare(plugin, infos)
    for session in range(sessions):
        for turn in range(rng.randrange(1, 8)):
            plugin = rng.choice(list(PLUGINS))
            info = rng.choice(PLUGINS[plugin])
            new = rng.choice([rng.random(), info.default, rng.betavariate(8, 3)])
            trainer.record_change(plugin, info.id, 0.5, new, rng.choice(EMOTIONS), 9e4 * session + turn, settled=True)
        trainer.end_session(9e4 * session + 60.0)
    return trainer.profile


def foreign():
    """Another host's weights, for parameters that this box has learnt to know."""
    profile = document.from_json('{"plugins": {"reverb": {"mix": 0.3}}, "emotion": {"reverb": {"mix": {"dreamy": 0.5}}}}')
    for info in PLUGINS["reverb"]:
        profile = profile.declared("reverb", info)
    return profile


PROFILES = {
    "two people, with the factory behind them": lambda: (merge(taught(1), taught(2)), factory()),
    "three people with weights": lambda: (combine([taught(1), taught(2), taught(7, 2)], [2, 1, 0.5]), None),
    "one who plays on with a blend of two": lambda: (taught(9, 2, combine([taught(1), taught(2)])), None),
    "one person alone": lambda: (taught(3, 30), None),
    "one session": lambda: (taught(4, 1), None),
    "another host's weights": lambda: (foreign(), None),
    "another host's weights behind a player": lambda: (taught(6), foreign()),
    "nothing learnt": lambda: (taught(5, 0), factory()),
    "nothing declared": lambda: (new_profile("Empty"), None),
}


class Model:
    """A model and the trainer that it stands for."""

    def __init__(self, profile, prior):
        self.profile, self.trainer = profile, Trainer(profile, prior)
        self.content = portable.to_onnx(profile, prior)
        self.session = onnxruntime.InferenceSession(self.content)

    def ask(self, questions):
        """Answers, one a row, to (emotion, plugin, parameter, tag, default)."""
        columns = list(zip(*questions)) or [()] * 5
        inputs = {name: np.array(column, object) for name, column in zip(("emotion", "plugin", "parameter", "tag"), columns)}
        inputs["default"] = np.array(columns[4], np.float32)
        return np.array(self.session.run(list(portable.OUTPUTS), inputs)).T

    def expect(self, questions):
        """What the trainer says to them."""
        return np.array([[getattr(self._suggest(*question), output) for output in portable.OUTPUTS]
                         for question in questions])

    def _suggest(self, emotion, plugin, parameter, tag, default):
        if (plugin, parameter) not in self.trainer.view.infos:
            self.trainer.declare(plugin, [ParameterInfo(parameter, default, "", tag)])
        return self.trainer.suggest(plugin, emotion)[parameter]


@pytest.fixture(scope="module", params=PROFILES)
def model(request):
    return Model(*PROFILES[request.param]())


def test_every_known_parameter_is_answered_as_the_trainer_does(model):
    questions = [(emotion, *key, "space", 0.9) for key in model.trainer.view.infos for emotion in EMOTIONS + UNSEEN]
    if questions:
        assert np.abs(model.ask(questions) - model.expect(questions)).max() <= PRECISION


def test_a_newcomer_is_answered_from_its_tag_and_default(model):
    rng = random.Random(6)
    defaults = [0.0, 1.0, 0.5, 1 / 64, 63 / 64, *(rng.random() for _ in range(25))]
    questions = [(rng.choice(EMOTIONS + UNSEEN), rng.choice(["new", "reverb"]), f"knob {place}", tag, float(np.float32(default)))
                 for place, (tag, default) in enumerate((tag, default) for tag in ("", "other", *TAGS)
                                                        for default in defaults)]
    assert np.abs(model.ask(questions) - model.expect(questions)).max() <= PRECISION


def test_answers_lie_on_the_knob_in_their_order_whatever_is_asked(model):
    answers = model.ask([("dreamy", "new", "p", "space", default) for default in (-1e9, -0.1, 1.1, 1e9, float("inf"))])
    assert ((answers >= 0.0) & (answers <= 1.0)).all()
    value, low, high, _ = answers.T
    assert (low <= value).all() and (value <= high).all()


def test_any_number_of_questions_will_do(model):
    question = ("dreamy", "reverb", "mix", "space", 0.25)
    many = model.ask([question] * 1000)
    assert many.shape == (1000, 4) and (many == model.ask([question])).all()
    assert model.ask([]).shape == (0, 4)


def test_the_model_is_small_the_same_each_time_and_says_what_it_is(model):
    assert len(model.content) < 300_000
    assert portable.to_onnx(model.profile, model.trainer.prior) == model.content
    told = {entry.key: entry.value for entry in onnx.load_from_string(model.content).metadata_props}
    assert told["name"] == model.profile.name and told["format"] == "loopmind-style-model"
    assert all(name in told["inputs"] for name in ("emotion", "plugin", "parameter", "tag", "default"))
    assert all(name in told["outputs"] for name in portable.OUTPUTS)
    assert json.loads(told["tags"]) == list(TAGS)
    listed = {(plugin, parameter) for plugin, ids in json.loads(told["parameters"]).items() for parameter in ids}
    assert listed == {*model.profile.infos, *(model.trainer.prior.infos if model.trainer.prior else ())}


def test_without_the_package_the_player_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ProfileError, match="package onnx, which is not here; install it with: pip install onnx"):
        portable.to_onnx(new_profile("Me"))


def test_the_page_about_it_shows_how(tmp_path, monkeypatch):
    page = (Path(__file__).parents[1] / "docs" / "model.md").read_text(encoding="utf-8")
    (tmp_path / "style.onnx").write_bytes(portable.to_onnx(taught(7)))
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(re.search(r"```python\n(.*?)```", page, re.DOTALL)[1], names)
    assert [names[output].shape for output in portable.OUTPUTS] == [(2,)] * 4
