"""Log records become a profile here, online and on a rebuild alike: one code path, one result.

A session's adjustments are gathered and folded in when it ends: one vote for each
parameter and emotion, its last settled value. So an evening of fiddling with one knob
weighs no more than a single decided turn. Votes are whole numbers that add, so a session
that is forgotten is taken out exactly, wherever it stands among the others.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from profiles import document
from profiles import profile as model
from profiles.errors import ProfileError
from profiles.profile import Habit, Member, ParameterInfo, StyleProfile, cell_of, new_profile, step_weight, vote_weight

Key = tuple[str, str, str]  # plugin, parameter, emotion

LEARNT, FORGOTTEN, REPLACED = "learnt", "forgotten", "replaced"


@dataclass(frozen=True)
class Session:
    """A session that went into the profile.

    number : 1, 2, ... as the log has them. first, last : its records' numbers there.
    time : the host's, at its beginning. age : of the member, at its end.
    votes : {(plugin, parameter, emotion): (cell, settled adjustments behind it)}.
    state : LEARNT, FORGOTTEN, or REPLACED by a profile that came from elsewhere.
    """

    number: int
    first: int
    last: int
    time: float
    age: int
    votes: Mapping[Key, tuple[int, int]]
    state: str = LEARNT

    @property
    def settings(self) -> int:
        """How many adjustments had settled."""
        return sum(settings for _, settings in self.votes.values())


@dataclass
class _Open:
    """The session that runs; settled : {key: {record number: value}}."""

    first: int
    time: float
    settled: dict[Key, dict[int, float]] = field(default_factory=dict)


class Ledger:
    """Applies records, in order of their numbers, to a profile.

    profile : what they have made of it. sessions : those that were folded in.
    """

    def __init__(self, profile: StyleProfile):
        self.profile = profile
        self.sessions: list[Session] = []
        self._first_age = profile.own.age  # before the first of the sessions
        self._open: _Open | None = None
        self._last = (0, 0.0)  # number and age of the newest record that has an age
        self._preview: StyleProfile | None = None
        self._changed: set[Key] = set()  # by adjustments since the preview was made

    @property
    def session_open(self) -> bool:
        return self._open is not None

    @property
    def preview(self) -> StyleProfile:
        """The profile as it would be if the session ended now."""
        if self._open is None:
            return self.profile
        before = self._preview
        if before is None or self._changed and not _weigh_alike(before.own.age, _age(self.profile.own, self._last[1])):
            self._preview = _folded(self.profile, self._votes(self._open.settled), *self._last)
        elif self._changed:     # a host that asks after each adjustment must not pay for the whole session
            self._preview = _folded(self.profile, self._votes(self._changed), *self._last, so_far=before.own)
        self._changed.clear()
        return self._preview

    def apply(self, record: dict) -> None:
        """Take one record as ``AdjustmentLog`` gives it."""
        kind = record["kind"]
        if kind != "adjust":
            self._preview = None
        if kind in ("start", "forget", "base"):
            self.close()  # a lost end: the session before it still counts
        if "age" in record:
            self._last = (record["n"], record["age"])
        if kind == "adjust":
            self._adjusted(record)
        elif kind == "declare":
            info = ParameterInfo(record["id"], record["default"], record["label"], record["tag"])
            self.profile = self.profile.declared(record["plugin"], info)
        elif kind == "start":
            self._open = _Open(record["n"], record["time"])
        elif kind == "retract" and self._open is not None:
            for settled in self._open.settled.values():
                settled.pop(record["adjust"], None)
        elif kind == "end":
            self.close()
        elif kind == "forget":
            self._forget(record)
        elif kind == "base":
            self._replace(*document.own_in(record["own"]), record["n"])

    def _adjusted(self, record: dict) -> None:
        plugin, parameter = record["plugin"], record["parameter"]
        if (plugin, parameter) not in self.profile.infos:
            # Nobody declared it: where the hand first found the knob is the best guess at its default.
            self.profile = self.profile.declared(plugin, ParameterInfo(parameter, record["old"]))
        if self._open is None:
            self._open = _Open(record["n"], record["time"])  # a lost start
        key = (plugin, parameter, record["emotion"])
        self._open.settled.setdefault(key, {})[record["n"]] = record["new"]
        self._changed.add(key)

    def refuse_when_full(self, plugin: str, parameter: str, emotion: str) -> None:
        """Raise ProfileError when a change here would outgrow what a profile holds."""
        key = (plugin, parameter)
        if key not in self.profile.infos:
            self.profile.declared(plugin, ParameterInfo(parameter, 0.0))
        habits, session = self.profile.own.habits, self._open.settled if self._open else {}
        if emotion not in habits.get(key, {}) and (*key, emotion) not in session:
            if sum(map(len, habits.values())) + len(session) >= model.MAX_HABITS:
                raise ProfileError(f"a profile holds at most {model.MAX_HABITS} pairs of parameter and emotion; "
                                   f"{plugin} {parameter} under {emotion} is one more")

    def close(self) -> None:
        """Fold the open session into the profile, if there is one."""
        if self._open is None:
            return
        votes = self._votes(self._open.settled)
        if votes:
            self.profile = _folded(self.profile, votes, *self._last)
            self.sessions.append(Session(len(self.sessions) + 1, self._open.first, self._last[0], self._open.time,
                                         self.profile.own.age, votes))
        self._open = self._preview = None

    def _votes(self, keys: Iterable[Key]) -> dict[Key, tuple[int, int]]:
        infos, found = self.profile.infos, ((key, self._open.settled[key]) for key in keys)
        return {key: (cell_of(settled[max(settled)], infos[key[:2]].default), len(settled)) for key, settled in found if settled}

    def _forget(self, record: dict) -> None:
        for index, session in enumerate(self.sessions):
            if session.first == record["session"] and session.state == LEARNT:
                self.sessions[index] = replace(session, state=FORGOTTEN)
                age = max([self._first_age, *(each.age for each in self.sessions if each.state == LEARNT)])
                later = [each for each in self.sessions[index + 1:] if each.state == LEARNT]
                self.profile = _unfolded(self.profile, session, later, record["n"], age)

    def _replace(self, member: Member, infos: dict, n: int) -> None:
        kept = replace(member, name=self.profile.name, folded=n)
        self.profile = replace(self.profile, infos={**self.profile.infos, **infos},
                               members={**self.profile.members, self.profile.id: kept})
        self.sessions = [replace(session, state=REPLACED) if session.state == LEARNT else session
                         for session in self.sessions]
        self._first_age = member.age


def replay(records: Iterable[dict], profile: StyleProfile | None = None) -> Ledger:
    """Return the ledger that the records give; a session that never ended counts.

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
    return ledger


