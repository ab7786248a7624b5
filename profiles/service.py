"""The trainer for any host that can write a line: one JSON object in, one out, in order.

``Service`` answers lines and keeps files; it knows no process and no stream. What each operation
takes and gives stands in docs/trainer.md.
"""

import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from profiles import atomic, checks, document, exchange, trends
from profiles.blend import Blend
from profiles.errors import ProfileError
from profiles.merge import combine
from profiles.profile import MAX_MEMBERS, MAX_PARAMETERS, ParameterInfo, StyleProfile, new_profile
from profiles.store import logs_of
from profiles.trainer import Trainer
from profiles.why import why, why_sentence

logger = logging.getLogger(__name__)

PROTOCOL = 1
MAX_LINE = 1_000_000    # bytes; the longest that makes sense declares a thousand parameters
DEFAULT = 0.5           # of a declared parameter that does not say
_OK = b'{"ok":true}\n'


class Lines:
    """Cuts a stream into lines."""

    def __init__(self):
        self._rest = b""
        self._too_long = False

    def feed(self, chunk: bytes) -> Iterator[bytes | None]:
        """Yield the lines that ``chunk`` completes; None for one that was too long to keep."""
        *lines, rest = chunk.split(b"\n")
        for line in lines:
            yield from self._completed(line)
        if len(self._rest) + len(rest) > MAX_LINE:
            self._rest, self._too_long = b"", True
        elif not self._too_long:
            self._rest += rest

    def end(self) -> Iterator[bytes | None]:
        """Yield the last line, if it has no newline."""
        if self._rest or self._too_long:
            yield from self._completed(b"")

    def _completed(self, line: bytes) -> Iterator[bytes | None]:
        whole = self._rest + line
        yield None if self._too_long or len(whole) > MAX_LINE else whole
        self._rest, self._too_long = b"", False


