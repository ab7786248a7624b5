"""Two profiles become one: a union of their members, exact and idempotent."""

from dataclasses import asdict, replace

from profiles import profile as model
from profiles.errors import ProfileError
from profiles.profile import Member, StyleProfile


def merge(profile: StyleProfile, other: StyleProfile) -> StyleProfile:
    """Return ``profile`` with the members of ``other`` added; of a member in both, who learnt longer.

    Id and name stay; so do the parameters that both declare.
    """
    members = dict(other.members)
    for id, member in profile.members.items():
        members[id] = max(member, members[id], key=_progress) if id in members else member
    infos = {**other.infos, **profile.infos}
    if len(members) > model.MAX_MEMBERS or len(infos) > model.MAX_PARAMETERS:
        raise ProfileError(f"{profile.name} and {other.name} together are more than one profile holds")
    return replace(profile, members=members, infos=infos)


def _progress(member: Member) -> tuple:
    # The last field only breaks ties, so that either order of merging keeps the same one.
    return member.sessions, member.age, member.folded, sorted(map(str, asdict(member).items()))
