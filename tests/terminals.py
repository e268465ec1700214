"""The real interface in a pseudo-terminal of its own, for tests that end it from outside."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from core.config import Settings

_ROOT = Path(__file__).resolve().parents[1]
_PATIENCE = 40.0
_ESCAPES = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")


class Program:
    """``brygga`` over a data directory, 80 columns by 24 lines, as anna."""

    def __init__(self, settings: Settings) -> None:
        self.master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        env = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        env |= {"TERM": "xterm-256color", "LANG": "C.UTF-8"}
        place = ["--config", str(settings.config_file), "--data-dir", str(settings.data_dir)]
        self.process = subprocess.Popen(
            [sys.executable, str(_ROOT / "brygga.py"), "--as", "anna", *place],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=env,
            start_new_session=True,
        )
        os.close(slave)
        self.sent = b""

    @property
    def text(self) -> str:
        """Everything shown since the last key, without colours and places."""
        return _ESCAPES.sub(b" ", self.sent).decode(errors="replace")

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Read until it has come so far, so that the program is never held up by a full terminal."""
        deadline = time.monotonic() + _PATIENCE
        while not condition():
            self._read()
            if time.monotonic() > deadline or self.process.poll() is not None:
                pytest.fail(f"waited in vain for {what}: {self.text[-1500:]}")

    def _read(self) -> None:
        while select.select([self.master], [], [], 0.05)[0]:
            try:
                piece = os.read(self.master, 65536)
            except OSError:
                return
            if not piece:
                return
            self.sent += piece

    def press(self, keys: str, shows: str) -> None:
        """Send keys and wait for what they show, in however many pieces it is painted."""
        self.sent = b""
        os.write(self.master, keys.encode())
        wanted = "".join(shows.split())
        self.until(lambda: wanted in "".join(self.text.split()), shows)

    def signalled(self, number: signal.Signals) -> int:
        """The exit code after the signal; a hung-up terminal is closed first, and then Python's own code may come."""
        if number is signal.SIGHUP:
            os.close(self.master)
        self.process.send_signal(number)
        return self.process.wait(_PATIENCE)

    def end(self) -> None:
        """However it ended."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()
        with contextlib.suppress(OSError):
            os.close(self.master)
