"""`loopmind profile`: every verb, on the box's profiles and on files."""

import json
import os
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest

from firmware.__main__ import main
from profiles import document, exchange
from profiles.profile import ParameterInfo, new_profile
from profiles.store import ProfileStore
from profiles.trainer import Trainer

pytestmark = pytest.mark.usefixtures("swift_disk")
EVENING = 1_790_000_000.0


def learn(trainer, value, time=EVENING, emotion="dreamy"):
    trainer.record_change("Hall", "mix", 0.5, value, emotion, time, settled=True)
    trainer.end_session(time + 60.0)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A box in which Me has played three sessions and Kim, who came on a stick, two."""
    home = tmp_path / ".loopmind"
    (home / "logs").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    store = ProfileStore(home / "profiles")
    me = Trainer(new_profile("Me"), logs=home / "logs")
    me.declare("Hall", [ParameterInfo("mix", 0.5, "Mix", "space")])
    for n, value in enumerate((0.9, 0.1, 0.92)):
        learn(me, value, EVENING + n * 86400.0)
    me.close()
    store.save(me.profile)
    kim = Trainer(new_profile("Kim"))
    kim.declare("Hall", [ParameterInfo("mix", 0.5, "Mix", "space")])
    learn(kim, 0.2)
    learn(kim, 0.2, EVENING + 1e5)
    store.save(kim.profile)
    store.switch("Me")
    return home


@pytest.fixture
def told(home, capsys):
    """(words) -> what the command says."""
    def say(*words, status=0):
        assert main(["profile", *words]) == status
        captured = capsys.readouterr()
        return captured.err if status else captured.out
    return say


def saved(home, name="Me"):
    return ProfileStore(home / "profiles").load(name).profile


def value(profile):
    return Trainer(profile).suggest("Hall", "dreamy")["mix"].value


def test_list_has_a_star_and_names_what_is_broken(told, home):
    (home / "profiles" / "Anna.json").write_text("{")
    rows = [line.replace("│", " ").split() for line in told("list").splitlines()[1:]]
    assert [row for row in rows if "Me" in row] == [["*", "Me", "3", "1"]] and ["Kim", "2", "1"] in rows
    assert any(row[:1] == ["Anna"] and "not" in row for row in rows)
    assert (home / "profiles" / "Anna.json").read_text() == "{", "looking changes nothing"
    (home / "profiles" / "current").unlink()
    assert "* Anna" in " ".join(told("list").replace("│", " ").split()), "the first one, where none was chosen"
    shutil.rmtree(home)
    assert "has no profile yet" in told("list")


def test_show_takes_names_files_and_the_current_one(told, home):
    assert told("show") == told("show", "Me") == told("show", str(home / "profiles" / "Me.json"))
    assert "Me: 3 sessions\n  In dreamy parts you run the Hall wetter: Mix around 8" in told("show")
    assert "no profile and no file 'Nobody'; in the box there are: Kim, Me" in told("show", "Nobody", status=2)
    Path("them.json").write_text('{"plugins": {"Hall": {"mix": 0.2}}}')
    assert "you run the Hall wetter: Mix +20 % of its travel, from a host's weight alone, a first hint." in told("show", "them.json")


def test_one_session_with_one_setting_is_said_so(told):
    once = Trainer(new_profile("Once"))
    learn(once, 0.7)
    once.save("once.json")
    assert told("export", "once.json", "dna.json").startswith("dna.json: 1 session, 1 setting\n")


def test_rename(told, home):
    before = saved(home)
    assert told("rename", "Me", "Stage") == "Me is Stage now\n"
    assert ProfileStore(home / "profiles").list() == ["Kim", "Stage"]
    after = saved(home, "Stage")
    assert (after.id, after.own.habits) == (before.id, before.own.habits)
    assert ProfileStore(home / "profiles").current().profile == after
    assert "3 sessions" in told("rebuild", "Stage"), "its log is still its own"
    assert saved(home, "Stage").name == "Stage"
    assert "Kim already" in told("rename", "Stage", "Kim", status=2)
    assert "there are: Kim, Stage" in told("rename", "Me", "Other", status=2)
    assert told("rename", "Stage", "", status=2)


def test_use(told, home):
    assert told("use", "Kim") == "Kim plays\n"
    assert ProfileStore(home / "profiles").current().profile.name == "Kim"
    assert "there are: Kim, Me" in told("use", "Anna", status=2)


def test_out_on_a_stick_and_in_again(told, home, tmp_path):
    (tmp_path / "stick").mkdir()
    assert told("export", "Me", "stick").startswith("stick/Me.loopmind.json: 3 sessions, 3 settings\n  In dreamy parts")
    told("export", "Me", "dna.json")
    plain = json.loads(Path("dna.json").read_text())
    assert plain["card"]["name"] == "Me" and plain["card"]["sessions"] == 3 and "checksum" in plain
    before = (home / "profiles" / "Me.json").read_bytes()
    assert told("import", "dna.json").startswith("Me is in the box: 3 sessions")
    assert (home / "profiles" / "Me.json").read_bytes() == before, "a second time changes nothing"
    assert main(["profile", "import", "dna.json", "--config", str(config(tmp_path))]) == 0
    assert saved(tmp_path / "other").own.habits == saved(home).own.habits
    Path("dna.json").write_text(Path("dna.json").read_text().replace("Mix", "Max"))
    assert "the checksum does not fit" in told("import", "dna.json", status=2)


def config(tmp_path):
    path = tmp_path / "other.cfg"
    path.write_text(f"[box]\nhome = {tmp_path / 'other'}\n")
    return path


def test_blend_and_merge(told, home, capsys):
    told("blend", "Me", "Kim", "--amount", "0.25", "-o", "both.json")
    both = document.read("both.json")
    assert sorted(both.shares.values()) == [250, 750] and value(saved(home, "Kim")) < value(both) < value(saved(home))
    assert "Kim + Me: 5 sessions, with Kim 25%, Me 75%" in told("show", "both.json")
    assert "In dreamy parts Kim runs the Hall drier" in told("show", "both.json")
    assert main(["style", "both.json"]) == 0
    assert "5 sessions · 5 settings" in capsys.readouterr().out
    assert "Nothing has been learnt" not in told("show", "both.json")
    said = told("merge", "Me", "Kim", "both.json", "--weights", "1,3,0", "-o", "Band")
    assert said.startswith("Band: 5 sessions, 5 settings, with Kim 75%, Me 25%\n")
    assert value(saved(home, "Band")) < value(both)
    assert "there is a profile Band" in told("merge", "Me", "-o", "Band", status=2)
    assert "amount must be" in told("blend", "Me", "Kim", "--amount", "1.5", "-o", "x.json", status=2)
    assert "one weight for each" in told("merge", "Me", "Kim", "--weights", "1", "-o", "x.json", status=2)
    assert not Path("x.json").exists()


def test_log_forget_and_rebuild_belong_together(told, home):
    lines = told("log").splitlines()
    assert [line.split()[1] for line in lines if line.startswith("Session")] == ["1", "2", "3"]
    assert "2026-09-2" in lines[0] and lines[1].split() == ["dreamy", "Hall", "mix", "50", "%", ">", "90", "%"]
    assert "bit for bit what its log gives, 3 sessions" in told("rebuild", "Me")
    assert told("forget", "Me", "--session", "2").startswith("Session 2 is forgotten: 1 setting of 2026-09-2")
    assert value(saved(home)) > 0.88 and saved(home).own.sessions == 2
    assert any(line.startswith("Session 2") and line.endswith(", forgotten") for line in told("log", "Me").splitlines())
    assert told("forget", "Me", "--last").startswith("Session 3 is forgotten")
    assert "no session 2 to forget; the log has 1" in told("forget", "Me", "--session", "2", status=2)
    assert "bit for bit what its log gives, 1 session\n" in told("rebuild", "Me")
    assert Trainer(saved(home), logs=home / "logs").profile == saved(home), "the box sees nothing to catch up with"


def test_rebuild_mends_a_broken_profile_and_keeps_the_other_people(told, home):
    told("merge", "Me", "Kim", "-o", "x.json")
    me, path = saved(home), home / "profiles" / "Me.json"
    log = home / "logs" / f"{me.id}.log"
    friends = document.to_json(me.__class__(me.id, {**saved(home, "Kim").members, **new_profile("Me", me.id).members}, me.infos))
    path.write_text(friends)
    assert f"made anew, 3 sessions; the one before is {home / 'profiles' / 'Me.before-1.json'}" in told("rebuild", "Me")
    assert saved(home).own == me.own and {member.name for member in saved(home).members.values()} == {"Me", "Kim"}
    assert (home / "profiles" / "Me.before-1.json").read_text() == friends
    assert ProfileStore(home / "profiles").list() == ["Kim", "Me"]
    path.write_text("{broken")
    assert "Me.json" in told("rebuild", "Me", status=2)
    told("rebuild", "Me", "--log", str(log))
    assert saved(home) == me
    assert (home / "profiles" / "Me.before-2.json").read_text() == "{broken"
    told("rebuild", "new.json", "--log", str(log))
    assert document.read("new.json") == me
    assert "the log of another profile" in told("rebuild", "Kim", "--log", str(log), status=2)
    assert "has learnt nothing here" in told("rebuild", "Kim", status=2)


def test_no_rebuild_while_a_box_learns_with_the_profile(told, home):
    before = (home / "profiles" / "Me.json").read_bytes()
    with elsewhere(lambda: Trainer(saved(home), logs=home / "logs")):
        assert "another program is learning with this profile; end it first" in told("rebuild", "Me", status=2)
    assert (home / "profiles" / "Me.json").read_bytes() == before
    assert "bit for bit" in told("rebuild", "Me")


@contextmanager
def elsewhere(start):
    """Another process that has started something, and holds it: a lock on a file is a process's own."""
    ready, done = os.pipe(), os.pipe()
    child = os.fork()
    if not child:
        held = start()
        os.write(ready[1], b"." if held else b"")
        os.close(done[1])
        os.read(done[0], 1)
        os._exit(0)
    os.read(ready[0], 1)
    try:
        yield
    finally:
        os.close(done[1])
        os.waitpid(child, 0)
        for end in (*ready, done[0]):
            os.close(end)


