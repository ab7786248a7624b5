"""A profile with its log: everything that changes the profile is on the disk first."""

import logging
from dataclasses import replace
from pathlib import Path

from profiles import document
from profiles.errors import ProfileError
from profiles.ledger import LEARNT, Ledger, Session, replay
from profiles.log import AdjustmentLog, NoLog
from profiles.profile import ParameterInfo, StyleProfile, new_profile

logger = logging.getLogger(__name__)


class Journal:
    """Records to the log, then applies to the profile.

    Opening folds in what the log holds beyond ``profile``: sessions that ended but were not
    saved, and the one that a power cut left unfinished. Where the profile has learnt what
    the log does not know, on another box, the log gets that too: from then on it rebuilds
    the profile again.

    folder : of the logs, each named by its profile's id; None keeps no log.
    sync_each : see ``AdjustmentLog``.
    fault : "" or why the log cannot be written; learning then goes on in memory.
    last_seen : box age and the host's time (None if unknown) of the last record.
    """

    def __init__(self, profile: StyleProfile, folder: Path | None, sync_each: bool = True):
        self.fault = ""
        self._ledger = Ledger(profile)
        self._log = self._opened(folder, sync_each)
        self.last_seen = self._last_seen()
        if self._log.records:
            self._catch_up()
        else:
            self.record("profile", id=profile.id, name=profile.name)
            self._agree(new_profile(profile.name, profile.id))

    @property
    def profile(self) -> StyleProfile:
        return self._ledger.profile

    @property
    def preview(self) -> StyleProfile:
        """The profile as it would be if the session ended now."""
        return self._ledger.preview

    @property
    def sessions(self) -> list[Session]:
        """The sessions that the log knows."""
        return self._ledger.sessions

    @property
    def session_open(self) -> bool:
        return self._ledger.session_open

    def refuse_when_full(self, plugin: str, parameter: str, emotion: str) -> None:
        self._ledger.refuse_when_full(plugin, parameter, emotion)

    def declare(self, plugin: str, info: ParameterInfo) -> None:
        """Record what a host declared, if it is news; ProfileError when the profile is full."""
        if self.profile.declared(plugin, info) is not self.profile:  # refuses before anything is written
            self._record_info(plugin, info)

    def forget(self, number: int | None, **stamp) -> Session:
        """Take a session's votes out again, the last one's by default, and return it.

        ProfileError when the log has no such session that counts.
        """
        learnt = [session for session in self.sessions if session.state == LEARNT]
        found = [session for session in learnt if number in (None, session.number)]
        if not found:
            which = "no session" if number is None else f"no session {number}"
            raise ProfileError(f"there is {which} to forget; the log has "
                               f"{', '.join(str(session.number) for session in learnt) or 'none'}")
        self.record("forget", session=found[-1].first, **stamp)
        return found[-1]

    def record(self, kind: str, **fields) -> int:
        """Log and apply one record; return its number."""
        record = {"kind": kind, **fields}
        try:
            record = self._log.append(record)
        except ProfileError as error:
            self._give_up(error)
            record = self._log.append(record)
        self._ledger.apply(record)
        return record["n"]

    def sync(self) -> None:
        """Make what was recorded outlive a power cut."""
        try:
            self._log.sync()
        except ProfileError as error:
            self._give_up(error)

    def close(self) -> None:
        self.sync()
        self._log.close()

    def _opened(self, folder: Path | None, sync_each: bool) -> AdjustmentLog | NoLog:
        following = self.profile.own.folded + 1
        if folder is None:
            return NoLog(following)
        try:
            log = AdjustmentLog(folder / f"{self.profile.id}.log", sync_each)
        except ProfileError as error:
            self._fail(error)
            return NoLog(following)
        log.skip_to(following)
        if log.torn or log.corrupt:
            logger.warning("%s: an unfinished end of %d bytes was cut off, %d corrupt lines were skipped",
                           log.path, log.torn, log.corrupt)
        return log

    def _catch_up(self) -> None:
        saved, records = self.profile, self._log.records
        neutral = new_profile(saved.name, saved.id)
        place = _place(saved, records)
        known = replay((record for record in records if place is None or record["n"] <= place), neutral)
        if _differ(known.profile, saved):
            self._ledger.sessions = known.sessions
        else:
            known.profile = saved.with_own(folded=max(saved.own.folded, known.profile.own.folded))
            self._ledger = known
        for record in records:
            if place is not None and record["n"] > place:
                self._ledger.apply(record)
        if self.session_open:
            age, time = self.last_seen
            self.record("end", time=time, age=age)
        self._agree(replay(records, neutral).profile)
        records.clear()  # an evening's log need not stay in memory

    def _agree(self, logged: StyleProfile) -> None:
        """Tell the log what the profile has and ``logged``, which the log gives, lacks."""
        if isinstance(self._log, NoLog):
            return
        for key, info in self.profile.infos.items():
            if logged.infos.get(key) != info:
                self._record_info(key[0], info)
        if _differ(logged, self.profile):
            self.record("base", own=document.own_out(self.profile))

    def _last_seen(self) -> tuple[float, float | None]:
        age = float(self.profile.own.age)
        stamped = [record for record in self._log.records if "age" in record]
        return (max(stamped[-1]["age"], age), stamped[-1]["time"]) if stamped else (age, None)

    def _record_info(self, plugin: str, info: ParameterInfo) -> None:
        self.record("declare", plugin=plugin, id=info.id, default=info.default, label=info.label, tag=info.tag)

    def _give_up(self, error: ProfileError) -> None:
        self._fail(error)
        self._log.close()
        self._log = NoLog(self._log.next)

    def _fail(self, error: ProfileError) -> None:
        self.fault = str(error)
        logger.error("%s", error)


def _place(saved: StyleProfile, records: list[dict]) -> int | None:
    """Return the number of the last record that is in ``saved``.

    An export does not tell: it is found by what it has learnt. None where it learnt that elsewhere; which of
    the log's sessions it has then is not known, and none may count twice.
    """
    if saved.own.folded or not (saved.own.sessions or saved.own.hints):
        return saved.own.folded
    ledger = Ledger(new_profile(saved.name, saved.id))
    for record in records:
        ledger.apply(record)
        if not _differ(ledger.profile, saved):
            return record["n"]
    return None


def _differ(logged: StyleProfile, profile: StyleProfile) -> bool:
    """Whether the two's own members have learnt different things; a name is no statistics."""
    return replace(logged.own, name=profile.name, folded=0) != replace(profile.own, folded=0)
