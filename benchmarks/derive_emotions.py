"""Derive profiles/factory/emotions.json from the crowd's words for reverb and EQ.

    python benchmarks/derive_emotions.py FOLDER > profiles/factory/emotions.json

FOLDER holds the Audealize aggregates (Seetharaman & Pardo, Audealize: Crowdsourced Audio
Production Tools, JAES 2016), audealize_reverbpoints.csv and audealize_eqpoints.csv. For each
emotion the figures of its own word and of close words are averaged by votes, compared with
the middle of the emotions in standard deviations of all words, shrunk where votes are few,
and scaled to knob units. (The middle of all words would not do: the reverb words are mostly
halls and caves, beside which every mood is dry.) Where the crowd was not asked (drive, movement,
...) the table below gives a figure and a reason.
"""

import argparse
import csv
import json
import math
import statistics
import sys
from pathlib import Path

LIMIT = 0.15      # knob units: an emotion colours a preset, it does not replace it
SHRINK_VOTES = 20  # as many votes as this make half of a figure

WORDS = {
    "calm": ("calm", "peaceful", "soothing", "relaxing", "gentle"),
    "dreamy": ("dreamy", "ethereal", "heavenly", "floating"),
    "warm": ("warm", "warmer"),
    "dark": ("dark", "darker", "gloomy"),
    "powerful": ("powerful", "strong", "forceful", "majestic"),
    "aggressive": ("aggressive", "angry"),
    "joyful": ("joyful", "happy", "cheerful"),
    "melancholy": ("melancholy", "sad", "mournful", "sorrowful"),
}

# The 40 EQ bands run from 20 Hz to 20 kHz on a hearing scale: 2..9 are 83 to 455 Hz, 23..33 are 3.1 to 10 kHz
# (above that the voters' headphones speak as loud as the voters).
BODY = slice(2, 10)
TREBLE = slice(23, 34)

REASONED = {
    "calm": {"drive": (-0.08, "grit is the first thing that makes a tone restless"),
             "movement": (-0.03, "slow and shallow modulation, not none"),
             "dynamics": (0.03, "a little evening-out keeps single notes from jumping forward"),
             "level": (-0.03, "calm is played softer"),
             "time": (0.04, "longer repeats leave more room between events")},
    "dreamy": {"drive": (-0.05, "clean attacks let the tails be heard"),
               "movement": (0.10, "chorus and slow vibrato blur the pitch"),
               "dynamics": (0.05, "compression lengthens the sustain"),
               "time": (0.08, "long repeats overlap into a bed")},
    "warm": {"drive": (0.03, "a touch of soft clipping adds low even harmonics"),
             "movement": (0.02, "a hint of chorus thickens"),
             "dynamics": (0.03, "rounded peaks")},
    "dark": {"drive": (0.02, "a little density below the missing treble"),
             "level": (-0.02, "dark parts sit behind"),
             "time": (0.03, "longer tails hang over"),
             "pitch": (-0.03, "darkness lies lower")},
    "powerful": {"drive": (0.10, "saturation reads as effort"),
                 "dynamics": (0.08, "dense, steady level"),
                 "level": (0.05, "louder"),
                 "movement": (-0.03, "modulation takes the weight out of low notes")},
    "aggressive": {"space": (-0.06, "dry and close; the crowd was not asked about this word"),
                   "drive": (0.15, "distortion is the word's own sound"),
                   "dynamics": (0.06, "a hard, even attack"),
                   "level": (0.04, "louder"),
                   "movement": (-0.04, "straight and dry"),
                   "time": (-0.06, "short repeats keep riffs clear")},
    "joyful": {"drive": (-0.02, "clear chords"),
               "movement": (0.05, "a lively shimmer"),
               "level": (0.02, "a little forward"),
               "time": (-0.04, "short, bouncing repeats"),
               "pitch": (0.02, "joy lies higher")},
    "melancholy": {"drive": (-0.05, "bare tone"),
                   "movement": (0.04, "a slow waver, like a voice"),
                   "dynamics": (-0.03, "let soft notes be soft"),
                   "level": (-0.02, "held back"),
                   "time": (0.05, "long echoes of what was")},
}


def main() -> None:
    folder = given_folder(__doc__)
    reverb = read(folder / "audealize_reverbpoints.csv")
    eq = read(folder / "audealize_eqpoints.csv")
    measured = {
        "space": ("audealize_reverbpoints s0: how long the tail rings", reverb, lambda s: s[0]),
        "brightness": ("audealize_eqpoints: 3.1 to 10 kHz against 83 to 455 Hz", eq,
                       lambda s: statistics.mean(s[TREBLE]) - statistics.mean(s[BODY])),
        "body": ("audealize_eqpoints: 83 to 455 Hz", eq, lambda s: statistics.mean(s[BODY])),
    }
    emotions = {emotion: {} for emotion in WORDS}
    for tag, how in measured.items():
        for emotion, figure in figures(*how).items():
            emotions[emotion][tag] = figure
    for emotion, reasons in REASONED.items():
        for tag, (offset, reason) in reasons.items():
            emotions[emotion][tag] = {"offset": offset, "reason": reason}
    json.dump({"format": "loopmind-emotions", "version": 1, "emotions": emotions}, sys.stdout, indent=1)
    print()


def given_folder(about: str) -> Path:
    """Return the folder that the command line names."""
    parser = argparse.ArgumentParser(description=about.partition("\n")[0])
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="with the Audealize aggregates")
    return parser.parse_args().folder


def read(path: Path) -> dict[str, tuple[int, list[float]]]:
    """Return {English word: (votes, settings)}."""
    with open(path, newline="", encoding="utf-8") as file:
        return {row["word"]: (int(row["n"]), [float(row[name]) for name in row if name[:1] == "s"])
                for row in csv.DictReader(file) if row["lang"] == "English"}


def figures(source, table, measure, limit=LIMIT) -> dict[str, dict]:
    """Return {emotion: one offset, within ``limit``, with its evidence} for the emotions with a word in ``table``."""
    spread = statistics.pstdev(measure(settings) for _, settings in table.values())
    heard = {emotion: {word: table[word] for word in words if word in table} for emotion, words in WORDS.items()}
    heard = {emotion: words for emotion, words in heard.items() if words}
    votes = {emotion: sum(n for n, _ in words.values()) for emotion, words in heard.items()}
    values = {emotion: sum(n * measure(settings) for n, settings in words.values()) / votes[emotion]
              for emotion, words in heard.items()}
    middle = statistics.mean(values.values())
    return {emotion: {"offset": round(limit * math.tanh((values[emotion] - middle) / spread / 2)
                                      * votes[emotion] / (votes[emotion] + SHRINK_VOTES), 3),
                      "source": source, "votes": votes[emotion], "words": sorted(heard[emotion])}
            for emotion in heard}


if __name__ == "__main__":
    main()
