"""What a profile says about its player: habits, contrasts, changes, and why a knob stands where it does."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiles import change, trends, wording
from profiles.blend import Blend
from profiles.document import from_json
from profiles.errors import ProfileError
from profiles.ledger import FORGOTTEN, Session
from profiles.merge import combine, merge
from profiles.profile import AT_DEFAULT, ParameterInfo, cell_of, new_profile
from profiles.trainer import Trainer
from profiles.trends import joined, sentence
from profiles.why import why, why_sentence

DAY = 86400.0
INFOS = {"reverb": [ParameterInfo("mix", 0.35, "Mix", "space"), ParameterInfo("decay_s", 0.5, "Decay", "space"),
                    ParameterInfo("tone_hz", 0.6, "Tone", "brightness"), ParameterInfo("mod", 0.4, "Mod", "movement")],
         "tone_stack": [ParameterInfo("high_db", 0.5, "Highs", "brightness")],
         "tape_delay": [ParameterInfo("heads", 0.3, "Heads", "time")]}


def played(*sessions, name="My Style"):
    """A profile; each session is a list of (plugin, parameter, value, emotion), a day apart."""
    trainer = Trainer(new_profile(name))
    for plugin, infos in INFOS.items():
        trainer.declare(plugin, infos)
    for day, settings in enumerate(sessions):
        for plugin, parameter, value, emotion in settings:
            trainer.record_change(plugin, parameter, 0.1, value, emotion, day * DAY, settled=True)
        trainer.end_session(day * DAY + 60.0)
    return trainer.profile


def about(plugin, parameter, raw):
    """To the next 5 %: the learner's answer lies somewhere in a bin."""
    return f"{round(20 * raw) * 5} %"


MIX, DECAY, TONE = ("reverb", "mix"), ("reverb", "decay_s"), ("reverb", "tone_hz")
SESSIONS = [[(*MIX, 0.61, "dreamy"), ("tone_stack", "high_db", 0.5, "calm")],
            [(*MIX, 0.62, "dreamy"), ("tone_stack", "high_db", 0.3, "calm")],
            [(*MIX, 0.63, "dreamy"), (*MIX, 0.62, "dreamy"), ("tone_stack", "high_db", 0.45, "calm"),
             (*DECAY, 0.5, "calm")]]


def test_the_farthest_and_surest_comes_first_in_plain_words():
    first, second, third = trends.trends(played(*SESSIONS))
    assert sentence(first, about) == ("In dreamy parts you run the reverb wetter: Mix around 60 %, "
                                      "from 4 settings in 3 sessions, fairly sure.")
    assert sentence(second, lambda plugin, parameter, raw: f"{24 * raw - 12:+.0f} dB").startswith(
        "In calm parts you run the tone stack with fewer highs: Highs around -1 dB, from 3 settings in 3 sessions,")
    assert sentence(third) == ("In calm parts you leave the reverb as it is: Decay around 50 %, "
                               "from 1 setting in 1 session, a first hint.")
    assert sentence(first, who="Kim").startswith("In dreamy parts Kim runs the reverb wetter")


def test_what_belongs_together_is_one_sentence():
    evening = [(*MIX, 0.9, "dreamy"), (*DECAY, 0.8, "dreamy"), (*TONE, 0.3, "dreamy"), (*DECAY, 0.2, "dark")]
    first, second = joined(trends.trends(played(*[evening] * 4)))
    assert sentence(first, about) == ("In dreamy parts you run the reverb wetter: Mix around 90 %, from 4 settings in 4 "
                                      "sessions, sure; also with a longer decay (Decay 80 %) and darker (Tone 30 %).")
    assert sentence(second).startswith("In dark parts you run the reverb with a shorter decay:")


def test_what_is_left_as_it_is_is_one_sentence_too():
    evening = [(*key, default, "calm") for key, default in zip((MIX, DECAY, TONE), (0.35, 0.5, 0.6))]
    group, = joined(trends.trends(played(*[evening] * 4)))
    assert sentence(group) == ("In calm parts you leave the reverb's Decay, Mix and Tone as they are, from 4 settings in 4 "
                               "sessions, sure.")
    assert "Kim leaves the reverb's Decay" in sentence(group, who="Kim")


