"""My Style Analyzer: words for every knob of the box, in the terminal, and as a page."""

import datetime
import random
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from dsp import effects
from firmware import commands
from firmware.__main__ import main
from firmware.analysis import analyse
from firmware.report.page import page
from firmware.taste import infos
from profiles import document, trends, wording
from profiles.merge import merge
from profiles.profile import ParameterInfo, new_profile
from profiles.store import ProfileStore
from profiles.trainer import Trainer
from profiles.trends import sentence

DAY = 86400.0
DATE = datetime.date(2026, 11, 22)
HOSTILE = "Kim & <script>alert('1')</script> [/bold]"
EMOTIONS = ("calm", "dreamy", "warm", "dark", "powerful", "aggressive", "joyful", "melancholy")
VOID = {"meta", "path", "rect", "circle"}


# What the other words must not be: a low cut turned up takes bass away, more bits are cleaner.
TRICKY = {("reverb", "low_cut_hz"): "leaner", ("ir", "high_cut_hz"): "more open", ("bit_crusher", "bits"): "more bits",
          ("compressor", "attack_ms"): "slower", ("compressor", "sidechain_hz"): "less of the bass",
          ("compressor", "mix"): "less dry", ("gate", "range_db"): "more through", ("overdrive", "tight_hz"): "tighter",
          ("delay", "tempo_bpm"): "faster", ("rotary", "balance"): "more horn", ("cabinet", "mic"): "centre",
          ("volume", "sense_db"): "louder notes", ("auto_wah", "sensitivity_db"): "more sensitive",
          ("eq", "mid_q"): "narrower", ("parametric_eq", "band2_q"): "narrower band 2", ("wah", "position"): "toe",
          ("flanger", "mix"): "plus", ("graphic_eq", "gain_4k_db"): "4 kHz", ("graphic_eq", "gain_62_db"): "62 Hz",
          ("compressor", "knee_db"): "softer", ("fuzz", "silicon"): "silicon", ("rotary", "slow_hz"): "faster when slow",
          ("rotary", "ramp_s"): "longer", ("pitch_shifter", "steps_2"): "voice 2 pitched higher"}


@pytest.mark.parametrize("id", effects.names())
def test_every_knob_of_every_effect_is_told_with_direction_and_unit(id):
    effect = effects.load(id)
    for parameter in effect.parameters:
        default = parameter.to_raw(parameter.default)
        for value in (0.0, 1.0):
            trainer = Trainer()
            trainer.declare(id, [ParameterInfo(parameter.id, default, parameter.label, parameter.tag)])
            for day in range(5):
                trainer.record_change(id, parameter.id, 0.5, value, "dark", day * DAY, settled=True)
            trainer.end_session(9 * DAY)
            told = sentence(trends.trends(trainer.profile)[0], lambda _, __, raw: parameter.format(raw))
            trend, = trends.trends(trainer.profile)
            words = trend.words
            assert wording.noun(id) in told and f"{parameter.label} " in told and parameter.format(trend.value) in told
            if abs(value - default) < 0.01:
                assert "as it is" in told
            elif parameter.taper == "choice" and words == wording.CHOICE:
                assert f"you set the {wording.noun(id)}'s {parameter.label} to " in told
            else:
                assert (words.up if value > default else words.down) in told
                assert words.up and words.down and words.up != words.down and "turned up" not in words.up


@pytest.mark.parametrize("knob", TRICKY, ids=".".join)
def test_the_words_point_the_right_way(knob):
    assert TRICKY[knob] in wording.words(*knob, effects.load(knob[0]).parameter(knob[1]).label).up


def test_only_named_positions_have_no_words():
    for id in effects.names():
        for parameter in effects.load(id).parameters:
            if wording.words(id, parameter.id, parameter.label) == wording.CHOICE:
                assert parameter.taper == "choice", (id, parameter.id)


# --- A box with a player ------------------------------------------------------------------------

