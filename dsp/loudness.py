"""How loud a sound is to the ear, by ITU-R BS.1770-4: K-weighting, 400 ms blocks, two gates.

The weighting's two filters are given there for 48 kHz only; for other rates they are designed anew from the
analogue prototypes that those coefficients come from (De Man, "Evaluation of Implementations of the EBU
R128 Loudness Measurement", AES 145, 2018).
"""

import numpy as np

from dsp.native import entry

STEP_S = 0.1            # blocks of 400 ms begin every 100 ms
STEPS = 4
SILENT = -70.0          # LUFS: blocks below it are no sound at all
QUIET = -10.0           # LU below the rest's mean: blocks below it are gaps
OFFSET = -0.691         # dB: makes a full-scale sine of 1 kHz in one channel -3.01 LUFS

SHELF_HZ, SHELF_Q, SHELF_DB = 1681.974450955533, 0.7071752369554196, 3.999843853973347
BAND_POWER = 0.4996667741545416         # of the shelf's gain, in the middle of its slope
CUT_HZ, CUT_Q = 38.13547087602444, 0.5003270373238773


def integrated(x, sample_rate):
    """Loudness of float32 [frames, channels] in LUFS; -inf for silence and for less than 400 ms."""
    sections = np.concatenate([head_shelf(sample_rate), low_cut(sample_rate)])
    steps = step_powers(np.ascontiguousarray(x, np.float32), sections, int(round(STEP_S * sample_rate)))
    if len(steps) < STEPS:
        return -np.inf
    blocks = np.convolve(steps, np.full(STEPS, 1.0 / STEPS), "valid")
    heard = blocks[blocks > power(SILENT)]
    if not len(heard):
        return -np.inf
    heard = heard[heard > power(lufs(heard.mean()) + QUIET)]
    return float(lufs(heard.mean()))


def lufs(mean_square):
    """The loudness, in LUFS, of a weighted sound with this mean square; of an array of them."""
    return OFFSET + 10.0 * np.log10(mean_square)


def power(loudness):
    """The mean square that a loudness in LUFS stands for: `lufs` backwards."""
    return 10.0 ** ((loudness - OFFSET) / 10.0)


def head_shelf(sample_rate):
    """What a head does: highs louder by 4 dB. b0, b1, b2, a1, a2."""
    k = np.tan(np.pi * SHELF_HZ / sample_rate)
    high = 10.0 ** (SHELF_DB / 20.0)
    band = high ** BAND_POWER
    a0 = 1.0 + k / SHELF_Q + k * k
    return np.array([high + band * k / SHELF_Q + k * k, 2.0 * (k * k - high), high - band * k / SHELF_Q + k * k,
                     2.0 * (k * k - 1.0), 1.0 - k / SHELF_Q + k * k]) / a0


def low_cut(sample_rate):
    """What the ear leaves out. b0, b1, b2, a1, a2; in the standard's coefficients b is 1, -2, 1 at every rate."""
    k = np.tan(np.pi * CUT_HZ / sample_rate)
    a0 = 1.0 + k / CUT_Q + k * k
    return np.array([1.0, -2.0, 1.0, 2.0 * (k * k - 1.0) / a0, (1.0 - k / CUT_Q + k * k) / a0])


@entry
def step_powers(x, sections, length):
    """Mean square of the weighted sound in each whole step of `length` frames, summed over channels."""
    count = len(x) // length
    powers = np.zeros(count)
    for channel in range(x.shape[1]):
        a1 = a2 = b1 = b2 = 0.0
        for step in range(count):
            total = 0.0
            for i in range(step * length, (step + 1) * length):
                v = np.float64(x[i, channel])
                w = sections[0] * v + a1
                a1 = sections[1] * v - sections[3] * w + a2
                a2 = sections[2] * v - sections[4] * w
                y = sections[5] * w + b1
                b1 = sections[6] * w - sections[8] * y + b2
                b2 = sections[7] * w - sections[9] * y
                total += y * y
            powers[step] += total / length
    return powers
