"""The panel played from a terminal: keys to pins, pixels to dots, and the program as a player starts it."""

import io
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from fcntl import ioctl
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image
from rich.console import Console

from firmware.terminal import Terminal, braille, meter
from tests.stage import LONGEST_S, RATE, tone, until

ROOT = Path(__file__).resolve().parent.parent


# Pictures

@pytest.mark.parametrize("x, y, dots", [(0, 0, 0x01), (0, 1, 0x02), (0, 2, 0x04), (1, 0, 0x08), (1, 1, 0x10),
                                        (1, 2, 0x20), (0, 3, 0x40), (1, 3, 0x80)])
def test_every_pixel_has_its_dot(x, y, dots):
    image = Image.new("1", (128, 64))
    image.putpixel((2 * 5 + x, 4 * 3 + y), 1)
    lines = braille(image).split("\n")
    assert [len(line) for line in lines] == [64] * 16
    assert lines[3][5] == chr(0x2800 + dots)
    assert sum(cell != "\u2800" for line in lines for cell in line) == 1


def test_a_full_picture_is_all_dots():
    assert set(braille(Image.new("1", (128, 64), 1))) == {"\u28ff", "\n"}


@pytest.mark.parametrize("peak, full, style", [(0.0, 0, "green"), (0.001, 0, "green"), (10 ** (-30 / 20), 8, "green"),
                                               (0.7, 15, "yellow"), (0.966, 16, "red"), (4.0, 16, "red")])
def test_the_meter_shows_60_db(peak, full, style):
    assert meter(peak, 16) == ("█" * full + "░" * (16 - full), style)


# Keys

class Keyboard:
    """A terminal on a stage, its keys typed by the test."""

    def __init__(self, stage, monkeypatch):
        self.stage = stage
        monkeypatch.setattr("firmware.terminal.time", SimpleNamespace(monotonic=stage.clock))
        ours, self._keys = os.pipe()
        self.terminal = Terminal(stage.box, stage.exchange, ours)

    def type(self, keys, seconds=0.2):
        os.write(self._keys, keys if isinstance(keys, bytes) else keys.encode())
        for _ in range(round(seconds / 0.01)):
            self.terminal.tick()
            self.stage.run(0.01)

    def hang_up(self):
        os.close(self._keys)
        self.terminal.tick()


@pytest.fixture
def keyboard(stage, monkeypatch):
    keyboard = Keyboard(stage, monkeypatch)
    yield keyboard
    keyboard.terminal.close()


@pytest.mark.parametrize("key, way", [("e", +1), ("d", -1)])
@pytest.mark.parametrize("encoder, knob", [(1, ("boost", "gain_db")), (2, ("overdrive", "drive_db")), (3, ("delay", "mix"))])
def test_keys_turn_the_encoders(keyboard, key, way, encoder, knob):
    key = {"e": "wert", "d": "sdfg"}[key][encoder]
    before = keyboard.stage.raw(*knob)
    keyboard.type(key)
    assert keyboard.stage.raw(*knob) == pytest.approx(before + way * 0.01)
    keyboard.type(key.upper())
    assert keyboard.stage.raw(*knob) == pytest.approx(before + way * 0.011), "capitals turn finely"


def test_keys_push_the_encoders(keyboard):
    stage = keyboard.stage
    keyboard.type("z")
    assert stage.panel.page == "edit"
    keyboard.type("Z", 1.0)
    assert stage.panel.page == "play"
    before = stage.raw("delay", "mix")
    keyboard.type("r")
    keyboard.type("t")
    keyboard.type("C", 1.0)
    assert stage.raw("delay", "mix") != before
    keyboard.type("V", 1.0)
    assert stage.raw("delay", "mix") == pytest.approx(before)


def test_keys_press_the_footswitches(keyboard):
    panel = keyboard.stage.panel
    keyboard.type("u")
    assert panel.bypassed
    keyboard.type("i")
    assert panel.view().message.startswith("Nothing learnt")
    keyboard.type("I", 1.0)
    assert not panel.learning
    keyboard.type("o")
    assert panel.preset.name == "Clean"
    keyboard.type("O", 1.0)
    assert panel.view().message == "Saved"


def test_digits_choose_the_emotion(keyboard):
    panel = keyboard.stage.panel
    for digit, emotion in (("2", "dreamy"), ("8", "melancholy"), ("1", "calm")):
        keyboard.type(digit)
        assert panel.emotion == emotion
    keyboard.type("9")
    assert panel.emotion == "calm", "there is no ninth"


@pytest.mark.parametrize("keys", [b"\x1b[C", b"\x1b[D", b"\x1bOC", b"\x1b[1;5C", b"\x1b[3~", b"\x1b", "²³¹ä€".encode(), b"\xb2\n\t\x00kq"])
def test_other_keys_do_nothing(keyboard, keys):
    before = keyboard.stage.view()
    keyboard.type(keys, 1.0)
    assert keyboard.stage.view() == before and not keyboard.terminal.closed


def test_the_end_of_the_keyboard_is_the_end(keyboard):
    keyboard.type("w")
    assert not keyboard.terminal.closed
    keyboard.hang_up()
    assert keyboard.terminal.closed


def test_ctrl_d_is_the_end(keyboard):
    keyboard.type(b"\x04")
    assert keyboard.terminal.closed


def drawn(terminal):
    """The terminal's screen as text."""
    console = Console(file=io.StringIO(), width=80, height=24)
    console.print(terminal._picture())
    return console.file.getvalue()


