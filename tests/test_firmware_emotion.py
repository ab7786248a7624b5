"""What an emotion and My Style do to the knobs, over the real sound and the real trainer."""

import json

import pytest

from firmware.taste import Item
from profiles.emotions import offsets
from tests.stage import DRIVE, GAIN, MIX, offset, preset_raw, teach


def test_an_emotion_adds_the_factorys_offset_to_the_preset(stage, panel):
    for emotion in ("dreamy", "aggressive", "calm"):
        stage.select(emotion)
        for key in (GAIN, DRIVE, MIX):
            expected = min(max(preset_raw(panel, key) + offset(panel, key, emotion), 0), 1)
            assert panel._sound.raw[key] == pytest.approx(expected), (emotion, key)


def test_an_emotion_is_reached_in_200_ms(stage, panel):
    start = stage.raw("delay", "mix")
    goal = preset_raw(panel, MIX) + offset(panel, MIX, "dreamy")
    panel.select(panel.emotions.index("dreamy"))
    stage.run(0.1)
    assert stage.raw("delay", "mix") == pytest.approx((start + goal) / 2, abs=0.003) and panel.busy
    stage.run(0.11)
    assert stage.raw("delay", "mix") == pytest.approx(goal) and not panel.busy


def test_a_touch_belongs_to_the_emotion_it_was_made_under(stage, panel):
    panel.put(MIX, 0.9)
    assert panel.view().knobs[2].hand
    stage.select("dreamy")
    assert stage.raw("delay", "mix") == pytest.approx(0.3 + offset(panel, MIX, "dreamy"))
    assert not panel.view().knobs[2].hand
    stage.select("calm")
    assert stage.raw("delay", "mix") == pytest.approx(0.9)


def test_turning_my_style_leaves_touched_knobs_alone(stage, panel):
    teach(stage, MIX, 0.9, "dreamy", times=3)
    stage.select("calm")
    stage.select("dreamy")
    panel.put(MIX, 0.1)
    panel.turn_amount(-50)
    stage.run(0.3)
    assert stage.raw("delay", "mix") == 0.1
    panel.turn_amount(+50)
    stage.run(0.3)
    assert stage.raw("delay", "mix") == 0.1
    stage.select("calm")
    stage.select("dreamy")
    assert stage.raw("delay", "mix") > 0.5, "until the emotion has changed"


def test_what_was_learnt_is_applied_when_the_emotion_returns(stage, panel):
    teach(stage, MIX, 0.9, "dreamy", times=3)
    panel.load_preset("Bench")
    stage.select("calm")
    assert stage.raw("delay", "mix") == pytest.approx(0.3 + offset(panel, MIX, "calm"), abs=0.001)
    stage.select("dreamy")
    known = panel._suggestions()[MIX]
    plain = 0.3 + offset(panel, MIX, "dreamy")
    assert known.confidence > 0.7
    assert stage.raw("delay", "mix") == pytest.approx(
        (1 - known.confidence) * plain + known.confidence * known.value, abs=0.001)
    assert panel.style_applies and panel.positions()["delay", "mix"] == (
        pytest.approx(stage.raw("delay", "mix")), pytest.approx(plain))


def test_the_end_of_a_session_moves_no_knob(stage, panel):
    stage.select("dreamy")
    panel.put(MIX, 0.9)
    stage.run(1.5)
    panel.load_preset("Bench")
    before = panel.positions()
    panel.set_learning(False)
    stage.run(1.0)
    assert {key: raw for key, (raw, _) in panel.positions().items()} == {key: raw for key, (raw, _) in before.items()}


def test_what_was_learnt_is_in_the_next_preset(stage, panel):
    teach(stage, MIX, 0.1, "dreamy", times=3)
    panel.load_preset("Echo")
    known = panel._suggestions()[0, "mix"]
    assert stage.raw("delay", "mix") == pytest.approx(
        (1 - known.confidence) * (0.5 + offsets("dreamy")["space"]) + known.confidence * known.value, abs=0.001)


def test_the_amount_scales_what_my_style_says(stage, panel):
    teach(stage, MIX, 0.9, "dreamy", times=3)
    panel.load_preset("Bench")
    stage.run(0.1)
    whole = stage.raw("delay", "mix")
    panel.turn_amount(-25)
    stage.run(0.3)
    plain = 0.3 + offset(panel, MIX, "dreamy")
    assert panel.amount == 0.5
    assert stage.raw("delay", "mix") == pytest.approx((whole + plain) / 2, abs=0.001)
    panel.compare()
    stage.run(0.3)
    assert stage.raw("delay", "mix") == pytest.approx(plain, abs=0.001) and not panel.style_applies
    panel.compare()
    stage.run(0.3)
    assert stage.raw("delay", "mix") == pytest.approx((whole + plain) / 2, abs=0.001)


