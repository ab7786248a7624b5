"""The OLED pages, compared bit for bit with the pictures in data/pages.

After a wanted change: RENEW_PAGES=1 .venv/bin/python -m pytest tests/test_firmware_pages.py
and look at every picture that git then shows as changed.
"""

import os
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from firmware.pages import PAGES, draw, render
from firmware.pages.canvas import HEIGHT, WIDTH, Canvas, ellipsised, fitted, wrapped
from firmware.pages.font import BIG, SMALL, TALL, TINY
from firmware.pages.sheet import GAP, LIT, clock, contact_sheet
from firmware.view import EffectView, KnobView, NoteView, TravelView, TrendView, UsbView, View, WhyView

GOLDEN = Path(__file__).parent / "data" / "pages"
RENEW = os.environ.get("RENEW_PAGES") == "1"
MARGIN = 64

EMOTIONS = ("calm", "dreamy", "warm", "dark", "powerful", "aggressive", "joyful", "melancholy")
CHAIN = tuple(EffectView(label, label not in ("EQ", "Chorus"))
              for label in ("Gate", "Compressor", "Overdrive", "EQ", "Cabinet", "Chorus", "Delay", "Reverb"))
KNOBS = (KnobView("Mix", "62 %", 0.62, 0.35, True), KnobView("Decay", "2.4 s", 0.4, 0.45),
         KnobView("Feedback", "-12.4 dB", 0.8))
GUESSED = replace(KNOBS[1], learnt=0.8, guess=True)
LONG = "An extraordinarily long name, übergroß, for something that needs none, 日本語"
TRENDS = (TrendView("Dreamy", "reverb wetter", "Mix", "62 %", "11 settings, sure", TravelView(0.62, 0.25, 0.55, 0.7)),
          TrendView("Dark", "tape delay with more repeats", "Repeats", "71 %", "4 settings, fairly sure",
                    TravelView(0.71, 0.45, 0.4, 0.8)),
          TrendView("All", "Pro-Q 3 with Band 1 turned up", "Band 1", "+20 %", "from another host"))
WHY = WhyView("Reverb Mix", "dreamy", "62 %", "11 settings, sure",
              (("own", 0.78), ("elsewhere", 0.12), ("default", 0.1)))


def row(label, counts):
    """A row of the heatmap; a negative count is a knob turned down so often."""
    return label, tuple((abs(count), count / 20) for count in counts)


PLAYING = View(
    preset="Clean Hall", edited=True, emotion="dreamy", emotions=EMOTIONS, effects=CHAIN, focus=7,
    title="Reverb 1/2", knobs=KNOBS, learning=True, amount=0.6, applied=True, profile="Kim", adjustments=12,
    sessions=34, last_change="Reverb Mix 30 > 62 %  dreamy",
    trends=TRENDS, why=WHY,
    heat=(row("Reverb Mix", (0, 9, 2, 1, 0, 0, -1, 3)), row("Overdrive Drive", (0, 0, 1, -2, 8, 12, 1, 0)),
          row("EQ High", (1, 1, 0, -5, 2, 3, 2, -1)), row("Delay Time", (0, 4, 0, 0, 0, 0, 0, 2))),
    usb=UsbView(True, ("Export my style", "Import a style", "Save presets", "Load presets"), 1))

