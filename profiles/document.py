"""The style profile as JSON: writing, and reading it back as hostile input.

At the top stands what any host can read, ``plugins`` and ``emotion``, with weights in knob
units; the statistics, from which alone the box reads its profiles, stand beside it. A
document with nothing but the readable part is another host's: its weights load as hints.
A ``checksum``, where there is one, must fit.
"""

import hashlib
import json
import os
import re
import stat
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from profiles import checks
from profiles import profile as model
from profiles.errors import ProfileError, UnreadableError
from profiles.blend import SharedLearner
from profiles.profile import Habit, Member, ParameterInfo, StyleProfile

FORMAT = "loopmind-style-profile"
VERSION = 2  # 1 had no shares, and the same weight for all of a person's votes
MAX_BYTES = 1_000_000
_CELLS = model.BINS + 1  # odd, so that a list of all weights is never mistaken for pairs



def to_json(profile: StyleProfile, checksum: bool = False, card: dict | None = None) -> str:
    """Return the profile as a JSON text; ProfileError when it has outgrown MAX_BYTES.

    card : what ``exchange`` tells people about it.
    """
    document = {"format": FORMAT, "version": VERSION, "id": profile.id, "name": profile.name,
                **_readable(profile),
                "parameters": _parameters_out(profile),
                "members": {id: member_out(member) for id, member in sorted(profile.members.items())},
                "shares": dict(sorted(profile.shares.items()))}
    if card:
        document["card"] = card
    if checksum:
        document["checksum"] = _checksum(document)
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    if len(text.encode()) > MAX_BYTES:
        raise ProfileError(f"profile {profile.name}: more than {MAX_BYTES} bytes; leave out some members")
    return text


def from_json(text: str | bytes, where: str = "profile") -> StyleProfile:
    """Return the profile in ``text``; ProfileError names ``where``, the place, and what would be right."""
    try:
        return _profile_in(_parsed(text))
    except ProfileError as error:
        raise ProfileError(f"{where}: {error}") from None


def own_out(profile: StyleProfile) -> dict:
    """Return the profile's own member and parameters, for its log."""
    return {"parameters": _parameters_out(profile), "member": member_out(profile.own)}


def own_in(value: Any) -> tuple[Member, dict[tuple[str, str], ParameterInfo]]:
    """Return the member and parameters that ``own_out`` gave; ProfileError when they are not sound."""
    infos = _infos_in(_object(value, "own"))
    return _member_in(value.get("member"), "member", infos), infos


def read(path: str | Path) -> StyleProfile:
    """Return the profile in a file; the size is looked at before anything is read."""
    return from_json(read_bytes(Path(path)), str(path))


def read_bytes(path: Path) -> bytes:
    """Return the content of a plain file of at most MAX_BYTES."""
    try:
        state = os.stat(path)
        if not stat.S_ISREG(state.st_mode):
            raise ProfileError(f"{path}: not a plain file")
        with open(path, "rb", opener=_without_waiting) as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UnreadableError(f"{path}: cannot be read: {error.strerror}") from None
    if len(content) > MAX_BYTES:
        raise ProfileError(f"{path}: a style profile has at most {MAX_BYTES} bytes, this file {state.st_size}")
    return content


def _without_waiting(path: str, flags: int) -> int:
    """Open a file that may have become a pipe since it was looked at."""
    return os.open(path, flags | os.O_NONBLOCK)


def _readable(profile: StyleProfile) -> dict:
    learner = SharedLearner()
    plugins, emotion = {}, {}
    for key in profile.known:
        words = {word for member in profile.leaders for word in (*member.habits.get(key, {}), *member.hints.get(key, {}))}
        plugins[key] = _weight(learner, profile, key, None)
        if words - {""}:
            emotion[key] = {word: _weight(learner, profile, key, word) for word in sorted(words - {""})}
    return {"plugins": _nested(plugins), "emotion": _nested(emotion)}


def _weight(learner, profile, key, emotion) -> float:
    if key not in profile.infos:  # another host's hint, for a plugin that this box never had
        hints = next(member.hints[key] for member in profile.leaders if key in member.hints)
        return hints.get(emotion or "", 0.0)
    return round(learner.suggest(profile, None, *key, emotion).weight, 4)


def _parameters_out(profile: StyleProfile) -> dict:
    return _nested({key: [info.default, info.label, info.tag] for key, info in profile.infos.items()})


def _nested(flat: dict[tuple[str, str], Any]) -> dict[str, dict[str, Any]]:
    """Return {plugin: {parameter: value}}, in order, so that equal profiles are equal bytes."""
    nested: dict[str, dict[str, Any]] = {}
    for (plugin, parameter), value in sorted(flat.items(), key=lambda item: item[0]):
        nested.setdefault(plugin, {})[parameter] = value
    return nested


