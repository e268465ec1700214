"""How a use case tells of its progress: small records through a callback, never prints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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


Report: TypeAlias = Callable[[Progress], None]


def silent(progress: Progress) -> None:
    """Nobody looks."""
