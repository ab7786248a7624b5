"""Derive profiles/factory/style.json, the factory's prior for the box's own effects.

    python benchmarks/derive_style.py FOLDER > profiles/factory/style.json

FOLDER holds the Audealize aggregates, as for derive_emotions.py, of which this takes the words
and the rule: the crowd's figure against the middle of the emotions, shrunk where votes are few.
A factory offset moves whatever preset plays, even one that is dreamy already, and so is small;
the prior says where a knob that stood at its default would be put, and may go twice as far.

The five figures of a reverb word are what Rafii & Pardo measure of a reverb (Learning to control
a reverberator using subjective perceptual descriptors, ISMIR 2009): reverb time, echo density,
clarity, central time, spectral centroid. The settings behind the words bear it out: over 40 words
s0 follows the mean of the comb filters' gain with a correlation of .89, s3 of their delay with .92, and s4 of
the cutoff with .87.

The file is a style profile with one member. Beside it stands "because": for each group of
parameters and each emotion the shift in knob units, with its source and votes or its reason.
"""

import json
import math
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))    # or dsp.py here would stand for the room of its name

from benchmarks.derive_emotions import figures, given_folder, read
from dsp import effects
from profiles import document
from profiles.profile import BINS, Habit, Member, ParameterInfo, StyleProfile, vote_weight

ID = "10093157" * 4
LIMIT = 0.3        # knob units
LEAST = 0.02       # a smaller shift is no opinion
SPREAD = 0.08      # knob units, standard deviation: how far apart people are who mean the same
REASONED = 0.75    # votes: enough to outweigh the default, less than one session of the player's
MEASURED = 1.0     # votes of a crowd without end; as many voters as derive_emotions shrinks by make half
FEW_VOTES = 20

# The crowd's equaliser: 40 bands from 20 Hz to 20 kHz, evenly on the ear's scale (ERB rate). Below 80 Hz and above
# 10 kHz the voters' headphones speak as loud as the voters.
BANDS_HZ = [(10 ** ((0.78 + 1.0487 * band) / 21.4) - 1.0) / 0.00437 for band in range(40)]
HEARD_HZ = (80.0, 10500.0)

REVERB_TIME = "audealize_reverbpoints s0: reverb time"
CENTRAL_TIME = "audealize_reverbpoints s3: central time, later the wetter"
CENTROID = "audealize_reverbpoints s4: spectral centroid"

REVERB = {
    "reverb time": (lambda s: s[0], REVERB_TIME, "reverb.decay_s plate.decay_s room.decay_s spring.decay_s "
                                                 "shimmer.decay_s freeze.decay_s reverb.size room.size_m"),
    "reverb amount": (lambda s: s[3], CENTRAL_TIME, "reverb.mix plate.mix room.mix spring.mix vocal.space"),
    "reverb tone": (lambda s: s[4], CENTROID, "reverb.tone_hz plate.tone_hz room.tone_hz spring.tone_hz "
                                              "shimmer.tone_hz freeze.tone_hz"),
}

EQ = {  # group: (from Hz, to Hz, parameters)
    "lows": (80, 200, "eq.low_db amp.bass parametric_eq.low_db parametric_eq.band1_db graphic_eq.gain_125_db"),
    "low mids": (200, 500, "parametric_eq.band2_db graphic_eq.gain_250_db"),
    "mids": (450, 1200, "eq.mid_db amp.mid distortion.mids_db parametric_eq.band3_db graphic_eq.gain_500_db "
                        "graphic_eq.gain_1k_db"),
    "upper mids": (1500, 3000, "parametric_eq.band4_db graphic_eq.gain_2k_db amp.treble"),
    "presence": (3000, 6000, "amp.presence vocal.presence_db parametric_eq.band5_db graphic_eq.gain_4k_db"),
    "highs": (4500, 10500, "eq.high_db parametric_eq.high_db graphic_eq.gain_8k_db vocal.air_db"),
}
TILT = "overdrive.tone_hz distortion.tone fuzz.tone_hz delay.tone_hz tape_delay.tone_hz ping_pong.tone_hz chorus.tone_hz"