class Service:
    """One host's trainer.

    file : the profile to go on with, made where it is missing; its log lies where ``logs_of`` says.
        None keeps nothing but what the host saves.
    prior : see ``Trainer``.

    ProfileError when the file is no profile, or its log cannot be written.
    """

    def __init__(self, file: Path | None = None, prior: StyleProfile | None = None):
        self._file = file
        profile = None
        if file is not None:
            if not file.parent.is_dir():
                raise ProfileError(f"{file}: there is no folder {file.parent} to keep it in")
            profile = document.read(file) if file.exists() else new_profile(_name_of(file))
        self._prior = prior
        self._trainer = Trainer(profile, prior, logs_of(file) if file else None, sync_each=False)
        if self._trainer.fault:
            raise ProfileError(self._trainer.fault)
        if file is not None and (self._trainer.unsaved or not file.exists()):
            self._trainer.save(file)    # at once: its id is what its log is found by
        self._other: Trainer | None = None
        self._amount = 0.0
        self._answers: dict[tuple, bytes] = {}
        self._answered: StyleProfile | None = None
        self._decode = json.JSONDecoder(parse_constant=_no_number).decode
        self._operations = {name.removeprefix("_op_"): getattr(self, name) for name in dir(self) if name.startswith("_op_")}

    def answer(self, line: bytes | None) -> bytes:
        """Return the answer to one line, with its newline; no line whatever ends the service."""
        try:
            if line is None:
                raise ProfileError(f"the line has more than {MAX_LINE} bytes")
            request = self._request(line)
            name = request.get("op")
            operation = self._operations.get(name) if isinstance(name, str) else None
            if operation is None:
                raise ProfileError(f'"op" must be one of {", ".join(sorted(self._operations))}, not {checks.shown(name)}')
            return operation(request)
        except ProfileError as error:
            return _line(ok=False, error=str(error))
        except Exception as error:  # a mistake of ours must not end a host's evening
            logger.exception("a line could not be answered")
            return _line(ok=False, error=f"the trainer failed: {error!r}")

    def keep(self) -> None:
        """Bring what was learnt to the disk; to be called about once a second."""
        self._trainer.sync()
        if self._file is not None and self._trainer.unsaved:
            self._trainer.save(self._file)

    def close(self) -> None:
        """End the session and keep everything."""
        self._trainer.end_session()
        self.keep()
        self._trainer.close()

    def _request(self, line: bytes) -> dict:
        try:
            request = self._decode(line.decode("utf-8-sig"))     # hosts on Windows begin with a mark
        except RecursionError:
            raise ProfileError("not JSON that anybody could mean: nested too deeply") from None
        except UnicodeDecodeError:
            raise ProfileError("not JSON: the line is not UTF-8") from None
        except ProfileError:
            raise
        except json.JSONDecodeError as error:
            raise ProfileError(f"not JSON: {error}") from None
        except ValueError:
            raise ProfileError("not JSON that anybody could mean: a number has thousands of digits") from None
        if not isinstance(request, dict):
            raise ProfileError(f"each line must be an object, not {checks.shown(request)}")
        return request

    # The operations. Each checks all it was given before anything happens.

    def _op_plugin(self, request) -> bytes:
        plugin, given = checks.name(request.get("plugin"), "plugin"), request.get("parameters")
        if not isinstance(given, list) or len(given) > MAX_PARAMETERS:
            raise ProfileError(f"parameters must be a list of at most {MAX_PARAMETERS} objects, not {checks.shown(given)}")
        infos = [_info(parameter) for parameter in given]
        ids = [info.id for info in infos]
        double = next((id for n, id in enumerate(ids) if id in ids[:n]), None) if len(set(ids)) < len(ids) else None
        if double is not None:
            raise ProfileError(f"parameters: the id {checks.shown(double)} stands there twice; each parameter needs its own")
        self._trainer.declare(plugin, infos)
        return _OK

    def _op_session(self, request) -> bytes:
        action = request.get("action")
        if action not in ("start", "end"):
            raise ProfileError(f'action must be "start" or "end", not {checks.shown(action)}')
        time = self._time(request)
        (self._trainer.start_session if action == "start" else self._trainer.end_session)(time)
        return _OK

    def _op_learning(self, request) -> bytes:
        on = _flag(request, "on", None)
        self._pass(request)
        self._trainer.learning = on
        return _OK

    def _op_observe(self, request) -> bytes:
        settled = _flag(request, "settled", False)
        self._trainer.record_change(request.get("plugin"), request.get("parameter"), request.get("old"), request.get("new"),
                                    request.get("emotion"), self._time(request), settled)
        return _OK if self._trainer.learning else _line(ok=True, ignored="learning is off")

    def _op_tick(self, request) -> bytes:
        return _line(ok=True, settled=[adjustment._asdict() for adjustment in self._trainer.tick(self._time(request))])

    def _op_suggest(self, request) -> bytes:
        plugin, emotion = checks.name(request.get("plugin"), "plugin"), checks.name(request.get("emotion"), "emotion")
        self._pass(request)
        if self._trainer.preview is not self._answered:
            self._answered = self._trainer.preview
            self._answers.clear()
        key = (plugin, emotion)
        if key not in self._answers:
            self._answers[key] = _line(ok=True, values={parameter: dict(zip(_ANSWER, suggestion)) for parameter, suggestion
                                                        in self._suggestions(plugin, emotion).items()})
        return self._answers[key]

    def _op_weight(self, request) -> bytes:
        self._pass(request)
        return _line(ok=True, weight=self._trainer.preference_weight(
            request.get("plugin"), request.get("parameter"), request.get("emotion")))

    def _op_why(self, request) -> bytes:
        self._pass(request)
        other = self._guest_of(request.get("plugin")).view if self._other else None
        found = why(self._trainer.view, self._prior, request.get("plugin"), request.get("parameter"), request.get("emotion"),
                    other, self._amount)
        return _line(ok=True, sentence=why_sentence(found), **{**found._asdict(), "says": dict(found.says)})

    def _op_trends(self, request) -> bytes:
        self._pass(request)
        found = trends.trends(self._trainer.preview)
        return _line(ok=True, trends=[{**{name: getattr(trend, name) for name in _TREND}, "sentence": trends.sentence(trend)}
                                      for trend in found])

    def _op_blend(self, request) -> bytes:
        amount = checks.raw(request.get("amount"), "amount")
        if "file" in request:
            self._other = Trainer(document.read(_file(request)), self._prior)
        elif self._other is None:
            raise ProfileError("blend needs the file of the other's profile first")
        self._amount = amount
        self._answers.clear()
        return _line(ok=True, other=self._other.profile.name, amount=amount)

    def _op_forget(self, request) -> bytes:
        number = request.get("session")
        if number is not None:
            checks.whole(number, "session", 1, 2**53)
        gone = self._trainer.forget_session(number)
        return _line(ok=True, session=gone.number, settings=gone.settings)

    def _op_sessions(self, request) -> bytes:
        return _line(ok=True, sessions=[{"session": session.number, "time": session.time, "state": session.state,
                                         "settings": session.settings}
                                        for session in self._trainer.sessions])

    def _op_save(self, request) -> bytes:
        file = _file(request) if "file" in request or self._file is None else self._file
        saved = self._trainer.profile if self._is_own(file) else self._trainer.preview
        if self._is_own(file):
            self.keep()     # the session that runs is safe in the log
        else:
            _written(saved, file)
        return _line(ok=True, file=str(file), sessions=saved.own.sessions)

    def _op_load(self, request) -> bytes:
        profile, fields = document.read(_file(request)), {}
        self._trainer.end_session()
        self.keep()
        if self._file is not None and profile.id != self._trainer.profile.id and self._trainer.profile.known:
            aside = _free(self._file)
            self._trainer.save(aside)
            fields = {"kept": str(aside)}
        self._trainer.use(profile)
        if self._file is not None:
            self._trainer.save(self._file)
        return _line(ok=True, profile=profile.name, sessions=self._trainer.profile.own.sessions, **fields)

    def _op_merge(self, request) -> bytes:
        files, weights, file = request.get("files"), request.get("weights"), _file(request)
        if not isinstance(files, list) or not 1 <= len(files) <= MAX_MEMBERS:
            raise ProfileError(f"files must be a list of 1 to {MAX_MEMBERS} paths, not {checks.shown(files)}")
        if weights is not None and not isinstance(weights, list):
            raise ProfileError(f"weights must be a list of numbers, not {checks.shown(weights)}")
        if self._is_own(file):
            raise ProfileError(f"{file} is the profile in use; merge into another file and load that")
        merged = combine([document.read(_path(each, "files")) for each in files], weights)
        _written(merged, file)
        return _line(ok=True, file=str(file), profile=merged.name, members=sorted(
            member.name for id, member in merged.members.items() if id != merged.id))

    def _op_info(self, request) -> bytes:
        trainer, profile = self._trainer, self._trainer.preview
        return _line(ok=True, protocol=PROTOCOL, profile=profile.name, file=str(self._file) if self._file else None,
                     learning=trainer.learning, session=trainer.session_open, sessions=profile.own.sessions,
                     plugins=sorted({plugin for plugin, _ in profile.infos}), parameters=len(profile.infos),
                     others=[member.name for id, member in sorted(profile.members.items()) if id != profile.id],
                     fault=trainer.fault, operations=sorted(self._operations))

    def _suggestions(self, plugin, emotion):
        mine = self._trainer.suggest(plugin, emotion)
        if self._other is None:
            return mine
        return Blend(mine, self._guest_of(plugin).suggest(plugin, emotion), self._amount)

    def _guest_of(self, plugin) -> Trainer:
        """Return the other of the blend, who knows all of the plugin's parameters now."""
        theirs = self._other.view.infos
        self._other.declare(plugin, [info for (owner, id), info in self._trainer.view.infos.items()
                                     if owner == plugin and (plugin, id) not in theirs])
        return self._other

    def _time(self, request) -> float:
        """The host's time; without one none has passed."""
        time = request.get("time", self._trainer.time)
        return checks.seconds(time, "time")

    def _pass(self, request) -> None:
        if "time" in request:
            self._trainer.tick(self._time(request))

    def _is_own(self, file: Path) -> bool:
        return self._file is not None and os.path.realpath(file) == os.path.realpath(self._file)


