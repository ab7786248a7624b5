"""Fault: what is wrong, in words, and that the music goes on."""

from firmware.pages.canvas import EDGE, HEADER, WIDTH, Canvas, wrapped
from firmware.pages.font import SMALL, TALL
from firmware.view import View

WORDS_TOP, CALM_TOP = 14, 54
ROOM = WIDTH - 2 * EDGE


def draw(canvas: Canvas, view: View) -> None:
    """The whole page."""
    canvas.box(0, 0, WIDTH, HEADER)
    canvas.icon(EDGE, 1, "warning", ink=0)
    canvas.text(EDGE + 17, 1, 100, "Fault", SMALL, ink=0)
    draw_words(canvas, view.fault)
    canvas.icon(EDGE, CALM_TOP, "note")
    canvas.text(EDGE + 11, CALM_TOP, ROOM - 11, "The sound goes on.", SMALL)


def draw_words(canvas: Canvas, fault: str) -> None:
    """Large when two lines hold them, else small in four."""
    if len(wrapped(fault, TALL, ROOM, 3)) < 3:
        canvas.paragraph(EDGE, WORDS_TOP, ROOM, fault, TALL, 2)
    else:
        canvas.paragraph(EDGE, WORDS_TOP, ROOM, fault, SMALL, 4)
