"""Words for moods on the plane of valence and arousal, and which of them are neighbours."""

import csv
import itertools
import json
import math
import random
import statistics
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from profiles.words import neighbours, place

FACTORY = ("calm", "dreamy", "warm", "dark", "powerful", "aggressive", "joyful", "melancholy")
CROWD = Path(__file__).parents[2] / "shared" / "preferences"
FILE = json.loads(resources.files("profiles").joinpath("factory/words.json").read_text(encoding="utf-8"))


def nearest(word):
    weights = neighbours(word, FACTORY)
    return max(weights, key=weights.get) if weights else None


@pytest.mark.parametrize("emotion, words", {
    "calm": "chill peaceful mellow tranquil relaxing meditative laid-back",
    "dreamy": "ethereal floating hazy underwater atmospheric sleepy",
    "warm": "cosy lush romantic loving woody friendly",
    "dark": "spooky eerie ominous sinister gothic creepy haunting doom",
    "powerful": "epic strong huge heroic majestic punchy energetic intense",
    "aggressive": "furious angry brutal gritty heavy fierce distorted harsh",
    "joyful": "cheerful happy sunny uplifting bright playful delighted",
    "melancholy": "sad lonely mournful sombre wistful gloomy blue",
}.items())
def test_words_find_the_emotion_they_belong_to(emotion, words):
    assert {word: nearest(word) for word in words.split()} == dict.fromkeys(words.split(), emotion)


@pytest.mark.parametrize("pair", """calm aggressive; calm furious; dark bright; warm cold; joyful melancholy; happy sad;
    gentle brutal; soft harsh; smooth rough; clean dirty; peaceful chaotic; light heavy; relaxed tense; dreamy angry;
    powerful tired; loud quiet; fast slow; sweet nasty; hopeful hopeless; excited bored; romantic hateful;
    euphoric depressed; serene frantic; cheerful gloomy; lush bleak; intimate huge; mellow biting""".split(";"))
def test_opposites_are_no_neighbours(pair):
    one, other = pair.split()
    assert place(one) and place(other)
    assert neighbours(one, [other]) == neighbours(other, [one]) == {}


@pytest.mark.parametrize("variant, word", [
    ("Dreamy", "dreamy"), ("dreamier", "dreamy"), ("DREAMIEST", "dreamy"), ("dreaminess", "dreamy"), ("dream", "dreamy"),
    ("very dark", "dark"), ("darker", "dark"), ("Darkness", "dark"), ("sadly", "sad"), ("sadder", "sad"),
    ("happily", "happy"), ("gently", "gentle"), ("laid-back", "laid back"), ("At Ease!", "at ease"), ("dark_2", "dark"),
    ("träumerisch", "dreamy"), ("mélancolique", "melancholy"), ("melancolique", "melancholy"), ("Oscuro", "dark"),
])
def test_spelling_and_language_hardly_matter(variant, word):
    assert place(variant) == place(word) is not None
    assert neighbours(variant, [word, "tense"])[word] > 0.999


def test_several_words_lie_in_the_middle():
    middle = tuple(statistics.mean(pair) for pair in zip(place("dark"), place("dreamy")))
    assert place("dark and dreamy") == pytest.approx(middle)
    assert place("dark xylophone") == place("dark"), "what is not known says nothing"


@pytest.mark.parametrize("word", ["verse", "chorus 2", "", "   ", "42", "xqz", "not dark", "less warm", "nicht hell"])
def test_what_is_unknown_or_denied_has_no_place_and_no_neighbours(word):
    assert place(word) is None
    assert neighbours(word, FACTORY) == {}
    assert neighbours("warm", [word]) == {}


def test_the_same_unknown_name_in_another_case_is_a_neighbour():
    assert neighbours("Verse", ["verse", "chorus"]) == {"verse": pytest.approx(1.0, abs=1e-4)}


@pytest.mark.parametrize(("one", "other"), [("😀", "😡"), ("1", "2"), ("e1", "e2"), ("Verse 1", "Verse 2"), ("⁂", "♥")])
def test_unknown_names_that_differ_in_a_number_or_sign_are_no_neighbours(one, other):
    assert neighbours(one, [other]) == {}


def test_a_word_is_not_its_own_neighbour():
    assert "warm" not in neighbours("warm", FACTORY)


def test_the_nearer_says_more_and_only_the_nearest_few_speak():
    weights = neighbours("mellow", FACTORY)
    assert list(weights) == sorted(weights, key=lambda word: math.dist(place("mellow"), place(word)))
    assert list(weights.values()) == sorted(weights.values(), reverse=True)
    assert len(neighbours("mellow", list(FILE["between"]))) == 3


def test_every_word_is_within_the_circle_and_says_where_it_comes_from():
    words = [*FILE["degrees"], *FILE["between"], *FILE["same"]]
    assert len(FILE["degrees"]) == 28 and len(words) > 400
    assert all(math.hypot(*place(word)) <= 1.0 + 1e-9 for word in words)
    assert place("happy") == pytest.approx((0.991, 0.136), abs=1e-3), "7.8 degrees"
    assert place("calm") == pytest.approx((0.722, -0.692), abs=1e-3), "316.2 degrees"
    assert all(FILE[of] for of in ("degrees_from", "between_from", "same_from"))


@given(st.text(max_size=64), st.lists(st.sampled_from([*FILE["degrees"], *FILE["between"], "verse"]) | st.text(max_size=9)))
def test_weights_are_shares_of_a_whole(word, words):
    weights = neighbours(word, words)
    assert set(weights) <= set(words) - {word}
    assert all(0.0 <= weight <= 1.0 for weight in weights.values()) and sum(weights.values()) <= 1.0 + 1e-9


@pytest.mark.skipif(not CROWD.exists(), reason="the crowd's words are not beside this checkout")
@pytest.mark.parametrize("file, votes, least", [("audealize_reverbpoints.csv", 20, 0.07), ("audealize_eqpoints.csv", 5, 0.2)])
def test_neighbours_sound_alike_to_the_crowd(file, votes, least):
    """Distances on the plane against distances of the crowd's settings: ranks correlate, shuffled words' do not."""
    with open(CROWD / file, newline="", encoding="utf-8") as rows:
        crowd = {row["word"]: [float(row[name]) for name in row if name[0] == "s"] for row in csv.DictReader(rows)
                 if row["lang"] == "English" and int(row["n"]) >= votes and row["word"] in
                 {*FILE["degrees"], *FILE["between"]}}
    words = sorted(crowd)
    spread = [statistics.pstdev(column) for column in zip(*crowd.values())]
    sound = [math.dist([a / s for a, s in zip(crowd[one], spread)], [b / s for b, s in zip(crowd[other], spread)])
             for one, other in itertools.combinations(words, 2)]

    def alike(order):
        return spearmanr(sound, [math.dist(place(one), place(other))
                                 for one, other in itertools.combinations(order, 2)]).statistic

    shuffled = [alike(random.Random(seed).sample(words, len(words))) for seed in range(20)]
    assert alike(words) > max(least, *shuffled)
