"""The whole panel on simulated pins: bounces, stalls, threads."""

import signal
import threading
import time

import pytest
from hypothesis import given, strategies as st

from hw.controls import Controls, EncoderPins, SelectorPins
from hw.errors import PinError
from hw.events import LONG, PRESS, PUSH, SELECT, SHORT, TURN, ControlEvent
from hw.pins import SimPins

ENCODERS = [EncoderPins(5, 6, 13), EncoderPins(16, 19, 20), EncoderPins(23, 24)]
CW = ((0, 0), (1, 0), (0, 1), (1, 1))     # (which pin, level) edges of one detent
CCW = ((1, 0), (0, 0), (1, 1), (0, 1))


class Panel:
    """Hands on a simulated panel whose clock moves only when told."""

    def __init__(self, **parts):
        self.time = 0.0
        self.pins = SimPins(clock=lambda: self.time)
        self.controls = Controls(self.pins, **parts)

    def drive(self, pin, level, bounces=0):
        """An edge that comes and goes `bounces` times in half milliseconds before it stays."""
        for now in [level, 1 - level] * bounces + [level]:
            self.time += 0.0005
            self.pins.drive(pin, now, self.time)

    def turn(self, encoder, detents, bounces=0, gap_s=0.05):
        for _ in range(abs(detents)):
            for which, level in CW if detents > 0 else CCW:
                self.drive(ENCODERS[encoder][which], level, bounces)
            self.time += gap_s

    def wait(self, seconds):
        self.time += seconds

    def events(self):
        return self.controls.events()

    def told(self):
        return [(event.kind, event.index, event.value) for event in self.events()]


@pytest.fixture
def panel():
    panel = Panel(encoders=ENCODERS, selector=SelectorPins("one_hot", (17, 27, 22)),
                  footswitches=[25, 26])
    panel.pins.drive(17, 0, 0.0)
    panel.wait(1.0)
    assert panel.told() == [(SELECT, 0, 0)]
    return panel


def test_nothing_happens_by_itself(panel):
    panel.wait(100)
    assert panel.events() == []


@pytest.mark.parametrize("detents", [+1, -1, +5, -7])
@pytest.mark.parametrize("bounces", [0, 3])
def test_detents_of_one_drain_are_one_turn(panel, detents, bounces):
    panel.turn(1, detents, bounces, gap_s=0.0)
    last_edge = panel.time - bounces * 0.001
    assert panel.events() == [ControlEvent(TURN, "encoder", 1, detents, pytest.approx(last_edge))]


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(-4, 4), st.integers(0, 5))))
def test_any_turning_arrives_whole(turns):
    panel = Panel(encoders=ENCODERS)
    expected, got = [0, 0, 0], [0, 0, 0]
    for encoder, detents, bounces in turns:
        panel.turn(encoder, detents, bounces)
        expected[encoder] += detents
    for event in panel.events():
        assert event.kind == TURN and event.value
        got[event.index] += event.value
    assert got == expected


def test_a_turn_there_and_back_is_none(panel):
    panel.turn(0, 3)
    panel.turn(0, -3)
    assert panel.events() == []


def test_turns_of_two_encoders_stay_apart(panel):
    for encoder, detents in ((0, 1), (1, -2), (0, 1)):
        panel.turn(encoder, detents)
    assert panel.told() == [(TURN, 0, 2), (TURN, 1, -2)]


def test_a_push_between_turns_keeps_them_apart(panel):
    """The second turn is a fine one, though all came in one drain."""
    panel.turn(0, 2)
    panel.drive(13, 0, bounces=2)
    panel.wait(0.05)
    panel.turn(0, 3)
    panel.drive(13, 1, bounces=2)
    panel.wait(0.05)
    assert panel.told() == [(TURN, 0, 2), (PUSH, 0, 1), (TURN, 0, 3), (PUSH, 0, 0)]


def test_a_selection_between_turns_keeps_them_apart(panel):
    """What is turned after the emotion changed belongs to the new emotion."""
    panel.turn(0, 1)
    panel.drive(17, 1)
    panel.drive(27, 0)
    panel.wait(0.05)
    panel.turn(0, 1)
    assert panel.told() == [(TURN, 0, 1), (SELECT, 0, 1), (TURN, 0, 1)]


def test_a_push_without_a_turn_is_short(panel):
    panel.drive(20, 0, bounces=3)
    panel.wait(0.1)
    panel.drive(20, 1, bounces=3)
    panel.wait(0.1)
    assert panel.told() == [(PUSH, 1, 1), (PUSH, 1, 0), (SHORT, 1, 0)]


def test_fine_mode_is_neither_short_nor_long(panel):
    panel.drive(13, 0)
    panel.wait(0.1)
    panel.turn(0, 2)
    assert panel.told() == [(PUSH, 0, 1), (TURN, 0, 2)]
    panel.wait(1.0)
    assert panel.told() == []
    panel.drive(13, 1)
    panel.wait(0.1)
    assert panel.told() == [(PUSH, 0, 0)]


def test_turning_another_encoder_does_not_spend_a_push(panel):
    panel.drive(13, 0)
    panel.wait(0.1)
    panel.turn(1, 1)
    panel.drive(13, 1)
    panel.wait(0.1)
    assert (SHORT, 0, 0) in panel.told()


