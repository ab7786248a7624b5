"""The displays: what real luma drivers send, decoded back to the picture."""

import errno
import sys
from types import SimpleNamespace

import pytest
from PIL import Image, ImageDraw

from hw.display import Display, ImageDisplay
from hw.errors import DisplayError
from hw.oled import DRIVERS, I2cBus, Oled, SpiBus

luma = pytest.importorskip("luma.oled.device", reason="luma.oled is not installed")


def picture(seed=0):
    """Nothing symmetric in it, and each corner is lit or dark on its own."""
    image = Image.new("1", Display.size)
    draw = ImageDraw.Draw(image)
    draw.point((0, 0), 1)
    draw.line((3 + seed, 5, 120, 60), 1)
    draw.text((10, 20 + seed), "Überdrive 12.5", 1)
    draw.rectangle((100, 2, 127, 9), 1)
    return image


class Panel:
    """A display's memory, filled by commands and data as the three chips read them.

    Commands used for addressing: 0x21 and 0x22 (column and page range; the ssd1306 and
    ssd1309 then step through it), 0xB0-0xB7, 0x00-0x0F and 0x10-0x1F (page, low and
    high column; the sh1106, whose 132 columns start two before the glass).
    """

    # How many arguments follow a command.
    ARGUMENTS = {0x20: 1, 0x21: 2, 0x22: 2, 0x81: 1, 0x8D: 1, 0xA8: 1, 0xD3: 1, 0xD5: 1,
                 0xD9: 1, 0xDA: 1, 0xDB: 1}

    def __init__(self, driver):
        self.paged = driver == "sh1106"
        self.memory = [[0] * 132 for _ in range(8)]
        self.page = self.column = 0
        self.columns, self.pages = (0, 127), (0, 7)
        self.on, self.contrast = False, None
        self.bytes = 0

    def command(self, values):
        # The sh1106 has no memory modes: 0x20 takes no argument there.
        values = list(values)
        while values:
            code = values.pop(0)
            count = 0 if self.paged and code in (0x20, 0x21, 0x22) else self.ARGUMENTS.get(code, 0)
            arguments, values = values[:count], values[count:]
            assert len(arguments) == count
            self.obey(code, arguments)

    def obey(self, code, arguments):
        if code == 0x21:
            self.columns, self.column = tuple(arguments), arguments[0]
        elif code == 0x22:
            self.pages, self.page = tuple(arguments), arguments[0]
        elif code == 0x81:
            self.contrast = arguments[0]
        elif code in (0xAE, 0xAF):
            self.on = code == 0xAF
        elif self.paged and code & 0xF0 == 0xB0:
            self.page = code & 7
        elif self.paged and code & 0xF0 == 0x10:
            self.column = self.column & 0x0F | (code & 0x0F) << 4
        elif self.paged and code & 0xF0 == 0x00:
            self.column = self.column & 0xF0 | code

    def data(self, values):
        for value in values:
            self.bytes += 1
            self.memory[self.page][self.column] = value
            self.column += 1
            if not self.paged and self.column > self.columns[1]:
                self.column = self.columns[0]
                self.page = self.pages[0] if self.page == self.pages[1] else self.page + 1

    @property
    def image(self):
        image = Image.new("1", (128, 64))
        left = 2 if self.paged else 0
        for x in range(128):
            for y in range(64):
                image.putpixel((x, y), self.memory[y // 8][left + x] >> y % 8 & 1)
        return image


class Wire:
    """Stands between a bus and the panel; a pulled cable is an I/O error."""

    def __init__(self, driver):
        self.panel = Panel(driver)
        self.pulled = None
        self.opened = self.closed = 0

    def check(self):
        if self.pulled:
            raise OSError(self.pulled, "Remote I/O error")


@pytest.fixture
def i2c(monkeypatch):
    """Real luma on a false /dev/i2c: the way it is wired on the box."""
    smbus2 = pytest.importorskip("smbus2", reason="smbus2 is not installed")

    def wired(driver):
        wire = Wire(driver)

        class Bus:
            def __init__(self, port):
                assert port == 1
                wire.opened += 1

            def write_i2c_block_data(self, address, register, values):
                self.take(address, register, values)

            def i2c_rdwr(self, message):
                register, *values = list(message)
                self.take(message.addr, register, values)

            def take(self, address, register, values):
                wire.check()
                assert address == 0x3C
                {0x00: wire.panel.command, 0x40: wire.panel.data}[register](values)

            def close(self):
                wire.closed += 1
                wire.check()

        monkeypatch.setattr(smbus2, "SMBus", Bus)
        return wire

    return wired


@pytest.fixture
def spi(monkeypatch):
    """Real luma on a false spidev, with the data/command line on a false GPIO."""
    def wired(driver):
        wire = Wire(driver)
        wire.levels, wire.speed = {}, None

        class SpiDev:
            def open(self, port, device):
                assert (port, device) == (0, 0)
                wire.opened += 1

            def writebytes(self, values):
                wire.check()
                wire.speed = self.max_speed_hz
                (wire.panel.data if wire.levels[24] else wire.panel.command)(values)

            def close(self):
                wire.closed += 1

        gpio = SimpleNamespace(BCM=11, OUT=0, LOW=0, HIGH=1, setmode=lambda mode: None,
                               setup=lambda pin, direction: None, output=wire.levels.__setitem__,
                               cleanup=lambda pins: wire.levels.clear())
        monkeypatch.setitem(sys.modules, "spidev", SimpleNamespace(SpiDev=SpiDev))
        monkeypatch.setitem(sys.modules, "RPi", SimpleNamespace(GPIO=gpio))
        monkeypatch.setitem(sys.modules, "RPi.GPIO", gpio)
        return wire

    return wired


@pytest.fixture(params=["i2c", "spi"])
def wired(request):
    """(bus, wire) of either kind, for a driver."""
    wired = request.getfixturevalue(request.param)
    bus = I2cBus() if request.param == "i2c" else SpiBus()
    return lambda driver: (bus, wired(driver))


@pytest.mark.parametrize("driver", DRIVERS)
def test_the_display_shows_the_picture_bit_for_bit(wired, driver):
    bus, wire = wired(driver)
    oled = Oled(driver, bus, contrast=99)
    assert wire.panel.on and wire.panel.contrast == 99
    assert wire.panel.image.getbbox() is None, "dark at first"
    for seed in range(3):
        wire.panel.bytes = 0
        oled.show(picture(seed))
        assert wire.panel.image.tobytes() == picture(seed).tobytes()
        assert wire.panel.bytes == 1024
    oled.close()
    assert not wire.panel.on and wire.closed == wire.opened == 1
    oled.close()


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_display_that_is_built_in_upside_down(i2c, driver):
    wire = i2c(driver)
    Oled(driver, rotate=2).show(picture())
    assert wire.panel.image.tobytes() == picture().transpose(Image.Transpose.ROTATE_180).tobytes()


def test_spi_runs_at_the_speed_that_was_asked(spi):
    wire = spi("sh1106")
    Oled("sh1106", SpiBus(speed_hz=4_000_000))
    assert wire.speed == 4_000_000


@pytest.mark.parametrize("error", [errno.EREMOTEIO, errno.EIO, errno.ENXIO, errno.ETIMEDOUT])
def test_a_cable_pulled_in_the_show_and_put_back(i2c, error):
    wire = i2c("ssd1306")
    oled = Oled()
    wire.pulled = error
    with pytest.raises(DisplayError, match="No ssd1306 display answers on I2C bus 1 at address 0x3C"):
        oled.show(picture())
    for _ in range(3):
        with pytest.raises(DisplayError, match="No ssd1306 display answers"):
            oled.reopen()
        assert wire.closed == wire.opened
    with pytest.raises(DisplayError, match="it is closed"):
        oled.show(picture())
    wire.pulled = None
    wire.panel = Panel("ssd1306")    # it has lost its power, and all it knew
    oled.reopen()
    oled.show(picture())
    assert wire.panel.on and wire.panel.image.tobytes() == picture().tobytes()


def test_an_absent_display_leaves_nothing_behind(i2c, monkeypatch):
    """It may be tried every second all night; luma never forgets a device."""
    wire = i2c("ssd1306")
    wire.pulled = errno.EREMOTEIO
    kept = []
    monkeypatch.setattr("atexit.register", lambda *args: kept.append(args))
    for _ in range(5):
        with pytest.raises(DisplayError):
            Oled()
    assert kept == [] and wire.opened == wire.closed == 5


def test_closing_without_the_cable_lets_the_bus_go(i2c):
    wire = i2c("ssd1306")
    oled = Oled()
    wire.pulled = errno.EREMOTEIO
    oled.close()
    assert wire.closed == 1


def test_no_i2c_bus():
    pytest.importorskip("smbus2", reason="smbus2 is not installed")
    with pytest.raises(DisplayError, match="on I2C bus 97 at address 0x3D: .*that the bus is enabled"):
        Oled(bus=I2cBus(port=97, address=0x3D))


@pytest.mark.parametrize("bus, module", [(I2cBus(), "smbus2"), (SpiBus(), "spidev")])
def test_a_missing_module(monkeypatch, spi, bus, module):
    spi("ssd1306")
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(DisplayError, match=f"needs the module {module}, which is not installed: pip"):
        Oled(bus=bus)


def test_spi_without_gpio(monkeypatch):
    monkeypatch.setitem(sys.modules, "RPi", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "RPi.GPIO", None)
    with pytest.raises(DisplayError, match="^GPIO needs the module RPi.GPIO"):
        Oled(bus=SpiBus())


@pytest.mark.parametrize("call, told", [
    (lambda: Oled("ssd1351"), "no display driver 'ssd1351'; there are: ssd1306, ssd1309, sh1106"),
    (lambda: Oled(rotate=1), r"upright \(0\) or upside down \(2\), not 1"),
    (lambda: SpiBus(speed_hz=3_000_000), "4,000,000, 8,000,000, 16,000,000 Hz, not 3,000,000 Hz")])
def test_refuses_what_there_is_not(call, told):
    with pytest.raises(ValueError, match=told):
        call()


@pytest.fixture(params=["image", "oled"])
def display(request):
    if request.param == "image":
        return ImageDisplay()
    request.getfixturevalue("i2c")("ssd1306")
    return Oled()


@pytest.mark.parametrize("image", [Image.new("1", (64, 128)), Image.new("L", (128, 64))])
def test_both_refuse_the_wrong_picture(display, image):
    with pytest.raises(ValueError, match=r"size \(128, 64\) and mode '1', not"):
        display.show(image)


def test_both_do_all_that_a_display_does(display):
    display.show(picture())
    display.reopen()
    display.show(picture())
    display.close()


def test_the_twin_keeps_the_newest_picture():
    display = ImageDisplay()
    assert display.image.getbbox() is None
    image = picture()
    display.show(image)
    image.paste(0, (0, 0, 128, 64))     # drawing goes on in the same image
    assert display.image.tobytes() == picture().tobytes()
    assert display.count == 1 and display.images == []


def test_the_twin_keeps_all_pictures_if_asked():
    times = iter([1.0, 2.5])
    display = ImageDisplay(keep=True, clock=lambda: next(times))
    display.show(picture(0))
    display.show(picture(1))
    assert [time for time, _ in display.images] == [1.0, 2.5]
    assert [image.tobytes() for _, image in display.images] == [
        picture(0).tobytes(), picture(1).tobytes()]
