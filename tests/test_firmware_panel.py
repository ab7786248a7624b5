"""The panel's own logic: what follows from each change, over the real sound and the real trainer."""

import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsp import effects
from dsp.chain import Block
from dsp.effect import Effect
from dsp.errors import OptionError
from dsp.parameter import choice
from firmware.panel import MESSAGE_S, TURNED_S
from firmware.preset import Preset, Scene, parse_chain
from tests.stage import DRIVE, GAIN, MIX, offset, preset_raw, teach


# Presets

def test_a_preset_is_saved_as_it_is_set_less_what_the_emotion_adds(stage, panel, config):
    stage.select("dreamy")
    panel.put(MIX, 0.7)
    panel.save_preset()
    saved = json.loads((config.box.home / "presets" / "Bench.json").read_text())
    values = {entry["effect"]: entry["values"] for entry in saved["chain"]}
    assert values["delay"]["mix"] == pytest.approx(0.7 - offset(panel, MIX, "dreamy"))
    assert values["overdrive"]["drive_db"] == pytest.approx(8.0)
    assert not panel.edited and panel.view().message == "Saved"
    panel.load_preset("Bench")
    assert stage.raw("delay", "mix") == pytest.approx(0.7), "under this emotion it sounds as it did"


@pytest.fixture
def scenes(panel):
    """Two, in the Bench preset."""
    panel.preset.scenes = [Scene("Verse", {MIX: 0.1}), Scene("Solo", {MIX: 0.6, DRIVE: 0.9})]
    return panel.preset.scenes


def test_a_scene_is_glided_to_and_behind_the_last_one_comes_the_preset(stage, panel, scenes):
    panel.set_learning(False)       # what a hand does here would come back with the style
    plain = dict(panel._sound.raw)
    shown = []
    for expected in ({MIX: 0.1}, {MIX: 0.6, DRIVE: 0.9}, {}):
        panel.put(GAIN, 0.9)        # what a hand has set ends with the scene
        before = panel._sound.raw[MIX]
        goal = {**plain, **{key: max(raw + offset(panel, key, panel.emotion), 0.0) for key, raw in expected.items()}}
        panel.step_scene()
        stage.run(0.1)
        assert min(before, goal[MIX]) < panel._sound.raw[MIX] < max(before, goal[MIX])
        stage.run(0.3)
        assert panel._sound.raw == pytest.approx(goal, abs=2e-6)
        shown.append((panel.view().scene, panel.view().message))
    assert shown == [("Verse", "Verse"), ("Solo", "Solo"), ("", "Bench")]


def test_a_preset_without_scenes_says_so(stage, panel):
    before = dict(panel._sound.raw)
    panel.step_scene()
    stage.run(0.3)
    assert panel._sound.raw == before and panel.view().message == "No scenes in this preset"


def test_saving_keeps_the_scene_that_plays(stage, panel, scenes, config):
    panel.step_scene()
    panel.put(DRIVE, 0.75)
    panel.save_preset()
    saved = panel._library.load("Bench")
    assert saved.raw_in(0) == pytest.approx(panel.preset.raw_in(0))
    assert saved.scenes[0].raw.keys() == {MIX, DRIVE}
    assert saved.scenes[0].raw[DRIVE] == pytest.approx(0.75 - offset(panel, DRIVE, panel.emotion), abs=1e-5)
    assert saved.scenes[0].raw[MIX] == pytest.approx(0.1) and saved.scenes[1].raw == pytest.approx(scenes[1].raw)