# What the crowd was not asked: {group: (parameters, "-" where up means less, {emotion: (shift, reason)})}.
BY_REASON = {
    "reverb of an angry word": ("reverb.mix plate.mix room.mix spring.mix vocal.space reverb.decay_s plate.decay_s "
                                "room.decay_s spring.decay_s", {
        "aggressive": (-0.12, "dry and close: a riff has to stop when the hand does")}),
    "grit": ("amp.gain_db overdrive.drive_db distortion.drive_db fuzz.fuzz_db tape_delay.drive_db nam.input_db", {
        "calm": (-0.16, "grit is the first thing that makes a tone restless"),
        "dreamy": (-0.12, "clean attacks let the tails be heard"),
        "warm": (-0.05, "the edge of breakup: soft clipping without fizz"),
        "dark": (0.04, "a little density below the missing treble"),
        "powerful": (0.12, "saturation reads as effort, but chords must stay whole"),
        "aggressive": (0.22, "distortion is the word's own sound"),
        "joyful": (-0.06, "clear chords"),
        "melancholy": (-0.12, "bare tone")}),
    "depth of movement": ("chorus.depth chorus.mix flanger.depth phaser.depth tremolo.depth delay.mod ping_pong.mod "
                          "tape_delay.wow reverb.mod plate.mod shimmer.mod", {
        "calm": (-0.05, "shallow modulation, not none"),
        "dreamy": (0.15, "chorus and slow vibrato blur the pitch"),
        "warm": (0.03, "a hint of chorus thickens"),
        "powerful": (-0.08, "modulation takes the weight out of low notes"),
        "aggressive": (-0.08, "straight and dry"),
        "joyful": (0.05, "a lively shimmer"),
        "melancholy": (0.06, "a slow waver, like a voice")}),
    "speed of movement": ("chorus.rate_hz flanger.rate_hz phaser.rate_hz tremolo.rate_hz vibrato.rate_hz", {
        "calm": (-0.12, "slower than the breath"),
        "dreamy": (-0.10, "slow drift"),
        "warm": (-0.05, "slow enough not to be noticed"),
        "dark": (-0.08, "a slow, uneasy swing"),
        "aggressive": (0.08, "nervous"),
        "joyful": (0.08, "light on its feet"),
        "melancholy": (-0.10, "a heavy, slow waver")}),
    "time between echoes": ("delay.time_ms tape_delay.time_ms ping_pong.left_ms ping_pong.right_ms", {
        "calm": (0.06, "longer repeats leave more room between events"),
        "dreamy": (0.10, "long repeats overlap into a bed"),
        "warm": (-0.08, "a short slap thickens without being heard as an echo"),
        "dark": (0.06, "echoes from far walls"),
        "powerful": (-0.04, "tight to the beat"),
        "aggressive": (-0.12, "short repeats keep riffs clear"),
        "joyful": (-0.08, "short, bouncing repeats"),
        "melancholy": (0.08, "long echoes of what was")}),
    "amount of echo": ("delay.mix delay.feedback tape_delay.mix tape_delay.feedback ping_pong.mix ping_pong.feedback", {
        "calm": (0.03, "a soft bed"),
        "dreamy": (0.15, "repeats wash into one another"),
        "warm": (-0.04, "close"),
        "dark": (0.06, "depth behind a dull tone"),
        "powerful": (-0.04, "weight needs a dry attack"),
        "aggressive": (-0.10, "dry"),
        "joyful": (-0.03, "clear rhythm"),
        "melancholy": (0.08, "echoes as company")}),
    "compression": ("compressor.ratio -compressor.threshold_db vocal.compress", {
        "calm": (0.05, "evening-out keeps single notes from jumping forward"),
        "dreamy": (0.07, "longer sustain"),
        "warm": (0.04, "rounded peaks"),
        "powerful": (0.12, "dense, steady level"),
        "aggressive": (0.10, "a hard, even attack"),
        "joyful": (0.04, "snappy picking"),
        "melancholy": (-0.06, "let soft notes be soft")}),
    "width": ("flanger.width phaser.width tremolo.width rotary.width room.distance", {
        "calm": (0.04, "room around the tone"),
        "dreamy": (0.12, "nowhere and everywhere"),
        "warm": (-0.04, "close by"),
        "powerful": (-0.04, "a firm middle"),
        "aggressive": (-0.10, "in the face"),
        "melancholy": (0.04, "alone in a wide place")}),
    "shimmer": ("shimmer.shimmer shimmer.mix", {
        "calm": (-0.05, "a glow, no choir"),
        "dreamy": (0.15, "the choir above the clouds"),
        "warm": (-0.10, "octaves above take the warmth away"),
        "dark": (-0.15, "no light from above"),
        "aggressive": (-0.20, "a choir does not shout"),
        "joyful": (0.08, "sparkle"),
        "melancholy": (-0.05, "only a gleam")}),
    "room before the reverb": ("reverb.predelay_ms plate.predelay_ms room.predelay_ms", {
        "dreamy": (0.06, "the note first, the cloud after it"),
        "powerful": (0.08, "a dry attack in a large hall"),
        "melancholy": (0.04, "the note stands alone for a moment")}),
}


