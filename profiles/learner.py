"""The learner: histograms in, the answer in closed form.

The answer is the median of a weighted sum of votes: a thin prior at the parameter's
default, the prior profile's votes, the player's own, and a small share of the player's
own under other emotions. A median, since a session of wild experiments is then one vote
among many and cannot pull the answer; bounded, since it always lies where votes are.
"""

import bisect
import itertools
import math
import sys
from collections.abc import Iterable
from typing import NamedTuple, Protocol

from profiles.profile import AT_DEFAULT, BINS, Member, StyleProfile, cell_of, counts

LEVELS = (0.1, 0.5, 0.9)  # of the votes: where low, value and high lie
HALF_SURE = 0.8     # own votes that make half a confidence: 1 gives .56, 3 that agree .79
CROWD_SHARE = 0.02  # a prior member's vote under another emotion: only where nobody used this one
HINT_VOTES = 1.0    # a weight another host wrote has the say of one session: two real ones overrule it

Votes = dict[int, float]  # {cell: votes}


class Suggestion(NamedTuple):
    """What the learner would set.

    value, low, high : raw; the next setting lies within low..high four times in five.
    confidence : 0 (nothing of the player's own under this emotion) .. 1.
    weight : value minus default, -1..1. count : settings of the player's own behind it.
    """

    value: float
    low: float
    high: float
    confidence: float
    weight: float
    count: int


class Evidence(NamedTuple):
    """Why an answer is what it is: the share of each source in the votes behind it; together 1.

    own : the player's settings under this emotion (all of them where no emotion is asked for).
    elsewhere : the player's under other emotions.
    same_tag : the player's on parameters of other plugins that carry the same tag.
    neighbours : the player's under words of a like mood.
    others : other people's, of the prior and of merged profiles.
    default : nobody's; the parameter's default and "anywhere on the knob".
    """

    own: float
    elsewhere: float
    same_tag: float
    neighbours: float
    others: float
    default: float


class Learner(Protocol):
    """What a learner must offer; all it knows is in the profiles, what it keeps is only to be quick."""

    def suggest(self, profile: StyleProfile, prior: StyleProfile | None, plugin: str, parameter: str,
                emotion: str | None) -> Suggestion:
        """Answer for a declared parameter; ``emotion`` None asks for all emotions together."""

    def explain(self, profile: StyleProfile, prior: StyleProfile | None, plugin: str, parameter: str,
                emotion: str | None) -> Evidence:
        """Say what stands behind the answer to the same question."""


class HistogramLearner:
    """Posterior median of prior counts + own counts + a share of own counts elsewhere.

    The constants are the flat top of a sweep over the SAFE equaliser settings of 28 people
    (Stables et al., ISMIR 2014), predicted one after the other. default_votes + spread_votes
    stay under 1, so that a single vote is followed wherever on the knob it lies.

    default_votes : strength of the point at the default, while no prior knows better.
    spread_votes : strength of "anywhere", which keeps the interval honest while little is known.
    prior_votes : the most that a prior profile weighs, all its members together.
    share, share_limit : weight of a vote under another emotion, and of all of them together.
    """

    def __init__(self, default_votes=0.6, spread_votes=0.3, prior_votes=2.0, share=0.15, share_limit=0.35):
        self.default_votes = default_votes
        self.spread_votes = spread_votes
        self.prior_votes = prior_votes
        self.share = share
        self.share_limit = share_limit

        self._crowd: tuple[list[Member], dict] = ([], {})  # members, and their votes as they were asked for

    def suggest(self, profile, prior, plugin, parameter, emotion):
        key = (plugin, parameter)
        default = profile.infos[key].default
        total = self.votes(profile, prior, plugin, parameter, emotion)
        low, value, high = quantiles(total, default, LEVELS)
        own, _ = _own_votes(profile.own, key, emotion, default)
        count = _settings(profile.own, key, emotion)
        return Suggestion(value, low, high, _confidence(own, default), value - default, count)

    def votes(self, profile, prior, plugin, parameter, emotion) -> Votes:
        """Return the weighted votes whose quantiles are the answer to the same question."""
        total: Votes = {}
        for votes in self._sources(profile, prior, (plugin, parameter), emotion):
            _add(total, votes, 1.0)
        return total

    def explain(self, profile, prior, plugin, parameter, emotion):
        sources = self._sources(profile, prior, (plugin, parameter), emotion)
        masses = [sum(votes.values()) for votes in sources]
        return Evidence(*(mass / sum(masses) for mass in masses))

    def _sources(self, profile, prior, key, emotion) -> Evidence:
        """Return the weighted votes of each source."""
        own, elsewhere = _own_votes(profile.own, key, emotion, profile.infos[key].default)
        crowd = self._crowd_votes(_others(profile, prior), key, emotion)
        known = sum(crowd.values())
        default = dict.fromkeys(range(BINS), self.spread_votes / BINS)
        default[AT_DEFAULT] = self.default_votes / (1.0 + known)
        share = min(self.share, self.share_limit / (sum(elsewhere.values()) or 1.0))
        return Evidence(own, _scaled(elsewhere, share), {}, {},
                        _scaled(crowd, self.prior_votes / (1.0 + known)), default)

    def _crowd_votes(self, members: list[Member], key: tuple[str, str], emotion: str | None) -> Votes:
        known, answers = self._crowd
        if len(known) != len(members) or any(one is not other for one, other in zip(known, members)):
            self._crowd = members, {}
            answers = self._crowd[1]
        if (key, emotion) not in answers:
            answers[key, emotion] = _crowd_votes(members, key, emotion)
        return answers[key, emotion]


