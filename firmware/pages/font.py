"""Four bitmap alphabets made of two drawn ones, and how any Unicode text becomes pixels in them."""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image

from firmware.pages import glyphs

Rows = tuple[str, ...]      # one string a pixel row, "#" lit

LONGEST = 400               # characters looked at: far more than any page holds, so that a stray book costs nothing
SAME_AS = str.maketrans({"–": "-", "—": "-", "−": "-", "’": "'", "‘": "'", "“": '"', "”": '"', "„": '"', "•": "·",
                         "⁄": "/", "→": ">", "←": "<", "♯": "#", "♭": "b",
                         "Æ": "AE", "œ": "oe", "Œ": "OE", "Đ": "D", "ẞ": "SS"})


def read_bands(bands: tuple[str, ...], height: int) -> dict[str, Rows]:
    """The drawings in some bands by name, filled up with dark rows below to a height in pixels."""
    drawings = {}
    for band in bands:
        for name, *rows in zip(*(line.split() for line in band.strip().splitlines()), strict=True):
            drawings[name] = tuple(rows) + ("." * len(rows[0]),) * (height - len(rows))
    return drawings


def to_bitmap(rows: Rows) -> Image.Image:
    """A drawing as a 1-bit image of its size."""
    bitmap = Image.new("1", (len(rows[0]), len(rows)))
    bitmap.putdata([255 * (pixel == "#") for row in rows for pixel in row])
    return bitmap


def over(lower: Rows, upper: Rows) -> Rows:
    """Both drawings, of one size, on top of each other."""
    return tuple("".join("#" if "#" in pair else "." for pair in zip(*rows)) for rows in zip(lower, upper))


def centred(rows: Rows, width: int) -> Rows:
    """A drawing with dark columns left and right to a width."""
    left = (width - len(rows[0])) // 2
    return tuple(("." * left + row).ljust(width, ".") for row in rows)


def doubled(rows: Rows) -> Rows:
    """Twice the size with rounded corners: the Scale2x rule, which fills a step only where an edge turns."""
    height, width = len(rows), len(rows[0])

    def at(y, x):
        return rows[y][x] if 0 <= y < height and 0 <= x < width else "."

    big = []
    for y in range(height):
        upper, lower = [], []
        for x in range(width):
            here, up, down, left, right = at(y, x), at(y - 1, x), at(y + 1, x), at(y, x - 1), at(y, x + 1)
            if up != down and left != right:
                upper += [left if left == up else here, right if right == up else here]
                lower += [left if left == down else here, right if right == down else here]
            else:
                upper += [here] * 2
                lower += [here] * 2
        big += ["".join(upper), "".join(lower)]
    return tuple(big)


def tall(rows: Rows) -> Rows:
    """Twice the height at nearly the same width: strokes get two pixels in both directions."""
    smeared = [over((row + ".",), ("." + row,))[0] for row in rows]
    return tuple(row for row in smeared for _ in range(2))


def as_drawn(rows: Rows) -> Rows:
    """The drawing itself."""
    return rows


LETTERS = read_bands(glyphs.LETTER_BANDS, glyphs.LETTER_ROWS)
WIDE_LETTERS = LETTERS | read_bands(glyphs.WIDE_BANDS, glyphs.LETTER_ROWS)
MARKS = read_bands(glyphs.MARK_BANDS, 2)
LOW_MARKS = read_bands(glyphs.LOW_MARK_BANDS, 2)
TINY_LETTERS = read_bands(glyphs.TINY_BANDS, glyphs.TINY_ROWS)
ICON_DRAWINGS = read_bands(glyphs.ICON_BANDS, glyphs.ICON_ROWS)
ICONS = {name: to_bitmap(rows) for name, rows in ICON_DRAWINGS.items()}
BIG_ICONS = {name: to_bitmap(doubled(rows)) for name, rows in ICON_DRAWINGS.items()}

UNKNOWN = ("####", "#..#", "#..#", "#..#", "#..#", "#..#", "####", "....", "....")
TINY_UNKNOWN = ("###", "#.#", "#.#", "#.#", "###")
INVISIBLE = ("Cc", "Cf", "Cs")      # control, format and half characters
ASCENDERS = "bdfhkltßđł"
ROOM_FOR_MARK = (0, 1, 3, 4, 6)     # the five rows of a capital that tell it apart; the mark takes the other two


