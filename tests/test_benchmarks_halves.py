"""The benchmark of the learner's constants: fair halves, and changes that are made and taken back."""

import random

import numpy as np
import pytest

from benchmarks import halves
from benchmarks.preferences import Setting, Study
from profiles import constancy, crowd, learner
from profiles.profile import ParameterInfo


@pytest.fixture
def study():
    draw, half = random.Random(2), np.array([0.5])
    people = {f"p{i}": [Setting("warm", np.array([draw.random()]), half) for _ in range(4)] for i in range(12)}
    return Study("made up", [ParameterInfo("mix", 0.5)], people)


def test_the_halves_are_all_people_once(study):
    one, other = halves.halves(study, seed=3)
    assert len(one.people) == len(other.people) == 6 and {*one.people, *other.people} == {*study.people}


@pytest.mark.parametrize("change", [("prior_votes", 0.01), ("TEMPER", 30.0), ("WORTH", 100.0)])
def test_a_change_is_made_and_taken_back(study, change):
    fixed = crowd.TEMPER, constancy.WORTH, learner.FADING
    shipped = halves.error(study, None)
    assert halves.error(study, change) != shipped
    assert halves.error(study, None) == shipped and (crowd.TEMPER, constancy.WORTH, learner.FADING) == fixed


def test_what_is_best_on_the_one_half_is_tried_on_the_other(study, monkeypatch):
    told = {0: {None: 1.0, "a": 0.9, "b": 1.1}, 1: {None: 2.0, "a": 2.2, "b": 1.8}}
    monkeypatch.setattr(halves, "SEEDS", (0,))
    monkeypatch.setattr(halves, "_changes", lambda: list(told[0]))
    monkeypatch.setattr(halves, "_named", str)
    monkeypatch.setattr(halves, "halves", lambda study, seed: (0, 1))
    monkeypatch.setattr(halves, "error", lambda half, change: told[half][change])
    assert list(halves.outcomes(study)) == [("a", 2.2, 2.0), ("b", 1.1, 1.0)]
