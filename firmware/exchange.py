"""Memory that the audio process and the control process share.

One anonymous mapping, made before the processes part, so that it has no name to leak and outlives
the crash of either. Every word has one writer.
"""

import mmap

import numpy as np

from dsp.rack import Rack

# Words of the status block. The audio process writes the first group, the control side the second.
(STATE, FRAMES, XRUNS, DEADLINES_MISSED, LOAD, LOAD_PEAK,
 STOP, GRANTED, WORDS) = range(9)
NEW, RUNNING, LOST, ENDED = range(4)
FAULT_BYTES = 512
HEAD = 1024     # bytes before the rack: the words and the fault text, page-friendly


class Exchange:
    """Status words, the fault text, and the rack, in one shared mapping.

    Plain attributes read and write the words; they are single aligned 64-bit stores.
    """

    def __init__(self, sample_rate):
        self.sample_rate = sample_rate
        self._map = mmap.mmap(-1, HEAD + Rack.size())
        buffer = np.frombuffer(self._map, np.uint8)
        self.words = buffer[:8 * WORDS].view(np.float64)
        self._fault = buffer[HEAD - FAULT_BYTES:HEAD]
        self._rack = buffer[HEAD:]
        self.rack = Rack(sample_rate, self._rack)

    def rejoin(self):
        """The rack as a process sees it that starts while it already plays."""
        return Rack(self.sample_rate, self._rack, fresh=False)

    @property
    def seconds(self):
        """How much sound has been played, in seconds: the clock of a simulation."""
        return self.words[FRAMES] / self.sample_rate

    @property
    def fault(self):
        """What the audio process could not do, or ""."""
        return bytes(self._fault).rstrip(b"\0").decode("utf-8", "replace")

    @fault.setter
    def fault(self, text):
        data = text.encode()[:FAULT_BYTES]
        self._fault[:] = 0
        self._fault[:len(data)] = np.frombuffer(data, np.uint8)
