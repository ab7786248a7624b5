"""Merging is a union: in any order, any number of times; and blending is a straight line between two people."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from profiles import document
from profiles.blend import Blend, SharedLearner, mixed
from profiles.errors import ProfileError
from profiles.learner import Suggestion
from profiles.mapper import Mapper
from profiles.merge import blend, combine, merge
from profiles.profile import FULL_SHARE, Habit, Member, ParameterInfo, StyleProfile, new_profile
from profiles.trainer import Trainer

MIX = ("reverb", "mix")
INFOS = [ParameterInfo("mix", 0.35, "Mix", "space"), ParameterInfo("decay", 0.5, "Decay", "space")]


def taught(name, value, sessions=4, parameter="mix", id=None):
    trainer = Trainer(new_profile(name, id))
    trainer.declare("reverb", INFOS)
    for n in range(sessions):
        trainer.record_change("reverb", parameter, 0.35, value, "dreamy", n * 1e5, settled=True)
        trainer.end_session(n * 1e5 + 1.0)
    return trainer.profile


ME, KIM, ANNA = taught("Me", 0.2), taught("Kim", 0.8, sessions=9), taught("Anna", 0.6, sessions=1)


def answer(profile, emotion="dreamy", parameter="mix"):
    return Trainer(profile).suggest("reverb", emotion)[parameter]


# --- Properties ---------------------------------------------------------------------------------

IDS = [f"{n:032x}" for n in range(4)]
HABITS = st.builds(lambda cells, more: Habit(cells, len(cells), len(cells) + more),
                   st.dictionaries(st.integers(0, 64), st.integers(1, 64), min_size=1, max_size=3), st.integers(0, 3))
MEMBERS = st.builds(
    lambda name, age, extra, folded, habits: Member(name, age, extra + max([habit.sessions for words in habits.values() for habit in words.values()] or [0]), folded, habits),
    st.sampled_from(["Me", "Kim"]), st.integers(0, 2), st.integers(0, 1), st.integers(0, 1),
    st.dictionaries(st.sampled_from([MIX, ("reverb", "decay")]),
                    st.dictionaries(st.sampled_from(["calm", "dark"]), HABITS, min_size=1, max_size=2), max_size=2))
DECLARED = st.fixed_dictionaries({key: st.builds(ParameterInfo, st.just(key[1]), st.sampled_from([0.2, 0.5]),
                                                 st.sampled_from(["", "Knob"]), st.sampled_from(["", "space"]))
                                  for key in (MIX, ("reverb", "decay"))})
SHARES = st.dictionaries(st.sampled_from(IDS), st.integers(0, 5000), max_size=3)


@st.composite
def profiles(draw, combined=True):
    members = draw(st.dictionaries(st.sampled_from(IDS), MEMBERS, min_size=1, max_size=3))
    id = draw(st.sampled_from(sorted(members)))
    shares = {leader: share for leader, share in draw(SHARES).items() if leader in members and leader != id} if combined else {}
    if not any(shares.values()):
        shares = {}
    return StyleProfile(id, members, draw(DECLARED), dict(sorted(shares.items())))


def held(profile):
    return profile.members, profile.infos


@settings(max_examples=120, deadline=None)
@given(profiles(), profiles(), profiles())
def test_merging_is_commutative_associative_and_idempotent(a, b, c):
    assert held(merge(a, b)) == held(merge(b, a))
    assert merge(merge(a, b), c) == merge(a, merge(b, c))
    assert merge(a, a) == a
    assert merge(merge(a, b), b) == merge(a, b)
    both = merge(a, b)
    assert (both.id, both.name in {member.name for member in (*a.members.values(), *b.members.values())}) == (a.id, True)
    assert set(both.members) == set(a.members) | set(b.members)
    assert document.to_json(replace(merge(b, a), id=a.id, shares=both.shares)) == document.to_json(both), "to the byte"


@settings(max_examples=120, deadline=None)
@given(profiles(combined=False), profiles(combined=False), profiles(combined=False))
def test_combining_is_commutative_associative_and_idempotent(a, b, c):
    assert combine([a, b]) == combine([b, a])
    assert combine([combine([a, b]), c]) == combine([a, combine([b, c])]) == combine([a, b, c]) == combine([c, b, a])
    assert combine([a, a]) == combine([a]) == combine([combine([a])])
    assert combine([combine([a, b]), b]) == combine([a, b])
    text = document.to_json(combine([a, b]))
    assert text == document.to_json(combine([b, a]))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(profiles(), st.sampled_from([0.0, 0.001, 0.25, 1.0, 2.0, 1000.0])), min_size=1, max_size=4), st.randoms())
def test_weights_go_with_their_profiles_in_any_order(parts, chance):
    assume(any(weight for _, weight in parts))
    whole = combine(*zip(*parts))
    chance.shuffle(parts)
    assert combine(*zip(*parts)) == whole
    assert document.from_json(document.to_json(whole)) == whole
    assert combine([whole]) == whole and combine([whole, whole]) == whole


# --- Combining ----------------------------------------------------------------------------------

def test_names_stay_and_nobody_owns_it_yet():
    band = combine([ME, KIM, ANNA])
    assert band.name == "Anna + Kim + Me" and band.own == Member(band.name)
    assert {band.members[id].name for id in band.shares} == {"Me", "Kim", "Anna"} and set(band.shares.values()) == {FULL_SHARE}
    assert all(band.members[profile.id] == profile.own for profile in (ME, KIM, ANNA))


@pytest.mark.parametrize("weights, wanted", [([1, 0], ME), ([0, 1], KIM), ([0, 0.001], KIM), ([1000, 0], ME)])
def test_who_has_all_the_weight_says_it_all(weights, wanted):
    assert answer(combine([ME, KIM], weights)) == answer(wanted)


def test_weights_are_heard():
    values = [answer(combine([ME, KIM], weights)).value for weights in ([4, 1], [2, 1], [1, 1], [1, 2], [1, 4])]
    assert answer(ME).value < values[0] and values[-1] < answer(KIM).value
    assert all(high - low > 0.04 for low, high in itertools.pairwise(values))
    assert answer(combine([KIM, ME], [1, 4])) == answer(combine([ME, KIM], [4, 1]))


def test_what_only_one_knows_is_that_ones_word():
    decay = taught("Decay", 0.9, parameter="decay")
    both = combine([ME, decay])
    assert answer(both).value == pytest.approx(answer(ME).value, abs=0.02)
    assert answer(both, parameter="decay").value == pytest.approx(answer(decay, parameter="decay").value, abs=0.02)
    assert answer(both).confidence == pytest.approx(answer(ME).confidence / 2)


def test_who_plays_with_a_combined_profile_soon_leads_it():
    trainer = Trainer(combine([ME, KIM]))
    before = trainer.suggest("reverb", "dreamy")["mix"]
    errors = []
    for n in range(4):
        trainer.record_change("reverb", "mix", before.value, 0.95, "dreamy", n * 1e5, settled=True)
        trainer.end_session(n * 1e5 + 1.0)
        errors.append(abs(trainer.suggest("reverb", "dreamy")["mix"].value - 0.95))
    assert errors == sorted(errors, reverse=True) and errors[3] < errors[0] / 2
    assert trainer.profile.own.sessions == 4
    again = combine([trainer.profile, ANNA])
    assert trainer.profile.id in again.shares, "and is a leader where it is combined again"


def test_another_hosts_weights_are_led_by_too():
    foreign = document.from_json('{"plugins": {"reverb": {"mix": 0.5}}}')
    assert answer(combine([ME, foreign], [0, 1])).value == pytest.approx(0.85, abs=0.02)


@pytest.mark.parametrize("weights", [[1], [1, 1, 1], [0, 0], [-1, 1], [1, 1001], [1, "2"], [1, float("nan")], [True, 1], []])
def test_weights_are_checked(weights):
    with pytest.raises(ProfileError):
        combine([ME, KIM], weights)
    with pytest.raises(ProfileError):
        combine([], weights)


def test_too_many_people_are_refused():
    crowd = StyleProfile(IDS[0], {f"{n:032x}": Member(f"M{n}") for n in range(200)}, {})
    other = StyleProfile("f" * 32, {f"f{n:031x}": Member(f"N{n}") for n in range(200)} | {"f" * 32: Member("X")}, {})
    with pytest.raises(ProfileError, match="401 people"):
        merge(crowd, other)


# --- The slider ---------------------------------------------------------------------------------

ANSWERS = st.builds(lambda points, confidence, default, count: Suggestion(points[1], points[0], points[2], confidence, points[1] - default, count),
                    st.lists(st.floats(0, 1), min_size=3, max_size=3).map(sorted), st.floats(0, 1), st.just(0.5), st.integers(0, 50))


@settings(max_examples=120, deadline=None)
@given(ANSWERS, ANSWERS, st.lists(st.floats(0, 1), min_size=2, max_size=8).map(sorted))
def test_the_slider_goes_straight_from_mine_to_theirs(mine, theirs, places):
    slider = Blend({MIX: mine}, {MIX: theirs})
    assert slider[MIX] == mine
    seen = []
    for place in places:
        slider.amount = place
        seen.append(slider[MIX])
        assert 0.0 <= seen[-1].low <= seen[-1].value <= seen[-1].high <= 1.0
    slider.amount = 1.0
    assert slider[MIX] == theirs
    for field in range(5):
        line = [mine[field], *(each[field] for each in seen), theirs[field]]
        way = 1 if theirs[field] >= mine[field] else -1
        assert all(way * (after - before) >= -1e-9 for before, after in itertools.pairwise(line)), "monotone"


@settings(max_examples=200, deadline=None)
@given(ANSWERS, ANSWERS, st.floats(0, 1))
def test_the_slider_has_no_steps(mine, theirs, place):
    """Where one knows nothing the way is steepest: a value may cross the knob within a hundredth of the slider."""
    here, there = (mixed([(1.0 - at, mine), (at, theirs)]) for at in (place, min(place + 1e-5, 1.0)))
    assert all(abs(after - before) < 0.002 for before, after in zip(here[:5], there))


@settings(max_examples=200, deadline=None)
@given(ANSWERS, ANSWERS, st.floats(0, 1), st.floats(0, 1))
def test_the_knob_moves_with_the_slider_in_a_straight_line(mine, theirs, place, preset):
    def target(suggestions):
        mapper = Mapper()
        mapper.load_preset({MIX: preset})
        mapper.change_emotion("dreamy", {}, suggestions)
        return mapper.targets()[MIX]

    ends = target({MIX: mine}), target({MIX: theirs})
    assert target(Blend({MIX: mine}, {MIX: theirs}, place)) == pytest.approx((1 - place) * ends[0] + place * ends[1], abs=0.011)
    assert target(Blend({MIX: mine}, {}, place)) == pytest.approx((1 - place) * ends[0] + place * preset)


def test_a_mix_is_a_guess_where_nobody_has_more_than_one():
    learnt, guess, nothing = (Suggestion(0.5, 0.4, 0.6, sure, 0.0, count, known)
                              for sure, count, known in ((0.6, 3, False), (0.25, 0, True), (0.0, 0, False)))
    assert mixed([(0.5, guess), (0.5, guess)]).guess and mixed([(0.5, guess), (0.5, nothing)]).guess
    assert not mixed([(0.9, guess), (0.1, learnt)]).guess and not mixed([(0.5, nothing), (0.5, nothing)]).guess
    assert Blend({MIX: guess}, {}, 0.5)[MIX].guess


def test_the_slider_is_live():
    slider, mapper = Blend({MIX: answer(ME)}, {MIX: answer(KIM)}), Mapper()
    mapper.load_preset({MIX: 0.35})
    mapper.change_emotion("dreamy", {}, slider)
    places = []
    for slider.amount in (0.0, 0.3, 0.6, 1.0):
        places.append(mapper.targets()[MIX])
    assert places == sorted(set(places)) and places[0] < 0.25 and places[-1] > 0.7
    with pytest.raises(ProfileError, match="amount"):
        slider.amount = 1.5


def test_at_its_ends_the_slider_knows_what_that_side_knows():
    slider = Blend({"a": answer(ME)}, {"b": answer(KIM)})
    assert dict(slider) == {"a": answer(ME)} and "b" not in slider and slider.get("b") is None
    slider.amount = 0.25
    assert set(slider) == {"a", "b"} and len(slider) == 2
    assert slider["b"].confidence == pytest.approx(0.25 * answer(KIM).confidence) and slider["b"].value == answer(KIM).value
    slider.amount = 1.0
    assert dict(slider) == {"b": answer(KIM)}


@pytest.mark.parametrize("place", [0.0, 0.1, 0.4, 0.9, 1.0])
def test_a_blended_profile_answers_as_the_slider_does(place):
    made, slider = answer(blend(ME, KIM, place)), Blend({MIX: answer(ME)}, {MIX: answer(KIM)}, place)[MIX]
    assert made == pytest.approx(slider)
    assert set(blend(ME, KIM, place).shares) == {ME.id, KIM.id}


def test_a_shared_answer_is_explained_as_others_until_the_owner_has_learnt():
    trainer, learner = Trainer(combine([ME, KIM])), SharedLearner()
    why = learner.explain(trainer.profile, None, *MIX, "dreamy")
    assert sum(why) == pytest.approx(1.0) and why.own == 0.0 and why.others > 0.8
    trainer.record_change("reverb", "mix", 0.35, 0.95, "dreamy", 0.0, settled=True)
    trainer.end_session(1.0)
    why = learner.explain(trainer.profile, None, *MIX, "dreamy")
    assert sum(why) == pytest.approx(1.0) and why.own > 0.2 and why.others > 0.2
    assert learner.explain(ME, None, *MIX, "dreamy").own > 0.7
