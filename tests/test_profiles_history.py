"""History: the log gives the profile back bit for bit, and a session can be forgotten as if it had never been."""

import copy
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiles import document, exchange
from profiles.errors import ProfileError
from profiles.ledger import FORGOTTEN, LEARNT, REPLACED, rebuild, replay
from profiles.log import AdjustmentLog
from profiles.merge import merge
from profiles.profile import ParameterInfo, new_profile
from profiles.trainer import Trainer

pytestmark = pytest.mark.usefixtures("swift_disk")
INFOS = [ParameterInfo(name, 0.5) for name in ("a", "b")]


def session(trainer, start, values, emotion="calm", parameter="a"):
    for value in values:
        trainer.record_change("p", parameter, 0.5, value, emotion, start, settled=True)
    trainer.end_session(start + 1.0)


def taught(logs=None, sessions=3):
    """Each session at a place of its own on the knob, an hour from the last."""
    trainer = Trainer(logs=logs)
    trainer.declare("p", INFOS)
    for n in range(sessions):
        session(trainer, 3600.0 * n, [0.9, 0.1 + 0.2 * n], emotion=("calm", "dark")[n % 2])
    return trainer


def records_of(trainer, folder):
    log = AdjustmentLog(folder / f"{trainer.profile.id}.log")
    log.close()
    assert log.torn == log.corrupt == 0
    return log.records


def without(records, number):
    """The records of a log in which a session never was."""
    gone = replay(records).sessions[number - 1]
    return [record for record in records if not gone.first <= record["n"] <= gone.last]


def learnt(profile):
    """The own member, but for the place in the log that it has been brought up to."""
    return replace(profile.own, folded=0)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_forgotten_session_has_never_been(tmp_path, number):
    trainer = taught(tmp_path)
    before = records_of(trainer, tmp_path)
    gone = trainer.forget_session(number)
    assert (gone.number, gone.state) == (number, LEARNT) and trainer.unsaved
    assert learnt(trainer.profile) == learnt(rebuild(without(before, number)))
    assert [each.state for each in trainer.sessions] == [FORGOTTEN if n == number else LEARNT for n in (1, 2, 3)]
    assert rebuild(records_of(trainer, tmp_path)) == trainer.profile
    assert document.from_json(document.to_json(trainer.profile)) == trainer.profile
    with pytest.raises(ProfileError, match=f"no session {number} to forget; the log has [123], [123]$"):
        trainer.forget_session(number)


def test_by_default_the_last_session_goes_even_while_it_runs():
    trainer = taught(sessions=2)
    before = trainer.suggest("p", "calm"), trainer.suggest("p", "dark"), learnt(trainer.profile)
    trainer.record_change("p", "a", 0.5, 0.77, "calm", 8000.0, settled=True)
    assert trainer.forget_session().number == 3
    assert (trainer.suggest("p", "calm"), trainer.suggest("p", "dark"), learnt(trainer.profile)) == before
    assert [trainer.forget_session().number, trainer.forget_session().number] == [2, 1]
    assert trainer.profile.own.habits == {} and trainer.profile.own.sessions == trainer.profile.own.age == 0
    with pytest.raises(ProfileError, match="no session to forget; the log has none"):
        trainer.forget_session()


def test_forgetting_reaches_back_over_a_restart_and_a_lost_save(tmp_path):
    trainer = taught(tmp_path)
    saved = trainer.profile
    trainer.forget_session(2)
    for start in (saved, trainer.profile, new_profile(saved.name, saved.id)):
        again = Trainer(start, logs=tmp_path)
        assert again.profile == trainer.profile
    again.forget_session(1)
    assert set(again.profile.own.habits["p", "a"]) == {"calm"}
    assert again.profile.own.habits["p", "a"]["calm"].sessions == 1
    assert rebuild(records_of(again, tmp_path)) == again.profile


def test_a_session_without_a_vote_has_no_number():
    trainer = taught(sessions=1)
    trainer.start_session(5000.0)
    trainer.end_session(5001.0)
    session(trainer, 6000.0, [0.3])
    assert [each.number for each in trainer.sessions] == [1, 2]


