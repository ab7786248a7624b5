"""The trainer as a host sees it: sessions, learning, the log behind it, power cuts."""

import os
import random
import signal
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiles.clock import BoxClock
from profiles.errors import ProfileError
from profiles.ledger import rebuild
from profiles.log import AdjustmentLog
from profiles.profile import ParameterInfo, new_profile
from profiles.trainer import Trainer

MIX = ParameterInfo("mix", 0.35, "Mix", "space")


def sweep(trainer, start, end, time, emotion="dreamy", parameter="mix"):
    """Twenty detents in a second; returns the time after them."""
    for i in range(20):
        old, new = (start + (end - start) * j / 20 for j in (i, i + 1))
        trainer.record_change("reverb", parameter, old, new, emotion, time + i * 0.05)
    return time + 1.0


def log_of(trainer, folder):
    return AdjustmentLog(folder / f"{trainer.profile.id}.log")


def kinds(trainer, folder):
    return [record["kind"] for record in log_of(trainer, folder).records]


def test_one_sweep_is_reported_logged_and_learnt_at_the_sessions_end(tmp_path):
    trainer = Trainer(logs=tmp_path)
    trainer.declare("reverb", [MIX])
    trainer.start_session(100.0)
    time = sweep(trainer, 0.35, 0.62, 100.0)
    assert trainer.tick(time) == []
    [adjustment] = trainer.tick(time + 1.0)
    assert adjustment[:5] == ("reverb", "mix", 0.35, pytest.approx(0.62), "dreamy")
    assert adjustment.time == pytest.approx(time + 0.95)
    assert trainer.tick(time + 2.0) == []
    assert kinds(trainer, tmp_path) == ["profile", "declare", "start", "adjust"]
    assert trainer.profile.own.sessions == 0
    trainer.end_session(time + 3.0)
    assert trainer.unsaved and trainer.profile.own.sessions == 1
    assert trainer.suggest("reverb", "dreamy")["mix"].confidence > 0.4
    trainer.save(tmp_path / "me.json")
    assert not trainer.unsaved
    other = Trainer()
    other.load(tmp_path / "me.json")
    assert other.profile == trainer.profile


def test_an_undone_move_is_retracted_and_forgotten(tmp_path):
    trainer = Trainer(logs=tmp_path)
    time = sweep(trainer, 0.35, 0.62, 100.0)
    trainer.tick(time + 0.5)
    assert len(trainer._reported) == 0
    time = sweep(trainer, 0.62, 0.35, time + 1.0)
    assert trainer.tick(time + 5.0) == []
    trainer.end_session(time + 6.0)
    assert kinds(trainer, tmp_path) == ["profile", "start", "adjust", "retract", "end"]
    assert trainer.profile.own.sessions == 0


def test_after_a_retraction_the_earlier_setting_of_the_session_counts():
    trainer = Trainer()
    trainer.declare("reverb", [MIX])
    sweep(trainer, 0.35, 0.8, 0.0)
    sweep(trainer, 0.8, 0.2, 10.0)
    sweep(trainer, 0.2, 0.8, 12.5)
    trainer.end_session(60.0)
    assert trainer.suggest("reverb", "dreamy")["mix"].value == pytest.approx(0.8, abs=0.02)
    assert trainer.suggest("reverb", "dreamy")["mix"].count == 1


def test_a_session_ends_by_itself_after_half_an_hour():
    trainer = Trainer()
    sweep(trainer, 0.3, 0.6, 0.0)
    trainer.tick(1790.0)
    assert trainer.profile.own.sessions == 0
    trainer.tick(1802.0)
    assert trainer.profile.own.sessions == 1
    sweep(trainer, 0.3, 0.6, 1900.0)
    trainer.end_session(2000.0)
    assert trainer.profile.own.sessions == 2


