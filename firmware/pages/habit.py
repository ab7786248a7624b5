"""One habit: what it is in large words, its value, and where that lies on the knob's travel."""

from firmware.pages.canvas import EDGE, WIDTH, Canvas, unit
from firmware.pages.font import SMALL, TALL
from firmware.view import TravelView, TrendView, View

ROOM = WIDTH - 2 * EDGE
HABIT_TOP, VALUE_TOP, EVIDENCE_TOP = 11, 29, 55
LINE, LEFT = 50, EDGE + 2       # the travel's row, and where it begins
LENGTH = WIDTH - 2 * LEFT


def draw(canvas: Canvas, view: View, habit: TrendView) -> None:
    """The whole page."""
    canvas.header(habit.emotion, f"{view.leaf}/{len(view.leaves) - 1}")
    canvas.phrase(EDGE, HABIT_TOP, ROOM, habit.habit)
    used = canvas.text(EDGE, VALUE_TOP + 7, ROOM // 2, habit.label, SMALL)
    canvas.text(EDGE + used + 5, VALUE_TOP, ROOM - used - 5, habit.text, (TALL, SMALL))
    if habit.travel:
        draw_travel(canvas, habit.travel)
    canvas.text(EDGE, EVIDENCE_TOP, ROOM, habit.evidence, SMALL)


def draw_travel(canvas: Canvas, travel: TravelView) -> None:
    """The knob's travel: a tick at the default, thick where the next setting will lie, a mark where My Style is."""
    low, high, default, value = (LEFT + round(unit(raw) * (LENGTH - 1))
                                 for raw in (travel.low, travel.high, travel.default, travel.value))
    canvas.box(LEFT, LINE, LENGTH, 1)
    canvas.box(low, LINE - 1, high - low + 1, 3)
    canvas.box(default, LINE - 3, 1, 7)
    canvas.box(value - 2, LINE - 3, 5, 7)
    canvas.box(value - 1, LINE - 2, 3, 5, 0)
    canvas.box(value, LINE - 1, 1, 3)
