"""The profile file: readable for any host, and hostile until proven sound."""

import copy
import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiles import document, profile
from profiles.errors import ProfileError
from profiles.ledger import rebuild
from profiles.merge import combine
from profiles.profile import MAX_AGE, Habit, Member, ParameterInfo
from profiles.trainer import Trainer


def taught(plugins=2, parameters=2, emotions=("calm", "dreamy"), sessions=3):
    trainer = Trainer()
    for session in range(sessions):
        for plugin in range(plugins):
            infos = [ParameterInfo(f"q{i}", 0.5, f"Knob {i}", "space") for i in range(parameters)]
            trainer.declare(f"plugin_{plugin}", infos)
            for i in range(parameters):
                for word, emotion in enumerate(emotions):
                    value = (7 * session + 3 * i + 11 * word + plugin) % 60 / 60
                    trainer.record_change(f"plugin_{plugin}", f"q{i}", 0.5, value, emotion, session * 1e5, settled=True)
        trainer.end_session(session * 1e5 + 10)
    return trainer.profile


PROFILE = taught()
TEXT = document.to_json(PROFILE)
OWN = PROFILE.id


def test_round_trip():
    assert document.from_json(TEXT) == PROFILE
    assert document.from_json(TEXT.encode()) == PROFILE
    assert document.to_json(document.from_json(TEXT)) == TEXT


def test_the_readable_part_stands_at_the_top():
    plain = json.loads(TEXT)
    assert (plain["format"], plain["version"]) == ("loopmind-style-profile", 2)
    weight = plain["emotion"]["plugin_0"]["q1"]["calm"]
    trainer = Trainer(PROFILE)
    assert weight == round(trainer.preference_weight("plugin_0", "q1", "calm"), 4)
    assert plain["plugins"]["plugin_0"]["q1"] == round(trainer.preference_weight("plugin_0", "q1"), 4)


def test_a_hundred_parameters_under_eight_emotions_stay_small():
    words = ("calm", "dreamy", "warm", "dark", "powerful", "aggressive", "joyful", "melancholy")
    full = taught(12, 9, words, sessions=20)
    assert len(full.infos) == 108
    assert len(document.to_json(full)) < 170_000
    crowded = taught(12, 9, words, sessions=60)  # every habit has 60 different values
    text = document.to_json(crowded)
    assert len(text) < 300_000 and document.from_json(text) == crowded


def test_another_hosts_weights_load_as_weak_evidence():
    text = '{"plugins": {"reverb": {"mix": 0.2}}, "emotion": {"reverb": {"mix": {"dreamy": 0.3}}}}'
    style = document.from_json(text)
    assert style == document.from_json(text)  # the same again, id and all
    trainer = Trainer(style)
    assert trainer.suggest("reverb", "dreamy") == {}
    trainer.declare("reverb", [ParameterInfo("mix", 0.4)])
    dreamy, calm = (trainer.suggest("reverb", emotion)["mix"] for emotion in ("dreamy", "calm"))
    assert 0.3 < dreamy.confidence < 0.6 and dreamy.count == 0
    assert dreamy.value == pytest.approx(0.7, abs=0.025)
    assert calm.value == pytest.approx(0.6, abs=0.025)  # not named there: the plugin's own weight
    again = document.from_json(document.to_json(trainer.profile))
    assert again == trainer.profile
    for n in range(2):
        trainer.record_change("reverb", "mix", 0.4, 0.1, "dreamy", n * 1e5, settled=True)
        trainer.end_session(n * 1e5 + 1)
    assert trainer.suggest("reverb", "dreamy")["mix"].value < 0.15


def edited(change):
    plain = json.loads(TEXT)
    change(plain)
    return json.dumps(plain)


def member(**changes):
    return lambda plain: plain["members"][OWN].update(changes)


def votes(value):
    return lambda plain: plain["members"][OWN]["votes"]["plugin_0"]["q0"].update(calm=value)


