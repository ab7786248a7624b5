"""The screen: how often it draws, what it leaves out, and displays that fail."""

import queue
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware import pages
from firmware.screen import FRAME_S, RETRY_S, Screen
from firmware.view import View
from hw.display import ImageDisplay
from hw.errors import DisplayError
from tests.stage import Clock


def view(number):
    """Views whose pictures differ."""
    return View(preset=f"Preset {number}")


class Flaky(ImageDisplay):
    """A display whose cable can be pulled."""

    def __init__(self, clock):
        super().__init__(keep=True, clock=clock)
        self.pulled, self.reopened, self.asked = False, 0, 0

    def reopen(self):
        self.asked += 1
        self._need()
        self.reopened += 1

    def _draw(self, image):
        self.asked += 1
        self._need()
        super()._draw(image)

    def _need(self):
        if self.pulled:
            raise DisplayError("The display does not answer.")


class Stand:
    """A screen that draws in the test's own thread, and its clock."""

    def __init__(self):
        self.clock = Clock()
        self.display = Flaky(self.clock)
        self.screen = Screen(self.display, self.clock, inline=True)

    def show(self, number):
        self.screen.show(view(number))
        self.screen.tick()

    def pass_time(self, seconds, step_s=0.005):
        for _ in range(round(seconds / step_s)):
            self.clock.now = round(self.clock.now + step_s, 6)
            self.screen.tick()

    @property
    def shown(self):
        return self.display.image.tobytes()


def picture(number):
    return pages.render(view(number)).tobytes()


@pytest.fixture
def stand():
    return Stand()


def test_the_first_view_is_shown_at_once(stand):
    stand.show(1)
    assert stand.shown == picture(1)


def test_never_more_than_twenty_frames_a_second(stand):
    for number in range(400):           # a view every 5 ms, two seconds long
        stand.show(number)
        stand.pass_time(0.005)
    times = [seconds for seconds, _ in stand.display.images]
    assert all(later - earlier >= FRAME_S - 1e-9 for earlier, later in zip(times, times[1:]))
    assert 39 <= len(times) <= 41, "and no fewer while there is news"
    assert 1 / FRAME_S == 20


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 30)), max_size=60))
def test_whatever_is_shown_the_last_view_stands_in_the_end(steps):
    stand = Stand()
    for number, milliseconds in steps:
        stand.show(number)
        stand.pass_time(milliseconds / 1000, 0.001)
    if steps:
        stand.pass_time(FRAME_S + 0.001, 0.001)     # one step more: 0.06 + 0.05 > 0.11 in floating point
        assert stand.shown == picture(steps[-1][0])
    times = [seconds for seconds, _ in stand.display.images]
    assert all(later - earlier >= FRAME_S - 1e-9 for earlier, later in zip(times, times[1:]))


def test_nothing_is_drawn_when_nothing_changed(stand):
    stand.show(1)
    for _ in range(100):
        stand.show(1)
        stand.pass_time(0.05)
    assert stand.display.count == 1


def test_a_view_that_gives_the_same_picture_is_not_sent(stand):
    """The My Style page's leaf does not show on the Play page: SPI traffic for nothing would be audible."""
    stand.screen.show(View(leaf=1))
    stand.pass_time(0.1)
    stand.screen.show(View(leaf=2))
    stand.pass_time(0.1)
    assert stand.display.count == 1


def test_the_newest_view_wins(stand):
    stand.show(1)
    for number in (2, 3, 4):
        stand.show(number)
    stand.pass_time(FRAME_S)
    assert stand.display.count == 2 and stand.shown == picture(4)


def test_a_view_that_came_and_went_between_two_frames_costs_none(stand):
    stand.show(1)
    stand.show(2)
    stand.show(1)
    stand.pass_time(1.0)
    assert stand.display.count == 1


