"""Receipts of exports, and the latest proof of each engagement."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import msgspec

from core.clock import parse_rfc3339, rfc3339
from core.closing.carried import Lag
from core.model import FiscalYear
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
    lags: tuple[Lag, ...]
    """Balance accounts whose closing balance the next year has not taken over."""
    next_year: FiscalYear | None
    """The fiscal year whose opening balances were compared; None where there was none."""


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
        "INSERT INTO proofs (engagement_id, made_at, import_id, holds, lagging, lags, next_from, next_to)"
        " VALUES (:engagement_id, :made_at, :import_id, :holds, :lagging, :lags, :next_from, :next_to)"
        " ON CONFLICT (engagement_id) DO UPDATE SET made_at = :made_at, import_id = :import_id,"
        " holds = :holds, lagging = :lagging, lags = :lags, next_from = :next_from, next_to = :next_to",
        {
            "engagement_id": proof.engagement_id,
            "made_at": rfc3339(proof.made_at),
            "import_id": proof.import_id,
            "holds": proof.holds,
            "lagging": len(proof.lags),
            "lags": msgspec.json.encode(proof.lags).decode(),
            "next_from": proof.next_year.from_date.isoformat() if proof.next_year else None,
            "next_to": proof.next_year.to_date.isoformat() if proof.next_year else None,
        },
    )


def proofs(tx: Transaction) -> dict[str, StoredProof]:
    """The latest proof of every engagement that has one."""
    rows = tx.execute("SELECT engagement_id, made_at, import_id, holds, lags, next_from, next_to FROM proofs")
    return {row["engagement_id"]: _proof(row) for row in rows}


def _proof(row: sqlite3.Row) -> StoredProof:
    return StoredProof(
        row["engagement_id"],
        parse_rfc3339(row["made_at"]),
        row["import_id"],
        bool(row["holds"]),
        msgspec.json.decode(row["lags"], type=tuple[Lag, ...]),
        FiscalYear(date.fromisoformat(row["next_from"]), date.fromisoformat(row["next_to"]))
        if row["next_from"]
        else None,
    )


def _receipt(row: sqlite3.Row) -> StoredReceipt:
    return StoredReceipt(
        row["id"],
        row["engagement_id"],
        parse_rfc3339(row["made_at"]),
        row["person"],
        msgspec.json.decode(row["body"], type=dict[str, object]),
    )
