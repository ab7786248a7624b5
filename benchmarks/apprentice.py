"""The project's own learner as a rule of the benchmark, and priors made of people's profiles."""

import functools
import hashlib
import itertools
from collections.abc import Iterable

import numpy as np

from benchmarks.preferences import Setting
from profiles.learner import HistogramLearner, Learner
from profiles.ledger import Ledger
from profiles.merge import merge
from profiles.profile import MAX_MEMBERS, ParameterInfo, StyleProfile, new_profile

DAY = 86400.0
PLUGIN = "study"


class Apprentice:
    """Keeps one person's profile through the project's ledger: each setting is one session, a day after the last.

    plugins : of each parameter; by default all are one plugin's.
    covered : share of the knobs (parameters,) that the person then put inside the interval, one row a prediction.
    """

    def __init__(self, name: str, parameters: Iterable[ParameterInfo], prior: StyleProfile | None = None,
                 learner: Learner | None = None, plugins: Iterable[str] | None = None):
        self.prior = prior
        self.learner = learner or HistogramLearner()
        self._parameters = list(parameters)
        self._plugins = list(plugins or [PLUGIN] * len(self._parameters))
        self._keys = [(plugin, info.id) for plugin, info in zip(self._plugins, self._parameters)]
        self._ledger = Ledger(new_profile(name, hashlib.md5(name.encode()).hexdigest()))
        self._numbers, self._days = itertools.count(1), itertools.count()
        self._interval = (np.zeros(len(self._parameters)), np.ones(len(self._parameters)))
        self.covered: list[float] = []
        for plugin, info in zip(self._plugins, self._parameters):
            self._apply(kind="declare", plugin=plugin, id=info.id, default=info.default,
                        label=info.label, tag=info.tag)

    @property
    def profile(self) -> StyleProfile:
        return self._ledger.profile

    def predict(self, emotion, start=None):
        answers = self.learner.suggest_all(self.profile, self.prior, self._keys, emotion)
        self._interval = (np.array([answer.low for answer in answers]), np.array([answer.high for answer in answers]))
        return np.array([answer.value for answer in answers])

    def observe(self, setting):
        low, high = self._interval
        self.covered.append(float(np.mean((low - 1e-9 <= setting.values) & (setting.values <= high + 1e-9))))
        self.session([setting])

    def session(self, settings: Iterable[Setting], without: str = "") -> None:
        """Take several settings as one session, ``without`` what was set on one of the plugins."""
        age = next(self._days) * DAY
        for setting in settings:
            for plugin, info, new in zip(self._plugins, self._parameters, setting.values):
                if plugin != without:
                    self._apply(kind="adjust", plugin=plugin, parameter=info.id, old=info.default, new=float(new),
                                emotion=setting.emotion, time=age, age=age)
        self._apply(kind="end", time=age, age=age)

    def _apply(self, **record) -> None:
        self._ledger.apply({"n": next(self._numbers), **record})


def profile_of(user: str, settings: Iterable[Setting], parameters: Iterable[ParameterInfo],
               plugins: Iterable[str] | None = None) -> StyleProfile:
    """Return what the learner keeps of a person's settings."""
    person = Apprentice(user, parameters, plugins=plugins)
    for setting in settings:
        person.session([setting])
    return person.profile


def prior_of(profiles: Iterable[StyleProfile]) -> StyleProfile:
    """Return the merge of people's profiles; where they are more than one profile holds, of who set most."""
    most = sorted(profiles, key=lambda profile: (-profile.own.sessions, profile.name))[:MAX_MEMBERS - 1]
    return functools.reduce(merge, most)
