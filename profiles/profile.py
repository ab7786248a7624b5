"""The style profile: what was learnt, as sufficient statistics in a value object.

Each person (member) keeps statistics of their own, so merging two profiles is a union
of members and importing the same stick twice changes nothing. Counts are whole numbers
relative to the member's own first session: a vote cast at age t, with k before it under the
same emotion, weighs (k + 2) * UNIT * 2^(t/HALF_LIFE) and is read relative to what the newest
would weigh today. So old votes fade without being touched, by time and by what came after
them (the first of n counts 2/(n + 1) of the last), and adding stays exact in any order.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from profiles import checks
from profiles.errors import ProfileError

BINS = 64                # cells 0..63 split the knob's travel
AT_DEFAULT = BINS        # one more cell: exactly at the parameter's default
DEFAULT_TOLERANCE = 0.002  # an eighth of a bin: finer than a detent beside the default
UNIT = 64                # half the weight of a first vote at age 0: rounding errs by less than 1 %
HALF_LIFE = 180 * 86400  # seconds of the member's box time
MAX_AGE = 40 * 365 * 86400  # votes grow by 2^81 until then: exact as int, finite as float
MAX_HABITS = 2000        # 100 parameters x 8 emotions are 800
MAX_PARAMETERS = 1000
MAX_MEMBERS = 256
MAX_SESSIONS = 10**6
FULL_SHARE = 1000  # a leader's weight of 1
MAX_SHARE = 10**12


@dataclass(frozen=True)
class ParameterInfo:
    """What a host declared about a parameter; ``default`` is raw, 0..1."""

    id: str
    default: float
    label: str = ""
    tag: str = ""

    def __post_init__(self):
        checks.name(self.id, "parameter id")
        object.__setattr__(self, "default", checks.raw(self.default, f"default of {self.id}"))
        checks.label(self.label, f"label of {self.id}")
        checks.label(self.tag, f"tag of {self.id}")


@dataclass(frozen=True)
class Habit:
    """Votes for one parameter under one emotion.

    cells : {cell: weight}, cell 0..63 or AT_DEFAULT, weights as ``vote_weight`` gives.
    sessions : votes cast. settings : settled adjustments behind them.
    """

    cells: Mapping[int, int] = field(default_factory=dict)
    sessions: int = 0
    settings: int = 0


@dataclass(frozen=True)
class Member:
    """One person's statistics.

    age : box seconds from the first session to the last fold.
    folded : number of the last log record that is in here.
    habits : {(plugin, parameter): {emotion: Habit}}.
    hints : {(plugin, parameter): {emotion or "": weight}}, from a host that gave weights alone.
    """

    name: str
    age: int = 0
    sessions: int = 0
    folded: int = 0
    habits: Mapping[tuple[str, str], Mapping[str, Habit]] = field(default_factory=dict)
    hints: Mapping[tuple[str, str], Mapping[str, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class StyleProfile:
    """What was learnt. Never changed in place: learning gives a new one.

    id : names the profile and its own member, 32 hex digits.
    infos : {(plugin, parameter): ParameterInfo}.
    shares : {member id: weight in thousandths} of those who lead a combined profile (``merge.combine``);
        empty where the own member leads, as in every profile that was made by playing.
    """

    id: str
    members: Mapping[str, Member]
    infos: Mapping[tuple[str, str], ParameterInfo] = field(default_factory=dict)
    shares: Mapping[str, int] = field(default_factory=dict)

    @property
    def own(self) -> Member:
        return self.members[self.id]

    @property
    def name(self) -> str:
        return self.own.name

    @property
    def leaders(self) -> list[Member]:
        """The members whose habits the answers come from: the own one, and the leaders of a combined profile."""
        return [self.own, *(self.members[id] for id, share in self.shares.items() if share)]

    @property
    def sessions(self) -> int:
        """The sessions that the answers come from, the leaders' all together."""
        return sum(member.sessions for member in self.leaders)

    @property
    def known(self) -> set[tuple[str, str]]:
        """The parameters that a leader has set, or another host has a weight for."""
        return {key for member in self.leaders for key in (*member.habits, *member.hints)}

    def with_own(self, **changes) -> "StyleProfile":
        """Return the profile with fields of its own member replaced."""
        return replace(self, members={**self.members, self.id: replace(self.own, **changes)})

    def declared(self, plugin: str, info: ParameterInfo) -> "StyleProfile":
        """Return the profile knowing ``info``; ProfileError when it is full."""
        if self.infos.get((plugin, info.id)) == info:
            return self
        if (plugin, info.id) not in self.infos and len(self.infos) >= MAX_PARAMETERS:
            raise ProfileError(f"a profile holds at most {MAX_PARAMETERS} parameters; {plugin} {info.id} is one more")
        return replace(self, infos={**self.infos, (plugin, info.id): info})


def new_profile(name: str, id: str | None = None) -> StyleProfile:
    """Return a neutral profile: nothing learnt yet."""
    id = id or uuid.uuid4().hex
    return StyleProfile(id, {id: Member(checks.name(name, "profile name"))})


def vote_weight(age: int, earlier: int) -> int:
    """Return what one vote cast at ``age`` adds to its cell, after ``earlier`` ones under the same emotion."""
    return (earlier + 2) * step_weight(age)


def step_weight(age: int) -> int:
    """Return what every earlier vote adds to the weight of one that is cast at ``age``."""
    return round(UNIT * 2.0 ** (age / HALF_LIFE))


def cell_of(value: float, default: float) -> int:
    """Return the cell a raw value falls into."""
    if abs(value - default) <= DEFAULT_TOLERANCE:
        return AT_DEFAULT
    return min(int(value * BINS), BINS - 1)


def counts(habit: Habit, age: int) -> dict[int, float]:
    """Return {cell: votes} as they count at the member's ``age`` (1.0 = the newest, if it is of today)."""
    today = (habit.sessions + 1) * UNIT * 2.0 ** (age / HALF_LIFE)
    return {cell: weight / today for cell, weight in habit.cells.items()}