def rebuild(records: Iterable[dict], profile: StyleProfile | None = None) -> StyleProfile:
    """Return the profile that the records give, bit for bit what learning online gave; see ``replay``."""
    return replay(records, profile).profile


def _folded(profile: StyleProfile, votes: Mapping[Key, tuple[int, int]], n: int, age: float,
            so_far: Member | None = None) -> StyleProfile:
    """Return the profile with a session's votes; ``so_far`` is the own member with those of its votes that stay."""
    if not votes:
        return profile
    own = profile.own
    age = _age(own, age)
    habits = dict(so_far.habits if so_far else own.habits)
    for (plugin, parameter, emotion), (cell, settings) in votes.items():
        before = own.habits.get((plugin, parameter), {}).get(emotion, Habit())
        habits[plugin, parameter] = {**habits.get((plugin, parameter), {}), emotion: _voted(before, cell, settings, age)}
    return profile.with_own(age=age, sessions=own.sessions + 1, folded=n, habits=habits)


def _age(own: Member, age: float) -> int:
    return min(max(own.age, int(age)), model.MAX_AGE)


def _weigh_alike(age: int, other: int) -> bool:
    return step_weight(age) == step_weight(other)


def _voted(habit: Habit, cell: int, settings: int, age: int) -> Habit:
    weight = habit.cells.get(cell, 0) + vote_weight(age, habit.sessions)
    return Habit({**habit.cells, cell: weight}, habit.sessions + 1, habit.settings + settings)


def _unfolded(profile: StyleProfile, session: Session, later: list[Session], n: int, age: int) -> StyleProfile:
    habits = {key: dict(emotions) for key, emotions in profile.own.habits.items()}
    for key, (cell, settings) in session.votes.items():
        plugin, parameter, emotion = key
        emotions = habits[plugin, parameter]
        after = [(each.votes[key][0], each.age) for each in later if key in each.votes]
        emotions[emotion] = _withdrawn(emotions[emotion], cell, settings, session.age, after)
    known = {key: {emotion: habit for emotion, habit in emotions.items() if habit.sessions}
             for key, emotions in habits.items()}
    return profile.with_own(age=age, sessions=profile.own.sessions - 1, folded=n,
                            habits={key: emotions for key, emotions in known.items() if emotions})


def _withdrawn(habit: Habit, cell: int, settings: int, age: int, after: list[tuple[int, int]]) -> Habit:
    """Return ``habit`` without one vote; those ``after`` it, (cell, age), then have one earlier vote less."""
    cells = dict(habit.cells)
    cells[cell] -= vote_weight(age, habit.sessions - 1 - len(after))
    for other, other_age in after:
        cells[other] -= step_weight(other_age)
    return Habit({cell: left for cell, left in cells.items() if left}, habit.sessions - 1, habit.settings - settings)
