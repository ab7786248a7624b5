"""The learner's answers: bounded, robust, careful, and near what the player sets."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiles import votes
from profiles.learner import Evidence, HistogramLearner
from profiles.merge import merge
from profiles.profile import AT_DEFAULT, HALF_LIFE, ParameterInfo, cell_of, new_profile
from profiles.trainer import Trainer

DAY = 86400


def player(values, emotion="dreamy", default=0.5, trainer=None, days=1):
    """A trainer after one session for each value."""
    trainer = trainer or Trainer()
    trainer.declare("reverb", [ParameterInfo("mix", default, "Mix", "space")])
    for value in values:
        player.clock += days * DAY
        trainer.record_change("reverb", "mix", default, value, emotion, player.clock, settled=True)
        trainer.end_session(player.clock + 60)
    return trainer


player.clock = 0.0


def mix(trainer, emotion="dreamy"):
    return trainer.suggest("reverb", emotion)["mix"]


def test_nothing_known_is_the_default_without_confidence():
    answer = mix(player([]))
    assert answer.value == 0.5 and answer.confidence == 0.0 and answer.weight == 0.0 and answer.count == 0
    assert answer.low <= 0.5 <= answer.high


def test_three_dreamy_sessions_are_learnt_and_other_emotions_stay():
    trainer = player([0.61, 0.62, 0.63])
    answer = mix(trainer)
    assert answer.value == pytest.approx(0.62, abs=0.015)
    assert answer.confidence > 0.7 and answer.count == 3
    assert answer.weight == pytest.approx(answer.value - 0.5)
    other = mix(trainer, "calm")
    assert abs(other.value - 0.5) < 0.02 and other.confidence == 0.0


@pytest.mark.parametrize("value", [0.0, 0.05, 0.4, 0.62, 0.95, 1.0])
def test_one_session_is_followed_but_careful(value):
    answer = mix(player([value]))
    assert answer.value == pytest.approx(value, abs=1.6 / 64)  # a bin, and the blur that reaches to the next
    assert 0.3 < answer.confidence < 0.6


def test_many_dreamy_sessions_still_leave_the_other_emotions():
    assert abs(mix(player([0.9] * 30), "calm").value - 0.5) < 0.05


def test_an_outlier_session_moves_the_answer_little():
    steady = mix(player([0.60, 0.62, 0.61, 0.63, 0.62])).value
    upset = mix(player([0.60, 0.62, 0.61, 0.63, 0.62, 0.0])).value
    assert abs(steady - upset) < 0.02


def test_disagreement_lowers_confidence_and_widens_the_interval():
    agreed, split = mix(player([0.6] * 4)), mix(player([0.1, 0.9, 0.3, 0.7]))
    assert split.confidence < agreed.confidence - 0.2
    assert split.high - split.low > agreed.high - agreed.low + 0.3


def test_a_session_has_one_vote_however_busy():
    busy = player([0.2, 0.2, 0.2])
    player.clock += DAY
    for i in range(50):
        busy.record_change("reverb", "mix", 0.5, 0.9, "dreamy", player.clock + i, settled=True)
    busy.end_session(player.clock + 60)
    assert mix(busy).value == pytest.approx(0.2, abs=0.02)
    assert mix(busy).count == 53


def test_exactly_at_default_is_a_choice():
    answer = mix(player([0.35, 0.351, 0.35], default=0.35))
    assert answer.value == 0.35 and answer.confidence > 0.7


def test_old_taste_fades():
    fresh = mix(player([0.2] * 4))
    trainer = player([0.2] * 4)
    player([0.8] * 3, trainer=trainer, emotion="calm", days=7)
    for _ in range(60):  # more than a year, a week at a time
        player([0.8], trainer=trainer, emotion="calm", days=7)
    assert mix(trainer).confidence < fresh.confidence - 0.1
    player([0.8] * 2, trainer=trainer)
    assert mix(trainer).value > 0.5  # two fresh sessions outweigh four old ones


def test_a_half_life_halves_a_vote():
    from profiles.profile import Habit, counts, vote_weight
    assert counts(Habit({3: vote_weight(1000, 0)}, 1), 1000 + HALF_LIFE) == {3: pytest.approx(0.5, rel=0.01)}


def test_a_prior_is_followed_at_first_and_soon_overruled():
    crowd = player([0.7] * 5).profile
    trainer = Trainer(prior=crowd)
    player([], trainer=trainer)
    assert mix(trainer).value == pytest.approx(0.7, abs=0.02) and mix(trainer).confidence == 0.0
    player([0.2] * 3, trainer=trainer)
    assert mix(trainer).value == pytest.approx(0.2, abs=0.02)


def test_a_large_crowd_is_as_soon_overruled():
    crowd = player([0.7] * 3).profile
    for _ in range(30):
        crowd = merge(crowd, player([0.7] * 3).profile)
    trainer = Trainer(prior=crowd)
    player([0.2] * 3, trainer=trainer)
    assert mix(trainer).value == pytest.approx(0.2, abs=0.02)


def test_who_played_much_has_no_more_say_in_the_crowd():
    crowd = player([0.9] * 40).profile
    for _ in range(3):
        crowd = merge(crowd, player([0.2] * 3).profile)
    assert mix(player([], trainer=Trainer(prior=crowd))).value == pytest.approx(0.2, abs=0.02)


def test_the_median_of_one_vote_by_hand():
    # Below the bin before the vote's (38) lie 38/64 of the spread and the default; half of all votes is 0.85.
    below = 0.1 * 38 / 64 + 0.6
    assert mix(player([0.62])).value == pytest.approx((38 + (0.85 - below) / (0.25 + 0.1 / 64)) / 64)


def test_ones_own_votes_count_once_when_the_prior_holds_them_too():
    profile = player([0.62, 0.3]).profile
    assert mix(Trainer(profile, prior=profile)) == mix(Trainer(profile))


def test_a_step_within_its_bin_keeps_the_order():
    assert quantiles({32: 1.0, AT_DEFAULT: 1.0}, 0.505, (0.45, 0.6)) == [pytest.approx(0.5 + 0.9 / 64)] * 2


def test_all_emotions_together():
    trainer = player([0.8] * 3)
    player([0.8] * 3, trainer=trainer, emotion="calm")
    assert trainer.preference_weight("reverb", "mix") == pytest.approx(0.3, abs=0.02)
    assert trainer.preference_weight("reverb", "mix", "dreamy") == pytest.approx(0.3, abs=0.02)
    assert trainer.preference_weight("reverb", "unheard of") == 0.0


def why(trainer, emotion="dreamy"):
    return HistogramLearner().explain(trainer.profile, trainer.prior, "reverb", "mix", emotion)


def test_nothing_learnt_is_all_default():
    assert why(player([])) == Evidence(0.0, 0.0, 0.0, 0.0, 0.0, 1.0)


def test_the_evidence_names_who_spoke():
    trainer = player([0.6] * 3)
    mine = why(trainer)
    assert mine.own > 0.7 and mine.elsewhere == mine.others == 0.0
    there = why(trainer, "calm")
    assert there.own == 0.0 and 0.0 < there.elsewhere < there.default and there.neighbours > 0.0
    theirs = why(player([], trainer=Trainer(prior=trainer.profile)))
    assert theirs.others > 0.5 and theirs.own == 0.0
    assert all(sum(evidence) == pytest.approx(1.0) for evidence in (mine, there, theirs))



def quantiles(cells, default, levels):
    row = np.zeros((1, 65))
    for cell, weight in cells.items():
        row[0, cell] = weight
    return votes.quantiles(row, np.array([default]), levels)[:, 0].tolist()


cells = st.dictionaries(st.integers(0, AT_DEFAULT), st.floats(0.001, 100.0), min_size=1)


@settings(max_examples=200, deadline=None)
@given(cells, st.floats(0.0, 1.0), st.lists(st.floats(0.0, 1.0), min_size=1, max_size=5))
def test_quantiles_ascend_within_the_knob(votes, default, levels):
    answers = quantiles(votes, default, levels)
    assert answers == sorted(answers) and all(0.0 <= answer <= 1.0 for answer in answers)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 63), min_size=1, max_size=30))
def test_the_median_lies_in_the_middle_votes_bin(chosen):
    votes = {cell: float(chosen.count(cell)) for cell in chosen}
    [median] = quantiles(votes, 0.0, [0.5])
    below = sum((cell + 1) / 64 <= median for cell in chosen)
    above = sum(cell / 64 >= median for cell in chosen)
    assert below <= len(chosen) / 2 + 1e-9 and above <= len(chosen) / 2 + 1e-9


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0.0, 1.0), max_size=12), st.floats(0.0, 1.0))
def test_answers_are_bounded_whatever_was_set(values, default):
    answer = mix(player(values, default=default))
    assert 0.0 <= answer.low <= answer.value <= answer.high <= 1.0
    assert 0.0 <= answer.confidence < 1.0 and -1.0 <= answer.weight <= 1.0


@pytest.mark.parametrize("value, default", [(0.51, 0.5), (0.503, 0.5), (0.5015, 0.5), (0.5, 0.5), (0.0, 1.0)])
def test_near_the_default_is_not_at_it(value, default):
    assert (cell_of(value, default) == AT_DEFAULT) == (abs(value - default) <= 0.002)


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_every_value_has_a_cell(value, default):
    cell = cell_of(value, default)
    assert cell == AT_DEFAULT or cell / 64 <= value <= (cell + 1) / 64


def test_200_events_of_one_taste_are_no_worse_later():
    draw = random.Random(4)
    values = [min(max(draw.gauss(0.6, 0.08), 0.0), 1.0) for _ in range(200)]
    trainer, errors = player([]), []
    for value in values:
        errors.append(abs(mix(trainer).value - value))
        player([value], trainer=trainer)
    assert sum(errors[100:]) / 100 <= sum(errors[10:30]) / 20 * 1.05


def taught(plugins=12, parameters=6, emotions=("calm", "dreamy")):
    trainer = Trainer()
    for plugin in range(plugins):
        trainer.declare(f"p{plugin}", [ParameterInfo(f"q{i}", 0.3 + 0.05 * i) for i in range(parameters)])
    for session in range(3):
        for plugin in range(plugins):
            for i in range(parameters):
                for n, emotion in enumerate(emotions):
                    value = (plugin + 3 * i + 5 * n + 7 * session) % 20 / 20
                    trainer.record_change(f"p{plugin}", f"q{i}", 0.5, value, emotion, session * DAY, settled=True)
        trainer.end_session(session * DAY + 60)
    return trainer.profile


def test_all_at_once_is_one_by_one():
    profile, prior, learner = taught(3, 2), merge(taught(3, 2), taught(3, 2)), HistogramLearner()
    for emotion in ("calm", "furious", None):
        keys = list(profile.infos)
        together = learner.suggest_all(profile, prior, keys, emotion)
        alone = [HistogramLearner().suggest(profile, prior, *key, emotion) for key in keys]
        assert together == [pytest.approx(answer, abs=1e-9) for answer in alone]
    assert learner.suggest_all(profile, prior, [], "calm") == []


def test_what_is_kept_to_be_quick_changes_no_answer():
    """One learner, asked along the way, answers as a new one does."""
    trainer, learner = Trainer(prior=merge(taught(2, 2), taught(2, 2))), HistogramLearner()
    trainer.use(taught(2, 2))
    for day, value in enumerate((0.1, 0.9, 0.4), start=10):
        trainer.record_change("p0", "q0", 0.5, value, "calm", day * DAY, settled=True)
        trainer.record_change("p1", "q1", 0.5, value, "joyful", day * DAY, settled=True)
        trainer.end_session(day * DAY + 60)
        keys = list(trainer.profile.infos)
        for prior in (trainer.prior, None, trainer.prior):
            assert (learner.suggest_all(trainer.profile, prior, keys, "calm")
                    == HistogramLearner().suggest_all(trainer.profile, prior, keys, "calm"))


def test_mirrored_knobs_get_mirrored_answers():
    """Which end of a knob is up must not matter; a bin holds its lower edge, so that far apart they may be."""
    draw = random.Random(7)
    people = [[(draw.choice(("calm", "dark")), draw.random()) for _ in range(8)] for _ in range(6)]

    def answers(side):
        def one(settings):
            trainer = Trainer()
            for emotion, value in settings:
                player([side(value)], emotion, side(0.35), trainer)
            return trainer.profile
        prior = merge(merge(one(people[0]), one(people[1])), merge(one(people[2]), one(people[3])))
        for settings in people[4:]:
            for known in range(8):
                profile = one(settings[:known]) if known else new_profile("me").declared("reverb", ParameterInfo("mix", side(0.35)))
                for crowd in (None, prior):
                    yield HistogramLearner().suggest(profile, crowd, "reverb", "mix", "calm")

    for plain, mirrored in zip(answers(lambda value: value), answers(lambda value: 1.0 - value)):
        assert mirrored.value == pytest.approx(1.0 - plain.value, abs=1 / 64)
        assert mirrored.low == pytest.approx(1.0 - plain.high, abs=1 / 64)
        assert mirrored.confidence == pytest.approx(plain.confidence, abs=1e-6)


def crowd_of(*people):
    """A prior of people; each is {emotion: values}."""
    profiles = []
    for person in people:
        trainer = Trainer()
        for emotion, values in person.items():
            player(values, emotion, trainer=trainer)
        profiles.append(trainer.profile)
    prior = profiles[0]
    for profile in profiles[1:]:
        prior = merge(prior, profile)
    return prior


def test_those_who_are_alike_are_heard_first():
    """Two kinds of people differ under both emotions; one setting under one of them tells which the player is."""
    prior = crowd_of(*[{"calm": [0.2] * 3, "dark": [0.8] * 3}] * 4, *[{"calm": [0.7] * 3, "dark": [0.3] * 3}] * 6)
    assert mix(player([], trainer=Trainer(prior=prior)), "dark").value == pytest.approx(0.3, abs=0.03)
    trainer = player([0.2] * 30, "calm", trainer=Trainer(prior=prior))
    assert mix(trainer, "dark").value == pytest.approx(0.8, abs=0.03)


def test_emotions_that_mean_the_same_to_people_share_votes():
    same = crowd_of(*[{"calm": [0.5, 0.2, 0.8], "dark": [0.5, 0.2, 0.8]}] * 3)
    apart = crowd_of(*[{"calm": [0.2] * 3, "dark": [0.8] * 3}] * 3)
    shares = [why(player([0.6] * 2, "calm", trainer=Trainer(prior=prior)), "dark").elsewhere for prior in (same, apart)]
    assert shares[0] > 3 * shares[1]


def test_a_word_nobody_has_used_starts_from_its_neighbours():
    trainer = player([0.9] * 4, "dreamy")
    player([0.1] * 4, "aggressive", trainer=trainer)
    assert mix(trainer, "ethereal").value == pytest.approx(0.9, abs=0.04)
    assert mix(trainer, "furious").value == pytest.approx(0.1, abs=0.03)
    assert why(trainer, "ethereal").neighbours > 0.3 and why(trainer, "blorptastic").neighbours == 0.0
    assert is_guess(mix(trainer, "ethereal")), "else a box with this emotion would never be heard to start from there"
    assert mix(trainer, "blorptastic").confidence == 0.0


def test_a_new_plugin_starts_from_knobs_of_its_kind():
    trainer = player([0.8] * 5, default=0.5)  # reverb mix, tagged space
    trainer.declare("hall", [ParameterInfo("x", 0.2, "", "space"), ParameterInfo("room_size", 0.2),
                             ParameterInfo("y", 0.2, "", "drive"), ParameterInfo("z", 0.2)])
    answers = trainer.suggest("hall", "dreamy")
    assert answers["x"].value == pytest.approx(0.8, abs=0.03) == answers["room_size"].value
    assert is_guess(answers["x"]) and answers["x"].confidence == answers["room_size"].confidence
    assert answers["y"].value == answers["z"].value == 0.2 and answers["y"].confidence == answers["z"].confidence == 0.0
    learner = HistogramLearner()
    assert learner.explain(trainer.profile, None, "hall", "x", "dreamy").same_tag > 0.5
    trainer.record_change("hall", "x", 0.2, 0.4, "dreamy", player.clock + DAY, settled=True)
    answer = trainer.suggest("hall", "dreamy")["x"]
    assert answer.value == pytest.approx(0.4, abs=0.03) and answer.count == 1 and not answer.guess


def is_guess(answer):
    """Heard, but half as much, at most, as a single setting of the knob itself would be (.55)."""
    return answer.guess and answer.count == 0 and 0.0 < answer.confidence < 0.28


def guess(settings, knob=ParameterInfo("x", 0.2, "", "space"), emotion="dreamy", prior=None):
    """The answer for a knob of a new plugin after sessions of (plugin, parameter, value, emotion)."""
    trainer = Trainer(prior=prior)
    trainer.declare("reverb", [ParameterInfo("mix", 0.5, "Mix", "space"), ParameterInfo("low_cut_hz", 0.3, "Low cut", "body")])
    trainer.declare("delay", [ParameterInfo("feedback", 0.5, "Feedback", "space"), ParameterInfo("time_ms", 0.5, "Time", "time")])
    for day, (plugin, parameter, value, under) in enumerate(settings):
        trainer.record_change(plugin, parameter, 0.5, value, under, day * DAY, settled=True)
        trainer.end_session(day * DAY + 60)
    trainer.declare("new", [knob])
    return trainer.suggest("new", emotion)[knob.id]


def test_a_guess_needs_more_than_one_setting_and_this_very_emotion():
    """One vote at half its weight is outvoted by the default: acting on it would pull a preset to the default."""
    mixed = "reverb", "mix", 0.8
    assert guess([(*mixed, "dreamy")]).confidence == 0.0
    assert is_guess(guess([(*mixed, "dreamy")] * 2))
    assert is_guess(guess([(*mixed, "dreamy"), ("delay", "feedback", 0.8, "dreamy")]))
    other = guess([(*mixed, "dark")] * 6)
    assert other.value == pytest.approx(0.8, abs=0.03) and other.confidence == 0.0 and not other.guess


def test_a_guess_is_surer_with_more_votes_that_agree():
    sure = [guess([("reverb", "mix", value, "dreamy") for value in values]).confidence
            for values in ([0.7, 0.9, 0.7, 0.9], [0.8] * 2, [0.8] * 4)]
    assert sure == sorted(sure) and sure[0] < 0.9 * sure[2]


def test_where_like_knobs_were_left_alone_nothing_is_guessed():
    left = guess([("reverb", "mix", 0.5, "dreamy")] * 6)
    assert left.confidence == 0.0 and not left.guess


def test_how_sure_a_guess_is_does_not_depend_on_this_knobs_default():
    """A like knob that was left alone at times counts neither for a place nor as a spread."""
    once = [("reverb", "mix", 0.8, "dreamy"), ("delay", "feedback", 0.7, "dreamy")]
    sure = [guess([*once * 6, *left], ParameterInfo("x", default, "", "space")).confidence
            for left in ([], [("reverb", "mix", 0.5, "dreamy")]) for default in (0.1, 0.9)]
    assert sure[0] == sure[1] and sure[2] == sure[3] and 0.0 < sure[2] < sure[0]


def test_a_guess_is_acted_on_where_it_has_the_strongest_say():
    """Of a knob that other people know, one session elsewhere says less than they do; three, which count as one, more."""
    crowd = Trainer()
    crowd.declare("new", [ParameterInfo("x", 0.2, "", "space")])
    for day in range(3):
        crowd.record_change("new", "x", 0.2, 0.4, "dreamy", day * DAY, settled=True)
        crowd.end_session(day * DAY + 60)
    mixed = [("reverb", "mix", 0.8, "dreamy")]
    assert guess(mixed, prior=crowd.profile).confidence == 0.0
    answer = guess(mixed * 2 + [("delay", "feedback", 0.8, "dreamy")], prior=crowd.profile)
    assert is_guess(answer) and 0.35 < answer.value < 0.8


def test_more_of_a_knob_may_be_less_of_its_kind():
    """A low cut turned up takes body away, so a bass knob goes down; a band's frequency says nothing of it."""
    cut = [("reverb", "low_cut_hz", 0.8, "dark")] * 4
    bass = guess(cut, ParameterInfo("bass", 0.5, "Bass", "body"), "dark")
    assert is_guess(bass) and bass.value == pytest.approx(0.2, abs=0.03)
    trainer = Trainer()
    trainer.declare("reverb", [ParameterInfo("low_cut_hz", 0.3, "Low cut", "body")])
    for day in range(4):
        trainer.record_change("reverb", "low_cut_hz", 0.3, 0.8, "dark", day * DAY, settled=True)
        trainer.end_session(day * DAY + 60)
    trainer.declare("hall", [ParameterInfo("low_cut_hz", 0.3, "Low cut", "body")])
    trainer.declare("eq", [ParameterInfo("mid_hz", 0.3, "Mid freq", "body"), ParameterInfo("low_db", 0.5, "Low", "body")])
    assert trainer.suggest("hall", "dark")["low_cut_hz"].value == pytest.approx(0.8, abs=0.03)
    answers = trainer.suggest("eq", "dark")
    assert answers["mid_hz"].value == 0.3 and answers["mid_hz"].confidence == 0.0
    assert answers["low_db"].value == pytest.approx(0.2, abs=0.03)


@pytest.mark.parametrize("tag", ["level", "time", "pitch"])
def test_what_balance_tempo_and_key_ask_for_is_guessed_and_not_acted_on(tag):
    trainer = Trainer()
    trainer.declare("one", [ParameterInfo("x", 0.5, "", tag)])
    trainer.declare("two", [ParameterInfo("x", 0.5, "", tag)])
    for day in range(4):
        trainer.record_change("one", "x", 0.5, 0.8, "dreamy", day * DAY, settled=True)
        trainer.end_session(day * DAY + 60)
    answer = trainer.suggest("two", "dreamy")["x"]
    assert answer.value == pytest.approx(0.8, abs=0.03) and answer.confidence == 0.0 and not answer.guess


def test_a_parameter_without_habits_in_a_new_profile():
    profile = new_profile("Me").declared("reverb", ParameterInfo("mix", 0.25))
    assert HistogramLearner().suggest(profile, None, "reverb", "mix", None).value == 0.25
