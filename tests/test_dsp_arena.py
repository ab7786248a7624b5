"""The arena: where a chain's arrays lie."""

import numpy as np
import pytest

from dsp import arena


@pytest.mark.parametrize("name", arena.FIELDS)
def test_every_array_of_an_arena_begins_a_cache_line(name):
    for buffer in (None, np.zeros(arena.size(3) + 8, np.uint8)[8:]):
        array = dict(zip(arena.FIELDS, arena.allocate(3, buffer)))[name]
        assert [array[slot].ctypes.data % arena.LINE for slot in range(3)] == [0, 0, 0]
        assert array[0].flags.c_contiguous and not array.any()


def test_arrays_of_an_arena_lie_side_by_side():
    arrays = arena.allocate(2)
    for number, array in enumerate(arrays):
        array[...] = number + 1
    assert all((array == number + 1).all() for number, array in enumerate(arrays))
