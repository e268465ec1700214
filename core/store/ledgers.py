"""The ledgers of a snapshot as they were read, compressed; they go with it."""

from __future__ import annotations

import zlib

import msgspec

from core.model import LedgerReading
from core.store.database import Transaction

_FAST = 1
"""zlib level; the field names that msgpack repeats cost next to nothing."""


def pack(reading: LedgerReading) -> bytes:
    """Compress; CPU work for a thread."""
    return zlib.compress(msgspec.msgpack.encode(reading), _FAST)


def unpack(body: bytes) -> LedgerReading:
    """The reading as it was packed; CPU work for a thread."""
    return msgspec.msgpack.decode(zlib.decompress(body), type=LedgerReading)


def insert(tx: Transaction, import_id: str, body: bytes) -> None:
    """Keep the packed ledgers of a snapshot."""
    tx.execute(
        "INSERT INTO import_ledgers (import_id, body) VALUES (:id, :body)", {"id": import_id, "body": body}
    )


def body_of(tx: Transaction, import_id: str) -> bytes | None:
    """The packed ledgers; None where none were read, or the snapshot is older than this table."""
    row = tx.execute("SELECT body FROM import_ledgers WHERE import_id = :id", {"id": import_id}).fetchone()
    return bytes(row["body"]) if row else None
