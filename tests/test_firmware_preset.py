"""Presets: values in their units, every mistake named, and no preset of the player's lost."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsp import effects
from dsp.arena import EFFECTS
from dsp.chain import Block
from dsp.effect import Option
from firmware import preset as presets
from firmware.errors import PresetError
from firmware.preset import Library, Preset

COLLECTION = {id: effects.load(id) for id in effects.names()}
each_effect = pytest.mark.parametrize("effect", COLLECTION.values(), ids=list(COLLECTION))


def document(**changes):
    return {"format": "loopmind-preset", "version": 1, "name": "Mine", "knobs": ["overdrive.drive_db"],
            "chain": [{"effect": "boost", "values": {"gain_db": 6}, "on": False},
                      {"effect": "overdrive", "values": {"drive_db": 20}}], **changes}


def read(document):
    return presets.from_document(document, "here")


def values_of(block):
    return {parameter.id: parameter.to_value(block.raw_of(parameter)) for parameter in block.effect.parameters}


# --- Documents ----------------------------------------------------------------------------------

def test_a_document_says_values_in_their_units():
    preset = read(document())
    boost, overdrive = preset.blocks
    assert (preset.name, preset.knobs) == ("Mine", [(1, "drive_db")])
    assert (boost.effect.id, boost.on, overdrive.on) == ("boost", False, True)
    assert boost.raw["gain_db"] == pytest.approx((6 + 24) / 48)     # gain_db goes from -24 to 24
    assert values_of(overdrive)["drive_db"] == pytest.approx(20)


def test_what_a_document_leaves_out_stands_at_its_default():
    preset = read({"format": "loopmind-preset", "version": 1, "name": "N", "chain": [{"effect": "delay"}]})
    block, = preset.blocks
    assert block.on and preset.knobs == []
    assert values_of(block) == pytest.approx({p.id: p.default for p in block.effect.parameters})


def test_what_is_written_is_what_was_read():
    again = presets.to_document(read(document()))
    assert again["chain"][0] == {"effect": "boost", "on": False, "values": {"gain_db": 6.0}}
    assert again["chain"][1]["values"]["drive_db"] == 20.0
    assert read(json.loads(json.dumps(again))) == read(again)
    assert presets.to_document(read(again)) == again


@each_effect
@given(data=st.data())
@settings(max_examples=25)
def test_any_knob_position_survives_a_file(effect, data):
    """To six digits of its value; the ends of the travel included."""
    raws = data.draw(st.fixed_dictionaries({p.id: st.one_of(st.sampled_from([0.0, 1.0]), st.floats(0, 1))
                                            for p in effect.parameters}))
    block = Block(effect, raws, on=data.draw(st.booleans()))
    again, = read(json.loads(json.dumps(presets.to_document(Preset("P", [block]))))).blocks
    assert again.on == block.on
    assert values_of(again) == pytest.approx(values_of(block), rel=1e-5, abs=1e-9)


def test_the_first_of_two_equal_effects_has_the_knob():
    chain = [{"effect": "boost"}, {"effect": "delay"}, {"effect": "boost"}]
    assert read(document(chain=chain, knobs=["boost.gain_db", "delay.mix"])).knobs == [(0, "gain_db"), (1, "mix")]


def scened(*scenes):
    chain = [{"effect": "boost"}, {"effect": "delay", "values": {"mix": 0.3}}, {"effect": "boost"}]
    return document(chain=chain, knobs=["boost#2.gain_db"], scenes=list(scenes))


def test_scenes_move_some_knobs_of_the_chain():
    given_ = {"name": "Solo", "values": {"delay.mix": 0.5, "boost#2.gain_db": 24, "delay.division": "1/8 dot"}}
    preset = read(scened({"name": "Verse", "values": {}}, given_))
    assert preset.knobs == [(2, "gain_db")]
    plain, verse, solo = (preset.raw_in(scene) for scene in range(3))
    assert plain == verse and plain[1, "mix"] == 0.3
    assert {key: raw for key, raw in solo.items() if raw != plain[key]} == {
        (1, "mix"): 0.5, (2, "gain_db"): 1.0, (1, "division"): pytest.approx(5 / 8)}
    again = presets.to_document(preset)
    assert again["scenes"][1] == given_ and again["knobs"] == ["boost#2.gain_db"]
    assert read(again).scenes == preset.scenes


@pytest.mark.parametrize("scenes, told", [
    ({}, 'here: "scenes" must be a list of at most 8'), ([{"name": "A", "values": {}}] * 9, "at most 8"),
    (["Solo"], 'here, scene 1 must be an object with "name"'), ([{"values": {}}], "scene 1 must be"),
    ([{"name": "A", "values": []}], "scene 1 must be"),
    ([{"name": "A", "values": {}}, {"name": "B", "values": {"delay.mux": 1}}], "scene 2: the knob 'delay.mux' is no parameter"),
    ([{"name": "A", "values": {"boost#3.gain_db": 1}}], "the knob 'boost#3.gain_db' is no parameter"),
    ([{"name": "A", "values": {"delay.mix": 2}}], "scene 1, delay: mix = 2 is not a number from 0 to 1")])
def test_a_mistake_in_a_scene_is_named(scenes, told):
    with pytest.raises(PresetError) as caught:
        read({**scened(), "scenes": scenes})
    assert told in str(caught.value)


@pytest.fixture
def choosy(monkeypatch):
    """An effect with a choice and two options."""
    from dsp.parameter import choice
    made = replace(COLLECTION["boost"], id="choosy",
                   options=(Option("file", "a room", "file"), Option("early", "its start alone", "switch", False)),
                   parameters=(choice("wave", "Wave", ("sine", "triangle", "square")),))
    monkeypatch.setattr(effects, "load", lambda id: made if id == "choosy" else COLLECTION[id])
    monkeypatch.setattr(effects, "names", lambda: sorted([*COLLECTION, "choosy"]))
    return made


def test_a_choice_goes_by_its_name(choosy):
    for given_, name in (("triangle", "triangle"), (2, "square"), ("0", "sine")):
        preset = read(document(knobs=[], chain=[{"effect": "choosy", "values": {"wave": given_}}]))
        assert presets.to_document(preset)["chain"][0]["values"] == {"wave": name}
    assert values_of(presets.parse_chain("choosy wave=square")[0]) == {"wave": 2.0}
    with pytest.raises(PresetError, match="wave = saw is not one of sine, triangle, square"):
        presets.parse_chain("choosy wave=saw")


def with_options(**options):
    return document(knobs=[], chain=[{"effect": "choosy", "options": options}])


def test_options_are_kept(choosy):
    preset = read(with_options(file="room.wav", early=True))
    assert preset.blocks[0].options == {"file": "room.wav", "early": True}
    assert presets.to_document(preset)["chain"][0]["options"] == {"file": "room.wav", "early": True}
    assert read(presets.to_document(preset)).blocks[0].options == preset.blocks[0].options
    assert presets.parse_chain("choosy wave=square file=a/b.wav early=on")[0].options == {"file": "a/b.wav", "early": True}


@pytest.mark.parametrize("named, found", [("room.wav", "{folder}/room.wav"), ("irs/my room.wav", "{folder}/irs/my room.wav"),
                                          ("/irs/room.wav", "/irs/room.wav"), ("~/room.wav", "/home/me/room.wav")])
def test_a_file_stands_beside_the_preset_unless_its_name_says_where(choosy, tmp_path, monkeypatch, named, found):
    monkeypatch.setenv("HOME", "/home/me")
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(with_options(file=named, early=True)))
    block, = presets.load(path).blocks
    assert block.options == {"file": found.format(folder=tmp_path), "early": True}
    path.write_text(json.dumps(presets.to_document(presets.load(path))))
    assert presets.load(path).blocks[0].options == block.options


@pytest.mark.parametrize("hostile", [["room.wav"], {}, None, True, 3, ""])
def test_an_option_of_another_kind(choosy, hostile):
    with pytest.raises(PresetError, match="here, effect 1, choosy: file = .* is not a file"):
        read(with_options(file=hostile))


def effect_with(**entry):
    return document(knobs=[], chain=[{"effect": "boost"}, {"effect": "boost", **entry}])


HOSTILE = {
    "no object": ([], "here is not a preset"),
    "no format": ({"version": 1}, 'it needs "format": "loopmind-preset"'),
    "a later version": (document(version=2), "here has version 2; this box reads version 1"),
    "no name": (document(name=None), "the name must be a text of 1 to 40 printable characters"),
    "an empty name": (document(name=""), "the name must be"),
    "a long name": (document(name="x" * 41), "the name must be"),
    "a name that no file can hold": (document(name="\ud800"), "the name must be"),
    "a name that clears the screen": (document(name="\x1b[2J"), "the name must be"),
    "a chain of another kind": (document(chain={"effect": "boost"}), "the chain must be a list of at most 32"),
    "too many effects": (document(chain=[{"effect": "boost"}] * (EFFECTS + 1)), "the chain must be a list of at most"),
    "an effect of another kind": (document(chain=["boost"]), 'here, effect 1 must be an object with "effect"'),
    "a name of another kind": (document(chain=[{"effect": ["boost"]}]), 'effect 1 must be an object with "effect"'),
    "an unknown effect": (document(chain=[{"effect": "bost"}]), "no effect 'bost'; did you mean boost?"),
    "a path": (document(chain=[{"effect": "../boost"}]), "there is no effect '../boost'"),
    "on of another kind": (effect_with(on=1), 'here, effect 2: "on" must be true or false'),
    "values of another kind": (effect_with(values=[1]), 'here, effect 2: "values" and "options" must be objects'),
    "values that are none": (effect_with(values=None), '"values" and "options" must be objects'),
    "options of another kind": (effect_with(options="x"), '"values" and "options" must be objects'),
    "an unknown parameter": (effect_with(values={"gain_bd": 1}), "no parameter 'gain_bd'; did you mean gain_db?"),
    "below": (effect_with(values={"gain_db": -24.1}), "gain_db = -24.1 is not a number from -24 to 24 dB"),
    "above": (effect_with(values={"gain_db": 24.1}), "effect 2, boost: gain_db = 24.1 is not a number"),
    "not a number": (effect_with(values={"gain_db": float("nan")}), "gain_db = NaN is not a number"),
    "infinite": (effect_with(values={"gain_db": float("inf")}), "gain_db = Infinity is not a number"),
    "huge": (effect_with(values={"gain_db": 10**400}), "gain_db = a huge number is not a number from -24 to 24 dB"),
    "a switch for a number": (effect_with(values={"gain_db": True}), "gain_db = true is not a number"),
    "nothing for a number": (effect_with(values={"gain_db": None}), "gain_db = null is not a number"),
    "a list for a number": (effect_with(values={"gain_db": [1]}), "gain_db = a list of 1 is not a number"),
    "lines for a number": (effect_with(values={"gain_db": "1\n2\n3"}), r'gain_db = "1\n2\n3" is not a number'),
    "knobs of another kind": (document(knobs="boost.gain_db"), '"knobs" must be a list of at most 3 names'),
    "too many knobs": (document(knobs=["boost.gain_db"] * 4), '"knobs" must be a list of at most 3 names'),
    "a knob of no effect here": (document(knobs=["delay.mix"]), "the knob 'delay.mix' is no parameter of this chain"),
    "a knob of another kind": (document(knobs=[["boost"]]), "the knob ['boost'] is no parameter of this chain"),
}


@pytest.mark.parametrize("hostile, told", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_document_is_refused_in_one_sentence(hostile, told):
    with pytest.raises(PresetError) as caught:
        read(hostile)
    message = str(caught.value)
    assert message.startswith("here") and told in message
    assert "\n" not in message and len(message) < 300


words = st.one_of(st.sampled_from(["boost", "delay", "gain_db", "mix", "boost.gain_db"]), st.text(max_size=5))
leaves = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), words)
anything = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
                        max_leaves=6)
entries = st.fixed_dictionaries({}, optional={"effect": words, "on": anything, "values": anything | st.dictionaries(words, leaves),
                                              "options": anything})
almost = st.builds(document, name=anything | st.just("N"), knobs=anything | st.lists(words, max_size=4),
                   chain=anything | st.lists(entries, max_size=3))


@given(anything | almost)
def test_any_document_is_a_preset_or_a_clear_error(given_):
    try:
        preset = read(given_)
    except PresetError:
        return
    assert presets.from_document(presets.to_document(preset), "again").name == preset.name


# --- Files --------------------------------------------------------------------------------------

@pytest.mark.parametrize("content, told", [
    (b"", "is not a preset"), (b"{", "is not a preset"), (b"\xff\xfe{}", "is not a preset"),
    (b"[" * 100_000, "is not a preset"), (b'{"a": ' + b"9" * 5000 + b"}", "is not a preset"),
    (b" " * (256 * 1024 + 1), "is larger than a preset can be (262144 bytes)")])
def test_a_file_that_is_no_preset(tmp_path, content, told):
    path = tmp_path / "x.json"
    path.write_bytes(content)
    with pytest.raises(PresetError) as caught:
        presets.load(path)
    assert str(caught.value).startswith(f"{path} {told}")


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(PresetError, match="none.json cannot be read: No such file or directory"):
        presets.load(tmp_path / "none.json")
    with pytest.raises(PresetError, match="cannot be read: Is a directory"):
        presets.load(tmp_path)


# --- A chain in words ---------------------------------------------------------------------------

def test_a_chain_in_words():
    overdrive, delay = presets.parse_chain("overdrive drive_db=20 | delay time_ms=300   mix=0.3")
    assert (overdrive.effect.id, delay.effect.id) == ("overdrive", "delay")
    assert set(delay.raw) == {"time_ms", "mix"} and overdrive.on and delay.on
    assert values_of(overdrive)["drive_db"] == pytest.approx(20)
    assert (values_of(delay)["time_ms"], values_of(delay)["mix"]) == pytest.approx((300, 0.3))
    assert [block.effect.id for block in presets.parse_chain("boost|boost gain_db=-6|boost")] == ["boost"] * 3


def test_what_stands_in_quotes_is_one_word(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    nam, ir, delay, shifter = presets.parse_chain("""nam model="My Amp #1 | clean's.nam" | ir file=~/cab.wav second='~/a b'|
                                                  delay division="1/8 dot" | pitch_shifter scale='harm minor' key=C#""")
    assert nam.options == {"model": "My Amp #1 | clean's.nam"}
    assert ir.options == {"file": "/home/me/cab.wav", "second": "/home/me/a b"}
    assert delay.effect.parameter("division").format(delay.raw["division"]) == "1/8 dot"
    assert [shifter.effect.parameter(id).format(shifter.raw[id]) for id in ("scale", "key")] == ["harm minor", "C#"]


