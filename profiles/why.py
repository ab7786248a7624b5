"""Why did it do that? Where My Style would put a knob, and who had how much of a say in it."""

from typing import NamedTuple

from profiles import checks
from profiles.blend import SharedLearner, mixed, says_of
from profiles.errors import ProfileError
from profiles.learner import HINT_VOTES, hint_of
from profiles.profile import Habit, StyleProfile
from profiles.tags import tag_of
from profiles.trends import UNMOVED, Show, sure
from profiles.votes import decoded, today
from profiles.wording import noun, title

WORTH_TELLING = 0.05    # a smaller say nobody asks for
SPEAKERS = {"own": "your settings here", "elsewhere": "yours in other parts", "same_tag": "yours on knobs of its kind",
            "neighbours": "yours in like moods", "others": "other people's and the factory's",
            "guest": "your guest's", "hint": "another host's hint", "default": "the knob's default"}


class Why(NamedTuple):
    """The answer with its evidence.

    tag : what the knob is about, "" where that is not known. value, low, high, default : raw; confidence, guess as
    in ``Suggestion``; settings, sessions : the player's own here; theirs : settings of leaders or guest.
    says : who had how much of a say, (field of ``Evidence``, "guest" or "hint", share), the most first.
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
    theirs: int
    says: tuple[tuple[str, float], ...]


def why(profile: StyleProfile, prior: StyleProfile | None, plugin: str, parameter: str, emotion: str,
        guest: StyleProfile | None = None, amount: float = 0.0) -> Why:
    """Explain a knob's value under an emotion; ProfileError where no such knob was ever declared.

    guest, amount : another producer's profile, and where the slider between the two stands, 0..1.
    """
    key = checks.name(plugin, "plugin"), checks.name(parameter, "parameter")
    checks.name(emotion, "emotion")
    if key not in profile.infos:
        hint = hint_of(profile.own, key, emotion)
        told = "" if hint is None else f": another host gives it a weight of {hint:+.2f}, which is a value once its default is known"
        raise ProfileError(f"nobody has declared a knob {plugin} {parameter}{told}")
    learner, info = SharedLearner(), profile.infos[key]
    heard = [(1.0 - amount, profile), (amount, guest)] if guest else [(1.0, profile)]
    heard = [(weight, each) for weight, each in heard if weight > 0.0]
    answers = [(weight, learner.suggest(each, prior, *key, emotion)) for weight, each in heard]
    answer, says = mixed(answers), dict.fromkeys(SPEAKERS, 0.0)
    for share, (_, each) in zip(says_of(answers), heard):
        for who, part in learner.explain(each, prior, *key, emotion)._asdict().items():
            says[who if each is profile or who in ("others", "default") else "guest"] += share * part
    habit = profile.own.habits.get(key, {}).get(emotion, Habit())
    if hint_of(profile.own, key, emotion) is not None:
        settled = decoded(habit).sum() * today(profile.own.age)
        says["hint"] = says["own"] * HINT_VOTES / (HINT_VOTES + settled)
        says["own"] -= says["hint"]
    return Why(*key, emotion, info.label or title(info.id), info.tag or tag_of(info.id, info.label), answer.value,
               answer.low, answer.high, info.default, answer.confidence, answer.guess, habit.settings,
               habit.sessions, max(answer.count - habit.settings, 0),
               tuple(say for say in sorted(says.items(), key=lambda say: -say[1]) if say[1] >= WORTH_TELLING))


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
    elif answer.theirs:
        who = "your guest" if "guest" in dict(answer.says) else "its leaders"
        because = f"since {who} set it there {_times(answer.theirs)}"
    elif answer.guess:
        because = f"a guess from {guessed_from(answer)}, since you have not set it there yet"
    elif answer.confidence:
        because = "another host's hint, since you have not set it there yet"
    else:
        because = "or would: as long as you have not set it there, the preset's value stays"
    return f"{goes}, {because}. The say in it: {_shares(answer)}."


def guessed_from(answer: Why) -> str:
    """Return what a guess comes from, in words."""
    says = dict(answer.says)
    sources = {"same_tag": f"your other {answer.tag} knobs", "neighbours": "what you set in like moods",
               "others": "what others do with like knobs", "guest": "your guest's like knobs"}
    return sources[max(sources, key=lambda who: says.get(who, 0.0))]


def _shares(answer: Why) -> str:
    return ", ".join(f"{SPEAKERS[who]} {100 * share:.0f} %" for who, share in answer.says)


def _times(n: int) -> str:
    return {1: "once", 2: "twice"}.get(n, f"{n} times")


def _sessions(n: int) -> str:
    return "1 session" if n == 1 else f"{n} sessions"
