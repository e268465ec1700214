"""How a use case tells of its progress: small records through a callback, never prints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a use case stands. ``phase`` is a code that the front end has a word for.

    Import: company year sie customer_ledger supplier_ledger checks save. Export: check send verify.
    """

    phase: str
    step: int
    """1-based."""
    steps: int
    detail: str = ""
    waiting: bool = False
    """Waiting for Fortnox's request limit or answer."""
    requests: int = 0
    """Requests sent so far."""
    received: int = 0
    """Bytes received so far."""
    seconds: int = 0
    """Seconds until a voucher without receipt is looked up, while that is waited for."""


Report: TypeAlias = Callable[[Progress], None]


def silent(progress: Progress) -> None:
    """Nobody looks."""


FIRST = Progress("company", 1, 1)


class Teller:
    """Passes progress on with the traffic so far, and tells of waiting in the phase that waits."""

    def __init__(self, report: Report, first: Progress = FIRST) -> None:
        self._report = report
        self._last = first
        self.traffic: Callable[[], tuple[int, int]] = lambda: (0, 0)
        """(requests, bytes) so far."""

    def __call__(self, progress: Progress) -> None:
        """Tell where the use case stands."""
        requests, received = self.traffic()
        self._last = replace(progress, requests=requests, received=received)
        self._report(self._last)

    def wait(self, _seconds: float) -> None:
        """Tell that the phase waits for Fortnox."""
        self(replace(self._last, waiting=True))
