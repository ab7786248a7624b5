"""The mapper: DESIGN's formula, and the hand that always wins."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.errors import ProfileError
from profiles.learner import Suggestion
from profiles.mapper import Mapper

KEY = ("reverb", "mix")
OTHER = ("delay", "mix")


def style(value, confidence):
    return {KEY: Suggestion(value, 0.0, 1.0, confidence, 0.0, 1)}


def mapper(preset=0.4, amount=1.0):
    result = Mapper(amount)
    result.load_preset({KEY: preset, OTHER: 0.5})
    return result


def test_the_formula():
    box = mapper(0.4, amount=0.5)
    box.change_emotion("dreamy", {KEY: 0.1}, style(0.9, 0.6))
    assert box.targets() == {KEY: pytest.approx(0.7 * (0.4 + 0.1) + 0.3 * 0.9), OTHER: 0.5}
    box.amount = 0.0
    assert box.targets()[KEY] == 0.5


def test_clamped_only_at_the_end():
    box = mapper(0.95)
    box.change_emotion("dreamy", {KEY: 0.15}, style(0.2, 0.5))
    assert box.targets()[KEY] == pytest.approx(0.5 * 1.1 + 0.5 * 0.2)
    box.change_emotion("dreamy", {KEY: 0.15}, {})
    assert box.targets()[KEY] == 1.0


def test_what_is_the_songs_stands_under_every_emotion():
    box = mapper()
    box.change_emotion("dreamy", {KEY: 0.1}, {})
    box.touch_always(KEY, 0.7, ["calm", "dreamy"])
    assert box.targets()[KEY] == 0.7
    box.change_emotion("calm", {KEY: -0.1}, {})
    assert box.targets()[KEY] == 0.7
    box.touch(KEY, 0.2)
    assert box.targets()[KEY] == 0.2


@pytest.mark.parametrize("confidence, stands", ((0.49, 0.4), (0.5, 0.9)))
def test_a_choice_stands_where_somebody_put_it(confidence, stands):
    box = Mapper()
    box.load_preset({KEY: 0.4}, choices=[KEY])
    box.change_emotion("dreamy", {}, style(0.9, confidence))
    assert box.targets() == {KEY: stands}
    box.load_preset({KEY: 0.4})
    assert 0.4 < box.targets()[KEY] < 0.9, "another preset's knob may be no choice"


def test_a_touched_knob_is_the_players_until_the_emotion_changes():
    box = mapper()
    box.change_emotion("dreamy", {}, style(0.9, 1.0))
    box.touch(KEY, 0.2)
    assert box.targets()[KEY] == 0.2
    box.amount = 0.3
    assert box.targets()[KEY] == 0.2
    box.change_emotion("dreamy", {}, style(0.9, 1.0))
    assert box.targets()[KEY] == pytest.approx(0.7 * 0.2 + 0.3 * 0.9)


unit = st.floats(0.0, 1.0)
offset = st.floats(-0.15, 0.15)


@given(unit, unit, offset, offset)
def test_coming_back_gives_exactly_what_the_player_set(preset, value, here, there):
    box = mapper(preset)
    box.change_emotion("dreamy", {KEY: here}, {})
    box.touch(KEY, value)
    box.change_emotion("dark", {KEY: there}, {})
    assert box.targets()[KEY] == pytest.approx(min(max(preset + there, 0.0), 1.0))
    box.change_emotion("dreamy", {KEY: here}, {})
    assert box.targets()[KEY] == value


@given(unit, unit, st.floats(-1.0, 1.0), unit, unit)
def test_targets_stay_on_the_knob(preset, amount, offset, value, confidence):
    box = mapper(preset, amount)
    box.change_emotion("dreamy", {KEY: offset}, style(value, confidence))
    assert 0.0 <= box.targets()[KEY] <= 1.0


def test_a_new_preset_takes_every_knob_back():
    box = mapper()
    box.change_emotion("dreamy", {KEY: 0.1}, {})
    box.touch(KEY, 0.9)
    box.load_preset({KEY: 0.1})
    assert box.targets() == {KEY: 0.2}


def test_style_pulls_at_what_the_hand_has_set():
    box = mapper(0.1)
    box.change_emotion("dreamy", {KEY: 0.1}, {})
    box.touch(KEY, 0.5)
    box.change_emotion("dreamy", {KEY: 0.1}, style(0.9, 0.5))
    assert box.targets()[KEY] == pytest.approx(0.7)
    assert box.plain()[KEY] == 0.5
    assert box.origin(KEY) == pytest.approx(0.2)


def test_kept_is_what_every_emotion_starts_from():
    box = mapper(0.4)
    box.change_emotion("dreamy", {KEY: 0.1}, style(0.0, 1.0))
    box.touch(KEY, 0.7)
    assert box.keep() == {KEY: pytest.approx(0.6), OTHER: 0.5}
    assert box.targets()[KEY] == 0.7, "the knob under the hand does not move"
    box.change_emotion("dark", {}, {})
    assert box.targets()[KEY] == pytest.approx(0.6)


def test_touches_of_another_emotion_are_not_kept():
    box = mapper(0.4)
    box.change_emotion("dreamy", {}, {})
    box.touch(KEY, 0.7)
    box.change_emotion("dark", {}, {})
    assert box.keep()[KEY] == 0.4


def test_goes_on_as_it_was_left():
    box = mapper(0.4)
    box.change_emotion("dreamy", {}, {})
    box.touch(KEY, 0.7)
    again = Mapper()
    again.load_preset({KEY: 0.4, OTHER: 0.5}, box.touches)
    again.change_emotion("dreamy", {}, {})
    assert again.targets() == {KEY: 0.7, OTHER: 0.5}
    assert not again.touched and box.touched == {KEY}


def test_arguments_are_checked():
    with pytest.raises(ProfileError, match="My Style amount"):
        Mapper(1.5)
    with pytest.raises(ProfileError, match="preset value"):
        mapper(preset=-1)
    with pytest.raises(ProfileError, match="value of"):
        mapper().touch(KEY, float("nan"))


def test_apply_goes_all_the_way_whatever_amount_and_confidence():
    box = mapper(0.4, amount=0.0)
    box.change_emotion("dreamy", {KEY: 0.1}, {})
    assert box.apply({**style(0.9, 0.3), OTHER: Suggestion(0.1, 0.0, 1.0, 0.0, 0.0, 0)}) == 1
    assert box.targets() == {KEY: 0.9, OTHER: 0.5}
    assert box.plain() == {KEY: 0.5, OTHER: 0.5}
    box.take_back()
    assert box.targets() == {KEY: 0.5, OTHER: 0.5}


@given(unit, unit, unit)
def test_taking_back_gives_what_was_before(preset, hand, learnt):
    box = mapper(preset)
    box.change_emotion("dreamy", {}, style(learnt, 0.5))
    box.touch(OTHER, hand)
    before = box.targets()
    box.apply({KEY: style(learnt, 0.5)[KEY], OTHER: style(learnt, 0.5)[KEY]})
    assert box.targets() == {KEY: learnt, OTHER: learnt}
    box.take_back()
    assert box.targets() == before


def test_a_hand_after_apply_wins():
    box = mapper()
    box.change_emotion("dreamy", {}, style(0.9, 0.5))
    box.apply(style(0.9, 0.5))
    box.touch(KEY, 0.2)
    assert box.targets()[KEY] == 0.2 and not box.applied


def test_apply_is_found_again_with_its_emotion_and_kept_with_the_preset():
    box = mapper(0.4)
    box.change_emotion("dreamy", {KEY: 0.1}, style(0.9, 0.5))
    box.apply(style(0.9, 0.5))
    box.change_emotion("dark", {}, {})
    assert box.targets()[KEY] == 0.4
    box.change_emotion("dreamy", {KEY: 0.1}, style(0.7, 0.5))
    assert box.targets()[KEY] == 0.9
    assert box.keep()[KEY] == pytest.approx(0.8)


def test_compared_with_everything_but_my_style():
    box = mapper(0.4)
    box.change_emotion("dreamy", {}, style(0.9, 1.0))
    box.apply(style(0.8, 1.0))
    box.touch(OTHER, 0.3)
    box.styled = False
    assert box.targets() == {KEY: 0.4, OTHER: 0.3}
    box.styled = True
    assert box.targets() == {KEY: 0.8, OTHER: 0.3}


def test_a_guess_leans_the_preset_but_not_what_a_hand_has_set():
    guess = {KEY: Suggestion(0.9, 0.0, 1.0, 0.25, 0.0, 0, True)}
    box = mapper(0.4)
    box.change_emotion("dreamy", {}, guess)
    assert box.targets()[KEY] == pytest.approx(0.75 * 0.4 + 0.25 * 0.9)
    box.touch(KEY, 0.2)
    box.change_emotion("dreamy", {}, guess)
    assert box.targets()[KEY] == 0.2


def test_a_guess_is_not_applied_in_full():
    guess, learnt = Suggestion(0.9, 0.0, 1.0, 0.25, 0.0, 0, True), Suggestion(0.1, 0.0, 0.2, 0.6, 0.0, 2)
    box = mapper(0.4)
    box.change_emotion("dreamy", {}, {KEY: guess, OTHER: learnt})
    assert box.apply({KEY: guess, OTHER: learnt}) == 1
    assert box.targets() == {KEY: pytest.approx(0.75 * 0.4 + 0.25 * 0.9), OTHER: 0.1}