@pytest.mark.parametrize("times", [[0.0] * 5, [0.0, 1.0, 2.0, 3.0, 4.0], [0.0, 3e5, 6e5, 9e5, 12e5], [4.0, 3.0, 2.0, 1.0, 0.0]])
def test_a_session_that_was_started_lasts_until_it_is_ended_at_any_spacing(times):
    trainer = Trainer()
    for _ in range(2):
        trainer.start_session(times[0])
        for time, value in zip(times[1:], (0.9, 0.1, 0.8)):
            trainer.record_change("reverb", "mix", 0.5, value, "calm", time, settled=True)
        trainer.end_session(times[-1])
    habit = trainer.profile.own.habits["reverb", "mix"]["calm"]
    assert (trainer.profile.own.sessions, habit.sessions, habit.settings) == (2, 2, 6)
    assert set(habit.cells) == {51}, "each session has its last value for a vote"
    trainer.record_change("reverb", "mix", 0.5, 0.9, "calm", 2e6, settled=True)
    trainer.tick(2e6 + 1801.0)
    assert not trainer.session_open, "one that began by itself still ends by itself"


def test_what_has_settled_is_suggested_as_if_the_session_ended_now():
    trainer = Trainer()
    trainer.declare("reverb", [MIX])
    before = trainer.suggest("reverb", "dreamy")
    for n, value in enumerate((0.9, 0.7, 0.62)):
        sweep(trainer, 0.35, value, n * 100.0)
        assert n or trainer.suggest("reverb", "dreamy") == before, "nothing has settled yet"
        trainer.tick(n * 100.0 + 5.0)
        answer = trainer.suggest("reverb", "dreamy")["mix"]
        assert answer.value == pytest.approx(value, abs=0.02) and answer.count == n + 1
        assert trainer.preview.own.sessions == 1 and trainer.profile.own.sessions == 0
    promised, preview = trainer.suggest("reverb", "dreamy"), trainer.preview
    trainer.end_session(206.0)
    assert trainer.suggest("reverb", "dreamy")["mix"] == pytest.approx(promised["mix"], abs=1e-6), "but for a second's decay"
    assert trainer.profile.own.habits == preview.own.habits and trainer.preview is trainer.profile
    sweep(trainer, 0.62, 0.2, 300.0)
    trainer.tick(303.0)
    assert trainer.preview.own.sessions == 2
    sweep(trainer, 0.2, 0.62, 303.5)
    trainer.tick(306.0)
    assert trainer.preview.own.sessions == 1, "taken back"


def test_a_plugin_that_only_the_prior_knows_is_answered_from_it():
    prior = Trainer()
    prior.declare("reverb", [MIX])
    for n in range(5):
        prior.record_change("reverb", "mix", 0.35, 0.9, "dreamy", n * 1e5, settled=True)
        prior.end_session(n * 1e5 + 1.0)
    trainer = Trainer(prior=prior.profile)
    assert trainer.suggest("reverb", "dreamy")["mix"].value > 0.6
    assert trainer.preference_weight("reverb", "mix", "dreamy") > 0.3
    assert not trainer.unsaved and trainer.profile.infos == {}


def test_a_session_lasts_while_the_hands_are_busy():
    trainer = Trainer()
    for minute in range(0, 120, 20):
        trainer.record_change("reverb", "mix", 0.3, 0.6, "calm", minute * 60.0, settled=True)
    trainer.end_session(7000.0)
    assert trainer.profile.own.sessions == 1


def test_what_is_pending_belongs_to_the_session_and_profile_it_was_made_in(tmp_path):
    one, two = new_profile("One"), new_profile("Two")
    trainer = Trainer(one, logs=tmp_path)
    sweep(trainer, 0.3, 0.6, 0.0)
    trainer.start_session(1.5)
    sweep(trainer, 0.6, 0.9, 2.0)
    assert kinds(trainer, tmp_path) == ["profile", "start", "adjust", "end", "start"]
    trainer.use(two)
    trainer.end_session(50.0)
    assert trainer.profile.own.sessions == 0
    trainer.use(one)
    assert trainer.profile.own.sessions == 2


def test_box_time_only_goes_forward_and_never_leaps():
    clock = BoxClock()
    assert [clock.advance(time) for time in (1e9, 1e9 + 2, 5.0, 6.5, 1e9)] == [0.0, 2.0, 2.0, 3.5, 3.5 + 7 * 86400]