def test_the_foot_taps_the_tempo(stage, panel):
    panel.use_preset(Preset("Echoes", parse_chain(
        "delay | delay division='1/8 dot' | ping_pong | boost | tape_delay tempo_bpm=70")))
    panel.put((0, "time_ms"), 0.9)
    panel.put((2, "left_division"), 0.0)
    panel.put((4, "division"), 0.0)
    adjustments = panel._taste.known.adjustments
    for _ in range(6):      # the first is not in the last five
        panel.tap()
        stage.run(0.75 if _ else 1.05)
    def values():
        return [panel._parameter(key).to_value(panel._sound.raw[key]) for key in (
            (0, "tempo_bpm"), (1, "tempo_bpm"), (2, "tempo_bpm"), (4, "tempo_bpm"), (0, "time_ms"), (4, "time_ms"))]
    assert values() == pytest.approx([80.0] * 4 + [750.0] * 2, rel=0.02)
    assert panel._parameter((1, "time_ms")).to_value(preset_raw(panel, (1, "time_ms"))) == pytest.approx(380)
    assert panel.edited and panel._taste.known.adjustments <= adjustments + 3, "the puts before, and no tap"
    stage.select("dreamy")
    assert values() == pytest.approx([80.0] * 4 + [750.0] * 2, rel=0.02), "the song's tempo, whatever the emotion"
    panel.put((0, "time_ms"), 0.5)
    assert panel._sound.raw[0, "time_ms"] == 0.5, "the hand wins"
    stage.run(2.0)
    panel.tap()
    stage.run(0.3)
    assert values()[0] == pytest.approx(80.0, rel=0.02), "the first tap after a pause"
    panel.tap()
    stage.run(0.3)
    assert values()[0] == pytest.approx(200.0, rel=0.05) and panel.view().message == "200 BPM"


def test_what_was_learnt_of_a_tempo_does_not_move_the_songs(stage, panel):
    tempo = (2, "tempo_bpm")
    teach(stage, tempo, 0.9, "dreamy", times=3)
    panel.load_preset("Bench")
    stage.select("calm")
    panel.set_tempo(80.0)
    stage.select("dreamy")
    panel.apply_style()
    stage.run(0.3)
    assert panel._parameter(tempo).to_value(panel._sound.raw[tempo]) == pytest.approx(80.0)


def test_the_tapped_tempo_goes_on_in_the_next_scene(stage, panel):
    preset = Preset("Echoes", parse_chain("delay division=1/4 | boost"))
    preset.scenes = [Scene("Solo", {(0, "mix"): 0.6})]
    panel.use_preset(preset)
    panel.put((1, "gain_db"), 0.9)
    for _ in range(3):
        panel.tap()
        stage.run(0.75)
    tempo = panel._sound.raw[0, "tempo_bpm"]
    assert panel._parameter((0, "tempo_bpm")).to_value(tempo) == pytest.approx(80.0, rel=0.03)
    for scene in ("Solo", ""):
        panel.step_scene()
        stage.run(0.5)
        assert panel.view().scene == scene and panel._sound.raw[0, "tempo_bpm"] == tempo
        assert panel._sound.raw[1, "gain_db"] != 0.9, "what a hand has set ends with the scene"


def test_tapping_a_preset_without_echoes_says_so(panel):
    panel.use_preset(Preset("Dry", parse_chain("boost")))
    panel.tap()
    panel.tap()
    assert panel.view().message == "Nothing here counts beats" and not panel.edited


def test_another_preset_begins_with_itself(panel, scenes):
    panel.step_scene()
    panel.step_preset(+1)
    assert panel.scene == 0 and panel.view().scene == ""


def test_a_full_card_at_saving_is_a_message_and_the_preset_stays_edited(stage, panel, config):
    panel.put(MIX, 0.7)
    (config.box.home / "presets").write_text("a file in the place of the folder")
    panel.save_preset()
    assert panel.edited and str(config.box.home / "presets") in panel.view().message
    assert stage.level() > 0.05


def test_stepping_goes_round_both_ways(panel):
    seen = []
    for way in (+1, +1, +1, -1, -1):
        panel.step_preset(way)
        seen.append(panel.preset.name)
    assert seen == ["Clean", "Echo", "Bench", "Echo", "Clean"]


