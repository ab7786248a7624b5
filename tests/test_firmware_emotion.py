"""What an emotion and My Style do to the knobs, over the real sound and the real trainer."""

import json

import pytest

from dsp import effects
from firmware.preset import Preset, parse_chain
from firmware.taste import Item, infos
from profiles import exchange
from profiles.emotions import offsets
from profiles.profile import new_profile
from profiles.store import ProfileStore
from profiles.trainer import Trainer
from tests.stage import DRIVE, GAIN, KNOB_1, KNOB_2, KNOB_3, MIX, go_to, offset, preset_raw, teach


def test_an_emotion_adds_the_factorys_offset_to_the_preset(stage, panel):
    for emotion in ("dreamy", "aggressive", "calm"):
        stage.select(emotion)
        for key in (GAIN, DRIVE, MIX):
            expected = min(max(preset_raw(panel, key) + offset(panel, key, emotion), 0), 1)
            assert panel._sound.raw[key] == pytest.approx(expected), (emotion, key)


def test_an_emotion_leaves_notes_divisions_and_the_tempo_alone(stage, panel):
    chain = "pitch_shifter steps_1=+7 steps_2=-12 scale=minor key=A | delay division='1/8 dot' tempo_bpm=96 | hall"
    panel.use_preset(Preset("Harmony", parse_chain(chain)))
    kept = [(0, "steps_1"), (0, "steps_2"), (0, "scale"), (0, "key"), (1, "division"), (1, "tempo_bpm")]
    for emotion in panel.emotions:
        before = {key: panel._sound.raw[key] for key in kept}
        stage.select(emotion)
        assert {key: panel._sound.raw[key] for key in kept} == before, emotion
    assert panel._sound.raw[2, "mix"] != 0.3 and panel._sound.raw[1, "mix"] != 0.3


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


# Me x another producer

def profile_of(name, value, config, sessions=4):
    """Put a profile into the box whose player sets the delay's mix under dreamy."""
    trainer = Trainer(new_profile(name))
    trainer.declare("delay", infos(effects.load("delay")))
    for day in range(sessions):
        trainer.record_change("delay", "mix", 0.3, value, "dreamy", day * 1e5, settled=True)
        trainer.end_session(day * 1e5 + 60.0)
    ProfileStore(config.box.home / "profiles").add(trainer.profile)
    return trainer.profile


@pytest.fixture
def duo(stage, panel, config):
    """Me, who sets the mix to .2, on the guest's leaf of the My Style page; in the box there is also Kim, with .9."""
    teach(stage, MIX, 0.2, "dreamy", times=3)
    profile_of("Kim", 0.9, config)
    panel.load_preset("Bench")
    stage.run(0.3)
    go_to(stage, "style")
    stage.turn(KNOB_2, +1)
    assert stage.view().leaves[stage.view().leaf] == "guest"
    return stage


def mix_at(stage, blend):
    stage.panel.turn_blend(round(50 * (blend - stage.panel.blend)))
    stage.run(0.3)
    assert stage.view().blend == pytest.approx(blend)
    return stage.raw("delay", "mix")


def test_a_knob_goes_from_me_to_another_producer_while_playing(duo):
    mine = duo.raw("delay", "mix")
    duo.turn(KNOB_3, +1)
    assert duo.view().guest == "Kim" and duo.view().blend == 0.0 and duo.raw("delay", "mix") == mine
    duo.turn(KNOB_1, +20)
    duo.run(0.3)
    assert duo.view().blend == pytest.approx(0.4) and duo.view().leaves[duo.view().leaf] == "guest"
    between, theirs = duo.raw("delay", "mix"), mix_at(duo, 1.0)
    assert theirs > 0.7 > mine
    assert between == pytest.approx(0.6 * mine + 0.4 * theirs, abs=0.002), "in a straight line"
    assert mix_at(duo, 0.0) == pytest.approx(mine)


def test_the_guest_goes_when_sent_away(duo):
    mine = duo.raw("delay", "mix")
    duo.turn(KNOB_3, +1)
    mix_at(duo, 1.0)
    duo.turn(KNOB_3, -1)
    duo.run(0.3)
    assert duo.view().guest == "" and duo.raw("delay", "mix") == pytest.approx(mine)
    duo.turn(KNOB_1, +1)
    assert duo.view().message == "Knob 3 chooses a guest"


def test_what_is_learnt_beside_a_guest_is_mine_and_the_guest_stays_as_he_was(duo, config):
    store = ProfileStore(config.box.home / "profiles")
    kim = store.path("Kim").read_bytes()
    duo.turn(KNOB_3, +1)
    mix_at(duo, 0.5)
    before = store.load("Me").profile
    duo.panel.put(MIX, 0.6)
    duo.run(1.5)
    duo.panel.set_learning(False)
    after = store.load("Me").profile
    assert store.path("Kim").read_bytes() == kim
    assert after.own.sessions == before.own.sessions + 1 and set(after.members) == {after.id}


def test_a_hand_wins_over_the_slider(duo):
    duo.turn(KNOB_3, +1)
    duo.panel.put(MIX, 0.5)
    assert mix_at(duo, 1.0) == pytest.approx(0.5)
    duo.select("calm")
    duo.select("dreamy")
    assert duo.raw("delay", "mix") > 0.7


def test_what_apply_holds_follows_the_slider(duo):
    duo.turn(KNOB_3, +1)
    duo.panel.apply_style()
    assert mix_at(duo, 0.0) == pytest.approx(0.2, abs=0.03)
    assert mix_at(duo, 1.0) == pytest.approx(0.9, abs=0.03)
    duo.panel.put(MIX, 0.5)
    assert mix_at(duo, 0.2) == pytest.approx(0.5)


def test_why_names_the_guest(duo):
    duo.turn(KNOB_3, +1)
    mix_at(duo, 0.5)
    duo.panel._asked = "delay", "mix"
    duo.panel._ask()
    duo.run(0.1)
    shares = dict(duo.view().why.says)
    assert shares["Kim"] > 0.3 and shares["own"] > 0.3


def test_whoever_plays_is_no_guest(duo):
    duo.turn(KNOB_3, +1)
    mix_at(duo, 0.5)
    duo.taste.do(Item("use", "Kim"))
    duo.run(0.3)
    assert (duo.view().profile, duo.view().guest, duo.panel.guest) == ("Kim", "", "")
    assert duo.raw("delay", "mix") > 0.7


def test_a_guest_whose_file_is_broken_is_a_message(duo, config):
    path = ProfileStore(config.box.home / "profiles").path("Kim")
    path.write_bytes(b"{}")
    mine = duo.raw("delay", "mix")
    duo.turn(KNOB_3, +1)
    assert "Kim.json" in duo.view().message and duo.panel.guest == ""
    assert duo.raw("delay", "mix") == mine and path.read_bytes() == b"{}"


def test_a_guest_that_comes_again_on_a_stick_is_heard_anew(duo, config):
    duo.turn(KNOB_3, +1)
    before = mix_at(duo, 1.0)
    kim = Trainer(ProfileStore(config.box.home / "profiles").load("Kim").profile)
    for day in range(8):
        kim.record_change("delay", "mix", 0.3, 0.5, "dreamy", 1e6 + day * 1e5, settled=True)
        kim.end_session(1e6 + day * 1e5 + 60.0)
    exchange.export(kim.profile, config.usb.mount)
    duo.taste.do(Item("import", "Kim"))
    duo.run(0.3)
    assert duo.raw("delay", "mix") < before - 0.2


def test_a_box_with_one_profile_has_no_leaf_for_guests(stage):
    assert "guest" not in stage.view().leaves
