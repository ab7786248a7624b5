"""The small screen: 128 x 64 pixels, on or off."""

import time
from abc import ABC, abstractmethod
from typing import Callable

from PIL import Image


class Display(ABC):
    """Shows whole pictures."""

    size = (128, 64)
    mode = "1"

    def show(self, image: Image.Image) -> None:
        """Show a PIL image of this size and mode.

        Raises DisplayError when no display answers any more.
        """
        if (image.size, image.mode) != (self.size, self.mode):
            raise ValueError(f"The display shows images of size {self.size} and mode "
                             f"{self.mode!r}, not {image.size} and {image.mode!r}.")
        self._draw(image)

    def reopen(self) -> None:
        """Begin anew with a display that did not answer; raises DisplayError if it still does not."""

    def close(self) -> None:
        """Darken the display and let it go."""

    @abstractmethod
    def _draw(self, image):
        """Show an image that is right."""


class ImageDisplay(Display):
    """The twin: keeps the newest picture, and on request all of them.

    image : the newest, a dark one at first. count : how many were shown.
    images : with `keep`, (time in seconds, image) of each, else empty.
    """

    def __init__(self, keep: bool = False, clock: Callable[[], float] = time.monotonic):
        self.image = Image.new(self.mode, self.size)
        self.count = 0
        self.images: list[tuple[float, Image.Image]] = []
        self._keep = keep
        self._clock = clock

    def _draw(self, image):
        self.image = image.copy()
        self.count += 1
        if self._keep:
            self.images.append((self._clock(), self.image))