def test_named_positions_have_no_direction():
    trend, = trends.trends(played(*[[("tape_delay", "heads", 0.9, "dark")]] * 3))
    assert sentence(trend, about).startswith("In dark parts you set the tape delay's Heads to 90 %, from 3 settings")


def test_sessions_that_disagree_are_no_first_hint():
    trend, = trends.trends(played(*[[(*MIX, value, "dreamy")] for value in (0.1, 0.9, 0.5, 0.7, 0.2, 0.95)]))
    assert sentence(trend).endswith("from 6 settings in 6 sessions, not always.")


def test_emotions_are_compared_both_ways():
    evening = [(*TONE, 0.2, "melancholy"), (*TONE, 0.7, "joyful"), (*MIX, 0.40, "joyful"), (*MIX, 0.45, "dark")]
    pair, = trends.contrasts(trends.trends(played(*[evening] * 4)))
    assert trends.contrast_sentence(pair, about) == "You run the reverb darker in melancholy than in joyful parts: Tone 20 % against 70 %."
    evening = [(*TONE, 0.55, "melancholy"), (*TONE, 0.95, "joyful")]
    pair, = trends.contrasts(trends.trends(played(*[evening] * 4)))
    assert trends.contrast_sentence(pair, about) == "You run the reverb brighter in joyful than in melancholy parts: Tone 95 % against 55 %."


def test_a_single_setting_is_no_contrast():
    assert trends.contrasts(trends.trends(played([(*TONE, 0.1, "dark"), (*TONE, 0.9, "joyful")]))) == []


def test_what_is_never_touched():
    found = trends.untouched(played(*SESSIONS))
    assert found == {"reverb": ["Tone", "Mod"]}
    assert trends.untouched_sentence("reverb", found["reverb"]) == "You never touch the reverb's Tone and Mod."
    assert trends.untouched_sentence("amp", list("ABCDE")) == "You never touch the amp's A, B, C and 2 more."


def test_what_others_do_otherwise():
    others = merge(played(*[[(*MIX, 0.4, "dreamy")]] * 5, name="Kim"), played(*[[(*MIX, 0.42, "dreamy")]] * 5, name="Lee"))
    mine = played(*[[(*MIX, 0.9, "dreamy"), (*TONE, 0.1, "dreamy")]] * 4)
    for pairs in (trends.differences(mine, others), trends.differences(merge(mine, others), None)):
        pair, = pairs
        assert trends.contrast_sentence(pair, about) == (
            "In dreamy parts you run the reverb wetter than others do: Mix 90 % against 40 %.")
        assert 0.37 < pair.other.value < 0.44
    assert trends.differences(mine, None) == [] == trends.differences(others, mine)


def test_a_merged_profile_tells_whose_habit_it_is():
    mine, kim = played([(*MIX, 0.9, "dreamy")]), played(*[[(*MIX, 0.1, "dark")]] * 5, name="Kim")
    both = merge(mine, kim)
    assert trends.trends(both) == trends.trends(mine)
    solo = trends.alone(both, kim.id)
    assert solo.name == "Kim" and trends.trends(solo) == trends.trends(kim)


def test_another_hosts_bare_weights():
    profile = from_json('{"plugins": {"Valhalla Room": {"Decay": 0.5, "Damping": -0.2}}, '
                        '"emotion": {"Valhalla Room": {"Decay": {"dreamy": 0.7}}}}')
    told = [sentence(trend) for trend in trends.trends(profile)]
    assert told[0] == ("In dreamy parts you run the Valhalla Room with a longer decay: Decay +70 % of its travel, "
                       "from a host's weight alone, a first hint.")
    assert any(line.startswith("In all parts you run the Valhalla Room less damped") for line in told)
    _, everywhere = joined(trends.trends(profile))
    assert sentence(everywhere, who="Kim") == (
        "In all parts Kim runs the Valhalla Room with a longer decay: Decay +50 % of its travel, "
        "from a host's weight alone, a first hint; also less damped (Damping -20 % of its travel).")
    assert trends.contrasts(trends.trends(profile)) == [] and trends.untouched(profile) == {}


