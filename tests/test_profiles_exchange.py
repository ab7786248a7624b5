"""Profiles on a stick: verified, private, and never half there."""

import datetime
import errno
import json
import os

import pytest

from profiles import exchange
from profiles.errors import ProfileError
from profiles.merge import blend, merge
from profiles.profile import ParameterInfo, new_profile
from profiles.store import ProfileStore
from profiles.trainer import Trainer

DAY = datetime.date(2026, 11, 22)


def taught(name="Me", value=0.62, sessions=2, start=0.0, profile=None):
    trainer = Trainer(profile or new_profile(name))
    trainer.declare("reverb", [ParameterInfo("mix", 0.35, "Mix", "space")])
    for n in range(sessions):
        trainer.record_change("reverb", "mix", 0.35, value, "dreamy", start + n * 1e5, settled=True)
        trainer.end_session(start + n * 1e5 + 1)
    return trainer.profile


def test_out_and_in_again(tmp_path):
    profile = taught()
    path = exchange.export(profile, tmp_path)
    assert path.name == "Me.loopmind.json" and exchange.found(tmp_path) == [path]
    back = exchange.import_(path)
    assert back.own.habits == profile.own.habits and back.infos == profile.infos and back.id == profile.id
    store = ProfileStore(tmp_path / "box")
    kept = store.add(back)
    assert store.add(exchange.import_(path)) == kept


