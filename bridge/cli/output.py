"""The only writer to stdout and stderr. stdout is data, stderr is narration.

With ``--json`` every answer is one JSON document on one line; without, it is text for people. Progress shows
only when stderr is a terminal. Foreign text loses control characters here once more.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TextIO

from bridge.cli.exits import error_answer
from core.errors import BryggaError
from core.i18n import _
from core.text import clean

ERASE_LINE = "\r\x1b[K"


class Output:
    """Writes answers, narration and errors of one command."""

    def __init__(self, *, json: bool, out: TextIO | None = None, err: TextIO | None = None) -> None:
        self.json = json
        self._out = out or sys.stdout
        self._err = err or sys.stderr
        self._progress_shown = False

    def answer(self, record: object, lines: Callable[[], Iterable[str]]) -> None:
        """Print the answer: the record as JSON, or the lines that ``lines`` makes for people."""
        if self.json:
            self.record(record)
        else:
            shown = [clean(line, None) for line in lines()]
            if shown:
                self._write(self._out, "\n".join(shown))

    def record(self, record: object) -> None:
        """One JSON document on one line, flushed."""
        import msgspec

        self._write(self._out, msgspec.json.encode(record).decode())

    def line(self, text: str = "") -> None:
        """One line of text on stdout, flushed."""
        self._write(self._out, clean(text, None))

    def raw(self, text: str) -> None:
        """A document whose line breaks are its own (TOML, csv)."""
        self._write(self._out, text.removesuffix("\n"))

    def data(self, content: bytes) -> None:
        """A binary document."""
        self._out.flush()
        self._out.buffer.write(content)
        self._out.buffer.flush()

    def narrate(self, text: str) -> None:
        """Tell a person what is happening; never part of the answer."""
        self._erase_progress()
        self._write(self._err, clean(text, None))

    def progress(self, text: str) -> None:
        """Replace the progress line; nothing where stderr is no terminal, or one that cannot erase a line."""
        if self._err.isatty() and os.environ.get("TERM") != "dumb":
            self._err.write(ERASE_LINE + clean(text, 78))
            self._err.flush()
            self._progress_shown = True

    def end_progress(self) -> None:
        """Take the progress line away."""
        self._erase_progress()
        self._err.flush()

    def error(self, error: BryggaError) -> None:
        """The three lines on stderr, and with ``--json`` the error record on stdout."""
        self._erase_progress()
        message = error.message or _("brygga could not go on.")
        hint = error.hint or _("The log has the details; brygga paths shows where it lies.")
        for text in (error.title, message, hint):
            self._write(self._err, clean(text, None))
        if self.json:
            self.record(error_answer(error))

    def _erase_progress(self) -> None:
        if self._progress_shown:
            self._err.write(ERASE_LINE)
            self._progress_shown = False

    @staticmethod
    def _write(stream: TextIO, text: str) -> None:
        stream.write(text + "\n")
        stream.flush()


def prepare_streams() -> None:
    """UTF-8 on stdout and stderr whatever the locale, no crash on a character that cannot be shown.

    A stream that was closed before the start leads to nothing.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            nothing = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115 lives as long as the process
            setattr(sys, name, nothing)
        elif mode == "w" and hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def silence_stdout() -> None:
    """Point stdout at nothing after it failed, so that the interpreter's last flush is quiet."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
