"""stub"""

from __future__ import annotations

from collections.abc import Callable

from core.sie.file import SieFile


class FastReader:
    def __init__(self, sie: SieFile, careful: Callable[[int, int, int], None]) -> None:
        self._careful = careful

    def read(self, at: int, end: int, line: int) -> None:
        self._careful(at, end, line)
