"""Sound cards, through ALSA and pyalsaaudio (0.11, whose read and write both tell xruns)."""

import time
from typing import Callable

from hw.audio import Capture, Playback
from hw.errors import AudioError

# A window of sound that took less than half its time comes from no card, but from one of ALSA's
# plug-ins that keep no time, such as null: without a rest, a real-time process would freeze its core.
WINDOW_S = 0.1
LOST_S = 1.0            # of nothing but xruns: the card is stuck

SAMPLE_BYTES = {"S16_LE": 2, "S24_3LE": 3, "S32_LE": 4, "FLOAT_LE": 4}


class _AlsaHalf:
    """What both directions do with their PCM."""

    _direction: str

    def _open(self, device, periods):
        alsa = self._alsa = _import_alsaaudio()
        if self.format not in SAMPLE_BYTES:
            raise AudioError(f"There is no sample format {self.format!r} here; "
                             f"there are: {', '.join(SAMPLE_BYTES)}.")
        self._name = f"The {self._direction} device {device!r}"
        try:
            self._pcm = alsa.PCM(
                type=getattr(alsa, f"PCM_{self._direction.upper()}"), mode=alsa.PCM_NORMAL, device=device,
                rate=self.sample_rate, channels=self.channels, periodsize=self.period,
                periods=periods, format=getattr(alsa, f"PCM_FORMAT_{self.format}"))
        except alsa.ALSAAudioError as error:
            raise AudioError(f"{self._name} cannot be opened: {error}. "
                             f"There are: {', '.join(list_devices())}.") from error
        self._check(periods)

    def _check(self, periods):
        """pyalsaaudio goes on with what the device likes better, so compare everything."""
        info = self._pcm.info()
        differences = [f"{what} {info[key]} instead of {asked}" for key, what, asked in (
            ("rate", "sample rate", self.sample_rate),
            ("channels", "channels", self.channels),
            ("format_name", "format", self.format),
            ("period_size", "period", self.period),
            ("buffer_size", "buffer", periods * self.period),
            ("access_type", "access", "RW_INTERLEAVED")) if info[key] != asked]
        if differences:
            self.close()
            raise AudioError(f"{self._name} cannot be set as asked: "
                             f"it gives {', '.join(differences)}.")

    def _stopped(self, error):
        return AudioError(f"{self._name} has stopped: {error}.")

    def restart(self):
        try:
            self._pcm.drop()    # the next read or write prepares and starts it
        except self._alsa.ALSAAudioError as error:
            raise self._stopped(error) from error

    def close(self):
        self._pcm.close()


class AlsaCapture(_AlsaHalf, Capture):
    """The input of an ALSA device.

    device : its ALSA name, e.g. "hw:sndrpihifiberry".
    periods : the size of its buffer, in periods.
    Raises AudioError when the device is missing or gives anything but what was asked.
    """

    _direction = "capture"

    def __init__(self, device: str, sample_rate: int, period: int, periods: int,
                 channels: int, format: str, clock: Callable[[], float] = time.monotonic,
                 sleep: Callable[[float], None] = time.sleep):
        super().__init__(sample_rate, period, channels, format)
        self._open(device, periods)
        self.latency_frames = period
        self._clock, self._sleep = clock, sleep
        self._window, self._since = 0, clock()
        self._lost = 0

    def read(self):
        try:
            frames, buffer = self._pcm.read()
        except self._alsa.ALSAAudioError as error:
            raise self._stopped(error) from error
        if frames == self.period:
            self._lost = 0
            self._rest(frames)
            return buffer
        self.xruns += 1
        self._lost += self.period
        if self._lost > LOST_S * self.sample_rate:
            raise self._stopped("nothing but xruns")
        return None

    def _rest(self, frames):
        """Sleep where the device should have kept us waiting."""
        self._window += frames
        if self._window >= WINDOW_S * self.sample_rate:
            early_s = WINDOW_S - (self._clock() - self._since)
            if early_s > WINDOW_S / 2:
                self._sleep(early_s)
            self._window, self._since = 0, self._clock()


class AlsaPlayback(_AlsaHalf, Playback):
    """The output of an ALSA device; arguments and errors as for AlsaCapture."""

    _direction = "playback"

    def __init__(self, device: str, sample_rate: int, period: int, periods: int,
                 channels: int, format: str):
        super().__init__(sample_rate, period, channels, format)
        self._open(device, periods)
        self.latency_frames = (periods - 1) * period
        self._silence = bytes(periods * period * channels * SAMPLE_BYTES[format])

    def write(self, buffer):
        if self._write(buffer) == self.period:
            return True
        self.xruns += 1
        return False

    def restart(self):
        # ALSA starts to play at the first write. Were that one period alone, it would
        # be played out before the next is due; so the buffer is filled with silence.
        super().restart()
        self._write(self._silence)

    def _write(self, buffer):
        try:
            return self._pcm.write(buffer)
        except self._alsa.ALSAAudioError as error:
            raise self._stopped(error) from error


def list_devices() -> dict[str, str]:
    """Return the names of the ALSA devices there are, each with its card's description.

    The description is empty for a device that is no card, such as "null".
    Raises AudioError when pyalsaaudio is missing.
    """
    alsa = _import_alsaaudio()
    cards = dict(zip(alsa.cards(), (alsa.card_name(index)[1] for index in alsa.card_indexes())))
    names = dict.fromkeys(alsa.pcms(alsa.PCM_CAPTURE) + alsa.pcms(alsa.PCM_PLAYBACK))
    return {name: cards.get(_card(name), "") for name in names}


def _card(name):
    """The card's id in a name such as "hw:CARD=pisound,DEV=0"."""
    return name.partition("CARD=")[2].partition(",")[0]


def _import_alsaaudio():
    try:
        import alsaaudio
    except ImportError as error:
        raise AudioError("Sound cards need the module alsaaudio, which is not installed: install "
                         "libasound2-dev and pyalsaaudio (pip install pyalsaaudio).") from error
    return alsaaudio
