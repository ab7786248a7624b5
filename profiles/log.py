"""The append-only adjustment log: what the hands did, kept through a power cut at any byte.

One JSON object a line; its last field is the CRC-32 of the line before that field::

    {"n":7,"kind":"adjust","plugin":"reverb",...,"crc":"1c291ca3"}

``n`` grows from line to line. A line is whole once its newline is on the disk.
"""

import fcntl
import json
import os
import zlib
from pathlib import Path
from typing import Any

from profiles import checks, document
from profiles.errors import ProfileError

_MAX_LINE = document.MAX_BYTES  # most lines have 200 bytes; a "base" holds a member
_MAX_N = 2**53
_SEAL = len(',"crc":"00000000"}')

_TEXT, _LABEL, _RAW, _SECONDS = checks.name, checks.label, checks.raw, checks.seconds


def _number_of(value: Any, what: str) -> int:
    return checks.whole(value, what, 1, _MAX_N)


def _own(value: Any, what: str) -> Any:
    document.own_in(value)
    return value


_STAMP = {"time": _SECONDS, "age": _SECONDS}
FIELDS = {
    "profile": {"id": _TEXT, "name": _TEXT},
    "declare": {"plugin": _TEXT, "id": _TEXT, "default": _RAW, "label": _LABEL, "tag": _LABEL},
    "start": _STAMP,
    "end": _STAMP,
    "adjust": {"plugin": _TEXT, "parameter": _TEXT, "old": _RAW, "new": _RAW, "emotion": _TEXT, **_STAMP},
    "retract": {"adjust": _number_of, **_STAMP},
    "forget": {"session": _number_of, **_STAMP},
    "base": {"own": _own},
}
"""What each kind of record holds, and the check each field must pass.

``retract`` names an ``adjust`` by its number, ``forget`` the first record of a session.
``base`` holds what was learnt elsewhere, where the statistics did not come from this log.
"""


def seal(record: dict) -> bytes:
    """Return ``record`` as a line with its checksum."""
    body = json.dumps(record, separators=(",", ":"), ensure_ascii=False)[:-1].encode()
    return body + b',"crc":"%08x"}\n' % zlib.crc32(body)


def unseal(line: bytes) -> dict:
    """Return the record of a line (without its newline); ProfileError when ``seal`` did not write it."""
    body, crc = line[:-_SEAL], line[-_SEAL:]
    if len(line) > _MAX_LINE or crc != b',"crc":"%08x"}' % zlib.crc32(body):
        raise ProfileError("the checksum does not fit")
    try:
        record = json.loads(body + b"}")
        kind = record["kind"]
        checked = {name: check(record[name], name) for name, check in FIELDS[kind].items()}
        return {"n": _number_of(record["n"], "n"), "kind": kind, **checked}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ProfileError(f"not a log record: {error}") from None


def read(path: str | Path) -> list[dict]:
    """Return the records of a log that somebody else may be writing; ProfileError when it cannot be read."""
    try:
        return _sound(Path(path).read_bytes().split(b"\n")[:-1])
    except OSError as error:
        raise ProfileError(f"{path}: the adjustment log cannot be read: {error.strerror}") from None


def _sound(lines: list[bytes]) -> list[dict]:
    """Return the records of the lines that ``seal`` wrote; one doubled by a broken disk counts once."""
    records, n = [], 0
    for line in lines:
        try:
            record = unseal(line)
        except ProfileError:
            continue
        if record["n"] > n:
            records.append(record)
            n = record["n"]
    return records


def _claim(file, path: Path) -> None:
    """Keep other programs from writing, until this one closes the log or ends, however it ends."""
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise ProfileError(f"{path}: another program is learning with this profile; end it first") from None
    except OSError:
        pass    # a folder on a network may know no locks


class AdjustmentLog:
    """The log file of one profile, opened for appending.

    sync_each : whether each record is on the disk's surface when ``append`` returns. Else it outlives a
        kill, and ``sync`` makes it outlive a power cut.
    records : what the file held when it was opened.
    torn : bytes of an unfinished last line that were cut off.
    corrupt : lines in the middle that were skipped.
    next : number of the next record.
    """

    def __init__(self, path: str | Path, sync_each: bool = True):
        self.path = Path(path)
        self.sync_each = sync_each
        try:
            self._file = open(self.path, "a+b", buffering=0)
            _claim(self._file, self.path)
            self.records, self.torn, self.corrupt = self._read()
        except OSError as error:
            raise ProfileError(f"{self.path}: the adjustment log cannot be opened: {error.strerror}") from None
        self.next = self.records[-1]["n"] + 1 if self.records else 1
        self._synced = True

    def skip_to(self, n: int) -> None:
        """Number what follows from ``n`` or later.

        A profile that learnt on another box carries that box's higher numbers; going on
        above them keeps "already folded in" a single comparison, as a Lamport clock does.
        """
        self.next = max(self.next, n)

    def append(self, record: dict) -> dict:
        """Write ``record`` and return it with its number.

        ProfileError when the disk does not take it; the file is then as it was before.
        """
        numbered = {"n": self.next, **record}
        line = seal(numbered)
        try:
            written = self._file.write(line)
            try:
                if written != len(line):
                    raise OSError(28, "the disk is full")
                if self.sync_each:
                    os.fsync(self._file.fileno())
            except OSError:
                self._file.truncate(os.fstat(self._file.fileno()).st_size - written)
                raise
        except OSError as error:
            raise self._unwritable(error) from None
        self._synced = self.sync_each
        self.next += 1
        return numbered

    def sync(self) -> None:
        """Bring what was appended to the disk's surface; ProfileError when it does not take it."""
        if self._synced:
            return
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            raise self._unwritable(error) from None
        self._synced = True

    def close(self) -> None:
        self._file.close()

    def _unwritable(self, error: OSError) -> ProfileError:
        return ProfileError(f"{self.path}: the adjustment log cannot be written: {error.strerror}")

    def _read(self) -> tuple[list[dict], int, int]:
        self._file.seek(0)
        *lines, tail = self._file.read().split(b"\n")
        if tail:
            self._file.truncate(os.fstat(self._file.fileno()).st_size - len(tail))
        records = _sound(lines)
        return records, len(tail), len(lines) - len(records)


class NoLog:
    """Numbers records as a log does and keeps none: for hosts without a disk, and when the disk fails."""

    def __init__(self, first: int):
        self.records: list[dict] = []
        self.next = first

    def append(self, record: dict) -> dict:
        numbered = {"n": self.next, **record}
        self.next += 1
        return numbered

    def sync(self) -> None:
        pass

    def close(self) -> None:
        pass
