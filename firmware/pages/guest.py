"""Guest: another producer's style beside the player's own, and how much of it is heard."""

from firmware.pages.canvas import EDGE, WIDTH, Canvas, unit
from firmware.pages.font import BIG, SMALL
from firmware.view import View

ROOM = WIDTH - 2 * EDGE
AMOUNT_TOP, NAMES_TOP, WORDS_TOP = 12, 30, 43
NOBODY = "Knob 3 invites another profile to play beside yours."
HOW = "Knob 1 moves between, knob 3 picks the guest."


def draw(canvas: Canvas, view: View) -> None:
    """The whole page."""
    canvas.header("Me x guest", f"{view.leaf}/{len(view.leaves) - 1}")
    if view.guest:
        draw_slider(canvas, view)
    else:
        canvas.text(EDGE, AMOUNT_TOP, ROOM, "no guest", BIG)
    canvas.paragraph(EDGE, WORDS_TOP, ROOM, HOW if view.guest else NOBODY, SMALL, 2)


def draw_slider(canvas: Canvas, view: View) -> None:
    """The guest's share, on the way from the player's name to theirs."""
    used = canvas.text(EDGE, AMOUNT_TOP, 60, f"{round(100 * unit(view.blend))}%", BIG)
    canvas.bar(EDGE + used + 5, AMOUNT_TOP, ROOM - used - 5, 14, view.blend, solid=view.applied)
    canvas.text(EDGE, NAMES_TOP, ROOM // 2 - 2, view.profile, SMALL)
    canvas.text(WIDTH // 2 + 2, NAMES_TOP, ROOM // 2 - 2, view.guest, SMALL, align=1)
