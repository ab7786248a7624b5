"""What the profile says about its player, in sentences."""

from collections.abc import Callable
from typing import NamedTuple

from profiles.learner import HistogramLearner
from profiles.profile import StyleProfile

Show = Callable[[str, str, float], str]

# Upwards, downwards. A word in the label says more than the tag, so it is looked at first.
_BY_LABEL = {"mix": ("wetter", "drier"), "feedback": ("with more repeats", "with fewer repeats"),
             "rate": ("faster", "slower"), "depth": ("deeper", "shallower"), "decay": ("longer", "shorter"),
             "size": ("larger", "smaller"), "threshold": ("with a higher threshold", "with a lower threshold"),
             "tone": ("brighter", "darker"), "treble": ("brighter", "darker"), "bass": ("fuller", "thinner")}
_BY_TAG = {"space": ("wetter", "drier"), "brightness": ("brighter", "darker"), "body": ("fuller", "thinner"),
           "drive": ("dirtier", "cleaner"), "movement": ("livelier", "calmer"), "dynamics": ("tighter", "looser"),
           "level": ("louder", "softer"), "time": ("longer", "shorter"), "pitch": ("higher", "lower")}
_OTHERWISE = ("higher", "lower")


class Trend(NamedTuple):
    """One habit: where a parameter is set under an emotion, as ``Suggestion`` says.

    settings, sessions : the evidence. words : how that differs from the default, upwards and downwards.
    """

    plugin: str
    parameter: str
    emotion: str
    label: str
    value: float
    weight: float
    confidence: float
    settings: int
    sessions: int
    words: tuple[str, str]


def trends(profile: StyleProfile) -> list[Trend]:
    """Return the player's own habits, the farthest and surest first."""
    found = [_trend(profile, key, emotion) for key, emotions in profile.own.habits.items() for emotion in emotions]
    return sorted(found, key=lambda trend: (-abs(trend.weight) * trend.confidence, trend[:3]))


def sentence(trend: Trend, show: Show | None = None) -> str:
    """Return a trend in plain words; ``show(plugin, parameter, raw)`` formats its value."""
    how = _how(trend)
    run = f"run the {_plugin(trend)} {how}" if how else f"leave the {_plugin(trend)} as it is"
    return (f"In {trend.emotion} parts you {run}: {trend.label} around {_value(trend, show)}, "
            f"from {_many(trend.settings, 'setting')} in {_many(trend.sessions, 'session')}, {_sure(trend.confidence)}.")


def headline(trend: Trend, show: Show | None = None) -> str:
    """Return a trend in as few words as a small screen has room for."""
    return f"{trend.emotion.capitalize()}: {_plugin(trend)} {_how(trend) or 'as it is'}, {trend.label} {_value(trend, show)}, {_sure(trend.confidence)}"


def _plugin(trend: Trend) -> str:
    return trend.plugin.replace("_", " ")


def _how(trend: Trend) -> str:
    up, down = trend.words
    return "" if abs(trend.weight) <= 0.01 else up if trend.weight > 0 else down


def _value(trend: Trend, show: Show | None) -> str:
    return show(trend.plugin, trend.parameter, trend.value) if show else f"{100 * trend.value:.0f} %"


def usage(profile: StyleProfile) -> dict[tuple[str, str, str], int]:
    """Return {(plugin, parameter, emotion): settled adjustments}, for a heatmap."""
    return {(*key, emotion): habit.settings
            for key, emotions in profile.own.habits.items() for emotion, habit in emotions.items()}


def _trend(profile: StyleProfile, key: tuple[str, str], emotion: str) -> Trend:
    answer = HistogramLearner().suggest(profile, None, *key, emotion)
    habit, info = profile.own.habits[key][emotion], profile.infos[key]
    label = info.label or info.id.replace("_", " ").capitalize()
    return Trend(*key, emotion, label, answer.value, answer.weight, answer.confidence,
                 habit.settings, habit.sessions, _words(label, info.tag))


def _words(label: str, tag: str) -> tuple[str, str]:
    by_label = (words for word, words in _BY_LABEL.items() if word in label.lower())
    return next(by_label, _BY_TAG.get(tag, _OTHERWISE))


def _many(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def _sure(confidence: float) -> str:
    return "sure" if confidence >= 0.8 else "fairly sure" if confidence >= 0.6 else "a first hint"
