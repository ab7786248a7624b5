"""Play: what a guitarist glances down for. Which preset, which emotion, what is on, and is the box learning."""

from firmware.pages.canvas import WIDTH, Canvas, abbreviated
from firmware.pages.font import BIG, SMALL, TALL, TINY
from firmware.view import EffectView, View

EMOTION_TOP, SCALE_TOP, CHAIN_TOP, STATE_TOP = 18, 36, 41, 54
STATE_ROWS = 9
BLOCK = 9               # rows of an effect's block
WIDEST_BLOCK = 31       # columns: four blocks fill the page, with room for seven tiny letters each


def draw(canvas: Canvas, view: View) -> None:
    """The whole page."""
    draw_preset(canvas, view)
    draw_emotion(canvas, view)
    draw_chain(canvas, view)
    draw_state(canvas, view)


def draw_preset(canvas: Canvas, view: View) -> None:
    """The preset's name, and its scene's, as large as it fits, and a star when its knobs are no longer as saved."""
    name = f"{view.preset}: {view.scene}" if view.scene else view.preset
    canvas.text(0, 0, WIDTH - 9 if view.edited else WIDTH, name, (BIG, TALL))
    if view.edited:
        canvas.icon(WIDTH - 7, 3, "edited")


def draw_emotion(canvas: Canvas, view: View) -> None:
    """The emotion's name over the selector's positions, as far along as its own, which is thick."""
    count = len(view.emotions)
    along = view.emotions.index(view.emotion) / max(count - 1, 1) if view.emotion in view.emotions else 0.5
    canvas.text(0, EMOTION_TOP, WIDTH, view.emotion, TALL, align=along)
    for place, emotion in enumerate(view.emotions):
        left, right = place * WIDTH // count, (place + 1) * WIDTH // count - 2
        if emotion == view.emotion:
            canvas.box(left, SCALE_TOP, right - left, 3)
        else:
            canvas.box(left, SCALE_TOP + 1, right - left, 1)


def draw_chain(canvas: Canvas, view: View) -> None:
    """The effects in playing order, as wide as they fit side by side."""
    if not view.effects:
        canvas.text(0, CHAIN_TOP, WIDTH, "no effects", SMALL, align=0.5)
        return
    pitch = min(WIDTH // len(view.effects), WIDEST_BLOCK + 1)
    left = (WIDTH - pitch * len(view.effects) + 1) // 2
    for place, effect in enumerate(view.effects):
        draw_effect(canvas, left + place * pitch, pitch - 1, effect, place == view.focus)


def draw_effect(canvas: Canvas, x: int, width: int, effect: EffectView, focused: bool) -> None:
    """One block: filled when on, an outline when off, underlined when the knobs belong to it."""
    if effect.on:
        canvas.box(x, CHAIN_TOP, width, BLOCK)
    else:
        canvas.frame(x, CHAIN_TOP, width, BLOCK)
    name = abbreviated(effect.label, TINY, width - 3)
    canvas.text(x + 1, CHAIN_TOP + 2, width - 2, name, TINY, align=0.5, ink=0 if effect.on else 1)
    if focused:
        canvas.box(x, CHAIN_TOP + BLOCK + 1, width, 2)


def draw_state(canvas: Canvas, view: View) -> None:
    """Learning on the left, My Style on the right: striped when it is set but not in the sound."""
    if view.learning:
        canvas.box(0, STATE_TOP, 47, STATE_ROWS)
        canvas.icon(3, STATE_TOP + 2, "dot", ink=0)
        canvas.text(11, STATE_TOP + 1, 34, "LEARN", SMALL, ink=0)
    else:
        canvas.text(0, STATE_TOP + 1, 47, "frozen" if view.frozen else "learn off", SMALL)
    guest = abbreviated(f"x {view.guest}", SMALL, 28) if view.guest and view.blend > 0 else "style"
    canvas.text(62, STATE_TOP + 1, 30, "A/B" if view.compared else "FULL" if view.in_full else guest, SMALL)
    canvas.bar(92, STATE_TOP, 36, STATE_ROWS, 1.0 if view.in_full else view.amount, solid=view.applied)