@pytest.mark.parametrize("text, told", [
    ("", "chain, effect 1 is empty; write effects like 'overdrive drive_db=20"),
    ("boost | | boost", "chain, effect 2 is empty"),
    ("boost |", "chain, effect 2 is empty"),
    ("bost", "chain, effect 1: there is no effect 'bost'; did you mean boost?"),
    ("gain_db=3", "chain, effect 1: there is no effect 'gain_db=3'"),
    ("boost gain_db 3", "chain, effect 1: 'gain_db' is not of the form parameter=value"),
    ("boost gain_db=", "chain, effect 1: 'gain_db=' is not of the form parameter=value"),
    ("boost =3", "chain, effect 1: '=3' is not of the form parameter=value"),
    ("boost | delay mux=3", "chain, effect 2: delay has no parameter 'mux'; did you mean mix?"),
    ("boost | nam modl=a.nam", "chain, effect 2: nam has no parameter 'modl'; did you mean model?"),
    ("nam gain=3", "there are: input_db, output_db, mix, model, quality, raw, calibrated, input_dbu"),
    ('nam model="My Amp.nam', "the chain has a quotation mark or a backslash too many"),
    ("boost gain_db=99", "chain, effect 1, boost: gain_db = 99 is not a number from -24 to 24 dB"),
    ("boost gain_db=3dB", "gain_db = 3dB is not a number from -24 to 24 dB"),
    ("boost gain_db=nan", "gain_db = nan is not a number from -24 to 24 dB"),
    ("|".join(["boost"] * (EFFECTS + 1)), f"the chain has {EFFECTS + 1} effects; {EFFECTS} is the most"),
])
def test_a_mistake_in_a_chain_is_named_with_its_place(text, told):
    with pytest.raises(PresetError) as caught:
        presets.parse_chain(text)
    assert told in str(caught.value)