@pytest.mark.parametrize("way, here, there", [(+1, "Bench", "Echo"), (-1, "Echo", "Bench")])
def test_a_broken_preset_is_said_and_passed_over(panel, shelf, way, here, there):
    (shelf / "Clean.json").write_text("{")
    panel.load_preset(here)
    panel.step_preset(way)
    assert panel.preset.name == there and "Clean.json is not a preset" in panel.view().message


def test_when_every_preset_is_broken_the_sound_stays(stage, panel, shelf):
    for path in shelf.glob("*.json"):
        path.write_text("{")
    panel.step_preset(+1)
    assert panel.preset.name == "Bench" and panel.view().message and stage.level() > 0.05


def test_a_chain_that_cannot_be_built_leaves_the_old_one_as_it_was(stage, panel, monkeypatch):
    def gone(sample_rate, options):
        raise OptionError("speaker.wav is gone")

    lost = Effect("lost", "Lost", "For this test.", effects.load("boost").parameters, build=gone)
    monkeypatch.setattr(panel._library, "load", lambda name: Preset(name, [Block(lost)]))
    panel.put(MIX, 0.7)
    panel.load_preset("Loft")
    assert (panel.preset.name, panel.edited, stage.raw("delay", "mix")) == ("Bench", True, 0.7)
    assert panel.view().message == "Loft: speaker.wav is gone" and stage.level() > 0.05


@pytest.fixture
def slow(stage, panel, monkeypatch):
    """A workshop that works when it is told to: what it was given, as functions."""
    jobs = []
    monkeypatch.setattr(panel._reading._workshop, "do", lambda job, *arguments: jobs.append(lambda: job(*arguments)))
    return jobs


def test_the_old_preset_can_be_played_while_the_new_one_is_read(stage, panel, slow):
    panel.load_preset("Echo")
    stage.run(0.2)
    assert panel.preset.name == "Bench" and panel.view().message == "Loading Echo" and panel.busy
    panel.put(MIX, 0.7)
    stage.run(0.1)
    assert stage.raw("delay", "mix") == 0.7
    slow.pop()()
    stage.run(0.02)
    assert panel.preset.name == "Echo" and not panel.busy and panel.view().message == ""


def test_the_last_preset_that_was_asked_for_is_played(stage, panel, slow):
    panel.step_preset(+1)
    panel.step_preset(+1)
    assert panel._reading.coming.name == "Echo"
    for job in slow:
        job()
    stage.run(0.02)
    assert panel.preset.name == "Echo"
    assert len(panel._reading._arrived) == 0, "nobody prepared the first one"


def test_one_that_cannot_be_built_is_passed_over_when_that_shows(stage, panel, slow, monkeypatch):
    def gone(preset):
        if preset.name == "Clean":
            raise OptionError("speaker.wav is gone")
        return prepare(preset)

    prepare = panel._sound.prepare
    monkeypatch.setattr(panel._sound, "prepare", gone)
    panel.step_preset(+1)
    slow.pop()()
    stage.run(0.02)
    assert panel.preset.name == "Bench" and panel._reading.coming.name == "Echo"
    slow.pop()()
    stage.run(0.02)
    assert panel.preset.name == "Echo"


def test_a_preset_without_effects_can_be_played_and_toggled(stage, panel):
    panel.use_preset(Preset("Nothing", []))
    panel.toggle_effect(panel.group.block)
    panel.page = "edit"
    panel.move_focus(+1)
    assert panel.view().knobs == () and panel.keys == ()
    stage.run(1.5)
    assert stage.level() == pytest.approx(0.1, rel=0.01)


def test_bypass_takes_all_effects_out_and_brings_back_those_that_were_in(stage, panel):
    panel.toggle_effect(1)
    panel.set_bypassed(True)
    stage.run(1.5)
    assert stage.level() == pytest.approx(0.1, rel=0.02)
    assert [effect.on for effect in panel.view().effects] == [False, False, False]
    panel.set_bypassed(False)
    assert [effect.on for effect in panel.view().effects] == [True, False, True]


def test_bypass_holds_across_presets(stage, panel):
    panel.set_bypassed(True)
    panel.load_preset("Clean")
    stage.run(1.5)
    assert stage.level() == pytest.approx(0.1, rel=0.02)


