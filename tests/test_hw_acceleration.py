"""What a detent is worth, by the interval since the last."""

import pytest

from hw.acceleration import Acceleration, multiplier


@pytest.mark.parametrize("interval_s, worth", [
    (0.0, 6), (0.0049, 6), (0.005, 4), (0.0099, 4), (0.010, 3), (0.0199, 3),
    (0.020, 2), (0.0299, 2), (0.030, 1), (0.2, 1), (float("inf"), 1)])
def test_thresholds(interval_s, worth):
    assert multiplier(interval_s) == worth


def test_the_first_detent_is_worth_one():
    assert Acceleration().scale(-1, 12.0) == -1


def test_a_fast_spin_travels_further_either_way():
    for direction in (+1, -1):
        knob = Acceleration()
        assert [knob.scale(direction, 1 + 0.012 * n) for n in range(4)] == [
            direction, 3 * direction, 3 * direction, 3 * direction]


def test_a_change_of_direction_starts_slow():
    knob = Acceleration()
    assert [knob.scale(*turn) for turn in [(1, 1.0), (1, 1.008), (-1, 1.016), (-1, 1.024)]] == [
        1, 4, -1, -4]


def test_summed_detents_share_their_interval():
    knob = Acceleration()
    knob.scale(1, 1.0)
    assert knob.scale(3, 1.075) == 6     # 25 ms each
    assert knob.scale(2, 1.575) == 2     # 250 ms each