part = st.builds(" ".join, st.lists(st.one_of(words, st.builds("{}={}".format, words, leaves)), max_size=3))


@given(st.one_of(st.text(max_size=30), st.lists(part, max_size=4).map("|".join)))
def test_any_chain_text_is_a_chain_or_a_clear_error(text):
    try:
        blocks = presets.parse_chain(text)
    except PresetError:
        return
    if not set(text) & set("\"'\\"):
        assert len(blocks) == text.count("|") + 1
    assert all(0 <= raw <= 1 for block in blocks for raw in block.raw.values())


# --- The library --------------------------------------------------------------------------------

@pytest.fixture
def library(tmp_path):
    return Library(tmp_path / "presets")


def boosted(name, gain_db):
    preset = Preset(name, presets.parse_chain(f"boost gain_db={gain_db}"), [(0, "gain_db")])
    return preset


def gain_of(preset):
    return round(values_of(preset.blocks[0])["gain_db"], 3)


def test_every_shipped_preset_loads_and_its_knobs_exist(library):
    paths = sorted(presets.SHIPPED.glob("*.json"))
    shipped = [presets.load(path) for path in paths]
    assert library.names() == sorted(preset.name for preset in shipped) and len(shipped) == len(paths)
    for preset in shipped:
        assert preset.blocks and preset.knobs
        for index, parameter in preset.knobs:
            assert preset.blocks[index].effect.parameter(parameter)


