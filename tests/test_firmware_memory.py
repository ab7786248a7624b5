"""The box comes up as it was left, whatever became of its state file."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firmware import memory
from firmware import preset as presets
from firmware.memory import WAIT_S
from profiles.profile import new_profile
from profiles.store import ProfileStore

KNOB_1, KNOB_2 = 1, 2       # encoders
LEARN = APPLY = 1           # footswitches: a long press, a short one
NEXT = 2


@pytest.fixture
def state(config):
    return config.box.home / "state.json"


def left(stage):
    panel = stage.panel
    return {"preset": presets.to_document(panel.preset), "edited": panel.edited, "amount": panel.amount, "applied": panel.applied,
            "guest": panel.guest, "blend": panel.blend, "learning": panel.learning, "frozen": panel.frozen, "touches": panel.touches, "positions": panel.positions()}


def pull_the_plug(stage):
    """The box is gone without a chance to save."""
    stage.box.disk.do = lambda job, *arguments: None


def test_everything_comes_back(make_stage):
    stage = make_stage()
    stage.press(NEXT)
    stage.press(NEXT)                   # Echo
    stage.turn(KNOB_1, +7)
    stage.press(LEARN, 0.7)             # Learning Mode off
    stage.press(NEXT)
    stage.turn(KNOB_2, -3)
    stage.run(WAIT_S + 0.1)
    before = left(stage)
    assert before["edited"] and not before["learning"]
    pull_the_plug(stage)
    assert left(make_stage()) == before


def test_a_scene_goes_on(make_stage):
    stage = make_stage()
    stage.panel.preset.scenes = [presets.Scene("Verse", {(2, "mix"): 0.1}), presets.Scene("Solo", {(2, "mix"): 0.9})]
    stage.panel.set_learning(False)
    stage.panel.step_scene()
    stage.turn(KNOB_1, +7)
    stage.run(WAIT_S + 0.1)
    before = dict(stage.panel._sound.raw)
    pull_the_plug(stage)
    panel = make_stage().panel
    assert panel.view().scene == "Verse" and panel._sound.raw == pytest.approx(before, abs=1e-5)
    panel.step_scene()
    assert panel.view().scene == "Solo"


def test_my_style_applied_stays_so(make_stage):
    stage = make_stage()
    stage.turn(KNOB_1, +20)
    stage.run(WAIT_S + 0.1)
    stage.press(LEARN, 0.7)
    stage.press(NEXT)
    stage.press(NEXT)
    stage.press(NEXT)
    stage.press(APPLY)
    assert stage.panel.in_full
    stage.run(WAIT_S + 0.1)
    before = left(stage)
    pull_the_plug(stage)
    assert left(make_stage()) == before


@pytest.mark.parametrize("learning", [True, False])
def test_a_frozen_box_comes_up_frozen_and_thaws_as_it_was(make_stage, learning):
    stage = make_stage()
    stage.panel.set_learning(learning)
    stage.panel.set_frozen(True)
    stage.run(WAIT_S + 0.1)
    pull_the_plug(stage)
    panel = make_stage().panel
    assert panel.frozen and not panel.learning
    panel.set_frozen(False)
    assert panel.learning == learning


def test_a_guest_comes_back_as_loud_as_he_was(make_stage, config):
    kim(config)
    stage = make_stage()
    stage.panel.turn_guest(+1)
    stage.panel.turn_blend(+20)
    stage.run(WAIT_S + 0.3)
    before = left(stage)
    assert before["guest"] == "Kim" and before["blend"] == 0.4
    pull_the_plug(stage)
    again = make_stage()
    again.run(0.3)
    assert left(again) == before and again.view().guest == "Kim"


def test_a_guest_who_is_gone_is_said_once_and_the_box_comes_up_without(make_stage, config):
    file = kim(config)
    stage = make_stage()
    stage.panel.turn_guest(+1)
    stage.run(WAIT_S + 0.1)
    pull_the_plug(stage)
    file.unlink()
    again = make_stage()
    assert "Kim" in again.view().message and again.panel.guest == again.view().guest == ""
    again.run(WAIT_S + 0.1)
    pull_the_plug(again)
    assert make_stage().view().message == ""


def kim(config):
    """Another profile in the box; returns its file."""
    store = ProfileStore(config.box.home / "profiles")
    store.save(new_profile("Me"))
    store.switch("Me")
    store.save(new_profile("Kim"))
    return store.path("Kim")


def test_an_effect_that_was_out_stays_out(make_stage):
    stage = make_stage()
    stage.push(0)
    stage.push(KNOB_1)                  # on the Edit page, the effect that it shows
    assert [effect.on for effect in stage.view().effects] == [False, True, True]
    stage.run(WAIT_S + 0.1)
    pull_the_plug(stage)
    assert [effect.on for effect in make_stage().view().effects] == [False, True, True]


def test_what_hands_set_under_each_emotion_comes_back_with_it(make_stage):
    stage = make_stage()
    stage.select("dreamy")
    stage.turn(KNOB_1, +20)
    dreamy = stage.raw("boost", "gain_db")
    stage.select("calm")
    stage.run(WAIT_S + 0.1)
    pull_the_plug(stage)
    again = make_stage()
    assert again.raw("boost", "gain_db") != dreamy
    again.panel.compare()
    again.select("dreamy")
    assert again.raw("boost", "gain_db") == pytest.approx(dreamy)


def test_a_sweep_is_written_once_at_its_end(make_stage, monkeypatch):
    stage = make_stage()
    stage.run(WAIT_S + 0.1)
    written = []
    monkeypatch.setattr(memory, "save", lambda path, document: written.append(stage.clock.now))
    turned = stage.clock.now
    stage.turn(KNOB_1, 40)
    assert not written
    stage.run(WAIT_S + 0.1)
    assert len(written) == 1 and written[0] >= turned + 2.0 + WAIT_S - 0.05
    stage.run(5.0)
    assert len(written) == 1, "and nothing is written while nothing changes"


def test_the_ordered_end_writes_at_once(make_stage, state):
    stage = make_stage()
    stage.turn(KNOB_1, +5)
    stage.box.close()
    touches = json.loads(state.read_text())["touches"]
    assert touches == {"calm": [[0, "gain_db", pytest.approx(0.52)]]}


def test_a_first_start_takes_the_configuration(make_stage, config, caplog):
    config.trainer.amount, config.trainer.learning, config.box.preset = 0.4, False, "Echo"
    panel = make_stage().panel
    assert (panel.amount, panel.learning, panel.preset.name, panel.edited) == (0.4, False, "Echo", False)
    assert not caplog.records


def test_later_starts_go_by_what_was_left(make_stage, config):
    make_stage().box.close()
    config.trainer.amount, config.trainer.learning, config.box.preset = 0.4, False, "Echo"
    panel = make_stage().panel
    assert (panel.amount, panel.learning, panel.preset.name) == (1.0, True, "Bench")


def broken(change):
    """The text of a state with one thing wrong."""
    document = {"format": "loopmind-state", "version": 1, "touches": {}, "edited": True, "amount": 0.5,
                "applied": {}, "learning": True, "frozen": False,
                "preset": {"format": "loopmind-preset", "version": 1, "name": "Left", "chain": [{"effect": "boost"}]}}
    change(document)
    return json.dumps(document)


BROKEN = {
    "empty": "",
    "cut": broken(lambda document: None)[:80],
    "not text": "\x00\x01",
    "a list": "[]",
    "a number": "7",
    "deep": "[" * 100_000,
    "another version": broken(lambda document: document.update(version=2)),
    "no preset": broken(lambda document: document.pop("preset")),
    "a strange preset": broken(lambda document: document.update(preset=[])),
    "an effect nobody knows": broken(lambda document: document["preset"].update(chain=[{"effect": "kazoo"}])),
    "an amount of nothing": broken(lambda document: document.update(amount=None)),
    "an amount that is no number": broken(lambda document: document.update(amount=float("nan"))),
    "an endless amount": broken(lambda document: document.update(amount=10**400)),
    "a guest without a name": broken(lambda document: document.update(guest=["Kim"])),
    "a blend beyond the guest": broken(lambda document: document.update(guest="Kim", blend=1.5)),
    "a blend that is no number": broken(lambda document: document.update(blend=float("nan"))),
    "touches of another shape": broken(lambda document: document.update(touches=[1])),
    "touches beside the knob": broken(lambda document: document.update(touches={"calm": [[0, "gain_db", 7.5]]})),
    "touches without a value": broken(lambda document: document.update(touches={"calm": [[0, "gain_db"]]})),
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_broken_state_is_said_and_the_box_starts_afresh(make_stage, state, caplog, text):
    state.write_text(text)
    stage = make_stage()
    assert (stage.panel.preset.name, stage.panel.amount, stage.panel.edited) == ("Bench", 1.0, False)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert f"{state} cannot be used, the box starts afresh: " in caplog.text
    assert stage.level() > 0.05


def test_the_state_that_the_broken_ones_are_made_of_is_sound(make_stage, state):
    state.write_text(broken(lambda document: None))
    stage = make_stage()
    assert (stage.panel.preset.name, stage.panel.amount, stage.panel.edited) == ("Left", 0.5, True)


def test_touches_of_knobs_that_are_gone_are_left_out(make_stage, state):
    state.write_text(broken(lambda document: document.update(
        touches={"calm": [[0, "gain_db", 0.25], [0, "treble", 0.5], [7, "gain_db", 0.5]]})))
    assert make_stage().panel.touches == {"calm": {(0, "gain_db"): 0.25}}


def test_a_state_that_cannot_be_written_stops_nothing(make_stage, state, caplog):
    stage = make_stage()
    state.mkdir()
    (state / "in the way").touch()
    stage.turn(KNOB_1, 3)
    stage.run(WAIT_S + 0.1)
    assert "the state cannot be kept" in caplog.text
    assert stage.level() > 0.05


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3)
                      | st.dictionaries(st.text(max_size=8), inner, max_size=3), max_leaves=8)


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(field=st.sampled_from(["format", "version", "preset", "touches", "applied", "edited", "amount", "learning", "frozen",
                               "guest", "blend"]),
       value=VALUES)
def test_whatever_stands_in_a_field_the_box_comes_up(stage, state, field, value):
    state.write_text(broken(lambda document: document.update({field: value})))
    if not stage.box.memory.restore(stage.panel):
        stage.panel.restore(stage.box.panel._library.load("Bench"), False, 1.0, True, True)
    assert stage.level() > 0.01
    assert 0.0 <= stage.panel.amount <= 1.0
    stage.box.memory.write(stage.panel)
    assert stage.box.memory.restore(stage.panel), "and can be left again"