def quantiles(votes: Votes, default: float, levels: Iterable[float]) -> list[float]:
    """Return the raw values below which the given shares of the votes lie, ascending.

    A bin's votes are spread evenly over it; those exactly at the default are a step.
    """
    step = math.ceil(default * BINS)  # the bins before this one begin below the default
    weights = [votes.get(cell, 0.0) for cell in range(BINS)]
    weights.insert(step, votes.get(AT_DEFAULT, 0.0))
    passed = list(itertools.accumulate(weights))
    answers = []
    for level in sorted(levels):
        wanted = max(level * passed[-1], sys.float_info.min)
        place = min(bisect.bisect_left(passed, wanted), BINS)
        if place == step:
            value = default
        else:
            left = (passed[place] - wanted) / weights[place] if weights[place] else 0.0
            value = (place + (place < step) - min(max(left, 0.0), 1.0)) / BINS
        answers.append(max([value, *answers]))  # the step inside its bin must not turn the order round
    return answers


def _add(total: Votes, votes: Votes, scale: float) -> None:
    for cell, weight in votes.items():
        total[cell] = total.get(cell, 0.0) + scale * weight


def _scaled(votes: Votes, scale: float) -> Votes:
    return {cell: scale * weight for cell, weight in votes.items()}


def _confidence(own: Votes, default: float) -> float:
    n = sum(own.values())
    if not n:
        return 0.0
    low, high = quantiles(own, default, (0.1, 0.9))
    return n / (n + HALF_SURE) * (1.0 - (high - low))


def _own_votes(member: Member, key: tuple[str, str], emotion: str | None, default: float) -> tuple[Votes, Votes]:
    here, elsewhere = {}, {}
    for word, habit in member.habits.get(key, {}).items():
        _add(here if emotion in (None, word) else elsewhere, counts(habit, member.age), 1.0)
    hints = member.hints.get(key, {})
    hint = hints.get("" if emotion is None else emotion, hints.get(""))
    if hint is not None:
        _add(here, {cell_of(min(max(default + hint, 0.0), 1.0), default): HINT_VOTES}, 1.0)
    return here, elsewhere


def _settings(member: Member, key: tuple[str, str], emotion: str | None) -> int:
    return sum(habit.settings for word, habit in member.habits.get(key, {}).items() if emotion in (None, word))


def _others(profile: StyleProfile, prior: StyleProfile | None) -> list[Member]:
    others = {**(prior.members if prior else {}), **profile.members}
    return [member for id, member in others.items() if id != profile.id]


def _crowd_votes(members: list[Member], key: tuple[str, str], emotion: str | None) -> Votes:
    """Add up the members' votes, each member with less than one vote an emotion, however much they played."""
    crowd: Votes = {}
    for member in members:
        for word, habit in member.habits.get(key, {}).items():
            votes = counts(habit, member.age)
            share = 1.0 if emotion in (None, word) else CROWD_SHARE
            _add(crowd, votes, share / (1.0 + sum(votes.values())))
    return crowd
