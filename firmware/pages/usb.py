"""USB: whether a stick is there, and what can be done with it, the chosen action large in the middle."""

from firmware.pages.canvas import EDGE, WIDTH, Canvas
from firmware.pages.font import SMALL
from firmware.view import View

CHOSEN_TOP, CHOSEN_ROWS = 23, 20
NEIGHBOURS = ((-1, 12), (1, 45), (2, 54))      # place from the chosen one, top row


def draw(canvas: Canvas, view: View) -> None:
    """The whole page."""
    canvas.header("USB", "stick is in" if view.usb.present else "no stick")
    if view.usb.items:
        draw_items(canvas, view.usb.items, min(max(view.usb.cursor, 0), len(view.usb.items) - 1))
    else:
        draw_empty(canvas, view.usb.present)


def draw_items(canvas: Canvas, items: tuple[str, ...], chosen: int) -> None:
    """The chosen action in light, its neighbours above and below."""
    canvas.box(0, CHOSEN_TOP, WIDTH, CHOSEN_ROWS)
    canvas.phrase(EDGE, CHOSEN_TOP + 1, WIDTH - 2 * EDGE, items[chosen], ink=0)
    for step, top in NEIGHBOURS:
        if 0 <= chosen + step < len(items):
            canvas.text(EDGE, top, WIDTH - 2 * EDGE, items[chosen + step], SMALL)


def draw_empty(canvas: Canvas, present: bool) -> None:
    """What to do when there is nothing to choose."""
    canvas.icon((WIDTH - 26) // 2, 17, "stick", big=True)
    canvas.phrase(0, 38, WIDTH, "Nothing to do" if present else "Insert a stick", align=0.5)