def test_the_heatmap_has_the_most_used_first():
    rows = trends.heatmap(trends.trends(played(*SESSIONS, [(*TONE, 0.1, "dark")])))
    assert [row.label for row in rows] == ["Mix", "Highs", "Decay", "Tone"]
    assert rows[0].cells["dreamy"][0] == 4 and rows[0].cells["dreamy"][1] == pytest.approx(0.27, abs=0.01)
    assert rows[3].cells["dark"][1] < 0


def test_the_portrait_knows_which_way_a_knob_points():
    low_cut = ParameterInfo("low_cut_hz", 0.3, "Low cut", "body")
    trainer = Trainer()
    trainer.declare("reverb", [low_cut, *INFOS["reverb"]])
    for value, parameter in ((0.9, "low_cut_hz"), (0.9, "mix"), (0.1, "tone_hz")):
        trainer.record_change("reverb", parameter, 0.5, value, "dark", 0.0, settled=True)
    trainer.end_session(1.0)
    drawn = trends.portrait(trends.trends(trainer.profile))["dark"]
    assert drawn["body"] == pytest.approx(-0.6, abs=0.02) and drawn["space"] > 0.5 and drawn["brightness"] < -0.4


def test_a_strangers_knobs_find_their_place_in_the_portrait():
    profile = from_json('{"plugins": {}, "emotion": {"Room": {"Decay": {"dark": 0.4}, "Damping": {"dark": 0.2}, "p1": {"dark": 0.4}}}}')
    assert trends.portrait(trends.trends(profile)) == {"dark": {"space": pytest.approx(0.4), "brightness": pytest.approx(-0.2)}}


# --- Words --------------------------------------------------------------------------------------

def test_a_strangers_knob_is_named_when_its_words_are_not_known():
    assert wording.words("ValhallaRoom", "p7", "HF Damping").up == "with HF Damping turned up"
    assert wording.words("ValhallaRoom", "p8", "Damping").up == "more damped"
    assert wording.words("ValhallaRoom", "roomSize").up == "with roomSize turned up"
    assert wording.words("Pro-R", "p", "Pre-Delay").down == "with a shorter pre-delay"
    assert wording.noun("Pro-R 2") == "Pro-R 2" and wording.noun("parametric_eq") == "parametric EQ"


# --- Change over time ---------------------------------------------------------------------------

def session(age, votes):
    return Session(1, 1, 2, 0.0, age, votes)


def series(values, emotion="aggressive"):
    return [session(int(day * DAY), {(*MIX, emotion): (cell_of(value, 0.35), 1)}) for day, value in enumerate(values)]


def test_a_habit_that_moved_is_told():
    found, = change.changes(played(), series([0.2, 0.22, 0.18, 0.25, 0.21, 0.23, 0.6, 0.62, 0.58, 0.61, 0.6, 0.64]))
    assert change.change_sentence(found, about) == (
        "Lately you run the reverb wetter in aggressive parts: Mix 20 % before, 60 % in the last 6 sessions.")
    assert found.days == 11 and len(found.points) == 12


def test_few_votes_tell_no_change():
    assert change.changes(played(), series([0.2] * 5 + [0.8] * 5)) != []      # all ties but one step
    assert change.changes(played(), series([0.20, 0.21, 0.22, 0.80, 0.81, 0.82])) == []


def test_a_log_that_knows_more_than_the_profile():
    assert change.changes(new_profile("Old"), series([0.2] * 6 + [0.8] * 6)) == []


def test_a_forgotten_session_does_not_count():
    sessions = series([0.2] * 6 + [0.8] * 6)
    assert change.changes(played(), sessions)
    assert change.changes(played(), [replace(each, state=FORGOTTEN) for each in sessions]) == []


def test_steady_habits_hardly_ever_seem_to_change():
    draw = random.Random(7)
    told = sum(bool(change.changes(played(), series([min(max(draw.gauss(0.5, 0.15), 0.0), 1.0) for _ in range(24)])))
               for _ in range(400))
    assert told <= 5


