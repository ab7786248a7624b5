"""The switch state machine, with a clock moved by hand."""

from math import inf

import pytest
from hypothesis import given, strategies as st

from hw.switch import DOWN, LONG, SHORT, UP, Switch


def play(switch, edges, until):
    """Feed (level, time) edges, polling every millisecond as a busy caller does."""
    happened, clock = [], 0.0
    for level, time in [*edges, (None, until)]:
        while clock < time:
            happened += switch.poll(clock)
            clock += 0.001
        if level is not None:
            happened += switch.update(level, time)
    return happened


def kinds(happened):
    return [kind for kind, _ in happened]


def test_a_tap():
    assert play(Switch(), [(0, 1.0), (1, 1.1)], 2.0) == [
        (DOWN, pytest.approx(1.008)), (UP, pytest.approx(1.108)), (SHORT, pytest.approx(1.108))]


def test_a_long_press_is_told_while_held_and_is_no_short_one():
    switch = Switch()
    assert play(switch, [(0, 1.0)], 1.6) == [(DOWN, pytest.approx(1.008)), (LONG, pytest.approx(1.5))]
    assert play(switch, [(1, 2.0)], 3.0) == [(UP, pytest.approx(2.008))]


@pytest.mark.parametrize("held_s, told", [(0.4999, [DOWN, UP, SHORT]), (0.5001, [DOWN, LONG, UP])])
def test_the_long_press_time(held_s, told):
    assert kinds(play(Switch(), [(0, 1.0), (1, 1.0 + held_s)], 3.0)) == told


@pytest.mark.parametrize("held_s, told", [(0.0079, []), (0.0081, [DOWN, UP, SHORT])])
def test_the_debounce_time(held_s, told):
    assert kinds(play(Switch(), [(0, 1.0), (1, 1.0 + held_s)], 3.0)) == told


bounces = st.lists(st.floats(0.0001, 0.0079), max_size=8).map(lambda gaps: gaps[:len(gaps) // 2 * 2])


@given(bounces, bounces, st.floats(0.02, 0.43) | st.floats(0.51, 1.0), st.booleans())
def test_a_bouncing_press_is_one_press(closing, opening, held_s, busy):
    """Contact noise shorter than 8 ms, at either end, changes nothing."""
    edges, time = [], 1.0
    for settled, gaps in ((0, closing), (1, opening)):
        edges.append((settled, time))
        for number, gap in enumerate(gaps):
            time += gap
            edges.append((settled ^ (number % 2 == 0), time))
        time += held_s
    switch = Switch()
    if busy:
        happened = play(switch, edges, time + 1)
    else:   # a caller that slept through it all
        happened = [it for edge in edges for it in switch.update(*edge)] + switch.poll(time + 1)
    assert kinds(happened) == ([DOWN, LONG, UP] if held_s > 0.5 else [DOWN, UP, SHORT])
    assert [time for _, time in happened] == sorted(time for _, time in happened)


@given(st.lists(st.floats(0.0001, 0.0079), max_size=40))
def test_a_noisy_line_is_no_press(gaps):
    """Pulses into an open line: each ends within 8 ms."""
    edges, time = [], 1.0
    for gap in gaps:
        edges += [(0, time), (1, time + gap)]
        time += 2 * gap
    assert play(Switch(), edges, time + 1) == []


def test_a_glitch_while_held_does_not_restart_the_long_press():
    assert play(Switch(), [(0, 1.0), (1, 1.3), (0, 1.302)], 2.0)[-1] == (LONG, pytest.approx(1.5))


def test_two_glitches_half_a_second_apart_are_no_long_press():
    assert play(Switch(), [(0, 1.0), (1, 1.001), (0, 1.6), (1, 1.601)], 3.0) == []


def test_a_caller_that_slept_sees_the_true_times():
    switch = Switch()
    assert switch.update(0, 1.0) == [] and switch.update(1, 1.1) == [(DOWN, pytest.approx(1.008))]
    assert switch.poll(9.0) == [(UP, pytest.approx(1.108)), (SHORT, pytest.approx(1.108))]


def test_a_release_that_has_not_settled_is_no_long_press():
    switch = Switch()
    play(switch, [(0, 1.0), (1, 1.495)], 1.496)
    assert kinds(switch.poll(1.502)) == []
    assert kinds(switch.poll(1.6)) == [UP, SHORT]


def test_a_spent_press_ends_silently_and_the_next_one_counts():
    switch = Switch()
    play(switch, [(0, 1.0)], 1.1)
    switch.spend()
    assert kinds(play(switch, [(1, 2.0), (0, 3.0), (1, 3.1)], 4.0)) == [UP, DOWN, UP, SHORT]


def test_a_switch_stuck_at_power_up_does_nothing_until_let_go():
    switch = Switch(level=0)
    assert play(switch, [], 5.0) == [] and switch.deadline == inf
    assert kinds(play(switch, [(1, 6.0), (0, 7.0), (1, 7.1)], 8.0)) == [UP, DOWN, UP, SHORT]


def test_the_deadline_says_when_to_poll():
    switch = Switch()
    assert switch.deadline == inf
    switch.update(0, 1.0)
    assert switch.deadline == pytest.approx(1.008)
    switch.poll(switch.deadline)
    assert switch.deadline == pytest.approx(1.5)
    assert kinds(switch.poll(switch.deadline)) == [LONG]
    assert switch.deadline == inf
