"""The memory that chains live in: plain arrays, taken once, handed out, never grown.

The arrays can lie in ordinary memory (tests, `render`) or in memory shared by processes (the box: the
control process builds a chain in one slot while the audio process plays another).
"""

import numpy as np

EFFECTS = 32            # per chain
KNOBS = 1024            # per chain; each effect has one more, its on-switch
MAX_FRAMES = 1024       # per block
STATE = 1 << 16
CURSORS = 1 << 12
MEMORY = 1 << 23        # 32 MiB, 174 s of mono delay at 48 kHz: only what is touched takes RAM
TABLES = 1 << 22
LINE = 64               # bytes of a cache line: vectors that cross from one into the next take twice as long
LINE_PLACES = 16        # of the smallest numbers that lie in it, float32

# The columns of a plan: where each effect's code and its share of every array begin and end.
(ADDRESS, KNOB, KNOB_END, STATE_AT, STATE_END, MEMORY_AT, MEMORY_END, CURSOR, CURSOR_END,
 TABLE, TABLE_END, WIDENS, TAIL, SINCE_OFF, STILL, BROKEN, DRY, LATENCY, ROLE, COLUMNS) = range(20)

FIELDS = {
    "plan": (np.int64, (EFFECTS + 1, COLUMNS)),     # a row with address 0 ends the chain
    "targets": (np.float32, (KNOBS,)),              # written by the control side, in each parameter's unit
    "glides": (np.float32, (KNOBS,)),               # 1 = follow smoothly, 0 = jump (choices)
    "knobs": (np.float32, (KNOBS, 2)),              # where the sound is: block start, block end
    "state": (np.float64, (STATE,)),
    "memory": (np.float32, (MEMORY,)),
    "cursors": (np.int64, (CURSORS,)),
    "tables": (np.float32, (TABLES,)),
    "lanes": (np.float32, (6, MAX_FRAMES)),         # two channels of sound, two spare, two of another branch
}


class Arena:
    """Room for one chain: the arrays named in FIELDS, as attributes; `places` are their addresses."""

    def __init__(self, arrays):
        self.arrays = tuple(arrays)
        self.places = np.array([array.ctypes.data for array in self.arrays], np.int64)
        for name, array in zip(FIELDS, self.arrays):
            setattr(self, name, array)


def allocate(slots=1, buffer=None):
    """Every array of FIELDS with `slots` rows, over `buffer` (of `size(slots)` bytes) or fresh memory.

    Each row begins a cache line.
    """
    buffer = np.zeros(size(slots), np.uint8) if buffer is None else buffer
    arrays, offset = [], -np.frombuffer(buffer, np.uint8).ctypes.data % LINE
    for dtype, shape in FIELDS.values():
        strides = np.ndarray(shape, dtype, buffer).strides
        pitch = row_bytes(dtype, shape)
        arrays.append(np.ndarray((slots, *shape), dtype, buffer, offset, (pitch, *strides)))
        offset += slots * pitch
    return arrays


def size(slots=1):
    """Bytes that `allocate` needs."""
    return LINE + slots * sum(row_bytes(dtype, shape) for dtype, shape in FIELDS.values())


def row_bytes(dtype, shape):
    """What one row takes, up to the next cache line."""
    return -(-np.dtype(dtype).itemsize * int(np.prod(shape)) // LINE) * LINE


def single():
    """An arena of its own for one chain."""
    return Arena(array[0] for array in allocate())
