"""A riff of the project's own: plucked strings, for when no recording is at hand.

Strings after Karplus and Strong, "Digital Synthesis of Plucked-String and Drum Timbres", Computer Music
Journal 7(2), 1983, with Jaffe and Smith's tuning all-pass and pick position (ibid.), the loop a plain
numba kernel; the same notes on every machine.
"""

import numpy as np

from dsp.native import entry

BEAT_S = 60 / 96
SEED = 7

# (beat, length in beats, MIDI note, strength): eight bars of a picked progression Em - C - G - D, then
# four bars of a muted riff with a rising answer.
CHORDS = {"Em": (40, 47, 52, 55, 59, 64), "C": (48, 52, 55, 60, 64), "G": (43, 47, 50, 55, 59, 67),
          "D": (50, 57, 62, 66)}
PATTERN = (0, 2, 3, 4, 5, 4, 3, 2)
RIFF = ((0, 40), (0.5, 40), (0.75, 43), (1.5, 45), (2, 40), (2.5, 47), (3, 46), (3.5, 45))


def notes():
    """The score, as (start in beats, length in beats, MIDI note, strength 0..1)."""
    for bar, name in enumerate(("Em", "C", "G", "D") * 2):
        chord = CHORDS[name]
        for eighth, string in enumerate(PATTERN):
            strength = 0.9 if eighth == 0 else 0.55 + 0.1 * (eighth % 2)
            yield 4 * bar + eighth / 2, 2.5, chord[string % len(chord)], strength
    for bar in range(8, 12):
        for beat, note in RIFF:
            yield 4 * bar + beat, 0.45, note + (12 if bar == 11 and beat > 2 else 0), 1.0
    for string, note in enumerate(CHORDS["Em"]):
        yield 48 + 0.06 * string, 6, note, 0.9


def riff(sample_rate):
    """About half a minute of guitar, straight from the pickup: float32 [frames, 1], peak 0.5."""
    random = np.random.default_rng(SEED)
    end = max(start + length for start, length, _, _ in notes()) + 2
    x = np.zeros(int(end * BEAT_S * sample_rate))
    for start, length, note, strength in notes():
        sound = pluck(440 * 2 ** ((note - 69) / 12), length * BEAT_S, strength, sample_rate, random)
        at = int(start * BEAT_S * sample_rate)
        x[at:at + len(sound)] += sound[:len(x) - at]
    return (0.5 * x / np.abs(x).max()).astype(np.float32)[:, None]


def pluck(frequency_hz, seconds, strength, sample_rate, random):
    """One note: a burst of noise, softened by the pick, into a string that is damped at its end."""
    period = sample_rate / frequency_hz
    burst = random.uniform(-1, 1, int(period) + 1)
    softness = 0.85 - 0.6 * strength
    for i in range(1, len(burst)):
        burst[i] = (1 - softness) * burst[i] + softness * burst[i - 1]
    comb = max(int(0.13 * period), 1)          # picked at 13 % of the string's length
    burst -= np.roll(burst, comb)
    sound = strength * string(burst - burst.mean(), period, int((seconds + 0.12) * sample_rate), frequency_hz)
    fade = int(0.1 * sample_rate)
    sound[-fade:] *= np.linspace(1, 0, fade) ** 2
    return sound


@entry
def string(burst, period, frames, frequency_hz):
    """The loop: delay, two-point average (half a sample), all-pass for the fraction of a sample."""
    loss = 0.5 ** (1.0 / (frequency_hz * 1.1))           # half the amplitude in 1.1 s
    whole = int(period - 0.5 - 0.1)
    fraction = period - 0.5 - whole
    tune = (1.0 - fraction) / (1.0 + fraction)
    line = np.zeros(whole)
    y = np.zeros(frames)
    average_before = passed_before = 0.0
    before = 0.0
    for i in range(frames):
        drive = burst[i] if i < len(burst) else 0.0
        out = line[i % whole] + drive
        y[i] = out
        average = loss * 0.5 * (out + before)
        before = out
        passed = tune * average + average_before - tune * passed_before
        average_before, passed_before = average, passed
        line[i % whole] = passed
    return y
