"""Why: where My Style would put the knob that was turned last, and who has how much of a say in it."""

from firmware.pages.canvas import EDGE, HEADER, WIDTH, Canvas, unit
from firmware.pages.font import SMALL
from firmware.view import View, WhyView

ROOM = WIDTH - 2 * EDGE
KNOB_TOP, SAYS_TOP, PITCH, SAYS, EVIDENCE_TOP = 10, 28, 9, 3, 55
WHO, SHARE = 56, 24             # columns
BAR_LEFT = EDGE + WHO + 2
SHORT = {"own": "yours here", "elsewhere": "elsewhere", "same_tag": "like knobs", "neighbours": "like moods",
         "others": "others", "hint": "a hint", "default": "default"}
NO_KNOB = "Turn a knob, and see here why My Style would set it."


def draw(canvas: Canvas, view: View) -> None:
    """The whole page."""
    canvas.header("Why?", view.why.emotion if view.why else "")
    canvas.box(0, HEADER - 1, WIDTH, 1, 0)      # the page is full to the last row: the large words need this one
    if view.why is None:
        canvas.paragraph(EDGE, KNOB_TOP + 8, ROOM, NO_KNOB, SMALL, 3)
    else:
        draw_answer(canvas, view.why)


def draw_answer(canvas: Canvas, why: WhyView) -> None:
    """The knob with its value, a bar for each who had a say, and the evidence."""
    canvas.phrase(EDGE, KNOB_TOP, ROOM, f"{why.knob} {why.text}")
    for row, (who, share) in enumerate(why.says[:SAYS]):
        y = SAYS_TOP + row * PITCH
        canvas.text(EDGE, y, WHO, SHORT.get(who, who), SMALL)
        canvas.box(BAR_LEFT, y + 2, max(round(unit(share) * (WIDTH - EDGE - SHARE - BAR_LEFT)), 1), 5)
        canvas.text(WIDTH - EDGE - SHARE + 2, y, SHARE - 2, f"{100 * unit(share):.0f}%", SMALL, align=1)
    canvas.text(EDGE, EVIDENCE_TOP, ROOM, why.evidence, SMALL)
