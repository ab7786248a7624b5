"""The memory that chains live in: plain arrays, taken once, handed out, never grown.

An arena can lie in ordinary memory (tests, `render`) or in memory shared by processes (the box:
the control process builds a chain in one slot while the audio process plays another).
"""

import numpy as np

EFFECTS = 24            # per chain
KNOBS = 512             # per chain, one more per effect for its on-switch
MAX_FRAMES = 1024       # per block inside; longer ones are walked in pieces
STATE = 1 << 14
CURSORS = 1 << 12
MEMORY = 1 << 23        # 32 MiB: 174 s of mono delay at 48 kHz; only what is touched takes RAM
TABLES = 1 << 22

# The columns of a plan: where each effect's code and its share of every array begin and end.
(ADDRESS, KNOB, KNOB_END, STATE_AT, STATE_END, MEMORY_AT, MEMORY_END, CURSOR, CURSOR_END,
 TABLE, TABLE_END, WIDENS, TAIL, SINCE_OFF, BROKEN, COLUMNS) = range(16)

FIELDS = {
    "plan": (np.int64, (EFFECTS, COLUMNS)),
    "targets": (np.float32, (KNOBS,)),          # written by the control side, in each parameter's unit
    "glides": (np.float32, (KNOBS,)),           # 1 = follow smoothly, 0 = jump (choices)
    "knobs": (np.float32, (KNOBS, 2)),          # where the sound is: block start, block end
    "state": (np.float64, (STATE,)),
    "memory": (np.float32, (MEMORY,)),
    "cursors": (np.int64, (CURSORS,)),
    "tables": (np.float32, (TABLES,)),
    "lanes": (np.float32, (4, MAX_FRAMES)),     # two channels of sound, two spare
}


def size():
    """Bytes that one arena takes."""
    return sum(np.dtype(dtype).itemsize * int(np.prod(shape)) for dtype, shape in FIELDS.values())


class Arena:
    """Room for one chain: the arrays of FIELDS as attributes, over any buffer of `size()` bytes."""

    def __init__(self, buffer=None):
        buffer = bytearray_of_zeros(size()) if buffer is None else buffer
        offset = 0
        for name, (dtype, shape) in FIELDS.items():
            array = np.ndarray(shape, dtype, buffer, offset)
            setattr(self, name, array)
            offset += array.nbytes
        self.arrays = tuple(getattr(self, name) for name in FIELDS)


def bytearray_of_zeros(count):
    """Zeroed memory whose pages the system hands out only when they are touched."""
    return np.zeros(count, np.uint8)