STATES = {
    "play": PLAYING,
    "play-tall": replace(PLAYING, preset="Glass Cathedral", edited=False, emotion="aggressive",
                         learning=False, applied=False),
    "play-long": replace(PLAYING, preset=LONG, emotion=LONG, effects=CHAIN * 3),
    "play-three-effects": replace(PLAYING, preset="Größe", emotion="warm", emotions=EMOTIONS[:4],
                                  effects=CHAIN[:3], focus=1),
    "play-empty": View(),
    "edit": replace(PLAYING, page="edit"),
    "edit-long": replace(PLAYING, page="edit", title=LONG, emotion=LONG,
                         knobs=(KnobView(LONG, LONG, 0.0, 1.0, True), KnobView("Rate", "0.35 Hz", 1.0, 0.0),
                                KnobView("Type", "Plate", 0.5, 0.5))),
    "edit-guess": replace(PLAYING, page="edit", knobs=(KNOBS[0], GUESSED, KNOBS[2])),
    "edit-one-knob": replace(PLAYING, page="edit", title="Cabinet", knobs=KNOBS[1:2]),
    "edit-no-knob": replace(PLAYING, page="edit", title="", knobs=()),
    "tuner": replace(PLAYING, page="tuner", tuner=NoteView("C#", 3, -18.5, 137.1)),
    "tuner-right": replace(PLAYING, page="tuner", tuner=NoteView("E", 2, 1.0, 82.5)),
    "tuner-sharp": replace(PLAYING, page="tuner", tuner=NoteView("G#", 4, 50.0, 427.5)),
    "tuner-silent": replace(PLAYING, page="tuner"),
    "style": replace(PLAYING, page="style"),
    "style-not-applied": replace(PLAYING, page="style", applied=False, amount=1.0, trends=(TrendView(LONG, LONG, LONG, LONG, LONG),) * 12, leaf=0,
                                 profile=LONG),
    "style-nothing-learnt": replace(PLAYING, page="style", applied=False, amount=0.0, trends=()),
    "style-guest": replace(PLAYING, page="style", leaf=1, guests=True, guest="Anna", blend=0.4),
    "style-guest-nobody": replace(PLAYING, page="style", leaf=1, guests=True),
    "style-guest-long": replace(PLAYING, page="style", leaf=1, applied=False, profile=LONG, guest=LONG, blend=1.0),
    "play-guest": replace(PLAYING, guest="Anna", blend=0.4),
    "style-habit": replace(PLAYING, page="style", leaf=1),
    "style-habit-phrase": replace(PLAYING, page="style", leaf=2),
    "style-habit-of-a-stranger": replace(PLAYING, page="style", leaf=3),
    "style-habit-long": replace(PLAYING, page="style", leaf=1, trends=(
        TrendView(LONG, LONG, LONG, LONG, LONG, TravelView(1.0, 0.0, 0.0, 1.0)),) * 9),
    "style-heat": replace(PLAYING, page="style", leaf=4),
    "style-heat-full": replace(PLAYING, page="style", leaf=4, emotion="joyful", heat=tuple(
        row(LONG[n:], [(-1) ** (n + i) * i * n for i in range(8)]) for n in range(1, 9))),
    "style-why": replace(PLAYING, page="style", leaf=5),
    "style-why-nothing-turned": replace(PLAYING, page="style", leaf=5, why=None),
    "style-why-long": replace(PLAYING, page="style", leaf=5, why=WhyView(LONG, LONG, LONG, LONG, ((LONG, 0.5),) * 5)),
    "learn": replace(PLAYING, page="learn"),
    "learn-off": replace(PLAYING, page="learn", learning=False, adjustments=1, heat=(row("Drive", range(12)),) * 9,
                         last_change=LONG, profile=LONG),
    "style-in-full": replace(PLAYING, page="style", in_full=True),
    "style-compared": replace(PLAYING, page="style", applied=False, compared=True),
    "play-frozen": replace(PLAYING, learning=False, frozen=True, in_full=True),
    "play-compared": replace(PLAYING, applied=False, compared=True),
    "learn-frozen": replace(PLAYING, page="learn", learning=False, frozen=True),
    "learn-empty": replace(PLAYING, page="learn", adjustments=0, heat=(), last_change=""),
    "usb": replace(PLAYING, page="usb"),
    "usb-no-stick": replace(PLAYING, page="usb", usb=UsbView()),
    "usb-long": replace(PLAYING, page="usb", usb=UsbView(True, (LONG, LONG, LONG), 2)),
    "fault": replace(PLAYING, page="fault", fault="No audio input"),
    "fault-long": replace(PLAYING, page="fault", fault="The audio device hw:1,0 does not answer; the box plays on "
                                                       "without its input and looks for it again."),
    "message": replace(PLAYING, message="Saved"),
    "message-long": replace(PLAYING, page="edit", message=LONG),
}

texts = st.one_of(st.text(max_size=60),
                  st.sampled_from(("", "calm", "Reverb 1/2", "-12.4 dB", "120 bpm", LONG, "W" * 90)))
