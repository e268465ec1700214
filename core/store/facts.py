"""What a store says of itself: for a copy that is compared with what it was a copy of."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from pathlib import Path

from core.store import audit
from core.store.connecting import Way, connect, transaction
from core.store.copying import integrity


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """What a store says of itself."""

    version: int
    """The number of its form."""
    faults: list[str]
    broken: int | None
    """The first row of the audit that does not follow from the one before it."""
    seq: int
    hash: str
    """Where the audit ends."""
    rows: dict[str, int] = field(default_factory=dict)
    """The number of rows by table."""


def facts(path: Path) -> StoreFacts:
    """Read a whole store: its form, its soundness, its audit, its rows.

    Raises:
        sqlite3.Error: it is no store or too damaged to be read.
    """
    connection = connect(path, Way.READ)
    try:
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        with transaction(connection, "BEGIN"):
            faults = integrity(connection)
            rows = _rows(connection)
            if "audit" not in rows:
                return StoreFacts(version, [*faults, "no audit"], None, 0, audit.GENESIS, rows)
            seq, hashed = audit.head(connection)
            return StoreFacts(version, faults, audit.first_broken(connection), seq, hashed, rows)
    finally:
        connection.close()


def _rows(connection: sqlite3.Connection) -> dict[str, int]:
    names = [
        row[0]
        for row in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
        )
    ]
    return {name: int(connection.execute(f'SELECT COUNT(*) FROM "{name}"').fetchone()[0]) for name in names}
