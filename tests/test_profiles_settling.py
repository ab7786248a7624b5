"""Little movements become adjustments: sweeps, undone moves, changes of emotion."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiles.settling import Adjustment, Retracted, Settled, Settler


def turn(settler, old, new, time, emotion="dreamy", parameter="mix"):
    return settler.turn("reverb", parameter, old, new, emotion, time)


def test_forty_detents_are_one_adjustment():
    settler = Settler()
    for i in range(40):
        assert turn(settler, i / 50, (i + 1) / 50, i * 0.05) == []
    assert settler.settle_due(40 * 0.05 + 0.9) == []
    assert settler.settle_due(2.96) == [Settled(Adjustment("reverb", "mix", 0.0, 0.8, "dreamy", pytest.approx(2.95)))]
    assert settler.settle_due(99.0) == []


def test_a_move_back_to_where_it_began_is_none():
    settler = Settler()
    turn(settler, 0.5, 0.9, 0.0)
    turn(settler, 0.9, 0.51, 0.5)
    assert settler.settle_due(2.0) == []


def test_just_over_a_hundredth_is_an_adjustment():
    settler = Settler()
    turn(settler, 0.5, 0.511, 0.0)
    assert len(settler.settle_due(1.0)) == 1


@pytest.mark.parametrize("back, at, undone", [(0.5, 3.9, True), (0.509, 3.9, True), (0.512, 3.9, False),
                                              (0.5, 4.1, False)])
def test_put_back_within_three_seconds_is_retracted(back, at, undone):
    settler = Settler()
    turn(settler, 0.5, 0.7, 0.0)
    [settled] = settler.settle_due(1.0)
    turn(settler, 0.7, back, at)
    [event] = settler.settle_due(at + 1.0)
    assert isinstance(event, Retracted if undone else Settled)
    assert (event.adjustment == settled.adjustment) == undone


def test_an_undo_is_undone_only_once():
    settler = Settler()
    turn(settler, 0.5, 0.7, 0.0)
    settler.settle_due(1.0)
    turn(settler, 0.7, 0.5, 1.5)
    assert isinstance(settler.settle_due(2.5)[0], Retracted)
    turn(settler, 0.5, 0.7, 3.0)
    assert isinstance(settler.settle_due(4.0)[0], Settled)


def test_put_back_under_another_emotion_is_a_choice_not_an_undo():
    settler = Settler()
    turn(settler, 0.5, 0.7, 0.0)
    settler.settle_due(1.0)
    turn(settler, 0.7, 0.5, 1.5, emotion="calm")
    assert isinstance(settler.settle_due(2.5)[0], Settled)


def test_a_new_emotion_settles_at_once_under_the_old_one():
    settler = Settler()
    turn(settler, 0.5, 0.7, 0.0)
    [event] = turn(settler, 0.2, 0.3, 0.1, emotion="calm", parameter="decay")
    assert event.adjustment[:5] == ("reverb", "mix", 0.5, 0.7, "dreamy")


def test_a_knob_that_the_box_moved_in_between_starts_afresh():
    settler = Settler()
    turn(settler, 0.5, 0.7, 0.0)
    [event] = turn(settler, 0.1, 0.2, 0.3)
    assert event.adjustment.new == 0.7
    assert settler.settle_due(1.3)[0].adjustment[2:4] == (0.1, 0.2)


def test_settling_all_closes_the_undo_window():
    settler = Settler()
    turn(settler, 0.5, 0.7, 0.0)
    assert len(settler.settle_all(0.2)) == 1
    turn(settler, 0.7, 0.5, 0.4)
    assert isinstance(settler.settle_all(0.5)[0], Settled)


moves = st.lists(st.tuples(st.sampled_from(["mix", "decay"]), st.sampled_from(["calm", "dreamy"]),
                           st.integers(0, 100), st.floats(0.0, 5.0)), max_size=40)


@settings(max_examples=200, deadline=None)
@given(moves)
def test_whatever_the_hand_does(moves):
    settler, at, time, events = Settler(), {"mix": 0.5, "decay": 0.5}, 0.0, []
    for parameter, emotion, position, pause in moves:
        time += pause
        events += turn(settler, at[parameter], position / 100, time, emotion, parameter)
        at[parameter] = position / 100
    events += settler.settle_all(time)

    standing = {}
    for event in events:
        move = event.adjustment
        assert abs(move.new - move.old) > 0.01 and move.time <= time
        if isinstance(event, Settled):
            standing.setdefault(move.parameter, []).append(move)
        else:
            assert standing[move.parameter].pop() == move  # only the newest, and only once
    for kept in standing.values():
        assert [move.time for move in kept] == sorted(move.time for move in kept)


def test_a_turn_settles_what_nobody_asked_about_in_time():
    settler = Settler()
    turn(settler, 0.5, 0.7, 0.0)
    [event] = turn(settler, 0.7, 0.8, 5.0)
    assert event.adjustment.new == 0.7 and event.adjustment.time == 1.0


def test_what_was_retracted_is_not_retracted_again():
    settler = Settler()
    turn(settler, 0.5, 0.7, 0.0)
    settler.settle_due(1.0)
    turn(settler, 0.7, 0.5, 1.1)
    assert isinstance(settler.settle_due(2.1)[0], Retracted)
    turn(settler, 0.9, 0.5, 2.5)  # a scene had moved it to 0.9
    assert isinstance(settler.settle_due(3.5)[0], Settled)