shares = st.floats(0, 1)
travels = st.builds(TravelView, shares, shares, shares, shares)
knobs = st.builds(KnobView, texts, texts, shares, st.none() | shares, st.booleans(), st.booleans())
tuples = {size: (lambda of, size=size: st.lists(of, max_size=size).map(tuple)) for size in (3, 6, 12, 24)}
views = st.builds(
    View, page=st.sampled_from(tuple(PAGES)), preset=texts, edited=st.booleans(), emotion=texts,
    emotions=tuples[12](texts), effects=tuples[24](st.builds(EffectView, texts, st.booleans())), focus=st.integers(0, 24), title=texts,
    knobs=tuples[3](knobs), learning=st.booleans(), frozen=st.booleans(), amount=shares, applied=st.booleans(),
    in_full=st.booleans(), compared=st.booleans(), profile=texts, guest=texts, blend=shares, guests=st.booleans(),
    adjustments=st.integers(0, 10**6), sessions=st.integers(0, 10**6), last_change=texts,
    trends=tuples[12](st.builds(TrendView, texts, texts, texts, texts, texts, st.none() | travels)), leaf=st.integers(0, 20),
    why=st.none() | st.builds(WhyView, texts, texts, texts, texts, tuples[6](st.tuples(texts, shares))),
    heat=tuples[6](st.tuples(texts, tuples[12](st.tuples(st.integers(0, 999), st.floats(-1, 1))))),
    usb=st.builds(UsbView, st.booleans(), tuples[6](texts), st.integers(0, 9)), message=texts, fault=texts)


class Recorder(Canvas):
    """A canvas with a margin that remembers the lit box of every line of text and counts its touches."""

    def __init__(self):
        super().__init__(margin=MARGIN)
        self.lines = []
        self.touches = 0

    def write(self, x, y, text, font, ink=1):
        lit = font.line(text).getbbox()
        if lit:
            self.lines.append((text, (x + lit[0], y + lit[1], x + lit[2], y + lit[3])))
        super().write(x, y, text, font, ink)

    def picture(self, *args, **kwargs):
        self.touches += 1
        super().picture(*args, **kwargs)

    def box(self, *args, **kwargs):
        self.touches += 1
        super().box(*args, **kwargs)

    def points(self, *args, **kwargs):
        self.touches += 1
        super().points(*args, **kwargs)


def recorded(view):
    canvas = Recorder()
    draw(canvas, view)
    return canvas


def meet(one, other):
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@pytest.mark.parametrize("name", STATES)
def test_page_is_the_stored_picture(name, tmp_path):
    stored, drawn = GOLDEN / f"{name}.png", render(STATES[name])
    if RENEW:
        drawn.save(stored)
    with Image.open(stored) as image:
        changed = ImageChops.logical_xor(image.convert("1"), drawn).getbbox()
    if changed:
        drawn.save(tmp_path / stored.name)
        pytest.fail(f"page {name!r} differs from {stored} within {changed}; drawn now: {tmp_path / stored.name}; "
                    "when this is wanted, renew it as this file's first lines say")


def test_every_stored_picture_is_compared():
    assert {path.stem for path in GOLDEN.glob("*.png")} == set(STATES)


@given(views)
@settings(max_examples=300, deadline=None)
def test_any_view_is_drawn_inside_the_page(view):
    canvas = recorded(view)
    page = (MARGIN, MARGIN, MARGIN + WIDTH, MARGIN + HEIGHT)
    image = render(view)
    assert (image.mode, image.size) == ("1", (WIDTH, HEIGHT))
    assert canvas.image.crop(page).tobytes() == image.tobytes()
    canvas.image.paste(0, page)
    assert canvas.image.getbbox() is None


@given(views)
@settings(max_examples=300, deadline=None)
def test_no_two_texts_overlap(view):
    canvas = recorded(replace(view, message=""))
    assert [pair for pair in combinations(canvas.lines, 2) if meet(pair[0][1], pair[1][1])] == []


@given(views)
@settings(max_examples=50, deadline=None)
def test_equal_views_give_equal_pictures(view):
    assert render(view).tobytes() == render(replace(view)).tobytes()


@given(shares, shares)
@settings(deadline=None)
def test_a_turned_knob_is_seen(one, other):
    if abs(one - other) > 0.05:
        pages = [render(View(page="edit", knobs=(KnobView("Mix", "", raw),))) for raw in (one, other)]
        assert pages[0].tobytes() != pages[1].tobytes()


