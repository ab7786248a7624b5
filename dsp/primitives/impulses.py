"""Impulse responses before they sound: read from a stranger's file, and made fit to play.

Arrays here are float64 [paths, taps]: one path is mono, two are left and right, four are left to left, left to
right, right to left, right to right ("true stereo").
"""

import os
from pathlib import Path

import numpy as np

from dsp.errors import OptionError

LONGEST_FILE_S = 60.0
LARGEST_FILE = 256 << 20        # bytes
RATES = (4000, 768000)          # Hz, that a file may have
PATHS = (1, 2, 4)
LOUDEST = 100.0                 # a tap; what has louder ones is no measurement, and made softer
GUARD_S = 0.01                  # of silence around what is resampled, for the filter to ring in
ONSET_DB = -66.0                # below the peak: what comes before is silence
TAIL_DB = -90.0                 # below the whole energy: what comes behind is silence
FADE = 0.05                     # of the length, at a cut
LOUDNESS_HZ = 80.0, 5000.0      # where a guitar is
LOWEST_DB = -160.0              # what a spectrum's zeros are raised to, for their logarithm
FINER = 8                       # times as many bins as taps, so that the cepstrum does not wrap


def read(path, sample_rate, lead=False):
    """The impulse response in a sound file, at the wanted rate.

    A filter keeps its gain when it is resampled, so its taps are scaled by the rates' ratio.
    lead : what is resampled keeps 10 ms in front, in which a hard onset's band limit rings in; without, it
           begins when the file does, and an onset in the very first frame loses that.
    Raises OptionError for a file that is missing, too large, broken, silent, or not sound.
    """
    x, own_rate = read_sound(path)
    if own_rate == sample_rate:
        return x.T.copy()
    import soxr
    guard = np.zeros((int(GUARD_S * own_rate), x.shape[1]))
    resampled = soxr.resample(np.concatenate([guard, x, guard]), own_rate, sample_rate, quality="VHQ")
    begin = 0 if lead else round(len(guard) * sample_rate / own_rate)
    return resampled[begin:].T * (own_rate / sample_rate)


def read_sound(path):
    """A file's (float64 [frames, paths], Hz), or one sentence."""
    import soundfile
    path = Path(path)
    if not path.is_file():
        raise OptionError(f"{path} is a folder, no impulse response" if path.is_dir() else f"there is no file {path}")
    if os.path.getsize(path) > LARGEST_FILE:
        raise OptionError(f"{path} is too large for an impulse response: over {LARGEST_FILE >> 20} MB")
    try:
        with soundfile.SoundFile(path) as file:
            refuse_strange(path, file)
            x, rate = file.read(dtype="float64", always_2d=True), file.samplerate
    except (soundfile.SoundFileError, RuntimeError, TypeError, OSError) as error:   # TypeError: .raw
        raise OptionError(f"{path} is not a sound file this box can read") from error
    if not np.isfinite(x).all():
        raise OptionError(f"{path} is broken: it holds samples that are no numbers")
    if not len(x) or np.abs(x).max() < 1e-9:
        raise OptionError(f"{path} is silent, so nothing would be heard through it")
    return x / max(1.0, np.abs(x).max() / LOUDEST), rate


def refuse_strange(path, file):
    if file.channels not in PATHS:
        raise OptionError(f"{path} has {file.channels} channels; an impulse response has 1, 2 or 4")
    if not RATES[0] <= file.samplerate <= RATES[1]:
        raise OptionError(f"{path} has a rate of {file.samplerate} Hz; this box reads {RATES[0]} to {RATES[1]}")
    if file.frames > LONGEST_FILE_S * file.samplerate:
        raise OptionError(f"{path} is too long for an impulse response: over {LONGEST_FILE_S:.0f} s")


def trim(h):
    """Without the silence in front and behind."""
    loudest = np.abs(h).max(axis=0)
    begin = int(np.argmax(loudest > loudest.max() * 10 ** (ONSET_DB / 20)))
    left = np.cumsum((h ** 2).sum(axis=0)[::-1])[::-1]
    end = int(np.nonzero(left > left[0] * 10 ** (TAIL_DB / 10))[0][-1]) + 1
    return h[:, begin:end]


def shorten(h, taps):
    """At most so many taps, faded out where it is cut."""
    if taps >= h.shape[1]:
        return h
    h = h[:, :taps].copy()
    fade = int(FADE * taps)
    h[:, taps - fade:] *= 0.5 + 0.5 * np.cos(np.pi * (np.arange(fade) + 1) / (fade + 1))
    return h


def on_paths(h, paths):
    """The same response with more paths: mono to left and right, and from left to left and right to right."""
    if len(h) == paths:
        return h
    if paths == 2:
        return np.repeat(h, 2, axis=0)
    across = np.zeros_like(h[0])
    return np.stack([h[0], across, across, h[-1]])


def minimum_phase(h):
    """The same magnitudes with the least delay, path by path: the causal part of the cepstrum, twice
    (Oppenheim and Schafer, "Discrete-Time Signal Processing", ch. 13)."""
    bins = 1 << (FINER * h.shape[1] - 1).bit_length()
    out = np.empty_like(h)
    for path, taps in enumerate(h):
        magnitude = np.abs(np.fft.rfft(taps, bins))
        floor = max(magnitude.max() * 10 ** (LOWEST_DB / 20), 1e-300)
        cepstrum = np.fft.irfft(np.log(np.maximum(magnitude, floor)), bins)
        cepstrum[1:bins // 2] *= 2.0
        cepstrum[bins // 2 + 1:] = 0.0
        out[path] = np.fft.irfft(np.exp(np.fft.rfft(cepstrum)), bins)[:h.shape[1]]
    return out


def loudness(h, sample_rate):
    """The gain that it gives to pink noise where a guitar is: the mean over the outputs' powers."""
    bins = 1 << max(13, (h.shape[1] - 1).bit_length())
    power = (np.abs(np.fft.rfft(h, bins)) ** 2).sum(axis=0) / min(len(h), 2)
    hz = np.arange(len(power)) * sample_rate / bins
    band = (hz >= LOUDNESS_HZ[0]) & (hz <= LOUDNESS_HZ[1])
    return np.sqrt((power[band] / hz[band]).sum() / (1.0 / hz[band]).sum())


def normalised(h, sample_rate):
    """Of loudness 1: what goes through stays, on the whole, as loud as it was. At most 60 dB are added."""
    return h / max(loudness(h, sample_rate), 1e-3 * np.abs(h).max())
