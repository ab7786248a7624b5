"""What an own vote is worth: by hand, at its ends, and for a player among people of either kind."""

import functools
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles import constancy
from profiles.constancy import Distances
from profiles.merge import merge
from profiles.profile import ParameterInfo
from profiles.trainer import Trainer

DAY = 86400


def rows(*people):
    """Votes (people, CELLS), each person's in sessions one after the other, as a profile weighs them."""
    votes = np.zeros((len(people), 65))
    for row, cells in zip(votes, people):
        for k, cell in enumerate(cells):
            row[cell] += k + 2
    return votes, np.array([len(cells) for cells in people])


def test_distances_by_hand():
    # One repeats in bins 10 and 18, an eighth of the knob apart; the other, in bin 42, is 32 and 24 bins off.
    found = constancy.distances(*rows([10, 18], [42]), default=0.0)
    assert found.sessions == 2 and found.within == pytest.approx(2 * 8 / 64)
    assert found.between == pytest.approx(2 * (0.4 * 32 + 0.6 * 24) / 64)


def test_nobody_to_compare_with_tells_nothing():
    assert constancy.distances(*rows([10, 18]), default=0.0) == Distances(0.0, 0.0, 0.0)
    assert constancy.distances(*rows([10], [18]), default=0.0) == Distances(0.0, 0.0, 0.0)


@given(st.lists(st.lists(st.integers(0, 63), min_size=1, max_size=6), min_size=2, max_size=6))
def test_which_end_is_up_makes_no_difference(people):
    mirrored = [[63 - cell for cell in cells] for cells in people]
    assert (constancy.distances(*rows(*mirrored), default=0.5)
            == pytest.approx(constancy.distances(*rows(*people), default=0.5), abs=1e-9))


def test_chance_has_people_no_farther_apart_than_from_themselves():
    draw = np.random.default_rng(3)
    people = [draw.integers(0, 64, n).tolist() for n in draw.integers(2, 12, 400)]
    found = constancy.distances(*rows(*people), default=0.0)
    assert found.within / found.between == pytest.approx(1.0, abs=0.03)
    assert constancy.worth([found]) <= 0.12


def test_a_vote_is_worth_the_ratio_of_the_variances():
    # A quarter of the variance is within people: three to one, and the constant makes that more than a whole vote.
    assert constancy.worth([Distances(1e9, 1.0, 2.0)]) == 1.0
    assert constancy.worth([Distances(1e9, 3.0, 4.0)]) == pytest.approx(constancy.WORTH * 7 / 9)
    assert constancy.worth([Distances(1e9, 1.0, 2.0), Distances(1e9, 5.0, 6.0)]) == pytest.approx(constancy.WORTH * 7 / 9)
    assert constancy.worth([Distances(constancy.UNSURE, 3.0, 3.0)]) == pytest.approx(0.5)


@pytest.mark.parametrize("found", [[], [Distances(0.0, 0.0, 0.0)], [Distances(5.0, 0.0, 1.0)]])
def test_a_crowd_that_repeated_nothing_takes_nothing_off_a_vote(found):
    assert constancy.worth(found) == 1.0


@given(st.floats(0, 1e9), st.floats(0, 1), st.floats(0, 1))
def test_a_worth_lies_within_its_bounds(sessions, within, between):
    assert constancy.LEAST <= constancy.worth([Distances(sessions, sessions * within, sessions * between)]) <= 1.0


def person(values):
    trainer = Trainer()
    trainer.declare("reverb", [ParameterInfo("mix", 0.5)])
    for day, value in enumerate(values):
        trainer.record_change("reverb", "mix", 0.5, value, "dreamy", day * DAY, settled=True)
        trainer.end_session(day * DAY + 60)
    return trainer.profile


def test_where_people_set_a_knob_as_chance_has_it_the_crowd_knows_best():
    """In both crowds from 0.1 to 0.5: here everybody anywhere each time, there each at a place of their own."""
    draw = random.Random(5)
    fickle = [[draw.uniform(0.1, 0.5) for _ in range(6)] for _ in range(12)]
    faithful = [[0.1 + 0.4 * i / 11] * 6 for i in range(12)]
    answers = []
    for crowd in (fickle, faithful):
        prior = functools.reduce(merge, map(person, crowd))
        trainer = Trainer(person([0.9] * 3), prior)
        answers.append(trainer.suggest("reverb", "dreamy")["mix"].value)
    assert 0.3 < answers[0] < 0.5 and answers[1] == pytest.approx(0.9, abs=0.03)
