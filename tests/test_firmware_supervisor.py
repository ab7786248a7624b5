"""Real processes that fall, are killed and end: alone under the supervisor, and as the whole box."""

import mmap
import os
import signal
import time

import numpy as np
import pytest

from firmware import box, memory, supervisor
from firmware import exchange as shared
from firmware.errors import UserError
from firmware.supervisor import MISTAKE, NO_DEVICE, Part, Supervisor
from hw.audio import Duplex
from hw.fileaudio import FileCapture, FileSink
from tests.stage import PERIOD, RATE, Tape, in_step, tone, until

TONE = 120              # frames of one period of 400 Hz


STOP = 30               # the word on the board that stops the sound


class Board:
    """Words that every process of a test reads and writes."""

    def __init__(self):
        self.words = np.frombuffer(mmap.mmap(-1, 4096), np.float64)

    def note(self, place):
        """Count up, and leave this process's id in the next word."""
        self.words[place + 1] = os.getpid()
        self.words[place] += 1

    def play(self, place):
        """A sound's life, until it is stopped."""
        self.note(place)
        while not self.words[STOP]:
            time.sleep(0.001)
        return 0

    def supervise(self, *parts):
        """A program's life: the supervisor's."""
        return lambda: Supervisor(parts, lambda: self.words.__setitem__(STOP, 1)).run()


@pytest.fixture
def board():
    return Board()


@pytest.fixture
def quick(monkeypatch):
    """The supervisor's patience, shortened."""
    monkeypatch.setattr(supervisor, "POLL_S", 0.002)
    monkeypatch.setattr(supervisor, "DEVICE_RETRY_S", 0.02)


class Child:
    """A process that runs a function as the program does."""

    def __init__(self, life):
        self._part = Part("the program", life)
        self._part.start()
        self.pid = self._part.pid

    def status(self):
        """Wait for its end."""
        until(lambda: not self._part.alive())
        return self._part.status

    def kill(self):
        if self._part.alive():
            os.kill(self.pid, signal.SIGTERM)
            self._part.end()


@pytest.fixture
def run(quick):
    """(life) -> a process that lives it; whatever happens, it is gone in the end."""
    children = []

    def run(life):
        children.append(Child(life))
        return children[-1]

    yield run
    for child in children:
        child.kill()


