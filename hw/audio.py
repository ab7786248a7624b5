"""What the audio process reads from and writes to, a period at a time.

A device is a Duplex of two halves, real or simulated in any mixture: see hw.alsa
and hw.fileaudio. Buffers are interleaved frames in the half's own format.
"""

from abc import ABC, abstractmethod

from hw.errors import AudioError


class Half(ABC):
    """What capture and playback have in common.

    sample_rate : in Hz. period : in frames. channels : per frame.
    format : "S16_LE", "S24_3LE", "S32_LE" or "FLOAT_LE", as ALSA names them.
    latency_frames : what the half's buffer adds to the way through, converters apart.
    xruns : how many periods came too late.
    """

    latency_frames = 0
    xruns = 0

    def __init__(self, sample_rate: int, period: int, channels: int, format: str):
        self.sample_rate = sample_rate
        self.period = period
        self.channels = channels
        self.format = format

    def restart(self) -> None:
        """Begin anew: forget what is in the buffer and wait for the other half."""

    def close(self) -> None:
        """Let the device go."""


class Capture(Half):
    """A half that sound comes from."""

    @abstractmethod
    def read(self) -> memoryview | bytes | None:
        """Wait for a period and return it; None when an xrun lost it.

        Valid until the next read. Raises EndOfAudio when a recording has ended,
        AudioError when the device is gone.
        """


class Playback(Half):
    """A half that sound goes to."""

    @abstractmethod
    def write(self, buffer) -> bool:
        """Take one period, waiting until there is room; False when an xrun lost it.

        Raises AudioError when the device is gone.
        """


class Duplex:
    """A capture and a playback half that run together, from the first read on.

    Raises AudioError when their sample rates or periods differ.
    """

    def __init__(self, capture: Capture, playback: Playback):
        for name, unit in (("sample_rate", "Hz"), ("period", "frames")):
            given, taken = getattr(capture, name), getattr(playback, name)
            if given != taken:
                raise AudioError(f"Capture has a {name.replace('_', ' ')} of {given} {unit} and "
                                 f"playback of {taken} {unit}: they must be the same.")
        self.capture = capture
        self.playback = playback
        self.sample_rate = capture.sample_rate
        self.period = capture.period
        self.channels_in, self.channels_out = capture.channels, playback.channels
        self.format_in, self.format_out = capture.format, playback.format
        self.latency_frames = capture.latency_frames + playback.latency_frames
        self._running = False

    @property
    def xruns(self) -> int:
        """How many periods came too late, on either side."""
        return self.capture.xruns + self.playback.xruns

    def read(self) -> memoryview | bytes | None:
        """Return one period as Capture.read does; after None, write silence and go on."""
        if not self._running:
            self._restart()
            self._running = True
        buffer = self.capture.read()
        if buffer is None:
            self._restart()
        return buffer

    def write(self, buffer) -> None:
        """Play one period."""
        if not self.playback.write(buffer):
            self._restart()

    def close(self) -> None:
        """Let both devices go."""
        self.capture.close()
        self.playback.close()

    def _restart(self):
        # Both: what capture gathered while playback stood still would stay in its
        # buffer and be heard as latency from then on. Playback is the last, since it
        # starts at once, and capture with the next read.
        self.capture.restart()
        self.playback.restart()
