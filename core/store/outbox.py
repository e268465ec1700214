"""The outbox: every voucher that has ever been on its way to Fortnox, and what is known of its fate."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.clock import parse_rfc3339, rfc3339
from core.store.database import Transaction

_FIELDS = (
    "key, tenant, voucher_id, engagement_id, year_id, series, state, body, person, attempts, sent_at,"
    " number, error"
)


class OutboxState(StrEnum):
    """``NEW`` may be sent; ``SENDING`` and ``UNKNOWN`` are looked up first; the rest are final."""

    NEW = "new"
    SENDING = "sending"
    UNKNOWN = "unknown"
    POSTED = "posted"
    REJECTED = "rejected"
    CONFLICT = "conflict"
    """The marker stands on more than one voucher: a person must look."""


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """One voucher on its way; ``body`` is the canonical request."""

    key: str
    tenant: str
    voucher_id: str
    engagement_id: str
    year_id: str
    series: str
    state: OutboxState
    body: str
    person: str
    attempts: int = 0
    sent_at: datetime | None = None
    number: str = ""
    error: str = ""


def put(tx: Transaction, entry: OutboxEntry) -> None:
    """Write the entry, replacing what is known of the same key."""
    names = _FIELDS.split(", ")
    changes = ", ".join(f"{name} = :{name}" for name in names if name not in {"key", "tenant"})
    tx.execute(
        f"INSERT INTO outbox ({_FIELDS}) VALUES (:{', :'.join(names)})"
        f" ON CONFLICT (tenant, key) DO UPDATE SET {changes}",
        {
            **{name: getattr(entry, name) for name in names},
            "sent_at": rfc3339(entry.sent_at) if entry.sent_at else None,
        },
    )


def of_engagement(tx: Transaction, engagement_id: str) -> list[OutboxEntry]:
    """The engagement's entries."""
    rows = tx.execute(
        f"SELECT {_FIELDS} FROM outbox WHERE engagement_id = :id ORDER BY voucher_id", {"id": engagement_id}
    )
    return [_entry(row) for row in rows]


def engagements_in(tx: Transaction, states: Collection[OutboxState]) -> list[str]:
    """The engagements with an entry in one of the states."""
    marks = ", ".join(f":s{at}" for at in range(len(states)))
    rows = tx.execute(
        f"SELECT DISTINCT engagement_id FROM outbox WHERE state IN ({marks}) ORDER BY engagement_id",
        {f"s{at}": state for at, state in enumerate(states)},
    )
    return [row["engagement_id"] for row in rows]


def keys(tx: Transaction, tenant: str) -> set[str]:
    """The marker keys of everything that has ever been on its way to the company."""
    rows = tx.execute("SELECT key FROM outbox WHERE tenant = :tenant", {"tenant": tenant})
    return {row["key"] for row in rows}


def _entry(row: sqlite3.Row) -> OutboxEntry:
    values = dict(row)
    values["state"] = OutboxState(row["state"])
    values["sent_at"] = parse_rfc3339(row["sent_at"]) if row["sent_at"] else None
    return OutboxEntry(**values)