@pytest.mark.parametrize("change", [
    {"edited": False}, {"emotion": "dark"}, {"focus": 2}, {"learning": False}, {"applied": False}, {"amount": 0.9},
    {"in_full": True}, {"compared": True}, {"guest": "Kim", "blend": 0.1},
    {"preset": "Clean Halls"}, {"effects": CHAIN[:-1]}, {"effects": CHAIN[:-1] + (EffectView("Reverb", False),)}])
def test_play_shows(change):
    assert render(replace(PLAYING, **change)).tobytes() != render(PLAYING).tobytes()


@pytest.mark.parametrize("change", [
    {"learnt": None}, {"learnt": 0.9}, {"hand": False}, {"text": "63 %"}, {"label": "Wet"}])
def test_edit_shows(change):
    view = STATES["edit"]
    turned = replace(view, knobs=(replace(KNOBS[0], **change),) + KNOBS[1:])
    assert render(turned).tobytes() != render(view).tobytes()


def test_not_a_number_is_drawn_as_nothing():
    nan = float("nan")
    knob = KnobView("Mix", "?", nan, nan)
    for page in PAGES:
        assert render(View(page=page, amount=nan, knobs=(knob,))).size == (WIDTH, HEIGHT)


def test_a_page_is_cheap():
    """The fullest pages stay under 100 touches of the image: each is a short call into Pillow."""
    full = replace(PLAYING, effects=CHAIN * 3, heat=(row("Drive", range(12)),) * 9)
    assert max(recorded(replace(full, page=page)).touches for page in PAGES) < 100


@given(st.text(max_size=80), st.integers(0, 140), st.sampled_from((BIG, TALL, SMALL, TINY)))
@settings(deadline=None)
def test_text_is_made_to_fit(text, width, font):
    assert font.width(ellipsised(text, font, width)) <= width
    lines = wrapped(text, font, width, 3)
    assert len(lines) <= 3
    assert all(font.width(line) <= width for line in lines)


def test_wrapping_keeps_every_word():
    words = "the knob under your foot or hand always wins"
    assert " ".join(wrapped(words, SMALL, 128, 4)) == words


def test_the_largest_fitting_font_is_taken():
    assert fitted("Lead", 128, (BIG, TALL, SMALL)) == (BIG, "Lead")
    assert fitted("Glass Cathedral", 128, (BIG, TALL, SMALL))[0] is TALL
    assert fitted("W" * 40, 128, (BIG, TALL))[1].endswith("...")


def test_letters_of_other_tongues():
    shown = {char: SMALL.line(char).tobytes() for char in "aäáâåoöuüAÄOÖUÜnñcçzž"}
    assert len(set(shown.values())) == len(shown)
    assert SMALL.line("a\u0308").tobytes() == shown["ä"]                 # composed or not
    assert SMALL.line("日").getbbox() and SMALL.line("🎸").getbbox()     # a hollow box rather than nothing
    assert SMALL.width("a\x00\n\u200b b") == SMALL.width("a b")
    assert SMALL.line("ď").tobytes() == SMALL.line("d").tobytes()        # no room over an ascender


def test_every_printable_ascii_character_is_drawn():
    for code in range(33, 127):
        assert SMALL.line(chr(code)).tobytes() != SMALL.line("日").tobytes(), chr(code)


def test_contact_sheet_holds_every_page():
    frames = [(0.0, render(STATES["play"])), (61.26, render(STATES["edit"])), (3600.0, render(STATES["fault"]))]
    sheet = contact_sheet(frames, columns=2, scale=3)
    assert sheet.mode == "RGB"
    first = sheet.crop((3 * GAP, 3 * GAP, 3 * (GAP + WIDTH), 3 * (GAP + HEIGHT)))
    first = first.resize((WIDTH, HEIGHT), Image.Resampling.NEAREST)
    lit = Image.new("1", first.size)
    lit.putdata([255 * (first.getpixel((x, y)) == LIT) for y in range(HEIGHT) for x in range(WIDTH)])
    assert lit.tobytes() == frames[0][1].tobytes()
    assert contact_sheet(frames, columns=2).height > contact_sheet(frames, columns=3).height
    assert contact_sheet([]).width > 0


def test_clock():
    assert [clock(seconds) for seconds in (0, 9.96, 61.26, 3600)] == ["0:00.0", "0:10.0", "1:01.3", "60:00.0"]
