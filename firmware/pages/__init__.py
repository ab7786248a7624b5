"""The OLED's pages: a View in, a picture out; the same View always gives the same picture."""

from PIL import Image

from firmware.pages import edit, fault, learn, play, style, tuner, usb
from firmware.pages.canvas import HEIGHT, WIDTH, Canvas
from firmware.pages.font import TALL
from firmware.view import View

PAGES = {"play": play, "edit": edit, "style": style, "learn": learn, "usb": usb, "tuner": tuner,
         "fault": fault}

MESSAGE_ROWS, MESSAGE_EDGE = 24, 6
LEAST_MESSAGE = 40      # columns: a box round "OK" would look like a key


def render(view: View) -> Image.Image:
    """The page a View asks for, 128x64, mode "1"."""
    canvas = Canvas()
    draw(canvas, view)
    return canvas.image


def draw(canvas: Canvas, view: View) -> None:
    """The page, and the message over it."""
    PAGES[view.page].draw(canvas, view)
    if view.message:
        draw_message(canvas, view.message)


def draw_message(canvas: Canvas, message: str) -> None:
    """A short word in a light box with a dark edge, in the middle of any page."""
    room = min(max(TALL.width(message), LEAST_MESSAGE), WIDTH - 4 * MESSAGE_EDGE)
    width = room + 2 * MESSAGE_EDGE
    left, top = (WIDTH - width) // 2, (HEIGHT - MESSAGE_ROWS) // 2
    canvas.box(left - 3, top - 3, width + 6, MESSAGE_ROWS + 6, 0)
    canvas.box(left, top, width, MESSAGE_ROWS)
    canvas.phrase(left + MESSAGE_EDGE, top + 4, room, message, align=0.5, ink=0)
