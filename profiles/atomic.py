"""Files appear whole or not at all: temporary file, fsync, rename, fsync of the folder."""

import errno
import os
from pathlib import Path

from profiles.errors import ProfileError

# What a FAT stick or a network folder answers to fsync on a folder; the rename has happened all the same.
_NO_FOLDER_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.EBADF}


def write(path: Path, content: bytes) -> None:
    """Put ``content`` at ``path``, replacing what is there in one step; a link's target, not the link.

    ProfileError when the disk is full, read-only or gone, or ``path`` is no plain file; what was there stays,
    and no half file.
    """
    path = Path(os.path.realpath(path))
    if path.exists() and not path.is_file():
        raise ProfileError(f"{path}: cannot be written: it is there and no plain file")
    temporary = path.with_name(f".{path.name}.tmp")  # one fixed name: a kill leaves at most one behind
    try:
        try:
            with open(temporary, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except OSError:
            _discard(temporary)
            raise
        sync_folder(path.parent)
    except OSError as error:
        raise ProfileError(f"{path}: cannot be written: {error.strerror}") from None


def sync_folder(folder: Path) -> None:
    """Make renames and removals in ``folder`` last."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise
    finally:
        os.close(descriptor)


def _discard(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        pass  # the stick is gone or read-only: there is nothing to take away