def test_nothing_is_learnt_while_learning_is_off():
    trainer = Trainer()
    sweep(trainer, 0.3, 0.6, 0.0)
    trainer.learning = False
    assert trainer.profile.own.sessions == 1 and not trainer.learning
    sweep(trainer, 0.3, 0.9, 10.0)
    trainer.end_session(20.0)
    assert trainer.profile.own.sessions == 1
    with pytest.raises(ProfileError, match="learning is off"):
        trainer.start_session(30.0)
    trainer.learning = True
    sweep(trainer, 0.3, 0.6, 40.0)
    trainer.end_session(50.0)
    assert trainer.profile.own.sessions == 2


def test_an_empty_session_leaves_no_trace():
    trainer = Trainer()
    trainer.start_session(0.0)
    trainer.end_session(10.0)
    assert not trainer.unsaved and trainer.profile.own.sessions == 0


def test_a_kept_knob_that_the_host_calls_settled_is_a_vote():
    trainer = Trainer()
    trainer.declare("reverb", [MIX])
    trainer.record_change("reverb", "mix", 0.35, 0.35, "calm", 0.0, settled=True)
    trainer.end_session(1.0)
    answer = trainer.suggest("reverb", "calm")["mix"]
    assert answer.value == 0.35 and answer.confidence > 0.4


def test_unknown_names_are_simply_new():
    trainer = Trainer()
    assert trainer.suggest("unheard", "of") == {}
    assert trainer.preference_weight("unheard", "of", "it") == 0.0
    trainer.record_change("unheard", "of", 0.2, 0.7, "it", 0.0, settled=True)
    trainer.end_session(1.0)
    assert trainer.preference_weight("unheard", "of", "it") == pytest.approx(0.5, abs=0.02)  # 0.2 stood for its default


@pytest.mark.parametrize("change", [
    {"plugin": ""}, {"plugin": "p" * 65}, {"plugin": 3}, {"parameter": "a\x00"}, {"emotion": " "}, {"emotion": None},
    {"old": -0.1}, {"new": 1.1}, {"new": float("nan")}, {"new": True}, {"new": "0.5"}, {"time": float("inf")}, {"time": None}])
def test_arguments_are_checked_where_they_enter(change):
    trainer = Trainer()
    good = {"plugin": "reverb", "parameter": "mix", "old": 0.1, "new": 0.5, "emotion": "calm", "time": 0.0}
    with pytest.raises(ProfileError):
        trainer.record_change(**{**good, **change}, settled=True)
    trainer.end_session(1.0)
    assert trainer.profile.own.sessions == 0


def test_parameters_are_checked():
    with pytest.raises(ProfileError, match="default of mix"):
        ParameterInfo("mix", 2.0)
    with pytest.raises(ProfileError, match="ParameterInfo"):
        Trainer().declare("reverb", [{"id": "mix"}])


def test_a_full_profile_says_so_and_stays_loadable(monkeypatch, tmp_path):
    from profiles import profile as model
    monkeypatch.setattr(model, "MAX_HABITS", 5)
    monkeypatch.setattr(model, "MAX_PARAMETERS", 4)
    trainer = Trainer(logs=tmp_path)
    for i in range(4):
        trainer.record_change("p", f"q{i}", 0.5, 0.9, "calm", 0.0, settled=True)
    with pytest.raises(ProfileError, match="at most 4 parameters"):
        trainer.record_change("p", "q4", 0.5, 0.9, "calm", 0.0, settled=True)
    with pytest.raises(ProfileError, match="at most 4 parameters"):
        trainer.declare("r", [MIX])
    trainer.record_change("p", "q0", 0.5, 0.9, "dark", 0.0, settled=True)
    with pytest.raises(ProfileError, match="at most 5 pairs"):
        trainer.record_change("p", "q1", 0.5, 0.9, "dark", 0.0, settled=True)
    trainer.record_change("p", "q1", 0.5, 0.8, "calm", 0.0, settled=True)
    trainer.end_session(1.0)
    trainer.save(tmp_path / "a.json")
    trainer.load(tmp_path / "a.json")
    assert rebuild(log_of(trainer, tmp_path).records) == trainer.profile


