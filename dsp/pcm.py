"""Between the bytes of a sound card and float32 lanes, one row a channel."""

import numpy as np

from dsp.native import helper

FORMATS = ("S16_LE", "S24_3LE", "S32_LE", "FLOAT_LE")     # by their names in ALSA
BYTES = {"S16_LE": 2, "S24_3LE": 3, "S32_LE": 4, "FLOAT_LE": 4}
S16, S24, S32, FLOAT = range(4)
LOUDEST = np.float32(16.0)      # +24 dBFS: more than any converter gives; keeps a float file's junk out


@helper
def from_pcm(pcm, format, channels, wanted, gain, lanes, frames):
    """Unpack one block of interleaved PCM; returns how many lanes were filled.

    pcm : uint8, frames * channels samples in `format`.
    wanted : the channel to take, or -1 for all of them (at most two).
    """
    first = max(wanted, 0)
    count = min(channels, 2) if wanted < 0 else 1
    for lane in range(count):
        y = lanes[lane]
        place = first + lane
        if format == S16:
            x = pcm.view(np.int16)
            for i in range(frames):
                y[i] = x[i * channels + place] * np.float32(1 / 32768)
        elif format == S24:
            for i in range(frames):
                at = 3 * (i * channels + place)
                word = np.int32(np.uint32(pcm[at]) << 8 | np.uint32(pcm[at + 1]) << 16 | np.uint32(pcm[at + 2]) << 24)
                y[i] = word * np.float32(1 / 2147483648)
        elif format == S32:
            x = pcm.view(np.int32)
            for i in range(frames):
                y[i] = np.float32(x[i * channels + place]) * np.float32(1 / 2147483648)
        else:
            x = pcm.view(np.float32)
            for i in range(frames):
                sample = x[i * channels + place]
                y[i] = min(max(sample, -LOUDEST), LOUDEST) if sample == sample else np.float32(0.0)
        for i in range(frames):
            y[i] *= gain
    return count


@helper
def to_pcm(lanes, frames, pcm, format, channels):
    """Pack lanes[:channels], clipped and rounded, into one block of interleaved PCM."""
    for channel in range(channels):
        x = lanes[channel]
        if format == S16:
            y = pcm.view(np.int16)
            for i in range(frames):
                y[i * channels + channel] = np.int16(np.rint(min(max(x[i] * 32768.0, -32768.0), 32767.0)))
        elif format == S24:
            for i in range(frames):
                word = np.int32(np.rint(min(max(x[i] * 8388608.0, -8388608.0), 8388607.0)))
                at = 3 * (i * channels + channel)
                pcm[at] = np.uint8(word & 255)
                pcm[at + 1] = np.uint8(word >> 8 & 255)
                pcm[at + 2] = np.uint8(word >> 16 & 255)
        elif format == S32:
            y = pcm.view(np.int32)
            for i in range(frames):
                y[i * channels + channel] = np.int32(np.rint(min(max(x[i] * 2147483648.0, -2147483648.0), 2147483647.0)))
        else:
            y = pcm.view(np.float32)
            for i in range(frames):
                y[i * channels + channel] = x[i]
