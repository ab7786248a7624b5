"""The panel's LEDs."""

from typing import Mapping

from hw.errors import PinError
from hw.pins import Pins


class Leds:
    """LEDs by name, lit when their pin is high; all are dark at first.

    names : {"learn": pin, ...}
    """

    def __init__(self, pins: Pins, names: Mapping[str, int]):
        self._pins = pins
        self._names = dict(names)
        self._lit = dict.fromkeys(names, False)
        for pin in self._names.values():
            pins.output(pin)

    def set(self, name: str, on: bool) -> None:
        """Light the LED `name`, or put it out; the pin is written only on a change."""
        if name not in self._lit:
            raise PinError(f"There is no LED {name!r}; there are: {', '.join(self._lit) or 'none'}.")
        if bool(on) != self._lit[name]:
            self._lit[name] = bool(on)
            self._pins.write(self._names[name], int(on))

    def close(self) -> None:
        """Put all LEDs out."""
        for name in self._lit:
            self.set(name, False)
