"""GPIO as the box needs it: switches to ground and LEDs, on a Pi or simulated."""

import time
from abc import ABC, abstractmethod
from contextlib import contextmanager
from typing import Callable

from hw.errors import PinError
from hw.gpio import import_gpio

EdgeCallback = Callable[[int, int, float], None]


class Pins(ABC):
    """Pins by their BCM numbers; each is either watched or an output, and used once.

    clock : gives the seconds that edges are stamped with.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self.clock = clock
        self._used: list[int] = []

    @abstractmethod
    def watch(self, pin: int, callback: EdgeCallback) -> None:
        """Make `pin` an input with pull-up; call `callback(pin, level, time)` at both edges.

        The call may come from any thread and must return at once.
        """

    @abstractmethod
    def read(self, pin: int) -> int:
        """Return the level of a pin in use, 0 or 1."""

    @abstractmethod
    def output(self, pin: int) -> None:
        """Make `pin` an output, low at first."""

    @abstractmethod
    def write(self, pin: int, level: int) -> None:
        """Set an output to 0 or 1."""

    @abstractmethod
    def close(self) -> None:
        """Give the pins back; no edge is reported any more."""

    @contextmanager
    def _claim(self, pin):
        """Count `pin` as used once the body has set it up."""
        if pin in self._used:
            raise PinError(f"GPIO {pin} is used twice: give each control a pin of its own.")
        yield
        self._used.append(pin)


class RPiPins(Pins):
    """The header of a Pi, through RPi.GPIO's API.

    Raises PinError when the module is missing or the chip refuses.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        super().__init__(clock)
        self._gpio = import_gpio()
        # A box that was killed leaves its pins set up; that is no news to anyone.
        self._gpio.setwarnings(False)

    def watch(self, pin, callback):
        gpio, clock = self._gpio, self.clock

        def edge(channel):
            callback(channel, gpio.input(channel), clock())

        with self._claim(pin):
            self._ask("watch", gpio.setup, pin, gpio.IN, pull_up_down=gpio.PUD_UP)
            # No bouncetime: it swallows encoder phases, and the decoders know bounce.
            self._ask("watch", gpio.add_event_detect, pin, gpio.BOTH, callback=edge)

    def read(self, pin):
        return self._ask("read", self._gpio.input, pin)

    def output(self, pin):
        with self._claim(pin):
            self._ask("drive", self._gpio.setup, pin, self._gpio.OUT, initial=self._gpio.LOW)

    def write(self, pin, level):
        self._ask("drive", self._gpio.output, pin, level)

    def close(self):
        # Only our own: without a list, cleanup resets the display's pins too.
        self._gpio.cleanup(self._used)
        self._used = []

    def _ask(self, verb, call, pin, *args, **kwargs):
        try:
            return call(pin, *args, **kwargs)
        except Exception as error:  # RuntimeError, ValueError or lgpio.error, by library
            raise PinError(f"Cannot {verb} GPIO {pin}: {error}. Each pin must be free, and "
                           "one program at a time owns it.") from error


class SimPins(Pins):
    """The twin: inputs float up until they are driven, outputs remember their level."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        super().__init__(clock)
        self._levels: dict[int, int] = {}
        self._callbacks: dict[int, EdgeCallback] = {}

    def watch(self, pin, callback):
        with self._claim(pin):
            self._callbacks[pin] = callback

    def read(self, pin):
        return self._levels.get(pin, 1)

    def output(self, pin):
        with self._claim(pin):
            self._levels[pin] = 0

    def write(self, pin, level):
        self._levels[pin] = int(level)

    def close(self):
        self._callbacks.clear()
        self._used = []

    def drive(self, pin: int, level: int, time: float | None = None) -> None:
        """Put an input at `level`, at `time` seconds (now, if not given); an edge is reported."""
        if level == self.read(pin):
            return
        self._levels[pin] = level
        if pin in self._callbacks:
            self._callbacks[pin](pin, level, self.clock() if time is None else time)
