"""Sound files in and out: every usual format, through libsndfile; rates through libsoxr."""

from pathlib import Path

import numpy as np
import soundfile
import soxr

from firmware.errors import AudioFileError

LARGEST_WAV = (1 << 32) - (1 << 12)     # bytes of samples: a WAV file counts with 32 bits, its header's included
LONGEST_S = 4 * 3600    # a file is read whole; four hours of stereo are 5.5 GB


def read(path, sample_rate):
    """A sound file's first two channels at the wanted rate.

    Returns (float32 [frames, channels], note): the note says what was changed, or is "".
    Raises AudioFileError for a file that is missing, empty, broken, or not sound.
    """
    path = Path(path)
    if not path.is_file():
        raise AudioFileError(f"{path} is a folder" if path.is_dir() else f"there is no file {path}")
    try:
        with soundfile.SoundFile(path) as file:
            if file.frames > LONGEST_S * file.samplerate:
                raise AudioFileError(f"{path} is longer than {LONGEST_S // 3600} hours")
            x = file.read(dtype="float32", always_2d=True)
            own_rate = file.samplerate
    except soundfile.LibsndfileError as error:
        raise AudioFileError(f"{path} is not a sound file this box can read: {error.error_string}") from error
    except TypeError as error:      # what soundfile makes of .raw
        raise AudioFileError(f"{path} is not a sound file this box can read: nothing in it says its rate") from error
    refuse_empty(path, x)
    notes = []
    if x.shape[1] > 2:
        notes.append(f"took the first 2 of {x.shape[1]} channels")
        x = x[:, :2]
    if not np.isfinite(x).all():
        notes.append("silenced samples that are no numbers")
        x = np.nan_to_num(x, posinf=0.0, neginf=0.0)
    if own_rate != sample_rate:
        notes.append(f"resampled from {own_rate} to {sample_rate} Hz")
        x = soxr.resample(x, own_rate, sample_rate, quality="VHQ")
        refuse_empty(path, x)       # two frames of 192 kHz are none of 44.1 kHz
    return np.ascontiguousarray(x, np.float32), ", ".join(notes)


def refuse_empty(path, x):
    if not len(x):
        raise AudioFileError(f"{path} is empty: it holds no sound")


class Writer:
    """A WAV or FLAC file that grows while it is written to.

    as_float : 32-bit float (WAV only), every sample as it is; else so many bits.
    frames : how many will come, where that is known: a WAV file beyond 4 GiB becomes an RF64 one (EBU Tech 3306),
             the same with longer counters.

    It is written beside its name and takes the name when it is closed, so that an interrupted run
    leaves no half file. Raises AudioFileError.
    """

    def __init__(self, path, sample_rate, channels, as_float=False, bits=24, frames=0):
        self.path = Path(path)
        self._part = self.path.with_name(f".{self.path.name}.part")
        format = self.path.suffix[1:].upper() or "WAV"
        if format not in ("WAV", "FLAC"):
            raise AudioFileError(f"{path}: this box writes .wav and .flac files")
        if as_float and format != "WAV":
            raise AudioFileError(f"{path}: only a .wav file can hold float samples")
        if not self.path.parent.is_dir():
            raise AudioFileError(f"{path} cannot be written: there is no folder {self.path.parent}")
        if self.path.is_dir():
            raise AudioFileError(f"{path} cannot be written: it is a folder")
        if format == "WAV" and frames * channels * (4 if as_float else bits // 8) > LARGEST_WAV:
            format = "RF64"
        try:
            self._part.touch()      # for the system's own words: libsndfile says "System error"
            self._file = soundfile.SoundFile(self._part, "w", sample_rate, channels,
                                             "FLOAT" if as_float else f"PCM_{bits}", format=format)
        except OSError as error:
            raise AudioFileError(f"{path} cannot be written: {error.strerror}") from error
        except soundfile.LibsndfileError as error:
            self._part.unlink()
            raise AudioFileError(f"{path} cannot be written: {error.error_string}") from error

    def write(self, x):
        """Append float32 [frames, channels]."""
        try:
            self._file.write(x)
        except soundfile.LibsndfileError as error:
            raise AudioFileError(f"{self.path} cannot be written to its end; is the disk full?") from error

    def close(self):
        """Finish the file and give it its name."""
        self._file.close()
        self._part.replace(self.path)

    def discard(self):
        """Leave nothing behind."""
        try:
            self._file.close()
        finally:
            self._part.unlink(missing_ok=True)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        self.discard() if kind else self.close()
