"""Tuner: the note, large enough to read standing, and how far it is off; light all around it where it is right."""

from firmware.pages.canvas import EDGE, HEADER, WIDTH, Canvas
from firmware.pages.font import BIG, SMALL
from firmware.view import NoteView, View

MIDDLE = WIDTH // 2
IN_TUNE = 2.0           # cents: nobody hears less
TICKS, TICK_PITCH = 5, 12           # on either side, 10 cents apart
SCALE_TOP, SCALE_ROWS = 53, 11
NOTE_TOP, NOTE_SIDE = HEADER + 2, 29        # columns on either side of the middle
LARGE = 2 * BIG.height


def draw(canvas: Canvas, view: View) -> None:
    """The whole page."""
    canvas.header("Tuner", "mute")
    draw_scale(canvas)
    if view.tuner is None:
        canvas.text(EDGE, NOTE_TOP + 12, WIDTH - 2 * EDGE, "Play one string", SMALL, align=0.5)
    else:
        draw_note(canvas, view.tuner)


def draw_scale(canvas: Canvas) -> None:
    """Fifty cents to either side, the right place marked."""
    for tick in range(-TICKS, TICKS + 1):
        long = 3 if tick == 0 else 1
        canvas.box(MIDDLE + tick * TICK_PITCH, SCALE_TOP + SCALE_ROWS - 2 - long, 1, 2 + long)
    canvas.box(MIDDLE - 1, SCALE_TOP, 3, 2)


def draw_note(canvas: Canvas, note: NoteView) -> None:
    """Name and octave, which way it is off, and the needle."""
    right = abs(note.cents) <= IN_TUNE
    if right:
        canvas.box(MIDDLE - NOTE_SIDE, NOTE_TOP - 1, 2 * NOTE_SIDE, LARGE + 3)
    name = BIG.line(note.name)
    name = name.resize((2 * name.width, 2 * name.height))
    canvas.picture(MIDDLE - name.width // 2, NOTE_TOP + 2, name, 0 if right else 1)
    canvas.text(MIDDLE + name.width // 2 + 1, NOTE_TOP + 26, 8, str(note.octave), SMALL, ink=0 if right else 1)
    room = MIDDLE - NOTE_SIDE - 2 * EDGE
    canvas.text(EDGE, NOTE_TOP + 14, room, "flat" if note.cents < -IN_TUNE else "", SMALL)
    canvas.text(WIDTH - EDGE - room, NOTE_TOP + 14, room, "sharp" if note.cents > IN_TUNE else "", SMALL, align=1)
    canvas.text(EDGE, NOTE_TOP + 28, room, f"{note.cents:+.0f}", SMALL)
    canvas.text(WIDTH - EDGE - room, NOTE_TOP + 28, room, f"{note.hz:.1f}", SMALL, align=1)
    canvas.box(MIDDLE + round(note.cents * TICK_PITCH / 10) - 1, SCALE_TOP + 3, 3, SCALE_ROWS - 3)