@pytest.mark.parametrize("change, place", [
    (lambda plain: plain.update(version=3), "update the box"),
    (lambda plain: plain.update(version="1"), "version"),
    (lambda plain: plain.update(version=True), "version"),
    (lambda plain: plain.update(format="other"), "format"),
    (lambda plain: plain.update(id="../../etc/passwd"), "id"),
    (lambda plain: plain.update(id="0" * 32), "own id"),
    (lambda plain: plain.update(members=[]), "members"),
    (lambda plain: plain.update(members={}), "own id"),
    (lambda plain: plain.update(parameters=7), "parameters"),
    (lambda plain: plain.update(shares=[]), "shares"),
    (lambda plain: plain.update(shares={"0" * 32: 1}), "members"),
    (lambda plain: plain.update(shares={OWN: 1}), "not the profile's own"),
    (lambda plain: plain.update(shares={OWN: -1}), "shares"), (lambda plain: plain.update(shares={OWN: 0.5}), "shares"),
    (lambda plain: plain.pop("shares"), "shares"),
    (lambda plain: plain["parameters"].update({"": {}}), "plugin"),
    (lambda plain: plain["parameters"].update({"p\ud800": {}}), "plugin"),
    (lambda plain: plain["parameters"].update({"p" * 65: {}}), "plugin"),
    (lambda plain: plain["parameters"].update(p={"q": [1.5, "", ""]}), "default"),
    (lambda plain: plain["parameters"].update(p={"q": [0.5, "", 3]}), "tag"),
    (lambda plain: plain["parameters"].update(p={"q": [0.5]}), "parameters.p.q"),
    (lambda plain: plain["parameters"].update(p={f"q{i}": [0.5, "", ""] for i in range(1001)}), "at most"),
    (lambda plain: plain.update(checksum="sha256:0"), "checksum"),
    (lambda plain: plain["members"].update({f"{i:032x}": plain["members"][OWN] for i in range(256)}), "at most 256"),
    (member(age=-1), "age"), (member(age=MAX_AGE + 1), "age"), (member(age=1.5), "age"),
    (member(sessions=10**7), "sessions"), (member(folded=-1), "folded"), (member(name="a\nb"), "name"),
    (member(votes={"plugin_0": {"unknown": {}}}), "declared"),
    (member(hints={"p": {"q": {"calm": 2}}}), "hints.p.q.calm"),
    (member(hints={"p": {"q": {f"e{i}": 0 for i in range(2001)}}}), "at most"),
    (votes([]), "votes.plugin_0.q0.calm"), (votes([1, 1, 3]), "settings"), (votes({"a": 1}), "settings"),
    (votes([1, 1, 65, 64]), "cell"), (votes([1, 1, -1, 64]), "cell"), (votes([1, 1, 3.0, 64]), "cell"),
    (votes([2, 2, 5, 64, 5, 64]), "ascend"), (votes([2, 2, 5, 64, 4, 64]), "ascend"),
    (votes([1, 1, 3, 10**40]), "weight"), (votes([1, 1, 3, 0]), "weight"),
    (votes([1, 1, 3, 128, 5, 128]), "more votes"), (votes([0, 1, 3, 64]), "settings"),
    (votes([9, 9, 3, 64]), "sessions"), (votes([3, 3] + [64] * 65), "more votes"),
    (votes([1, 1] + [-1] * 65), "weight"),
    (votes([1, 1] + ["64"] * 65), "weight"), (votes([1, 1] + [0] * 64), "weight"), (votes([1, 1] + [0] * 66), "weight"),
])
def test_what_is_wrong_is_named_with_its_place(change, place):
    with pytest.raises(ProfileError, match=r"^stick/a\.json: .*" + place):
        document.from_json(edited(change), "stick/a.json")


@pytest.mark.parametrize("text", [
    "", "null", "[]", "7", "{", '"x"', "[" * 500_000, '{"a":' * 100_000, '{"version": NaN}',
    '{"plugins": {"p": {"q": 1e999}}}', '{"plugins": {"p": {"q": -Infinity}}}', '{"plugins": {}, "plugins": {}}',
    '{"plugins": {"p": {"q": ' + "9" * 5000 + "}}}",
    '{"plugins": {"p": {"q": true}}}', '{"plugins": {"p": {"q": "0.5"}}}', '{"emotion": {"p": {"q": 0.5}}}',
    '{"emotion": {"p": {"q": {"": 0.5}}}}', '{"plugins": [1]}', '{"name": "x"}', b"\xff\xfe{", b"\x00" * 100,
    '{"plugins": {"p": {"q": 1.01}}}', '{"plugins": {}, "name": 5}'])
def test_hostile_texts(text):
    with pytest.raises(ProfileError):
        document.from_json(text)


def test_a_number_without_end_is_named_in_a_players_words():
    with pytest.raises(ProfileError, match="^stick: a number has thousands of digits: not a style profile$"):
        document.from_json('{"version": ' + "9" * 5000 + "}", "stick")


def test_sizes_are_looked_at_before_reading(tmp_path):
    huge = tmp_path / "huge.json"
    with open(huge, "wb") as file:
        file.truncate(2**30)
    with pytest.raises(ProfileError, match="huge.json.*1000000 bytes"):
        document.read(huge)
    pipe = tmp_path / "pipe.json"
    os.mkfifo(pipe)
    with pytest.raises(ProfileError, match="plain file"):
        document.read(pipe)
    with pytest.raises(ProfileError, match="cannot be read"):
        document.read(tmp_path / "missing.json")


