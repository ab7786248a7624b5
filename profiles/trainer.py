"""The trainer: what any host talks to. Watches knobs, learns in sessions, suggests settings.

    trainer = Trainer(logs="/var/lib/loopmind/logs")
    trainer.declare("reverb", [ParameterInfo("mix", 0.35, "Mix", "space")])
    trainer.record_change("reverb", "mix", 0.35, 0.62, "dreamy", time=10.0)
    trainer.end_session(time=60.0)
    trainer.suggest("reverb", "dreamy")["mix"].value

Times are seconds of any clock; where it jumps, profiles.clock says what happens. A
session starts by itself with the first change while learning is on; it ends with
``end_session``, with learning off, or after half an hour without a change; one that
``start_session`` began lasts until it is ended. Only at the end does the profile change;
what has settled is suggested at once, as if the session ended now. Save the profile when
``unsaved`` says so.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from profiles import atomic, checks, document
from profiles.blend import SharedLearner
from profiles.clock import BoxClock
from profiles.errors import ProfileError
from profiles.journal import Journal
from profiles.learner import Learner, Suggestion, hint_of
from profiles.ledger import Session
from profiles.profile import ParameterInfo, StyleProfile, new_profile
from profiles.settling import Adjustment, Retracted, Settled, Settler

IDLE_SECONDS = 30 * 60
_REPORTED = 256  # adjustments kept for a host that never ticks


class Trainer:
    """Learns one profile at a time.

    profile : what to start from; by default a neutral one.
    prior : a factory style that own settings soon overrule, or None.
    logs : folder of the adjustment logs, one for each profile; None keeps no log.
    learner : anything with the Learner protocol.
    sync_each : whether each adjustment is to outlive a power cut at once; else the host calls ``sync``.
    """

    def __init__(self, profile: StyleProfile | None = None, prior: StyleProfile | None = None,
                 logs: str | Path | None = None, learner: Learner | None = None, sync_each: bool = True):
        self.prior = prior
        self._logs = Path(logs) if logs is not None else None
        self._sync_each = sync_each
        self._learner = learner or SharedLearner()
        self._learning = True
        self._time = 0.0  # of the host
        self._settler = Settler()
        self._reported: deque[Adjustment] = deque(maxlen=_REPORTED)
        self._numbers: dict[Adjustment, int] = {}  # where the log has this session's adjustments
        self._answers: dict[tuple, Suggestion] = {}
        self._view: StyleProfile | None = None      # the profile that the answers belong to,
        self._viewed: StyleProfile | None = None    # and the preview that it was made from
        self._open(profile or new_profile("My Style"))

    @property
    def profile(self) -> StyleProfile:
        """What has been learnt up to the end of the last session."""
        return self._journal.profile

    @property
    def preview(self) -> StyleProfile:
        """What will have been learnt if the session ends now."""
        return self._journal.preview

    @property
    def view(self) -> StyleProfile:
        """What answers come from: the preview, with the prior's parameters where nobody declared any."""
        preview = self.preview
        if preview is not self._viewed:
            self._answers.clear()
            infos = {**self.prior.infos, **preview.infos} if self.prior else preview.infos
            self._view, self._viewed = replace(preview, infos=infos), preview
        return self._view

    @property
    def time(self) -> float:
        """The last time that the host has given."""
        return self._time

    @property
    def sessions(self) -> list[Session]:
        """The sessions that the log knows, the forgotten ones too."""
        return list(self._journal.sessions)

    @property
    def session_open(self) -> bool:
        """Whether a session runs."""
        return self._journal.session_open

    @property
    def unsaved(self) -> bool:
        """Whether the profile has changed since it was saved or loaded."""
        return self.profile is not self._saved

    @property
    def fault(self) -> str:
        """"" or why the log cannot be written; learning goes on in memory."""
        return self._journal.fault

    @property
    def learning(self) -> bool:
        """Learning Mode; switching it off ends the session at the last time seen."""
        return self._learning

    @learning.setter
    def learning(self, on: bool) -> None:
        if not on:
            self._end()
        self._learning = bool(on)

    def declare(self, plugin: str, parameters: Iterable[ParameterInfo]) -> None:
        """Tell what a plugin's parameters are; what was declared before is replaced."""
        checks.name(plugin, "plugin")
        for info in parameters:
            if not isinstance(info, ParameterInfo):
                raise ProfileError(f"parameters of {plugin} must be ParameterInfo records, not {checks.shown(info)}")
            self._journal.declare(plugin, info)

    def start_session(self, time: float) -> None:
        """Begin a session that lasts until it is ended; one that still runs ends first.

        ProfileError while learning is off.
        """
        self._advance(time)
        if not self._learning:
            raise ProfileError("learning is off: switch it on before a session starts")
        self._end()
        self._start()
        self._lasts = True

    def end_session(self, time: float | None = None) -> None:
        """Settle what is pending and fold the session into the profile; nothing when none runs.

        time : by default the last that was seen.
        """
        self._advance(self._time if time is None else time)
        self._end()

    def forget_session(self, number: int | None = None) -> Session:
        """Unlearn one session, the last one by default, and return it; a running session ends first.

        The log keeps the session and notes that it is forgotten. ProfileError when there is none.
        """
        self._end()
        return self._journal.forget(number, time=self._time, age=self._clock.age)

    def record_change(self, plugin: str, parameter: str, old: float, new: float, emotion: str, time: float,
                      settled: bool = False) -> None:
        """Take one movement of a knob from ``old`` to ``new`` (raw, 0..1); ignored while not learning.

        settled : the host has done the settling. The change is taken as it stands, even
        ``old == new``: a knob that somebody chose to leave is a statement, too.
        """
        checks.name(plugin, "plugin")
        checks.name(parameter, "parameter")
        checks.name(emotion, "emotion")
        old, new = checks.raw(old, "old"), checks.raw(new, "new")
        self._advance(time)
        if not self._learning:
            return
        self._journal.refuse_when_full(plugin, parameter, emotion)
        if not self._journal.session_open:
            self._start()
        self._active = self._clock.age
        if settled:
            self._take([Settled(Adjustment(plugin, parameter, old, new, emotion, self._clock.age))])
        else:
            self._take(self._settler.turn(plugin, parameter, old, new, emotion, self._clock.age))

    def tick(self, time: float) -> list[Adjustment]:
        """Return what has settled since the last tick; call it a few times a second."""
        self._advance(time)
        ahead = time - self._clock.age  # settled in box time, reported in the host's
        settled = [adjustment._replace(time=adjustment.time + ahead) for adjustment in self._reported]
        self._reported.clear()
        return settled

    def suggest(self, plugin: str, emotion: str) -> dict[str, Suggestion]:
        """Return {parameter: Suggestion} for the plugin's parameters, declared, seen or in the prior, under ``emotion``."""
        checks.name(plugin, "plugin")
        checks.name(emotion, "emotion")
        keys = [key for key in self.view.infos if key[0] == plugin]
        return {parameter: answer for (_, parameter), answer in zip(keys, self._suggestions(keys, emotion))}

    def preference_weight(self, plugin: str, parameter: str, emotion: str | None = None) -> float:
        """Return the learnt bias in knob units, -1..1, over all emotions or for one; 0 for the unknown."""
        checks.name(plugin, "plugin")
        checks.name(parameter, "parameter")
        if emotion is not None:
            checks.name(emotion, "emotion")
        if (plugin, parameter) not in self.view.infos:  # a hint needs no declaration to be one
            return hint_of(self.view.own, (plugin, parameter), emotion) or 0.0
        return self._suggestions([(plugin, parameter)], emotion)[0].weight

    def sync(self) -> None:
        """Make everything so far outlive a power cut."""
        self._journal.sync()

    def save(self, path: str | Path) -> None:
        """Write the profile to ``path``, whole or not at all."""
        atomic.write(Path(path), document.to_json(self.profile).encode())
        self._saved = self.profile

    def load(self, path: str | Path) -> None:
        """Go on with the profile in ``path``; ProfileError, and nothing has changed, when it is not sound."""
        self.use(document.read(path))

    def use(self, profile: StyleProfile) -> None:
        """Go on with ``profile``; a running session ends first and stays in the old profile's log.

        What the log of ``profile`` holds beyond it (the power went before a save) is folded in.
        """
        self._end()
        self._journal.close()
        self._open(profile)

    def close(self) -> None:
        """Let go of the log; the session should have been ended."""
        self._journal.close()

    def _open(self, profile: StyleProfile) -> None:
        self._saved = profile
        self._journal = Journal(profile, self._logs, self._sync_each)
        self._clock = BoxClock(*self._journal.last_seen)
        self._active = self._clock.age  # of the last change
        self._lasts = False  # whether the session goes on without one

    def _advance(self, time: float) -> None:
        checks.seconds(time, "time")
        self._time = time
        age = self._clock.advance(time)
        self._take(self._settler.settle_due(age))
        if self.session_open and not self._lasts and age - self._active >= IDLE_SECONDS:
            self._end()

    def _start(self) -> None:
        self._active = self._clock.age
        self._record("start")

    def _end(self) -> None:
        self._take(self._settler.settle_all(self._clock.age))
        if self.session_open:
            self._record("end")
        self._numbers.clear()
        self._lasts = False

    def _take(self, events: list[Settled | Retracted]) -> None:
        for event in events:
            adjustment = event.adjustment
            if isinstance(event, Retracted):
                self._record("retract", adjust=self._numbers.pop(adjustment))
                if adjustment in self._reported:
                    self._reported.remove(adjustment)
            else:
                fields = {**adjustment._asdict(), "time": self._time, "age": adjustment.time}
                self._numbers[adjustment] = self._journal.record("adjust", **fields)
                self._reported.append(adjustment)

    def _record(self, kind: str, **fields) -> int:
        return self._journal.record(kind, **fields, time=self._time, age=self._clock.age)

    def _suggestions(self, keys: list[tuple[str, str]], emotion: str | None) -> list[Suggestion]:
        view = self.view
        missing = [key for key in keys if (key, emotion) not in self._answers]
        for key, answer in zip(missing, self._learner.suggest_all(view, self.prior, missing, emotion)):
            self._answers[key, emotion] = answer
        return [self._answers[key, emotion] for key in keys]
