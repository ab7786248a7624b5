"""Imports the GPIO module of this machine."""

import tempfile
from contextlib import chdir

from hw.errors import PinError


def import_gpio():
    """Return the RPi.GPIO module, counting pins as BCM does.

    Raises PinError when it is missing, or when this is not a Pi that it knows.
    """
    try:
        # lgpio, below rpi-lgpio, leaves a named pipe in the current folder when it is
        # imported, and fails where that is read-only, as / is on a locked-down box.
        # Both its ends are open once the import is through, so the folder can go.
        with tempfile.TemporaryDirectory() as folder, chdir(folder):
            import RPi.GPIO as gpio
        gpio.setmode(gpio.BCM)
    except ImportError as error:
        raise PinError("GPIO needs the module RPi.GPIO, which is not installed: "
                       "install rpi-lgpio (pip install rpi-lgpio).") from error
    except Exception as error:  # each library that offers this API raises errors of its own
        raise PinError(f"GPIO cannot be used here: {error}. It takes a Raspberry Pi with "
                       "rpi-lgpio installed and not RPi.GPIO beside it, and a user in the "
                       "group gpio.") from error
    return gpio