def gone(pid):
    """Whether a process has ended; one that nobody has waited for yet still has a number."""
    try:
        with open(f"/proc/{int(pid)}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_a_part_that_falls_is_started_again_with_the_memory_as_it_was(board, run):
    def life():
        if board.words[0] < 3:
            board.note(0)
            os.kill(os.getpid(), signal.SIGKILL)
        return board.play(0)

    program = run(board.supervise(Part("the sound", life)))
    until(lambda: board.words[0] == 4)
    os.kill(program.pid, signal.SIGTERM)
    assert program.status() == 0


def test_the_ordered_end_of_a_part_is_the_end_of_all(board, run):
    program = run(board.supervise(Part("the sound", lambda: board.play(0)),
                                  Part("the panel", lambda: board.note(2) or 0, ready=lambda: board.words[0])))
    assert program.status() == 0
    assert board.words[[0, 2]].tolist() == [1, 1]
    assert gone(board.words[1])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_the_panel_before_the_sound(board, run, number):
    """The panel saves what was learnt while the sound still plays."""

    def sound():
        board.play(0)
        board.words[20] = time.monotonic()
        return 0

    def panel():
        ended = []
        signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
        board.note(2)
        while not ended:
            time.sleep(0.001)
        time.sleep(0.05)        # saving
        board.words[21] = time.monotonic()
        return 0

    program = run(board.supervise(Part("the sound", sound), Part("the panel", panel)))
    until(lambda: board.words[0] and board.words[2])
    os.kill(program.pid, number)
    assert program.status() == 0
    assert 0 < board.words[21] < board.words[20]


def test_a_part_that_does_not_end_is_killed(board, run, monkeypatch):
    monkeypatch.setattr(supervisor.Part.end, "__defaults__", (0.1,))

    def deaf():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        board.note(2)
        while True:
            time.sleep(1.0)

    program = run(board.supervise(Part("the sound", lambda: board.play(0)), Part("the panel", deaf)))
    until(lambda: board.words[2])
    os.kill(program.pid, signal.SIGTERM)
    assert program.status() == 0
    assert gone(board.words[3])


def test_a_part_waits_until_it_may_start(board, run):
    run(board.supervise(Part("the sound", lambda: board.play(0)),
                        Part("the panel", lambda: board.play(2), ready=lambda: board.words[10])))
    until(lambda: board.words[0])
    time.sleep(0.02)
    assert board.words[2] == 0
    board.words[10] = 1
    until(lambda: board.words[2] == 1)


def test_the_users_mistake_ends_the_box_and_is_said_once(board, run, capfd):
    def mistaken():
        raise UserError("There is no such thing.")

    assert run(board.supervise(Part("the sound", mistaken))).status() == MISTAKE
    assert capfd.readouterr().err == "loopmind: There is no such thing.\n"


def test_what_falls_again_and_again_is_given_up(board, run):
    assert run(board.supervise(Part("the sound", lambda: board.note(0) or 1))).status() == 1
    assert board.words[0] == supervisor.FALLS


def test_falls_long_ago_count_no_more(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(supervisor.time, "monotonic", lambda: now[0])
    part, counted = Part("the sound", lambda: 0), []
    for now[0] in (0.0, 4.0, 9.0, 10.5, 14.5, 30.0):
        counted.append(part.fall())
    assert counted == [1, 2, 3, 3, 3, 1]


def test_mending_comes_before_the_next_start_and_knows_how_often(board, run):
    def mend(falls):
        board.words[20 + falls] = board.words[0]

    def life():
        if board.words[0] < 3:
            board.note(0)
            return 1
        return board.play(0)

    run(board.supervise(Part("the sound", life, mend=mend)))
    until(lambda: board.words[0] == 4)
    assert board.words[21:25].tolist() == [1, 2, 3, 0]


def test_a_missing_device_is_tried_for_as_long_as_it_takes(board, run):
    misses = 3 * supervisor.FALLS

    def life():
        if board.words[0] <= misses:
            board.note(0)
            return NO_DEVICE if board.words[0] <= misses else 1     # then one fall, which is only one
        return board.play(0)

    program = run(board.supervise(Part("the sound", life)))
    until(lambda: board.words[0] == misses + 2)
    os.kill(program.pid, signal.SIGTERM)
    assert program.status() == 0


def test_a_missing_device_is_not_asked_for_all_the_time(board, run, monkeypatch):
    monkeypatch.setattr(supervisor, "DEVICE_RETRY_S", 1e9)
    run(board.supervise(Part("the sound", lambda: board.play(0)),
                        Part("the panel", lambda: board.note(2) or NO_DEVICE)))
    until(lambda: board.words[0] and board.words[2])
    time.sleep(0.05)
    assert board.words[2] == 1


def test_no_part_outlives_a_supervisor_that_was_killed(board, run):
    program = run(board.supervise(Part("the sound", lambda: board.play(0)), Part("the panel", lambda: board.play(2))))
    until(lambda: board.words[0] and board.words[2])
    os.kill(program.pid, signal.SIGKILL)
    until(lambda: gone(board.words[1]) and gone(board.words[3]))


# The whole box

SOUND, PANEL = 0, 2         # on the board: how often each was started, and its id
ORDER, FAULT = 10, 11       # what the panel should do, and whether it shows a fault
NOTHING, NEXT, TURN = 0, 1, 2


class Robot:
    """In the place of the terminal: does what the test orders through the board."""

    PATIENCE_S = 0.002
    closed = False

    def __init__(self, box, board):
        self._box, self._board = box, board
        board.note(PANEL)

    def tick(self):
        words, panel = self._board.words, self._box.panel
        if words[ORDER] == NEXT:
            panel.step_preset(+1)
        if words[ORDER] == TURN:
            panel.put((0, "gain_db"), 0.75)
        words[ORDER], words[FAULT] = NOTHING, panel.fault != ""

    def close(self):
        pass


class LiveBox:
    """The box as `loopmind run` starts it, its sound going on only as far as the test lets it."""

    def __init__(self, config, exchange, board, run):
        self.exchange, self.board, self.tape = exchange, board, Tape(20 * RATE)
        self.program = run(lambda: box.run(config, self._open, lambda assembled, _: Robot(assembled, board)))
        self.play(0.1)
        until(lambda: board.words[PANEL] == 1)
        self.play(0.3)

    def _open(self):
        self.board.note(SOUND)
        words = self.exchange.words
        return Duplex(FileCapture(tone(TONE, level=0.1), RATE, PERIOD, loop=True, wait=in_step(words)),
                      FileSink(RATE, PERIOD, 2, self.tape))

    def play(self, seconds):
        """Let the sound go on; returns it."""
        words, before = self.exchange.words, len(self.tape.heard)
        words[shared.GRANTED] = words[shared.FRAMES] + round(seconds * RATE / PERIOD) * PERIOD
        until(lambda: words[shared.FRAMES] == words[shared.GRANTED])
        return self.tape.heard[before:, 0]

    def order(self, what):
        self.board.words[ORDER] = what
        until(lambda: self.board.words[ORDER] == NOTHING)

    def kill(self, place):
        """Kill a process; wait until it has been started again."""
        count = self.board.words[place]
        os.kill(int(self.board.words[place + 1]), signal.SIGKILL)
        until(lambda: self.board.words[place] > count)

    def end(self):
        os.kill(self.program.pid, signal.SIGTERM)
        assert self.program.status() == 0


def envelope(sound):
    """The peak of every period of the tone."""
    return np.abs(sound[:len(sound) // TONE * TONE]).reshape(-1, TONE).max(axis=1)


@pytest.fixture
def live(config, exchange, board, run, monkeypatch):
    monkeypatch.setattr(box, "make_exchange", lambda config: exchange)
    monkeypatch.setattr(memory, "WAIT_S", 0.05)
    config.box.preset = "Clean"
    config.selector.emotions = ("plain", "quiet")       # with no offsets of the factory's
    return LiveBox(config, exchange, board, run)


def test_the_sound_goes_on_while_the_panel_is_killed_and_comes_back(live):
    whole = [live.play(0.1)]
    os.kill(int(live.board.words[PANEL + 1]), signal.SIGKILL)
    whole.append(live.play(0.3))                        # with no panel at all, perhaps
    until(lambda: live.board.words[PANEL] == 2)
    whole.append(live.play(0.3))                        # and while the new panel's chain fades in
    heard = envelope(np.concatenate(whole))
    assert heard == pytest.approx(0.1 * 10 ** (-6 / 20), rel=0.02), "every 2.5 ms of it as loud as ever"
    assert live.board.words[SOUND] == 1
    live.order(TURN)
    live.play(0.1)
    assert envelope(live.play(0.1)).max() == pytest.approx(0.1 * 10 ** (12 / 20), rel=0.02), "and the knobs turn again"
    live.end()


def test_the_panel_comes_back_as_it_was_left(live, config):
    live.order(TURN)
    state = config.box.home / "state.json"
    until(lambda: state.is_file() and "0.75" in state.read_text())
    live.kill(PANEL)
    live.play(0.3)
    assert envelope(live.play(0.1)).max() == pytest.approx(0.1 * 10 ** (12 / 20), rel=0.02)


def test_the_sound_comes_back_with_the_same_chain_when_it_is_killed(live):
    live.order(TURN)
    live.play(0.2)
    before = envelope(live.play(0.1))
    live.kill(SOUND)
    after = envelope(live.play(0.1))
    assert after[1:] == pytest.approx(before[0], rel=0.02), "from the first period on, with the knob as it was turned"
    assert live.board.words[PANEL] == 1, "the panel has not noticed"
    live.end()


def test_a_chain_that_kills_the_sound_three_times_is_left_out_until_the_next_preset(live):
    for fall in range(3):
        live.play(0.05)
        live.kill(SOUND)
    live.play(0.1)
    assert envelope(live.play(0.1)) == pytest.approx(0.1, rel=0.01), "dry"
    until(lambda: live.board.words[FAULT])
    assert live.exchange.fault.startswith("The sound fell several times")
    live.order(NEXT)
    live.order(NEXT)
    live.order(NEXT)                                    # round to the one that was left out
    live.play(0.3)
    until(lambda: not live.board.words[FAULT])
    assert live.exchange.fault == ""
    live.end()


def test_in_the_end_everything_is_on_the_disk(live, config):
    live.order(TURN)
    live.end()
    home = config.box.home
    assert (home / "state.json").is_file()
    assert list((home / "profiles").glob("*.json")) and list((home / "logs").glob("*.log"))
    assert '"adjust"' in next((home / "logs").glob("*.log")).read_text()
