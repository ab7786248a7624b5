"""The room, measured as rooms are: decay, density, and where its first echoes come from."""

import numpy as np
import pytest

from dsp import effects
from dsp.effects import room as rooms
from tests.acoustics import SAMPLE_RATE, WET, chain, decay_time, echo_density, room

ROOM = effects.load("room")
TAIL = {"distance": 1.0, "tone_hz": 12000.0}


@pytest.mark.parametrize("decay_s", (0.2, 0.6, 2.0))
@pytest.mark.parametrize("size_m", (3.0, 8.0, 25.0))
def test_a_rooms_tail_dies_by_60_db_in_the_time_it_says(decay_s, size_m):
    h = room(decay_s + 0.3, effect=ROOM, decay_s=decay_s, size_m=size_m, **TAIL)
    for hz in (500.0, 1000.0):
        assert decay_time(h, hz, SAMPLE_RATE) == pytest.approx(decay_s, rel=0.1)


@pytest.mark.parametrize("sample_rate", (44100, 96000))
def test_a_room_decays_the_same_at_every_rate(sample_rate):
    h = room(1.0, sample_rate, effect=ROOM, decay_s=0.8, **TAIL)
    assert decay_time(h, 1000.0, sample_rate) == pytest.approx(0.8, rel=0.1)


@pytest.mark.parametrize("size_m, seconds", ((3.0, 0.02), (8.0, 0.03), (25.0, 0.06)))
def test_a_rooms_tail_is_dense_at_once(size_m, seconds):
    h = room(1.0, effect=ROOM, decay_s=1.5, size_m=size_m, **TAIL)
    for side in range(2):
        assert echo_density(h[:, side], seconds) > 0.8
        assert echo_density(h[:, side], 0.2) == pytest.approx(1.0, abs=0.12)


@pytest.mark.parametrize("size_m", (3.0, 25.0))
def test_the_first_echoes_are_the_mirror_images_of_the_player(size_m):
    """The nearest images by hand: floor, ceiling and one wall; and as loud as their way and the wall leave them."""
    h = room(0.2, effect=ROOM, size_m=size_m, distance=0.0)
    x, y, z = rooms.PLAYER
    for side, ear in enumerate(rooms.EARS):
        direct = np.linalg.norm(rooms.PLAYER - ear)
        for image in ((x, y, -z), (x, y, 2 * rooms.SIDES[2] - z), (x, -y, z)):
            away = np.linalg.norm(np.array(image) - ear)
            at = round((away - direct) * size_m / rooms.SOUND * SAMPLE_RATE)
            level = rooms.ECHO_LEVEL * rooms.BOUNCE * direct / away
            assert h[at - 1:at + 2, side].max() == pytest.approx(level, rel=0.05)
    assert np.all(np.count_nonzero(np.abs(h) > 0.1, axis=0) <= rooms.ECHOES)


@pytest.mark.parametrize("distance", (0.0, 0.5, 1.0))
def test_near_and_far_are_as_loud_and_wide(distance):
    x = np.random.default_rng(3).normal(0, 0.1, (3 * SAMPLE_RATE, 1))
    y = chain(effect=ROOM, **WET, distance=distance, tone_hz=16000.0).process(x)[SAMPLE_RATE:]
    assert 20 * np.log10(y.std() / x.std()) == pytest.approx(0.0, abs=1.6)
    assert abs(np.corrcoef(y.T)[0, 1]) < 0.3


def test_a_new_room_is_there_soon():
    c = chain(effect=ROOM, **WET, size_m=4.0, distance=0.0)
    c.process(np.zeros((SAMPLE_RATE, 2), np.float32))
    c.set_raw(0, "size_m", ROOM.parameter("size_m").to_raw(20.0))
    c.process(np.zeros((SAMPLE_RATE // 2, 2), np.float32))
    x = np.zeros((4800, 2), np.float32)
    x[0] = 1.0
    np.testing.assert_allclose(c.process(x), room(0.1, effect=ROOM, size_m=20.0, distance=0.0), atol=1e-6)
