"""The terminal as it behaves over SSH and in windows that people close: it may be gone at any moment."""

from __future__ import annotations

from typing import IO, Any, Final

from textual.drivers.linux_driver import LinuxDriver

_GONE: Final = (OSError, ValueError)
"""What writing to a terminal that is gone, or to its closed file, raises."""


class Lasting:
    """The terminal's file. What is written after the terminal has gone is lost, and nobody waits for it.

    Textual's writing thread would die of the first error, its queue fill up, and the program never end.
    """

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, text: str) -> int:
        """Write, if there is still somebody to read it."""
        try:
            return self._file.write(text)
        except _GONE:
            return len(text)

    def flush(self) -> None:
        """Flush, if there is still somebody to read it."""
        try:
            self._file.flush()
        except _GONE:
            return

    def fileno(self) -> int:
        """The file's descriptor."""
        return self._file.fileno()

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return self._file.isatty()


class Terminal(LinuxDriver):
    """Textual's driver, for a terminal that may be gone."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        assert self._file is not None
        self._file = Lasting(self._file)  # type: ignore[assignment] # all that its writing thread asks for

    def _sigcont_application(self, *arguments: Any) -> None:
        """Resume what was suspended; a closed window sends SIGCONT too, with nothing to resume."""
        if self._must_signal_resume:
            super()._sigcont_application(*arguments)
