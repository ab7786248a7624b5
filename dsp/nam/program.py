"""A net as a list of steps over signals, laid out for the machine.

A signal is some rows of float32 in the effect's memory, one a channel. A *buffer* holds the chunk of
frames at hand; a *ring* also remembers what came before, for convolutions that look back. Rings begin
again after their length, and CHUNK more places behind repeat their beginning, so that any chunk can be
read and written without wrapping.

Everything goes into one float32 table: a header and the steps as int32 in the same bits, then the
weights, packed in the order in which the machine reads them.
"""

from dataclasses import dataclass, replace

import numpy as np

from dsp.errors import OptionError
from dsp.nam.tiles import TILE_ROWS
from dsp.primitives.vectors.kinds import LINE

CHUNK = 64                  # frames worked on at a time: a layer's signals and weights stay in the L1 cache
MOST_MEMORY = 1 << 20       # floats a model may keep, 4 MiB; a standard WaveNet keeps 0.1 million
MOST_STEPS = 2048
MOST_RINGS = 480
MOST_PRODUCTS = 1 << 20     # a frame: 80 times those of a standard WaveNet

# The columns of a step. A signal takes four: where its first row begins, from row to row, ring, channels.
(KIND, TO, TO_STRIDE, TO_RING, TO_CHANNELS, FROM, FROM_STRIDE, FROM_RING, FROM_CHANNELS,
 SIDE, SIDE_STRIDE, SIDE_RING, SIDE_CHANNELS, PLUS, PLUS_STRIDE, PLUS_RING, PLUS_CHANNELS,
 TAPS, DILATION, WEIGHTS, FUNCTION, COLUMNS) = range(22)
# What a step does; see the methods of Program.
CONVOLVE, ACTIVATE, MULTIPLY, BLEND, COPY, RECUR = range(6)
# The header.
STEPS, RINGS, SIZE, INPUT, OUTPUT, RING_LENGTHS = range(6)


@dataclass(frozen=True)
class Signal:
    """Rows in memory: the first begins at `at`, the others `stride` apart; ring 0 is none."""

    at: int
    stride: int
    ring: int
    channels: int

    def rows(self, begin, count):
        """Some of its channels."""
        return replace(self, at=self.at + begin * self.stride, channels=count)

    @property
    def columns(self):
        return [self.at, self.stride, self.ring, self.channels]


NOTHING = Signal(0, 0, 0, 0)


class Program:
    """Steps and weights under construction.

    input, output : buffers of one channel; a capture sets output.
    warm_frames : of silence after which a fresh model rests.
    products : multiplications a frame.
    """

    def __init__(self):
        self.size, self.products, self.warm_frames = 0, 0, 0
        self._lengths, self._steps, self._weights, self._weight_count = [0], [], [], 0
        self.input = self.output = self.buffer(1)

    # --- Signals

    def buffer(self, channels):
        """A signal without a past."""
        return self._allot(channels, CHUNK, 0)

    def ring(self, channels, lookback):
        """A signal that can be read up to `lookback` frames back."""
        if not lookback:
            return self.buffer(channels)
        if len(self._lengths) > MOST_RINGS:
            raise OptionError(f"has more than {MOST_RINGS} layers")
        length = whole_lines(lookback + CHUNK)      # or its vectors would lie across cache lines: 7 % of the time
        self._lengths.append(length)
        return self._allot(channels, length + CHUNK, len(self._lengths) - 1)

    def state(self, channels, count):
        """Rows of `count` floats that stay from frame to frame."""
        return self._allot(channels, count, 0)

    def _allot(self, channels, stride, ring):
        signal = Signal(self.size, stride, ring, channels)
        self.size += channels * stride
        if self.size > MOST_MEMORY:
            raise OptionError(f"needs more than {MOST_MEMORY} floats of memory")
        return signal

    # --- Steps

    def convolve(self, to, x, weights, bias=None, dilation=1, side=NOTHING, side_weights=None, plus=NOTHING):
        """to = bias + sum over taps, weights[out, in, tap] times x, the last tap is now
        + side_weights[out, in] times side + plus."""
        out, inputs, taps = weights.shape
        bias = np.zeros(out, np.float32) if bias is None else bias
        side_weights = np.zeros((out, 0), np.float32) if side_weights is None else side_weights
        packed = []
        for begin, count in tiles_of(out):
            rows = slice(begin, begin + count)
            packed += [bias[rows], weights[rows].transpose(2, 1, 0).ravel(), side_weights[rows].T.ravel()]
        self.products += weights.size + side_weights.size
        self._step(CONVOLVE, to, x, side, plus, taps, dilation, np.concatenate(packed))

    def activate(self, to, x, activation, total=NOTHING, first=False):
        """to = activation(x); total += to, or = to where it is the first."""
        self._step(ACTIVATE, to, x, NOTHING, total, int(first), 0, activation.numbers(x.channels), activation.kind)

    def multiply(self, to, x, factor, plus=NOTHING):
        """to = x * factor + plus."""
        self._step(MULTIPLY, to, x, factor, plus)

    def blend(self, to, active, plain, share):
        """to = share * active + (1 - share) * plain."""
        self._step(BLEND, to, active, share, plain)

    def copy(self, to, x, plus=NOTHING):
        """to = x + plus."""
        self._step(COPY, to, x, NOTHING, plus)

    def recur(self, to, x, state, hidden, weights):
        """to = what an LSTM gives for x; see dsp.nam.lstm.

        state : its layers' values, a channel each. hidden : how many of each layer's values there are.
        """
        self.products += len(weights)
        self._step(RECUR, to, x, state, NOTHING, hidden, 0, weights)

    def _step(self, kind, to, x, side=NOTHING, plus=NOTHING, taps=0, dilation=0, weights=(), function=0):
        if len(self._steps) >= MOST_STEPS:
            raise OptionError(f"needs more than {MOST_STEPS} steps")
        if self.products > MOST_PRODUCTS:
            raise OptionError(f"needs more than {MOST_PRODUCTS} products a frame")
        self._steps.append([kind, *to.columns, *x.columns, *side.columns, *plus.columns,
                            taps, dilation, self._weight_count, function])
        self._weights.append(np.asarray(weights, np.float32))
        self._weight_count += len(weights)

    # --- Result

    @property
    def cursors(self):
        """How many int64 places it needs: one for each ring, the last for the frames played."""
        return len(self._lengths) + 1

    def table(self):
        """The whole program as float32."""
        steps = np.array(self._steps, np.int32).reshape(-1, COLUMNS)
        begin = RING_LENGTHS + len(self._lengths) + steps.size
        steps[:, WEIGHTS] += begin
        header = [len(steps), len(self._lengths), self.size, self.input.at, self.output.at, *self._lengths]
        words = np.concatenate([header, steps.ravel()]).astype(np.int32)
        return np.concatenate([words.view(np.float32), *self._weights]).astype(np.float32)


def whole_lines(count):
    """So many floats, or some more, so that what lies behind begins with a cache line as they do."""
    return -(-count // LINE) * LINE


def tiles_of(rows):
    """(begin, count) of the tiles that some rows are worked on in: as few as registers allow, and even."""
    tiles = -(-rows // TILE_ROWS)
    begin = 0
    for tile in range(tiles):
        count = rows // tiles + (tile < rows % tiles)
        yield begin, count
        begin += count
