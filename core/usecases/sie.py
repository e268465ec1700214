"""SIE tools over a file on disk: check it, sum it up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.files import read_regular_file
from core.sie.file import SieFile
from core.sie.reader import LARGEST_FILE, Step, read_steps
from core.sie.report import is_ok, report_lines
from core.sie.summary import summary
from core.usecases.progress import Progress, Report, silent

_TOLD_FROM = 2_000_000
"""Bytes from which a reading tells of its progress."""

_PARTS = 50
"""How often it tells."""


@dataclass(frozen=True, slots=True)
class SieReport:
    """A checked file."""

    path: Path
    sie: SieFile

    @property
    def ok(self) -> bool:
        """Whether there is no fatal finding and no error."""
        return is_ok(self.sie)

    def lines(self) -> list[str]:
        """The report for people, the worst finding first."""
        return list(report_lines(str(self.path), self.sie))


async def check_file(path: Path, *, largest: int = LARGEST_FILE, progress: Report = silent) -> SieReport:
    """Read a file and everything that is wrong with it.

    Raises:
        UsageError: ``file_missing``, when there is no such file, it is no ordinary one or it cannot be opened.
        Refused: ``not_sie``, when it is larger than ``largest`` bytes.
    """
    return SieReport(path, await _read(path, largest, progress))


async def summarise_file(
    path: Path, *, largest: int = LARGEST_FILE, progress: Report = silent
) -> dict[str, object]:
    """A file in the form of contract.md's ``sie summary``.

    Raises:
        UsageError: ``file_missing``.
        Refused: ``not_sie`` or ``sie_fatal``.
    """
    return summary(await _read(path, largest, progress))


async def _read(path: Path, largest: int, progress: Report) -> SieFile:
    loop = asyncio.get_running_loop()

    def tell(step: Progress) -> None:
        loop.call_soon_threadsafe(progress, step)

    return await asyncio.to_thread(_read_now, path, largest, tell)


def _read_now(path: Path, largest: int, tell: Callable[[Progress], None]) -> SieFile:
    data = read_regular_file(path, largest)
    steps = read_steps(data, name=path.name, largest=largest)
    told = 0
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            sie: SieFile = end.value
            return sie
        told = _tell(step, told, tell)


def _tell(step: Step, told: int, tell: Callable[[Progress], None]) -> int:
    part = step.done * _PARTS // step.size
    if part > told and step.size >= _TOLD_FROM:
        tell(Progress("sie", part, _PARTS))
    return max(part, told)
