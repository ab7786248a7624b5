"""The USB stick that profiles travel on."""

import os
import re
import subprocess
from abc import ABC, abstractmethod
from pathlib import Path

from hw.errors import DriveError

# A stick with much unwritten data takes its time; one that hangs must not hang us.
_EJECT_S = 30


class Drive(ABC):
    """A place that can come and go."""

    @abstractmethod
    def path(self) -> Path | None:
        """Return the stick's folder; None without a stick."""

    @abstractmethod
    def writable(self) -> Path:
        """Return the stick's folder; raises DriveError without a stick or if it is read-only."""

    def flush(self) -> None:
        """Wait until all that was written is on the stick, so that it can be pulled."""
        os.sync()

    @abstractmethod
    def eject(self) -> None:
        """Flush and let the stick go; raises DriveError when it is missing or still in use."""


class MountedDrive(Drive):
    """The stick that the system mounted last below `mount_root`.

    mounts : the kernel's table of mounted file systems.
    """

    def __init__(self, mount_root: Path | str, mounts: Path | str = "/proc/mounts"):
        self._root = Path(mount_root)
        self._mounts = Path(mounts)

    def path(self):
        return self._mounted()[0]

    def writable(self):
        path, options = self._present()
        if "ro" in options:
            raise DriveError(f"The stick at {path} is read-only: switch off its write protection, "
                             "or repair its file system on a computer.")
        return path

    def eject(self):
        path, _ = self._present()
        self.flush()
        try:
            subprocess.run(["umount", str(path)], check=True, capture_output=True, text=True,
                           timeout=_EJECT_S)
        except subprocess.CalledProcessError as error:
            raise DriveError(f"The stick at {path} cannot be let go: {error.stderr.strip()}.") from error
        except (OSError, subprocess.TimeoutExpired) as error:
            raise DriveError(f"The stick at {path} cannot be let go: {error}.") from error

    def _present(self):
        path, options = self._mounted()
        if path is None:
            raise DriveError(f"There is no USB stick below {self._root}: put one in.")
        return path, options

    def _mounted(self):
        """The newest mount with its options; (None, ()) without one."""
        for line in reversed(self._mounts.read_text(errors="surrogateescape").splitlines()):
            device, point, _, options = map(_unescape, line.split()[:4])
            # A stick that was pulled stays mounted, but its device node is gone.
            if self._root in Path(point).parents and Path(device).exists():
                return Path(point), options.split(",")
        return None, ()


class FolderDrive(Drive):
    """The twin: a folder is the stick, there while the folder exists and was not ejected."""

    def __init__(self, folder: Path | str):
        self._folder = Path(folder)
        self._inserted = True

    def path(self):
        return self._folder if self._inserted and self._folder.is_dir() else None

    def writable(self):
        path = self._present()
        if not os.access(path, os.W_OK):
            raise DriveError(f"The stick at {path} is read-only: allow writing to the folder.")
        return path

    def eject(self):
        self._present()
        self.flush()
        self._inserted = False

    def insert(self) -> None:
        """Put the ejected stick back in."""
        self._inserted = True

    def _present(self):
        path = self.path()
        if path is None:
            raise DriveError(f"There is no stick: the folder {self._folder} is missing or was ejected.")
        return path


def _unescape(field):
    r"""The kernel writes a space in a name as \040."""
    return re.sub(r"\\(\d{3})", lambda match: chr(int(match[1], 8)), field)
