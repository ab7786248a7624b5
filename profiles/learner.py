"""The learner: votes in, the answer in closed form.

The answer is the median of a weighted sum of votes: a thin prior at the parameter's default,
other people's (``profiles.crowd``: those most like the player first), the player's own (each
worth as much as people keep to themselves: ``profiles.constancy``), and small shares of the
player's own under other emotions, under words of a like mood, on knobs of the same kind, and on
knobs of the plugin that people set alike (``profiles.siblings``). A median, since a session of
wild experiments is then one vote among many and cannot pull the answer; bounded, since it always
lies where votes are.

Nothing depends on names, nor on which end of a knob is up. What each part takes off people's mean
error, as ``benchmarks/learning.py`` has it. On the SAFE equaliser: other people 4 %, likeness
1.5 %, emotions sharing as people do 0.5 %, later votes weighing more 0.6 %, blurring one's own by
a bin 0.2 %. On the FM synth: siblings 0.8 %, what an own vote is worth 0.3 %, other emotions' votes
up to two instead of 1.5 0.3 %, a default that a crowd outweighs half as fast 0.2 %; on a new
plugin, knobs of the same kind and likeness 3 %. On the reverb, which chance has set: what an own
vote is worth 3.8 %, other emotions' votes 0.6 %; under a new word with no prior, words of a like
mood 4.7 %.

Tried, without a gain on two sets at once: finer bins, wider kernels, bending votes towards what
the crowd prefers, a prior's strength for each parameter, Gaussian models of how parameters and
emotions hang together, ranks carried over from related parameters and from other emotions, a
player's boldness or constancy, likeness for each parameter alone, the mean of several quantiles
or medians, what the crowd sets under related words, votes on untouched knobs left out.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from profiles import votes
from profiles.crowd import Crowd
from profiles.profile import AT_DEFAULT, Habit, Member, StyleProfile, cell_of
from profiles.tags import tag_of
from profiles.votes import CELLS, NONE
from profiles.wording import way_of
from profiles.words import neighbours

Key = tuple[str, str]  # plugin, parameter

HALF_SURE = 0.8   # own votes that make half a confidence: 1 gives .55, 3 that agree .78
GUESS = 0.5       # of the confidence of as many own votes: a guess has .28 at most, half of what one setting has
BOUND = frozenset(("level", "time", "pitch"))  # to balance, tempo and key: guessed from like knobs, never acted on
HINT_VOTES = 0.9  # a weight another host wrote says less than one session: two real ones overrule it
FADING = 3        # how fast votes on siblings give way to votes on the knob itself; flat from 2 to 4
LEVELS = (0.1, 0.5, 0.9)  # of the votes: where low, value and high lie


class Suggestion(NamedTuple):
    """What the learner would set.

    value, low, high : raw; the next setting lies within low..high four times in five.
    confidence : 0 (nothing of the player's own under this emotion) .. 1.
    weight : value minus default, -1..1. count : settings of the player's own behind it.
    guess : whether the confidence comes from the player's like knobs and like words alone.
    """

    value: float
    low: float
    high: float
    confidence: float
    weight: float
    count: int
    guess: bool = False


class Evidence(NamedTuple):
    """Why an answer is what it is: the share of each source in the votes behind it; together 1.

    own : the player's settings under this emotion (all of them where no emotion is asked for).
    elsewhere : the player's under other emotions.
    same_tag : the player's on knobs of the same kind: in other plugins by their tag, in this one as people set them.
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

    def suggest_all(self, profile: StyleProfile, prior: StyleProfile | None, keys: Sequence[Key],
                    emotion: str | None) -> list[Suggestion]:
        """Answer for several declared parameters; ``emotion`` None asks for all emotions together."""

    def suggest(self, profile: StyleProfile, prior: StyleProfile | None, plugin: str, parameter: str,
                emotion: str | None) -> Suggestion:
        """Answer for one."""

    def explain(self, profile: StyleProfile, prior: StyleProfile | None, plugin: str, parameter: str,
                emotion: str | None) -> Evidence:
        """Say what stands behind the answer to the same question."""


class HistogramLearner:
    """Posterior median of the weighted votes.

    The constants are flat tops: each may be half or twice as large for 0.5 % of the error. default_votes
    + spread_votes stay under 1, so that a single vote is followed wherever on the knob it lies.

    default_votes : strength of the point at the default, while no prior knows better.
    spread_votes : strength of "anywhere". doubt : more of it, for the interval alone: few votes do not say how
        far people stray.
    prior_votes : the most that other people weigh, all together.
    share_limit : the most that the votes under other emotions weigh, all together.
    sibling_limit : the most that votes on knobs weigh that people set alike; less the more is known of the knob itself.
    kin, kin_limit : weight of a vote on a knob of the same kind, and of all of them together, where there are no
        own votes on the knob itself. The same limit, times the likeness, for words of a like mood, where neither
        the player nor anybody else has used this one.
    """

    def __init__(self, default_votes=0.6, spread_votes=0.1, doubt=2.0, prior_votes=2.0, share_limit=2.0,
                 sibling_limit=4.0, kin=0.5, kin_limit=1.0):
        self.default_votes = default_votes
        self.spread_votes = spread_votes
        self.doubt = doubt
        self.prior_votes = prior_votes
        self.share_limit = share_limit
        self.sibling_limit = sibling_limit
        self.kin = kin
        self.kin_limit = kin_limit
        self._own: dict[tuple[str, Key], _Own] = {}
        self._crowd = Crowd([])
        self._kin: _Kin | None = None

    def suggest(self, profile, prior, plugin, parameter, emotion):
        return self.suggest_all(profile, prior, [(plugin, parameter)], emotion)[0]

    def suggest_all(self, profile, prior, keys, emotion):
        if not keys:
            return []
        defaults = np.array([profile.infos[key].default for key in keys])
        sources, heard = self._sources(profile, prior, tuple(keys), emotion)
        total = sum(sources)
        values = votes.quantiles(total, defaults, LEVELS[1:2])[0]
        doubted = total + self.doubts(heard.sure)[:, None] * (np.arange(CELLS) < CELLS - 1)
        # Both at once: a call costs far more than its rows.
        ends = votes.quantiles(np.concatenate((doubted, heard.rows + heard.guessed)), np.tile(defaults, 2), LEVELS[::2])
        (low, narrow), (high, wide) = ends.reshape(2, 2, len(keys))
        low, high = np.minimum(low, values), np.maximum(high, values)
        guess = _leading(heard.guessed, sources) if heard.guessed.any() else np.zeros(len(keys))
        sure = heard.sure + guess
        agreed = 1.0 - np.where(sure > 0.0, wide - narrow, 0.0)
        confidence = sure / (sure + HALF_SURE) * np.where(guess > 0.0, GUESS, 1.0) * agreed
        columns = (column.tolist() for column in (values, low, high, confidence, values - defaults))
        return [Suggestion(*row) for row in zip(*columns, heard.counts, (guess > 0.0).tolist())]

    def doubts(self, sure: np.ndarray | float) -> np.ndarray | float:
        """Return the votes that each bin has for the interval alone, where own ones are worth ``sure`` sessions."""
        return self.doubt / (1.0 + sure) / (CELLS - 1)

    def votes(self, profile, prior, plugin, parameter, emotion) -> dict[int, float]:
        """Return the weighted votes, {cell: votes}, whose median is the answer to the same question."""
        sources, _ = self._sources(profile, prior, ((plugin, parameter),), emotion)
        return dict(enumerate(sum(sources)[0].tolist()))

    def explain(self, profile, prior, plugin, parameter, emotion):
        sources, _ = self._sources(profile, prior, ((plugin, parameter),), emotion)
        masses = np.array([source.sum() for source in sources])
        return Evidence(*(masses / masses.sum()).tolist())

    def _sources(self, profile: StyleProfile, prior: StyleProfile | None, keys: tuple[Key, ...],
                 emotion: str | None) -> tuple[Evidence, "_Heard"]:
        """Return the weighted votes (keys, CELLS) of each source, and what the player said here."""
        own = profile.own
        scale = votes.today(own.age)
        blocks = [self._block(profile.id, own, key) for key in keys]
        here = np.array([block.under(emotion) for block in blocks])
        heard = _Heard(here * scale, np.array([block.sure_of(emotion) for block in blocks]) * scale,
                       [block.count(emotion) for block in blocks], np.zeros((len(keys), CELLS)))
        heard.sure[_add_hints(heard.rows, HINT_VOTES, profile, own, keys, emotion)] += HINT_VOTES
        crowd = self._others(profile, prior)
        elsewhere, alike, related = np.zeros((3, len(keys), CELLS))
        mute = [index for index, block in enumerate(blocks) if not block.words and not heard.sure[index]
                and emotion is not None and _kind(profile, keys[index])[0]]
        for index, (key, block) in enumerate(zip(keys, blocks)):
            if emotion is None:
                break
            if block.words:
                agreed = crowd.agreement(key, emotion, block.words, profile.infos[key].default)
                if not heard.sure[index] and not crowd.knows(key, emotion):
                    near = neighbours(emotion, block.words)
                    like = np.array([near.get(word, 0.0) for word in block.words])
                    agreed = agreed * (1.0 - like)
                    alike[index] = like * np.minimum(1.0, self.kin_limit / (block.masses * scale)) @ block.rows
                elsewhere[index] = agreed @ block.rows * min(1.0, self.share_limit / (block.mass * scale))
        if mute:
            tags, ways = zip(*(_kind(profile, keys[index]) for index in mute))
            said, felt = self._kin_of(profile).say([keys[index] for index in mute], tags, emotion)
            related[mute] = votes.turned(said, np.array(ways))
            heard.guessed[mute] = votes.turned(felt, np.array(ways)) * np.array([[tag not in BOUND] for tag in tags])
        within = np.minimum(self.kin, self.kin_limit / np.maximum(related.sum(axis=1, keepdims=True) * scale, 1e-9))
        np.multiply(heard.guessed * within + alike, scale, out=heard.guessed)
        heard.guessed[:, AT_DEFAULT] = 0.0  # that one knob was left as it is says nothing of another's preset
        others = crowd.say(keys, emotion, crowd.weights(own, profile.infos))
        for member in self._hinting(profile, prior):
            _add_hints(others, HINT_VOTES / (1.0 + HINT_VOTES), profile, member, keys, emotion)
        known = others.sum(axis=1, keepdims=True)
        default = np.full((len(keys), CELLS), self.spread_votes / (CELLS - 1))
        default[:, -1:] = self.default_votes / (1.0 + known / self.prior_votes)
        mine = heard.rows @ votes.blur() * crowd.worths(keys, profile.infos)[:, None]
        alongside = self._alongside(profile, crowd, keys, emotion, here) * scale
        return Evidence(own=mine,
                        elsewhere=elsewhere @ votes.blur() * scale,
                        same_tag=related * (within * scale) + alongside / (1.0 + mine.sum(axis=1, keepdims=True)) ** FADING,
                        neighbours=alike * scale,
                        others=others * (self.prior_votes / (1.0 + known)),
                        default=default), heard

    def _alongside(self, profile: StyleProfile, crowd: Crowd, keys: tuple[Key, ...], emotion: str | None,
                   here: np.ndarray) -> np.ndarray:
        """Return what the player's votes on siblings come to (keys, CELLS); ``here`` are those on the keys themselves."""
        siblings = crowd.siblings(keys, profile.infos)
        if emotion is None or not siblings.knobs:
            return np.zeros((len(keys), CELLS))
        if siblings.knobs != keys:
            here = np.array([self._block(profile.id, profile.own, knob).under(emotion) for knob in siblings.knobs])
        rows = siblings.say(here)
        return rows * np.minimum(1.0, self.sibling_limit / np.maximum(rows.sum(axis=1, keepdims=True), 1e-9))

    def _block(self, id: str, member: Member, key: Key) -> "_Own":
        habits = member.habits.get(key)
        if habits is None:
            return _NOTHING
        known = self._own.get((id, key))
        if known is None or known.habits is not habits:
            known = self._own[id, key] = _Own(habits, known)
        return known

    def _others(self, profile: StyleProfile, prior: StyleProfile | None) -> Crowd:
        others = {**(prior.members if prior else {}), **profile.members}
        members = [member for id, member in others.items() if id != profile.id and member.habits]
        known = self._crowd.members
        if len(known) != len(members) or any(one is not other for one, other in zip(known, members)):
            self._crowd = Crowd(members)
        return self._crowd

    def _hinting(self, profile: StyleProfile, prior: StyleProfile | None) -> list[Member]:
        """Return the other people of whom another host's weights are known."""
        others = {**(prior.members if prior else {}), **profile.members}
        return [member for id, member in others.items() if member.hints and id != profile.id]

    def _kin_of(self, profile: StyleProfile) -> "_Kin":
        if self._kin is None or not self._kin.follow(profile, self._block):
            self._kin = _Kin(profile, self._block)
        return self._kin


class _Kin:
    """The player's knobs that speak of their tag, all turned the way that the tag goes."""

    def __init__(self, profile: StyleProfile, block_of: Callable):
        self._habits, self._infos = profile.own.habits, profile.infos
        kinds = {key: _kind(profile, key) for key, habits in self._habits.items() if habits}
        self._keys = [key for key, (tag, _) in kinds.items() if tag]
        self._places = {key: place for place, key in enumerate(self._keys)}
        self._blocks = [block_of(profile.id, profile.own, key) for key in self._keys]
        self._tags = [kinds[key][0] for key in self._keys]
        self._ways = np.array([kinds[key][1] for key in self._keys])
        self._total = self._turned([block.total for block in self._blocks])

    def follow(self, profile: StyleProfile, block_of: Callable) -> bool:
        """Take over what the player has set since; return False where other knobs speak now."""
        before, self._habits = self._habits, profile.own.habits
        infos, self._infos = self._infos, profile.infos
        if before.keys() != self._habits.keys():
            return False
        for key, habits in self._habits.items():
            if infos[key] is not self._infos[key] or bool(habits) != bool(before[key]):
                return False
            if habits is not before[key] and key in self._places:
                place = self._places[key]
                block = self._blocks[place] = block_of(profile.id, profile.own, key)
                self._total[place] = votes.turned(block.total[None], self._ways[place:place + 1])[0]
        return True

    def say(self, keys: Sequence[Key], tags: Sequence[str], emotion: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the votes (keys, CELLS) on other plugins' knobs of these tags: all, and those under the emotion."""
        of = {tag: np.array([tag == other for other in self._tags], float) for tag in set(tags)}
        beside = {plugin: np.array([plugin != other for other, _ in self._keys], float) for plugin in {key[0] for key in keys}}
        asked = np.array([of[tag] * beside[plugin] for tag, (plugin, _) in zip(tags, keys)])
        here = self._turned([block.under(emotion) for block in self._blocks])
        return asked @ self._total, asked @ here

    def _turned(self, rows: list[np.ndarray]) -> np.ndarray:
        return votes.turned(np.array(rows).reshape(-1, CELLS), self._ways)


class _Heard(NamedTuple):
    """What the player said under the emotion: votes (keys, CELLS), how many sessions they are worth, settings.

    guessed : what the player said of like knobs and under like words, where nothing was said here.
    """

    rows: np.ndarray
    sure: np.ndarray
    counts: list[int]
    guessed: np.ndarray


class _Own:
    """A parameter's habits as rows, as of the player's birth; of ``before``, what has not changed is taken over."""

    def __init__(self, habits: dict[str, Habit], before: "_Own | None" = None):
        self.habits = habits
        self.words = tuple(habits)
        if before is not None and before.words == self.words:
            self.rows = before.rows.copy()
            for index, (word, habit) in enumerate(habits.items()):
                if before.habits[word] is not habit:
                    self.rows[index] = votes.decoded(habit)
        else:
            self.rows = np.array([votes.decoded(habit) for habit in habits.values()]).reshape(-1, CELLS)
        self.total = self.rows.sum(axis=0)
        self.masses = self.rows.sum(axis=1)
        self.mass = float(self.masses.sum())

    def under(self, emotion: str | None) -> np.ndarray:
        if emotion is None:
            return self.total
        return self.rows[self.words.index(emotion)] if emotion in self.habits else NONE

    def sure_of(self, emotion: str | None) -> float:
        """Return the sessions that the votes are worth: fresh ones as many as there were."""
        if emotion is None:
            return sum(self.sure_of(word) for word in self.words)
        habit = self.habits.get(emotion)
        return 0.0 if habit is None else float(self.masses[self.words.index(emotion)]) * _full(habit.sessions)

    def count(self, emotion: str | None) -> int:
        if emotion is None:
            return sum(habit.settings for habit in self.habits.values())
        return self.habits[emotion].settings if emotion in self.habits else 0


_NOTHING = _Own({})


def _full(sessions: int) -> float:
    """Return n over what n fresh votes add up to, the newest being 1."""
    return 2.0 * (sessions + 1) / (sessions + 3)


def _leading(guessed: np.ndarray, sources: Evidence) -> np.ndarray:
    """Return the votes (keys,) of the guesses that have the strongest say in their answer; 0 for the others."""
    left = sources.default.sum(axis=1) + (sources.same_tag + sources.neighbours)[:, AT_DEFAULT]
    rest = np.maximum.reduce([left, sources.elsewhere.sum(axis=1), sources.others.sum(axis=1)])
    guess = guessed.sum(axis=1)
    return np.where(guess > rest, guess, 0.0)


def _add_hints(rows: np.ndarray, weight: float, profile: StyleProfile, member: Member, keys: Sequence[Key],
               emotion: str | None) -> list[int]:
    """Add what another host wrote of ``member`` to votes (keys, CELLS); return the keys' places that it speaks of."""
    spoken = []
    for index, key in enumerate(keys) if member.hints else ():
        hint = hint_of(member, key, emotion)
        if hint is not None:
            default = profile.infos[key].default
            rows[index, cell_of(min(max(default + hint, 0.0), 1.0), default)] += weight
            spoken.append(index)
    return spoken


def hint_of(member: Member, key: Key, emotion: str | None) -> float | None:
    """Return the weight that another host gave a knob under an emotion, else for all of them, or None."""
    hints = member.hints.get(key, {})
    return hints.get("" if emotion is None else emotion, hints.get(""))


def _kind(profile: StyleProfile, key: Key) -> tuple[str, int]:
    """Return a knob's tag, "" where it says nothing of it, and 1 or, where more of the knob is less of the tag, -1."""
    info = profile.infos[key]
    way = way_of(*key, info.label)
    return (info.tag or tag_of(info.id, info.label) if way else ""), way
