"""My Style Analyzer: everything there is to tell about a profile, ready to be shown in a terminal or on a page."""

import re
from dataclasses import dataclass

from firmware.names import show_value
from profiles import change, trends
from profiles.prior import factory
from profiles.profile import StyleProfile

FACTORY_ORDER = ("calm", "dreamy", "warm", "dark", "powerful", "aggressive", "joyful", "melancholy")
DAY = 86400
PEOPLE = 12
OTHERS, FACTORY = "others", "the factory"
THAN = {OTHERS: "others do", FACTORY: "the factory style does"}


@dataclass(frozen=True)
class Habit:
    """Joined habits of one effect and emotion, and their sentence."""

    trends: tuple[trends.Trend, ...]
    sentence: str


@dataclass(frozen=True)
class Person:
    """A member of a merged profile, with the strongest habits."""

    name: str
    sessions: int
    settings: int
    habits: tuple[str, ...]


@dataclass(frozen=True)
class Analysis:
    """A profile's player.

    days : of the box's time, from the first session to the last.
    emotions : those with habits, the box's own in their order, then the most used.
    contrasts, others : (sentence, Contrast), between emotions and between the player and the crowd.
    crowd : what the player is compared with, OTHERS or FACTORY.
    """

    profile: StyleProfile
    days: int
    settings: int
    trends: tuple[trends.Trend, ...]
    emotions: tuple[str, ...]
    habits: tuple[Habit, ...]
    contrasts: tuple[tuple[str, trends.Contrast], ...]
    others: tuple[tuple[str, trends.Contrast], ...]
    crowd: str
    untouched: tuple[str, ...]
    changes: tuple[tuple[str, change.Change], ...]
    heat: tuple[trends.HeatRow, ...]
    portrait: dict[str, dict[str, float]]
    members: tuple[Person, ...]

    @property
    def name(self):
        return self.profile.name

    @property
    def facts(self):
        """The card's figures, as (number, of what)."""
        figures = [(self.profile.sessions, "session"), (self.settings, "setting"), (len(self.heat), "knob"),
                   (len([emotion for emotion in self.emotions if emotion]), "emotion"), (self.days, "day")]
        return [(count, thing if count == 1 else f"{thing}s") for count, thing in figures if count or thing == "session"]


def analyse(profile, prior=None, sessions=()):
    """Look a profile through.

    prior : other people, or the factory's style, to compare with; None compares with merged members alone.
    sessions : ``ledger.Session`` records, where the log is at hand; without them no change over time is told.
    """
    found = tuple(trends.trends(profile))
    crowd = FACTORY if prior is factory() else OTHERS
    return Analysis(
        profile, profile.own.age // DAY, sum(trend.settings for trend in found), found, order_of(found),
        tuple(Habit(group, trends.sentence(group, show_value)) for group in trends.joined(found)),
        tuple((trends.contrast_sentence(pair, show_value), pair) for pair in trends.contrasts(found)),
        tuple((trends.contrast_sentence(pair, show_value, THAN[crowd]), pair) for pair in trends.differences(profile, prior)), crowd,
        tuple(trends.untouched_sentence(*item) for item in trends.untouched(profile).items()),
        tuple((change.change_sentence(moved, show_value), moved) for moved in change.changes(profile, sessions)),
        tuple(trends.heatmap(found)), trends.portrait(found), people(profile))


def whole(sentence):
    """A sentence in which no number leaves its unit behind at the end of a line."""
    return re.sub(r"(\d) (?=%|[A-Za-z]{1,3}\b)", "\\1\u00a0", sentence)


def order_of(found):
    """The emotions of some trends: the factory's in their order, then the others, the most used first."""
    used = {}
    for trend in found:
        used[trend.emotion] = used.get(trend.emotion, 0) + trend.settings
    strangers = sorted((emotion for emotion in used if emotion not in FACTORY_ORDER),
                       key=lambda emotion: (-used[emotion], emotion))
    return (*(emotion for emotion in FACTORY_ORDER if emotion in used), *strangers)


def people(profile):
    """The other members of a merged profile, who played longest first, as many as anybody reads of."""
    others = [id for id in profile.members if id != profile.id]
    others.sort(key=lambda id: (-profile.members[id].sessions, profile.members[id].name, id))
    return tuple(person(trends.alone(profile, id)) for id in others[:PEOPLE])


def person(solo):
    """One member, alone."""
    found = trends.trends(solo)
    return Person(solo.name, solo.own.sessions, sum(trend.settings for trend in found),
                  tuple(trends.sentence(group, show_value, solo.name) for group in trends.joined(found)[:3]))
