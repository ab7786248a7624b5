"""My Style: how much of the learnt taste goes into the sound, whose it is, and what it says."""

from firmware.pages.canvas import EDGE, WIDTH, Canvas, unit
from firmware.pages.font import BIG, SMALL
from firmware.view import View

AMOUNT_TOP, STATE_TOP, TREND_TOP = 12, 28, 37
LINES = 3
NOTHING_YET = "Nothing learnt yet. Turn Learn on and play."


def draw(canvas: Canvas, view: View) -> None:
    """The whole page."""
    canvas.header("My Style", view.profile)
    used = canvas.text(EDGE, AMOUNT_TOP, 60, f"{round(100 * unit(view.amount))}%", BIG)
    canvas.bar(EDGE + used + 5, AMOUNT_TOP, WIDTH - 2 * EDGE - used - 5, 14, view.amount, solid=view.applied)
    draw_state(canvas, view)
    draw_trend(canvas, view)


def draw_state(canvas: Canvas, view: View) -> None:
    """Whether the style is in the sound now, and which of the trends is below."""
    if view.applied:
        canvas.icon(EDGE, STATE_TOP, "check")
        canvas.text(EDGE + 11, STATE_TOP, 61, "all the way" if view.in_full else "in the sound", SMALL)
    else:
        canvas.text(EDGE, STATE_TOP, 72, "B: without it" if view.compared else "not applied", SMALL)
    if view.trends:
        canvas.pages(WIDTH - EDGE, STATE_TOP, len(view.trends), view.trend % len(view.trends))


def draw_trend(canvas: Canvas, view: View) -> None:
    """What was learnt, in words."""
    sentence = view.trends[view.trend % len(view.trends)] if view.trends else NOTHING_YET
    canvas.paragraph(EDGE, TREND_TOP, WIDTH - 2 * EDGE, sentence, SMALL, LINES)
