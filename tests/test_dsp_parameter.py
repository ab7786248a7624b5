"""Parameters: knob position to value and back, tapers, what the screen shows, what is refused."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsp.parameter import TAGS, Parameter, choice

KNOB = st.floats(0.0, 1.0)
MODES = choice("mode", "Mode", ("room", "hall", "plate", "spring"), default=1)


@st.composite
def parameters(draw):
    """Any declaration that makes sense."""
    taper = draw(st.sampled_from(("linear", "log")))
    low = draw(st.floats(1e-3, 1e4) if taper == "log" else st.floats(-1e4, 1e4))
    high = draw(st.floats(1.01, 1e4)) * low if taper == "log" else low + draw(st.floats(1e-3, 1e4))
    default = min(max(low + draw(KNOB) * (high - low), low), high)
    return Parameter("x", "X", "Hz", low, high, default, taper)


def span(p):
    return p.high - p.low


# --- There and back -----------------------------------------------------------------------------

@given(parameters(), KNOB)
def test_raw_to_value_to_raw(p, raw):
    value = p.to_value(raw)
    assert p.low - 1e-9 * span(p) <= value <= p.high + 1e-9 * span(p)
    assert p.to_raw(value) == pytest.approx(raw, abs=1e-6)


@given(parameters(), KNOB)
def test_value_to_raw_to_value(p, share):
    value = p.low + share * span(p)
    assert p.to_value(p.to_raw(value)) == pytest.approx(value, abs=1e-9 * max(abs(p.low), abs(p.high)))


@given(parameters(), KNOB, KNOB)
def test_clockwise_is_more(p, one, other):
    if one < other:
        assert p.to_value(one) <= p.to_value(other)


@given(parameters(), st.floats(allow_nan=False))
def test_what_lies_outside_is_clamped(p, anything):
    assert 0.0 <= p.to_raw(anything) <= 1.0
    assert p.to_value(anything) == p.to_value(min(max(anything, 0.0), 1.0))


@given(parameters())
def test_ends_of_the_travel_are_the_ends_of_the_range(p):
    assert (p.to_value(0.0), p.to_raw(p.low), p.to_raw(p.high)) == (p.low, 0.0, 1.0)
    assert p.to_value(1.0) == pytest.approx(p.high, rel=1e-12)


@given(KNOB)
def test_a_choice_has_only_whole_values(raw):
    value = MODES.to_value(raw)
    assert value in (0.0, 1.0, 2.0, 3.0)
    assert MODES.to_value(MODES.to_raw(value)) == value


# --- Tapers -------------------------------------------------------------------------------------

def test_linear_taper_has_equal_steps():
    p = Parameter("gain_db", "Gain", "dB", -12.0, 12.0, 0.0)
    assert [p.to_value(raw) for raw in (0.0, 0.25, 0.5, 1.0)] == [-12.0, -6.0, 0.0, 12.0]


def test_log_taper_has_equal_ratios():
    p = Parameter("tone_hz", "Tone", "Hz", 20.0, 20000.0, 1000.0, "log")
    assert [p.to_value(raw) for raw in (0.0, 1 / 3, 2 / 3, 1.0)] == pytest.approx([20.0, 200.0, 2000.0, 20000.0])


def test_choice_positions_share_the_travel_by_the_nearest():
    assert [MODES.format(raw) for raw in (0.0, 0.16, 0.17, 0.49, 0.51, 1.0)] == [
        "room", "room", "hall", "hall", "plate", "spring"]


# --- Nudging ------------------------------------------------------------------------------------

@given(KNOB, st.integers(-200, 200))
def test_nudge_moves_a_hundredth_a_detent_and_stops_at_the_ends(raw, detents):
    p = Parameter("mix", "Mix", "", 0.0, 1.0, 0.5)
    assert p.nudge(raw, detents) == pytest.approx(min(max(raw + detents / 100, 0.0), 1.0))


def test_nudge_in_fine_steps():
    p = Parameter("mix", "Mix", "", 0.0, 1.0, 0.5)
    assert p.nudge(0.5, 1, per_turn=1 / 1000) == pytest.approx(0.501)


def test_nudge_takes_a_choice_to_the_next_name():
    raw = MODES.to_raw(MODES.default)
    assert [MODES.format(MODES.nudge(raw, detents)) for detents in (-2, -1, 0, 1, 2, 3)] == [
        "room", "room", "hall", "plate", "spring", "spring"]


# --- What the screen shows ----------------------------------------------------------------------

@pytest.mark.parametrize("unit, low, high, taper, value, shown", (
    ("", 0.0, 1.0, "linear", 0.62, "62 %"),
    ("", 0.0, 1.0, "linear", 1.0, "100 %"),
    ("dB", -24.0, 24.0, "linear", -6.0, "-6.0 dB"),
    ("Hz", 20.0, 20000.0, "log", 1250.0, "1.25 kHz"),
    ("Hz", 20.0, 20000.0, "log", 440.0, "440 Hz"),
    ("Hz", 0.05, 8.0, "log", 0.6, "0.6 Hz"),
    ("ms", 20.0, 2000.0, "log", 380.0, "380 ms"),
    ("ms", 20.0, 2000.0, "log", 45.0, "45.0 ms"),
    ("ms", 20.0, 2000.0, "log", 1500.0, "1.50 s"),
    ("s", 0.2, 20.0, "log", 2.2, "2.2 s"),
    (":1", 1.0, 20.0, "log", 4.0, "4.0:1"),
))
def test_format(unit, low, high, taper, value, shown):
    p = Parameter("x", "X", unit, low, high, high, taper)
    assert p.format(p.to_raw(value)) == shown


# --- Declarations that contradict themselves ----------------------------------------------------

@pytest.mark.parametrize("change, message", (
    ({"taper": "exp"}, "taper 'exp' is not one of linear, log, choice"),
    ({"tag": "colour"}, "tag 'colour' is not one of"),
    ({"default": 2.0}, "low <= default <= high"),
    ({"default": -1.0}, "low <= default <= high"),
    ({"low": 1.0, "high": 1.0, "default": 1.0}, "low < high"),
    ({"low": 1.0, "high": 0.0, "default": 0.5}, "low < high"),
    ({"low": math.nan}, "low <= default <= high"),
    ({"taper": "log"}, "a log taper needs low > 0"),
    ({"taper": "choice"}, "a name for each of its 2 choices"),
    ({"taper": "choice", "choices": ("a", "b", "c")}, "a name for each of its 2 choices"),
))
def test_contradictions_are_refused_by_name(change, message):
    declaration = {"id": "wrong", "label": "Wrong", "unit": "", "low": 0.0, "high": 1.0, "default": 0.5} | change
    with pytest.raises(ValueError, match=f"wrong: .*{message}"):
        Parameter(**declaration)


@pytest.mark.parametrize("tag", TAGS)
def test_tags_are_accepted(tag):
    assert Parameter("x", "X", "", 0.0, 1.0, 0.5, tag=tag).tag == tag


def test_a_choice_is_declared_by_its_names():
    assert (MODES.taper, MODES.low, MODES.high, MODES.default) == ("choice", 0, 3, 1)


def test_parameters_cannot_be_changed():
    with pytest.raises(AttributeError):
        MODES.low = 2
