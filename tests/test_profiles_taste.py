"""What the box says and ships about taste: trends, usage, the factory's emotions."""

import json
from importlib import resources

import pytest

from profiles import emotions
from profiles.profile import ParameterInfo
from profiles.trainer import Trainer
from profiles.trends import sentence, trends, usage


def taught():
    trainer = Trainer()
    trainer.declare("reverb", [ParameterInfo("mix", 0.35, "Mix", "space"), ParameterInfo("decay", 0.5, "Decay", "space")])
    trainer.declare("tone_stack", [ParameterInfo("high_db", 0.5, "", "brightness")])
    for n, (mix, high) in enumerate([(0.61, 0.3), (0.62, 0.45), (0.63, 0.5)]):
        trainer.record_change("reverb", "mix", 0.35, mix, "dreamy", n * 1e5, settled=True)
        trainer.record_change("tone_stack", "high_db", 0.5, high, "calm", n * 1e5, settled=True)
    trainer.record_change("reverb", "mix", 0.35, 0.62, "dreamy", 2e5 + 5, settled=True)
    trainer.record_change("reverb", "decay", 0.5, 0.5, "calm", 2e5 + 5, settled=True)
    trainer.end_session(2e5 + 10)
    return trainer.profile


def test_the_farthest_and_surest_comes_first_in_plain_words():
    first, second, third = trends(taught())
    assert sentence(first) == ("In dreamy parts you run the reverb wetter: Mix around 62 %, "
                               "from 4 settings in 3 sessions, fairly sure.")
    assert sentence(second, lambda plugin, parameter, raw: f"{24 * raw - 12:+.0f} dB").startswith(
        "In calm parts you run the tone stack darker: High db around -1 dB, from 3 settings in 3 sessions,")
    assert sentence(third) == ("In calm parts you leave the reverb as it is: Decay around 50 %, "
                               "from 1 setting in 1 session, a first hint.")


def test_usage_counts_settings():
    assert usage(taught()) == {("reverb", "mix", "dreamy"): 4, ("tone_stack", "high_db", "calm"): 3,
                               ("reverb", "decay", "calm"): 1}


@pytest.mark.parametrize("emotion", ["calm", "dreamy", "warm", "dark", "powerful", "aggressive", "joyful", "melancholy"])
def test_the_factory_colours_every_emotion_a_little(emotion):
    found = emotions.offsets(emotion)
    assert set(found) <= set(emotions.TAGS) and {"space", "brightness", "body"} <= set(found)
    assert all(0.0 < abs(offset) <= emotions.LIMIT for offset in found.values())


def test_every_figure_has_its_source_or_reason():
    text = resources.files("profiles").joinpath("factory/emotions.json").read_text()
    for tags in json.loads(text)["emotions"].values():
        for figure in tags.values():
            assert figure.get("reason") or (figure["source"] and figure["votes"] > 0 and figure["words"])


def test_what_anybody_would_expect():
    assert emotions.offsets("dreamy")["space"] > 0 > emotions.offsets("aggressive")["space"]
    assert emotions.offsets("warm")["body"] > 0 and emotions.offsets("dark")["brightness"] < 0
    assert emotions.offsets("never heard of") == {}
