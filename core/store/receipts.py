"""Receipts of exports, and the latest proof of each engagement."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec

from core.clock import parse_rfc3339, rfc3339
from core.store.database import Transaction


@dataclass(frozen=True, slots=True)
class StoredReceipt:
    """A receipt; ``body`` is its JSON as a mapping."""

    id: str
    engagement_id: str
    made_at: datetime
    person: str
    body: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class StoredProof:
    """What the latest proof of an engagement found."""

    engagement_id: str
    made_at: datetime
    import_id: str
    holds: bool
    lagging: int
    """Balance accounts whose closing balance the next year has not taken over."""


def insert(tx: Transaction, receipt: StoredReceipt) -> None:
    """Add a receipt."""
    tx.execute(
        "INSERT INTO receipts (id, engagement_id, made_at, person, body)"
        " VALUES (:id, :engagement_id, :made_at, :person, :body)",
        {
            "id": receipt.id,
            "engagement_id": receipt.engagement_id,
            "made_at": rfc3339(receipt.made_at),
            "person": receipt.person,
            "body": msgspec.json.encode(dict(receipt.body)).decode(),
        },
    )


def of_engagement(tx: Transaction, engagement_id: str) -> list[StoredReceipt]:
    """The engagement's receipts, the newest first."""
    rows = tx.execute(
        "SELECT id, engagement_id, made_at, person, body FROM receipts WHERE engagement_id = :id"
        " ORDER BY id DESC",
        {"id": engagement_id},
    )
    return [_receipt(row) for row in rows]


def put_proof(tx: Transaction, proof: StoredProof) -> None:
    """Keep the engagement's latest proof."""
    tx.execute(
        "INSERT INTO proofs (engagement_id, made_at, import_id, holds, lagging)"
        " VALUES (:engagement_id, :made_at, :import_id, :holds, :lagging)"
        " ON CONFLICT (engagement_id) DO UPDATE SET made_at = :made_at, import_id = :import_id,"
        " holds = :holds, lagging = :lagging",
        {
            "engagement_id": proof.engagement_id,
            "made_at": rfc3339(proof.made_at),
            "import_id": proof.import_id,
            "holds": proof.holds,
            "lagging": proof.lagging,
        },
    )


def proofs(tx: Transaction) -> dict[str, StoredProof]:
    """The latest proof of every engagement that has one."""
    rows = tx.execute("SELECT engagement_id, made_at, import_id, holds, lagging FROM proofs")
    return {
        row["engagement_id"]: StoredProof(
            row["engagement_id"],
            parse_rfc3339(row["made_at"]),
            row["import_id"],
            bool(row["holds"]),
            row["lagging"],
        )
        for row in rows
    }


def _receipt(row: sqlite3.Row) -> StoredReceipt:
    return StoredReceipt(
        row["id"],
        row["engagement_id"],
        parse_rfc3339(row["made_at"]),
        row["person"],
        msgspec.json.decode(row["body"], type=dict[str, object]),
    )
