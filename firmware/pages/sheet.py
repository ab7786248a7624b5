"""A contact sheet: the pages as they were shown, in order, each with its time."""

from PIL import Image

from firmware.pages.canvas import HEIGHT, WIDTH
from firmware.pages.font import SMALL

ROOM = (7, 9, 13)           # near black
GLASS = (1, 3, 6)           # an unlit panel, darker than the room so that its edge shows
LIT = (190, 238, 255)
BEZEL = (38, 46, 58)
CAPTION = (112, 134, 154)
GAP, CAPTION_ROWS = 9, 14   # in OLED pixels, as everything before scaling


def contact_sheet(frames: list[tuple[float, Image.Image]], columns: int = 6, scale: int = 2) -> Image.Image:
    """Pages side by side as an RGB picture.

    frames : (seconds since the start, 128x64 image of mode "1"); columns : at most so many side by side;
    scale : whole factor from an OLED's pixel to the picture's.
    """
    across = max(min(columns, len(frames)), 1)
    down = max(-(-len(frames) // columns), 1)
    cell_width, cell_height = WIDTH + GAP, HEIGHT + CAPTION_ROWS + GAP
    sheet = Image.new("RGB", (GAP + across * cell_width, GAP + down * cell_height), ROOM)
    for place, (seconds, page) in enumerate(frames):
        row, column = divmod(place, columns)
        paste_frame(sheet, GAP + column * cell_width, GAP + row * cell_height, seconds, page)
    return sheet.resize((sheet.width * scale, sheet.height * scale), Image.Resampling.NEAREST)


def paste_frame(sheet: Image.Image, x: int, y: int, seconds: float, page: Image.Image) -> None:
    """One panel in its bezel, the time below."""
    sheet.paste(BEZEL, (x - 2, y - 2, x + WIDTH + 2, y + HEIGHT + 2))
    sheet.paste(GLASS, (x - 1, y - 1, x + WIDTH + 1, y + HEIGHT + 1))
    sheet.paste(LIT, (x, y), page)
    sheet.paste(CAPTION, (x, y + HEIGHT + 5), SMALL.line(clock(seconds)))


def clock(seconds: float) -> str:
    """A time as minutes, seconds and tenths."""
    tenths = round(seconds * 10)
    return f"{tenths // 600}:{tenths // 10 % 60:02d}.{tenths % 10}"
