"""Fault: what is wrong, in words."""

from firmware.pages.canvas import EDGE, HEADER, HEIGHT, WIDTH, Canvas, wrapped
from firmware.pages.font import SMALL, TALL
from firmware.view import View

WORDS_TOP = 14
ROOM = WIDTH - 2 * EDGE


def draw(canvas: Canvas, view: View) -> None:
    """The whole page."""
    canvas.box(0, 0, WIDTH, HEADER)
    canvas.icon(EDGE, 1, "warning", ink=0)
    canvas.text(EDGE + 17, 1, 100, "Fault", SMALL, ink=0)
    draw_words(canvas, view.fault)


def draw_words(canvas: Canvas, fault: str) -> None:
    """Large when three lines hold them, else small in five."""
    lines = len(wrapped(fault, TALL, ROOM, 4))
    if lines < 4:
        canvas.paragraph(EDGE, min(WORDS_TOP, HEIGHT - lines * TALL.height), ROOM, fault, TALL, 3)
    else:
        canvas.paragraph(EDGE, WORDS_TOP, ROOM, fault, SMALL, 5)
