"""The drawing vocabulary of the pages: a 1-bit canvas on which nothing leaves the box it was given.

Lengths and places are in pixels, (0, 0) is top left. Every shape ends as a picture, a filled box or
single points: only these three touch the image, and they give the same pixels with every Pillow version.
"""

from math import atan2, cos, pi, sin

from PIL import Image

from firmware.pages.font import BIG_ICONS, ICONS, SMALL, TALL, Font, clusters

WIDTH, HEIGHT = 128, 64
ELLIPSIS = "..."
HEADER = 10             # rows of the inverse title line
EDGE = 2                # dark columns left and right of words

SWEEP = 1.5 * pi        # a knob turns 270 degrees, open at the bottom
RING = (7.3, 10.4)      # inner and outer radius of the gauge's filled part
THIN_RING = (8.4, 9.4)
TICK = 13               # radius of the mark outside the ring


def unit(value: float) -> float:
    """A number held to 0..1; not-a-number counts as 0."""
    return min(max(0.0, value), 1.0)


def ellipsised(text: str, font: Font, width: int) -> str:
    """The text, or as much of its beginning as fits a width with three dots after it."""
    if font.width(text) <= width:
        return text
    letters = clusters(text)
    room = width - font.width(ELLIPSIS) - font.gap
    used = count = 0
    while count < len(letters) and used + font.advance(letters[count]) - font.gap <= room:
        used += font.advance(letters[count])
        count += 1
    kept = "".join(letters[:count]).rstrip() + ELLIPSIS
    return kept if font.width(kept) <= width else ""


def fitted(text: str, width: int, fonts: tuple[Font, ...]) -> tuple[Font, str]:
    """The first font in which the text fits a width; the last one, with an ellipsis, when none does."""
    for font in fonts:
        if font.width(text) <= width:
            return font, text
    return fonts[-1], ellipsised(text, fonts[-1], width)


def abbreviated(text: str, font: Font, width: int) -> str:
    """As many of the first letters as fit a width, none when fewer than two would."""
    kept = clusters(text)
    while font.width("".join(kept)) > width:
        kept = kept[:-1]
    return "".join(kept) if len(kept) > 1 else ""


def wrapped(text: str, font: Font, width: int, most: int) -> list[str]:
    """The text as at most so many lines of a width, the last with an ellipsis when there is more."""
    words = "".join(clusters(text)).split(" ")
    lines = []
    while words and len(lines) < most:
        if len(lines) == most - 1:
            lines.append(ellipsised(" ".join(words), font, width))
            break
        count = 1
        while count < len(words) and font.width(" ".join(words[:count + 1])) <= width:
            count += 1
        lines.append(ellipsised(" ".join(words[:count]), font, width))
        words = words[count:]
    return lines


def _dial():
    """The gauge's points as (x, y, turn 0..1, whether on the thin ring), seen from its middle."""
    reach = range(-11, 12)
    for y in reach:
        for x in reach:
            radius = (x * x + y * y) ** 0.5
            turn = atan2(x, -y) / SWEEP + 0.5
            if RING[0] <= radius <= RING[1] and 0 <= turn <= 1:
                yield x, y, turn, THIN_RING[0] <= radius <= THIN_RING[1]


DIAL = tuple(_dial())