def test_the_players_own_lies_over_the_shipped(library):
    name = library.names()[0]
    shipped = library.load(name)
    library.save(boosted(name, 12))
    assert gain_of(library.load(name)) == 12 and library.names().count(name) == 1
    next(library.folder.glob("*.json")).unlink()
    assert library.load(name) == shipped


def test_what_is_saved_is_there_in_the_order_of_the_alphabet(library):
    before = library.names()
    for name in ("Zoo", "Äther", "A/B \\ C:*?", "..", "!!!"):
        library.save(boosted(name, 3))
        assert gain_of(library.load(name)) == 3 and library.load(name).name == name
    assert library.names() == sorted([*before, "Zoo", "Äther", "A/B \\ C:*?", "..", "!!!"])
    assert not list(library.folder.glob(".*"))


def test_files_beside_a_preset_may_move_with_it(library, tmp_path):
    library.save(Preset("Amp", presets.parse_chain(f"nam model='{library.folder}/amps/twin.nam' | ir file=/irs/cab.wav")))
    library.folder.rename(tmp_path / "moved")
    nam, ir = Library(tmp_path / "moved").load("Amp").blocks
    assert nam.options["model"] == str(tmp_path / "moved" / "amps" / "twin.nam") and ir.options["file"] == "/irs/cab.wav"


