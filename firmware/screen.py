"""The screen's own thread: the newest view, at most twenty times a second, and only when it changed.

Twenty frames a second is what I2C at 400 kHz carries with room to spare (23 ms a frame), and a display
that is silent when nothing changes cannot be heard in a high-gain input.
"""

import logging
import threading
import time

from firmware import pages
from hw.errors import HwError

FRAME_S = 0.05
RETRY_S = 5.0       # after a display has gone

logger = logging.getLogger(__name__)


class Screen:
    """Shows views on a display that may fail without anyone else noticing.

    display : of the hw room, or None where there is none.
    inline : draw in the caller's thread, for simulations; `clock` then spaces the frames.
    """

    def __init__(self, display, clock=time.monotonic, inline=False):
        self._display = display
        self._clock = clock
        self._view = self._shown = self._picture = None
        self._next = float("-inf")
        self._broken = False
        self._open = True
        self._changed = threading.Condition()
        self._thread = None if inline or display is None else threading.Thread(target=self._run, daemon=True)
        if self._thread:
            self._thread.start()

    def show(self, view):
        """Have a view drawn soon; a newer one replaces it while the display is busy."""
        with self._changed:
            self._view = view
            self._changed.notify()

    def tick(self):
        """Draw what is due, where no thread does it."""
        if self._thread is None and self._display is not None and self._pending() and self._clock() >= self._next:
            self._draw()

    def close(self):
        """Let the display go, dark."""
        with self._changed:
            self._open = False
            self._changed.notify()
        if self._thread:
            self._thread.join(timeout=1.0)
        if self._display is not None:
            self._display.close()

    def _show(self, picture):
        """Views can differ in what their page does not show: the display sees only new pictures."""
        if self._picture is None or picture.tobytes() != self._picture.tobytes():
            self._display.show(picture)
            self._picture = picture

    def _pending(self):
        return self._view != self._shown

    def _run(self):
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._pending() or not self._open)
                self._changed.wait_for(lambda: not self._open, max(0.0, self._next - self._clock()))
                if not self._open:
                    return
            self._draw()

    def _draw(self):
        view = self._view
        try:
            if self._broken:
                self._display.reopen()
                self._picture = None
            self._show(pages.render(view))
        except HwError as error:
            if not self._broken:
                logger.warning("%s The box plays on.", error)
            # What it shows when it comes back is not known: even the same view must be drawn then.
            self._broken, self._shown, self._next = True, None, self._clock() + RETRY_S
            return
        self._broken, self._shown, self._next = False, view, self._clock() + FRAME_S
