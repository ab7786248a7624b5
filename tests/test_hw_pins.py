"""Pins: the twin, and RPiPins on the real rpi-lgpio over a chip made of dictionaries."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from hw.errors import HwError, PinError
from hw.leds import Leds
from hw.pins import RPiPins, SimPins


class Chip:
    """The functions of lgpio that rpi-lgpio calls, on one simulated gpiochip."""

    INPUT, OUTPUT, ALERT, PULL_UP = 0x100, 0x200, 0x400, 0x20

    def __init__(self, lgpio, monkeypatch):
        self.lgpio = lgpio
        self.modes, self.levels, self.callbacks = {}, {}, []
        self.busy, self.debounced, self.freed = set(), [], []
        for name in ("gpiochip_open", "gpio_get_mode", "gpio_claim_input", "gpio_claim_output",
                     "gpio_claim_alert", "gpio_free", "gpio_read", "gpio_write", "callback",
                     "gpio_set_debounce_micros"):
            monkeypatch.setattr(lgpio, name, getattr(self, name))

    def gpiochip_open(self, number):
        return 0

    def gpio_get_mode(self, chip, pin):
        return self.modes.get(pin, 0)

    def gpio_claim_input(self, chip, pin, flags=0):
        if pin in self.busy:
            raise self.lgpio.error("GPIO busy")
        self.modes[pin] = self.INPUT | (self.PULL_UP if flags & self.lgpio.SET_PULL_UP else 0)
        return 0

    def gpio_claim_alert(self, chip, pin, edges, flags=0):
        # rpi-lgpio hands the pull over as the mode's bits, which lgpio takes as they are.
        self.modes[pin] = self.ALERT | flags | edges << 17
        return 0

    def gpio_claim_output(self, chip, pin, level=0, flags=0):
        self.modes[pin], self.levels[pin] = self.OUTPUT, int(level)
        return 0

    def gpio_free(self, chip, pin):
        self.modes.pop(pin, None)
        self.freed.append(pin)
        return 0

    def gpio_read(self, chip, pin):
        return self.levels.get(pin, 1 if self.modes[pin] & self.PULL_UP else 0)

    def gpio_write(self, chip, pin, level):
        self.levels[pin] = int(level)
        return 0

    def gpio_set_debounce_micros(self, chip, pin, micros):
        self.debounced.append(pin)
        return 0

    def callback(self, chip, pin, edge=None, func=None):
        entry = (pin, func)
        self.callbacks.append(entry)
        return SimpleNamespace(cancel=lambda: self.callbacks.remove(entry))

    def drive(self, pin, level):
        self.levels[pin] = level
        for watched, call in list(self.callbacks):
            if watched == pin:
                call(0, pin, level, 0)


@pytest.fixture
def chip(monkeypatch, tmp_path):
    """The real rpi-lgpio, freshly imported as on a Pi 4, on a simulated chip."""
    monkeypatch.chdir(tmp_path)
    lgpio = pytest.importorskip("lgpio", reason="rpi-lgpio is not installed")
    monkeypatch.setenv("RPI_LGPIO_REVISION", "c03115")
    for name in ("RPi", "RPi.GPIO"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return Chip(lgpio, monkeypatch)


def with_gpio(monkeypatch, module):
    monkeypatch.setitem(sys.modules, "RPi", SimpleNamespace(GPIO=module))
    monkeypatch.setitem(sys.modules, "RPi.GPIO", module)


def test_watching_reports_both_edges_with_level_and_time(chip):
    edges, times = [], iter([1.5, 2.5])
    pins = RPiPins(clock=lambda: next(times))
    pins.watch(17, lambda *edge: edges.append(edge))
    assert pins.read(17) == 1, "pulled up"
    chip.drive(17, 0)
    chip.drive(17, 1)
    assert edges == [(17, 0, 1.5), (17, 1, 2.5)]
    assert chip.modes[17] == chip.ALERT | chip.PULL_UP | chip.lgpio.BOTH_EDGES << 17
    assert not chip.debounced, "debouncing in the chip swallows encoder phases"


def test_outputs_start_low_and_follow(chip):
    pins = RPiPins()
    pins.output(22)
    assert (chip.modes[22], chip.levels[22]) == (chip.OUTPUT, 0)
    pins.write(22, 1)
    assert chip.levels[22] == 1 and pins.read(22) == 1


def test_close_gives_back_its_own_pins_only(chip):
    pins = RPiPins()
    edges = []
    pins.watch(17, lambda *edge: edges.append(edge))
    pins.output(22)
    chip.modes[24] = chip.OUTPUT    # the display's
    chip.freed.clear()
    pins.close()
    pins.close()
    assert sorted(chip.freed) == [17, 22] and chip.modes == {24: chip.OUTPUT}
    chip.drive(17, 0)
    assert edges == [] and chip.callbacks == []
    pins.watch(17, lambda *edge: None)


def test_a_pin_that_another_program_owns(chip):
    chip.busy.add(17)
    pins = RPiPins()
    with pytest.raises(PinError, match="Cannot watch GPIO 17: 'GPIO busy'.*one program at a time"):
        pins.watch(17, print)
    chip.freed.clear()
    pins.close()
    assert chip.freed == [], "what was never ours is not given back"


def test_the_import_leaves_no_pipe_behind(tmp_path):
    """In a process of its own: lgpio opens its pipe once, where it was first imported."""
    pytest.importorskip("lgpio", reason="rpi-lgpio is not installed")
    script = "import os; from hw.pins import RPiPins\ntry: RPiPins()\nexcept OSError as e: print(e)"
    script += "\nprint(os.getcwd())"
    root = str(Path(__file__).parents[1])
    environment = {**os.environ, "RPI_LGPIO_REVISION": "c03115", "RPI_LGPIO_CHIP": "250",
                   "PYTHONPATH": root}
    told = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env=environment,
                          capture_output=True, text=True, check=True).stdout.splitlines()
    assert told[0].startswith("GPIO cannot be used here: 'can not open gpiochip'. It takes")
    assert told[1] == str(tmp_path) and list(tmp_path.iterdir()) == []


def test_no_module(monkeypatch):
    with_gpio(monkeypatch, None)
    with pytest.raises(PinError, match="pip install rpi-lgpio"):
        RPiPins()


def test_not_a_pi_that_it_knows(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    pytest.importorskip("lgpio", reason="rpi-lgpio is not installed")
    for name in ("RPi", "RPi.GPIO"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setenv("RPI_LGPIO_REVISION", "0002")
    with pytest.raises(PinError, match="old-style revision codes. It takes .* rpi-lgpio") as caught:
        RPiPins()
    assert isinstance(caught.value, HwError)


def test_the_old_module_on_a_new_kernel(monkeypatch):
    """RPi.GPIO's own edge detection fails from kernel 6.6 on."""
    def refuse(*args, **kwargs):
        raise RuntimeError("Failed to add edge detection")

    with_gpio(monkeypatch, SimpleNamespace(
        BCM=11, IN=1, PUD_UP=22, BOTH=33, setmode=lambda mode: None, setwarnings=lambda on: None,
        setup=lambda *args, **kwargs: None, add_event_detect=refuse))
    with pytest.raises(PinError, match="Cannot watch GPIO 5: Failed to add edge detection"):
        RPiPins().watch(5, print)