@given(st.lists(st.integers(0, 9), min_size=1, max_size=9), st.lists(st.integers(0, 9), min_size=1, max_size=9))
@settings(deadline=None)
def test_the_rank_test_is_that_of_the_book(older, newer):
    stats = pytest.importorskip("scipy.stats")
    z = change.rank_z(older, newer)
    assert z == pytest.approx(-change.rank_z(newer, older))
    if len({*older, *newer}) > 1:
        known = stats.mannwhitneyu(newer, older, method="asymptotic", use_continuity=False)
        assert 2 * stats.norm.sf(abs(z)) == pytest.approx(known.pvalue, abs=1e-9)


def test_at_default_is_where_the_default_is():
    sessions = [session(0, {(*MIX, "dark"): (AT_DEFAULT, 1)})] * 6 + series([0.9] * 6, "dark")
    found, = change.changes(played(), sessions)
    assert found.before == 0.35


# --- Why ----------------------------------------------------------------------------------------

def test_why_names_the_evidence_and_who_had_a_say():
    mine = played(*[[(*MIX, 0.6, "dreamy"), (*MIX, 0.1, "dark")]] * 4)
    answer = why(mine, None, *MIX, "dreamy")
    assert (answer.settings, answer.sessions, answer.default) == (4, 4, 0.35)
    assert answer.low < 0.6 < answer.high and answer.says[0][0] == "own" and answer.says[0][1] > 0.6
    assert 0.9 < sum(share for _, share in answer.says) < 1.001
    told = why_sentence(answer, about)
    assert told.startswith("My Style sets the reverb's Mix to 60 % (default 35 %) in dreamy parts, since you set it there "
                           "4 times in 4 sessions, sure: four in five lie within ")
    assert "The say in it: your settings here " in told and "yours in other parts" in told


def test_why_where_only_others_or_nobody_knows():
    others = played(*[[(*MIX, 0.9, "dreamy")]] * 5, name="Kim")
    answer = why(played(), others, *MIX, "dreamy")
    assert answer.says[0][0] == "others" and answer.settings == 0
    assert "as long as you have not set it there" in why_sentence(answer)
    nobody = why(played(), None, *MIX, "dreamy")
    assert nobody.says == (("default", 1.0),)
    assert why_sentence(nobody, about).startswith("My Style leaves the reverb's Mix at its default, 35 %, in dreamy parts")


def test_why_tells_a_guess_and_where_it_comes_from():
    trainer = Trainer(played(*[[(*MIX, 0.8, "dreamy")]] * 3))
    trainer.declare("hall", [ParameterInfo("wet", 0.2, "Wet", "space"), ParameterInfo("time", 0.2, "Time", "time")])
    answer = why(trainer.profile, None, "hall", "wet", "dreamy")
    assert answer.guess and answer.says[0][0] == "same_tag"
    assert why_sentence(answer, about).startswith(
        "My Style leans the hall's Wet towards 80 % (default 20 %) in dreamy parts, a guess from your other space knobs, "
        "since you have not set it there yet. The say in it: yours on knobs of its kind ")
    like = why(trainer.profile, None, *MIX, "ethereal")
    assert like.guess and "a guess from what you set in like moods" in why_sentence(like)
    assert not why(trainer.profile, None, "hall", "time", "dreamy").guess


@pytest.mark.parametrize("amount", [0.0, 0.3, 1.0])
def test_why_of_a_blend_is_of_what_the_slider_says(amount):
    me, kim = (played(*[[(*MIX, value, "dreamy")]] * n, name=name) for value, n, name in ((0.2, 3, "Me"), (0.8, 5, "Kim")))
    answer, says = why(me, None, *MIX, "dreamy", kim, amount), dict(why(me, None, *MIX, "dreamy", kim, amount).says)
    mine, theirs = ({MIX: Trainer(profile).suggest("reverb", "dreamy")["mix"]} for profile in (me, kim))
    blended = Blend(mine, theirs, amount)[MIX]
    assert (answer.value, answer.confidence) == (blended.value, blended.confidence)
    assert (answer.settings, answer.theirs) == (3, 5 if amount == 0.3 else 2 if amount else 0)
    assert ("own" in says, "guest" in says) == (amount < 1.0, amount > 0.0)
    if amount == 0.3:
        assert says["own"] > says["guest"] > 0.2