@pytest.fixture
def home(tmp_path, swift_disk):
    """~/.loopmind with a player of two months whose taste has moved."""
    folder = tmp_path / ".loopmind"
    (folder / "logs").mkdir(parents=True)
    trainer = Trainer(new_profile("Me"), logs=folder / "logs")
    for id in ("reverb", "delay", "overdrive"):
        trainer.declare(id, infos(effects.load(id)))
    draw = random.Random(5)
    for day in range(20):
        for emotion in EMOTIONS:
            trainer.record_change("reverb", "mix", 0.25, draw.gauss(0.6, 0.02), emotion, day * DAY, settled=True)
        trainer.record_change("overdrive", "drive_db", 0.5, draw.gauss(0.55 if day < 10 else 0.85, 0.02), "aggressive",
                              day * DAY, settled=True)
        trainer.record_change("reverb", "tone_hz", 0.5, draw.gauss(0.2, 0.02), "dark", day * DAY, settled=True)
        trainer.record_change("reverb", "tone_hz", 0.5, draw.gauss(0.9, 0.02), "joyful", day * DAY, settled=True)
        trainer.end_session(day * DAY + 60.0)
    ProfileStore(folder / "profiles").save(trainer.profile)
    return folder


def hostile():
    """A stranger whose every name is an attack."""
    trainer = Trainer(new_profile(HOSTILE))
    trainer.declare("<b>plug</b>", [ParameterInfo("<i>", 0.5, '"><img src=x>', "space"), ParameterInfo("p2", 0.5, "'\"&", "drive")])
    for day in range(6):
        trainer.record_change("<b>plug</b>", "<i>", 0.5, 0.9, "</title><script>", day * DAY, settled=True)
        trainer.record_change("<b>plug</b>", "p2", 0.5, 0.1, "&amp;", day * DAY, settled=True)
    trainer.end_session(9 * DAY)
    return trainer.profile


# --- The terminal -------------------------------------------------------------------------------

def told(capsys, *words):
    assert main(["style", *words]) == 0
    return capsys.readouterr().out


