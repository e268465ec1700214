"""The exchange folder's tables: client folders, the fate of every file, files on their way out."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from core.clock import parse_rfc3339, rfc3339
from core.store.database import Transaction

_FIELDS = "id, client_id, name, sha256, outcome, at, receipt"


@dataclass(frozen=True, slots=True)
class Job:
    """What became of one file; ``receipt`` is the JSON that lies beside it."""

    id: str
    client_id: str
    name: str
    sha256: str
    outcome: str
    at: datetime
    receipt: str


def version(tx: Transaction) -> int:
    """SQLite's number for the state of the file, as a connection that only reads sees it."""
    return int(tx.execute("PRAGMA data_version").fetchone()[0])


def folders(tx: Transaction) -> dict[str, str]:
    """The folder of each client, by the client's id; those of removed clients too."""
    return {
        row["client_id"]: row["folder"]
        for row in tx.execute("SELECT client_id, folder FROM exchange_folders")
    }


def add_folder(tx: Transaction, client_id: str, folder: str) -> None:
    """Give a client its folder for good.

    Raises:
        sqlite3.IntegrityError: it is another client's.
    """
    tx.execute(
        "INSERT INTO exchange_folders (client_id, folder) VALUES (:client_id, :folder)",
        {"client_id": client_id, "folder": folder},
    )


def insert(tx: Transaction, job: Job) -> None:
    """Write down what became of a file.

    Raises:
        sqlite3.IntegrityError: the same content has already had its effect for the client.
    """
    tx.execute(
        f"INSERT INTO exchange_jobs ({_FIELDS}) VALUES (:id, :client_id, :name, :sha256, :outcome, :at, :receipt)",
        {
            "id": job.id,
            "client_id": job.client_id,
            "name": job.name,
            "sha256": job.sha256,
            "outcome": job.outcome,
            "at": rfc3339(job.at),
            "receipt": job.receipt,
        },
    )


def get(tx: Transaction, job_id: str) -> Job | None:
    """What became of a file, or None while nothing has."""
    row = tx.execute(f"SELECT {_FIELDS} FROM exchange_jobs WHERE id = :id", {"id": job_id}).fetchone()
    return _job(row) if row else None


def done_with(tx: Transaction, client_id: str, sha256: str) -> Job | None:
    """The file of the same content that has had its effect for the client, or None."""
    row = tx.execute(
        f"SELECT {_FIELDS} FROM exchange_jobs"
        " WHERE client_id = :client_id AND sha256 = :sha256 AND outcome = 'done'",
        {"client_id": client_id, "sha256": sha256},
    ).fetchone()
    return _job(row) if row else None


def latest(tx: Transaction, client_id: str, limit: int) -> list[Job]:
    """The client's latest files that have come to an end, the newest first."""
    rows = tx.execute(
        f"SELECT {_FIELDS} FROM exchange_jobs WHERE client_id = :client_id ORDER BY id DESC LIMIT :limit",
        {"client_id": client_id, "limit": limit},
    )
    return [_job(row) for row in rows]


def set_receipt(tx: Transaction, job_id: str, receipt: str) -> None:
    """Keep what a file's receipt says in the end."""
    tx.execute(
        "UPDATE exchange_jobs SET receipt = :receipt WHERE id = :id", {"id": job_id, "receipt": receipt}
    )


def outgoing(tx: Transaction) -> dict[str, str]:
    """The staged files that wait to be published: the client's id by the file's name."""
    rows = tx.execute("SELECT name, client_id FROM exchange_outgoing ORDER BY at, name")
    return {row["name"]: row["client_id"] for row in rows}


def add_outgoing(tx: Transaction, name: str, client_id: str, at: datetime) -> None:
    """Let a staged file wait for its publication."""
    tx.execute(
        "INSERT INTO exchange_outgoing (name, client_id, at) VALUES (:name, :client_id, :at)",
        {"name": name, "client_id": client_id, "at": rfc3339(at)},
    )


def remove_outgoing(tx: Transaction, name: str) -> None:
    """The file has been published."""
    tx.execute("DELETE FROM exchange_outgoing WHERE name = :name", {"name": name})


def _job(row: sqlite3.Row) -> Job:
    return Job(
        row["id"],
        row["client_id"],
        row["name"],
        row["sha256"],
        row["outcome"],
        parse_rfc3339(row["at"]),
        row["receipt"],
    )