_ANSWER = ("value", "low", "high", "confidence", "weight", "count")
_TREND = ("plugin", "parameter", "emotion", "label", "value", "weight", "confidence", "settings", "sessions")


def _line(**fields) -> bytes:
    return json.dumps(fields, separators=(",", ":")).encode() + b"\n"


def _no_number(text: str):
    raise ProfileError(f"not JSON: {text} is no number")


def _flag(request: dict, name: str, default: bool | None) -> bool:
    value = request.get(name, default)
    if not isinstance(value, bool):
        raise ProfileError(f"{name} must be true or false, not {checks.shown(value)}")
    return value


def _info(parameter: Any) -> ParameterInfo:
    if not isinstance(parameter, dict):
        raise ProfileError(f"each of parameters must be an object, not {checks.shown(parameter)}")
    return ParameterInfo(parameter.get("id"), parameter.get("default", DEFAULT), parameter.get("label", ""), parameter.get("tag", ""))


def _file(request: dict) -> Path:
    return _path(request.get("file"), "file")


def _path(value: Any, what: str) -> Path:
    try:
        if not isinstance(value, str) or not value or "\0" in value or len(os.fsencode(value)) > 4096:
            raise ValueError
    except ValueError:      # half a surrogate pair is no name on any disk
        raise ProfileError(f"{what} must be the path of a file, not {checks.shown(value)}") from None
    return Path(value)


def _written(profile: StyleProfile, file: Path) -> None:
    """Write a profile that is not the one in use: it has no place in a log."""
    atomic.write(file, document.to_json(exchange.public(profile)).encode())


def _free(file: Path) -> Path:
    n = 1
    while (free := file.with_name(f"{file.stem}.{n}{file.suffix}")).exists():
        n += 1
    return free


def _name_of(file: Path) -> str:
    try:
        return checks.name(file.stem, "name")
    except ProfileError:
        return "My Style"
