"""The learning benchmark: its rules by hand, its replay, and a whole run on a small made-up folder."""

import json
import random

import numpy as np
import pytest

from benchmarks import learning, preferences, rivals
from benchmarks.apprentice import Apprentice, prior_of, profile_of
from benchmarks.preferences import Setting, Study
from profiles.profile import ParameterInfo
from profiles.trainer import Trainer

HALF = np.array([0.5])


def setting(value, emotion="warm"):
    return Setting(emotion, np.array([value]), HALF)


def after(rule, *values, emotion="warm", asked="warm"):
    for value in values:
        rule.observe(setting(value, emotion))
    return float(rule.predict(asked, HALF)[0])


def test_the_open_accumulator_by_hand():
    # Two settings 0.4 above the default: bias 0.2*0.8 + 0.3*0.8, of which 0.3 is applied.
    assert after(rivals.OpenAccumulator(HALF), 0.9, 0.9) == pytest.approx(0.5 + 0.3 * 0.4)
    assert after(rivals.OpenAccumulator(HALF), 0.9, asked="dark") == pytest.approx(0.5 + 0.3 * 0.08)
    assert after(rivals.OpenAccumulator(HALF), *[0.9] * 50) == 1.0  # it drifts beyond every setting


def test_the_closed_accumulator_by_hand():
    # The second delta is counted from 0.5 + 0.3*0.2 = 0.56.
    assert after(rivals.ClosedAccumulator(HALF), 0.9, 0.9) == pytest.approx(0.5 + 0.3 * (0.2 + 0.5 * 0.34))
    assert after(rivals.ClosedAccumulator(HALF), *[0.9] * 50) == pytest.approx(0.9, abs=0.01)


def test_means_and_the_crowd_by_hand():
    assert after(rivals.RunningMean(HALF), 0.2, 0.4) == pytest.approx(0.3)
    assert after(rivals.RunningMean(HALF), 0.2, asked="dark") == 0.5
    assert after(rivals.ExponentialAverage(HALF), 0.9, 0.9) == pytest.approx(0.5 + 0.4 * (1 - 0.7**2))
    crowd = rivals.CrowdMedian([setting(0.1), setting(0.2), setting(0.9), setting(0.6, "dark")])
    assert after(crowd) == pytest.approx(0.2) and after(crowd, asked="odd") == pytest.approx(0.4)


def test_a_replay_counts_from_the_second_setting_on():
    score = learning.Score()
    errors = learning.replay(rivals.RunningMean(HALF), [setting(0.7), setting(0.9, "dark"), setting(0.8)], score)
    assert errors == pytest.approx([0.2, 0.4, 0.1])
    assert score.summary() == {"error": pytest.approx(0.25), "by_earlier": {0: pytest.approx(0.4), 1: pytest.approx(0.1)}}


def test_an_apprentice_learns_what_a_trainer_learns():
    parameters = [ParameterInfo("mix", 0.5)]
    settings = [setting(0.7), setting(0.2, "dark"), setting(0.75)]
    apprentice, trainer = Apprentice("me", parameters), Trainer()
    trainer.declare("study", parameters)
    for day, one in enumerate(settings):
        apprentice.observe(one)
        trainer.record_change("study", "mix", 0.5, float(one.values[0]), one.emotion, 86400.0 * day, settled=True)
        trainer.end_session(86400.0 * day + 1)
    assert apprentice.predict("warm")[0] == pytest.approx(trainer.suggest("study", "warm")["mix"].value, abs=1e-4)


def test_people_are_never_in_their_own_prior():
    people = {f"p{i}": [setting(i / 20)] for i in range(11)}
    study = Study("made up", [ParameterInfo("mix", 0.5)], people)
    tested = []
    for fold in learning.folds(study, seed=0):
        assert not fold.tested.keys() & fold.others.keys()
        assert len(fold.tested) + len(fold.others) == 11
        tested += fold.tested
    assert sorted(tested) == sorted(people)


def test_a_prior_is_everybody_once():
    profiles = [profile_of(f"p{i}", [setting(0.3)] * 2, [ParameterInfo("mix", 0.5)]) for i in range(4)]
    prior = prior_of([*profiles, profiles[0]])
    assert len(prior.members) == 4 and all(member.sessions == 2 for member in prior.members.values())


def test_a_missing_folder_is_named(tmp_path, capsys):
    with pytest.raises(SystemExit):
        learning.main(["--data", str(tmp_path / "nowhere")])
    assert "nowhere lacks safe_eq_wide.csv" in capsys.readouterr().err


def test_a_whole_run_on_a_made_up_folder(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(learning, "SEEDS", (0,))
    draw = random.Random(1)
    for name, users, order in (("safe_eq", ["lab_1", "lab_2", "lab_3", "lab_4", "lab_5", "wild_1"], "order"),
                               ("fm", [f"fm_{i}" for i in range(5)], "order"),
                               ("socialfx_reverb", [f"r_{i}" for i in range(5)], "time")):
        parameters = {"attack_1": {"default": 0.5}, "attack_2": {"default": 0.2}}
        (tmp_path / f"{name}_params.json").write_text(json.dumps(parameters))
        rows = [f"user,descriptor,{order},attack_1,attack_2,ref_attack_1,ref_attack_2"]
        rows += [f"{user},{word},{n},{draw.gauss(0.7, 0.05):.3f},{draw.random():.3f},0.4,0.4"
                 for user in users for n, word in enumerate(("warm", "bright") * 4)]
        (tmp_path / f"{name}_wide.csv").write_text("\n".join(rows) + "\n")
    learning.main(["--data", str(tmp_path), "--json", str(tmp_path / "figures.json")])
    figures = json.loads((tmp_path / "figures.json").read_text())
    safe = figures["studies"]["SAFE equaliser"]
    assert safe[learning.OURS]["error"] < safe["no learning (default)"]["error"]
    assert safe["no learning (reference)"]["error"] == pytest.approx(
        np.mean([abs(0.4 - s.values).mean() for ss in preferences.equaliser(tmp_path).people.values() for s in ss[1:]]))
    assert figures["robustness"]["new plugin"]["learner, prior"] < figures["robustness"]["new plugin"]["default"]
    assert {goal["name"] for goal in figures["goals"]} and "Goals" in capsys.readouterr().out
