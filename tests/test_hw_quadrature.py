"""The encoder decoder, on every transition there is and on hands that shake."""

import pytest
from hypothesis import given, strategies as st

from hw.quadrature import Quadrature

RING = ((1, 1), (0, 1), (0, 0), (1, 0))     # clockwise
REST_EVERY = {4: 4, 2: 2, 1: 1}             # places on the ring between detents


def feed(decoder, states):
    return [decoder.update(a, b) for a, b in states]


def path(start, steps):
    """The states passed by going `steps` places from `start`, bounces as +1, -1 pairs included."""
    states, place = [], start
    for step in steps:
        place += step
        states.append(RING[place % 4])
    return states


@pytest.mark.parametrize("steps_per_detent", [4, 2, 1])
@pytest.mark.parametrize("direction", [+1, -1])
def test_counts_one_at_each_detent_and_only_there(steps_per_detent, direction):
    decoder = Quadrature(steps_per_detent)
    counts = feed(decoder, path(0, [direction] * 8))
    assert counts == ([0] * (steps_per_detent - 1) + [direction]) * (8 // steps_per_detent)


@given(st.lists(st.tuples(st.sampled_from([+1, -1]),
                          st.lists(st.integers(0, 4), min_size=4, max_size=4)), max_size=30),
       st.sampled_from([4, 2]))
def test_bouncing_turns_decode_to_the_exact_detents(turns, steps_per_detent):
    """Each edge of each detent bounces up to four times on its own pin before it stays."""
    decoder = Quadrature(steps_per_detent)
    place = 0
    for direction, bounces in turns:
        got = 0
        for bounced in bounces[:steps_per_detent]:
            steps = [direction, -direction] * bounced + [direction]
            got += sum(feed(decoder, path(place, steps)))
            place += direction
        assert got == direction


@given(st.lists(st.sampled_from([+1, -1]), max_size=200))
def test_the_count_is_the_way_travelled_between_rests(steps):
    """However the shaft is shaken, it never counts more than the detents it has moved."""
    decoder = Quadrature(4)
    place = total = 0
    for step in steps:
        place += step
        total += decoder.update(*RING[place % 4])
        if place % 4 == 0:
            assert total == place // 4


@pytest.mark.parametrize("pin", [0, 1])
@pytest.mark.parametrize("steps_per_detent", [4, 2])
def test_one_jiggling_pin_gives_nothing(pin, steps_per_detent):
    decoder = Quadrature(steps_per_detent)
    states = [(0, 1), (1, 1)] if pin == 0 else [(1, 0), (1, 1)]
    assert not any(feed(decoder, states * 50))


def test_with_a_detent_at_every_edge_bounce_undoes_itself():
    assert sum(feed(Quadrature(1), [(0, 1), (1, 1)] * 9)) == 0


@pytest.mark.parametrize("steps_per_detent", [4, 2, 1])
@pytest.mark.parametrize("start", range(4))
def test_a_missed_edge_is_no_step_and_the_next_detent_counts(start, steps_per_detent):
    decoder = Quadrature(steps_per_detent, *RING[start])
    assert decoder.update(*RING[(start + 2) % 4]) == 0
    # On to the next detent: nothing can be told about this one...
    place = start + 2
    lost = -place % steps_per_detent
    assert not any(feed(decoder, path(place, [+1] * lost)))
    # ... but the one after it is whole.
    assert sum(feed(decoder, path(place + lost, [+1] * steps_per_detent))) == 1


@given(st.lists(st.sampled_from(RING), max_size=100))
def test_noise_never_makes_more_than_whole_rounds(states):
    """Every count has four clean steps in a row behind it."""
    decoder = Quadrature(4)
    previous, run = (1, 1), 0
    for state in states:
        step = {0: 0, 1: +1, 3: -1}.get((RING.index(state) - RING.index(previous)) % 4)
        run = 0 if step is None else run + abs(step)
        previous = state
        if decoder.update(*state):
            assert run >= 4


@pytest.mark.parametrize("start", [1, 2, 3])
def test_starting_between_detents_does_not_make_one(start):
    decoder = Quadrature(4, *RING[start])
    assert not any(feed(decoder, path(start, [+1] * (4 - start))))
    assert sum(feed(decoder, path(0, [+1] * 4))) == 1


def test_refuses_an_encoder_there_is_not():
    with pytest.raises(ValueError, match="4, 2 or 1 steps per detent, not 3"):
        Quadrature(3)
