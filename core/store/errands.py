"""What files that have come in still have to do at Fortnox: vouchers to post, documents to upload."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from core.clock import parse_rfc3339, rfc3339
from core.store.database import Transaction

_FIELDS = "job_id, client_id, kind, details, since, due_at, tries, sent_at"


class ErrandKind(StrEnum):
    """What is to be done."""

    EXPORT = "export"
    UPLOAD = "upload"


@dataclass(frozen=True, slots=True)
class Errand:
    """One file's errand, kept until its outcome is certain."""

    job_id: str
    client_id: str
    kind: ErrandKind
    details: dict[str, Any]
    since: datetime
    due_at: datetime
    """When it is tried the next time."""
    tries: int = 0
    sent_at: datetime | None = None
    """Since when an upload may stand at Fortnox; None while it certainly does not."""


def put(tx: Transaction, errand: Errand) -> None:
    """Keep an errand, or its new state."""
    tx.execute(
        f"INSERT OR REPLACE INTO exchange_errands ({_FIELDS}) VALUES (:job_id, :client_id, :kind, :details, :since,"
        " :due_at, :tries, :sent_at)",
        {
            "job_id": errand.job_id,
            "client_id": errand.client_id,
            "kind": errand.kind,
            "details": msgspec.json.encode(errand.details).decode(),
            "since": rfc3339(errand.since),
            "due_at": rfc3339(errand.due_at),
            "tries": errand.tries,
            "sent_at": rfc3339(errand.sent_at) if errand.sent_at else None,
        },
    )


def remove(tx: Transaction, job_id: str) -> None:
    """The errand has come to its end."""
    tx.execute("DELETE FROM exchange_errands WHERE job_id = :id", {"id": job_id})


def get(tx: Transaction, job_id: str) -> Errand | None:
    """The file's errand, or None when it has none left."""
    row = tx.execute(f"SELECT {_FIELDS} FROM exchange_errands WHERE job_id = :id", {"id": job_id}).fetchone()
    return _errand(row) if row else None


def every(tx: Transaction, client_id: str | None = None) -> list[Errand]:
    """All errands, or one client's, the oldest first."""
    rows = tx.execute(
        f"SELECT {_FIELDS} FROM exchange_errands WHERE :id IS NULL OR client_id = :id ORDER BY job_id",
        {"id": client_id},
    )
    return [_errand(row) for row in rows]


def _errand(row: sqlite3.Row) -> Errand:
    return Errand(
        row["job_id"],
        row["client_id"],
        ErrandKind(row["kind"]),
        msgspec.json.decode(row["details"], type=dict[str, Any]),
        parse_rfc3339(row["since"]),
        parse_rfc3339(row["due_at"]),
        row["tries"],
        parse_rfc3339(row["sent_at"]) if row["sent_at"] else None,
    )
