"""Where the sound comes from and goes to: the cards of the configuration, or what the command line names.

A name is "alsa:DEVICE" or a sound file; None is what the configuration says, which is in simulation the
built-in riff, and the sound card if there is one.
"""

from functools import partial

from dsp.riff import riff
from firmware import audiofile
from hw.alsa import AlsaCapture, AlsaPlayback, list_devices
from hw.audio import Duplex
from hw.errors import AudioError
from hw.fileaudio import FileCapture, FileSink, Pace

ALSA = "alsa:"


def opener(config, source=None, target=None):
    """() -> the sound device, for the audio process to open. Files are read here, at once."""
    capture = from_card(AlsaCapture, config, source) if is_card(config, source) else from_file(config, source, target)
    if is_card(config, target):
        playback = from_card(AlsaPlayback, config, target)
    elif target:
        playback = partial(RecordingSink, config.audio, target)
    else:
        playback = partial(card_or_nothing, config)
    return lambda: Duplex(capture(), playback())


def is_card(config, name):
    return name.startswith(ALSA) if name else config.hardware.audio == "alsa"


def from_card(half, config, name):
    """() -> one half of a sound card."""
    audio = config.audio
    configured, channels = ((audio.capture, audio.channels_in) if half is AlsaCapture else
                            (audio.playback, audio.channels_out))
    return partial(half, name.removeprefix(ALSA) if name else configured, audio.sample_rate, audio.period,
                   audio.periods, channels, audio.format)


def from_file(config, name, target):
    """() -> a looped recording, paced by the clock unless a card that is named paces it."""
    audio = config.audio
    samples, note = audiofile.read(name, audio.sample_rate) if name else (riff(audio.sample_rate), "")
    if note:
        print(f"{name}: {note}")
    audio.input = "stereo"      # a recording is all instrument
    paced = not (target or "").startswith(ALSA)
    return lambda: FileCapture(samples, audio.sample_rate, audio.period, loop=True,
                               wait=Pace(audio.sample_rate) if paced else None)


def card_or_nothing(config):
    """The default sound card, or, on a machine without one, silence."""
    audio = config.audio
    try:
        if not any(list_devices().values()):    # descriptions: only cards have one
            raise AudioError("there is no sound card")
        return AlsaPlayback("default", audio.sample_rate, audio.period, audio.periods, audio.channels_out, audio.format)
    except AudioError:
        return FileSink(audio.sample_rate, audio.period, audio.channels_out)


class RecordingSink(FileSink):
    """A playback half that keeps the sound in a file."""

    def __init__(self, audio, path):
        self._writer = audiofile.Writer(path, audio.sample_rate, audio.channels_out)
        super().__init__(audio.sample_rate, audio.period, audio.channels_out, self._writer)

    def close(self):
        self._writer.close()