def leaves(value):
    """Every number and text in a document, the keys too."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner)
    else:
        yield value


def test_nothing_private_goes_out(tmp_path):
    """Every field is looked at: names, whole numbers of votes and seconds of playing, and one date."""
    now = 1_790_000_000.0
    trainer = Trainer(taught(start=now), logs=tmp_path)
    trainer.record_change("reverb", "mix", 0.35, 0.9, "dreamy", now + 1e6, settled=True)
    trainer.end_session(now + 1e6 + 1.0)
    plain = json.loads(exchange.export(trainer.profile, tmp_path, DAY).read_bytes())
    assert set(plain) == {"format", "version", "id", "name", "plugins", "emotion", "parameters", "members", "shares",
                          "card", "checksum"}
    [member] = plain["members"].values()
    assert set(member) == {"name", "age", "sessions", "folded", "votes", "hints"} and member["folded"] == 0
    texts = {leaf for leaf in leaves({**plain, "card": {}, "checksum": ""}) if isinstance(leaf, str)}
    assert texts == {*plain, *member, plain["id"], "", "loopmind-style-profile", "Me", "reverb", "mix", "dreamy", "Mix", "space"}
    numbers = [leaf for leaf in leaves(plain) if not isinstance(leaf, str)]
    assert max(numbers) == member["age"] < 2e6, "no time of the world's clocks"
    assert plain["card"].pop("trends")[0].startswith("In dreamy parts you run the reverb wetter: Mix around ")
    assert plain["card"] == {"name": "Me", "date": "2026-11-22", "sessions": 3, "settings": 3, "parameters": 1,
                             "emotions": ["dreamy"], "others": [], "led_by": {}}
    for secret in (os.uname().nodename, str(tmp_path), os.environ["HOME"]):
        assert secret not in json.dumps(plain)


def test_a_wrong_clock_gives_no_date():
    assert exchange.card(taught(), datetime.date(1970, 1, 1))["date"] == ""


def test_the_card_of_a_blend_says_whose_habits_they_are():
    card = exchange.card(blend(taught("Me"), taught("Kim", 0.1), 0.25), DAY)
    assert card["name"] == "Kim + Me" and card["led_by"] == {"Me": 0.75, "Kim": 0.25} and card["sessions"] == 4
    assert [sentence.split(":")[0] for sentence in card["trends"]] == [
        "In dreamy parts Me runs the reverb wetter", "In dreamy parts Kim runs the reverb drier"]


def test_a_rich_profile_is_a_small_file(tmp_path):
    """A hundred parameters under eight emotions, two hundred sessions, no two settings alike."""
    trainer = Trainer(new_profile("Rich"))
    words = ("calm", "dreamy", "warm", "dark", "powerful", "aggressive", "joyful", "melancholy")
    for n in range(200):
        for i in range(100):
            trainer.record_change(f"plugin_{i // 10}", f"parameter_{i}", 0.5, (n * 37 + i * 11) % 200 / 200, words[(n + i) % 8],
                                  n * 1e5, settled=True)
        trainer.end_session(n * 1e5 + 1.0)
    profile = trainer.profile
    assert len(profile.infos) == 100 and sum(map(len, profile.own.habits.values())) == 800
    path = exchange.export(profile, tmp_path)
    assert path.stat().st_size < 300_000
    assert exchange.import_(path).own.habits == profile.own.habits


def test_any_change_on_the_way_is_noticed(tmp_path):
    path = exchange.export(taught(), tmp_path)
    whole = path.read_text()
    for old, new in (('"Mix"', '"Max"'), ('"age":', '"age":1'), ('"name":"Me"', '"name":"Moe"')):
        path.write_text(whole.replace(old, new))
        with pytest.raises(ProfileError, match="Me.loopmind.json: the checksum"):
            exchange.import_(path)
    path.write_text(whole[:-20])
    with pytest.raises(ProfileError, match="Me.loopmind.json"):
        exchange.import_(path)
    path.write_text(json.dumps(json.loads(whole), indent=2))  # laid out anew, nothing changed
    assert exchange.import_(path).name == "Me"


def test_only_ones_own_export_is_replaced(tmp_path):
    mine, theirs = taught("Me"), taught("Me")
    first = exchange.export(mine, tmp_path)
    assert exchange.export(theirs, tmp_path).name == "Me 2.loopmind.json"
    assert exchange.export(taught(profile=mine), tmp_path) == first
    assert exchange.import_(first).own.sessions == 4
    assert len(exchange.found(tmp_path)) == 2


@pytest.mark.parametrize("call, number, text", [("os.fsync", errno.ENOSPC, "No space left on device"),
                                                ("os.replace", errno.EROFS, "Read-only file system"),
                                                ("os.fsync", errno.EIO, "Input/output error")])
def test_a_bad_stick_is_a_clear_error_without_a_half_file(tmp_path, monkeypatch, call, number, text):
    def fail(*_):
        raise OSError(number, text)

    monkeypatch.setattr(call, fail)
    with pytest.raises(ProfileError, match=f"Me.loopmind.json: cannot be written: {text}"):
        exchange.export(taught(), tmp_path)
    assert os.listdir(tmp_path) == []


def test_a_stick_that_was_pulled_is_a_clear_error(tmp_path):
    with pytest.raises(ProfileError, match="still there"):
        exchange.export(taught(), tmp_path / "pulled")
    with pytest.raises(ProfileError, match="cannot be read"):
        exchange.found(tmp_path / "pulled")


def test_a_fat_stick_that_cannot_sync_folders_is_fine(tmp_path, monkeypatch):
    fsync = os.fsync

    def fat(descriptor):
        if os.path.isdir(f"/proc/self/fd/{descriptor}"):
            raise OSError(errno.EINVAL, "Invalid argument")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", fat)
    assert exchange.import_(exchange.export(taught(), tmp_path)).name == "Me"


def test_merging_is_a_union_that_keeps_who_learnt_longer():
    me, friend = taught("Me", 0.62), taught("Friend", 0.1)
    older, newer = me, taught(profile=me)
    both = merge(older, friend)
    assert {member.name for member in both.members.values()} == {"Me", "Friend"} and both.name == "Me"
    assert merge(both, friend) == both and merge(both, older) == both and merge(older, older) == older
    assert merge(both, newer).own == newer.own == merge(newer, both).own
    assert merge(friend, me).members == both.members
    third = taught("Third", 0.9)
    assert merge(merge(me, friend), third).members == merge(me, merge(third, friend)).members
