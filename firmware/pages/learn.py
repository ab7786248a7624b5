"""Learn: is the box watching, what has it seen in this session, and where the hand goes most."""

from firmware.names import counted
from firmware.pages.canvas import EDGE, WIDTH, Canvas, abbreviated
from firmware.pages.font import BIG, SMALL, TINY
from firmware.view import View

BANNER = 18             # rows of the state, read from standing height
COUNTS_TOP, CHANGE_TOP = 21, 46
LEFT = 58               # columns for the counts
HEAT_LEFT, HEAT_TOP, HEAT_PITCH, HEAT_ROWS = 64, 20, 6, 4
LABEL = 19              # columns: five tiny letters
CELLS_LEFT = HEAT_LEFT + LABEL + 2
NO_CHANGE = "No knob learnt in this session yet."
WIDEST_CELL, NARROWEST_CELL = 6, 3      # the gap included


def draw(canvas: Canvas, view: View) -> None:
    """The whole page."""
    draw_state(canvas, view)
    canvas.text(EDGE, COUNTS_TOP, LEFT, counted(view.adjustments, "change"), SMALL)
    canvas.text(EDGE, COUNTS_TOP + 11, LEFT, counted(view.sessions, "session"), SMALL)
    draw_heat(canvas, view)
    canvas.paragraph(EDGE, CHANGE_TOP, WIDTH - 2 * EDGE, view.last_change or NO_CHANGE, SMALL, 2)


def draw_state(canvas: Canvas, view: View) -> None:
    """ON in light, OFF or frozen in an outline, and whose profile it goes to."""
    if view.learning:
        canvas.box(0, 0, WIDTH, BANNER)
    else:
        canvas.frame(0, 0, WIDTH, BANNER)
    ink = 0 if view.learning else 1
    state = "ON" if view.learning else "FROZEN" if view.frozen else "OFF"
    used = canvas.text(EDGE + 1, 2, WIDTH, state, BIG, ink=ink)
    left = EDGE + used + 8
    canvas.text(left, 1, WIDTH - EDGE - left, "Learn", SMALL, align=1, ink=ink)
    canvas.text(left, 9, WIDTH - EDGE - left, view.profile, SMALL, align=1, ink=ink)


def draw_heat(canvas: Canvas, view: View) -> None:
    """The most-used parameters by emotion: the more changes, the larger the cell; the emotion of now is marked."""
    columns = max((len(cells) for _, cells in view.heat), default=0)
    most = max((count for _, cells in view.heat for count, _ in cells), default=0)
    room = WIDTH - CELLS_LEFT
    pitch = min(max(room // max(columns, 1), NARROWEST_CELL), WIDEST_CELL)
    shown = min(room // pitch, columns)
    for row, (label, cells) in enumerate(view.heat[:HEAT_ROWS]):
        y = HEAT_TOP + row * HEAT_PITCH
        canvas.text(HEAT_LEFT, y, LABEL, abbreviated(label, TINY, LABEL), TINY)
        for column, (count, _) in enumerate(cells[:shown]):
            draw_cell(canvas, CELLS_LEFT + column * pitch, y, pitch - 1, count / max(most, 1))
    if view.emotion in view.emotions[:shown]:
        place = view.emotions.index(view.emotion)
        canvas.box(CELLS_LEFT + place * pitch, HEAT_TOP + HEAT_ROWS * HEAT_PITCH, pitch - 1, 1)


def draw_cell(canvas: Canvas, x: int, y: int, size: int, share: float) -> None:
    """A box whose area grows with the share 0..1; a single pixel marks an empty cell."""
    side = max(round(size * max(share, 0) ** 0.5), 1)
    canvas.box(x + (size - side) // 2, y + (5 - side) // 2, side, side)
