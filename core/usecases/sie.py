"""SIE tools over a file on disk: check it, sum it up."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from core.errors import UsageError
from core.i18n import _
from core.sie.file import SieFile
from core.sie.reader import LARGEST_FILE, read
from core.sie.summary import summary


@dataclass(frozen=True, slots=True)
class SieReport:
    """A checked file."""

    path: Path
    sie: SieFile

    @property
    def ok(self) -> bool:
        """Whether there is no fatal finding and no error."""
        return not any(finding.severity in {"fatal", "error"} for finding in self.sie.findings)


async def check_file(path: Path) -> SieReport:
    """Read a file and everything that is wrong with it.

    Raises:
        UsageError: ``file_missing``, when there is no such file or it cannot be opened.
    """
    return SieReport(path, await asyncio.to_thread(_read, path))


async def summarise_file(path: Path) -> dict[str, object]:
    """A file in the form of contract.md's ``sie summary``.

    Raises:
        UsageError: ``file_missing``.
        Refused: ``not_sie`` or ``sie_fatal``.
    """
    return await asyncio.to_thread(lambda: summary(_read(path)))


def _read(path: Path) -> SieFile:
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            data = file.read(min(size, LARGEST_FILE) + 1)
    except OSError as error:
        raise UsageError(
            "file_missing",
            _("The file cannot be read."),
            _("{path}: {reason}").format(path=path, reason=error.strerror or str(error)),
            _("Check the name and that you may read the file."),
        ) from error
    return read(data, name=path.name)
