"""The line service: what each operation answers, what nonsense does, and what is on the disk when it is killed."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiles import document
from profiles.errors import ProfileError
from profiles.ledger import rebuild
from profiles.log import AdjustmentLog
from profiles.profile import ParameterInfo
from profiles.service import MAX_LINE, Lines, Service
from profiles.trainer import Trainer

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.usefixtures("swift_disk")
PLUGIN = {"op": "plugin", "plugin": "Hall", "parameters": [{"id": "mix", "default": 0.5, "label": "Mix", "tag": "space"},
                                                           {"id": "decay"}]}


def observe(new, time=0.0, emotion="dreamy", parameter="mix", **more):
    return {"op": "observe", "plugin": "Hall", "parameter": parameter, "old": 0.5, "new": new, "emotion": emotion,
            "time": time, "settled": True, **more}


def ask(service, op, **fields):
    line = service.answer(json.dumps({"op": op, **fields}).encode())
    assert line.endswith(b"\n") and line.count(b"\n") == 1
    return json.loads(line)


def told(service, *requests):
    """Send requests that must be right; return the last answer."""
    for request in requests:
        answer = ask(service, **request)
        assert answer["ok"], answer
    return answer


def mix(service, emotion="dreamy"):
    return told(service, {"op": "suggest", "plugin": "Hall", "emotion": emotion})["values"]["mix"]


def end(service, time=0.0):
    return told(service, {"op": "session", "action": "end", "time": time})


def taught(folder, name, value, sessions=4):
    trainer = Trainer()
    trainer.declare("Hall", [ParameterInfo("mix", 0.5)])
    for n in range(sessions):
        trainer.record_change("Hall", "mix", 0.5, value, "dreamy", n * 1e5, settled=True)
        trainer.end_session()
    trainer.use(trainer.profile.with_own(name=name))
    trainer.save(folder / f"{name}.json")
    return str(folder / f"{name}.json")


@pytest.fixture
def service():
    return Service()


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ProfileError, match="me.json: there is no folder .*gone to keep it in"):
        Service(tmp_path / "gone" / "me.json")


# --- Operations ---------------------------------------------------------------------------------

def test_what_was_observed_is_suggested(service):
    assert told(service, PLUGIN) == {"ok": True}
    assert told(service, observe(0.7, 1.0)) == {"ok": True}
    values = told(service, {"op": "suggest", "plugin": "Hall", "emotion": "dreamy"})["values"]
    assert set(values) == {"mix", "decay"} and set(values["mix"]) == {"value", "low", "high", "confidence", "weight", "count"}
    assert values["mix"]["value"] == pytest.approx(0.7, abs=0.02) and values["mix"]["count"] == 1
    assert values["decay"]["value"] == pytest.approx(0.5, abs=0.05) and values["decay"]["count"] == 0
    weight = told(service, {"op": "weight", "plugin": "Hall", "parameter": "mix", "emotion": "dreamy"})["weight"]
    assert weight == values["mix"]["weight"]
    assert told(service, {"op": "weight", "plugin": "Hall", "parameter": "mix"})["weight"] > 0.1


def test_a_session_has_one_vote_and_its_last_value_counts(service):
    told(service, PLUGIN, {"op": "session", "action": "start", "time": 0}, *[observe(n / 10, 0) for n in range(9)],
         observe(0.9, 0), {"op": "session", "action": "end", "time": 0})
    one = mix(service)
    assert one["value"] == pytest.approx(0.9, abs=0.02) and one["count"] == 10
    told(service, {"op": "session", "action": "start", "time": 0}, observe(0.9, 0))
    assert mix(service)["confidence"] > one["confidence"]
    assert told(service, {"op": "info"})["sessions"] == 2


def test_settling_is_the_trainers_unless_the_host_does_it(service):
    told(service, PLUGIN, {**observe(0.6, 10.0), "settled": False}, {**observe(0.8, 10.5), "old": 0.6, "settled": False})
    assert mix(service)["count"] == 0
    answer = told(service, {"op": "tick", "time": 12.0})
    assert [(each["old"], each["new"], each["time"]) for each in answer["settled"]] == [(0.5, 0.8, 11.5)]
    assert mix(service)["count"] == 1
    assert told(service, {"op": "suggest", "plugin": "Hall", "emotion": "dreamy", "time": 99.0})["ok"]


def test_unknown_names_are_simply_new(service):
    assert told(service, {"op": "suggest", "plugin": "?", "emotion": "ethereal"}) == {"ok": True, "values": {}}
    assert told(service, {"op": "weight", "plugin": "?", "parameter": "?", "emotion": "?"})["weight"] == 0.0
    told(service, {**observe(0.9), "old": 0.2, "emotion": "Früh am Morgen 🌅"})
    found = mix(service, "Früh am Morgen 🌅")
    assert found["value"] - found["weight"] == pytest.approx(0.2), "where the hand first found it stands for the default"


def test_nothing_is_learnt_while_learning_is_off(service):
    told(service, PLUGIN, observe(0.7), {"op": "learning", "on": False})
    assert told(service, observe(0.1)) == {"ok": True, "ignored": "learning is off"}
    assert mix(service)["value"] > 0.6 and told(service, {"op": "info"})["learning"] is False
    assert "learning is off" in ask(service, "session", action="start", time=0)["error"]
    told(service, {"op": "learning", "on": True}, observe(0.1), observe(0.1))
    end(service)
    assert told(service, {"op": "info"})["sessions"] == 2


def test_trends_and_why_speak(service):
    told(service, PLUGIN, observe(0.9))
    trend, = told(service, {"op": "trends"})["trends"]
    assert trend["sentence"].startswith("In dreamy parts you run the Hall wetter: Mix around 8")
    assert (trend["plugin"], trend["parameter"], trend["settings"], trend["sessions"]) == ("Hall", "mix", 1, 1)
    why = told(service, {"op": "why", "plugin": "Hall", "parameter": "mix", "emotion": "dreamy"})
    assert "since you set it there once" in why["sentence"] and sum(why["says"].values()) == pytest.approx(1.0, abs=0.2)
    assert "nobody has declared" in ask(service, "why", plugin="Hall", parameter="?", emotion="dreamy")["error"]


def test_forgetting(service):
    told(service, PLUGIN)
    for n, value in enumerate((0.9, 0.1, 0.2)):
        told(service, observe(value, n))
        end(service, n)
    assert told(service, {"op": "forget"}) == {"ok": True, "session": 3, "settings": 1}
    assert told(service, {"op": "forget", "session": 2})["session"] == 2
    assert mix(service)["value"] == pytest.approx(0.9, abs=0.02)
    assert [each["state"] for each in told(service, {"op": "sessions"})["sessions"]] == ["learnt", "forgotten", "forgotten"]
    assert "no session 3 to forget; the log has 1" in ask(service, "forget", session=3)["error"]


def test_the_blend_is_a_live_slider(service, tmp_path):
    other = taught(tmp_path, "Kim", 0.1)
    told(service, PLUGIN, observe(0.9))
    assert "file of the other" in ask(service, "blend", amount=0.5)["error"]
    mine = mix(service)
    places = [told(service, {"op": "blend", "file": other, "amount": 0.0}) and mix(service)]
    for amount in (0.25, 0.5, 0.75, 1.0):
        assert told(service, {"op": "blend", "amount": amount}) == {"ok": True, "other": "Kim", "amount": amount}
        places.append(mix(service))
    values = [place["value"] for place in places]
    whole = told(service, {"op": "suggest", "plugin": "Hall", "emotion": "dreamy"})["values"]
    assert whole["decay"]["confidence"] == 0.0, "which the other never had"
    told(service, {"op": "blend", "amount": 0.5})
    why = told(service, {"op": "why", "plugin": "Hall", "parameter": "mix", "emotion": "dreamy"})
    assert why["value"] == mix(service)["value"] and why["says"]["own"] > 0.2 < why["says"]["guest"]
    told(service, {"op": "blend", "amount": 1.0})
    assert places[0] == mine and values == sorted(values, reverse=True) and values[-1] < 0.2
    told(service, {"op": "blend", "amount": 0.0}, observe(0.85))
    assert mix(service)["value"] == pytest.approx(0.85, abs=0.02), "what is learnt is mine"
    assert "amount" in ask(service, "blend", amount=2)["error"]


def test_saving_takes_the_running_session_along(service, tmp_path):
    file = str(tmp_path / "out.json")
    told(service, PLUGIN, observe(0.9))
    before = mix(service)
    assert told(service, {"op": "save", "file": file}) == {"ok": True, "file": file, "sessions": 1}
    told(service, observe(0.1))
    again = Service()
    told(again, {"op": "load", "file": file})
    assert mix(again) == before
    end(service)
    assert told(service, {"op": "info"})["sessions"] == 1, "and the session goes on as one"


def test_merging_by_weights(service, tmp_path):
    mine, theirs, out = taught(tmp_path, "Me", 0.9), taught(tmp_path, "Kim", 0.1), str(tmp_path / "both.json")

    def merged(files, **weights):
        answer = told(service, {"op": "merge", "files": files, "file": out, **weights})
        assert answer == {"ok": True, "file": out, "profile": "Kim + Me", "members": ["Kim", "Me"]}
        told(service, {"op": "load", "file": out})
        return mix(service)["value"]

    values = [merged([mine, theirs], weights=weights) for weights in ([1, 0], [3, 1], [1, 1], [1, 3], [0, 1])]
    assert values == sorted(values, reverse=True) and values[0] > 0.85 and values[-1] < 0.15
    assert merged([theirs, mine], weights=[1, 3]) == values[1] and merged([mine, theirs, mine]) == values[2]
    content = Path(out).read_bytes()
    merged([theirs, mine, out])
    assert Path(out).read_bytes() == content


# --- Nonsense -----------------------------------------------------------------------------------

@pytest.mark.parametrize("line, words", [
    (b"", "not JSON"), (b"{", "not JSON"), (b"[]", "object"), (b"7", "object"), (b"null", "object"), (b"\xff\xfe", "UTF-8"),
    (b"{}", '"op" must be one of'), (b'{"op":"party"}', "observe"), (b'{"op":["observe"]}', '"op"'), (b'{"op":"_op_info"}', '"op"'),
    (b"[" * 200_000, "nested"), (b'{"a":' * 100_000, "nested"), (b"9" * 10_000, "not JSON that anybody could mean"),
    (b'{"op":"observe","time":NaN}', "NaN is no number"), (b'{"op":"observe","time":-Infinity}', "no number"),
    (b'{"op":"tick","time":1e999}', "time"), (b'{"op":"tick","time":' + b"9" * 4000 + b"}", "time"), (None, "1000000 bytes"),
    (b'{"op":"session","action":"begin"}', "action"), (b'{"op":"session"}', "action"), (b'{"op":"learning","on":1}', "on must be"),
    (b'{"op":"learning"}', "on must be"), (b'{"op":"plugin"}', "plugin"), (b'{"op":"plugin","plugin":"P","parameters":{}}', "list"),
    (b'{"op":"plugin","plugin":"P","parameters":[{}]}', "parameter id"), (b'{"op":"plugin","plugin":"P","parameters":[7]}', "object"),
    (b'{"op":"plugin","plugin":"P","parameters":[{"id":"a","default":2}]}', "default of a"),
    (b'{"op":"plugin","plugin":"P","parameters":[{"id":"a"},{"id":"b"},{"id":"a"}]}', 'the id "a" stands there twice'),
    (b'{"op":"learning","on":"yes"}', 'true or false, not "yes"'), (b'{"op":"learning","on":null}', "not null"),
    (b'{"op":"blend","amount":true}', "not true"), (b'{"op":"blend","amount":{"a":1}}', "not an object of 1"),
    (b'{"op":"blend","amount":[]}', "not a list of 0"), ('{"op":"blend","amount":"Größe"}'.encode(), 'not "Größe"'),
    (b'{"op":"save"}', "path"), (b'{"op":"save","file":"a\\u0000b"}', "path"), (b'{"op":"save","file":"\\ud800"}', "path"),
    (b'{"op":"load","file":7}', "path"), (b'{"op":"load","file":"/no/such.json"}', "cannot be read"),
    (b'{"op":"load","file":"/dev/zero"}', "plain file"), (b'{"op":"save","file":"/dev/null"}', "plain file"),
    (b'{"op":"merge","files":[],"file":"x"}', "files"), (b'{"op":"merge","files":[7],"file":"x"}', "files"),
    (b'{"op":"merge","files":["x"],"weights":1,"file":"x"}', "weights"), (b'{"op":"forget","session":"1"}', "session"),
    (b'{"op":"suggest","plugin":"P"}', "emotion"), (b'{"op":"blend"}', "amount")])
def test_a_bad_line_is_an_error_and_the_service_goes_on(service, line, words):
    told(service, PLUGIN, observe(0.7))
    before = mix(service)
    answer = json.loads(service.answer(line))
    assert answer["ok"] is False and words in answer["error"] and len(answer["error"]) < 500
    assert mix(service) == before


@pytest.mark.parametrize("change", [{"old": -0.1}, {"new": 1.01}, {"new": "0.5"}, {"new": True}, {"emotion": ""}, {"emotion": None},
                                    {"plugin": 3}, {"plugin": "p" * 65}, {"parameter": "a\n"}, {"time": "now"}, {"settled": 1}])
def test_what_is_observed_is_checked(service, change):
    assert ask(service, **{**observe(0.7), **change})["ok"] is False
    assert told(service, {"op": "info"})["sessions"] == 0


VALUES = st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5) | st.sampled_from(["Hall", "mix", "start", "end"]),
                      lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3), max_leaves=5)
FIELDS = ("plugin", "parameter", "parameters", "emotion", "old", "new", "time", "settled", "on", "action", "amount", "session",
          "weights", "files")
OPERATIONS = [name for name in Service()._operations if name not in ("save", "merge")]    # those write where they are told


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(OPERATIONS), st.dictionaries(st.sampled_from(FIELDS), VALUES)), max_size=5), st.binary(max_size=50))
def test_any_line_has_one_answer_and_no_mistake_of_ours(requests, noise):
    service = Service()
    told(service, PLUGIN)
    for op, fields in requests:
        answer = json.loads(service.answer(json.dumps({"op": op, **fields}).encode()))
        assert answer["ok"] or "the trainer failed" not in answer["error"]
    answer = json.loads(service.answer(noise))
    assert answer["ok"] is False and "the trainer failed" not in answer["error"]
    assert 0.0 <= mix(service)["value"] <= 1.0


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(max_size=20).map(lambda line: line.replace(b"\n", b"")), max_size=8), st.booleans(), st.lists(st.integers(1, 9), min_size=1))
def test_lines_are_cut_wherever_the_stream_breaks(lines, ended, sizes):
    stream, cutter, found = b"\n".join(lines) + (b"\n" if ended and lines else b""), Lines(), []
    while stream:
        found += cutter.feed(stream[:sizes[0]])
        stream, sizes = stream[sizes[0]:], sizes[1:] + sizes[:1]
    found += cutter.end()
    assert found == (lines[:-1] if lines and not lines[-1] and not ended else lines)


def test_a_huge_line_is_not_kept_and_the_next_one_is_heard():
    cutter, found = Lines(), []
    for chunk in [b"x" * 65536] * 40 + [b"\nnext\n", b"y" * (MAX_LINE + 1), b"\n", b"z" * MAX_LINE + b"\nlast"]:
        found += cutter.feed(chunk)
        assert len(cutter._rest) <= MAX_LINE
    assert found == [None, b"next", None, b"z" * MAX_LINE] and list(cutter.end()) == [b"last"]


# --- Files --------------------------------------------------------------------------------------

def test_the_profile_is_there_from_the_start_and_after_the_end(tmp_path):
    file = tmp_path / "me.json"
    service = Service(file)
    assert document.read(file).own.sessions == 0
    told(service, PLUGIN, observe(0.9))
    service.close()
    assert document.read(file).own.sessions == 1 and document.read(file).name == "me"
    assert mix(Service(file))["value"] == pytest.approx(0.9, abs=0.02)


def test_what_was_not_saved_is_in_the_log(tmp_path):
    file = tmp_path / "me.json"
    service = Service(file)
    told(service, PLUGIN, observe(0.9))
    end(service)
    told(service, observe(0.1))
    again = Service(file)
    assert told(again, {"op": "info"})["sessions"] == 2 and document.read(file).own.sessions == 2


def test_another_profile_takes_the_files_place_and_the_old_one_stays(tmp_path):
    file, other = tmp_path / "me.json", taught(tmp_path, "Kim", 0.1)
    service = Service(file)
    told(service, PLUGIN, observe(0.9))
    answer = told(service, {"op": "load", "file": other})
    assert answer == {"ok": True, "profile": "Kim", "sessions": 4, "kept": str(tmp_path / "me.1.json")}
    assert document.read(tmp_path / "me.1.json").own.sessions == 1 and document.read(file).name == "Kim"
    told(service, observe(0.2))
    service.close()
    assert document.read(file).own.sessions == 5 and document.read(other).own.sessions == 4
    assert "in use" in ask(service, "merge", files=[other], file=str(file))["error"]


def test_a_bad_file_leaves_everything_as_it_is(tmp_path):
    file, bad = tmp_path / "me.json", tmp_path / "bad.json"
    service = Service(file)
    told(service, PLUGIN, observe(0.9))
    before, content = mix(service), file.read_bytes()
    huge = tmp_path / "huge.json"
    with open(huge, "wb") as sparse:
        sparse.truncate(2**30)
    os.mkfifo(tmp_path / "pipe.json")
    for text in ("", "{}", "[" * 100_000, '{"plugins":{"a":{"b":NaN}}}', '{"plugins":{},"plugins":{}}', '{"plugins":{"a":{"b":1e400}}}'):
        bad.write_text(text)
        for request in ({"op": "load", "file": str(bad)}, {"op": "blend", "file": str(bad), "amount": 0.5},
                        {"op": "merge", "files": [str(bad)], "file": str(tmp_path / "out.json")}):
            assert "bad.json" in ask(service, **request)["error"]
    for name in ("huge.json", "pipe.json"):
        assert name in ask(service, "load", file=str(tmp_path / name))["error"]
    assert mix(service) == before and file.read_bytes() == content and not (tmp_path / "out.json").exists()


def test_a_profile_that_cannot_be_read_is_not_touched(tmp_path):
    file = tmp_path / "me.json"
    file.write_text("{broken")
    with pytest.raises(ValueError, match="me.json"):
        Service(file)
    assert file.read_text() == "{broken"


# --- The process --------------------------------------------------------------------------------

def started(*words, **how):
    return subprocess.Popen([sys.executable, "-P", "-m", "firmware", "trainer", *map(str, words)], stdin=subprocess.PIPE,
                            stdout=how.pop("stdout", subprocess.PIPE), env={**os.environ, "PYTHONPATH": str(ROOT)}, **how)


def stream(*requests):
    return b"".join(json.dumps(request).encode() + b"\n" for request in requests)


def test_the_program_answers_line_by_line(tmp_path):
    child = started("--profile", tmp_path / "me.json")
    for request, answer in ((PLUGIN, b'{"ok":true}\n'), (observe(0.9), b'{"ok":true}\n')):
        child.stdin.write(stream(request))
        child.stdin.flush()
        assert child.stdout.readline() == answer, "before anything else is said"
    child.stdin.write(b'nonsense\n{"op":"info"}')
    child.stdin.close()
    bad, info = map(json.loads, child.stdout.readlines())
    assert not bad["ok"] and info["sessions"] == 1 and child.wait() == 0
    child.stdout.close()
    assert document.read(tmp_path / "me.json").own.sessions == 1


def test_it_starts_without_the_sound():
    loaded = subprocess.run([sys.executable, "-X", "importtime", "-P", "-m", "firmware", "trainer"], stdin=subprocess.DEVNULL,
                            stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}).stderr
    modules = {line.rpartition("|")[2].strip().partition(".")[0] for line in loaded.splitlines()}
    assert "profiles" in modules and not modules & {"numba", "llvmlite", "PIL", "soundfile", "scipy"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_told_to_end_it_keeps_what_it_heard(tmp_path, number):
    child = started("--profile", tmp_path / "me.json", stderr=subprocess.PIPE)
    child.stdin.write(stream(PLUGIN, observe(0.9)))
    child.stdin.flush()
    assert [child.stdout.readline() for _ in range(2)] == [b'{"ok":true}\n'] * 2
    child.send_signal(number)
    assert child.wait(30) == 0 and child.stderr.read() == b""
    assert document.read(tmp_path / "me.json").own.sessions == 1
    child.stdin.close()


def test_two_programs_do_not_write_one_history(tmp_path):
    first, second = started("--profile", tmp_path / "me.json"), None
    first.stdin.write(stream(PLUGIN, observe(0.9)))
    first.stdin.flush()
    first.stdout.readline()
    second = started("--profile", tmp_path / "me.json", stderr=subprocess.PIPE)
    _, noise = second.communicate(stream(observe(0.1)))
    assert second.returncode == 2 and b"another program is learning with this profile" in noise
    first.communicate()
    assert first.returncode == 0 and document.read(tmp_path / "me.json").own.sessions == 1
    assert mix(Service(tmp_path / "me.json"))["value"] > 0.8


def test_a_host_that_goes_away_leaves_no_noise(tmp_path):
    reads, writes = os.pipe()
    os.close(reads)
    child = started("--profile", tmp_path / "me.json", stdout=writes, stderr=subprocess.PIPE)
    os.close(writes)
    _, noise = child.communicate(stream(PLUGIN, observe(0.9)))
    assert child.returncode == 0 and noise == b""
    assert document.read(tmp_path / "me.json").own.sessions == 1


def test_kill_9_at_any_moment_loses_nothing_that_was_answered(tmp_path):
    """Again and again on the same profile, in the middle of sessions, saves and forgetting."""
    file, chance, answered = tmp_path / "me.json", random.Random(4), 0
    for _ in range(6):
        child = started("--profile", file)
        lines = [PLUGIN]
        for n in range(400):
            lines.append(observe(chance.random(), n, chance.choice(["calm", "dark"])))
            lines += [[], [{"op": "session", "action": "end", "time": n}], [{"op": "save"}]][chance.choice([0, 0, 0, 1, 2])]
        child.stdin.write(stream(*lines))
        child.stdin.flush()
        read = [child.stdout.readline() for _ in range(chance.randint(1, 200))]
        time.sleep(chance.random() / 50)
        child.kill()
        read += child.stdout.readlines()
        child.wait()
        child.stdin.close()
        child.stdout.close()
        whole = [line for line in read if line.endswith(b"\n")]
        assert all(line.startswith(b'{"ok":true') for line in whole)
        answered += sum(line["op"] == "observe" for line in lines[:len(whole)])
        profile = document.read(file)
        log = AdjustmentLog(tmp_path / f"{profile.id}.log")
        log.close()
        heard = sum(record["kind"] == "adjust" for record in log.records)
        assert heard >= answered and log.corrupt == 0
        answered = heard    # what was heard and not answered counts too
        service = Service(file)
        assert sum(habit.settings for words in service._trainer.profile.own.habits.values() for habit in words.values()) == heard
        service.close()
        log = AdjustmentLog(tmp_path / f"{profile.id}.log")
        log.close()
        assert rebuild(log.records) == document.read(file)


def test_a_mark_before_the_line_is_passed_over():
    assert json.loads(Service().answer(b'\xef\xbb\xbf{"op":"info"}'))["ok"]
