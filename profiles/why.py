"""Why did it do that? Where My Style would put a knob, and who had how much of a say in it."""

from typing import NamedTuple

from profiles import checks
from profiles.blend import SharedLearner
from profiles.errors import ProfileError
from profiles.profile import StyleProfile
from profiles.tags import tag_of
from profiles.trends import UNMOVED, Show, sure
from profiles.wording import noun, title

WORTH_TELLING = 0.05    # a smaller say nobody asks for
SPEAKERS = {"own": "your settings here", "elsewhere": "yours in other parts", "same_tag": "yours on knobs of its kind",
            "neighbours": "yours in like moods", "others": "other people's and the factory's", "default": "the knob's default"}


class Why(NamedTuple):
    """The answer with its evidence.

    tag : what the knob is about, "" where that is not known. value, low, high, default : raw; confidence, guess,
    settings as in ``Suggestion``; sessions : votes of the player's own here.
    says : who had how much of a say, (field of ``Evidence``, share), the most first.
    """

    plugin: str
    parameter: str
    emotion: str
    label: str
    tag: str
    value: float
    low: float
    high: float
    default: float
    confidence: float
    guess: bool
    settings: int
    sessions: int
    says: tuple[tuple[str, float], ...]


def why(profile: StyleProfile, prior: StyleProfile | None, plugin: str, parameter: str, emotion: str) -> Why:
    """Explain a knob's value under an emotion; ProfileError where no such knob was ever declared."""
    key = checks.name(plugin, "plugin"), checks.name(parameter, "parameter")
    checks.name(emotion, "emotion")
    if key not in profile.infos:
        raise ProfileError(f"nobody has declared a knob {plugin} {parameter}")
    learner, info = SharedLearner(), profile.infos[key]
    answer = learner.suggest(profile, prior, *key, emotion)
    evidence = learner.explain(profile, prior, *key, emotion)
    habit = profile.own.habits.get(key, {}).get(emotion)
    says = sorted(evidence._asdict().items(), key=lambda say: -say[1])
    return Why(*key, emotion, info.label or title(info.id), info.tag or tag_of(info.id, info.label), answer.value,
               answer.low, answer.high, info.default, answer.confidence, answer.guess, answer.count, habit.sessions if habit else 0,
               tuple(say for say in says if say[1] >= WORTH_TELLING))


def why_sentence(answer: Why, show: Show | None = None) -> str:
    """Return the answer in a sentence or two; ``show(plugin, parameter, raw)`` formats its values."""
    def shown(raw: float) -> str:
        return show(answer.plugin, answer.parameter, raw) if show else f"{100 * raw:.0f} %"

    knob = f"the {noun(answer.plugin)}'s {answer.label}"
    if abs(answer.value - answer.default) <= UNMOVED:
        goes = f"My Style leaves {knob} at its default, {shown(answer.default)}, in {answer.emotion} parts"
    else:
        puts = "leans {} towards" if answer.guess else "sets {} to"
        goes = f"My Style {puts.format(knob)} {shown(answer.value)} (default {shown(answer.default)}) in {answer.emotion} parts"
    if answer.settings:
        because = (f"since you set it there {_times(answer.settings)} in {_sessions(answer.sessions)}, {sure(answer.confidence, answer.sessions)}: "
                   f"four in five lie within {shown(answer.low)} and {shown(answer.high)}")
    elif answer.guess:
        because = f"a guess from {guessed_from(answer)}, since you have not set it there yet"
    elif answer.confidence:
        because = f"{sure(answer.confidence)}, though you have not set it there yet"
    else:
        because = "or would: as long as you have not set it there, the preset's value stays"
    return f"{goes}, {because}. The say in it: {_shares(answer)}."


def guessed_from(answer: Why) -> str:
    """Return what a guess comes from, in words."""
    says = dict(answer.says)
    sources = {"same_tag": f"your other {answer.tag} knobs", "neighbours": "what you set in like moods",
               "others": "what others do with like knobs"}
    return sources[max(sources, key=lambda who: says.get(who, 0.0))]


def _shares(answer: Why) -> str:
    return ", ".join(f"{SPEAKERS[who]} {100 * share:.0f} %" for who, share in answer.says)


def _times(n: int) -> str:
    return {1: "once", 2: "twice"}.get(n, f"{n} times")


def _sessions(n: int) -> str:
    return "1 session" if n == 1 else f"{n} sessions"
