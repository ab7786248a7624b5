"""What the profile says about its player: habits, how they differ, and sentences with the evidence."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from profiles.blend import SharedLearner
from profiles.learner import HistogramLearner, Suggestion
from profiles.profile import Member, ParameterInfo, StyleProfile
from profiles.tags import tag_of
from profiles.wording import TAGS, Words, noun, title, words

Show = Callable[[str, str, float], str]     # (plugin, parameter, raw) -> the value in its unit

UNMOVED = 0.01          # a habit so near the default is to leave the knob as it is
TOLD = 0.05             # a habit this far from the default is worth joining to another
JOINED = 3              # habits in a sentence: more nobody takes in
FAIRLY_SURE, SURE = 0.6, 0.8
APART = 0.1             # of a knob's travel, between two values that are called different
HINT_CONFIDENCE = 0.3   # of another host's bare weight
SEVERAL = 4             # sessions after which a low confidence means that they disagree
USED = 3                # settings after which what was never touched says something


class Trend(NamedTuple):
    """One habit: where a parameter is set under an emotion, as ``Suggestion`` says.

    emotion : "" where another host gave a weight for all of them.
    value, low, high : raw; None where another host gave no more than a weight.
    settings, sessions : the evidence, 0 for another host's.
    words : what the knob's directions are called.
    """

    plugin: str
    parameter: str
    emotion: str
    label: str
    tag: str
    value: float | None
    low: float | None
    high: float | None
    weight: float
    confidence: float
    settings: int
    sessions: int
    words: Words

    @property
    def strength(self) -> float:
        """How far from the default, and how sure."""
        return abs(self.weight) * self.confidence

    @property
    def moved(self) -> bool:
        """Whether it is anywhere but at the default."""
        return abs(self.weight) > UNMOVED

    @property
    def how(self) -> str:
        """The direction in words; "" where the knob is left alone or has none."""
        return "" if not self.moved else self.words.up if self.weight > 0 else self.words.down


class Contrast(NamedTuple):
    """A knob that stands differently under two emotions, or with the player and with others.

    other : what ``trend`` differs from; its emotion is the same where it is other people's.
    """

    trend: Trend
    other: Trend

    @property
    def strength(self) -> float:
        return abs(self.trend.value - self.other.value) * min(self.trend.confidence, self.other.confidence)

    @property
    def how(self) -> str:
        up, down, _ = self.trend.words
        return up if self.trend.value > self.other.value else down


class HeatRow(NamedTuple):
    """A parameter in the heatmap. cells : {emotion: (settings, weight)}."""

    plugin: str
    parameter: str
    label: str
    cells: dict[str, tuple[int, float]]


def alone(profile: StyleProfile, member: str | None = None) -> StyleProfile:
    """Return what one member (by default the profile's own) has learnt, as if nobody else were in there."""
    member = member or profile.id
    return StyleProfile(member, {member: profile.members[member]}, profile.infos)


def trends(profile: StyleProfile) -> list[Trend]:
    """Return the player's own habits, the farthest and surest first; of a combined profile what its leaders make together."""
    solo, learner = profile if profile.shares else alone(profile), SharedLearner()
    settled = {(key, emotion) for member in solo.leaders for key, emotions in member.habits.items() for emotion in emotions}
    found = [_trend(solo, learner, key, emotion) for key, emotion in settled]
    hinted = {(key, emotion): weight for member in solo.leaders for key, hints in member.hints.items()
              for emotion, weight in hints.items()}
    found += [_hinted(solo, learner, *place, weight) for place, weight in hinted.items() if place not in settled]
    return sorted(found, key=lambda trend: (-trend.strength, trend[:3]))


def joined(found: Iterable[Trend]) -> list[tuple[Trend, ...]]:
    """Return the habits with those of one effect and emotion together, the strongest first, each list as a sentence."""
    groups: dict[tuple, list[Trend]] = {}
    for trend in found:
        groups.setdefault((trend.plugin, trend.emotion, trend.moved, trend.settings > 0), []).append(trend)
    kept = [(lead, *(rest if not lead.moved else _telling(lead, rest))) for lead, *rest in groups.values()]
    return sorted(kept, key=lambda group: -sum(trend.strength for trend in group))


def sentence(habit: Trend | tuple[Trend, ...], show: Show | None = None, who: str = "") -> str:
    """Return a habit, or joined ones, in plain words; ``who`` names a player other than "you"."""
    lead, *rest = [habit] if isinstance(habit, Trend) else habit
    runs = _leaves(habit, who) if rest and not lead.moved else _runs(lead, show, who)
    others = [f"{trend.how} ({_stands(trend, show)})" for trend in rest if trend.how]
    also = f"; also {_listed(others)}" if others else ""
    if not lead.settings:
        return f"{_where(lead.emotion)} {runs}, from a host's weight alone, a first hint{also}."
    return (f"{_where(lead.emotion)} {runs}, from {_many(lead.settings, 'setting')} in "
            f"{_many(lead.sessions, 'session')}, {sure(lead.confidence, lead.sessions)}{also}.")


def contrasts(found: Iterable[Trend]) -> list[Contrast]:
    """Return the knobs that two emotions set differently, the clearest first; one pair of emotions for each knob."""
    knobs: dict[tuple, list[Trend]] = {}
    for trend in found:
        if trend.settings and trend.confidence >= FAIRLY_SURE:
            knobs.setdefault(trend[:2], []).append(trend)
    pairs = (Contrast(trend, other) for sure_ones in knobs.values() for trend in sure_ones for other in sure_ones
             if abs(trend.value - other.value) >= APART and abs(trend.weight) >= abs(other.weight))
    best: dict[tuple, Contrast] = {}
    for pair in sorted(pairs, key=lambda pair: (-pair.strength, pair.trend[:3], pair.other[:3])):
        best.setdefault(pair.trend[:2], pair)
    return list(best.values())


def differences(profile: StyleProfile, prior: StyleProfile | None) -> list[Contrast]:
    """Return where the player does otherwise than the other people in profile and prior, the clearest first."""
    crowd, learner = _crowd(profile, prior), HistogramLearner()
    nobody = StyleProfile(profile.id, {profile.id: Member(profile.name)}, profile.infos)
    found = []
    for trend in trends(profile):
        if trend.settings and trend.confidence >= FAIRLY_SURE and _anybody(crowd, trend):
            answer = learner.suggest(nobody, crowd, *trend[:3])
            other = trend._replace(value=answer.value, low=answer.low, high=answer.high, weight=answer.weight)
            if abs(trend.value - other.value) >= APART:
                found.append(Contrast(trend, other))
    return sorted(found, key=lambda pair: (-pair.strength, pair.trend[:3]))


def contrast_sentence(pair: Contrast, show: Show | None = None, others: str = "others do") -> str:
    """Return in plain words how two emotions differ, or the player and ``others``."""
    trend, other = pair
    values = f"{trend.label} {_value(trend, show)} against {_value(other, show)}"
    if trend.emotion == other.emotion:
        how = f"run the {noun(trend.plugin)} {pair.how} than {others}" if pair.how else f"do otherwise than {others}"
        return f"{_where(trend.emotion)} you {how}: {values}."
    how = f"run the {noun(trend.plugin)} {pair.how}" if pair.how else f"set the {noun(trend.plugin)} otherwise"
    return f"You {how} in {trend.emotion} than in {other.emotion} parts: {values}."


def untouched(profile: StyleProfile) -> dict[str, list[str]]:
    """Return {plugin: labels} of the knobs never turned on plugins that are in use, the most used plugin first."""
    used: dict[str, int] = {}
    for (plugin, _), emotions in profile.own.habits.items():
        used[plugin] = used.get(plugin, 0) + sum(habit.settings for habit in emotions.values())
    never = {plugin: [info.label or title(info.id) for key, info in profile.infos.items()
                      if key[0] == plugin and key not in profile.own.habits]
             for plugin in sorted(used, key=lambda plugin: (-used[plugin], plugin)) if used[plugin] >= USED}
    return {plugin: labels for plugin, labels in never.items() if labels}


def untouched_sentence(plugin: str, labels: list[str]) -> str:
    """Return in plain words what is never turned."""
    return f"You never touch the {noun(plugin)}'s {_listed(_few(labels))}."


def heatmap(found: Iterable[Trend]) -> list[HeatRow]:
    """Return what is set how often and which way, by parameter and emotion, the most used first."""
    rows: dict[tuple, HeatRow] = {}
    for trend in found:
        row = rows.setdefault(trend[:2], HeatRow(*trend[:2], trend.label, {}))
        row.cells[trend.emotion] = trend.settings, trend.weight
    return sorted(rows.values(), key=lambda row: (-sum(count for count, _ in row.cells.values()), row[:2]))


def portrait(found: Iterable[Trend]) -> dict[str, dict[str, float]]:
    """Return {emotion: {tag: -1..1}}, how far the player goes from the defaults towards more or less of each tag.

    The mean of the knobs that carry the tag, each counted as much as it is sure; a knob whose
    direction says nothing of its tag is left out.
    """
    sums: dict[tuple[str, str], tuple[float, float]] = {}
    for trend in found:
        if trend.words.way and trend.tag in TAGS:
            total, share = sums.get((trend.emotion, trend.tag), (0.0, 0.0))
            sums[trend.emotion, trend.tag] = (total + trend.confidence * trend.words.way * trend.weight,
                                              share + trend.confidence)
    drawn: dict[str, dict[str, float]] = {}
    for (emotion, tag), (total, share) in sums.items():
        if share:
            drawn.setdefault(emotion, {})[tag] = total / share
    return drawn


def sure(confidence: float, sessions: int = 0) -> str:
    """Return a confidence in words; where many sessions give little of it, they disagree."""
    if confidence >= FAIRLY_SURE:
        return "sure" if confidence >= SURE else "fairly sure"
    return "a first hint" if sessions < SEVERAL else "not always"


def _trend(profile: StyleProfile, learner: SharedLearner, key: tuple[str, str], emotion: str) -> Trend:
    answer = learner.suggest(profile, None, *key, emotion)
    info = profile.infos[key]
    habits = [member.habits[key][emotion] for member in profile.leaders if emotion in member.habits.get(key, {})]
    label = info.label or title(info.id)
    return Trend(*key, emotion, label, info.tag or tag_of(info.id, label), answer.value, answer.low, answer.high, answer.weight,
                 answer.confidence, sum(habit.settings for habit in habits), sum(habit.sessions for habit in habits), words(*key, label))


def _hinted(profile: StyleProfile, learner: SharedLearner, key: tuple[str, str], emotion: str, weight: float) -> Trend:
    info = profile.infos.get(key, ParameterInfo(key[1], 0.0))
    label = info.label or title(key[1])
    known = key in profile.infos    # else nobody can say which value a weight leads to
    answer = (learner.suggest(profile, None, *key, emotion or None) if known
              else Suggestion(None, None, None, HINT_CONFIDENCE, weight, 0))
    return Trend(*key, emotion, label, info.tag or tag_of(key[1], label), answer.value, answer.low, answer.high, answer.weight,
                 answer.confidence, 0, 0, words(*key, label))


def _crowd(profile: StyleProfile, prior: StyleProfile | None) -> StyleProfile:
    members = {**(prior.members if prior else {}), **profile.members, profile.id: Member(profile.name)}
    return StyleProfile(profile.id, members, profile.infos)


def _anybody(crowd: StyleProfile, trend: Trend) -> bool:
    return any(trend.emotion in member.habits.get(trend[:2], {}) for member in crowd.members.values())


def _runs(trend: Trend, show: Show | None, who: str) -> str:
    subject, s = (who, "s") if who else ("you", "")
    value = f"around {_value(trend, show)}" if trend.settings else _value(trend, show)
    if not trend.moved:
        return f"{subject} leave{s} the {noun(trend.plugin)} as it is: {trend.label} {value}"
    if not trend.how:
        return f"{subject} set{s} the {noun(trend.plugin)}'s {trend.label} to {_value(trend, show)}"
    return f"{subject} run{s} the {noun(trend.plugin)} {trend.how}: {trend.label} {value}"


def _leaves(group: tuple[Trend, ...], who: str) -> str:
    subject = f"{who} leaves" if who else "you leave"
    labels = _listed(_few([trend.label for trend in group]))
    return f"{subject} the {noun(group[0].plugin)}'s {labels} as they are"


def _where(emotion: str) -> str:
    return f"In {emotion} parts" if emotion else "In all parts"


def _stands(trend: Trend, show: Show | None) -> str:
    return f"{trend.label} {_value(trend, show)}"


def _value(trend: Trend, show: Show | None) -> str:
    if not trend.settings:
        return f"{100 * trend.weight:+.0f} % of its travel"
    return show(trend.plugin, trend.parameter, trend.value) if show else f"{100 * trend.value:.0f} %"


def _telling(lead: Trend, rest: list[Trend]) -> list[Trend]:
    """Return those of an effect's other habits that are far and sure enough to be told with the first."""
    return [trend for trend in rest
            if abs(trend.weight) >= TOLD and trend.confidence >= lead.confidence / 2][:JOINED - 1]


def _few(labels: list[str]) -> list[str]:
    return labels if len(labels) <= 4 else [*labels[:3], f"{len(labels) - 3} more"]


def _listed(things: list[str]) -> str:
    return things[0] if len(things) == 1 else f"{', '.join(things[:-1])} and {things[-1]}" if things else ""


def _many(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
