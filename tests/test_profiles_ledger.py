"""Records become a profile, also where lines of the log were lost."""

import pytest

from profiles import document
from profiles.errors import ProfileError
from profiles.ledger import rebuild
from profiles.profile import AT_DEFAULT, MAX_AGE, new_profile

OPENING = {"n": 1, "kind": "profile", "id": "ab" * 16, "name": "Me"}
DECLARE = {"n": 2, "kind": "declare", "plugin": "reverb", "id": "mix", "default": 0.5, "label": "", "tag": ""}


def stamped(n, kind, age=0.0, **fields):
    return {"n": n, "kind": kind, "time": 0.0, "age": age, **fields}


def adjust(n, new, age=0.0, old=0.5):
    return stamped(n, "adjust", age, plugin="reverb", parameter="mix", old=old, new=new, emotion="calm")


def cells(*records):
    return dict(rebuild(records).own.habits["reverb", "mix"]["calm"].cells)


WHOLE = [OPENING, DECLARE, stamped(3, "start"), adjust(4, 0.1), adjust(5, 0.25), stamped(6, "end"),
         stamped(7, "start"), adjust(8, 0.75), stamped(9, "end")]


def test_the_last_settled_value_of_a_session_is_its_vote():
    assert cells(*WHOLE) == {16: 128, 48: 192}


@pytest.mark.parametrize("lost, expected", [
    (2, {16: 128, 48: 192}),                            # a start: adjustments speak for themselves
    (5, {16: 128, 48: 192}),                            # an end: the next start closes
    (8, {16: 128, 48: 192}),                            # the last end
    (4, {6: 128, 48: 192}),                             # one adjustment
])
def test_a_lost_line_takes_nothing_else_along(lost, expected):
    assert cells(*WHOLE[:lost], *WHOLE[lost + 1:]) == expected


def test_without_its_declaration_a_knob_started_at_its_default():
    assert cells(OPENING, adjust(2, 0.35, old=0.35)) == {AT_DEFAULT: 128}


def test_without_the_opening_somebody_must_say_whose_log_it_is():
    with pytest.raises(ProfileError, match="which profile"):
        rebuild(WHOLE[1:])
    assert rebuild(WHOLE[1:], new_profile("Me", "ab" * 16)) == rebuild(WHOLE)


def test_age_never_goes_back_and_ends_somewhere():
    old = rebuild([OPENING, adjust(2, 0.1, age=1e12)])
    assert old.own.age == MAX_AGE
    older = rebuild([adjust(3, 0.2, age=5.0)], old)
    assert older.own.age == MAX_AGE
    assert document.from_json(document.to_json(older)) == older
