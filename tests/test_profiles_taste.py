"""What the box ships about taste: the factory's emotions."""

import json
from importlib import resources

import pytest

from profiles import emotions


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
