"""An arena as machine code finds it: by the addresses of its arrays, in the order of `dsp.arena.FIELDS`.

An array that Python hands over costs 75 ns and an allocation a call, an address nothing. An array's slices are
checked and counted; so what lies between two places is made from its address as well.

Everywhere here `places` is the address of an arena's `places`.
"""

import numpy as np
from numba import carray

from dsp.arena import COLUMNS, FIELDS, KNOBS
from dsp.native import inlined, pointer

PLACES = (len(FIELDS),)
PLAN_PLACE, TARGETS_PLACE, GLIDES_PLACE, KNOBS_PLACE, STATE_PLACE, MEMORY_PLACE, CURSORS_PLACE, TABLES_PLACE, \
    LANES_PLACE = range(len(FIELDS))
LANES = FIELDS["lanes"][1]
LANE_BYTES = 4 * LANES[1]


@inlined
def place(places, field):
    return carray(pointer(places), PLACES, np.int64)[field]


@inlined
def row_at(places, number):
    """A row of the plan."""
    return carray(pointer(place(places, PLAN_PLACE) + number * 8 * COLUMNS), (COLUMNS,), np.int64)


@inlined
def targets_at(places):
    return carray(pointer(place(places, TARGETS_PLACE)), (KNOBS,), np.float32)


@inlined
def glides_at(places):
    return carray(pointer(place(places, GLIDES_PLACE)), (KNOBS,), np.float32)


@inlined
def knobs_at(places, begin, end):
    """Some knobs, [knob, start | end of the block]."""
    return carray(pointer(place(places, KNOBS_PLACE) + 8 * begin), (end - begin, 2), np.float32)


@inlined
def state_at(places, begin, end):
    return carray(pointer(place(places, STATE_PLACE) + 8 * begin), (end - begin,), np.float64)


@inlined
def memory_at(places, begin, end):
    return carray(pointer(place(places, MEMORY_PLACE) + 4 * begin), (end - begin,), np.float32)


@inlined
def cursors_at(places, begin, end):
    return carray(pointer(place(places, CURSORS_PLACE) + 8 * begin), (end - begin,), np.int64)


@inlined
def tables_at(places, begin, end):
    return carray(pointer(place(places, TABLES_PLACE) + 4 * begin), (end - begin,), np.float32)


@inlined
def lanes_at(places, first, count):
    """Some rows of the arena's sound."""
    return carray(pointer(place(places, LANES_PLACE) + first * LANE_BYTES), (count, LANES[1]), np.float32)