def test_names_that_make_the_same_file_name_share_no_file(library):
    names = ("A B", "A/B", "A_B", "???", "!!!")
    for gain, name in enumerate(names):
        library.save(boosted(name, gain))
    for gain, name in enumerate(names):
        library.save(boosted(name, -gain))
    assert [gain_of(library.load(name)) for name in names] == [0, -1, -2, -3, -4]
    assert len(list(library.folder.iterdir())) == len(names)


def test_a_preset_is_saved_to_the_file_it_came_from(library):
    """A file the player named himself would otherwise come up again, over what he has saved."""
    library.folder.mkdir()
    path = library.folder / "zz from a friend.json"
    path.write_text(json.dumps(presets.to_document(boosted("Friend", 1))))
    library.save(boosted("Friend", 2))
    assert gain_of(library.load("Friend")) == 2
    assert list(library.folder.iterdir()) == [path]


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff", b'{"name": 5}', b'{"name": "\\ud800"}', b"[" * 100_000])
def test_a_broken_file_is_listed_by_its_file_name_and_reported(library, content):
    library.folder.mkdir()
    path = library.folder / "old.json"
    path.write_bytes(content)
    before = presets.Library(library.folder / "none").names()
    assert library.names() == sorted([*before, "old"])
    with pytest.raises(PresetError) as caught:
        library.load("old")
    assert str(caught.value).startswith(f"{path} ")


def test_a_name_that_is_not_there(library):
    library.save(boosted("Cathedral", 1))
    with pytest.raises(PresetError, match="there is no preset 'Catedral'; did you mean Cathedral?"):
        library.load("Catedral")
    with pytest.raises(PresetError) as caught:
        library.load("xyz")
    assert str(caught.value) == f"there is no preset 'xyz'; there are: {', '.join(library.names())}"