@pytest.fixture(params=["simulated", "rpi-lgpio"])
def pins(request):
    if request.param == "simulated":
        return SimPins()
    request.getfixturevalue("chip")
    return RPiPins()


def test_a_pin_is_used_once(pins):
    pins.watch(17, print)
    pins.output(22)
    for pin in (17, 22):
        with pytest.raises(PinError, match=f"GPIO {pin} is used twice"):
            pins.output(pin)
        with pytest.raises(PinError, match=f"GPIO {pin} is used twice"):
            pins.watch(pin, print)


def test_leds(pins):
    leds = Leds(pins, {"learn": 5, "bypass": 6})
    assert [pins.read(5), pins.read(6)] == [0, 0]
    leds.set("learn", True)
    assert [pins.read(5), pins.read(6)] == [1, 0]
    leds.close()
    assert [pins.read(5), pins.read(6)] == [0, 0]
    with pytest.raises(PinError, match="no LED 'tempo'; there are: learn, bypass"):
        leds.set("tempo", True)


def test_leds_are_written_only_on_a_change():
    written = []
    pins = SimPins()
    pins.write = lambda pin, level: written.append((pin, level))
    leds = Leds(pins, {"learn": 5})
    for on in (False, True, 1, True, False, False):
        leds.set("learn", on)
    assert written == [(5, 1), (5, 0)]


def test_sim_pins_report_edges_only():
    edges = []
    pins = SimPins(clock=lambda: 7.0)
    pins.watch(17, lambda *edge: edges.append(edge))
    pins.drive(17, 1)
    pins.drive(17, 0, 3.0)
    pins.drive(17, 0, 4.0)
    pins.drive(17, 1)
    assert edges == [(17, 0, 3.0), (17, 1, 7.0)]
    pins.close()
    pins.drive(17, 0)
    assert len(edges) == 2
