"""Other people: what they would set, those first whose votes foretold the player's own.

A member's likeness is the log-likelihood of the player's votes under the member's, against
the crowd's (each under its own emotion), over all parameters together. It is counted at TEMPER
of its worth, since parameters of one plugin are not independent witnesses, and its power is the
member's say. Nobody's votes yet: everybody has the same.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from profiles import constancy, votes
from profiles.constancy import Distances
from profiles.profile import Habit, Member, ParameterInfo
from profiles.siblings import MOST, Siblings, relations
from profiles.votes import CELLS
from profiles.words import neighbours

SHARE = 0.02   # of a vote under another emotion, where nobody used this one
UNHEARD = 0.2  # how far one emotion speaks for another, where the crowd cannot tell
TEMPER = 0.15  # flat from 0.1 to 0.2
PLAIN = 1.5    # votes that a member must have under an emotion before the crowd stands behind less than half
WIDTH = 0.1    # knob units a person varies by under one emotion, where the crowd has nothing to measure it by
NARROWEST = 0.5 / 64
KEPT = 5000    # answers, until all are forgotten: a host may ask for any number of words

Key = tuple[str, str]


class _Said(NamedTuple):
    """What people said of a knob under one emotion: whose (answers,), votes (answers, CELLS), sessions (answers,)."""

    owners: np.ndarray
    rows: np.ndarray
    sessions: np.ndarray

    @property
    def moderate(self) -> np.ndarray:
        """Their votes, each person with less than one."""
        return self.rows / (1.0 + self.rows.sum(axis=1, keepdims=True))


class _Likeness(NamedTuple):
    """How well the members foretold the player's habits of a knob: under each emotion, and in all (members,)."""

    habits: Mapping[str, Habit]
    parts: dict[str, np.ndarray]
    total: np.ndarray


