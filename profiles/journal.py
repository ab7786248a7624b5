"""A profile with its log: everything that changes the profile is on the disk first."""

import logging
from pathlib import Path

from profiles.errors import ProfileError
from profiles.ledger import Ledger
from profiles.log import AdjustmentLog, NoLog
from profiles.profile import ParameterInfo, StyleProfile

logger = logging.getLogger(__name__)


class Journal:
    """Records to the log, then applies to the profile.

    Opening folds in what the log holds beyond ``profile``: sessions that ended but were not
    saved, and the one that a power cut left unfinished.

    folder : of the logs, each named by its profile's id; None keeps no log.
    fault : "" or why the log cannot be written; learning then goes on in memory.
    last_seen : box age and the host's time (None if unknown) of the last record.
    """

    def __init__(self, profile: StyleProfile, folder: Path | None):
        self.fault = ""
        self._ledger = Ledger(profile)
        self._log = self._opened(folder)
        self.last_seen = self._last_seen()
        if self._log.records:
            self._catch_up()
        else:
            self._open_page()

    @property
    def profile(self) -> StyleProfile:
        return self._ledger.profile

    @property
    def session_open(self) -> bool:
        return self._ledger.session_open

    def refuse_when_full(self, plugin: str, parameter: str, emotion: str) -> None:
        self._ledger.refuse_when_full(plugin, parameter, emotion)

    def declare(self, plugin: str, info: ParameterInfo) -> None:
        """Record what a host declared, if it is news; ProfileError when the profile is full."""
        if self.profile.declared(plugin, info) is not self.profile:  # refuses before anything is written
            self._record_info(plugin, info)

    def record(self, kind: str, **fields) -> int:
        """Log and apply one record; return its number."""
        record = {"kind": kind, **fields}
        try:
            record = self._log.append(record)
        except ProfileError as error:
            self._fail(error)
            self._log.close()
            self._log = NoLog(self._log.next)
            record = self._log.append(record)
        self._ledger.apply(record)
        return record["n"]

    def close(self) -> None:
        self._log.close()

    def _opened(self, folder: Path | None) -> AdjustmentLog | NoLog:
        following = self.profile.own.folded + 1
        if folder is None:
            return NoLog(following)
        try:
            log = AdjustmentLog(folder / f"{self.profile.id}.log")
        except ProfileError as error:
            self._fail(error)
            return NoLog(following)
        log.skip_to(following)
        if log.torn or log.corrupt:
            logger.warning("%s: an unfinished end of %d bytes was cut off, %d corrupt lines were skipped",
                           log.path, log.torn, log.corrupt)
        return log

    def _open_page(self) -> None:
        self.record("profile", id=self.profile.id, name=self.profile.name)
        for (plugin, _), info in self.profile.infos.items():
            self._record_info(plugin, info)

    def _catch_up(self) -> None:
        folded = self.profile.own.folded
        for record in self._log.records:
            if record["n"] > folded:
                self._ledger.apply(record)
        self._log.records.clear()  # an evening's log need not stay in memory
        if self.session_open:
            age, time = self.last_seen
            self.record("end", time=time, age=age)

    def _last_seen(self) -> tuple[float, float | None]:
        age = float(self.profile.own.age)
        stamped = [record for record in self._log.records if "age" in record]
        return (max(stamped[-1]["age"], age), stamped[-1]["time"]) if stamped else (age, None)

    def _record_info(self, plugin: str, info: ParameterInfo) -> None:
        self.record("declare", plugin=plugin, id=info.id, default=info.default, label=info.label, tag=info.tag)

    def _fail(self, error: ProfileError) -> None:
        self.fault = str(error)
        logger.error("%s", error)
