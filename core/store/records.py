"""Encrypted secrets as rows: what they are stands in clear, what they say does not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.clock import rfc3339
from core.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Sealed:
    """One encrypted record. ``kind``, ``tenant`` and ``generation`` are bound to ``body``."""

    kind: str
    tenant: str
    generation: int
    key_id: str
    body: bytes


_FIELDS = "kind, tenant, generation, key_id, body"


def put(tx: Transaction, record: Sealed, moment: datetime) -> None:
    """Write a record, replacing the one of the same kind, tenant and generation."""
    tx.execute(
        f"INSERT INTO secrets ({_FIELDS}, written_at) VALUES"
        " (:kind, :tenant, :generation, :key_id, :body, :at)"
        " ON CONFLICT (kind, tenant, generation) DO UPDATE"
        " SET key_id = excluded.key_id, body = excluded.body, written_at = excluded.written_at",
        {
            "kind": record.kind,
            "tenant": record.tenant,
            "generation": record.generation,
            "key_id": record.key_id,
            "body": record.body,
            "at": rfc3339(moment),
        },
    )


def newest(tx: Transaction, kind: str, tenant: str = "") -> Sealed | None:
    """The record of the highest generation, or None."""
    row = tx.execute(
        f"SELECT {_FIELDS} FROM secrets WHERE kind = :kind AND tenant = :tenant"
        " ORDER BY generation DESC LIMIT 1",
        {"kind": kind, "tenant": tenant},
    ).fetchone()
    return Sealed(**dict(row)) if row else None


def every(tx: Transaction) -> list[Sealed]:
    """All records, older generations too."""
    rows = tx.execute(f"SELECT {_FIELDS} FROM secrets ORDER BY kind, tenant, generation")
    return [Sealed(**dict(row)) for row in rows]


def forget_older(tx: Transaction, kind: str, tenant: str, generation: int, written_before: datetime) -> None:
    """Remove generations below ``generation`` that were written before a moment."""
    tx.execute(
        "DELETE FROM secrets WHERE kind = :kind AND tenant = :tenant"
        " AND generation < :generation AND written_at < :before",
        {"kind": kind, "tenant": tenant, "generation": generation, "before": rfc3339(written_before)},
    )


def forget(tx: Transaction, tenant: str) -> None:
    """Remove everything that is kept for the tenant."""
    tx.execute("DELETE FROM secrets WHERE tenant = :tenant", {"tenant": tenant})


def forget_kind(tx: Transaction, kind: str) -> None:
    """Remove every record of a kind."""
    tx.execute("DELETE FROM secrets WHERE kind = :kind", {"kind": kind})


def reseal(tx: Transaction, record: Sealed) -> None:
    """Replace a record's ciphertext and key; when it was written is left as it is."""
    tx.execute(
        "UPDATE secrets SET key_id = :key_id, body = :body"
        " WHERE kind = :kind AND tenant = :tenant AND generation = :generation",
        {
            "key_id": record.key_id,
            "body": record.body,
            "kind": record.kind,
            "tenant": record.tenant,
            "generation": record.generation,
        },
    )
