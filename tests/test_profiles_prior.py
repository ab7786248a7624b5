"""The factory's style: what it believes, on what grounds, and how soon a player overrules it."""

import json
from importlib import resources
from pathlib import Path

import pytest

from benchmarks import derive_style
from dsp import effects
from profiles import document
from profiles.emotions import offsets
from profiles.mapper import Mapper
from profiles.prior import factory, load
from profiles.profile import BINS, ParameterInfo, new_profile
from profiles.trainer import Trainer

CROWD = Path(__file__).parents[2] / "shared" / "preferences"
BECAUSE = json.loads(resources.files("profiles").joinpath("factory/style.json").read_text(encoding="utf-8"))["because"]
VOTES = {(key, emotion): habit for key, emotions in factory().own.habits.items() for emotion, habit in emotions.items()}


def figures():
    """Every (plugin, parameter), emotion, shift in the parameter's own direction, and the figure it comes from."""
    for group in BECAUSE.values():
        for name in group["parameters"]:
            for emotion, figure in group["emotions"].items():
                yield (tuple(name.lstrip("-").split(".")), emotion,
                       -figure["shift"] if name.startswith("-") else figure["shift"], figure)


def centre(habit):
    return sum((cell + 0.5) / BINS * weight for cell, weight in habit.cells.items()) / sum(habit.cells.values())


def told(settings, prior, key=("reverb", "mix"), emotion="dreamy"):
    """A trainer after one session for each setting."""
    trainer = Trainer(prior=prior)
    trainer.declare(key[0], [factory().infos[key]])
    for session, setting in enumerate(settings):
        trainer.record_change(*key, factory().infos[key].default, setting, emotion, 100.0 * session, settled=True)
        trainer.end_session(100.0 * session + 50.0)
    return trainer.suggest(key[0], emotion)[key[1]]


def test_every_shift_has_its_source_and_votes_or_its_reason():
    seen = [(key, emotion) for key, emotion, _, _ in figures()]
    assert len(seen) == len(set(seen)) == len(VOTES) > 400
    for _, _, shift, figure in figures():
        assert 0.02 <= abs(shift) <= 0.3
        assert figure.get("reason") or (figure["source"].startswith("audealize_") and figure["votes"] > 0
                                        and figure["words"])


def test_the_votes_lie_where_the_figures_say():
    for key, emotion, shift, _ in figures():
        wanted = factory().infos[key].default + shift
        if 0.2 <= wanted <= 0.8:  # nearer to an end the bell is cut off
            assert centre(VOTES[key, emotion]) == pytest.approx(wanted, abs=0.012), (key, emotion)
    assert all(offsets(emotion) for _, emotion in VOTES), "only the factory's own emotions"


def test_it_speaks_of_the_boxs_own_parameters():
    declared = {(id, spec.id): ParameterInfo(spec.id, spec.to_raw(spec.default), spec.label, spec.tag)
                for id in effects.names() for spec in effects.load(id).parameters}
    assert len({plugin for plugin, _ in factory().infos}) >= 20
    assert {key: declared.get(key) for key in factory().infos} == factory().infos


def test_it_believes_what_anybody_would():
    def side(key, emotion):
        return centre(VOTES[key, emotion]) - factory().infos[key].default

    assert side(("reverb", "mix"), "dreamy") > 0 > side(("reverb", "mix"), "aggressive")
    assert side(("overdrive", "drive_db"), "aggressive") > 0.15 > 0 > side(("overdrive", "drive_db"), "calm")
    assert side(("compressor", "threshold_db"), "powerful") < 0 < side(("compressor", "ratio"), "powerful")
    assert side(("eq", "high_db"), "warm") < 0 < side(("eq", "low_db"), "warm")
    assert side(("tremolo", "rate_hz"), "melancholy") < 0 < side(("tremolo", "rate_hz"), "joyful")


@pytest.mark.parametrize("key, emotion", [(("reverb", "mix"), "dreamy"), (("reverb", "mix"), "warm"),
                                          (("overdrive", "drive_db"), "aggressive"), (("delay", "time_ms"), "calm"),
                                          (("eq", "high_db"), "joyful"), (("compressor", "threshold_db"), "powerful")])
@pytest.mark.parametrize("own", [0.05, 0.95])
def test_two_or_three_settings_overrule_it(key, emotion, own):
    believed = told([], factory(), key, emotion).value
    wanted, default = centre(VOTES[key, emotion]), factory().infos[key].default
    assert min(wanted, default) - 0.01 <= believed <= max(wanted, default) + 0.01, "leant towards, not jumped to"
    one, two, three = (told([own] * n, factory(), key, emotion).value for n in (1, 2, 3))
    assert abs(one - own) < abs(believed - own), "the first is heard"
    assert abs(three - own) <= 0.03
    assert abs(two - own) <= 0.1


def test_it_leans_the_answer_of_who_has_set_nothing_yet():
    assert told([], factory()).value > told([], None).value + 0.05


def test_until_the_player_has_set_a_knob_it_moves_none():
    answer = told([], factory())
    assert (answer.confidence, answer.count) == (0.0, 0)
    mapper = Mapper()
    mapper.load_preset({("reverb", "mix"): 0.5})
    mapper.change_emotion("dreamy", {("reverb", "mix"): 0.1}, {("reverb", "mix"): answer})
    assert mapper.targets() == mapper.plain() == {("reverb", "mix"): pytest.approx(0.6)}


def test_offset_and_prior_are_never_added():
    """One share moves from preset + offset to the style: the target lies between them, however sure the style is."""
    answer = told([0.5], factory())
    mapper = Mapper()
    mapper.load_preset({("reverb", "mix"): 0.4})
    mapper.change_emotion("dreamy", {("reverb", "mix"): 0.1}, {("reverb", "mix"): answer})
    target = mapper.targets()["reverb", "mix"]
    assert min(0.5, answer.value) - 1e-9 <= target <= max(0.5, answer.value) + 1e-9


def test_a_prior_is_the_factorys_none_or_a_file(tmp_path):
    profile = new_profile("Friend")
    (tmp_path / "friend.json").write_text(document.to_json(profile))
    assert load("factory") is factory()
    assert load("none") is None
    assert load(tmp_path / "friend.json") == profile


@pytest.mark.skipif(not CROWD.exists(), reason="the crowd's words are not beside this checkout")
def test_it_is_made_of_the_crowds_words():
    made = derive_style.derive(CROWD)
    assert made["because"] == BECAUSE
    assert document.from_json(json.dumps(made)) == factory()