def test_what_an_effect_has_to_say_about_its_options_is_shown(stage, panel):
    boost = effects.load("boost")
    cut = replace(boost, build=lambda rate, options: replace(boost.prepare(rate, {}), note="only 10.0 s are played"))
    panel.use_preset(Preset("Cut", [Block(cut)]))
    assert panel.view().message == "only 10.0 s are played"


# Knobs

KINDS = Effect("kinds", "Kinds", "For this test.", (*effects.load("boost").parameters,
                                                    choice("kind", "Kind", ("plate", "hall", "room", "spring"))),
               effects.load("boost").kernel, tail_s=0.01)


@pytest.fixture
def kinds(stage):
    stage.panel.use_preset(Preset("Kinds", [Block(KINDS)], [(0, "kind")]))
    return stage.panel


def test_a_choice_moves_one_step_a_detent_however_fast(kinds):
    seen = [kinds.view().knobs[0].text]
    for detents, fast in ((1, 6), (1, 1), (1, 3), (1, 1), (-1, -6)):
        kinds.turn((0, "kind"), detents, fast, fine=False)
        seen.append(kinds.view().knobs[0].text)
    assert seen == ["plate", "hall", "room", "spring", "spring", "room"]


def test_fine_mode_does_not_make_a_choice_finer(kinds):
    kinds.turn((0, "kind"), 1, 1, fine=True)
    assert kinds.view().knobs[0].text == "hall"


def test_put_back_gives_what_preset_and_emotion_have(stage, panel):
    stage.select("dreamy")
    origin = stage.raw("delay", "mix")
    panel.put(MIX, 0.9)
    panel.put_back(MIX)
    assert stage.raw("delay", "mix") == pytest.approx(origin)


# The screen

def test_the_view_shows_what_is(stage, panel):
    view = panel.view()
    assert (view.page, view.preset, view.emotion, view.edited, view.fault) == ("play", "Bench", "calm", False, "")
    assert [effect.label for effect in view.effects] == ["Boost", "Overdrive", "Delay"]
    assert [(knob.label, knob.hand) for knob in view.knobs] == [("Gain", False), ("Drive", False), ("Mix", False)]
    assert (view.profile, view.learning, view.amount, view.applied) == ("Me", True, 1.0, False)
    panel.put(MIX, 0.62)
    view = panel.view()
    assert (view.knobs[2].text, view.knobs[2].raw, view.knobs[2].hand) == ("62 %", 0.62, True)
    assert view.edited


def test_what_was_learnt_is_shown(stage, panel):
    teach(stage, MIX, 0.9, "dreamy")
    view = panel.view()
    assert view.knobs[2].learnt == pytest.approx(0.9, abs=0.05) and view.knobs[0].learnt is None
    assert view.applied and view.sessions == 1
    (label, cells), = view.heat
    assert label == "Delay Mix" and [count for count, _ in cells] == [int(name == "dreamy") for name in panel.emotions]
    assert cells[panel.emotions.index("dreamy")][1] > 0.3
    trend, = view.trends
    assert (trend.emotion, trend.habit, trend.label, trend.text[:1]) == ("Dreamy", "delay wetter", "Mix", "8")
    assert trend.evidence == "1 setting, a first hint" and trend.travel.default == pytest.approx(0.3)


def test_the_last_adjustment_is_shown_in_its_unit(stage, panel):
    panel.put(MIX, 0.25)
    stage.run(0.3)
    panel.put(MIX, 0.62)
    stage.run(1.5)
    assert panel.view().adjustments == 1
    assert panel.view().last_change.endswith("> 62 %  calm")
    assert panel.view().last_change.startswith("Delay Mix ")


def test_words_fade(stage, panel):
    panel.say("Saved")
    stage.run(MESSAGE_S - 0.05)
    assert panel.view().message == "Saved"
    stage.run(0.1)
    assert panel.view().message == ""


