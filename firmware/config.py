"""The configuration: read once, typed, bounded; what is not understood is an error."""

import configparser
import difflib
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Callable

from firmware import gestures
from firmware.errors import ConfigError

DEFAULTS = Path(__file__).with_name("box.cfg")
SPI_PINS = (8, 10, 11)      # chip select 0, data, clock
ROLES = ("navigate", "knob_1", "knob_2", "knob_3")


@dataclass(frozen=True)
class Kind:
    """What an option may be: `read` turns its text into a value or raises ValueError."""

    allowed: str
    read: Callable[[str], Any]


def whole(low, high):
    """A whole number between two bounds, both allowed."""
    return Kind(f"a whole number from {low} to {high}", lambda text: bounded(int(text), low, high))


def number(low, high):
    """A number between two bounds, both allowed."""
    return Kind(f"a number from {low} to {high}", lambda text: bounded(float(text), low, high))


def one_of(*values):
    """One of some values, of whatever type they are."""
    by_text = {str(value): value for value in values}
    return Kind("one of " + ", ".join(by_text), lambda text: found(by_text, text))


def several(kind, low, high):
    """A list, separated by commas, of `low` to `high` different things (actions may repeat)."""
    count = str(low) if low == high else f"{low} to {high}"

    def read(text):
        values = tuple(kind.read(part.strip()) for part in text.split(",")) if text.strip() else ()
        if not low <= len(values) <= high:
            raise ValueError
        return values

    return Kind(f"{count} of these, separated by commas: {kind.allowed}", read)


def different(kind):
    """The same list, in which nothing stands twice."""

    def read(text):
        values = kind.read(text)
        if len(set(values)) != len(values):
            raise ValueError
        return values

    return Kind(kind.allowed + ", each once", read)


def text(longest=200):
    """Any text that is not empty."""

    def read(given):
        if not 0 < len(given) <= longest:
            raise ValueError
        return given

    return Kind(f"a text of 1 to {longest} characters", read)


def bounded(value, low, high):
    if not low <= value <= high:
        raise ValueError
    return value


def found(by_text, given):
    if given not in by_text:
        raise ValueError
    return by_text[given]


SWITCH = Kind("on or off", lambda given: found({"on": True, "off": False}, given))
FOLDER = Kind("a folder", lambda given: Path(text().read(given)).expanduser())
PIN = whole(0, 53)
PIN_OR_NONE = whole(-1, 53)

SCHEMA = {
    "box": {"home": FOLDER, "preset": text(40)},
    "hardware": {"audio": one_of("alsa", "file"), "panel": one_of("gpio", "sim"),
                 "display": one_of("oled", "sim", "none"), "usb": one_of("stick", "folder")},
    "audio": {"capture": text(), "playback": text(), "sample_rate": one_of(44100, 48000, 88200, 96000),
              "period": whole(16, 1024), "periods": whole(2, 8),
              "format": one_of("S16_LE", "S24_3LE", "S32_LE", "FLOAT_LE"),
              "channels_in": whole(1, 8), "channels_out": whole(1, 2), "input": one_of("1", "2", "stereo"),
              "input_gain_db": number(-60, 40), "output_gain_db": number(-60, 40)},
    "realtime": {"core": whole(-1, 63), "priority": whole(0, 95)},
    "panel": {**{f"encoder_{n}": different(several(PIN_OR_NONE, 3, 3)) for n in (1, 2, 3, 4)},
              "footswitches": different(several(PIN, 3, 3)), "roles": different(several(one_of(*ROLES), 4, 4)),
              "steps_per_detent": one_of(4, 2, 1),
              "short": several(one_of(*gestures.names()), 3, 3), "long": several(one_of(*gestures.names()), 3, 3)},
    "selector": {"wiring": one_of("one_hot", "binary"), "pins": different(several(PIN, 1, 12)),
                 "emotions": different(several(text(16), 2, 12))},
    "leds": {"learn": PIN_OR_NONE, "style": PIN_OR_NONE, "effects": PIN_OR_NONE},
    "display": {"driver": one_of("ssd1306", "ssd1309", "sh1106"), "bus": one_of("i2c", "spi"),
                "i2c_port": whole(0, 22), "i2c_address": whole(3, 119), "spi_device": whole(0, 2),
                "spi_speed_hz": one_of(500000, 1000000, 2000000, 4000000, 8000000, 16000000),
                "gpio_dc": PIN, "gpio_reset": PIN, "rotate": one_of(0, 2), "contrast": whole(0, 255)},
    "usb": {"mount": FOLDER},
    "trainer": {"learning": SWITCH, "amount": number(0, 1), "profile": text(40)},
}


