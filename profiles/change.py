"""How a style changes over time: the older half of a habit's votes against the newer half.

Read from the sessions of the adjustment log, since the profile's counts no longer know which
vote was when. A change is told only where a rank test carries it (Mann and Whitney, Annals of
Mathematical Statistics 18, 1947, its normal approximation with ties). At the level below, two
hundred steady habits give about one change that is not there, and no less than ten votes can
say anything.
"""

import bisect
import math
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from profiles.ledger import LEARNT, Session
from profiles.profile import AT_DEFAULT, BINS, StyleProfile
from profiles.wording import Words, noun, title, words

SURE_Z = 2.8            # two-sided, p = 0.005
LEAST = 0.05            # of a knob's travel: less nobody hears
DAY = 86400.0


class Change(NamedTuple):
    """A habit that moved. before, now : medians of the halves, raw. points : (age in seconds, raw), as they were set."""

    plugin: str
    parameter: str
    emotion: str
    label: str
    before: float
    now: float
    points: tuple[tuple[float, float], ...]
    words: Words

    @property
    def days(self) -> int:
        """From the first setting to the last."""
        return round((self.points[-1][0] - self.points[0][0]) / DAY)


def changes(profile: StyleProfile, sessions: Iterable[Session]) -> list[Change]:
    """Return the habits that have moved, the farthest first.

    sessions : in their order; those that do not count any more are passed over.
    """
    points: dict[tuple[str, str, str], list[tuple[float, float]]] = {}
    for session in sessions:
        if session.state == LEARNT:
            for key, (cell, _) in session.votes.items():
                if key[:2] in profile.infos:    # the log may know more than an older profile
                    points.setdefault(key, []).append((session.age, _raw(cell, profile.infos[key[:2]].default)))
    found = [_change(profile, key, series) for key, series in points.items() if _moved(series)]
    return sorted(found, key=lambda change: (-abs(change.now - change.before), change[:3]))


def change_sentence(change: Change, show=None) -> str:
    """Return a change in plain words; ``show(plugin, parameter, raw)`` formats its values."""
    before, now = (show(change.plugin, change.parameter, raw) if show else f"{100 * raw:.0f} %"
                   for raw in (change.before, change.now))
    up, down, _ = change.words
    how = up if change.now > change.before else down
    run = f"run the {noun(change.plugin)} {how}" if how else f"set the {noun(change.plugin)} otherwise"
    newer = len(change.points) - len(change.points) // 2
    return (f"Lately you {run} in {change.emotion} parts: {change.label} {before} before, {now} in the last "
            f"{newer} sessions.")


def _change(profile: StyleProfile, key: tuple[str, str, str], points: list[tuple[float, float]]) -> Change:
    info = profile.infos[key[:2]]
    label = info.label or title(info.id)
    older, newer = _halves(points)
    return Change(*key, label, _median(older), _median(newer), tuple(points), words(*key[:2], label))


def _moved(points: list[tuple[float, float]]) -> bool:
    older, newer = _halves(points)
    return (bool(older) and abs(_median(newer) - _median(older)) >= LEAST
            and abs(rank_z(older, newer)) >= SURE_Z)


def rank_z(older: list[float], newer: list[float]) -> float:
    """Return how many standard deviations the rank sum of ``newer`` lies from that of no difference."""
    ordered, n, m = sorted(older), len(older), len(newer)
    above = sum(bisect.bisect_left(ordered, value) + bisect.bisect_right(ordered, value) for value in newer) / 2.0
    ties = sum(count ** 3 - count for count in Counter([*older, *newer]).values())
    total = n + m
    variance = n * m / 12.0 * (total + 1 - ties / (total * (total - 1)))
    return (above - n * m / 2.0) / math.sqrt(variance) if variance > 0 else 0.0


def _halves(points: list[tuple[float, float]]) -> tuple[list[float], list[float]]:
    values = [value for _, value in points]
    return values[:len(values) // 2], values[len(values) // 2:]


def _median(values: list[float]) -> float:
    ordered, middle = sorted(values), len(values) // 2
    return ordered[middle] if len(values) % 2 else (ordered[middle - 1] + ordered[middle]) / 2.0


def _raw(cell: int, default: float) -> float:
    return default if cell == AT_DEFAULT else (cell + 0.5) / BINS