def test_what_was_learnt_elsewhere_goes_into_the_log(tmp_path):
    """A profile from a stick: its export, opened here for the first time."""
    here = tmp_path / "here"
    here.mkdir()
    came = exchange.import_(exchange.export(taught(sessions=4).profile, tmp_path))
    trainer = Trainer(came, logs=here)
    assert learnt(trainer.profile) == learnt(came)
    session(trainer, 1e6, [0.3])
    assert rebuild(records_of(trainer, here)) == trainer.profile
    assert Trainer(came, logs=here).profile == trainer.profile, "the power went before the first save"
    assert [each.number for each in trainer.sessions] == [1]
    with pytest.raises(ProfileError):
        trainer.forget_session(2)


def test_an_own_profile_that_comes_back_having_learnt_elsewhere_counts_nothing_twice(tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir(), there.mkdir()
    mine = taught(here, sessions=2)
    away = Trainer(exchange.import_(exchange.export(mine.profile, tmp_path)), logs=there)
    session(away, 1e6, [0.3])
    back = merge(mine.profile, exchange.import_(exchange.export(away.profile, tmp_path)))
    trainer = Trainer(back, logs=here)
    assert learnt(trainer.profile) == learnt(away.profile) and trainer.profile.own.sessions == 3
    assert [each.state for each in trainer.sessions] == [REPLACED, REPLACED]
    with pytest.raises(ProfileError, match="to forget"):
        trainer.forget_session(1)
    session(trainer, 2e6, [0.4])
    assert trainer.forget_session().number == 3
    assert learnt(trainer.profile) == learnt(away.profile)
    assert rebuild(records_of(trainer, here)) == trainer.profile


def test_a_session_whose_end_was_lost_is_forgotten_all_the_same(tmp_path):
    trainer = taught(tmp_path, sessions=2)
    trainer.forget_session()
    records = records_of(trainer, tmp_path)
    *_, end = (record["n"] for record in records if record["kind"] == "end")
    assert learnt(rebuild(record for record in records if record["n"] != end)) == learnt(trainer.profile)


def test_a_lost_line_takes_nothing_else_with_it(tmp_path):
    trainer = taught(tmp_path)
    path = tmp_path / f"{trainer.profile.id}.log"
    lines = path.read_bytes().splitlines(keepends=True)
    for lost in range(len(lines)):
        path.write_bytes(b"".join(lines[:lost] + [lines[lost].replace(b'"n"', b'"N"')] + lines[lost + 1:]))
        again = Trainer(trainer.profile, logs=tmp_path)
        assert learnt(again.profile) == learnt(trainer.profile)
        session(again, 1e6, [0.3])
        log = AdjustmentLog(path)
        assert log.corrupt == 1 and rebuild(log.records, new_profile(again.profile.name, again.profile.id)).own == again.profile.own


MOVES = st.lists(st.one_of(
    st.tuples(st.just("change"), st.sampled_from("ab"), st.sampled_from(["calm", "dark"]), st.integers(0, 20), st.booleans()),
    st.tuples(st.sampled_from(["tick", "start", "end", "off", "on", "kill", "save", "merge", "stick"])),
    st.tuples(st.just("declare"), st.sampled_from("ab"), st.integers(0, 4)),
    st.tuples(st.just("forget"), st.none() | st.integers(1, 6)),
    st.tuples(st.just("cut"), st.integers(1, 400)),
    st.tuples(st.just("wait"), st.sampled_from([0.2, 1.1, 2.5, 2000.0, 86400.0, -1e7, 1e9]))), max_size=40)


class Life:
    """A trainer to which everything happens that happens to a box; a kill goes back to what was saved."""

    def __init__(self, folder):
        self.folder, self.time, self.at = folder, 0.0, {"a": 0.5, "b": 0.5}
        self.trainer = Trainer(new_profile("Me"), logs=folder)
        self.saved = self.trainer.profile
        self.friend = taught(sessions=2).profile

    def open(self, profile):
        self.trainer = Trainer(profile, logs=self.folder)

    def do(self, move):
        getattr(self, move[0])(*move[1:])

    def change(self, parameter, emotion, position, settled):
        self.trainer.record_change("p", parameter, self.at[parameter], position / 20, emotion, self.time, settled)
        self.at[parameter] = position / 20

    def tick(self):
        """And look: what a preview keeps for the next one must never be another than a fresh one's."""
        self.trainer.tick(self.time)
        preview = self.trainer.preview
        ended = copy.deepcopy(self.trainer._journal._ledger)
        ended.close()
        assert preview.own == ended.profile.own and preview.infos == ended.profile.infos

    def start(self):
        if self.trainer.learning:
            self.trainer.start_session(self.time)

    def end(self):
        self.trainer.end_session(self.time)

    def off(self):
        self.trainer.learning = False

    def on(self):
        self.trainer.learning = True

    def declare(self, parameter, quarter):
        self.trainer.declare("p", [ParameterInfo(parameter, quarter / 4)])

    def forget(self, number):
        try:
            self.trainer.forget_session(number)
        except ProfileError:
            pass

    def save(self):
        self.saved = self.trainer.profile

    def kill(self):
        self.open(self.saved)

    def cut(self, size):
        """The power goes while the log is written: its last bytes are missing, but for what the profile knows."""
        path = self.folder / f"{self.saved.id}.log"
        content = path.read_bytes()
        lines = content.splitlines(keepends=True)
        known = sum(len(line) for line in lines if int(line[5:].split(b",")[0]) <= max(self.saved.own.folded, 1))
        path.write_bytes(content[:max(known, len(content) - size)])
        self.open(self.saved)

    def merge(self):
        self.end()
        self.save()
        self.saved = merge(self.saved, self.friend)
        self.open(self.saved)

    def stick(self):
        """Out on a stick, learnt elsewhere, and home again."""
        self.end()
        self.save()
        away = Trainer(replace(self.saved, members={id: replace(member, folded=0) for id, member in self.saved.members.items()}))
        session(away, 0.0, [0.4])
        self.saved = merge(self.saved, exchange.public(away.profile))
        self.open(self.saved)

    def wait(self, seconds):
        self.time += seconds


@settings(max_examples=200, deadline=None)
@given(MOVES)
def test_whatever_happens_the_log_gives_the_profile_back(tmp_path_factory, moves):
    life = Life(tmp_path_factory.mktemp("logs"))
    for move in moves:
        life.do(move)
    life.end()
    profile = life.trainer.profile
    logged = rebuild(records_of(life.trainer, life.folder))
    assert logged.own == profile.own and logged.infos == profile.infos
    assert document.to_json(replace(logged, members=profile.members)) == document.to_json(profile)
    assert document.from_json(document.to_json(profile)) == profile
    for start in (life.saved, profile):
        assert Trainer(start, logs=life.folder).profile == profile, "nothing is lost or counts twice"
    merged = any(move[0] == "merge" for move in moves)
    assert not merged or life.friend.id in profile.members


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["calm", "dark"]), st.integers(0, 20), st.integers(0, 3)),
                min_size=1, max_size=30), st.randoms())
def test_forgetting_in_any_order_leaves_what_the_others_had_made_alone(tmp_path_factory, changes, chance):
    folder = tmp_path_factory.mktemp("logs")
    trainer = Trainer(logs=folder)
    trainer.declare("p", INFOS)
    for n, (parameter, emotion, position, way) in enumerate(changes):
        trainer.record_change("p", parameter, 0.5, position / 20, emotion, n * 5e6, settled=True)
        if way == 0:
            trainer.end_session(n * 5e6 + 1.0)
    trainer.end_session(1e9)
    records = records_of(trainer, folder)
    gone = chance.sample([each.number for each in trainer.sessions], chance.randint(0, len(trainer.sessions)))
    for number in gone:
        trainer.forget_session(number)
    for number in sorted(gone, reverse=True):
        records = without(records, number)
    assert learnt(trainer.profile) == learnt(rebuild(records))
    assert rebuild(records_of(trainer, folder)) == trainer.profile