def load(path=None):
    """The configuration: the shipped box.cfg, with `path` laid over it.

    path : the user's file; None looks for ~/.loopmind/box.cfg and does without when it is not there.

    Returns a namespace of namespaces, `config.audio.period`. Raises ConfigError.
    """
    if path is None:
        own = Path("~/.loopmind/box.cfg").expanduser()
        path = own if own.is_file() else None
    values = read_file(DEFAULTS)
    if path is not None:
        for section, options in read_file(Path(path)).items():
            values[section].update(options)
    config = SimpleNamespace(**{section: SimpleNamespace(**options) for section, options in values.items()})
    check_together(config, path or DEFAULTS)
    return config


def read_file(path):
    """The options of one file, read and checked one by one, as {section: {option: value}}."""
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(path.read_text(encoding="utf-8"), source=str(path))
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not a text file in UTF-8") from error
    except configparser.Error as error:
        raise ConfigError(" ".join(str(error).split())) from error
    values = {}
    for section in parser.sections():
        require_known(path, section, None, section, SCHEMA, "section")
        values[section] = {}
        for option, given in parser[section].items():
            require_known(path, section, option, option, SCHEMA[section], f"option of [{section}]")
            values[section][option] = read_option(path, section, option, given)
    return values


def require_known(path, section, option, name, known, what):
    if name in known:
        return
    close = difflib.get_close_matches(name, known, 1)
    hint = f"did you mean {close[0]}?" if close else "there are: " + ", ".join(known)
    raise ConfigError(f"{place(path, section, option)}: {name} is no {what}; {hint}")


def read_option(path, section, option, given):
    kind = SCHEMA[section][option]
    try:
        return kind.read(given.strip())
    except ValueError:
        raise ConfigError(f"{place(path, section, option)}: {option} = {given} is not {kind.allowed}") from None


def place(path, section, option=None):
    """`file, line N` of an option or of a section's head."""
    here = None
    for number_, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        bare = line.strip()
        if bare.startswith("["):
            here = bare[1:].partition("]")[0]
            if here == section and option is None:
                return f"{path}, line {number_}"
        elif here == section and bare.replace(":", "=").partition("=")[0].strip().lower() == option:
            return f"{path}, line {number_}"
    return str(path)


def check_together(config, path):
    """What single options cannot see: positions that do not fit, pins that are used twice."""
    selector, positions = config.selector, len(config.selector.emotions)
    reach = len(selector.pins) if selector.wiring == "one_hot" else 2 ** len(selector.pins)
    if positions > reach:
        raise ConfigError(f"{place(path, 'selector', 'pins')}: {positions} emotions need more pins; "
                          f"{len(selector.pins)} pins wired {selector.wiring} tell {reach} positions apart")
    if config.audio.input == "2" and config.audio.channels_in < 2:
        raise ConfigError(f"{place(path, 'audio', 'input')}: input = 2 needs channels_in = 2 or more")
    owner = {}
    for name, pin in all_pins(config):
        if pin < 0:
            continue
        if pin in owner:
            raise ConfigError(f"{path}: pin {pin} is given to both {owner[pin]} and {name}")
        owner[pin] = name


def all_pins(config):
    """Every (what, GPIO number) that this configuration uses."""
    for number_ in (1, 2, 3, 4):
        for pin in getattr(config.panel, f"encoder_{number_}"):
            yield f"encoder_{number_}", pin
    yield from (("footswitches", pin) for pin in config.panel.footswitches)
    yield from (("selector pins", pin) for pin in config.selector.pins)
    yield from ((f"led {name}", pin) for name, pin in vars(config.leds).items())
    if config.display.bus == "spi":
        yield from (("gpio_dc", config.display.gpio_dc), ("gpio_reset", config.display.gpio_reset))
        yield from (("the SPI display", pin) for pin in SPI_PINS)
