"""Profiles as commands name them: in the box by their name, anywhere else by their file."""

from dataclasses import dataclass
from pathlib import Path

from firmware.errors import UserError
from profiles import document
from profiles.profile import StyleProfile
from profiles.store import ProfileStore, logs_of


@dataclass(frozen=True)
class Place:
    """Where a profile is: its file, and the folder with its log."""

    file: Path
    logs: Path

    def read(self) -> StyleProfile:
        return document.read(self.file)

    def log_of(self, profile) -> Path:
        return self.logs / f"{profile.id}.log"


class Shelf:
    """The profiles of the box whose home is `home`, and all files."""

    def __init__(self, home: Path):
        self.home = home

    def place(self, wanted):
        """The place of a name or file; of the box's current profile when nothing is wanted. Raises UserError."""
        if wanted and is_file_name(wanted):
            return Place(Path(wanted), logs_of(Path(wanted)))
        names = self.names()
        if not names and not wanted:
            raise UserError(f"{self.home} has no profile yet: play with Learn on, or name a file")
        if wanted and wanted not in names:
            raise UserError(f"there is no profile and no file {wanted!r}; in the box there are: {', '.join(names) or 'none'}")
        return self.own(wanted or self.store().current().profile.name)

    def own(self, name):
        """The place of the name in the box, whether there is one or not."""
        return Place(self.store().path(name), self.home / "logs")

    def names(self):
        return self.store().list() if (self.home / "profiles").is_dir() else []

    def store(self):
        """The box's profiles; their folder is made when it is missing."""
        return ProfileStore(self.home / "profiles")


def is_file_name(text):
    """Whether a word of the command line means a file rather than a name in the box."""
    return "/" in text or text.endswith(".json") or Path(text).is_file()