def test_a_display_that_fails_is_said_once_and_left_alone_for_a_while(stand, caplog):
    stand.show(1)
    stand.display.pulled = True
    stand.pass_time(0.1)
    asked = stand.display.asked
    for number in range(2, 200):
        stand.show(number)
        stand.pass_time(RETRY_S / 100)
    assert [record.message for record in caplog.records] == ["The display does not answer. The box plays on."]
    assert stand.display.asked - asked == 2, "once to draw, once to open it again"


def test_a_display_that_comes_back_shows_the_newest_view(stand):
    stand.show(1)
    stand.display.pulled = True
    stand.pass_time(0.1)
    stand.show(2)
    stand.display.pulled = False
    stand.pass_time(RETRY_S / 2)
    stand.show(3)
    assert stand.shown == picture(1)
    stand.pass_time(RETRY_S / 2)
    assert stand.display.reopened == 1 and stand.shown == picture(3)
    stand.show(4)
    stand.pass_time(FRAME_S)
    assert stand.shown == picture(4) and stand.display.reopened == 1


def test_a_display_that_comes_back_is_drawn_even_if_nothing_is_new(stand):
    """It was without power: it is dark, whatever had been on it."""
    stand.show(1)
    stand.pass_time(0.1)
    stand.display.pulled = True
    stand.show(2)
    stand.show(1)
    stand.display.pulled = False
    stand.pass_time(RETRY_S)
    assert stand.display.count == 2 and stand.shown == picture(1)


def test_a_second_failure_is_said_again(stand, caplog):
    for number in (1, 2):
        stand.display.pulled = True
        stand.show(number)
        stand.display.pulled = False
        stand.pass_time(RETRY_S + 0.1)
    assert len(caplog.records) == 2


@pytest.mark.parametrize("inline", [True, False])
def test_without_a_display_everything_goes_on(inline):
    screen = Screen(None, inline=inline)
    screen.show(view(1))
    screen.tick()
    screen.close()


class Busy(ImageDisplay):
    """A display that takes as long as the test wants; `drawing` hears when it begins and when."""

    def __init__(self):
        super().__init__()
        self.drawing = queue.Queue()
        self.may_go_on = threading.Semaphore(0)
        self.dark = False

    def _draw(self, image):
        self.drawing.put((time.monotonic(), image.tobytes()))
        assert self.may_go_on.acquire(timeout=20)

    def close(self):
        self.dark = True


@pytest.fixture
def busy():
    display = Busy()
    yield display
    display.may_go_on.release(100)


def test_the_thread_draws_the_newest_view_when_the_display_is_free_again(busy):
    screen = Screen(busy)
    screen.show(view(1))
    assert busy.drawing.get(timeout=20)[1] == picture(1)
    for number in (2, 3, 4):
        screen.show(view(number))       # returns though the display is busy
    busy.may_go_on.release(2)
    assert busy.drawing.get(timeout=20)[1] == picture(4)
    screen.close()
    assert busy.drawing.empty()


def test_the_thread_keeps_the_distance_between_frames(busy):
    screen, times = Screen(busy), []
    busy.may_go_on.release(10)
    for number in range(4):
        screen.show(view(number))
        times.append(busy.drawing.get(timeout=20)[0])
    screen.close()
    assert min(later - earlier for earlier, later in zip(times, times[1:])) >= FRAME_S - 0.002


def test_the_thread_outlives_a_display_that_fails(monkeypatch):
    monkeypatch.setattr("firmware.screen.RETRY_S", 0.0)
    shown = threading.Event()

    class Once(ImageDisplay):
        failures = 1

        def _draw(self, image):
            if self.failures:
                self.failures -= 1
                raise DisplayError("gone")
            super()._draw(image)
            shown.set()

    display = Once()
    screen = Screen(display)
    screen.show(view(1))
    assert shown.wait(20)
    screen.close()
    assert display.image.tobytes() == picture(1)


def test_close_ends_the_thread_and_darkens_the_display(busy):
    before = threading.active_count()
    screen = Screen(busy)
    assert threading.active_count() == before + 1
    screen.close()
    assert threading.active_count() == before and busy.dark
