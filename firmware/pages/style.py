"""My Style, in leaves: how much of it goes into the sound; who is the guest; each habit; the heatmap; the last knob's why."""

from firmware.pages import guest, habit, heatmap, why
from firmware.pages.canvas import EDGE, WIDTH, Canvas, unit
from firmware.pages.font import BIG, SMALL
from firmware.view import TrendView, View

AMOUNT_TOP, STATE_TOP, TREND_TOP = 12, 28, 37
LINES = 3
NOTHING_YET = "Nothing learnt yet. Turn Learn on and play."
LEAVES = {"amount": lambda canvas, view: draw_amount(canvas, view), "guest": guest.draw, "heat": heatmap.draw, "why": why.draw}


def draw(canvas: Canvas, view: View) -> None:
    """The leaf that is open."""
    leaf = view.leaves[min(max(view.leaf, 0), len(view.leaves) - 1)]
    if isinstance(leaf, TrendView):
        habit.draw(canvas, view, leaf)
    else:
        LEAVES[leaf](canvas, view)


def draw_amount(canvas: Canvas, view: View) -> None:
    """How much My Style may say, whose it is, and the strongest habit."""
    canvas.header("My Style", view.profile)
    used = canvas.text(EDGE, AMOUNT_TOP, 60, f"{round(100 * unit(view.amount))}%", BIG)
    canvas.bar(EDGE + used + 5, AMOUNT_TOP, WIDTH - 2 * EDGE - used - 5, 14, view.amount, solid=view.applied)
    draw_state(canvas, view)
    canvas.paragraph(EDGE, TREND_TOP, WIDTH - 2 * EDGE, headline(view), SMALL, LINES)


def draw_state(canvas: Canvas, view: View) -> None:
    """Whether the style is in the sound now, and how many leaves there are to turn."""
    if view.applied:
        canvas.icon(EDGE, STATE_TOP, "check")
        canvas.text(EDGE + 11, STATE_TOP, 61, "all the way" if view.in_full else "in the sound", SMALL)
    else:
        canvas.text(EDGE, STATE_TOP, 72, "B: without it" if view.compared else "not applied", SMALL)
    canvas.pages(WIDTH - EDGE, STATE_TOP, len(view.leaves), 0)


def headline(view: View) -> str:
    """The strongest habit in words."""
    if not view.trends:
        return NOTHING_YET
    first = view.trends[0]
    return f"{first.emotion}: {first.habit}, {first.label} {first.text}, {first.evidence}"