def main() -> None:
    entries = (json.dumps({key: value}, indent=1 if key == "because" else None)[1:-1].strip()
               for key, value in derive(given_folder(__doc__)).items())
    print("{" + ",\n".join(entries) + "}")


def derive(folder: Path) -> dict:
    """Return the document from the crowd's files in ``folder``."""
    because = {**crowd(folder), **reasoned()}
    infos, habits = {}, {}
    for group in because.values():
        for name in group["parameters"]:
            key = tuple(name.lstrip("-").split("."))
            infos[key] = info(*key)
            for emotion, figure in group["emotions"].items():
                shift = -figure["shift"] if name.startswith("-") else figure["shift"]
                habits.setdefault(key, {})[emotion] = habit(infos[key].default + shift, weight(figure))
    member = Member("LoopMind factory", sessions=1, habits={key: habits[key] for key in sorted(habits)})
    written = json.loads(document.to_json(StyleProfile(ID, {ID: member}, {key: infos[key] for key in sorted(infos)})))
    # The readable part is the learner's answer for a player; nobody has played this one.
    return {"because": because} | {key: value for key, value in written.items() if key not in ("plugins", "emotion")}


def crowd(folder: Path) -> dict[str, dict]:
    """Return the groups that the crowd was asked about, with shifts, sources and votes."""
    reverb, eq = read(folder / "audealize_reverbpoints.csv"), read(folder / "audealize_eqpoints.csv")
    groups = {name: group(parameters, figures(source, reverb, measure, LIMIT))
              for name, (measure, source, parameters) in REVERB.items()}
    for name, (low_hz, high_hz, parameters) in EQ.items():
        source = f"audealize_eqpoints: {low_hz} to {high_hz} Hz against all that is heard"
        groups[name] = group(parameters, figures(source, eq, over(low_hz, high_hz), LIMIT))
    high, low = over(3000, HEARD_HZ[1]), over(HEARD_HZ[0], 460)
    groups["tone"] = group(TILT, figures("audealize_eqpoints: 3 to 10 kHz against 80 to 460 Hz", eq,
                                         lambda s: high(s) - low(s), LIMIT))
    return groups


def over(low_hz: float, high_hz: float):
    """Return what measures a curve's mean gain in a range, relative to the curve's mean."""
    def measure(gains):
        return mean_within(gains, low_hz, high_hz) - mean_within(gains, *HEARD_HZ)
    return measure


def mean_within(gains: list[float], low_hz: float, high_hz: float) -> float:
    return statistics.mean(gain for gain, hz in zip(gains, BANDS_HZ) if low_hz <= hz <= high_hz)


def group(parameters: str, found: dict[str, dict]) -> dict:
    emotions = {emotion: {"shift": figure["offset"], **{key: figure[key] for key in ("source", "votes", "words")}}
                for emotion, figure in found.items() if abs(figure["offset"]) >= LEAST}
    return {"parameters": parameters.split(), "emotions": emotions}


def reasoned() -> dict[str, dict]:
    return {name: {"parameters": parameters.split(),
                   "emotions": {emotion: {"shift": shift, "reason": reason}
                                for emotion, (shift, reason) in emotions.items()}}
            for name, (parameters, emotions) in BY_REASON.items()}


def info(plugin: str, parameter: str) -> ParameterInfo:
    spec = next(spec for spec in effects.load(plugin).parameters if spec.id == parameter)
    return ParameterInfo(spec.id, spec.to_raw(spec.default), spec.label, spec.tag)


def weight(figure: dict) -> float:
    """Return the votes a figure is worth."""
    return MEASURED * figure["votes"] / (figure["votes"] + FEW_VOTES) if "votes" in figure else REASONED


def habit(centre: float, votes: float) -> Habit:
    """Return a bell of votes around ``centre``, cut off at the knob's ends."""
    bell = [math.exp(-0.5 * (((cell + 0.5) / BINS - centre) / SPREAD) ** 2) for cell in range(BINS)]
    weights = [round(vote_weight(0, 0) * votes * share / sum(bell)) for share in bell]
    return Habit({cell: weight for cell, weight in enumerate(weights) if weight}, sessions=1, settings=1)


if __name__ == "__main__":
    main()
