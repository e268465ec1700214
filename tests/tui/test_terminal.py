"""The real program on a pseudo-terminal: what it sends, and how it leaves the terminal behind."""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 30.0
LEFT_ALTERNATE_SCREEN = b"\x1b[?1049l"
SHOWN_CURSOR = b"\x1b[?25h"


class Terminal:
    """The master side of the program's terminal."""

    def __init__(self, master: int, process: subprocess.Popen[bytes]) -> None:
        self.master = master
        self.process = process
        self.sent = b""

    def read(self, quiet: float) -> bytes:
        """What comes until nothing has come for ``quiet`` seconds."""
        came = b""
        while select.select([self.master], [], [], quiet)[0]:
            try:
                piece = os.read(self.master, 65536)
            except OSError:
                break
            if not piece:
                break
            came += piece
        self.sent += came
        return came

    def until(self, marker: bytes) -> None:
        """Read until the marker has come."""
        while marker not in self.sent:
            if not self.read(0.2) and (self.process.poll() is not None or not self._more()):
                pytest.fail(f"{marker!r} did not come: {self.sent[-400:]!r}")

    def _more(self) -> bool:
        return bool(select.select([self.master], [], [], PATIENCE)[0])

    def press(self, keys: bytes) -> bytes:
        """Send keys; what came in answer."""
        os.write(self.master, keys)
        return self.read(0.4)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """brygga on an empty data directory, in a terminal of 80 by 24."""
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    env = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    env |= {"TERM": "xterm-256color", "BRYGGA_DATA_DIR": str(tmp_path / "data"), "LANG": "C.UTF-8"}
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "brygga.py")],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=env,
        start_new_session=True,
    )
    os.close(slave)
    try:
        shown = Terminal(master, process)
        shown.until(b"lkommen")
        shown.read(1.0)
        yield shown
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        process.wait()
        with contextlib.suppress(OSError):
            os.close(master)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_the_terminal_as_it_was(terminal: Terminal, number: signal.Signals) -> None:
    terminal.process.send_signal(number)
    terminal.until(LEFT_ALTERNATE_SCREEN)
    assert terminal.process.wait(PATIENCE) == 128 + number
    assert SHOWN_CURSOR in terminal.sent


def test_a_closed_terminal_ends_the_program(terminal: Terminal) -> None:
    os.close(terminal.master)
    terminal.process.send_signal(signal.SIGHUP)
    assert terminal.process.wait(PATIENCE) is not None


def test_idle_sends_no_bytes(terminal: Terminal) -> None:
    assert terminal.read(2.0) == b""


def test_q_ends_with_0_and_leaves_the_terminal_as_it_was(terminal: Terminal) -> None:
    terminal.press(b"q")
    assert terminal.process.wait(PATIENCE) == 0
    terminal.read(0.2)
    assert LEFT_ALTERNATE_SCREEN in terminal.sent


def test_the_mouse_stays_with_the_terminal_so_that_it_can_select_text(terminal: Terminal) -> None:
    assert b"\x1b[?1000h" not in terminal.sent
