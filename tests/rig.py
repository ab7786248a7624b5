"""An effect's kernel called directly, in arrays whose borders hold canaries."""

import numpy as np

SAMPLE_RATE = 48000
PERIOD = 64
GUARD = 64                      # canaries on either side of everything a kernel may touch


class Guarded:
    """An array between canaries: a read beyond it spoils the sound, a write beyond it is found."""

    def __init__(self, shape, dtype, content=0):
        rows, *rest = shape
        canary = np.nan if np.issubdtype(dtype, np.floating) else np.int64(1) << 40
        self.whole = np.full((rows + 2 * GUARD, *rest), canary, dtype)
        self.inner = self.whole[GUARD:GUARD + rows]
        self.inner[...] = content
        self._borders = self._border_bytes()

    def intact(self):
        return self._border_bytes() == self._borders

    def _border_bytes(self):
        return self.whole[:GUARD].tobytes() + self.whole[len(self.whole) - GUARD:].tobytes()


class Rig:
    """One effect's kernel with arrays of exactly the declared sizes."""

    def __init__(self, effect, sample_rate=SAMPLE_RATE):
        self.effect, self.sample_rate = effect, float(sample_rate)
        needs = effect.prepare(self.sample_rate, {})
        self.kernel = needs.kernel
        self.knobs = Guarded((len(effect.parameters), 2), np.float32)
        self.state = Guarded((needs.state,), np.float64)
        self.memory = Guarded((needs.memory,), np.float32)
        self.cursors = Guarded((needs.cursors,), np.int64)
        self.tables = Guarded(needs.tables.shape, np.float32, needs.tables)
        self.guarded = (self.knobs, self.state, self.memory, self.cursors, self.tables)
        self._tables_before = needs.tables.tobytes()

    def run(self, x, raws, sizes=(PERIOD,)):
        """Play x [frames, channels] in blocks of `sizes`, again and again from the first.

        raws : knob positions in the parameters' order; or a function that gives those for the start
               and end of each block.
        """
        x = widened(self.effect, x)
        y = np.empty_like(x)
        lanes = np.empty((x.shape[1] + 1, max(sizes) + GUARD), np.float32)
        at = turn = 0
        if not callable(raws):
            self.knobs.inner[:] = self.values(raws)[:, None]
        while at < len(x):
            frames = min(sizes[turn % len(sizes)], len(x) - at)
            if callable(raws):
                self.knobs.inner[:, 0], self.knobs.inner[:, 1] = map(self.values, raws())
            lanes[...] = np.nan
            lanes[:-1, :frames] = x[at:at + frames].T
            self.kernel(*(array.inner for array in self.guarded), lanes[:-1], frames, self.sample_rate)
            y[at:at + frames] = lanes[:-1, :frames].T
            at, turn = at + frames, turn + 1
            assert np.isnan(lanes[:, frames:]).all(), "wrote beyond the block's frames"
        assert all(array.intact() for array in self.guarded), "wrote beyond its arrays"
        assert self.tables.inner.tobytes() == self._tables_before, "wrote to its tables"
        return y

    def values(self, raws):
        return np.array([p.to_value(raw) for p, raw in zip(self.effect.parameters, raws)], np.float32)


def widened(effect, x):
    """x as the chain would hand it to the effect."""
    x = np.asarray(x, np.float32)
    return np.repeat(x, 2, axis=1) if effect.widens and x.shape[1] == 1 else x
