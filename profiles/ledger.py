"""Log records become a profile here, online and on a rebuild alike: one code path, one result.

A session's adjustments are gathered and folded in when it ends: one vote for each
parameter and emotion, its last settled value. So an evening of fiddling with one knob
weighs no more than a single decided turn.
"""

from collections.abc import Iterable

from profiles import profile as model
from profiles.errors import ProfileError
from profiles.profile import Habit, ParameterInfo, StyleProfile, cell_of, new_profile, vote_weight

Key = tuple[str, str, str]  # plugin, parameter, emotion


class Ledger:
    """Applies records, in order of their numbers, to a profile."""

    def __init__(self, profile: StyleProfile):
        self.profile = profile
        self._session: dict[Key, dict[int, float]] | None = None  # settled values by record number
        self._last = (0, 0.0)  # number and age of the newest record of the session

    @property
    def session_open(self) -> bool:
        return self._session is not None

    def apply(self, record: dict) -> None:
        """Take one record as ``AdjustmentLog`` gives it."""
        kind = record["kind"]
        if kind == "declare":
            info = ParameterInfo(record["id"], record["default"], record["label"], record["tag"])
            self.profile = self.profile.declared(record["plugin"], info)
        elif kind == "start":
            self.close()  # a lost end: the session before it still counts
            self._session = {}
        if "age" in record:
            self._last = (record["n"], record["age"])
        if kind == "adjust":
            self._adjusted(record)
        elif kind == "retract" and self._session is not None:
            for settled in self._session.values():
                settled.pop(record["adjust"], None)
        elif kind == "end":
            self.close()

    def _adjusted(self, record: dict) -> None:
        plugin, parameter = record["plugin"], record["parameter"]
        if (plugin, parameter) not in self.profile.infos:
            # Nobody declared it: where the hand first found the knob is the best guess at its default.
            self.profile = self.profile.declared(plugin, ParameterInfo(parameter, record["old"]))
        if self._session is None:
            self._session = {}  # a lost start
        settled = self._session.setdefault((plugin, parameter, record["emotion"]), {})
        settled[record["n"]] = record["new"]

    def refuse_when_full(self, plugin: str, parameter: str, emotion: str) -> None:
        """Raise ProfileError when a change here would outgrow what a profile holds."""
        key = (plugin, parameter)
        if key not in self.profile.infos:
            self.profile.declared(plugin, ParameterInfo(parameter, 0.0))
        habits, session = self.profile.own.habits, self._session or {}
        if emotion not in habits.get(key, {}) and (*key, emotion) not in session:
            if sum(map(len, habits.values())) + len(session) >= model.MAX_HABITS:
                raise ProfileError(f"a profile holds at most {model.MAX_HABITS} pairs of parameter and emotion; "
                                   f"{plugin} {parameter} under {emotion} is one more")

    def close(self) -> None:
        """Fold the open session into the profile, if there is one."""
        if self._session is not None:
            self.profile = _folded(self.profile, self._session, *self._last)
            self._session = None


def rebuild(records: Iterable[dict], profile: StyleProfile | None = None) -> StyleProfile:
    """Return the profile that the records give, bit for bit what learning online gave.

    profile : where to start; by default neutral, with the id and name that the log opens with.
    """
    records = list(records)
    if profile is None:
        opening = next((record for record in records if record["kind"] == "profile"), None)
        if opening is None:
            raise ProfileError("the log does not say which profile it belongs to")
        profile = new_profile(opening["name"], opening["id"])
    ledger = Ledger(profile)
    for record in records:
        ledger.apply(record)
    ledger.close()
    return ledger.profile


def _folded(profile: StyleProfile, session: dict[Key, dict[int, float]], n: int, age: float) -> StyleProfile:
    votes = {key: settled for key, settled in session.items() if settled}
    own = profile.own
    if not votes:
        return profile
    age = min(max(own.age, int(age)), model.MAX_AGE)
    habits = dict(own.habits)
    for (plugin, parameter, emotion), settled in votes.items():
        cell = cell_of(settled[max(settled)], profile.infos[plugin, parameter].default)
        emotions = dict(habits.get((plugin, parameter), {}))
        emotions[emotion] = _voted(emotions.get(emotion, Habit()), cell, len(settled), age)
        habits[plugin, parameter] = emotions
    return profile.with_own(age=age, sessions=own.sessions + 1, folded=n, habits=habits)


def _voted(habit: Habit, cell: int, settings: int, age: int) -> Habit:
    cells = {**habit.cells, cell: habit.cells.get(cell, 0) + vote_weight(age)}
    return Habit(cells, habit.sessions + 1, habit.settings + settings)