def test_turning_the_amount_while_comparing_says_nothing(stage, panel):
    teach(stage, MIX, 0.9, "dreamy", times=3)
    panel.load_preset("Bench")
    panel.compare()
    panel.turn_amount(-10)
    stage.run(0.3)
    assert stage.raw("delay", "mix") == pytest.approx(0.3 + offset(panel, MIX, "dreamy"), abs=0.001)


def test_apply_goes_all_the_way_and_back(stage, panel):
    teach(stage, MIX, 0.9, "dreamy")
    panel.load_preset("Bench")
    panel.turn_amount(-50)
    panel.put(GAIN, 0.6)
    stage.run(0.3)
    before = dict(panel._sound.raw)
    panel.apply_style()
    stage.run(0.3)
    known = panel._suggestions()[MIX]
    assert 0.0 < known.confidence < 0.9 and panel.edited and panel.style_applies
    assert stage.raw("delay", "mix") == known.value, "whatever amount and confidence say"
    assert stage.raw("boost", "gain_db") == 0.6, "nothing is learnt of this one"
    panel.apply_style()
    stage.run(0.3)
    assert panel._sound.raw == pytest.approx(before)


def test_apply_teaches_nothing(stage, panel):
    teach(stage, MIX, 0.9, "dreamy")
    panel.load_preset("Bench")
    panel.apply_style()
    stage.run(2.0)
    assert panel.view().adjustments == 0


def test_a_hand_after_apply_wins_and_undo_leaves_it(stage, panel):
    teach(stage, MIX, 0.9, "dreamy")
    panel.load_preset("Bench")
    panel.apply_style()
    panel.put(MIX, 0.2)
    assert stage.raw("delay", "mix") == 0.2
    panel.apply_style()
    panel.apply_style()
    stage.run(0.3)
    assert stage.raw("delay", "mix") == 0.2


def test_apply_belongs_to_its_emotion(stage, panel):
    teach(stage, MIX, 0.9, "dreamy")
    panel.load_preset("Bench")
    panel.apply_style()
    applied = panel._suggestions()[MIX].value
    stage.select("calm")
    assert not panel.in_full and stage.raw("delay", "mix") != pytest.approx(applied)
    stage.select("dreamy")
    assert panel.in_full and stage.raw("delay", "mix") == applied


def test_apply_and_save_make_it_the_preset(stage, panel, config):
    teach(stage, MIX, 0.9, "dreamy")
    panel.load_preset("Bench")
    panel.apply_style()
    stage.run(0.3)
    heard = stage.raw("delay", "mix")
    panel.save_preset()
    saved = json.loads((config.box.home / "presets" / "Bench.json").read_text())
    mix, = [entry["values"]["mix"] for entry in saved["chain"] if entry["effect"] == "delay"]
    assert mix == pytest.approx(heard - offset(panel, MIX, "dreamy"), abs=0.001)


def test_apply_while_comparing_is_heard(stage, panel):
    teach(stage, MIX, 0.9, "dreamy")
    panel.load_preset("Bench")
    panel.compare()
    panel.apply_style()
    stage.run(0.3)
    assert panel.styled and stage.raw("delay", "mix") == panel._suggestions()[MIX].value
    panel.compare()
    stage.run(0.3)
    assert stage.raw("delay", "mix") == pytest.approx(0.3 + offset(panel, MIX, "dreamy"), abs=0.001)


def test_a_frozen_box_applies_and_learns_nothing(stage, panel):
    teach(stage, MIX, 0.9, "dreamy", times=3)
    panel.load_preset("Bench")
    panel.set_frozen(True)
    stage.select("calm")
    stage.select("dreamy")
    assert stage.raw("delay", "mix") > 0.5
    panel.put(MIX, 0.1)
    stage.run(2.0)
    panel.set_frozen(False)
    stage.run(0.1)
    assert panel.learning and panel.view().adjustments == 0 and panel.view().sessions == 3


def test_freezing_ends_the_session_which_is_learnt(stage, panel):
    stage.select("dreamy")
    panel.put(MIX, 0.9)
    stage.run(1.5)
    panel.set_frozen(True)
    stage.run(0.1)
    assert panel.view().sessions == 1


