"""The emotion selector's two wirings, bounces and gaps included."""

import pytest

from hw.selector import Selector, binary, one_hot


@pytest.mark.parametrize("levels, position", [
    ([0, 1, 1], 0), ([1, 1, 0], 2), ([1, 1, 1], None), ([0, 0, 1], None), ([0, 0, 0], None)])
def test_one_hot(levels, position):
    assert one_hot(levels) == position


@pytest.mark.parametrize("levels, position", [
    ([1, 1, 1], 0), ([0, 1, 1], 1), ([1, 0, 1], 2), ([0, 0, 0], 7)])
def test_binary(levels, position):
    assert binary(levels) == position


def test_the_position_at_the_start_is_told_once():
    selector = Selector("one_hot", [1, 0, 1], 1.0)
    assert selector.poll(1.019) == []
    assert selector.poll(1.5) == [(1, pytest.approx(1.02))]
    assert selector.poll(9.0) == []


def test_found_between_positions_it_waits_for_one():
    selector = Selector("one_hot", [1, 1], 1.0)
    assert selector.poll(5.0) == []
    assert selector.update([1, 0], 6.0) == []
    assert selector.poll(7.0) == [(1, pytest.approx(6.02))]


@pytest.fixture
def at_zero():
    selector = Selector("one_hot", [0, 1, 1], 0.0)
    selector.poll(1.0)
    return selector


def test_the_gap_between_positions_holds_the_last(at_zero):
    happened = [it for levels, time in [([1, 1, 1], 2.0), ([1, 0, 1], 2.006)]
                for it in at_zero.update(levels, time)]
    assert happened == []
    assert at_zero.poll(3.0) == [(1, pytest.approx(2.026))]


def test_passing_over_a_position_does_not_select_it(at_zero):
    at_zero.update([1, 0, 1], 2.0)
    at_zero.update([1, 1, 1], 2.015)
    assert at_zero.update([1, 1, 0], 2.018) == []
    assert at_zero.poll(3.0) == [(2, pytest.approx(2.038))]


def test_bounce_starts_the_settling_anew(at_zero):
    for time in (2.0, 2.004, 2.009):
        at_zero.update([1, 0, 1], time)
        at_zero.update([1, 1, 1], time + 0.002)
    at_zero.update([1, 0, 1], 2.012)
    assert at_zero.poll(2.031) == []
    assert at_zero.poll(2.033) == [(1, pytest.approx(2.032))]


def test_a_wiggle_back_to_the_same_position_is_nothing(at_zero):
    at_zero.update([1, 1, 1], 2.0)
    assert at_zero.update([0, 1, 1], 2.5) == []
    assert at_zero.poll(9.0) == []


def test_a_caller_that_slept_sees_both_positions(at_zero):
    at_zero.update([1, 0, 1], 2.0)
    assert at_zero.update([1, 1, 0], 3.0) == [(1, pytest.approx(2.02))]
    assert at_zero.poll(9.0) == [(2, pytest.approx(3.02))]


def test_a_coded_switch_passes_other_codes_silently():
    selector = Selector("binary", [1, 1], 0.0)
    assert selector.poll(1.0) == [(0, pytest.approx(0.02))]
    selector.update([0, 1], 2.0)      # 1 on the way ...
    selector.update([0, 0], 2.003)    # ... to 3
    assert selector.poll(3.0) == [(3, pytest.approx(2.023))]


def test_refuses_a_wiring_there_is_not():
    with pytest.raises(ValueError, match="one_hot or binary, not 'grey'"):
        Selector("grey", [1], 0.0)
