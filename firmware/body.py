"""The box's body, by configuration: each part real or its simulated twin."""

import logging
import time
from dataclasses import dataclass
from typing import Any

from hw.controls import Controls, EncoderPins, SelectorPins
from hw.display import ImageDisplay
from hw.errors import DisplayError
from hw.hand import Hand
from hw.leds import Leds
from hw.oled import I2cBus, Oled, SpiBus
from hw.pins import RPiPins, SimPins
from hw.usb import FolderDrive, MountedDrive

logger = logging.getLogger(__name__)


@dataclass
class Body:
    """What the control process has of the box: controls, LEDs, display (or None), drive.

    hand : plays the simulated pins, None on real ones.
    """

    controls: Any
    leds: Any
    display: Any
    drive: Any
    hand: Any = None

    def close(self):
        self.leds.close()
        self.controls.close()


def open_body(config, clock=time.monotonic, keep_images=False, bounces=0):
    """Open the panel that the configuration describes; HwError when its pins cannot be had."""
    simulated = config.hardware.panel == "sim"
    pins = SimPins(clock) if simulated else RPiPins(clock)
    wiring = wires(config)
    names = {name: pin for name, pin in vars(config.leds).items() if pin >= 0}
    return Body(Controls(pins, **wiring), Lamps(Leds(pins, names), names), open_display(config, clock, keep_images),
                open_drive(config), Hand(pins, **wiring, bounces=bounces) if simulated else None)


def wires(config):
    """The panel's wiring as the hw room takes it."""
    panel = config.panel
    encoders = [EncoderPins(a, b, push if push >= 0 else None)
                for a, b, push in (getattr(panel, f"encoder_{number}") for number in (1, 2, 3, 4))]
    selector = SelectorPins(config.selector.wiring, config.selector.pins)
    return {"encoders": encoders, "selector": selector, "footswitches": panel.footswitches,
            "steps_per_detent": panel.steps_per_detent}


class Lamps:
    """The LEDs that this box has; setting another one does nothing."""

    def __init__(self, leds, names):
        self._leds = leds
        self._names = names
        self.lit = set()

    def set(self, name, on):
        """Light a lamp or put it out."""
        (self.lit.add if on else self.lit.discard)(name)
        if name in self._names:
            self._leds.set(name, on)

    def close(self):
        self._leds.close()


def open_display(config, clock, keep_images):
    """The display, or None: a missing one is reported, and the box plays on."""
    wanted = config.display
    if config.hardware.display == "none":
        return None
    if config.hardware.display == "sim":
        return ImageDisplay(keep_images, clock)
    bus = (I2cBus(wanted.i2c_port, wanted.i2c_address) if wanted.bus == "i2c" else
           SpiBus(0, wanted.spi_device, wanted.spi_speed_hz, wanted.gpio_dc, wanted.gpio_reset))
    try:
        return Oled(wanted.driver, bus, wanted.rotate, wanted.contrast)
    except DisplayError as error:
        logger.warning("%s The box plays on without it.", error)
        return None


def open_drive(config):
    mount = config.usb.mount
    return FolderDrive(mount) if config.hardware.usb == "folder" else MountedDrive(mount)
