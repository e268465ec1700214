"""Engagements: one client's one fiscal year."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from operator import itemgetter
from typing import Any

from msgspec.json import Decoder

from core.model import FiscalYear
from core.register import Engagement, SourceKind
from core.store.bulk import fetch
from core.store.database import Transaction

_FIELDS = "id, client_id, from_date, to_date, source, locked"
_MANY = Decoder(list[tuple[str, str, str, str, str, int]])
_SOURCES = {source.value: source for source in SourceKind}


def insert(tx: Transaction, engagement: Engagement) -> None:
    """Add an engagement.

    Raises:
        sqlite3.IntegrityError: the client has that year already.
    """
    tx.execute(
        f"INSERT INTO engagements ({_FIELDS}) VALUES (:id, :client_id, :from_date, :to_date, :source, :locked)",
        {
            "id": engagement.id,
            "client_id": engagement.client_id,
            "from_date": engagement.year.from_date.isoformat(),
            "to_date": engagement.year.to_date.isoformat(),
            "source": engagement.source,
            "locked": engagement.locked,
        },
    )


def set_source(tx: Transaction, engagement_id: str, source: SourceKind) -> None:
    """Choose where the books come from."""
    tx.execute(
        "UPDATE engagements SET source = :source WHERE id = :id", {"source": source, "id": engagement_id}
    )


def set_locked(tx: Transaction, engagement_id: str, *, locked: bool) -> None:
    """Sign off, or open again."""
    tx.execute(
        "UPDATE engagements SET locked = :locked WHERE id = :id", {"locked": locked, "id": engagement_id}
    )


def get(tx: Transaction, engagement_id: str) -> Engagement | None:
    """The engagement, or None."""
    row = tx.execute(f"SELECT {_FIELDS} FROM engagements WHERE id = :id", {"id": engagement_id}).fetchone()
    return _engagement(row) if row else None


def every(tx: Transaction, client_id: str | None = None) -> list[Engagement]:
    """All engagements, or one client's, the latest year first."""
    source = "FROM engagements WHERE :client_id IS NULL OR client_id = :client_id"
    rows = fetch(tx, _FIELDS, source, _MANY, {"client_id": client_id})
    rows.sort(key=itemgetter(3), reverse=True)
    rows.sort(key=itemgetter(1))
    return [_engagement(row) for row in rows]


def _engagement(row: Iterable[Any]) -> Engagement:
    number, client_id, from_date, to_date, source, locked = row
    return Engagement(number, client_id, _year(from_date, to_date), _SOURCES[source], bool(locked))


@lru_cache(maxsize=256)
def _year(from_date: str, to_date: str) -> FiscalYear:
    """One object a year: a firm's clients share few."""
    return FiscalYear(date.fromisoformat(from_date), date.fromisoformat(to_date))