@pytest.mark.parametrize("jump", [-50 * 365 * 86400.0, 50 * 365 * 86400.0])
def test_a_clock_that_jumps_by_years_loses_nothing(jump):
    trainer = Trainer()
    time = 1_000_000.0
    for session in range(3):
        time = sweep(trainer, 0.35, 0.62, time)
        time += jump
        trainer.tick(time)
        trainer.tick(time + 1.5)
        trainer.end_session(time + 2.0)
        time += 100.0
    assert trainer.suggest("reverb", "dreamy")["mix"].confidence > 0.7
    assert trainer.profile.own.age < 30 * 86400


def test_the_age_goes_on_over_a_restart(tmp_path):
    start = new_profile("Me")
    trainer = Trainer(start, logs=tmp_path)
    sweep(trainer, 0.3, 0.6, 0.0)
    trainer.end_session(100.0)
    for profile, time in ((trainer.profile, 86500.0), (start, 172900.0)):  # saved, and not
        again = Trainer(profile, logs=tmp_path)
        sweep(again, 0.3, 0.6, time)
        again.end_session(time + 100.0)
        assert again.profile.own.age == int(time + 100.0)


def test_a_session_cut_by_the_power_is_folded_in_on_the_next_start(tmp_path):
    profile = new_profile("Me")
    trainer = Trainer(profile, logs=tmp_path)
    trainer.declare("reverb", [MIX])
    trainer.record_change("reverb", "mix", 0.35, 0.9, "calm", 10.0, settled=True)
    trainer.end_session(20.0)  # ended, and never saved
    trainer.record_change("reverb", "mix", 0.35, 0.62, "dreamy", 30.0, settled=True)  # never ended
    again = Trainer(profile, logs=tmp_path)
    assert again.unsaved and again.profile.own.sessions == 2
    assert again.suggest("reverb", "dreamy")["mix"].value == pytest.approx(0.62, abs=0.02)
    assert Trainer(again.profile, logs=tmp_path).profile == again.profile  # and only once
    assert Trainer(profile, logs=tmp_path).profile == again.profile
    assert rebuild(log_of(again, tmp_path).records) == again.profile


def test_switching_profiles_keeps_their_logs_apart(tmp_path):
    one, two = new_profile("One"), new_profile("Two")
    trainer = Trainer(one, logs=tmp_path)
    trainer.record_change("reverb", "mix", 0.35, 0.9, "calm", 10.0, settled=True)
    trainer.use(two)
    assert trainer.profile == two
    trainer.record_change("reverb", "mix", 0.35, 0.1, "calm", 20.0, settled=True)
    trainer.use(one)
    assert trainer.preference_weight("reverb", "mix", "calm") > 0.4
    trainer.use(two)
    assert trainer.preference_weight("reverb", "mix", "calm") < -0.2


