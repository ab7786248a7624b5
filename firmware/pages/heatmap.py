"""The heatmap: the most used knobs by emotion. Arrows up or down, the larger the more often."""

from firmware.pages.canvas import EDGE, WIDTH, Canvas
from firmware.pages.font import SMALL, TINY
from firmware.view import View

NAMES_TOP, TOP, PITCH, ROWS = 11, 18, 9, 5
LABEL = 52                      # columns for a knob's name
COLUMNS, WIDEST, NARROWEST = 12, 9, 6
STILL = 0.01                    # of a knob's travel: no direction


def draw(canvas: Canvas, view: View) -> None:
    """The whole page."""
    canvas.header("Up and down", view.profile)
    emotions = view.emotions[:COLUMNS]
    left = LABEL + EDGE
    pitch = min(max((WIDTH - left) // max(len(emotions), 1), NARROWEST), WIDEST)
    for column, emotion in enumerate(emotions):
        x = left + column * pitch
        if emotion == view.emotion:
            canvas.box(x, NAMES_TOP - 1, pitch - 1, 7)
        canvas.text(x + 2, NAMES_TOP, pitch - 3, emotion[:1], TINY, ink=int(emotion != view.emotion))
    for row, (label, cells) in enumerate(view.heat[:ROWS]):
        y = TOP + row * PITCH
        canvas.text(EDGE, y, LABEL - 3, short(label), SMALL)
        for column, (count, weight) in enumerate(cells[:len(emotions)]):
            draw_cell(canvas, left + column * pitch, y, pitch - 1, share(view, count), weight)


def short(label: str) -> str:
    """A knob's name with its effect cut to three letters, where both do not fit: "Ove Drive"."""
    effect, _, knob = label.partition(" ")
    return label if SMALL.width(label) <= LABEL - 3 or not knob else f"{effect[:3]} {knob}"


def share(view: View, count: int) -> float:
    """A count as a share of the largest there is."""
    return count / max((count for _, cells in view.heat for count, _ in cells), default=1) if count else 0.0


def draw_cell(canvas: Canvas, x: int, y: int, width: int, share: float, weight: float) -> None:
    """An arrow of two to four rows; a dash where the knob is left as it is, a point where nothing is known."""
    middle = x + (width - 1) // 2
    if not share:
        canvas.box(middle, y + 4, 1, 1)
    elif abs(weight) <= STILL:
        canvas.box(middle - 1, y + 4, 3, 1)
    else:
        rows = min(2 + round(2 * share ** 0.5), (width + 1) // 2)
        top = y + (8 - rows) // 2
        for row in range(rows):
            half = row if weight > 0 else rows - 1 - row
            canvas.box(middle - half, top + row, 2 * half + 1, 1)