def test_why_of_a_knob_that_only_the_guest_has_set():
    kim = played(*[[(*MIX, 0.8, "dreamy")]] * 5, name="Kim")
    told = why_sentence(why(played(), None, *MIX, "dreamy", kim, 0.5), about)
    assert told.startswith("My Style sets the reverb's Mix to 80 % (default 35 %) in dreamy parts, since your guest set it there 5 times.")
    assert "your guest's " in told


def hinted():
    return from_json('{"plugins": {"reverb": {"mix": 0.3}}, "emotion": {"reverb": {"mix": {"dreamy": 0.4}}}}')


@pytest.mark.parametrize("profile", [hinted(), combine([hinted()])], ids=["its own", "led by it"])
def test_a_hint_is_told_explained_and_suggested_alike(profile):
    """First as a weight, which needs no declaration; then as a value, the same whoever tells it."""
    trainer = Trainer(profile)
    assert {(trend.emotion, trend.value, trend.weight) for trend in trends.trends(profile)} == {("dreamy", None, 0.4), ("", None, 0.3)}
    trainer.declare("reverb", INFOS["reverb"])
    for trend in trends.trends(trainer.profile):
        assert trend.settings == 0 and trend.weight == trainer.preference_weight("reverb", "mix", trend.emotion or None)
    dreamy = trends.trends(trainer.profile)[0]
    told, answer = trainer.suggest("reverb", "dreamy")["mix"], why(trainer.profile, None, *MIX, "dreamy")
    assert (dreamy.value, dreamy.confidence) == (told.value, told.confidence) == (answer.value, answer.confidence)
    assert told.value == pytest.approx(0.75, abs=0.03) and told.count == answer.settings == 0 and not told.guess
    assert trainer.suggest("reverb", "calm")["mix"].value == pytest.approx(0.65, abs=0.03)


def test_why_calls_a_hint_a_hint():
    trainer = Trainer(hinted())
    assert trainer.preference_weight("reverb", "mix", "dreamy") == 0.4 and trainer.preference_weight("reverb", "mix") == 0.3
    with pytest.raises(ProfileError, match="another host gives it a weight of [+]0.40, which is a value once its default is known"):
        why(trainer.profile, None, *MIX, "dreamy")
    trainer.declare("reverb", INFOS["reverb"])
    answer = why(trainer.profile, None, *MIX, "dreamy")
    assert answer.says[0][0] == "hint" and "own" not in dict(answer.says)
    assert "another host's hint, since you have not set it there yet" in why_sentence(answer)
    trainer.record_change("reverb", "mix", 0.35, 0.2, "dreamy", 1.0, settled=True)
    says = dict(why(trainer.preview, None, *MIX, "dreamy").says)
    assert says["own"] == pytest.approx(says["hint"] / 0.9)


@pytest.mark.parametrize("merged", [False, True])
def test_hints_of_other_people_are_weak_evidence(merged):
    """As a prior, and in one's own profile: heard until the first setting, and then overruled."""
    me = played()
    me, prior = (merge(me, hinted()), None) if merged else (me, hinted())
    trainer = Trainer(me, prior)
    answer = trainer.suggest("reverb", "dreamy")["mix"]
    assert 0.65 < answer.value <= 0.77 and answer.confidence == 0.0
    assert dict(why(me, prior, *MIX, "dreamy").says)["others"] > 0.4
    for day in range(2):
        trainer.record_change("reverb", "mix", 0.35, 0.1, "dreamy", day * DAY, settled=True)
        trainer.end_session(day * DAY + 60.0)
    assert trainer.suggest("reverb", "dreamy")["mix"].value == pytest.approx(0.1, abs=0.03)


def test_why_of_a_knob_nobody_declared():
    with pytest.raises(ProfileError, match="nobody has declared a knob reverb colour"):
        why(played(), None, "reverb", "colour", "dreamy")
