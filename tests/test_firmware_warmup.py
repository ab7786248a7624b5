"""What is told while the effects compile."""

import io

from rich.console import Console

from firmware.warmup import shown

NAMES = [f"effect {number}" for number in range(20)]


def told(terminal):
    console = Console(file=io.StringIO(), force_terminal=terminal, width=80)
    assert list(shown(NAMES, console)) == NAMES
    return console.file.getvalue()


def test_without_a_terminal_a_plain_line_now_and_then():
    """A service's log, an installation over ssh: silence for minutes would look like a fault."""
    assert told(False).splitlines() == [f"compiling the effects, once: {number} of 20" for number in (0, 8, 16)]


def test_in_a_terminal_a_bar():
    text = told(True)
    assert "compiling the effects, once" in text and "\x1b[" in text and "8 of 20" not in text
