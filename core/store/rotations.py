"""Which generation of tokens a connection has, and whether an exchange was begun and never written down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.clock import parse_rfc3339, rfc3339
from core.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Rotation:
    """The state of a connection's tokens. ``started`` is set while an exchange is under way, or was cut."""

    generation: int
    started: datetime | None
    attempt: str


def get(tx: Transaction, client_id: str) -> Rotation | None:
    """The connection's rotation, or None when there is no connection."""
    row = tx.execute(
        "SELECT generation, refresh_started, attempt FROM connections WHERE client_id = :id",
        {"id": client_id},
    ).fetchone()
    if row is None:
        return None
    started = row["refresh_started"]
    return Rotation(row["generation"], parse_rfc3339(started) if started else None, row["attempt"] or "")


def begin(tx: Transaction, client_id: str, moment: datetime, attempt: str) -> None:
    """An exchange is about to be made."""
    tx.execute(
        "UPDATE connections SET refresh_started = :at, attempt = :attempt WHERE client_id = :id",
        {"at": rfc3339(moment), "attempt": attempt, "id": client_id},
    )


def finish(tx: Transaction, client_id: str, generation: int, rotated_at: datetime | None = None) -> None:
    """The tokens of ``generation`` are the connection's now; ``rotated_at`` when a refresh token came too."""
    tx.execute(
        "UPDATE connections SET generation = :generation, refresh_started = NULL, attempt = NULL,"
        " rotated_at = coalesce(:rotated_at, rotated_at) WHERE client_id = :id",
        {
            "generation": generation,
            "rotated_at": rfc3339(rotated_at) if rotated_at else None,
            "id": client_id,
        },
    )
