"""Edit: the three encoders' parameters, each in the column under its encoder."""

from firmware.pages.canvas import WIDTH, Canvas
from firmware.pages.font import SMALL, TALL
from firmware.view import KnobView, View

COLUMNS = 3
PITCH = 43              # columns 42 wide with one between
LABEL_TOP, GAUGE_MIDDLE, VALUE_TOP = 11, 34, 46
UNIT_GAP = 3            # columns between a number and its unit
NUMBER_STARTS = tuple("0123456789+-")


def draw(canvas: Canvas, view: View) -> None:
    """The whole page."""
    canvas.header(view.title, view.emotion)
    for place, knob in enumerate(view.knobs[:COLUMNS]):
        draw_knob(canvas, place * PITCH, PITCH - 1, knob)
    if not view.knobs:
        canvas.text(0, 32, WIDTH, "nothing to turn here", SMALL, align=0.5)


def draw_knob(canvas: Canvas, x: int, width: int, knob: KnobView) -> None:
    """Name, gauge and value; a hand in the gauge when the player has turned it since the emotion changed."""
    canvas.text(x, LABEL_TOP, width, knob.label, SMALL, align=0.5)
    middle = x + width // 2
    canvas.knob(middle, GAUGE_MIDDLE, knob.raw, knob.learnt, knob.guess)
    if knob.hand:
        canvas.icon(middle - 3, GAUGE_MIDDLE - 3, "hand")
    draw_value(canvas, x, width, knob.text)


def draw_value(canvas: Canvas, x: int, width: int, text: str) -> None:
    """A number large with its unit small; words large when they fit."""
    number, _, unit = text.partition(" ")
    needed = TALL.width(number) + UNIT_GAP + SMALL.width(unit)
    if number[:1] in NUMBER_STARTS and unit and needed <= width:
        left = x + (width - needed) // 2
        canvas.text(left, VALUE_TOP, width, number, TALL)
        canvas.text(left + needed - SMALL.width(unit), VALUE_TOP + 7, SMALL.width(unit), unit, SMALL)
    else:
        canvas.text(x, VALUE_TOP, width, text, (TALL, SMALL), align=0.5)
