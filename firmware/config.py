"""The configuration: read once, typed, bounded; what is not understood is an error."""

import difflib
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Callable

from firmware import gestures
from firmware.errors import ConfigError
from profiles.prior import FACTORY, NONE

DEFAULTS = Path(__file__).with_name("box.cfg")
LAST_PIN = 53
I2C_PINS = (2, 3)           # data, clock
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
    """Any text that is not empty and can be printed."""

    def read(given):
        if not 0 < len(given) <= longest or not given.isprintable():
            raise ValueError
        return given

    return Kind(f"a text of 1 to {longest} characters", read)


def read_path(given):
    try:
        return Path(text().read(given)).expanduser()
    except RuntimeError as error:       # ~somebody, whom this system does not know
        raise ValueError from error


def read_prior(given):
    return given if given in (FACTORY, NONE) else read_path(given)


def read_encoder(given):
    *phases, push = different(several(PIN_OR_NONE, 3, 3)).read(given)
    return *(bounded(pin, 0, LAST_PIN) for pin in phases), push


def bounded(value, low, high):
    if not low <= value <= high:
        raise ValueError
    return value


def found(by_text, given):
    if given not in by_text:
        raise ValueError
    return by_text[given]


SWITCH = Kind("on or off", lambda given: found({"on": True, "off": False}, given))
FOLDER = Kind("a folder", read_path)
PRIOR = Kind(f"{FACTORY}, {NONE} or a file", read_prior)
PIN = whole(0, LAST_PIN)
PIN_OR_NONE = whole(-1, LAST_PIN)
ENCODER = Kind(f"two GPIO numbers from 0 to {LAST_PIN} and a third, or -1, separated by commas, each once", read_encoder)

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
    "panel": {**{f"encoder_{n}": ENCODER for n in (1, 2, 3, 4)},
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
    "tuner": {"a4_hz": number(400, 480)},
    "trainer": {"learning": SWITCH, "amount": number(0, 1), "profile": text(40), "prior": PRIOR},
}


def load(path=None):
    """The configuration: the shipped box.cfg, with `path` laid over it.

    path : the user's file; None looks for ~/.loopmind/box.cfg and does without when it is not there.

    Returns a namespace of namespaces, `config.audio.period`. Raises ConfigError.
    """
    if path is None:
        own = Path("~/.loopmind/box.cfg").expanduser()
        path = own if own.is_file() else None
    lines = read_file(DEFAULTS)
    if path is not None:
        for key, line in read_file(Path(path)).items():
            del lines[key]              # so that the user's lines are the last
            lines[key] = line
    config = SimpleNamespace(**{section: SimpleNamespace() for section in SCHEMA})
    for (section, option), line in lines.items():
        setattr(getattr(config, section), option, line.value)
    check_together(config, lines)
    return config


@dataclass(frozen=True)
class Line:
    """An option as a file gives it; `place` is "file, line N"."""

    place: str
    value: Any


def read_file(path):
    """The options of one file, read and checked one by one, as {(section, option): Line}."""
    lines, heads, section = {}, set(), None
    for number_, line in enumerate(text_of(path).split("\n"), 1):
        place, line = f"{path}, line {number_}", line.strip()
        if not line or line[0] in "#;":
            continue
        if line[0] == "[":
            section = read_head(line, place)
            refuse_double(section, heads, f"section [{section}]", place)
            heads.add(section)
            continue
        if section is None:
            raise ConfigError(f"{place}: this line stands in no section; there are: {', '.join(SCHEMA)}")
        option, value = read_option(section, line, place)
        refuse_double((section, option), lines, f"{option} in [{section}]", place)
        lines[section, option] = Line(place, value)
    return lines


def text_of(path):
    try:
        return path.read_text(encoding="utf-8-sig")     # some editors mark UTF-8 with three bytes
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not a text file in UTF-8") from error


def read_head(line, place):
    name = line[1:].removesuffix("]").strip()
    require_known(name, SCHEMA, "section", place)
    if line[-1] != "]":
        raise ConfigError(f"{place}: a section is written [{name}]")
    return name


def read_option(section, line, place):
    option, sign, given = (part.strip() for part in line.partition("="))
    if not sign:
        raise ConfigError(f"{place}: {line} is not of the form option = value")
    option = option.lower()
    require_known(option, SCHEMA[section], f"option of [{section}]", place)
    kind = SCHEMA[section][option]
    try:
        return option, kind.read(given)
    except ValueError:
        raise ConfigError(f"{place}: {option} = {given} is not {kind.allowed}") from None


def require_known(name, known, what, place):
    if name in known:
        return
    close = difflib.get_close_matches(name, known, 1)
    hint = f"did you mean {close[0]}?" if close else "there are: " + ", ".join(known)
    raise ConfigError(f"{place}: {name} is no {what}; {hint}")


def refuse_double(key, seen, what, place):
    if key in seen:
        raise ConfigError(f"{place}: {what} was given before; each is allowed once")


def check_together(config, lines):
    """What single options cannot see: positions that do not fit, pins that are used twice.

    lines : every option's Line; the place named is that of the last option that is involved.
    """

    def place(*options):
        return next(lines[key].place for key in reversed(lines) if key in options)

    selector, positions = config.selector, len(config.selector.emotions)
    reach = len(selector.pins) if selector.wiring == "one_hot" else 2 ** len(selector.pins)
    if positions > reach:
        here = place(("selector", "emotions"), ("selector", "pins"), ("selector", "wiring"))
        raise ConfigError(f"{here}: {positions} emotions need more pins; "
                          f"{len(selector.pins)} pins wired {selector.wiring} tell {reach} positions apart")
    if config.audio.input == "2" and config.audio.channels_in < 2:
        here = place(("audio", "input"), ("audio", "channels_in"))
        raise ConfigError(f"{here}: input = 2 needs channels_in = 2 or more")
    owners = {}
    for key, pin in all_pins(config):
        other = owners.setdefault(pin, key)
        if pin >= 0 and other != key:
            both = " and ".join(f"[{section}] {option}" for section, option in (other, key))
            raise ConfigError(f"{place(other, key)}: pin {pin} is given to both {both}")


def all_pins(config):
    """Every ((section, option), GPIO number) that this configuration uses; a display's bus has its pins too."""
    for number_ in (1, 2, 3, 4):
        for pin in getattr(config.panel, f"encoder_{number_}"):
            yield ("panel", f"encoder_{number_}"), pin
    yield from ((("panel", "footswitches"), pin) for pin in config.panel.footswitches)
    yield from ((("selector", "pins"), pin) for pin in config.selector.pins)
    yield from ((("leds", name), pin) for name, pin in vars(config.leds).items())
    if config.hardware.display == "oled":
        yield from display_pins(config.display)


def display_pins(display):
    if display.bus == "spi":
        yield from ((("display", "bus"), pin) for pin in SPI_PINS)
        yield from ((("display", name), getattr(display, name)) for name in ("gpio_dc", "gpio_reset"))
    elif display.i2c_port == 1:
        yield from ((("display", "bus"), pin) for pin in I2C_PINS)
