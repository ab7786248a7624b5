"""Draws docs/pictures/panel.png: the box's face, its display drawn by the box's own code.

    .venv/bin/python docs/pictures/draw.py
"""

import math
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from firmware import pages
from firmware.pages.sheet import GLASS, LIT
from firmware.view import EffectView, View

FINE = 3                # drawn three times as large, then reduced
WIDTH, HEIGHT = 1200, 620
CASE, EDGE, METAL, DARK, TEXT, RED, OFF = "#22303c", "#16202a", "#c9d1d6", "#0f161c", "#d7e0e6", "#ff5a47", "#4d2a2a"
EMOTIONS = ("calm", "dreamy", "warm", "dark", "powerful", "aggressive", "joyful", "melancholy")
CHAIN = ("Gate", "Compressor", "Overdrive", "EQ", "Cabinet", "Delay", "Reverb")


class Sheet:
    """A picture in plain pixels, drawn fine."""

    def __init__(self):
        self.image = Image.new("RGB", (WIDTH * FINE, HEIGHT * FINE), "white")
        self._draw = ImageDraw.Draw(self.image)

    def box(self, x, y, width, height, radius, fill):
        self._draw.rounded_rectangle([v * FINE for v in (x, y, x + width, y + height)], radius * FINE, fill)

    def disc(self, x, y, radius, fill):
        self._draw.ellipse([v * FINE for v in (x - radius, y - radius, x + radius, y + radius)], fill)

    def line(self, x, y, to_x, to_y, width, fill):
        self._draw.line([v * FINE for v in (x, y, to_x, to_y)], fill, width * FINE)

    def text(self, x, y, text, size, fill=TEXT, anchor="mm"):
        self._draw.text((x * FINE, y * FINE), text, fill, ImageFont.load_default(size * FINE), anchor)

    def paste(self, x, y, picture):
        self.image.paste(picture, (x * FINE, y * FINE))


def knob(sheet, x, y, label):
    sheet.disc(x, y + 3, 44, EDGE)
    sheet.disc(x, y, 42, DARK)
    sheet.disc(x, y, 34, METAL)
    sheet.line(x, y - 12, x, y - 31, 5, DARK)
    sheet.text(x, y + 62, label, 17)


def selector(sheet, x, y, chosen):
    for number, name in enumerate(EMOTIONS):
        angle = math.radians(-215 + 250 * number / (len(EMOTIONS) - 1))
        across, down = math.cos(angle), math.sin(angle)
        on = name == chosen
        sheet.disc(x + 60 * across, y + 60 * down, 5, RED if on else METAL)
        anchor = "mm" if abs(across) < 0.3 else "lm" if across > 0 else "rm"
        sheet.text(x + 74 * across, y + 76 * down, name, 16, TEXT if on else "#93a3ae", anchor)
        if on:
            pointer = across, down
    sheet.disc(x, y + 3, 44, EDGE)
    sheet.disc(x, y, 42, DARK)
    sheet.line(x, y, x + 38 * pointer[0], y + 38 * pointer[1], 7, METAL)


def footswitch(sheet, x, y, label, lamp, lit):
    sheet.disc(x, y, 40, EDGE)
    sheet.disc(x, y, 35, METAL)
    sheet.disc(x, y, 26, "#e8edf0")
    sheet.disc(x, y - 68, 8, RED if lit else OFF)
    sheet.text(x, y - 92, lamp, 15, "#93a3ae")
    sheet.text(x, y + 62, label, 17)


def display(sheet, x, y, view):
    page = pages.render(view)
    lit = Image.new("RGB", page.size, GLASS)
    lit.paste(LIT, (0, 0), page)
    sheet.box(x - 14, y - 14, 3 * 128 + 28, 3 * 64 + 28, 10, DARK)
    sheet.paste(x, y, lit.resize((128 * 3 * FINE, 64 * 3 * FINE), Image.Resampling.NEAREST))


def main():
    sheet = Sheet()
    sheet.box(10, 16, WIDTH - 20, HEIGHT - 26, 34, EDGE)
    sheet.box(10, 10, WIDTH - 20, HEIGHT - 26, 34, CASE)
    view = View(preset="Clean Room", edited=True, emotion="dreamy", emotions=EMOTIONS, focus=6, learning=True,
                amount=0.8, applied=True, effects=tuple(EffectView(name) for name in CHAIN))
    display(sheet, 70, 66, view)
    sheet.text(262, 330, "LoopMind Box", 28)
    selector(sheet, 900, 175, "dreamy")
    for x, label in zip((110, 235, 360, 485), ("navigate", "knob 1", "knob 2", "knob 3")):
        knob(sheet, x, 470, label)
    for x, words in zip((680, 875, 1070), (("bypass", "effects", True), ("my style / learn", "learning", True),
                                           ("preset / save", "my style", True))):
        footswitch(sheet, x, 470, *words)
    sheet.image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS).save(Path(__file__).with_name("panel.png"))


if __name__ == "__main__":
    main()
