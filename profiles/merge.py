"""Profiles become one: a union of their members, exact, in any order, and a second time without effect.

``merge`` adds other people to a profile, whose owner goes on leading. ``combine`` makes a profile
that several people lead, each with a weight; nobody owns it until somebody learns on top of it.
Both take of a member that comes twice the one who learnt longer, so all they do is take the
larger of two in a fixed order: that is commutative, associative and idempotent. Two boxes on which
one profile learnt on at the same time are two people to it (``diverged``, ``copies``).
"""

import itertools
import json
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import astuple, replace

from profiles import checks, document
from profiles import profile as model
from profiles.errors import ProfileError
from profiles.profile import FULL_SHARE, Habit, Member, ParameterInfo, StyleProfile

MAX_WEIGHT = 1000.0


def merge(profile: StyleProfile, other: StyleProfile) -> StyleProfile:
    """Return ``profile`` with the members of ``other`` added; id, name and who leads stay.

    ProfileError when together they are more than a profile holds.
    """
    return replace(profile, **_united([profile, other]))


def combine(profiles: Iterable[StyleProfile], weights: Iterable[float] | None = None) -> StyleProfile:
    """Return a profile that the owners of ``profiles`` lead together.

    weights : how much each counts beside the others, 0..1000; by default alike. They are kept as whole
        thousandths; where a member comes in twice, the larger counts. A combined profile brings in its own
        leaders, at its weight times theirs.

    ProfileError for weights that do not fit, and when together they are more than a profile holds.
    """
    profiles = list(profiles)
    weights = [1.0] * len(profiles) if weights is None else list(weights)
    if not profiles or len(weights) != len(profiles):
        raise ProfileError(f"there must be one weight for each profile, not {len(weights)} for {len(profiles)}")
    for weight in weights:
        checks.number(weight, "a weight", 0.0, MAX_WEIGHT)
    if not any(weights):
        raise ProfileError("one weight at least must be more than 0")
    profiles = [_without_empty_owner(profile) for profile in profiles]
    shares = _larger_shares(replace(profile, shares=_weighed(profile, weight)) for profile, weight in zip(profiles, weights))
    united = _united(profiles)
    # Made from who leads and how much: the same people combined again are the same profile.
    id = uuid.uuid5(uuid.NAMESPACE_OID, json.dumps(shares)).hex
    name = " + ".join(sorted({united["members"][leader].name for leader in shares}))
    united["members"][id] = Member(name if len(name) <= checks.NAME_LENGTH else name[:checks.NAME_LENGTH - 3] + "...")
    return StyleProfile(id, united["members"], united["infos"], shares)


def diverged(one: Member, other: Member) -> bool:
    """Return whether two states of one person have each learnt what the other lacks, on two boxes.

    Votes only add, so of two states of one history the later holds the earlier. Where neither does, what they have in
    common is counted in both and in no way to be told apart: adding them up would count it twice.
    """
    return not _holds(one, other) and not _holds(other, one)


def copies(profile: StyleProfile) -> Iterator[StyleProfile]:
    """Yield the profile, and it again under other ids, always the same ones: for states that have diverged."""
    yield profile
    others = {id: member for id, member in profile.members.items() if id != profile.id}
    for number in itertools.count(2):
        id = uuid.uuid5(uuid.UUID(profile.id), str(number)).hex
        yield replace(profile, id=id, members={**others, id: profile.own})


def blend(mine: StyleProfile, theirs: StyleProfile, amount: float) -> StyleProfile:
    """Return the profile that stands at ``amount`` between two, 0 (mine) to 1 (theirs)."""
    checks.raw(amount, "amount")
    return combine([mine, theirs], [1.0 - amount, amount])


def _holds(later: Member, earlier: Member) -> bool:
    """Return whether all that was learnt earlier is in ``later``, too."""
    def less(mine: Habit, theirs: Habit) -> bool:
        return mine.sessions < theirs.sessions or any(mine.cells.get(cell, 0) < weight for cell, weight in theirs.cells.items())

    return later.sessions >= earlier.sessions and not any(
        less(later.habits.get(key, {}).get(emotion, Habit()), habit)
        for key, habits in earlier.habits.items() for emotion, habit in habits.items())


def _without_empty_owner(profile: StyleProfile) -> StyleProfile:
    """Return a combined profile without the owner it does not have yet."""
    if not profile.shares or profile.own.habits or profile.own.hints:
        return profile
    return replace(profile, members={id: member for id, member in profile.members.items() if id != profile.id})


def _weighed(profile: StyleProfile, weight: float) -> dict[str, int]:
    leaders = dict(profile.shares)
    if profile.id in profile.members:
        leaders[profile.id] = FULL_SHARE
    parts = round(weight * FULL_SHARE)
    return {id: min(max(share * parts // FULL_SHARE, min(share, 1)), model.MAX_SHARE) if weight else 0
            for id, share in leaders.items()}


def _larger_shares(profiles: Iterable[StyleProfile]) -> dict[str, int]:
    shares: dict[str, int] = {}
    for profile in profiles:
        for id, share in profile.shares.items():
            shares[id] = max(share, shares.get(id, 0))
    return dict(sorted(shares.items()))


def _united(profiles: Iterable[StyleProfile]) -> dict[str, dict]:
    members: dict[str, Member] = {}
    infos: dict[tuple[str, str], ParameterInfo] = {}
    for profile in profiles:
        for id, member in profile.members.items():
            members[id] = max(member, members[id], key=_progress) if id in members else member
        for key, info in profile.infos.items():
            infos[key] = max(info, infos[key], key=_fullness) if key in infos else info
    if len(members) >= model.MAX_MEMBERS or len(infos) > model.MAX_PARAMETERS:
        raise ProfileError(f"together these are {len(members)} people and {len(infos)} parameters; "
                           f"a profile holds {model.MAX_MEMBERS - 1} and {model.MAX_PARAMETERS}")
    return {"members": members, "infos": infos}


def _progress(member: Member) -> tuple:
    # The text only breaks ties, so that any order of merging keeps the same one.
    return member.sessions, member.age, member.folded, json.dumps(document.member_out(member))


def _fullness(info: ParameterInfo) -> tuple:
    """Of two declarations the one with a label and a tag; the rest only breaks ties."""
    return bool(info.label) + bool(info.tag), astuple(info)
