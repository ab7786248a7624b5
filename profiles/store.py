"""The box's own profiles: a folder of files, one of them current."""

import itertools
import unicodedata
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from profiles import atomic, checks, document
from profiles.errors import ProfileError, UnreadableError
from profiles.merge import copies, diverged, merge
from profiles.profile import StyleProfile, new_profile

NEUTRAL = "My Style"
_SUFFIX = ".json"
_CURRENT = "current"  # a file with the name of the current profile
_FILE_NAME_BYTES = 200  # under the 255 of ext4 and FAT, with room for suffixes


class Loaded(NamedTuple):
    """A profile, and what the player should be told ("" when all is well)."""

    profile: StyleProfile
    message: str


def file_name(name: str) -> str:
    """Return a name safe on ext4 and FAT, from which ``unquote`` gives ``name`` back.

    Letters, digits, blanks, "-" and "_" stay; all else, dots and slashes too, is percent-encoded.
    """
    name = unicodedata.normalize("NFC", checks.name(name, "profile name")).strip()
    safe = "".join(char if char.isalnum() or char in " -_" else _percent(char) for char in name)
    if len(safe.encode()) > _FILE_NAME_BYTES:
        raise ProfileError(f"profile name {name}: too long for a file name")
    return safe


def _percent(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in char.encode())


def logs_of(path: Path) -> Path:
    """Return the folder with the log of the profile in ``path``: the box's, or the file's own.

    A log is named by its profile's id.
    """
    logs = path.parent.parent / "logs"
    return logs if path.parent.name == "profiles" and logs.is_dir() else path.parent


class ProfileStore:
    """Profiles in ``folder``, which is made when missing."""

    def __init__(self, folder: str | Path):
        self.folder = Path(folder)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ProfileError(f"{folder}: cannot be made: {error.strerror}") from None

    def list(self) -> list[str]:
        """Return the names, in alphabetical order."""
        files = self.folder.glob(f"*{_SUFFIX}")
        return sorted(unquote(path.stem) for path in files if "." not in path.stem)

    def load(self, name: str) -> Loaded:
        """Return a profile; a broken file is set aside and a neutral one takes its place, with a message.

        ProfileError when there is no such profile or the disk does not give it.
        """
        path = self._existing(name)
        try:
            profile = document.read(path)
        except UnreadableError:
            raise
        except ProfileError as error:
            aside = self._set_aside(path)
            neutral = new_profile(name)
            self.save(neutral)
            return Loaded(neutral, f"{error}. It is kept as {aside.name}; {name} starts neutral")
        return Loaded(profile.with_own(name=unquote(path.stem)), "")

    def save(self, profile: StyleProfile) -> None:
        """Write a profile under its name, whole or not at all."""
        atomic.write(self.path(profile.name), document.to_json(profile).encode())

    def add(self, profile: StyleProfile) -> StyleProfile:
        """Keep a profile from elsewhere; return it as it is kept.

        One that is here already is merged into, so adding it again changes nothing; a stranger with a name that is
        taken gets a number behind it. So does a copy of one's own profile that has learnt on elsewhere while this one
        did, too: neither holds the other, and what is learnt is never lost.
        """
        here = {kept.id: kept for kept in (self.load(name).profile for name in self.list())}
        for copy in copies(profile):
            if copy.id not in here:
                copy = copy.with_own(name=self._free_name(copy.name))
                break
            kept = here[copy.id]
            if not diverged(kept.own, copy.own):
                copy = merge(kept, copy).with_own(name=kept.name)
                if copy == kept:
                    return kept
                break
        self.save(copy)
        return copy

    def current(self) -> Loaded:
        """Return the profile that was switched to last; a neutral one, saved, when there is none.

        It is saved at once since its log is named by its id: the two must meet again after a power cut.
        """
        names, message, chosen = self.list(), "", self.chosen()
        if chosen not in names:
            if chosen:
                message = f"profile {checks.shown(chosen)} is gone"
            if not names:
                self.save(new_profile(NEUTRAL))
            chosen = names[0] if names else NEUTRAL
        profile, broken = self.load(chosen)
        return Loaded(profile, broken or message)

    def chosen(self) -> str:
        """Return the name of the profile that was switched to last, whether it is still there or not; "" for none."""
        try:
            return (self.folder / _CURRENT).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return ""

    def switch(self, name: str) -> Loaded:
        """Make ``name`` current and return it."""
        loaded = self.load(name)
        atomic.write(self.folder / _CURRENT, loaded.profile.name.encode())
        return loaded

    def rename(self, name: str, new: str) -> StyleProfile:
        """Give a profile another name; ProfileError when that is taken.

        The new file is there before the old one goes: a power cut leaves both, never none.
        """
        old = self._existing(name)
        if self.path(new).exists():
            raise ProfileError(f"there is a profile {new} already")
        was_current = self.current().profile.name == unquote(old.stem)
        profile = self.load(name).profile.with_own(name=new)
        self.save(profile)
        if was_current:
            self.switch(new)
        self._remove(old)
        return profile

    def path(self, name: str) -> Path:
        """Return where the profile of this name is kept."""
        return self.folder / (file_name(name) + _SUFFIX)

    def _existing(self, name: str) -> Path:
        path = self.path(name)
        if not path.exists():
            raise ProfileError(f"there is no profile {name}; there are: {', '.join(self.list()) or 'none'}")
        return path

    def _free_name(self, name: str) -> str:
        names = (name if n == 1 else f"{name[:checks.NAME_LENGTH - 5]} {n}" for n in itertools.count(1))
        return next(free for free in names if not self.path(free).exists())

    def _set_aside(self, path: Path) -> Path:
        asides = (path.with_name(f"{path.stem}.broken-{n}{_SUFFIX}") for n in itertools.count(1))
        aside = next(free for free in asides if not free.exists())
        try:
            path.rename(aside)
            atomic.sync_folder(self.folder)
        except OSError as error:
            raise ProfileError(f"{path}: is broken and cannot be set aside: {error.strerror}") from None
        return aside

    def _remove(self, path: Path) -> None:
        try:
            path.unlink()
            atomic.sync_folder(self.folder)
        except OSError as error:
            raise ProfileError(f"{path}: cannot be removed: {error.strerror}") from None