def test_a_footswitch(panel):
    panel.drive(26, 0, bounces=4)
    pressed = panel.time
    panel.wait(0.2)
    assert panel.events() == [ControlEvent(PRESS, "footswitch", 1, 1, pytest.approx(pressed + 0.008))]
    panel.wait(0.5)
    assert panel.events() == [ControlEvent(LONG, "footswitch", 1, 1, pytest.approx(pressed + 0.5))]
    panel.drive(26, 1, bounces=4)
    panel.wait(0.2)
    assert panel.told() == [(PRESS, 1, 0)]


def test_after_a_stall_the_events_are_in_order_and_on_time(panel):
    """A caller that slept for seconds sees a tap as a tap, where it was."""
    start = panel.time
    panel.drive(26, 0)
    panel.drive(25, 0)
    panel.wait(0.1)
    panel.drive(25, 1)
    panel.turn(2, 1)
    panel.wait(5.0)
    happened = panel.events()
    assert [(event.kind, event.index, event.value) for event in happened] == [
        (PRESS, 1, 1), (PRESS, 0, 1), (TURN, 2, 1), (PRESS, 0, 0), (SHORT, 0, 0), (LONG, 1, 1)]
    assert [event.time - start for event in happened] == [
        pytest.approx(time) for time in (0.0085, 0.0090, 0.1035, 0.1095, 0.1095, 0.5005)]


def test_the_wait_ends_when_a_switch_falls_due():
    """A long press is told in time though the caller would wait for an hour."""
    panel = Panel(footswitches=[25])
    panel.drive(25, 0)
    waits = []

    class Edges:
        def get(self, timeout):
            if taken.empty():
                waits.append(timeout)
                panel.wait(timeout)
            return self.get_nowait()

        def get_nowait(self):
            return taken.get_nowait()

    taken, panel.controls._edges = panel.controls._edges, Edges()
    assert panel.controls.events(timeout_s=3600.0) == []
    kinds = [event.kind for _ in range(2) for event in panel.controls.events(timeout_s=3600.0)]
    assert kinds == [PRESS, LONG]
    assert waits == [pytest.approx(0.008), pytest.approx(0.492)]


def test_the_wait_ends_at_an_edge_from_another_thread():
    pins = SimPins()
    controls = Controls(pins, encoders=ENCODERS)
    hand = threading.Thread(target=lambda: [pins.drive(ENCODERS[0][which], level) for which, level in CW])
    hand.start()
    happened = []
    while not happened:
        happened = controls.events(timeout_s=60.0)
    hand.join()
    assert [(event.kind, event.value) for event in happened] == [(TURN, 1)]


def test_many_threads_lose_no_edge():
    pins = SimPins()
    controls = Controls(pins, encoders=ENCODERS)

    def hand(encoder):
        for _ in range(500):
            for which, level in CW:
                pins.drive(ENCODERS[encoder][which], level)

    hands = [threading.Thread(target=hand, args=(encoder,)) for encoder in range(3)]
    for thread in hands:
        thread.start()
    total = [0, 0, 0]
    while any(thread.is_alive() for thread in hands):
        for event in controls.events(timeout_s=0.01):
            total[event.index] += event.value
    for event in controls.events():
        total[event.index] += event.value
    assert total == [500, 500, 500]


def test_the_edge_callback_only_queues(panel):
    """Nothing is decoded in the edge's thread."""
    called = []
    panel.controls._take = lambda *args: called.append(args)
    panel.turn(0, 1)
    assert called == []


def test_a_switch_held_at_power_up_is_no_press():
    pins = SimPins(clock=lambda: 10.0)
    pins.drive(25, 0, 0.0)
    controls = Controls(pins, footswitches=[25])
    assert controls.events() == []


@pytest.mark.parametrize("steps_per_detent", [2, 1])
def test_encoders_with_fewer_steps(steps_per_detent):
    panel = Panel(encoders=ENCODERS, steps_per_detent=steps_per_detent)
    panel.turn(0, 1)
    assert panel.told() == [(TURN, 0, 4 // steps_per_detent)]


def test_a_coded_selector():
    panel = Panel(selector=SelectorPins("binary", (17, 27, 22)))
    panel.drive(17, 0)
    panel.drive(22, 0)
    panel.wait(0.1)
    assert panel.events() == [ControlEvent(SELECT, "selector", 0, 5, pytest.approx(0.021))]


def test_a_pin_in_two_places():
    with pytest.raises(PinError, match="GPIO 6 is used twice"):
        Controls(SimPins(), encoders=ENCODERS, footswitches=[6])


def test_close_gives_the_pins_back(panel):
    panel.controls.close()
    panel.turn(0, 1)
    assert panel.events() == []


def test_a_signal_at_the_end_of_a_wait_does_not_prolong_it():
    """The wait ends though its time ran out while Python handled a signal: SIGTERM would otherwise freeze the panel."""
    panel = Panel(encoders=ENCODERS[2:])
    before = signal.signal(signal.SIGALRM, lambda *_: time.sleep(0.04))
    rescue = threading.Timer(3.0, panel.pins.drive, (23, 0, 0.0))
    rescue.start()
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.01)
        panel.controls.events(0.03)
        assert rescue.is_alive(), "only an edge ended the wait"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
        rescue.cancel()