class Crowd:
    """The members other than the player, decoded when asked for.

    A member has less than one vote an emotion, however much they played.
    """

    def __init__(self, members: list[Member]):
        self.members = members
        self._said: dict[Key, dict[str, _Said]] = {}
        self._answers: dict[tuple, tuple[np.ndarray, ...]] = {}
        self._everything: dict[Key, np.ndarray] = {}
        self._smooth: dict[tuple[Key, str, float], np.ndarray | None] = {}
        self._agreements: dict[tuple, np.ndarray] = {}
        self._kernels: dict[tuple[Key, float], np.ndarray] = {}
        self._ratios: dict[tuple[Key, str, float], np.ndarray | None] = {}
        self._distances: dict[tuple[Key, float], Distances] = {}
        self._worths: dict[str, float] = {}
        self._siblings: dict[tuple[Key, ...], Siblings] = {}
        self._relations: dict[tuple, np.ndarray] = {}
        self._infos: Mapping[Key, ParameterInfo] | None = None
        self._likeness: dict[Key, _Likeness] = {}
        self._weighed_for: Member | None = None
        self._weights = np.ones(len(members))

    def say(self, keys: tuple[Key, ...], emotion: str | None, weights: np.ndarray) -> np.ndarray:
        """Return the votes (keys, CELLS) for a question to the crowd, members weighing ``weights`` (members,)."""
        total = np.zeros((len(keys), CELLS))
        rows, owners, starts, asked, counts = self._answers_to(keys, emotion)
        if len(starts):
            say = weights[owners]
            scale = counts / np.add.reduceat(say, starts)
            total[asked] = np.add.reduceat(rows * say[:, None], starts, axis=0) * scale[:, None]
        return total

    def weights(self, own: Member, infos: Mapping[Key, ParameterInfo]) -> np.ndarray:
        """Return each member's say (members,) for the player ``own``; the largest is 1."""
        if self.members and own is not self._weighed_for:
            self._weighed_for, self._weights = own, self._weigh(own, infos)
        return self._weights

    def _weigh(self, own: Member, infos: Mapping[Key, ParameterInfo]) -> np.ndarray:
        known, self._likeness = self._likeness, {}
        for key, habits in own.habits.items():
            held = known.get(key)
            if held is None or held.habits is not habits:
                held = self._compare(key, habits, infos[key].default, held)
            self._likeness[key] = held
        found = [held.total for held in self._likeness.values() if held.parts]
        if not found:
            return np.ones(len(self.members))
        score = TEMPER * votes.today(own.age) * np.sum(found, axis=0)
        return np.exp(np.maximum(score - score.max(), -50.0))

    def _compare(self, key: Key, habits: Mapping[str, Habit], default: float, before: _Likeness | None) -> _Likeness:
        parts = {}
        for emotion, habit in habits.items():
            ratio = self._ratio(key, emotion, default)
            if before is not None and before.habits.get(emotion) is habit and emotion in before.parts:
                parts[emotion] = before.parts[emotion]
            elif ratio is not None:
                parts[emotion] = votes.decoded(habit) @ ratio
        return _Likeness(habits, parts, sum(parts.values()))

    def knows(self, key: Key, emotion: str) -> bool:
        """Whether anybody has used the emotion on that knob."""
        return emotion in self._said_of(key)

    def agreement(self, key: Key, emotion: str, words: tuple[str, ...], default: float) -> np.ndarray:
        """Return how far votes under each of the words speak for ``emotion``, 0..1 (words,); not at all under its own.

        That is the share that people's votes under the two have in common, to the fourth power (flat from 2 on).
        """
        at = key, emotion, words, default
        if at not in self._agreements:
            _bound(self._agreements)
            here = self._smoothed(key, emotion, default)
            there = [self._smoothed(key, word, default) for word in words]
            self._agreements[at] = np.array([
                0.0 if word == emotion else UNHEARD if here is None or other is None
                else float(np.minimum(here, other).sum()) ** 4 for word, other in zip(words, there)])
        return self._agreements[at]

    def worths(self, keys: tuple[Key, ...], infos: Mapping[Key, ParameterInfo]) -> np.ndarray:
        """Return what one of the player's votes is worth (keys,), up to 1; see ``profiles.constancy``."""
        self._look_at(infos)
        for plugin in {plugin for plugin, _ in keys} - self._worths.keys():
            self._worths[plugin] = constancy.worth([self._distances_of(key, info.default) for key, info in infos.items()
                                                    if key[0] == plugin])
        return np.array([self._worths[plugin] for plugin, _ in keys])

    def siblings(self, keys: tuple[Key, ...], infos: Mapping[Key, ParameterInfo]) -> Siblings:
        """Return which knobs of their plugins speak for the keys, as the members set them; see ``profiles.siblings``."""
        self._look_at(infos)
        if keys not in self._siblings:
            _bound(self._siblings)
            self._siblings[keys] = self._siblings_of(keys, infos)
        return self._siblings[keys]

    def _siblings_of(self, keys: tuple[Key, ...], infos: Mapping[Key, ParameterInfo]) -> Siblings:
        families = [family for plugin in dict.fromkeys(plugin for plugin, _ in keys) if (family := self._family(plugin, infos))]
        knobs = tuple(knob for family in families for knob in family)
        places = {knob: place for place, knob in enumerate(knobs)}
        table = np.zeros((2, len(knobs), len(knobs)))
        for family in families:
            block = slice(places[family[0]], places[family[-1]] + 1)
            table[:, block, block] = self._related(family, tuple(infos[knob].default for knob in family))
        asked = np.zeros((2, len(keys), len(knobs)))
        for index, key in enumerate(keys):
            if key in places:
                asked[:, index] = table[:, places[key]]
        return Siblings(knobs, *asked)

    def _family(self, plugin: str, infos: Mapping[Key, ParameterInfo]) -> tuple[Key, ...]:
        """Return the knobs of a plugin that are compared: those that somebody set, unless they are too many or alone."""
        knobs = tuple(sorted(key for key in infos if key[0] == plugin and self._said_of(key)))
        return knobs if 1 < len(knobs) <= MOST else ()

    def _related(self, family: tuple[Key, ...], defaults: tuple[float, ...]) -> np.ndarray:
        if (family, defaults) not in self._relations:
            self._relations[family, defaults] = relations(self._by_word(family), defaults)
        return self._relations[family, defaults]

    def _by_word(self, knobs: tuple[Key, ...]) -> Iterator[np.ndarray]:
        """Give everybody's votes (knobs, members, CELLS) under one emotion after the other."""
        for word in dict.fromkeys(word for knob in knobs for word in self._said_of(knob)):
            rows = np.zeros((len(knobs), len(self.members), CELLS))
            for row, said in zip(rows, (self._said_of(knob).get(word) for knob in knobs)):
                if said is not None:
                    row[said.owners] = said.rows
            yield rows

    def _look_at(self, infos: Mapping[Key, ParameterInfo]) -> None:
        """Forget what depends on defaults where they may be others than before."""
        if infos is not self._infos:
            self._infos, self._worths, self._siblings = infos, {}, {}

    def _distances_of(self, key: Key, default: float) -> Distances:
        """Return the distances between people's votes for a knob, those under all emotions added up."""
        if (key, default) not in self._distances:
            found = [constancy.distances(said.rows, said.sessions, default) for said in self._said_of(key).values()]
            self._distances[key, default] = Distances(*np.sum([Distances(0.0, 0.0, 0.0), *found], axis=0).tolist())
        return self._distances[key, default]

    def _said_of(self, key: Key) -> dict[str, _Said]:
        if key not in self._said:
            heard: dict[str, list] = {}
            for index, member in enumerate(self.members):
                for emotion, habit in member.habits.get(key, {}).items():
                    row = votes.decoded(habit) * votes.today(member.age)
                    heard.setdefault(emotion, []).append((index, row, habit.sessions))
            self._said[key] = {emotion: _Said(*map(np.array, zip(*answers))) for emotion, answers in heard.items()}
        return self._said[key]

    def _answers_to(self, keys: tuple[Key, ...], emotion: str | None) -> tuple[np.ndarray, ...]:
        """Return rows (answers, CELLS), their owners, where each key's begin, those keys and their answers' number."""
        if (keys, emotion) not in self._answers:
            _bound(self._answers)
            rows, owners = zip(*(self._answers_of(key, emotion) for key in keys))
            counts = np.array([len(each) for each in owners])
            asked = counts > 0
            self._answers[keys, emotion] = (np.concatenate(rows), np.concatenate(owners),
                                            (np.cumsum(counts) - counts)[asked], asked, counts[asked])
        return self._answers[keys, emotion]

    def _answers_of(self, key: Key, emotion: str | None) -> tuple[np.ndarray, np.ndarray]:
        said = self._said_of(key)
        if emotion in said:
            return said[emotion].moderate, said[emotion].owners
        if key not in self._everything:
            self._everything[key] = self._mixed(said, dict.fromkeys(said, 1.0))
        rows = self._everything[key]
        if emotion is not None:
            rows = SHARE * rows + self._mixed(said, neighbours(emotion, said))
        owners = np.flatnonzero(rows.any(axis=1))
        return rows[owners], owners

    def _mixed(self, said: Mapping[str, _Said], shares: Mapping[str, float]) -> np.ndarray:
        """Return the votes (members, CELLS) of everybody under several words."""
        rows = np.zeros((len(self.members), CELLS))
        for word, share in shares.items():
            rows[said[word].owners] += share * said[word].moderate
        return rows

    def _smoothed(self, key: Key, emotion: str, default: float) -> np.ndarray | None:
        """Return the chance of each cell (CELLS,) under an emotion; None where nobody used it."""
        at = key, emotion, default
        if at not in self._smooth:
            _bound(self._smooth)
            said = self._said_of(key).get(emotion)
            total = None if said is None else said.moderate.sum(axis=0)
            self._smooth[at] = None if said is None else total / total.sum() @ self._kernel(key, default)
        return self._smooth[at]

    def _ratio(self, key: Key, emotion: str, default: float) -> np.ndarray | None:
        """Return the log-likelihood (CELLS, members) of a vote under each member, against the crowd's."""
        at = key, emotion, default
        if at not in self._ratios:
            said = self._said_of(key).get(emotion)
            self._ratios[at] = None if said is None or len(said.owners) < 2 else self._compared(key, said, default)
        return self._ratios[at]

    def _compared(self, key: Key, said: _Said, default: float) -> np.ndarray:
        smooth = said.rows / said.rows.sum(axis=1, keepdims=True) @ self._kernel(key, default)
        plain = PLAIN / (PLAIN + said.sessions[:, None])
        found = np.log((1.0 - plain) * smooth / smooth.mean(axis=0) + plain)
        # Who said little or nothing is taken to be as unlike the player as those who spoke are on average:
        # with no penalty at all, the silent would outweigh whoever ever differed.
        typical = np.average(found, axis=0, weights=1.0 - plain[:, 0])
        ratios = np.repeat(typical[:, None], len(self.members), axis=1)
        ratios[:, said.owners] = (found + plain * typical).T
        return ratios

    def _kernel(self, key: Key, default: float) -> np.ndarray:
        """Return the matrix (CELLS, CELLS) that spreads a vote as far as people stray from themselves."""
        if (key, default) not in self._kernels:
            distances = np.abs(votes.positions(default)[:, None] - votes.positions(default))
            kernel = np.exp(-distances / self._width(key, default))
            self._kernels[key, default] = kernel / kernel.sum(axis=1, keepdims=True)
        return self._kernels[key, default]

    def _width(self, key: Key, default: float) -> float:
        """Return the mean distance of people's votes from their own median under an emotion."""
        said = self._said_of(key).values()
        sessions = np.concatenate([answers.sessions for answers in said])
        several = sessions > 1  # one vote does not stray
        if not several.any():
            return WIDTH
        sessions = sessions[several]
        rows = np.concatenate([answers.rows for answers in said])[several]
        rows = rows / rows.sum(axis=1, keepdims=True)
        medians = votes.quantiles(rows, np.full(len(rows), default), [0.5])[0]
        spread = (np.abs(votes.positions(default) - medians[:, None]) * rows).sum(axis=1)
        spread = spread * np.sqrt(sessions / (sessions - 1.0))  # the median was made of the same few votes
        return max(float(np.average(spread, weights=sessions)), NARROWEST)


def _bound(kept: dict) -> None:
    if len(kept) >= KEPT:
        kept.clear()