def test_a_profile_that_learnt_on_another_box_goes_on_above_its_numbers(tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir(), there.mkdir()
    first = Trainer(new_profile("Me"), logs=here)
    for i in range(5):
        first.record_change("reverb", "mix", 0.35, 0.9, "calm", i * 100.0, settled=True)
        first.end_session(i * 100.0 + 50)
    second = Trainer(first.profile, logs=there)
    second.record_change("reverb", "mix", 0.35, 0.9, "calm", 0.0, settled=True)
    second.end_session(1.0)
    assert second.profile.own.sessions == 6
    assert Trainer(second.profile, logs=there).profile == second.profile
    assert Trainer(first.profile, logs=there).profile == second.profile  # the power went before a save there


def test_a_log_that_cannot_be_written_is_a_fault_not_an_end(tmp_path, monkeypatch):
    trainer = Trainer(logs=tmp_path)

    def full(descriptor):
        raise OSError(28, "No space left on device")

    for time in (0.0, 20.0, 40.0):
        sweep(trainer, 0.35, 0.62, time)
        trainer.end_session(time + 10.0)
    assert trainer.fault == ""
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        sweep(trainer, 0.35, 0.62, 100.0)
        trainer.end_session(110.0)
    assert "No space" in trainer.fault
    assert trainer.profile.own.sessions == 4
    again = Trainer(trainer.profile, logs=tmp_path)
    assert again.profile.own.habits == trainer.profile.own.habits
    assert rebuild(log_of(again, tmp_path).records) == again.profile, "what the log had missed is in it now"
    missing = Trainer(logs=tmp_path / "missing")
    assert "cannot be opened" in missing.fault


def test_what_settles_unseen_is_bounded():
    trainer = Trainer()
    for i in range(1000):
        trainer.record_change("reverb", "mix", 0.35, i / 1000, "calm", float(i), settled=True)
    assert len(trainer.tick(1000.0)) == 256


names = st.sampled_from(["a", "b"])
steps = st.lists(st.one_of(
    st.tuples(st.just("change"), names, st.sampled_from(["calm", "dark"]), st.integers(0, 20), st.booleans()),
    st.tuples(st.sampled_from(["tick", "start", "end", "off", "on", "declare", "reopen"])),
    st.tuples(st.just("wait"), st.sampled_from([0.2, 1.1, 2.5, 2000.0, 86400.0, -1e7, 1e9]))), max_size=40)


@settings(max_examples=100, deadline=None)
@given(steps)
def test_the_log_rebuilds_the_profile_bit_by_bit(tmp_path_factory, steps):
    folder = tmp_path_factory.mktemp("logs")
    start = new_profile("Me")
    trainer, time, at = Trainer(start, logs=folder), 0.0, {"a": 0.5, "b": 0.5}
    for step in steps:
        if step[0] == "change":
            _, parameter, emotion, position, settled = step
            trainer.record_change("p", parameter, at[parameter], position / 20, emotion, time, settled)
            at[parameter] = position / 20
        elif step[0] == "wait":
            time += step[1]
        elif step[0] == "start" and trainer.learning:
            trainer.start_session(time)
        elif step[0] == "declare":
            trainer.declare("p", [ParameterInfo("a", round(random.Random(len(steps)).random(), 2))])
        elif step[0] == "reopen":  # the power went: the profile as it was saved last, or never
            trainer = Trainer(random.Random(time).choice([start, trainer.profile]), logs=folder)
        elif step[0] in ("on", "off"):
            trainer.learning = step[0] == "on"
        else:
            trainer.tick(time) if step[0] == "tick" else trainer.end_session(time)
    trainer.end_session(time)
    log = log_of(trainer, folder)
    assert log.corrupt == log.torn == 0
    assert rebuild(log.records) == trainer.profile
    assert rebuild(log.records, start) == trainer.profile
    for emotion in ("calm", "dark", "new"):
        for answer in trainer.suggest("p", emotion).values():
            assert 0.0 <= answer.low <= answer.value <= answer.high <= 1.0


CHILD = """
import sys
from profiles.profile import new_profile
from profiles.trainer import Trainer
trainer = Trainer(new_profile("Me", "ab" * 16), logs=sys.argv[1])
for i in range(100000):
    trainer.record_change("reverb", "mix", 0.35, i % 50 / 50, "dreamy", i * 5.0, settled=True)
    if i % 7 == 6:
        trainer.end_session(i * 5.0 + 1)
    print(i + 1, flush=True)
"""


def test_kill_9_while_learning_keeps_every_confirmed_adjustment(tmp_path):
    child = subprocess.Popen([sys.executable, "-c", CHILD, tmp_path], stdout=subprocess.PIPE, text=True)
    for _ in range(60):
        child.stdout.readline()
    child.send_signal(signal.SIGKILL)
    confirmed = 60 + child.communicate()[0].count("\n")
    trainer = Trainer(new_profile("Me", "ab" * 16), logs=tmp_path)
    assert trainer.suggest("reverb", "dreamy")["mix"].count in (confirmed, confirmed + 1)
    assert rebuild(log_of(trainer, tmp_path).records) == trainer.profile
