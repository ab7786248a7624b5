"""Pictures of sound: the wave with the dry one behind it, and what frequencies it has when."""

import io

import numpy as np
from PIL import Image

WIDTH, WAVE_HEIGHT, SPECTRUM_HEIGHT = 560, 72, 150
BACKGROUND, DRY, WET = (24, 24, 28), (62, 62, 72), (240, 168, 72)
LOWEST_HZ, HIGHEST_HZ = 40.0, 16000.0
WINDOW_S = 0.064
FLOOR_DB, TOP_DB = -95.0, -20.0         # of a bin, full scale a sine of 1
# From silence to the loudest, dark to bright: told apart by brightness alone too.
HEAT = np.array([(24, 24, 28), (44, 28, 84), (110, 36, 112), (190, 55, 84), (240, 120, 52), (250, 200, 90),
                 (255, 250, 220)])


def wave(x, dry):
    """A PNG of the wave, the dry take behind it; both float32 [frames, channels], drawn -1 to 1."""
    picture = np.full((WAVE_HEIGHT, WIDTH, 3), BACKGROUND, np.uint8)
    rows = np.arange(WAVE_HEIGHT)[:, None]
    for sound, colour in ((dry, DRY), (x, WET)):
        low, high = (np.rint((1.0 - edge) * (WAVE_HEIGHT - 1) / 2) for edge in edges(sound.mean(axis=1)))
        picture[(rows >= high) & (rows <= low)] = colour
    return encoded(Image.fromarray(picture).quantize(8), "PNG", optimize=True)


def edges(x):
    """The lowest and the highest sample in each of the picture's columns."""
    bounds = np.linspace(0, len(x), WIDTH + 1).astype(int)[:-1]
    return (edge.reduceat(x, bounds).clip(-1.0, 1.0) for edge in (np.minimum, np.maximum))


def spectrum(x, sample_rate):
    """A WebP of the sound over time and pitch, LOWEST_HZ at the bottom, in equal steps of pitch."""
    level = (levels(x, sample_rate) - FLOOR_DB) / (TOP_DB - FLOOR_DB)
    place = level.clip(0.0, 1.0) * (len(HEAT) - 1)
    colours = [np.interp(place, np.arange(len(HEAT)), HEAT[:, part]) for part in range(3)]
    return encoded(Image.fromarray(np.stack(colours, axis=-1).astype(np.uint8)), "WEBP", quality=82)


def levels(x, sample_rate):
    """dB at each of the picture's points, the highest pitch in the first row."""
    size = int(WINDOW_S * sample_rate)
    window = np.hanning(size)
    mono = np.pad(x.mean(axis=1), size // 2)
    starts = np.linspace(0, len(mono) - size, WIDTH).astype(int)
    frames = mono[starts[:, None] + np.arange(size)] * window
    power = np.abs(np.fft.rfft(frames, axis=1)) ** 2 / (window.sum() / 2) ** 2
    bins = np.geomspace(HIGHEST_HZ, LOWEST_HZ, SPECTRUM_HEIGHT + 1) * size / sample_rate
    return np.stack([10.0 * np.log10(between(power, low, high) + 1e-14) for high, low in zip(bins, bins[1:])])


def between(power, low, high):
    """The strongest bin in a band, or what lies between two bins where a band has none."""
    first, last = int(np.ceil(low)), int(np.floor(high))
    if first <= last:
        return power[:, first:last + 1].max(axis=1)
    share = (low + high) / 2 - last
    return (1.0 - share) * power[:, last] + share * power[:, last + 1]


def place_of(hz):
    """How far from the top of a spectrum a frequency is, 0..1."""
    return float(np.log(HIGHEST_HZ / hz) / np.log(HIGHEST_HZ / LOWEST_HZ))


def encoded(image, format, **settings):
    file = io.BytesIO()
    image.save(file, format, **settings)
    return file.getvalue()