def topped(rows: Rows, mark: Rows) -> Rows:
    """A letter with a mark over it; a capital is squeezed to make room."""
    width = max(len(rows[0]), len(mark[0]))
    rows = centred(rows, width)
    body = tuple(rows[row] for row in ROOM_FOR_MARK) if "#" in rows[0] else rows[2:7]
    return centred(mark, width) + body + rows[7:]


def footed(rows: Rows, mark: Rows) -> Rows:
    """A letter with a mark under it."""
    width = max(len(rows[0]), len(mark[0]))
    rows = centred(rows, width)
    return rows[:7] + over(rows[7:], centred(mark, width))


def draw_letter(cluster: str, letters: dict[str, Rows] = LETTERS) -> Rows:
    """A letter with its combining marks, or a hollow box for one we have not drawn."""
    base, marks = cluster[0], cluster[1:]
    if base == "i" and marks and marks[0] in MARKS:
        base = "ı"
    rows = letters.get(base, UNKNOWN)
    for mark in marks:
        rows = topped(rows, MARKS[mark]) if mark in MARKS else footed(rows, LOW_MARKS[mark])
    return rows


def draw_wide(cluster: str) -> Rows:
    """A letter drawn so that bolder strokes do not fill it."""
    return draw_letter(cluster, WIDE_LETTERS)


def takes_mark(cluster: str, mark: str) -> bool:
    """Whether there is a place for a mark: a letter bears one, and none over an ascender."""
    return cluster in LETTERS and (mark in LOW_MARKS or mark in MARKS and cluster not in ASCENDERS)


def draw_tiny(cluster: str) -> Rows:
    """A letter as a small capital without marks."""
    return TINY_LETTERS.get(cluster[0].upper(), TINY_UNKNOWN)


@dataclass(frozen=True)
class Font:
    """One alphabet at one size.

    height : of a line in pixels, descenders included; gap, space : between letters and for a blank, in pixels.
    """

    name: str
    height: int
    gap: int
    space: int

    def glyph(self, cluster: str) -> Image.Image:
        """One letter with its marks as a 1-bit image of the line's height."""
        return _glyph(self.name, cluster)

    def advance(self, cluster: str) -> int:
        """How far one letter moves the pen, the gap after it included."""
        return self.space + self.gap if cluster == " " else self.glyph(cluster).width + self.gap

    def width(self, text: str) -> int:
        """Of a text in pixels."""
        return max(sum(self.advance(cluster) for cluster in clusters(text)) - self.gap, 0)

    def line(self, text: str) -> Image.Image:
        """A text on one line as a 1-bit image, at least one pixel wide."""
        return _line(self, text)


BIG = Font("big", 18, 2, 6)
TALL = Font("tall", 18, 1, 4)
SMALL = Font("small", 9, 1, 3)
TINY = Font("tiny", 5, 1, 2)

SHAPES = {"big": (draw_letter, doubled), "tall": (draw_wide, tall), "small": (draw_letter, as_drawn),
          "tiny": (draw_tiny, as_drawn)}


@lru_cache(maxsize=1024)
def _glyph(name: str, cluster: str) -> Image.Image:
    draw, shape = SHAPES[name]
    return to_bitmap(shape(draw(cluster)))


@lru_cache(maxsize=256)
def _line(font: Font, text: str) -> Image.Image:
    bitmap = Image.new("1", (max(font.width(text), 1), font.height))
    x = 0
    for cluster in clusters(text):
        if cluster != " ":
            bitmap.paste(font.glyph(cluster), (x, 0))
        x += font.advance(cluster)
    return bitmap


@lru_cache(maxsize=256)
def clusters(text: str) -> tuple[str, ...]:
    """A text as letters each followed by its accents; blanks run together, control characters gone."""
    found = []
    for char in unicodedata.normalize("NFKD", text[:LONGEST].translate(SAME_AS)):
        kind = unicodedata.category(char)
        if char.isspace():
            if found and found[-1] != " ":
                found.append(" ")
        elif kind.startswith("M"):
            if found and takes_mark(found[-1], char):
                found[-1] += char
        elif kind not in INVISIBLE:
            found.append(char)
    return tuple(found[:-1] if found and found[-1] == " " else found)
