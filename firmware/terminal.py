"""The simulated panel, played from a terminal: keys for hands, the display drawn in dots.

Sixty-four columns of braille are the display's 128 x 64 pixels, so the whole box fits into 80 x 24.
"""

import os
import re
import select
import sys
import termios
import time
import tty
from contextlib import contextmanager

import numpy as np
from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel as Frame
from rich.text import Text

from dsp import rack
from firmware import exchange as shared
from hw.hand import TAP_S

PATIENCE_S = 0.02
FRAME_S = 0.05
LONG_S = 0.7            # longer than a long press
METER_DB = 60           # from left to right

# (row of keys, what they do): four encoders from left to right.
RIGHT, LEFT, PUSH, PUSH_LONG = "wert", "sdfg", "zxcv", "ZXCV"
FEET, FEET_LONG = "uio", "UIO"
HELP = ("encoders 1-4  turn [b]w e r t[/] right, [b]s d f g[/] left, capitals finely; push [b]z x c v[/], Shift: long",
        "footswitches  [b]u i o[/], Shift: long     emotion  [b]1[/]-[b]9[/] [b]0[/]     end  [b]Ctrl-C[/]")
ESCAPED = re.compile(rb"\x1b(\[[0-9;]*.|O.|.)?", re.DOTALL)     # an arrow key ends in a letter that nobody pressed
DOTS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])    # of a braille cell


class Terminal:
    """Plays a box's simulated pins and shows its display and levels.

    `closed` is true once the player has asked for the end.
    """

    PATIENCE_S = PATIENCE_S

    def __init__(self, box, exchange, fd):
        self._box = box
        self._exchange = exchange
        self._fd = fd
        self._due = 0.0
        self._shown = None
        self._live = Live(console=Console(), screen=True, auto_refresh=False)
        self._live.start()
        self.closed = False

    @classmethod
    @contextmanager
    def prepared(cls, fd):
        """Keys come singly and unseen meanwhile; gives (box, exchange) -> Terminal.

        The terminal is put right again by whoever prepared it, even when the process that used it fell.
        """
        before = termios.tcgetattr(fd)
        own = os.dup(fd)
        tty.setcbreak(own)
        try:
            yield lambda box, exchange: cls(box, exchange, own)
        finally:
            termios.tcsetattr(fd, termios.TCSADRAIN, before)
            sys.stdout.write("\x1b[?1049l\x1b[?25h")
            sys.stdout.flush()

    def tick(self):
        """Take keys, move the hand, draw."""
        now = time.monotonic()
        if select.select([self._fd], [], [], 0)[0]:
            keys = os.read(self._fd, 64)
            self.closed = not keys or b"\x04" in keys
            for key in ESCAPED.sub(b"", keys).decode("latin-1"):
                self._press(key, now)
        self._box.body.hand.move(now)
        if now >= self._due:
            self._due = now + FRAME_S
            self._live.update(self._picture(), refresh=True)

    def close(self):
        """Give the screen back."""
        self._live.stop()

    def _press(self, key, now):
        hand = self._box.body.hand
        lower = key.lower()
        if lower in RIGHT or lower in LEFT:
            encoder, way = (RIGHT.index(lower), 1) if lower in RIGHT else (LEFT.index(lower), -1)
            if key != lower:
                hand.push(encoder, now, TAP_S)
                now += TAP_S / 2
            hand.turn(encoder, way, now)
        elif key in PUSH + PUSH_LONG:
            hand.push((PUSH + PUSH_LONG).index(key) % 4, now, TAP_S if key in PUSH else LONG_S)
        elif key in FEET + FEET_LONG:
            hand.press((FEET + FEET_LONG).index(key) % 3, now, TAP_S if key in FEET else LONG_S)
        elif key.isdecimal():
            position = (int(key) - 1) % 10
            if position < len(self._box.panel.emotions):
                hand.select(position, now)

    def _picture(self):
        display = self._box.body.display
        oled = Text(braille(display.image), style="bright_cyan") if display else Text("no display")
        return Group(Frame(oled, width=68, padding=(0, 1), title="LoopMind Box"), self._emotions(), self._lamps(),
                     self._levels(), *(Text.from_markup(line, style="dim") for line in HELP))

    def _emotions(self):
        panel = self._box.panel
        line = Text(" ")
        for number, name in enumerate(panel.emotions):
            line.append(f"{(number + 1) % 10}", style="dim")
            line.append(name, style="reverse" if name == panel.emotion else "")
            line.append(" ")
        return line

    def _lamps(self):
        line = Text(" ")
        for name in ("learn", "style", "effects"):
            line.append("● " if name in self._box.body.leds.lit else "○ ", style="red")
            line.append(f"{name}   ")
        words = self._exchange.words
        line.append(f"load {100 * words[shared.LOAD]:.0f} %  xruns {words[shared.XRUNS]:.0f}", style="dim")
        return line

    def _levels(self):
        meters = self._exchange.rack.meters
        line = Text()
        for name, place in (("in", rack.PEAK_IN), ("left", rack.PEAK_LEFT), ("right", rack.PEAK_RIGHT)):
            line.append(f" {name} ", style="dim")
            line.append(*meter(meters[place], 16))
        return line


def meter(peak, width):
    """A level as (bar, style), 60 dB from left to right."""
    level_db = 20 * np.log10(max(peak, 1e-6))
    full = int(round(width * min(max(1 + level_db / METER_DB, 0), 1)))
    return "█" * full + "░" * (width - full), "red" if level_db > -1 else "yellow" if level_db > -6 else "green"


def braille(image):
    """A 1-bit picture as lines of braille: each character is 2 x 4 pixels."""
    pixels = np.asarray(image, bool)
    rows, columns = pixels.shape[0] // 4, pixels.shape[1] // 2
    cells = (pixels.reshape(rows, 4, columns, 2) * DOTS[None, :, None, :]).sum(axis=(1, 3))
    return "\n".join("".join(chr(0x2800 + cell) for cell in row) for row in cells)