def member_out(member: Member) -> dict:
    """Return a member as it stands in a document, in order, so that equal members are equal texts."""
    votes = {key: {emotion: [habit.settings, habit.sessions, *_numbers(habit)] for emotion, habit in sorted(emotions.items())}
             for key, emotions in member.habits.items()}
    hints = {key: dict(sorted(weights.items())) for key, weights in member.hints.items()}
    return {"name": member.name, "age": member.age, "sessions": member.sessions, "folded": member.folded,
            "votes": _nested(votes), "hints": _nested(hints)}


def _numbers(habit: Habit) -> list[int]:
    """Return cell, weight, cell, weight, ..., or, where that is longer, the weights of all cells."""
    if 2 * len(habit.cells) > _CELLS:
        return [habit.cells.get(cell, 0) for cell in range(_CELLS)]
    return [number for cell in sorted(habit.cells) for number in (cell, habit.cells[cell])]


def _checksum(document: dict) -> str:
    bare = {key: value for key, value in document.items() if key != "checksum"}
    text = json.dumps(bare, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _parsed(text: str | bytes) -> dict:
    try:
        document = json.loads(text, object_pairs_hook=_without_doubles)
    except RecursionError:
        raise ProfileError("nested too deeply to be a style profile") from None
    except ProfileError:
        raise
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ProfileError(f"not JSON: {error}") from None
    except ValueError:
        raise ProfileError("a number has thousands of digits: not a style profile") from None
    return _object(document, "the document")


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        double = next(name for name in found if names.count(name) > 1)
        raise ProfileError(f"the key {checks.shown(double)} stands twice in one object")
    return found


def _profile_in(document: dict) -> StyleProfile:
    if "format" not in document and ("plugins" in document or "emotion" in document):
        return _foreign(document)
    if document.get("format") != FORMAT:
        raise ProfileError(f'not a style profile: "format" must be "{FORMAT}"')
    version = checks.whole(document.get("version"), "version", 1, 10**6)
    if version > VERSION:
        raise ProfileError(f"written as version {version}; this box reads versions up to {VERSION}: update the box")
    if "checksum" in document and document["checksum"] != _checksum(document):
        raise ProfileError("the checksum does not fit: the file was damaged or changed by hand")
    for old in range(version, VERSION):
        document = MIGRATIONS[old](document)
    return _current(document)


def _from_version_1(document: dict) -> dict:
    """Give nobody a share, and each of n votes, which all weighed the same, the weight that the newest has now."""
    def member(value: Any) -> Any:
        votes = value.get("votes") if isinstance(value, dict) else None
        return {**value, "votes": _each(_each(_each(weighed)))(votes)} if isinstance(votes, dict) else value

    def weighed(numbers: Any) -> Any:
        if not isinstance(numbers, list) or not all(type(number) is int for number in numbers):
            return numbers
        settings_sessions, rest = numbers[:2], numbers[2:]
        step = 1 if len(rest) == _CELLS else 2  # cells stand between the weights, or not
        rest[step - 1::step] = [weight * (numbers[1] + 1) for weight in rest[step - 1::step]]
        return settings_sessions + rest

    return {**document, "members": _each(member)(document.get("members")), "shares": {}}


def _each(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return the change of every value of an object; what is none stays, for the checks to name."""
    return lambda value: {key: change(inner) for key, inner in value.items()} if isinstance(value, dict) else value


MIGRATIONS: dict[int, Callable[[dict], dict]] = {1: _from_version_1}
"""{version: function that gives the document of the next version}."""


def _current(document: dict) -> StyleProfile:
    infos = _infos_in(document)
    members = {_id(id, f"the member id {checks.shown(id)}"): _member_in(member, f"members.{id}", infos)
               for id, member in _object(document.get("members"), "members").items()}
    _at_most(members, model.MAX_MEMBERS, "members")
    own = _id(document.get("id"), "id")
    if own not in members:
        raise ProfileError("members must hold the profile's own id")
    return StyleProfile(own, members, infos, _shares_in(document, set(members) - {own}))


def _shares_in(document: dict, others: set[str]) -> dict[str, int]:
    shares = {id: checks.whole(share, f"shares.{checks.shown(id)}", 0, model.MAX_SHARE)
              for id, share in sorted(_object(document.get("shares"), "shares").items())}
    if not set(shares) <= others:
        raise ProfileError("shares must name members, and not the profile's own")
    if shares and not any(shares.values()):
        raise ProfileError("shares: one at least must be more than 0")
    return shares


def _infos_in(document: dict) -> dict[tuple[str, str], ParameterInfo]:
    infos = {(plugin, parameter): _info_in(parameter, value, place)
             for plugin, parameter, value, place in _leaves(document, "parameters")}
    _at_most(infos, model.MAX_PARAMETERS, "parameters")
    return infos


def _info_in(parameter: str, value: Any, place: str) -> ParameterInfo:
    if not isinstance(value, list) or len(value) != 3:
        raise ProfileError(f"{place} must be [default, label, tag], not {checks.shown(value)}")
    return ParameterInfo(parameter, *value)


def _member_in(value: Any, place: str, infos: dict) -> Member:
    member = _object(value, place)
    age = checks.whole(member.get("age"), f"{place}.age", 0, model.MAX_AGE)
    sessions = checks.whole(member.get("sessions"), f"{place}.sessions", 0, model.MAX_SESSIONS)
    habits: dict = {}
    for plugin, parameter, emotions, at in _leaves(member, "votes", place):
        if (plugin, parameter) not in infos:
            raise ProfileError(f"{at} is not among the declared parameters")
        habits[plugin, parameter] = {
            checks.name(emotion, f"emotion in {at}"): _habit_in(numbers, f"{at}.{emotion}", age, sessions)
            for emotion, numbers in _object(emotions, at).items()}
    _at_most([emotion for emotions in habits.values() for emotion in emotions], model.MAX_HABITS, f"{place}.votes")
    return Member(checks.name(member.get("name"), f"{place}.name"), age, sessions,
                  checks.whole(member.get("folded"), f"{place}.folded", 0, 2**53), habits,
                  _hints_in(member, place))


def _hints_in(member: dict, place: str) -> dict:
    hints = {(plugin, parameter): {checks.label(emotion, f"emotion in {at}"): _bias(weight, f"{at}.{emotion}")
                                   for emotion, weight in _object(emotions, at).items()}
             for plugin, parameter, emotions, at in _leaves(member, "hints", place)}
    _at_most([emotion for emotions in hints.values() for emotion in emotions], model.MAX_HABITS, f"{place}.hints")
    return hints


def _habit_in(numbers: Any, place: str, age: int, member_sessions: int) -> Habit:
    if not isinstance(numbers, list) or not (len(numbers) == 2 + _CELLS
                                             or len(numbers) % 2 == 0 and 4 <= len(numbers) <= 2 + 2 * _CELLS):
        raise ProfileError(f"{place} must be [settings, sessions, cell, weight, cell, weight, ...] "
                           f"or [settings, sessions and {_CELLS} weights]")
    settings, sessions, *rest = numbers
    pairs = [number for pair in enumerate(rest) if pair[1] != 0 for number in pair] if len(rest) == _CELLS else rest
    checks.whole(sessions, f"{place}: sessions", 1, member_sessions)
    checks.whole(settings, f"{place}: settings", sessions, 2**53)
    cells = [checks.whole(cell, f"{place}: cell", 0, model.AT_DEFAULT) for cell in pairs[::2]]
    most = sessions * model.vote_weight(age, sessions - 1)  # one vote a session, and none is younger than the member
    weights = [checks.whole(weight, f"{place}: weight", 1, most) for weight in pairs[1::2]]
    if any(low >= high for low, high in zip(cells, cells[1:])) or sum(weights) > most:
        raise ProfileError(f"{place}: cells must ascend, and hold no more votes than sessions")
    return Habit(dict(zip(cells, weights)), sessions, settings)


def _foreign(document: dict) -> StyleProfile:
    hints: dict = {}
    for plugin, parameter, weight, at in _leaves(document, "plugins"):
        hints.setdefault((plugin, parameter), {})[""] = _bias(weight, at)
    for plugin, parameter, emotions, at in _leaves(document, "emotion"):
        for emotion, weight in _object(emotions, at).items():
            checks.name(emotion, f"emotion in {at}")
            hints.setdefault((plugin, parameter), {})[emotion] = _bias(weight, f"{at}.{emotion}")
    _at_most([word for words in hints.values() for word in words], model.MAX_HABITS, "the document")
    # The id is made from the content: reading the same file again gives the same member.
    id = uuid.uuid5(uuid.NAMESPACE_OID, _checksum(document)).hex
    name = document.get("name", "Another host")
    return StyleProfile(id, {id: Member(checks.name(name, "name"), hints=hints)})


def _leaves(parent: dict, field: str, place: str = ""):
    """Yield plugin, parameter, value and place of ``{field: {plugin: {parameter: value}}}``."""
    at = f"{place}.{field}" if place else field
    for plugin, parameters in _object(parent.get(field, {}), at).items():
        checks.name(plugin, f"plugin in {at}")
        for parameter, value in _object(parameters, f"{at}.{plugin}").items():
            checks.name(parameter, f"parameter in {at}.{plugin}")
            yield plugin, parameter, value, f"{at}.{plugin}.{parameter}"


def _object(value: Any, place: str) -> dict:
    if not isinstance(value, dict):
        raise ProfileError(f"{place} must be an object, not {checks.shown(value)}")
    return value


def _bias(value: Any, place: str) -> float:
    return checks.number(value, place, -1.0, 1.0)


def _id(value: Any, place: str) -> str:
    if not isinstance(value, str) or not re.fullmatch("[0-9a-f]{32}", value):
        raise ProfileError(f"{place} must be 32 hex digits, not {checks.shown(value)}")
    return value


def _at_most(entries, limit: int, place: str) -> None:
    if len(entries) > limit:
        raise ProfileError(f"{place}: {len(entries)} entries, at most {limit} are allowed")
