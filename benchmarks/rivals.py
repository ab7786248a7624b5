"""The rules that the learner is measured against, each one person's from the first setting on.

``predict(emotion, start)`` answers with knob positions (parameters,), ``observe(setting)`` takes
what the person then set.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Protocol

import numpy as np

from benchmarks.preferences import Setting

PLUGIN_RATE, EMOTION_RATE, BIAS_SHARE = 0.2, 0.3, 0.3


class Rule(Protocol):
    """One way of predicting a person's next setting."""

    def predict(self, emotion: str, start: np.ndarray) -> np.ndarray:
        """Return where the person will put the knobs under ``emotion``."""

    def observe(self, setting: Setting) -> None:
        """Learn from what the person did."""


class NoLearning:
    """Every knob stays at its default."""

    def __init__(self, defaults: np.ndarray):
        self._defaults = defaults

    def predict(self, emotion, start):
        return self._defaults

    def observe(self, setting):
        pass


class Start(NoLearning):
    """Every knob stays where the sound began."""

    def predict(self, emotion, start):
        return start


class OpenAccumulator:
    """plugins += 0.2 delta, emotion += 0.3 delta, value += 0.3 bias; delta is counted from the default."""

    def __init__(self, defaults: np.ndarray):
        self._defaults = defaults
        self._plugins = np.zeros_like(defaults)
        self._emotions = defaultdict(lambda: np.zeros_like(defaults))

    def predict(self, emotion, start):
        bias = self._plugins + self._emotions[emotion]
        return np.clip(self._defaults + BIAS_SHARE * bias, 0.0, 1.0)

    def observe(self, setting):
        delta = setting.values - self._origin(setting.emotion)
        self._plugins = self._plugins + PLUGIN_RATE * delta
        self._emotions[setting.emotion] = self._emotions[setting.emotion] + EMOTION_RATE * delta

    def _origin(self, emotion):
        return self._defaults


class ClosedAccumulator(OpenAccumulator):
    """The same rule with delta counted from where the box had put the knob."""

    def _origin(self, emotion):
        return self.predict(emotion, self._defaults)


class RunningMean:
    """The mean of what was set under this emotion; the default before anything was."""

    def __init__(self, defaults: np.ndarray):
        self._means = defaultdict(lambda: (0, defaults))

    def predict(self, emotion, start):
        return self._means[emotion][1]

    def observe(self, setting):
        n, mean = self._means[setting.emotion]
        self._means[setting.emotion] = n + 1, mean + (setting.values - mean) / (n + 1)


class ExponentialAverage:
    """An average under this emotion that moves 0.3 of the way, from the default on."""

    def __init__(self, defaults: np.ndarray):
        self._averages = defaultdict(lambda: defaults)

    def predict(self, emotion, start):
        return self._averages[emotion]

    def observe(self, setting):
        average = self._averages[setting.emotion]
        self._averages[setting.emotion] = average + 0.3 * (setting.values - average)


class CrowdMedian:
    """The median of what other people set under this emotion, of all they set where nobody used it."""

    def __init__(self, others: Iterable[Setting]):
        others = list(others)
        by_word = defaultdict(list)
        for setting in others:
            by_word[setting.emotion].append(setting.values)
        self._medians = {word: np.median(values, axis=0) for word, values in by_word.items()}
        self._everywhere = np.median([setting.values for setting in others], axis=0)

    def predict(self, emotion, start):
        return self._medians.get(emotion, self._everywhere)

    def observe(self, setting):
        pass
