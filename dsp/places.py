"""An arena as machine code finds it: by the addresses of its arrays, in the order of `dsp.arena.FIELDS`.

An array that Python hands over costs 75 ns and an allocation a call, an address nothing.
"""

import numpy as np
from numba import carray

from dsp.arena import FIELDS
from dsp.native import helper, pointer

PLACES = (len(FIELDS),)
SHAPES = tuple(shape for _, shape in FIELDS.values())


@helper
def arena_at(places):
    """plan, targets, glides, knobs, state, memory, cursors, tables, lanes."""
    return (carray(pointer(places[0]), SHAPES[0], np.int64), carray(pointer(places[1]), SHAPES[1], np.float32),
            carray(pointer(places[2]), SHAPES[2], np.float32), carray(pointer(places[3]), SHAPES[3], np.float32),
            carray(pointer(places[4]), SHAPES[4], np.float64), carray(pointer(places[5]), SHAPES[5], np.float32),
            carray(pointer(places[6]), SHAPES[6], np.int64), carray(pointer(places[7]), SHAPES[7], np.float32),
            carray(pointer(places[8]), SHAPES[8], np.float32))


@helper
def lanes_at(places):
    """The arena's sound alone."""
    return carray(pointer(places[8]), SHAPES[8], np.float32)