def test_the_terminal_fits_80_columns_and_says_it_without_colour(capsys, home, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    lines = told(capsys).splitlines()
    assert max(map(len, lines)) <= 80 and "\x1b" not in "".join(lines)
    text = "\n".join(lines)
    assert "Me" in lines[0] and "20 sessions · 220 settings · 3 knobs · 8 emotions · 19 days" in text
    assert "In dark parts you run the reverb darker: Tone around" in text
    mix = next(line for line in lines if line.startswith("Reverb Mix "))
    assert mix.count("↑↑ 20") == 8
    tone = next(line for line in lines if line.startswith("Reverb Tone"))
    assert "↓↓ 20" in tone and "↑↑ 20" in tone and tone.count("·") == 6
    assert "Lately you run the overdrive with more drive in aggressive parts" in " ".join(text.split())
    assert "You never touch the reverb's Decay, Low cut, Mod and 2 more." in text


def test_a_number_and_its_unit_stay_on_one_line(capsys, home):
    assert not [line for line in told(capsys).splitlines() if re.match(r"\s+(%|dB|kHz|Hz|s)\b", line)]


def test_a_file_a_name_and_neither(capsys, home, tmp_path):
    Path(tmp_path / "them.json").write_text(document.to_json(hostile()))
    text = told(capsys, str(tmp_path / "them.json"))
    assert "[/bold]" in text and '"><img src=x>' in text
    assert told(capsys, "Me") == told(capsys)
    assert main(["style", "Nobody"]) == 2
    assert "there is no profile and no file 'Nobody'; in the box there are: Me" in capsys.readouterr().err


def test_a_box_without_profiles_is_left_as_it_is(capsys, tmp_path):
    assert main(["style"]) == 2
    assert "has no profile yet" in capsys.readouterr().err and not (tmp_path / ".loopmind").exists()


def test_nothing_learnt_is_said(capsys, tmp_path):
    Path(tmp_path / "new.json").write_text(document.to_json(new_profile("New")))
    assert "Nothing has been learnt yet" in told(capsys, str(tmp_path / "new.json"))
    assert "Nothing has been learnt yet" in page(analyse(new_profile("New")), DATE)


def test_compared_with_other_people(capsys, home, tmp_path):
    trainer = Trainer(new_profile("Kim"))
    for day in range(6):
        trainer.record_change("reverb", "mix", 0.25, 0.1, "dreamy", day * DAY, settled=True)
    trainer.end_session(9 * DAY)
    trainer.save(tmp_path / "kim.json")
    text = " ".join(told(capsys, "--than", str(tmp_path / "kim.json")).split())
    assert "In dreamy parts you run the reverb wetter than others do: Mix " in text


def test_compared_with_the_factory_where_nobody_else_is_known(capsys, home):
    text = " ".join(told(capsys).split())
    assert "Unlike the factory" in text and re.search(r"you run the reverb \w+ than the factory style does: ", text)
    (home / "box.cfg").write_text("[trainer]\nprior = none\n")
    assert "Unlike" not in told(capsys, "--config", str(home / "box.cfg"))


def test_members_are_named(home):
    mine = ProfileStore(home / "profiles").load("Me").profile
    both = analyse(merge(mine, hostile()))
    person, = both.members
    assert person.name == HOSTILE and person.sessions == 6 and HOSTILE in person.habits[0]
    assert analyse(mine).trends == both.trends and "Also in this profile" in page(both, DATE)


# --- Why ----------------------------------------------------------------------------------------

@pytest.mark.parametrize("knob", ["reverb mix", "Mix Reverb", "Reverb  MIX"])
def test_why(capsys, home, knob):
    text = " ".join(told(capsys, "--why", knob, "dreamy").split())
    assert re.match(r"My Style sets the reverb's Mix to 6\d % \(default 25 %\) in dreamy parts, since you set it there 20 "
                    r"times in (1|20) sessions, sure: four in five lie within 5\d % and 6\d %\. "
                    r"The say in it: your settings here \d\d %", text), text


@pytest.mark.parametrize("knob, message", [("mix", "'mix' may be Delay Mix, Reverb Mix: name the effect, too"),
                                           ("reverb mixx", "there is no knob 'reverb mixx'; is it reverb mix"),
                                           ("?", "there is no knob '?' in this profile")])
def test_why_of_what(capsys, home, knob, message):
    assert main(["style", "--why", knob, "dreamy"]) == 2
    err = capsys.readouterr().err
    assert all(part in err for part in message.split("Delay Mix, Reverb Mix"))


# --- The page -----------------------------------------------------------------------------------

class Reader(HTMLParser):
    """Every tag is closed in its order; what is said, and what would be fetched."""

    def __init__(self, text):
        super().__init__()
        self.open, self.said, self.tags, self.fetched = [], [], set(), []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.fetched += [value for name, value in attributes if name in ("src", "href", "data", "action") or name.startswith("on")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, text):
        self.said.append(text)


def test_the_page_is_whole_and_loads_nothing(capsys, home, tmp_path):
    target = tmp_path / "dna.html"
    assert f"{target}" in told(capsys, "--html", str(target)).replace("\n", "")
    text = target.read_text(encoding="utf-8")
    read = Reader(text)
    assert read.fetched == [] and "script" not in read.tags and "url(" not in text and "@import" not in text
    said = " ".join(read.said).replace("\u00a0", " ")
    for words in ("Me", "Portrait", "Habits", "Between moods", "Lately", "Left alone", "How to read this",
                  "In dark parts you run the reverb darker"):
        assert words in said
    assert text.count("<svg") > 20
    assert not re.search(r"\d\d:\d\d", said), "no times of day"


def test_no_name_becomes_markup():
    profile = hostile()
    text = page(analyse(merge(profile, new_profile("<u>other</u>"))), DATE)
    read = Reader(text)
    assert not read.tags & {"script", "img", "i", "u"} and read.fetched == []
    assert HOSTILE in "".join(read.said)


def test_another_hosts_weights_make_a_page():
    profile = document.from_json('{"plugins": {"ValhallaRoom": {"Decay": 0.5}}, "emotion": {"ValhallaRoom": {"Decay": {"dark": -0.3}}}}')
    said = "".join(Reader(page(analyse(profile), DATE)).said)
    said = said.replace("\u00a0", " ")
    assert "In all parts you run the ValhallaRoom with a longer decay" in said and "from a host's weight alone" in said


def test_a_year_of_playing_stays_a_small_page():
    trainer, draw = Trainer(new_profile("Long")), random.Random(1)
    for session in range(12):
        for plugin in range(12):
            for parameter in range(8):
                for emotion in EMOTIONS:
                    trainer.record_change(f"plugin {plugin}", f"p{parameter}", 0.5, draw.random(), emotion, session * DAY, settled=True)
        trainer.end_session(session * DAY + 1.0)
    assert len(page(analyse(trainer.profile), DATE).encode()) < 300_000


@given(st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=200), st.integers(8, 100))
def test_wrapped_lines_fit_and_lose_nothing(sentence, width):
    lines = commands.wrapped(sentence, width).split("\n")     # what stands in a profile has no line ends of its own
    assert all(cell_len(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(sentence.split())
