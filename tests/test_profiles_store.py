"""The store: whole files, safe names, broken ones kept aside, kills in mid-save."""

import json
import os
import signal
import subprocess
import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiles import atomic, document
from profiles.errors import ProfileError
from profiles.merge import diverged
from profiles.profile import ParameterInfo, new_profile
from profiles.store import ProfileStore, file_name
from profiles.trainer import Trainer


@pytest.fixture
def store(tmp_path):
    return ProfileStore(tmp_path / "profiles")


def taught(name="Me", sessions=1, profile=None):
    trainer = Trainer(profile or new_profile(name))
    trainer.declare("reverb", [ParameterInfo("mix", 0.35)])
    for n in range(sessions):
        trainer.record_change("reverb", "mix", 0.35, 0.62, "dreamy", n * 1e5, settled=True)
        trainer.end_session(n * 1e5 + 1)
    return trainer.profile


def test_saved_profiles_are_listed_and_loaded(store):
    for name in ("Zoë", "a/b: c.", "Me"):
        store.save(taught(name))
    assert store.list() == ["Me", "Zoë", "a/b: c."]
    for name in store.list():
        profile, message = store.load(name)
        assert profile.name == name and message == "" and profile.own.sessions == 1
    with pytest.raises(ProfileError, match="no profile Nobody; there are: Me, Zoë"):
        store.load("Nobody")


def test_a_first_start_makes_a_neutral_profile_that_stays(store):
    first = store.current()
    assert first.profile.name == "My Style" and first.message == ""
    assert store.current().profile.id == first.profile.id


def test_a_file_copied_by_hand_goes_by_its_file_name(store):
    store.save(taught("Me"))
    (store.folder / "Copy%21.json").write_bytes((store.folder / "Me.json").read_bytes())
    assert store.load("Copy!").profile.name == "Copy!"


def test_switching_survives_a_restart(store):
    store.save(taught("One"))
    store.save(taught("Two"))
    assert store.switch("Two").profile.name == "Two"
    assert ProfileStore(store.folder).current().profile.name == "Two"
    store.path("Two").unlink()
    profile, message = store.current()
    assert profile.name == "One" and "Two" in message


def test_rename_keeps_everything_and_follows_current(store):
    profile = taught("Old")
    store.save(profile)
    store.save(taught("Another"))
    store.switch("Old")
    renamed = store.rename("Old", "New ÄÖ")
    assert store.list() == ["Another", "New ÄÖ"] and store.current().profile == renamed
    assert renamed.id == profile.id and renamed.own.habits == profile.own.habits
    store.save(taught("Other"))
    with pytest.raises(ProfileError, match="Other already"):
        store.rename("New ÄÖ", "Other")


def test_broken_files_are_kept_aside_and_a_neutral_profile_stands_in(store):
    for n in (1, 2):
        (store.folder / "Me.json").write_text(f"{{broken {n}")
        profile, message = store.load("Me")
        assert profile.own.sessions == 0 and profile.name == "Me"
        assert f"Me.broken-{n}.json" in message and "starts neutral" in message
        assert (store.folder / f"Me.broken-{n}.json").read_text() == f"{{broken {n}"
        assert store.load("Me") == (profile, "")
    assert store.list() == ["Me"]


def test_a_newer_version_is_kept_aside_too(store):
    newer = json.loads(document.to_json(taught())) | {"version": 7}
    (store.folder / "Me.json").write_text(json.dumps(newer))
    assert "update the box" in store.load("Me").message
    assert json.loads((store.folder / "Me.broken-1.json").read_text()) == newer


def test_a_disk_that_does_not_answer_breaks_nothing(store, monkeypatch):
    store.save(taught())
    monkeypatch.setattr(document, "open", fails(5, "Input/output error"), raising=False)
    with pytest.raises(ProfileError, match="Input/output"):
        store.load("Me")
    assert store.list() == ["Me"]


def test_adding_again_changes_nothing_and_a_namesake_gets_a_number(store):
    mine, theirs = taught("Me", 2), taught("Me", 1)
    assert store.add(mine).name == "Me"
    before = (store.folder / "Me.json").stat().st_mtime_ns
    assert store.add(mine) == mine
    assert (store.folder / "Me.json").stat().st_mtime_ns == before
    assert store.add(theirs).name == "Me 2"
    assert store.list() == ["Me", "Me 2"]
    longer = taught(profile=mine)
    assert store.add(longer).own.sessions == 3
    assert store.add(mine).own.sessions == 3  # an older copy takes nothing away
    assert store.list() == ["Me", "Me 2"]


@settings(max_examples=300, deadline=None)
@given(st.text(min_size=1, max_size=64))
def test_any_name_is_safe_or_refused(name):
    from urllib.parse import unquote
    try:
        safe = file_name(name)
    except ProfileError:
        return
    assert not set(safe) & set('/\\:*?"<>|.\0') and safe.strip() == safe and len(safe.encode()) <= 200
    assert unquote(safe) == unicodedata.normalize("NFC", name).strip()


