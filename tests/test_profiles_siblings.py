"""Knobs that people set alike: who speaks for whom, which way round, and what a player gets of it."""

import functools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiles.merge import merge
from profiles.profile import ParameterInfo
from profiles.siblings import TURNED, relations
from profiles.trainer import Trainer

DAY = 86400
PLACES = [1, 3, 6, 10, 15, 21, 28, 36] * 5


def said(*knobs):
    """Votes (knobs, people, CELLS), one of each person on each knob; None: nothing set."""
    rows = np.zeros((len(knobs), len(knobs[0]), 65))
    for row, cells in zip(rows, knobs):
        for person, cell in enumerate(cells):
            if cell is not None:
                row[person, cell] = 1.0
    return rows


def test_a_knob_that_goes_with_another_is_its_sibling():
    straight, turned = relations([said(PLACES, PLACES)], [0.0, 0.0])
    assert straight == pytest.approx(np.array([[0.0, 2 / 3], [2 / 3, 0.0]]))  # 40 people, where 20 count half
    assert not turned.any()


def test_a_knob_that_goes_the_other_way_is_one_turned_round():
    straight, turned = relations([said(PLACES, [63 - cell for cell in PLACES])], [0.0, 0.0])
    assert not straight.any() and turned == pytest.approx(np.array([[0.0, 2 / 3], [2 / 3, 0.0]]))


def test_the_relation_by_hand():
    # One person's votes lie 2 bins apart, two people's 16 on the second knob, and 14 or 18 across the two.
    straight, turned = relations([said([2, 18], [4, 20])], [0.0, 0.0])
    assert straight[1, 0] == straight[0, 1] == pytest.approx((1 - (2 / 16) ** 2) * 2 / 22) and not turned.any()


def test_knobs_that_chance_sets_are_none():
    draw = np.random.default_rng(8)
    assert relations([said(*draw.integers(0, 64, (3, 500)))], [0.0] * 3).max() < 0.2


def test_a_knob_that_all_set_alike_learns_nothing_from_another():
    found = relations([said(PLACES, [30] * 40)], [0.0, 0.0])
    assert not found.any()


@pytest.mark.parametrize("words", [[], [said([5], [5])], [said([5, None], [None, 9])]])
def test_who_was_never_seen_together_is_none(words):
    assert not relations(words, [0.0, 0.0]).any()


cells = st.lists(st.lists(st.one_of(st.none(), st.integers(0, 64)), min_size=6, max_size=6), min_size=3, max_size=3)


@settings(deadline=None)
@given(st.lists(cells, min_size=1, max_size=3))
def test_a_knob_mirrored_is_spoken_for_turned_round(words):
    words = [said(*word) for word in words]
    mirrored = [np.concatenate([word[:1][:, :, TURNED], word[1:]]) for word in words]
    plain, other = relations(words, [0.3, 0.4, 0.5]), relations(mirrored, [0.7, 0.4, 0.5])
    assert ((0.0 <= plain) & (plain <= 1.0)).all()
    swapped = plain[::-1]
    for to, by in ((0, 1), (0, 2), (1, 0), (2, 0)):
        assert other[:, to, by] == pytest.approx(swapped[:, to, by], abs=1e-9)
    for to, by in ((1, 2), (2, 1)):
        assert other[:, to, by] == pytest.approx(plain[:, to, by], abs=1e-9)


def person(settings, trainer=None):
    trainer = trainer or Trainer()
    trainer.declare("synth", [ParameterInfo(id, 0.5) for id in ("x", "y", "z")])
    for day, (id, value) in enumerate(settings):
        trainer.record_change("synth", id, 0.5, value, "dreamy", day * DAY, settled=True)
        trainer.end_session(day * DAY + 60)
    return trainer


def test_what_is_set_on_a_knob_is_expected_of_its_sibling():
    """Everybody keeps x and y together, and z the other way."""
    places = [0.15, 0.3, 0.45, 0.6, 0.75, 0.9] * 4
    people = [person([("x", place), ("y", place), ("z", 1.0 - place)] * 2).profile for place in places]
    trainer = person([("x", 0.9)] * 2, Trainer(prior=functools.reduce(merge, people)))
    answers = trainer.suggest("synth", "dreamy")
    assert answers["y"].value > 0.7 and answers["z"].value < 0.3
    assert answers["y"].confidence == answers["z"].confidence == 0.0
    person([("y", 0.2)] * 3, trainer)
    assert trainer.suggest("synth", "dreamy")["y"].value == pytest.approx(0.2, abs=0.03)
