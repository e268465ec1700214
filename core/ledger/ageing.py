"""What a reader asks of open items: how old they are, which claims are doubtful, who stands on the wrong side."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from core.model import OpenItem
from core.money import Ore

LIMITS = (0, 30, 60, 90)
"""The upper limits, in days overdue, of all ageing buckets but the last."""

OLD_CLAIM_DAYS = 90


@dataclass(frozen=True, slots=True)
class Bucket:
    """Open items between two ages. Days overdue from ``from_days`` to ``to_days``, both included."""

    from_days: int | None
    """None: not due yet (or due on the day itself)."""
    to_days: int | None
    """None: no upper limit."""
    total: Ore
    items: int


@dataclass(frozen=True, slots=True)
class WrongSide:
    """A customer in credit or a supplier in debit: shown as a reclassification, never as a difference."""

    party: str
    name: str
    amount: Ore
    """How much to reclassify, positive."""
    items: int


def days_overdue(item: OpenItem, on: date) -> int:
    """Days past the due date when ``on`` ended; 0 or less when not overdue or without a due date."""
    return (on - item.due_date).days if item.due_date is not None else 0


def ageing(items: Iterable[OpenItem], on: date) -> list[Bucket]:
    """Five buckets (åldersanalys): not due, 1-30, 31-60, 61-90 and over 90 days overdue."""
    sums = [[0, 0] for _limit in (*LIMITS, None)]
    for item in items:
        overdue = days_overdue(item, on)
        bucket = sums[sum(overdue > limit for limit in LIMITS)]
        bucket[0] += item.open
        bucket[1] += 1
    edges: list[tuple[int | None, int | None]] = [(None, 0)]
    edges += [(low + 1, high) for low, high in pairwise(LIMITS)]
    edges.append((LIMITS[-1] + 1, None))
    return [Bucket(low, high, total, count) for (low, high), (total, count) in zip(edges, sums, strict=True)]


def old_claims(items: Iterable[OpenItem], on: date, days: int = OLD_CLAIM_DAYS) -> list[OpenItem]:
    """Claims more than ``days`` days overdue (doubtful until somebody has looked), oldest first."""
    old = [item for item in items if item.open > 0 and days_overdue(item, on) > days]
    return sorted(old, key=lambda item: -days_overdue(item, on))


def wrong_side(items: Iterable[OpenItem]) -> list[WrongSide]:
    """Customers whose items sum to a debt, suppliers whose items sum to a claim; largest first."""
    by_party: dict[str, list[OpenItem]] = {}
    for item in items:
        key = item.name if item.kind == "tax_reduction" else item.party or item.name
        by_party.setdefault(key, []).append(item)
    found = [
        WrongSide(party, of_party[0].name, -total, len(of_party))
        for party, of_party in by_party.items()
        if (total := sum(item.open for item in of_party)) < 0
    ]
    return sorted(found, key=lambda party: (-party.amount, party.party))
