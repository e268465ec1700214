"""How often in a row each client's Fortnox has failed, and until when the service leaves it alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.clock import parse_rfc3339, rfc3339
from core.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Breaker:
    """Failures in a row; ``paused_until`` is None while there are too few of them to pause."""

    failures: int
    failed_at: datetime
    paused_until: datetime | None


def every(tx: Transaction) -> dict[str, Breaker]:
    """The breakers of the clients whose latest try failed, by the client's id."""
    return {
        row["client_id"]: Breaker(
            row["failures"],
            parse_rfc3339(row["failed_at"]),
            parse_rfc3339(row["paused_until"]) if row["paused_until"] else None,
        )
        for row in tx.execute("SELECT client_id, failures, failed_at, paused_until FROM breakers")
    }


def put(tx: Transaction, client_id: str, breaker: Breaker) -> None:
    """Keep a client's breaker; that of a client removed meanwhile is let go."""
    tx.execute(
        "INSERT INTO breakers (client_id, failures, failed_at, paused_until)"
        " SELECT id, :failures, :failed_at, :until FROM clients WHERE id = :id"
        " ON CONFLICT (client_id) DO UPDATE SET failures = excluded.failures,"
        " failed_at = excluded.failed_at, paused_until = excluded.paused_until",
        {
            "id": client_id,
            "failures": breaker.failures,
            "failed_at": rfc3339(breaker.failed_at),
            "until": rfc3339(breaker.paused_until) if breaker.paused_until else None,
        },
    )


def remove(tx: Transaction, client_id: str) -> None:
    """The client's Fortnox has answered."""
    tx.execute("DELETE FROM breakers WHERE client_id = :id", {"id": client_id})
