"""Me x another producer: answers between two people's, or among the leaders of a combined profile.

Each answer counts by its weight times its confidence, so where only one of them knows something,
that one is heard, as far as the slider lets it. For the sound that is a straight line: the mapper's
``a * c * style`` of the blend is the same mean of the two ``a * c * style``.
"""

import math
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import replace

from profiles import checks
from profiles.learner import Evidence, HistogramLearner, Suggestion
from profiles.profile import StyleProfile

UNSURE = 0.01  # the confidence that an answer without any counts with, so that a value has a way to go


def mixed(answers: list[tuple[float, Suggestion]]) -> Suggestion:
    """Return one answer for several, given as (weight, answer); weights may add up to anything but 0.

    Where one has all the weight, it is that answer. The order does not matter.
    """
    heard = [(weight, answer) for weight, answer in answers if weight > 0.0]
    if len(heard) == 1:
        return heard[0][1]
    says, voices = says_of(heard), [answer for _, answer in heard]

    def mean(weights, numbers):
        found = math.fsum(weight * number for weight, number in zip(weights, numbers)) / math.fsum(weights)
        return min(max(found, min(numbers)), max(numbers))  # rounding must not lead outside

    value, low, high, _, bias, *_ = (mean(says, column) for column in zip(*voices))
    confidence = mean([weight for weight, _ in heard], [answer.confidence for answer in voices])
    guess = any(answer.guess for answer in voices) and all(answer.guess for answer in voices if answer.confidence)
    return Suggestion(value, low, high, confidence, bias, sum(answer.count for answer in voices), guess)


def says_of(answers: list[tuple[float, Suggestion]]) -> list[float]:
    """Return the share that each has in the value of them all."""
    says = [weight * max(answer.confidence, UNSURE) for weight, answer in answers]
    total = math.fsum(says)
    return [say / total for say in says]


class Blend(Mapping):
    """Suggestions between two people's: a live slider.

    mine, theirs : {key: Suggestion}. amount : 0 (exactly mine) .. 1 (exactly theirs), to be moved at any
    time; the next look is there already, nothing is computed ahead.
    """

    def __init__(self, mine: Mapping[Hashable, Suggestion], theirs: Mapping[Hashable, Suggestion], amount: float = 0.0):
        self._mine = mine
        self._theirs = theirs
        self.amount = amount

    @property
    def amount(self) -> float:
        return self._amount

    @amount.setter
    def amount(self, amount: float) -> None:
        self._amount = checks.raw(amount, "amount")

    def __contains__(self, key: object) -> bool:
        return self._amount < 1.0 and key in self._mine or self._amount > 0.0 and key in self._theirs

    def __getitem__(self, key: Hashable) -> Suggestion:
        if key not in self:
            raise KeyError(key)
        mine, theirs = self._mine.get(key), self._theirs.get(key)
        if mine is None or theirs is None:  # one has nothing to say: the other fades
            known, weight = (theirs, self._amount) if mine is None else (mine, 1.0 - self._amount)
            return known._replace(confidence=weight * known.confidence)
        return mixed([(1.0 - self._amount, mine), (self._amount, theirs)])

    def __iter__(self) -> Iterator[Hashable]:
        return (key for key in {**self._mine, **self._theirs} if key in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class SharedLearner:
    """Answers for combined profiles too: their leaders' answers mixed, until the owner's own are surer.

    For any other profile it is ``learner``.
    """

    def __init__(self, learner: HistogramLearner | None = None):
        self._learner = learner or HistogramLearner()
        self._split: StyleProfile | None = None  # the profile that these belong to
        self._leaders: list[tuple[int, StyleProfile]] = []
        self._owner: StyleProfile | None = None

    def suggest(self, profile, prior, plugin, parameter, emotion):
        return self.suggest_all(profile, prior, [(plugin, parameter)], emotion)[0]

    def suggest_all(self, profile, prior, keys, emotion):
        if not profile.shares:
            return self._learner.suggest_all(profile, prior, keys, emotion)
        leaders = self._leaders_of(profile)
        shares = [share for share, _ in leaders]
        answers = zip(*(self._learner.suggest_all(leader, prior, keys, emotion) for _, leader in leaders))
        owner = self._learner.suggest_all(self._owner, prior, keys, emotion)
        return [mixed([(1.0 - own.confidence, mixed(list(zip(shares, theirs)))), (own.confidence, own)])
                for own, theirs in zip(owner, answers)]

    def explain(self, profile, prior, plugin, parameter, emotion):
        """As ``learner`` does; what the leaders know is other people's."""
        if not profile.shares:
            return self._learner.explain(profile, prior, plugin, parameter, emotion)
        leaders = self._leaders_of(profile)
        own = self._learner.explain(self._owner, prior, plugin, parameter, emotion)
        sure = self._learner.suggest(self._owner, prior, plugin, parameter, emotion).confidence
        total = sum(share for share, _ in leaders)
        unknown = sum(share * self._learner.explain(leader, prior, plugin, parameter, emotion).default
                      for share, leader in leaders) / total
        led = Evidence(own=0.0, elsewhere=0.0, same_tag=0.0, neighbours=0.0, others=1.0 - unknown, default=unknown)
        return Evidence(*((1.0 - sure) * theirs + sure * mine for theirs, mine in zip(led, own)))

    def voices(self, profile: StyleProfile) -> list[StyleProfile]:
        """Return the profiles whose answers are mixed; of a combined one its leaders and, last, its owner."""
        return [*(leader for _, leader in self._leaders_of(profile)), self._owner] if profile.shares else [profile]

    def says(self, profile, prior, keys, emotion) -> list[list[float]]:
        """Return the share that each of the voices has in each answer, a list for each key."""
        if not profile.shares:
            return [[1.0] for _ in keys]
        shares = [share for share, _ in self._leaders_of(profile)]
        *led, owner = (self._learner.suggest_all(voice, prior, keys, emotion) for voice in self.voices(profile))
        rows = []
        for own, theirs in zip(owner, zip(*led)):
            answers = list(zip(shares, theirs))
            together, alone = says_of([(1.0 - own.confidence, mixed(answers)), (own.confidence, own)])
            rows.append([*(together * say for say in says_of(answers)), alone])
        return rows

    def _leaders_of(self, profile: StyleProfile) -> list[tuple[int, StyleProfile]]:
        if profile is not self._split:
            self._split = profile
            self._leaders = [(share, _alone(profile, id)) for id, share in profile.shares.items() if share]
            self._owner = _alone(profile, profile.id)
        return self._leaders


def _alone(profile: StyleProfile, id: str) -> StyleProfile:
    return replace(profile, id=id, members={id: profile.members[id]}, shares={})