def test_a_file_of_the_first_version_stays_readable():
    """Written by the box of 2026-11-22, before profiles could be combined."""
    style = document.read(Path(__file__).parent / "data" / "profile-version-1.json")
    assert (style.name, style.id, style.shares) == ("Gölden Ear", "0123456789abcdef0123456789abcdef", {})
    assert style.own == Member("Gölden Ear", 200010, 3, 18, {
        ("reverb", "mix"): {"dreamy": Habit({39: 256, 41: 256, 64: 260}, 3, 6), "calm": Habit({6: 128}, 1, 1)},
        ("overdrive", "drive_db"): {"aggressive": Habit({57: 130}, 1, 1)}}, {})
    assert style.infos["reverb", "mix"] == ParameterInfo("mix", 0.35, "Mix", "space")
    friend, = (member for id, member in style.members.items() if id != style.id)
    assert (friend.name, friend.sessions, friend.hints) == ("Another host", 0, {("reverb", "mix"): {"": 0.2, "dark": -0.1}})
    assert document.from_json(document.to_json(style)) == style


def test_votes_of_version_1_count_as_they_did():
    def read(numbers):
        plain = {**json.loads(edited(member(votes={"plugin_0": {"q0": {"calm": numbers}}}))), "version": 1}
        return document.from_json(json.dumps(plain)).own.habits["plugin_0", "q0"]["calm"]

    assert profile.counts(read([3, 3, 5, 64, 9, 128]), 0) == {5: 1.0, 9: 2.0}
    assert read([3, 3] + [2] * 65) == profile.Habit({cell: 8 for cell in range(65)}, 3, 3)


@pytest.mark.parametrize("members", [None, [], {"x": 5}, {"x": {"votes": [1]}}, {"x": {"votes": {"p": {"q": {"e": ["a"]}}}}}])
def test_hostile_documents_of_version_1(members):
    plain = {**json.loads(TEXT), "version": 1, "members": members}
    with pytest.raises(ProfileError):
        document.from_json(json.dumps(plain))


def test_a_profile_that_has_outgrown_the_file_is_refused(monkeypatch):
    monkeypatch.setattr(document, "MAX_BYTES", 500)
    with pytest.raises(ProfileError, match="more than 500 bytes"):
        document.to_json(PROFILE)


def places(value, at=()):
    yield at
    if isinstance(value, (dict, list)):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(inner, (*at, key))


PLAIN = json.loads(TEXT)
COMBINED = json.loads(document.to_json(combine([PROFILE, document.from_json('{"plugins": {"plugin_0": {"q0": 0.2}}}')], [2, 1])))
FIRST = json.loads((Path(__file__).parent / "data" / "profile-version-1.json").read_text())
del FIRST["checksum"]
JUNK = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=70), st.just({}), st.just([]),
                 st.just(10**30), st.lists(st.integers(-5, 100), max_size=6),
                 st.dictionaries(st.text(max_size=3), st.integers(), max_size=2))


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_mutated_documents_load_or_are_refused_and_change_nothing(data):
    plain = copy.deepcopy(data.draw(st.sampled_from([PLAIN, COMBINED, FIRST])))
    *way, last = data.draw(st.sampled_from(sorted(list(places(plain))[1:], key=str)))
    parent = plain
    for key in way:
        parent = parent[key]
    if data.draw(st.booleans()):
        parent[last] = data.draw(JUNK)
    else:
        del parent[last]
    trainer = Trainer(PROFILE)
    try:
        trainer.use(document.from_json(json.dumps(plain)))
        trainer.suggest("plugin_0", "calm")
        assert document.from_json(document.to_json(trainer.profile)) == trainer.profile
    except ProfileError:
        assert trainer.profile is PROFILE


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(TEXT) - 1), st.binary(min_size=1, max_size=3))
def test_scribbled_bytes(where, noise):
    content = bytearray(TEXT.encode())
    content[where:where + len(noise)] = noise
    try:
        document.from_json(bytes(content))
    except ProfileError:
        pass


def test_loading_a_bad_file_leaves_the_trainer_as_it_is(tmp_path):
    trainer = Trainer(PROFILE)
    trainer.record_change("plugin_0", "q0", 0.5, 0.9, "calm", 1.0, settled=True)
    bad = tmp_path / "bad.json"
    bad.write_text("{}")
    with pytest.raises(ProfileError, match="bad.json"):
        trainer.load(bad)
    assert trainer.profile is PROFILE
    trainer.end_session(2.0)
    assert trainer.profile.own.sessions == PROFILE.own.sessions + 1


def test_an_empty_profile_round_trips():
    empty = profile.new_profile("Näme 🎸")
    assert document.from_json(document.to_json(empty)) == empty
    assert rebuild([], empty) == empty