def test_the_play_page_gives_way_to_the_knobs_while_they_turn(stage, panel):
    panel.put(MIX, 0.5)
    assert (panel.view().page, panel.view().title, panel.page) == ("edit", "Bench", "play")
    stage.run(TURNED_S - 0.05)
    assert panel.view().page == "edit"
    stage.run(0.1)
    assert panel.view().page == "play"


def test_what_the_start_has_to_say_is_shown(make_stage, config):
    make_stage().box.close()
    (config.box.home / "profiles" / "Me.json").write_text("{")
    assert "Me starts neutral" in make_stage().view().message


def test_a_fault_covers_every_page_until_another_preset_is_played(stage, panel):
    stage.exchange.fault = "The card was unplugged."
    for _ in range(6):
        panel.turn_page(+1)
        stage.run(0.1)
        assert (panel.view().page, panel.view().fault) == ("fault", "The card was unplugged.")
    panel.load_preset("Clean")
    stage.run(0.1)
    assert panel.view().fault == "" == stage.exchange.fault


def test_the_focus_goes_through_all_parameters_three_at_a_time(panel):
    panel.move_focus(+1)
    assert (panel.page, panel.view().title) == ("edit", "Boost"), "the first turn only opens the page"
    titles, keys = [], []
    while panel.view().title not in titles:
        titles.append(panel.view().title)
        keys += panel.keys
        assert 1 <= len(panel.keys) <= 3
        panel.move_focus(+1)
    assert titles[:2] == ["Boost", "Overdrive 1/2"] and titles[-1].startswith("Delay ")
    assert keys == list(panel._sound.raw), "all of them, in the order of the sound"
    panel.move_focus(-100)
    assert panel.view().title == "Boost"


# Anything, in any order

OPERATIONS = st.lists(st.tuples(st.sampled_from(
    ["put", "turn", "back", "select", "preset", "amount", "compare", "apply", "freeze", "learn", "bypass", "effect", "save", "wait", "page", "scene", "tap"]),
    st.integers(0, 99), st.floats(0, 1)), max_size=25)


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(OPERATIONS)
def test_whatever_hands_do_the_sound_is_what_the_panel_says(stage, operations):
    panel = stage.panel
    panel.preset.scenes = [Scene(str(raw), dict.fromkeys(panel._sound.raw, raw)) for raw in (0.2, 0.9)]
    for what, number, raw in operations:
        key = list(panel._sound.raw)[number % len(panel._sound.raw)]
        {"put": lambda: panel.put(key, raw), "turn": lambda: panel.turn(key, number - 50, number - 50, raw > 0.5),
         "back": lambda: panel.put_back(key), "select": lambda: panel.select(number % 8),
         "preset": lambda: panel.step_preset(1 if raw > 0.5 else -1), "amount": lambda: panel.turn_amount(number - 50),
         "compare": panel.compare, "apply": panel.apply_style,
         "freeze": lambda: panel.set_frozen(raw > 0.5), "learn": lambda: panel.set_learning(raw > 0.5),
         "bypass": lambda: panel.set_bypassed(raw > 0.5),
         "effect": lambda: panel.toggle_effect(number % len(panel.preset.blocks)), "save": panel.save_preset,
         "wait": lambda: stage.run(0.01 + raw), "page": lambda: panel.turn_page(1),
         "scene": panel.step_scene, "tap": panel.tap}[what]()
        panel.view()
        if what == "put":
            assert panel._sound.raw[key] == raw, "the hand wins, at once"
    stage.run(0.4)
    targets = panel._mapper.targets()
    assert panel._sound.raw == pytest.approx(targets, abs=2e-6) and all(0 <= raw <= 1 for raw in targets.values())
    chain = panel._sound._chain
    for key, raw in panel._sound.raw.items():
        assert chain.blocks[key[0]].raw[key[1]] == pytest.approx(raw)
    assert [block.on for block in chain.blocks] == [block.on and not panel.bypassed for block in panel.preset.blocks]