class Canvas:
    """A page in the making.

    image : what was drawn, mode "1"; margin : dark pixels around the page, for tests that look for overflow.
    """

    def __init__(self, margin: int = 0):
        self.margin = margin
        self.image = Image.new("1", (WIDTH + 2 * margin, HEIGHT + 2 * margin))

    # -- the three that touch the image ----------------------------------------------------------

    def picture(self, x: int, y: int, bitmap: Image.Image, ink: int = 1) -> None:
        """A 1-bit image with its dark pixels left as they are; ink 1 lights, 0 darkens."""
        x, y = x + self.margin, y + self.margin
        self.image.paste(255 * ink, (x, y, x + bitmap.width, y + bitmap.height), bitmap)

    def box(self, x: int, y: int, width: int, height: int, ink: int = 1) -> None:
        """A filled rectangle; nothing when a side is not positive."""
        if width > 0 and height > 0:
            x, y = x + self.margin, y + self.margin
            self.image.paste(255 * ink, (x, y, x + width, y + height))

    def points(self, places, ink: int = 1) -> None:
        """Single pixels."""
        for x, y in places:
            self.image.putpixel((x + self.margin, y + self.margin), 255 * ink)

    # -- text --------------------------------------------------------------------------------------

    def write(self, x: int, y: int, text: str, font: Font, ink: int = 1) -> None:
        """One line of text that is known to fit, its top left corner given."""
        self.picture(x, y, font.line(text), ink)

    def text(self, x: int, y: int, width: int, text: str, fonts=SMALL, align: float = 0.0, ink: int = 1) -> int:
        """One line in a box of a width; returns the width used.

        fonts : one font, or several of which the largest fitting one is taken, all on the baseline of the
        first. align : 0 left, 0.5 centred, 1 right.
        """
        choice = fonts if isinstance(fonts, tuple) else (fonts,)
        font, text = fitted(text, width, choice)
        used = font.width(text)
        if used:
            self.write(x + int((width - used) * align), y + (choice[0].height - font.height) * 7 // 9, text, font, ink)
        return used

    def paragraph(self, x: int, y: int, width: int, text: str, font: Font, most: int, align=0.0, ink=1) -> None:
        """Wrapped words in at most so many lines."""
        for row, line in enumerate(wrapped(text, font, width, most)):
            self.text(x, y + row * font.height, width, line, font, align, ink)

    def phrase(self, x: int, y: int, width: int, text: str, align=0.0, ink=1) -> None:
        """A few words in 18 rows: large on one line, or small on two when they are more."""
        if TALL.width(text) <= width:
            self.text(x, y, width, text, TALL, align, ink)
        else:
            self.paragraph(x, y, width, text, SMALL, 2, align, ink)

    # -- signs -------------------------------------------------------------------------------------

    def icon(self, x: int, y: int, name: str, ink: int = 1, big: bool = False) -> None:
        """One of the drawn signs."""
        self.picture(x, y, (BIG_ICONS if big else ICONS)[name], ink)

    def header(self, title: str, aside: str = "") -> None:
        """The inverse title line: what this page is, and to whom or what it belongs."""
        self.box(0, 0, WIDTH, HEADER)
        used = self.text(EDGE, 1, 84 if aside else WIDTH - 2 * EDGE, title, SMALL, ink=0)
        left = EDGE + used + 6
        self.text(left, 1, WIDTH - EDGE - left, aside, SMALL, align=1, ink=0)

    def frame(self, x: int, y: int, width: int, height: int) -> None:
        """The outline of a rectangle, dark within."""
        self.box(x, y, width, height)
        self.box(x + 1, y + 1, width - 2, height - 2, 0)

    def bar(self, x: int, y: int, width: int, height: int, value: float, solid: bool = True) -> None:
        """A level 0..1 in a frame; one that is not solid is striped: set, but without effect now."""
        self.frame(x, y, width, height)
        level = round(unit(value) * (width - 4))
        if solid:
            self.box(x + 2, y + 2, level, height - 4)
        else:
            for stripe in range(0, level, 3):
                self.box(x + 2 + stripe, y + 2, 1, height - 4)

    def pages(self, right: int, y: int, count: int, current: int) -> int:
        """Which of how many, as dots that end at a column, as figures when there are over 8; returns the width."""
        if count < 2:
            return 0
        if count > 8:
            text = f"{current + 1}/{count}"
            return self.text(right - 40, y, 40, text, SMALL, align=1)
        left = right - 6 * count + 1
        for place in range(count):
            if place == current:
                self.box(left + 6 * place, y + 1, 5, 5)
            else:
                self.box(left + 6 * place + 1, y + 2, 2, 2)
        return right - left

    def knob(self, x: int, y: int, raw: float, learnt: float | None, guess: bool = False) -> None:
        """A ring gauge around (x, y): thick up to where the knob stands, a mark where My Style would put it.

        The mark of a guess is hollow.
        """
        reached = unit(raw)
        self.points((x + right, y + down) for right, down, turn, thin in DIAL if thin or turn <= reached)
        if learnt is not None:
            angle = (unit(learnt) - 0.5) * SWEEP
            across, down = x + round(TICK * sin(angle)), y - round(TICK * cos(angle))
            self.box(across - 1, down - 1, 3, 3)
            if guess:
                self.box(across, down, 1, 1, 0)
