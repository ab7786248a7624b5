"""Edit: the three encoders' parameters, each in the column under its encoder."""

from firmware.pages.canvas import WIDTH, Canvas
from firmware.pages.font import SMALL, TALL
from firmware.view import KnobView, View

COLUMNS = 3
PITCH = 43              # columns 42 wide with one between
LABEL_TOP, GAUGE_MIDDLE, VALUE_TOP = 11, 34, 46


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
    canvas.knob(middle, GAUGE_MIDDLE, knob.raw, knob.learnt)
    if knob.hand:
        canvas.icon(middle - 3, GAUGE_MIDDLE - 3, "hand")
    canvas.text(x, VALUE_TOP, width, knob.text, (TALL, SMALL), align=0.5)
