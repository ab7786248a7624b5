"""OLED displays, through luma."""

from contextlib import contextmanager, suppress
from dataclasses import dataclass

from hw.display import Display
from hw.errors import DisplayError, PinError
from hw.gpio import import_gpio

DRIVERS = ("ssd1306", "ssd1309", "sh1106")

# Those that luma takes and displays stand: 4 MHz is the sh1106's rating, 10 MHz the
# ssd1306's, and both are often run faster.
SPI_SPEEDS_HZ = (500_000, 1_000_000, 2_000_000, 4_000_000, 8_000_000, 16_000_000)

_NOP = 0xE3     # the same in all three


@dataclass(frozen=True)
class I2cBus:
    """A display on I2C: /dev/i2c-`port`, at 0x3C or 0x3D.

    The speed is the kernel's: dtparam=i2c_arm_baudrate=400000 makes a picture take
    23 ms instead of 92 ms.
    """

    port: int = 1
    address: int = 0x3C

    def open(self):
        """Return luma's serial interface to it."""
        from luma.core.interface.serial import i2c
        return i2c(port=self.port, address=self.address)

    def __str__(self):
        return f"I2C bus {self.port} at address 0x{self.address:02X}"


@dataclass(frozen=True)
class SpiBus:
    """A display on SPI: /dev/spidev`port`.`device`, with BCM numbers for its other two pins.

    speed_hz : one of SPI_SPEEDS_HZ.
    """

    port: int = 0
    device: int = 0
    speed_hz: int = 8_000_000
    gpio_dc: int = 24
    gpio_reset: int = 25

    def __post_init__(self):
        if self.speed_hz not in SPI_SPEEDS_HZ:
            speeds = ", ".join(f"{speed:,}" for speed in SPI_SPEEDS_HZ)
            raise ValueError(f"A display's SPI speed is one of {speeds} Hz, not {self.speed_hz:,} Hz.")

    def open(self):
        """Return luma's serial interface to it."""
        from luma.core.interface.serial import spi
        import_gpio()
        return spi(port=self.port, device=self.device, bus_speed_hz=self.speed_hz,
                   gpio_DC=self.gpio_dc, gpio_RST=self.gpio_reset)

    def __str__(self):
        return f"SPI bus {self.port}.{self.device}"


class Oled(Display):
    """A real display.

    driver : one of DRIVERS.
    bus : an I2cBus or SpiBus, or anything with `open()` to a luma serial interface.
    rotate : 0, or 2 for a display that is built in upside down.
    contrast : 0 to 255.
    Raises DisplayError when none answers. On SPI displays cannot answer, so that a
    missing one goes unnoticed.
    """

    def __init__(self, driver: str = "ssd1306", bus=I2cBus(), rotate: int = 0, contrast: int = 207):
        if driver not in DRIVERS:
            raise ValueError(f"There is no display driver {driver!r}; there are: {', '.join(DRIVERS)}.")
        if rotate not in (0, 2):
            raise ValueError(f"A display is built in upright (0) or upside down (2), not {rotate}.")
        self._driver = driver
        self._bus = bus
        self._rotate = rotate
        self._contrast = contrast
        self._serial = self._device = None
        self.reopen()

    def reopen(self):
        self.close()
        try:
            self._open()
        except DisplayError:
            self.close()
            raise

    def close(self):
        # A display that is gone cannot be darkened, but its bus must be let go.
        if self._device:
            with suppress(Exception):
                self._device.hide()
        if self._serial:
            with suppress(Exception):
                self._serial.cleanup()
        self._device = self._serial = None

    def _open(self):
        with self._answering():
            import luma.oled.device
            self._serial = self._bus.open()
            # Asked first, since each of luma's devices stays in memory until the
            # program ends: an absent display may be tried every second all night.
            self._serial.command(_NOP)
            self._device = getattr(luma.oled.device, self._driver)(self._serial, rotate=self._rotate)
            self._device.contrast(self._contrast)

    def _draw(self, image):
        with self._answering():
            if not self._device:
                raise ConnectionError("it is closed")
            self._device.display(image)

    @contextmanager
    def _answering(self):
        try:
            yield
        except PinError as error:
            raise DisplayError(str(error)) from error
        except ImportError as error:
            raise DisplayError(f"A display on {self._bus} needs the module {error.name}, which is not "
                               "installed: pip install luma.oled spidev.") from error
        except Exception as error:  # OSError, luma's own, or the GPIO library's
            raise DisplayError(f"No {self._driver} display answers on {self._bus}: {error}. Check its "
                               "cable and address, and that the bus is enabled.") from error