def test_the_whole_box_fits_into_80_x_24(keyboard):
    keyboard.type("2")
    picture = drawn(keyboard.terminal)
    lines = picture.rstrip("\n").split("\n")
    assert len(lines) <= 24 and max(map(len, lines)) <= 80
    for row in braille(keyboard.stage.display.image).split("\n"):
        assert row in picture
    assert "● learn" in picture and "○ style" in picture and "● effects" in picture
    assert "2dreamy" in picture and "8melancholy" in picture and "xruns 0" in picture
    levels = next(line for line in lines if line.startswith(" in "))
    assert levels.count("█") > 20, "a tone of -20 dB on three meters"


def test_without_a_display_the_terminal_says_so(make_stage, config, monkeypatch):
    config.hardware.display = "none"
    keyboard = Keyboard(make_stage(), monkeypatch)
    keyboard.type("e")
    assert "no display" in drawn(keyboard.terminal)
    keyboard.terminal.close()


# The program

class Program:
    """`python -m firmware run --sim`, with a terminal of its own, or with none."""

    def __init__(self, home, arguments=()):
        self.home = home / ".loopmind"
        command = [sys.executable, "-P", "-m", "firmware", "run", "--sim", *arguments]
        environment = {**os.environ, "HOME": str(home), "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "100",
                       "LINES": "40"}
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.chdir(home)
            os.execve(sys.executable, command, environment)
        ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
        self.settings = termios.tcgetattr(self.master)
        self.screen = b""

    def read(self, seconds=0.05):
        if select.select([self.master], [], [], seconds)[0]:
            try:
                self.screen += os.read(self.master, 65536)
            except OSError:
                pass                    # the other side has closed

    def shows(self, what):
        """Wait until something new has been drawn."""
        deadline = time.monotonic() + LONGEST_S
        while what not in self.screen:
            assert time.monotonic() < deadline, self.screen[-3000:]
            self.read()
        self.screen = self.screen.partition(what)[2]

    def writes(self, name, what):
        """Wait until a file in its home says something."""
        path, deadline = self.home / name, time.monotonic() + LONGEST_S
        while not path.is_file() or what not in path.read_text():
            assert time.monotonic() < deadline
            self.read()

    def type(self, keys):
        os.write(self.master, keys)

    def status(self):
        deadline = time.monotonic() + LONGEST_S
        while True:
            self.read()
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
            assert time.monotonic() < deadline, "it does not end"

    def close(self):
        try:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass
        os.close(self.master)


@pytest.fixture
def recording(tmp_path, machine_code):
    import soundfile
    path = tmp_path / "take.wav"
    soundfile.write(path, tone(RATE), RATE)
    return path


@pytest.fixture
def program(tmp_path, recording):
    program = Program(tmp_path, ["--input", str(recording)])
    yield program
    program.close()


def test_the_box_in_a_terminal_from_the_first_key_to_sigterm(program):
    program.shows(b"\x1b[7mcalm")
    settings = termios.tcgetattr(program.master)
    assert not settings[3] & (termios.ECHO | termios.ICANON), "keys come singly and unseen"
    program.type(b"2")
    program.shows(b"\x1b[7mdreamy")
    program.shows("█".encode())         # the meters move
    program.type(b"e" * 5)
    program.writes("state.json", '"dreamy": [[')    # a second after the last turn
    os.kill(program.pid, signal.SIGTERM)
    assert program.status() == 0
    assert termios.tcgetattr(program.master) == program.settings
    assert program.screen.rstrip().endswith(b"\x1b[?1049l\x1b[?25h"), "the screen is given back, with its cursor"
    state = json.loads((program.home / "state.json").read_text())
    assert state["edited"] and set(state["touches"]) == {"dreamy"}
    log, = (program.home / "logs").glob("*.log")
    assert '"adjust"' in log.read_text()
    profile = json.loads((program.home / "profiles" / "Me.json").read_text())
    assert profile["emotion"], "the session was learnt"


def test_a_panel_that_is_killed_comes_back_in_the_same_terminal_and_ctrl_c_ends_it(program):
    program.shows(b"\x1b[7mcalm")
    sound, panel = Path(f"/proc/{program.pid}/task/{program.pid}/children").read_text().split()
    os.kill(int(panel), signal.SIGKILL)
    program.shows(b"\x1b[?1049h")       # another screen is begun
    program.shows(b"\x1b[7mcalm")
    program.type(b"3")
    program.shows(b"\x1b[7mwarm")
    program.type(b"\x03")
    assert program.status() == 0
    assert termios.tcgetattr(program.master) == program.settings
    assert (program.home / "state.json").is_file()


def test_without_a_terminal_the_box_runs_until_sigterm(tmp_path, recording):
    with subprocess.Popen([sys.executable, "-P", "-m", "firmware", "run", "--sim", "--input", str(recording)],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          env={**os.environ, "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}) as process:
        try:
            # Both processes are up when the panel has written down how it stands.
            until(lambda: (tmp_path / ".loopmind" / "state.json").exists() or process.poll() is not None)
            (tmp_path / ".loopmind" / "state.json").unlink()
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=LONGEST_S)
        finally:
            process.kill()
    assert (process.returncode, out) == (0, "")
    assert err == "loopmind: no terminal here, so nobody plays the panel; the box runs until SIGTERM\n"
    state = json.loads((tmp_path / ".loopmind" / "state.json").read_text())
    assert state["preset"]["name"] == "Clean Room"
    assert (tmp_path / ".loopmind" / "profiles" / "Me.json").is_file()
