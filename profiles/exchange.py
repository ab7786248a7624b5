"""Profiles on a stick: one checksummed file each, with nothing private in it.

What goes out is statistics and names of plugins, parameters and emotions: no log, no
times of day (ages count from a member's first session), no machine names.
"""

import itertools
from dataclasses import replace
from pathlib import Path

from profiles import atomic, document
from profiles.errors import ProfileError
from profiles.profile import StyleProfile
from profiles.store import file_name

SUFFIX = ".loopmind.json"


def export(profile: StyleProfile, folder: str | Path) -> Path:
    """Write ``profile`` to ``folder`` and return the file's path.

    An earlier export of the same profile is replaced; another's file of that name is left
    alone. ProfileError when the stick is full, read-only or gone; no half file stays.
    """
    if not Path(folder).is_dir():
        raise ProfileError(f"{folder}: not a folder; is the stick still there?")
    path = _place(profile, Path(folder))
    atomic.write(path, document.to_json(public(profile), checksum=True).encode())
    return path


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