def learning_on(profile, values):
    """The profile after more sessions, each with (value, emotion)."""
    trainer = Trainer(profile)
    for n, (value, emotion) in enumerate(values, start=trainer.profile.own.sessions):
        trainer.record_change("reverb", "mix", 0.35, value, emotion, n * 1e5, settled=True)
        trainer.end_session(n * 1e5 + 1)
    return trainer.profile


def test_what_two_boxes_learnt_apart_is_kept_apart(store):
    start = taught("Me", 2)
    here, there = learning_on(start, [(0.1, "dreamy")]), learning_on(start, [(0.9, "dreamy"), (0.8, "dark")])
    store.add(here)
    copy = store.add(there)
    assert copy.name == "Me 2" and copy.id != here.id and copy.own.habits == there.own.habits
    assert store.load("Me").profile == here and store.add(there) == copy and store.add(start) == here
    more = learning_on(there, [(0.7, "dark")])
    assert store.add(more).id == copy.id and store.list() == ["Me", "Me 2"]
    assert store.load("Me 2").profile.own.habits == more.own.habits
    third = learning_on(start, [(0.5, "calm")])
    assert store.add(third).name == "Me 3" and store.add(more).name == "Me 2"


def test_what_one_box_learnt_on_comes_home_into_the_same_profile(store):
    away = learning_on(store.add(taught("Me", 2)), [(0.9, "dark")])
    assert store.add(away).own.sessions == 3 and store.list() == ["Me"]


def test_a_profile_that_was_renamed_here_keeps_its_name(store):
    store.save(taught("Me", 2))
    store.rename("Me", "Mine")
    store.save(taught("Me", 1))
    away = learning_on(store.load("Mine").profile.with_own(name="Me"), [(0.9, "dark")])
    assert store.add(away).name == "Mine" and store.load("Mine").profile.own.sessions == 3
    assert store.load("Me").profile.own.sessions == 1 and store.list() == ["Me", "Mine"]


SETTINGS = st.lists(st.tuples(st.sampled_from([0.05, 0.35, 0.5, 0.95]), st.sampled_from(["dark", "calm"])), max_size=4)


@settings(max_examples=40, deadline=None)
@given(SETTINGS, st.lists(SETTINGS, min_size=1, max_size=3), st.data())
def test_nothing_learnt_is_lost_whatever_comes_in_which_order(tmp_path_factory, common, apart, data):
    """Every state that any box had is held by some profile here, and a second time changes nothing."""
    store = ProfileStore(tmp_path_factory.mktemp("box"))
    start = learning_on(taught("Me", 1), common)
    states = [start, *(learning_on(start, values) for values in apart)]
    order = data.draw(st.permutations(states))
    for state in order:
        store.add(state)
    kept = {name: store.load(name).profile for name in store.list()}
    for state in states:
        assert any(not diverged(profile.own, state.own) and profile.own.sessions >= state.own.sessions for profile in kept.values())
    for state in data.draw(st.permutations(states)):
        store.add(state)
    assert {name: store.load(name).profile for name in store.list()} == kept


def fails(number, text):
    def fail(*_, **__):
        raise OSError(number, text)
    return fail


@pytest.mark.parametrize("call", ["open", "os.fsync", "os.replace"])
def test_a_failed_save_leaves_the_old_file_and_no_half_one(store, monkeypatch, call):
    store.save(taught(sessions=1))
    whole = (store.folder / "Me.json").read_bytes()
    with monkeypatch.context() as patch:
        if call == "open":
            patch.setattr(atomic, "open", fails(30, "Read-only file system"), raising=False)
        else:
            patch.setattr(call, fails(28, "No space left on device"))
        with pytest.raises(ProfileError, match="Me.json: cannot be written: (No space|Read-only)"):
            store.save(taught(sessions=3))
    assert (store.folder / "Me.json").read_bytes() == whole
    assert os.listdir(store.folder) == ["Me.json"]


def test_every_step_of_a_save_reaches_the_disk_in_order(store, monkeypatch):
    steps, fsync, replace = [], os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda fd: (steps.append(os.readlink(f"/proc/self/fd/{fd}")), fsync(fd)))
    monkeypatch.setattr(os, "replace", lambda a, b: (steps.append("rename"), replace(a, b)))
    store.save(taught())
    folder = str(store.folder)
    assert steps == [f"{folder}/.Me.json.tmp", "rename", folder]


CHILD = """
import sys
from profiles.merge import diverged
from profiles.profile import ParameterInfo, new_profile
from profiles.store import ProfileStore
store = ProfileStore(sys.argv[1])
profile = new_profile("Me", "ab" * 16)
for n in range(10**6):
    grown = profile
    for i in range(n % 40):
        grown = grown.declared("p", ParameterInfo(f"q{i}", 0.5, "x" * 60))
    store.save(grown)
    print(n, flush=True)
"""


def test_kill_9_in_mid_save_leaves_a_whole_file(store):
    for kill in range(6):
        child = subprocess.Popen([sys.executable, "-c", CHILD, store.folder], stdout=subprocess.PIPE)
        for _ in range(5 + 3 * kill):
            child.stdout.readline()
        child.send_signal(signal.SIGKILL)
        child.communicate()
        profile, message = store.load("Me")
        assert message == "" and profile.id == "ab" * 16
        assert set(os.listdir(store.folder)) <= {"Me.json", ".Me.json.tmp"}