@pytest.mark.parametrize("weights, words", [("-1,2", "a weight must be a number from 0 to 1000, not -1.0"), ("1,2000", "not 2000.0"),
                                            ("1,x", "must be numbers with commas between, such as 2,1,1, not 1,x"), ("-x", "--weights")])
def test_weights_that_are_none_are_said(home, capsys, weights, words):
    try:
        assert main(["profile", "merge", "Me", "Kim", "--weights", weights, "-o", "x.json"]) == 2
    except SystemExit as end:
        assert end.code == 2
    assert words in capsys.readouterr().err and not Path("x.json").exists()


@pytest.mark.parametrize("words", [("show", "Me"), ("merge", "Me", "Kim", "-o", "x.json"), ("import", "out.json")])
def test_no_line_ends_between_a_number_and_its_unit(told, monkeypatch, words):
    told("export", "Me", "out.json")
    for columns in range(40, 100):
        monkeypatch.setenv("COLUMNS", str(columns))
        lines = told(*words).splitlines()
        assert max(len(line.rstrip()) for line in lines[1:] if line.startswith("  ")) <= columns
        assert not [pair for pair in zip(lines, lines[1:]) if pair[0].rstrip()[-1:].isdigit() and pair[1].lstrip()[:1] == "%"]


def test_a_file_has_its_log_beside_it(told, tmp_path):
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    trainer = Trainer(new_profile("Desk"), logs=folder)
    learn(trainer, 0.8, time=5.0)
    trainer.save(folder / "desk.json")
    trainer.close()
    assert "Session 1  5 s on the host's clock" in told("log", "elsewhere/desk.json")
    told("forget", "elsewhere/desk.json", "--last")
    assert document.read(folder / "desk.json").own.sessions == 0
    assert "bit for bit" in told("rebuild", "elsewhere/desk.json")


def test_nothing_is_touched_by_a_hostile_file(told, home):
    before = {path.name: path.read_bytes() for path in (home / "profiles").iterdir()}
    with open("huge.json", "wb") as sparse:
        sparse.truncate(2**30)
    os.mkfifo("pipe.json")
    for name, text in {"deep.json": "[" * 200_000, "nan.json": '{"plugins":{"a":{"b":NaN}}}', "empty.json": "", "list.json": "[]",
                       "twice.json": '{"plugins":{},"plugins":{}}', "large.json": '{"plugins":{"a":{"b":1e999}}}'}.items():
        Path(name).write_text(text)
    for name in ("huge.json", "pipe.json", "deep.json", "nan.json", "empty.json", "list.json", "twice.json", "large.json", "/dev/zero", "."):
        said = told("import", name, status=2)
        assert name in said and said.count("\n") == 1 and len(said) < 300
    assert {path.name: path.read_bytes() for path in (home / "profiles").iterdir()} == before
    assert exchange.found(".") == []
