"""The audit: who did what to which client, append-only and hash-chained."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import msgspec

from core.clock import parse_rfc3339, rfc3339
from core.register import AuditEvent
from core.store.database import Transaction

GENESIS = "0" * 64
_CONTENT = ("at", "person", "action", "client_id", "engagement_id", "outcome", "details")
_FIELDS = ", ".join(_CONTENT)


def append(tx: Transaction, event: AuditEvent) -> None:
    """Add an event; it belongs to the transaction whose effect it tells of."""
    row = {
        "at": rfc3339(event.at),
        "person": event.person,
        "action": event.action,
        "client_id": event.client_id,
        "engagement_id": event.engagement_id,
        "outcome": event.outcome,
        "details": msgspec.json.encode(dict(event.details), order="sorted").decode(),
    }
    last = tx.execute("SELECT hash FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
    previous = last["hash"] if last else GENESIS
    tx.execute(
        f"INSERT INTO audit ({_FIELDS}, previous, hash) VALUES"
        " (:at, :person, :action, :client_id, :engagement_id, :outcome, :details, :previous, :hash)",
        {**row, "previous": previous, "hash": _link(previous, tuple(row.values()))},
    )


def latest(tx: Transaction, limit: int, client_id: str | None = None) -> list[AuditEvent]:
    """The newest events first."""
    rows = tx.execute(
        f"SELECT {_FIELDS} FROM audit WHERE :client_id IS NULL OR client_id = :client_id"
        " ORDER BY seq DESC LIMIT :limit",
        {"limit": limit, "client_id": client_id},
    )
    return [_event(row) for row in rows]


def by_hour(tx: Transaction, since: datetime, newest: int) -> list[tuple[str, datetime, int]]:
    """How often something was done to each client: (client, the hour it was in, times), of the newest events."""
    rows = tx.execute(
        "SELECT client_id, substr(at, 1, 13) AS hour, COUNT(*) AS times FROM audit"
        " WHERE seq > (SELECT COALESCE(MAX(seq), 0) FROM audit) - :newest AND at >= :since AND client_id <> ''"
        " GROUP BY client_id, hour",
        {"newest": newest, "since": rfc3339(since)},
    )
    return [(row["client_id"], parse_rfc3339(f"{row['hour']}:00:00Z"), int(row["times"])) for row in rows]


def details_of(tx: Transaction, engagement_id: str, action: str) -> list[dict[str, object]]:
    """The details of every event of one kind in an engagement, the oldest first."""
    rows = tx.execute(
        "SELECT details FROM audit WHERE engagement_id = :id AND action = :action ORDER BY seq",
        {"id": engagement_id, "action": action},
    )
    return [msgspec.json.decode(row["details"], type=dict[str, object]) for row in rows]


def first_broken(tx: Transaction) -> int | None:
    """The sequence number of the first row that does not follow from the one before it, or None."""
    previous, expected = GENESIS, 1
    for row in tx.execute(f"SELECT seq, {_FIELDS}, previous, hash FROM audit ORDER BY seq"):
        link = _link(previous, tuple(row[name] for name in _CONTENT))
        if row["seq"] != expected or row["previous"] != previous or row["hash"] != link:
            return int(row["seq"])
        previous, expected = row["hash"], expected + 1
    return None


def _link(previous: str, content: tuple[str, ...]) -> str:
    return hashlib.sha256("\x1f".join((previous, *content)).encode()).hexdigest()


def _event(row: sqlite3.Row) -> AuditEvent:
    return AuditEvent(
        parse_rfc3339(row["at"]),
        row["person"],
        row["action"],
        row["client_id"],
        row["engagement_id"],
        row["outcome"],
        msgspec.json.decode(row["details"], type=dict[str, object]),
    )


@dataclass(frozen=True, slots=True)
class Link:
    """One row of the chain as it is stored; ``details`` is JSON text."""

    seq: int
    at: str
    person: str
    action: str
    client_id: str
    engagement_id: str
    outcome: str
    details: str
    previous: str
    hash: str


def chain(tx: Transaction, after: int = 0) -> Iterator[Link]:
    """The rows in their order, those with a higher sequence number than ``after``."""
    rows = tx.execute(
        f"SELECT seq, {_FIELDS}, previous, hash FROM audit WHERE seq > :after ORDER BY seq", {"after": after}
    )
    return (Link(**dict(row)) for row in rows)


def head(tx: Transaction) -> tuple[int, str]:
    """Sequence number and hash of the last row: (0, 64 zeros) for an empty audit."""
    row = tx.execute("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
    return (row["seq"], row["hash"]) if row else (0, GENESIS)


def hash_of(tx: Transaction, seq: int) -> str:
    """The hash of a row; empty when there is no such row."""
    if seq == 0:
        return GENESIS
    row = tx.execute("SELECT hash FROM audit WHERE seq = :seq", {"seq": seq}).fetchone()
    return row["hash"] if row else ""


def hash_of_row(link: Link) -> str:
    """The hash that a row of this content must have."""
    return _link(link.previous, tuple(getattr(link, name) for name in _CONTENT))
