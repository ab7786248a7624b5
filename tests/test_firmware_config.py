"""The configuration: typed, bounded, and every mistake named with its file and line."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware import config as configuration
from firmware.errors import ConfigError
from profiles import checks

OPTIONS = [(section, option) for section, options in configuration.SCHEMA.items() for option in options]


@pytest.fixture
def user(tmp_path):
    """Write a user's file; returns its path."""

    def write(text, encoding="utf-8"):
        path = tmp_path / "my.cfg"
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return path

    return write


def refused(path):
    with pytest.raises(ConfigError) as caught:
        configuration.load(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- The shipped file ---------------------------------------------------------------------------

def test_every_option_is_in_the_shipped_file_and_in_the_schema():
    assert sorted(configuration.read_file(configuration.DEFAULTS)) == sorted(OPTIONS)


def test_every_option_is_documented_in_place():
    """Each stands under a comment, its own or that of the options beside it."""
    said = False
    for line in configuration.DEFAULTS.read_text(encoding="utf-8").splitlines():
        said = line.startswith("#") or (said and "=" in line)
        assert said or "=" not in line, line


def test_the_defaults_load_in_their_types():
    config = configuration.load(configuration.DEFAULTS)
    assert sorted(vars(config)) == sorted(configuration.SCHEMA)
    assert config.box.home == Path("~/.loopmind").expanduser() and config.box.preset == "Clean Room"
    assert (config.audio.sample_rate, config.audio.period, config.audio.periods) == (48000, 64, 3)
    assert config.audio.input_gain_db == 0.0 and type(config.audio.input_gain_db) is float
    assert config.panel.encoder_1 == (5, 6, 13) and config.panel.roles[0] == "navigate"
    assert config.trainer.learning is True and config.trainer.prior == "factory"
    assert len(config.selector.emotions) == 8


# --- A user's file ------------------------------------------------------------------------------

def test_a_users_file_lies_over_the_defaults(user):
    config = configuration.load(user("[audio]\nperiod = 128\n\n[trainer]\nlearning = off\n"))
    default = configuration.load(configuration.DEFAULTS)
    assert (config.audio.period, config.trainer.learning) == (128, False)
    default.audio.period, default.trainer.learning = 128, False
    assert config == default


@pytest.mark.parametrize("text", ["", "# nothing\n; at all\n", "[audio]\n"])
def test_a_file_that_says_nothing_changes_nothing(user, text):
    assert configuration.load(user(text)) == configuration.load(configuration.DEFAULTS)


@pytest.mark.parametrize("text", [
    "\ufeff[audio]\nperiod = 128\n", "[audio]\r\nperiod = 128\r\n", "[audio]\rperiod = 128",
    "[audio]\n  period=128   \n", "[ audio ]\nPERIOD = 128\n", "[leds]\n[audio]\n;\nperiod =128"])
def test_what_editors_make_of_a_file_is_read(user, text):
    assert configuration.load(user(text)).audio.period == 128


def test_a_value_may_hold_any_sign(user):
    config = configuration.load(user("[audio]\ncapture = hw:CARD=x,DEV=0 # %(y)s [z]\n"))
    assert config.audio.capture == "hw:CARD=x,DEV=0 # %(y)s [z]"


def test_without_a_name_the_players_own_file_counts(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert configuration.load() == configuration.load(configuration.DEFAULTS)
    (tmp_path / ".loopmind").mkdir()
    (tmp_path / ".loopmind" / "box.cfg").write_text("[audio]\nperiod = 32\n")
    assert configuration.load().audio.period == 32
    assert configuration.load(configuration.DEFAULTS).audio.period == 64
    assert configuration.load().box.home == tmp_path / ".loopmind"


# --- Mistakes: file, line, and what is allowed --------------------------------------------------

MISTAKES = {
    "unknown section": ("\n[adio]\n", 2, "adio is no section; did you mean audio?"),
    "unknown section like none": ("[qqqq]\n", 1, "qqqq is no section; there are: box, hardware, audio, "),
    "section in capitals": ("[AUDIO]\n", 1, "AUDIO is no section; there are: "),
    "section not closed": ("[audio\n", 1, "a section is written [audio]"),
    "configparser's own section": ("[DEFAULT]\nperiod = 32\n", 1, "DEFAULT is no section; there are: "),
    "unknown option": ("[audio]\n# so\nperod = 64\n", 3, "perod is no option of [audio]; did you mean period?"),
    "unknown option like none": ("[usb]\nxyz = 1\n", 2, "xyz is no option of [usb]; there are: mount"),
    "option of another section": ("[box]\nperiod = 64\n", 2, "period is no option of [box]; there are: home, preset"),
    "no section": ("# mine\n\nperiod = 64\n", 3, "this line stands in no section; there are: box, hardware, "),
    "no value": ("[audio]\nperiod\n", 2, "period is not of the form option = value"),
    "empty value": ("[audio]\nperiod =\n", 2, "period =  is not a whole number from 16 to 1024"),
    "double option": ("[audio]\nperiod = 64\n\nPeriod = 32\n", 4, "period in [audio] was given before"),
    "double section": ("[audio]\n[box]\n[audio]\n", 3, "section [audio] was given before"),
    "no number": ("[audio]\nperiod = many\n", 2, "period = many is not a whole number from 16 to 1024"),
    "no whole number": ("[audio]\nperiod = 64.0\n", 2, "period = 64.0 is not a whole number from 16 to 1024"),
    "below": ("[audio]\nperiod = 15\n", 2, "is not a whole number from 16 to 1024"),
    "above": ("[audio]\nperiod = 1025\n", 2, "is not a whole number from 16 to 1024"),
    "not a number at all": ("[audio]\ninput_gain_db = nan\n", 2, "is not a number from -60 to 40"),
    "infinite": ("[trainer]\namount = inf\n", 2, "is not a number from 0 to 1"),
    "one of numbers": ("[audio]\nsample_rate = 22050\n", 2, "is not one of 44100, 48000, 88200, 96000"),
    "one of words": ("[display]\ndriver = ssd1305\n", 2, "is not one of ssd1306, ssd1309, sh1106"),
    "switch": ("[trainer]\nlearning = maybe\n", 2, "learning = maybe is not on or off"),
    "indented": ("[audio]\nperiod = 64\n  periods = 99\n", 3, "periods = 99 is not a whole number from 2 to 8"),
    "too few": ("[panel]\nfootswitches = 4, 14\n", 2, "is not 3 of these, separated by commas: a whole number"),
    "hole in a list": ("[selector]\nemotions = calm, , dark\n", 2, "2 to 12 of these, separated by commas"),
    "twice in a list": ("[selector]\nemotions = calm, calm\n", 2, "each once"),
    "an action nobody knows": ("[panel]\nshort = bypass, learn, dance\n", 2, "one of apply, bypass, compare"),
    "encoder without a phase": ("[panel]\nencoder_2 = -1, 26, 12\n", 2, "two GPIO numbers from 0 to 53 and a third, or -1"),
    "control character": ("[selector]\nemotions = calm, da\x1b[31mrk\n", 2, "a text of 1 to 16 characters"),
    "home of nobody": ("[box]\nhome = ~nobody-of-this-name/box\n", 2, "is not a folder"),
    "form feed before": ("[audio]\n# a\x0cb\u2028c\nperiod = 1\n", 3, "is not a whole number from 16 to 1024"),
    "carriage returns": ("[audio]\r\n\r\nperiod = 1\r\n", 3, "is not a whole number from 16 to 1024"),
}


@pytest.mark.parametrize("text, line, told", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named_with_its_line_and_what_is_allowed(user, text, line, told):
    path = user(text)
    message = refused(path)
    assert message.startswith(f"{path}, line {line}: ") and told in message


@pytest.mark.parametrize("section, option", OPTIONS)
def test_every_option_has_something_to_refuse(user, section, option):
    path = user(f"[{section}]\n{option} = {'-9e9 ' * 60}\n")
    message = refused(path)
    assert message.startswith(f"{path}, line 2: {option} = -9e9") and " is not " in message


@pytest.mark.parametrize("section, option, low, high", [
    ("audio", "period", 16, 1024), ("audio", "periods", 2, 8), ("realtime", "core", -1, 63),
    ("display", "i2c_address", 3, 119), ("audio", "input_gain_db", -60, 40), ("trainer", "amount", 0, 1)])
def test_both_bounds_are_allowed_and_nothing_beyond(user, section, option, low, high):
    for value in (low, high):
        config = configuration.load(user(f"[{section}]\n{option} = {value}\n"))
        assert getattr(getattr(config, section), option) == value
    for value in (low - 1, high + 1):
        assert f"from {low} to {high}" in refused(user(f"[{section}]\n{option} = {value}\n"))


def test_a_file_that_cannot_be_read(user, tmp_path):
    missing = tmp_path / "none.cfg"
    assert refused(missing) == f"{missing} cannot be read: No such file or directory"
    assert refused(str(tmp_path)) == f"{tmp_path} cannot be read: Is a directory"
    path = user("[selector]\nemotions = süß, bitter\n", "latin-1")
    assert refused(path) == f"{path} is not a text file in UTF-8"


# --- What single options cannot see -------------------------------------------------------------

MOVED = "[selector]\npins = 7, 9, 18\n[leds]\nlearn = 19\nstyle = 20\n[display]\nbus = spi\n"     # off the SPI's pins


@pytest.mark.parametrize("text, line, both", [
    ("[panel]\n\nencoder_1 = 16, 6, 13\n", 3, "pin 16 is given to both [panel] encoder_1 and [panel] encoder_2"),
    ("[leds]\neffects = 4\n", 2, "pin 4 is given to both [panel] footswitches and [leds] effects"),
    ("[leds]\nlearn = 19\nstyle = 19\n", 3, "pin 19 is given to both [leds] learn and [leds] style"),
    ("[panel]\nfootswitches = 2, 14, 15\n", 2, "pin 2 is given to both [panel] footswitches and [display] bus"),
    ("[display]\nbus = spi\n", 2, "pin 8 is given to both [selector] pins and [display] bus"),
    (f"{MOVED}gpio_dc = 5\n", 8, "pin 5 is given to both [panel] encoder_1 and [display] gpio_dc"),
    (f"{MOVED}gpio_dc = 21\ngpio_reset = 21\n", 9, "pin 21 is given to both [display] gpio_dc and [display] gpio_reset"),
])
def test_no_pin_is_used_twice(user, text, line, both):
    path = user(text)
    message = refused(path)
    assert message.startswith(f"{path}, line {line}: ") and both in message


def test_pins_that_nothing_uses_are_free(user):
    configuration.load(user("[panel]\nencoder_1 = 24, 25, -1\nencoder_4 = 5, 6, -1\n"))
    configuration.load(user("[panel]\nfootswitches = 2, 3, 15\n[hardware]\ndisplay = none\n"))
    configuration.load(user("[panel]\nfootswitches = 2, 3, 15\n[display]\ni2c_port = 3\n"))


@pytest.mark.parametrize("text, line, told", [
    ("[selector]\npins = 7, 8\n", 2, "8 emotions need more pins; 2 pins wired binary tell 4 positions apart"),
    ("[selector]\nemotions = a,b,c,d,e,f,g,h,i\n", 2, "9 emotions need more pins; 3 pins wired binary tell 8"),
    ("[selector]\n\nwiring = one_hot\n", 3, "8 emotions need more pins; 3 pins wired one_hot tell 3"),
])
def test_the_selector_reaches_every_emotion(user, text, line, told):
    path = user(text)
    message = refused(path)
    assert message.startswith(f"{path}, line {line}: ") and told in message


def test_the_second_input_needs_a_second_channel(user):
    path = user("[audio]\ninput = 2\nchannels_in = 1\n")
    assert refused(path) == f"{path}, line 3: input = 2 needs channels_in = 2 or more"
    assert configuration.load(user("[audio]\ninput = 2\n")).audio.input == "2"


# --- Any text at all ----------------------------------------------------------------------------

values = st.one_of(st.text(max_size=20), st.integers(-100, 10**6).map(str), st.floats().map(str), st.just("1" * 5000),
                   st.sampled_from(["~", "~x", "a, b", "1, 2, 3", ",", "on", "alsa", "calm", "\0"]))
lines = st.one_of(
    st.text(max_size=20), st.sampled_from([*configuration.SCHEMA, "DEFAULT"]).map("[{}]".format),
    st.builds("[{}]\n{}={}".format, st.sampled_from(list(configuration.SCHEMA)), st.text(max_size=8), values),
    st.builds(lambda key, value: f"[{key[0]}]\n{key[1]} = {value}", st.sampled_from(OPTIONS), values))


@given(st.lists(lines, max_size=4).map("\n".join))
def test_any_text_is_a_configuration_or_a_clear_error(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "any.cfg"
    path.write_text(text, encoding="utf-8", errors="replace", newline="")
    try:
        config = configuration.load(path)
    except ConfigError as error:
        named = re.match(rf"{re.escape(str(path))}, line (\d+): ", str(error))
        assert named and 1 <= int(named[1]) <= len(text.splitlines()) + 1
    else:
        assert all(checks.name(emotion, "emotion") for emotion in config.selector.emotions)


@given(st.binary(max_size=60))
def test_any_bytes_are_a_configuration_or_a_clear_error(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.cfg"
    path.write_bytes(content)
    try:
        configuration.load(path)
    except ConfigError as error:
        assert str(path) in str(error)