def test_the_amount_stays_within_its_bounds(panel):
    panel.turn_amount(+3)
    assert panel.amount == 1.0
    panel.turn_amount(-500)
    assert panel.amount == 0.0


def test_another_profile_sounds_at_once(stage, panel):
    teach(stage, MIX, 0.9, "dreamy", times=3)
    panel.load_preset("Bench")
    stage.run(0.1)
    stage.taste.do(Item("new", "profile"))
    stage.run(0.3)
    assert panel.view().profile == "Profile"
    assert stage.raw("delay", "mix") == pytest.approx(0.3 + offset(panel, MIX, "dreamy"), abs=0.001)
    stage.taste.do(Item("use", "Me"))
    stage.run(0.3)
    assert stage.raw("delay", "mix") > 0.6


def test_a_selector_beyond_the_emotions_stays_at_the_last(stage, panel):
    panel.select(99)
    assert panel.emotion == panel.emotions[-1]


# Guesses from like knobs

WET = (0, "mix")        # of the preset Cathedral


@pytest.fixture
def cathedral(shelf):
    """A preset with a hall, which no hand in these tests has ever turned, and the delay."""
    (shelf / "Cathedral.json").write_text(json.dumps({
        "format": "loopmind-preset", "version": 1, "name": "Cathedral", "knobs": ["hall.mix"],
        "chain": [{"effect": "hall", "values": {"mix": 0.3}}, {"effect": "delay", "values": {"mix": 0.2}}]}))
    return "Cathedral"


def leant(panel, plain):
    """Where the guess puts a knob that would stand at `plain`."""
    known = panel._suggestions()[WET]
    assert known.guess and 0.2 < known.confidence < 0.28 and known.value > 0.8
    return pytest.approx((1 - known.confidence) * plain + known.confidence * known.value, abs=0.001)


def test_a_knob_never_set_starts_from_the_players_like_knobs(stage, panel, cathedral):
    teach(stage, MIX, 0.9, "dreamy", times=3)
    panel.load_preset(cathedral)
    stage.run(0.3)
    assert stage.raw("hall", "mix") == leant(panel, 0.3 + offsets("dreamy")["space"])
    assert panel.style_applies and stage.view().knobs[0].guess and stage.view().knobs[0].learnt > 0.8
    stage.select("calm")
    assert stage.raw("hall", "mix") == pytest.approx(0.3 + offsets("calm")["space"]), "of calm parts it says nothing"


def test_a_guess_is_no_habit(stage, panel, cathedral):
    """Apply puts what was learnt in its place, and leaves the hall as it is: nobody has ever set it."""
    teach(stage, MIX, 0.9, "dreamy", times=3)
    panel.load_preset(cathedral)
    stage.run(0.3)
    before = stage.raw("hall", "mix")
    panel.apply_style()
    stage.run(0.3)
    assert panel.view().message == "My Style: 1 knob"
    assert stage.raw("hall", "mix") == before and stage.raw("delay", "mix") == pytest.approx(0.9, abs=0.02)


def test_a_guess_that_comes_after_the_preset_is_heard_all_the_same(stage, panel, cathedral, monkeypatch):
    """The disk's thread is busy: the preset plays at once, and the knobs that no hand has touched follow."""
    teach(stage, MIX, 0.9, "dreamy", times=3)
    waiting = []
    with monkeypatch.context() as patch:
        patch.setattr(stage.box.disk, "do", lambda job, *arguments: waiting.append((job, arguments)))
        panel.load_preset(cathedral)
        stage.run(0.3)
        assert stage.raw("hall", "mix") == pytest.approx(0.3 + offsets("dreamy")["space"])
        panel.put((0, "size"), 0.1)
    for job, arguments in waiting:
        job(*arguments)
    stage.run(0.3)
    assert stage.raw("hall", "mix") == leant(panel, 0.3 + offsets("dreamy")["space"])
    assert stage.raw("hall", "size") == pytest.approx(0.1), "the hand wins"


def test_why_tells_a_guess(stage, panel, cathedral):
    teach(stage, MIX, 0.9, "dreamy", times=3)
    panel.load_preset(cathedral)
    stage.taste.ask("hall", "mix", "dreamy")
    stage.run(0.1)
    why = panel.view().why
    assert why.evidence == "a guess, never set here" and why.says[0][0] == "same_tag"
