"""Producer DNA: a profile as one checksummed file for a stick, with nothing private in it.

What goes out is statistics and names of plugins, parameters and emotions: no log, no
times of day (ages count from a member's first session), no machine names. At the end
stands a card for people: whose it is, of which day, how much was learnt, three habits in words.
Nothing is ever read from it.
"""

import datetime
import itertools
from dataclasses import replace
from pathlib import Path

from profiles import atomic, document, trends
from profiles.errors import ProfileError
from profiles.profile import StyleProfile
from profiles.store import file_name

SUFFIX = ".loopmind.json"
_TRENDS = 3
_FIRST_YEAR = 2025  # a box without a network and a clock battery thinks it is 1970: better no date than that


def export(profile: StyleProfile, folder: str | Path, day: datetime.date | None = None,
           show: trends.Show | None = None) -> Path:
    """Write ``profile`` to ``folder`` and return the file's path.

    day, show : see ``dna``.
    An earlier export of the same profile is replaced; another's file of that name is left
    alone. ProfileError when the stick is full, read-only or gone; no half file stays.
    """
    if not Path(folder).is_dir():
        raise ProfileError(f"{folder}: not a folder; is the stick still there?")
    path = _place(profile, Path(folder))
    atomic.write(path, dna(profile, day, show))
    return path


def dna(profile: StyleProfile, day: datetime.date | None = None, show: trends.Show | None = None) -> bytes:
    """Return the content of the file.

    day : for the card; by default today. show : formats values in the card's sentences, see ``trends.sentence``.
    """
    return document.to_json(public(profile), True, card(profile, day or datetime.date.today(), show)).encode()


def card(profile: StyleProfile, day: datetime.date, show: trends.Show | None = None) -> dict:
    """Return what people want to know of a profile.

    settings : adjustments that settled. led_by : {name: share, 0..1} of those who lead a combined profile.
    """
    leaders = profile.leaders
    total = sum(profile.shares.values())
    emotions = {word for member in leaders for words in (*member.habits.values(), *member.hints.values()) for word in words}
    return {"name": profile.name,
            "date": day.isoformat() if day.year >= _FIRST_YEAR else "",
            "sessions": profile.sessions,
            "settings": sum(habit.settings for member in leaders for words in member.habits.values() for habit in words.values()),
            "parameters": len(profile.known),
            "emotions": sorted(emotions - {""}),
            "others": [member.name for id, member in sorted(profile.members.items())
                       if id != profile.id and id not in profile.shares],
            "led_by": {profile.members[id].name: round(share / total, 3) for id, share in profile.shares.items()},
            "trends": habits_in_words(profile, show)[:_TRENDS]}


def habits_in_words(profile: StyleProfile, show: trends.Show | None = None) -> list[str]:
    """Return the leaders' habits as sentences, the strongest first; where there are several, each says whose it is."""
    found = [(group, "" if id == profile.id else profile.members[id].name)
             for id in (profile.id, *(id for id, share in profile.shares.items() if share))
             for group in trends.joined(trends.trends(trends.alone(profile, id)))]
    found.sort(key=lambda each: -sum(trend.strength for trend in each[0]))
    return [trends.sentence(group, show, who) for group, who in found]


def found(folder: str | Path) -> list[Path]:
    """Return the exported files in ``folder``, by name."""
    try:
        return sorted(path for path in Path(folder).iterdir()
                      if path.name.endswith(SUFFIX) and not path.name.startswith("."))
    except OSError as error:
        raise ProfileError(f"{folder}: cannot be read: {error.strerror}") from None


def import_(path: str | Path) -> StyleProfile:
    """Return the verified profile in a file; ``ProfileStore.add`` keeps it.

    ProfileError when the file is damaged; another host's file comes without a checksum.
    """
    return document.read(path)


def public(profile: StyleProfile) -> StyleProfile:
    """Return the profile without its place in a log, which is nobody's business."""
    return replace(profile, members={id: replace(member, folded=0) for id, member in profile.members.items()})


def _place(profile: StyleProfile, folder: Path) -> Path:
    stem = file_name(profile.name)
    for n in itertools.count(1):
        path = folder / f"{stem if n == 1 else f'{stem} {n}'}{SUFFIX}"
        if not path.exists() or _holds(path, profile):
            return path


def _holds(path: Path, profile: StyleProfile) -> bool:
    try:
        return document.read(path).id == profile.id
    except ProfileError:
        return False
