"""Sound from and to memory: the twin of a sound card."""

import time
from typing import Callable

import numpy as np

from hw.audio import Capture, Playback
from hw.errors import AudioError, EndOfAudio


class Pace:
    """Waits as a card does: a period is there when it has been played in real time.

    The schedule is absolute, so that a late period does not make the next ones late.
    """

    def __init__(self, sample_rate: int, clock: Callable[[], float] = time.monotonic,
                 sleep: Callable[[float], None] = time.sleep):
        self._sample_rate = sample_rate
        self._clock = clock
        self._sleep = sleep
        self._start = None
        self._frames = 0

    def __call__(self, frames: int) -> None:
        """Sleep until `frames` more frames are due; the first call starts the schedule."""
        now = self._clock()
        if self._start is None:
            self._start = now
        self._frames += frames
        early_s = self._start + self._frames / self._sample_rate - now
        if early_s > 0:
            self._sleep(early_s)


class FileCapture(Capture):
    """Plays a recording into the box.

    samples : float32 [frames, channels], at least one frame. The last period is filled
        up with silence, or, with `loop`, the recording begins again without a gap.
    wait : called with the frames needed before each read: a Pace for real time, or
        whatever keeps a simulation in step; without it, as fast as the box can.
    """

    def __init__(self, samples: np.ndarray, sample_rate: int, period: int, loop: bool = False,
                 wait: Callable[[int], None] | None = None):
        if samples.ndim != 2 or not samples.size or samples.dtype != np.float32:
            raise AudioError("A recording must be float32 [frames, channels] and not empty; "
                             f"this one is {samples.dtype} {list(samples.shape)}.")
        frames, channels = samples.shape
        super().__init__(sample_rate, period, channels, "FLOAT_LE")
        self._wait = wait or (lambda frames: None)
        self._loop_frames = frames if loop else None
        self._position = 0
        self._frame_bytes = samples.itemsize * channels
        # Long enough that a period from any start is one slice.
        tape = np.zeros((frames + period if loop else -(-frames // period) * period, channels), np.float32)
        tape[:frames] = samples
        if loop:
            tape[frames:] = np.resize(samples, (period, channels))
        self._frames = len(tape)
        self._tape = memoryview(tape).cast("B").toreadonly()

    def read(self):
        start, stop = self._position, self._position + self.period
        if stop > self._frames:
            raise EndOfAudio(f"The recording has ended after {self._frames} frames.")
        self._wait(self.period)
        self._position = stop % self._loop_frames if self._loop_frames else stop
        return self._tape[start * self._frame_bytes:stop * self._frame_bytes]


class FileSink(Playback):
    """Takes what the box plays, as float32.

    sink : gets `write(float32 [frames, channels])` for each period, valid during the
        call; it stays its owner's to close. Without one, the sound is dropped.
    """

    def __init__(self, sample_rate: int, period: int, channels: int, sink=None):
        super().__init__(sample_rate, period, channels, "FLOAT_LE")
        self._sink = sink

    def write(self, buffer):
        if self._sink:
            self._sink.write(np.frombuffer(buffer, np.float32).reshape(-1, self.channels))
        return True
