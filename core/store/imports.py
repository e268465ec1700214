"""Snapshots: the SIE bytes as they came, per-account sums, the series and the annexes.

A snapshot is written in one transaction and never changed afterwards.
"""

from __future__ import annotations

import sqlite3
import zlib
from datetime import datetime

import msgspec
from msgspec import Struct

from core.clock import parse_rfc3339, rfc3339
from core.model import Account, Annex, Finding, Series, Severity
from core.money import Ore
from core.register import AnnexStatus, ImportRun, SourceKind
from core.store.bulk import fetch
from core.store.database import Transaction

_RUN = (
    "id, engagement_id, made_at, source, person, sha256, size, program, encoding, accounts, vouchers,"
    " transactions, has_ledgers, findings"
)
_FAST = 1
"""zlib level: a year of 23 MB packs to a tenth in a quarter of a second."""


class LatestRun(Struct, frozen=True):
    """What the overview says of an engagement's newest run."""

    id: str
    made_at: datetime
    open_findings: int
    """Findings that are more than information."""
    annexes: tuple[AnnexStatus, ...]
    """By account."""


_OVERVIEW = (
    "engagement_id, id, made_at,"
    f" (SELECT COUNT(*) FROM json_each(findings) WHERE json_extract(value, '$.severity') <> '{Severity.INFO}'),"
    " json((SELECT json_group_array(json_object('account', account, 'difference', difference, 'task', task,"
    " 'signed_off', CASE WHEN difference <> 0 THEN EXISTS (SELECT 1 FROM sign_offs AS s WHERE"
    " s.engagement_id = i.engagement_id AND s.account = a.account AND s.undone_at IS NULL) ELSE 0 END))"
    " FROM annexes AS a WHERE import_id = i.id))"
)
_LATEST = msgspec.json.Decoder(list[tuple[str, str, datetime, int, tuple[AnnexStatus, ...]]], strict=False)
"""Not strict: SQLite's truth is 0 and 1."""
_NEWEST = (
    "FROM imports AS i WHERE NOT EXISTS (SELECT 1 FROM imports AS newer WHERE"
    " newer.engagement_id = i.engagement_id AND (newer.made_at, newer.id) > (i.made_at, i.id))"
)


class AccountSums(Struct, frozen=True):
    """One account of a snapshot, ledger-signed öre."""

    account: Account
    ib: Ore
    change: Ore
    ub: Ore
    previous_ub: Ore


class Snapshot(Struct, frozen=True):
    """All that one import run stores."""

    run: ImportRun
    sie: bytes
    sums: tuple[AccountSums, ...]
    series: tuple[Series, ...]
    annexes: tuple[Annex, ...]


class PackedSnapshot(Struct, frozen=True):
    """A snapshot as it is stored, so that the writer thread is held only briefly."""

    run: ImportRun
    sie: bytes
    balances: list[tuple[str, str, bool, str, Ore, Ore, Ore, Ore]]
    """Rows of ``import_balances``."""
    series: list[tuple[str, str, bool]]
    """Rows of ``import_series``."""
    annexes: list[tuple[str, Ore | None, bool, bytes]]
    """Rows of ``annexes``."""

    def closing(self) -> dict[str, Ore]:
        """What each account stands at."""
        return {row[0]: row[6] for row in self.balances}


def pack(snapshot: Snapshot) -> PackedSnapshot:
    """Compress the bodies; CPU work for a thread."""
    from core.ledger.annex import is_task

    return PackedSnapshot(
        snapshot.run,
        zlib.compress(snapshot.sie, _FAST),
        [
            (one.account.number, one.account.name, one.account.active, one.account.vat_code,
             one.ib, one.change, one.ub, one.previous_ub)
            for one in snapshot.sums
        ],
        [(one.code, one.name, one.manual) for one in snapshot.series],
        [(one.account, one.difference, is_task(one), msgspec.json.encode(one)) for one in snapshot.annexes],
    )  # fmt: skip


def insert(tx: Transaction, packed: PackedSnapshot) -> None:
    """Write the snapshot."""
    run_id = packed.run.id
    _insert_run(tx, packed.run)
    tx.execute("INSERT INTO import_files (import_id, sie) VALUES (?, ?)", (run_id, packed.sie))
    tx.executemany(
        "INSERT INTO import_balances (import_id, account, name, active, vat_code, ib, change, ub, previous_ub)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(run_id, *row) for row in packed.balances],
    )
    tx.executemany(
        "INSERT INTO import_series (import_id, code, name, manual) VALUES (?, ?, ?, ?)",
        [(run_id, *row) for row in packed.series],
    )
    tx.executemany(
        "INSERT INTO annexes (import_id, account, difference, task, body) VALUES (?, ?, ?, ?, ?)",
        [(run_id, *row) for row in packed.annexes],
    )


def _insert_run(tx: Transaction, run: ImportRun) -> None:
    names = _RUN.replace("\n", "").split(", ")
    values = {name: getattr(run, name) for name in names}
    values["made_at"] = rfc3339(run.made_at)
    values["findings"] = msgspec.json.encode(run.findings).decode()
    tx.execute(f"INSERT INTO imports ({_RUN}) VALUES (:{', :'.join(names)})", values)


def set_findings(tx: Transaction, run: ImportRun) -> None:
    """Keep the findings of a run that is being written; part of its transaction."""
    tx.execute(
        "UPDATE imports SET findings = :findings WHERE id = :id",
        {"id": run.id, "findings": msgspec.json.encode(run.findings).decode()},
    )


def runs(tx: Transaction, engagement_id: str, limit: int = 100) -> list[ImportRun]:
    """The engagement's import runs, the newest first."""
    rows = tx.execute(
        f"SELECT {_RUN} FROM imports WHERE engagement_id = :id ORDER BY made_at DESC, id DESC LIMIT :limit",
        {"id": engagement_id, "limit": limit},
    )
    return [_run(row) for row in rows]


def latest(tx: Transaction, engagement_id: str) -> ImportRun | None:
    """The newest import run, or None."""
    found = runs(tx, engagement_id, 1)
    return found[0] if found else None


def latest_id(tx: Transaction, engagement_id: str) -> str | None:
    """The id of the newest import run, or None."""
    row = tx.execute(
        "SELECT id FROM imports WHERE engagement_id = :id ORDER BY made_at DESC, id DESC LIMIT 1",
        {"id": engagement_id},
    ).fetchone()
    return row["id"] if row else None


def sums(tx: Transaction, run_id: str) -> list[AccountSums]:
    """Per-account sums of a snapshot, by account number."""
    rows = tx.execute(
        "SELECT account, name, active, vat_code, ib, change, ub, previous_ub FROM import_balances"
        " WHERE import_id = :id ORDER BY account",
        {"id": run_id},
    )
    return [
        AccountSums(
            Account(row["account"], row["name"], bool(row["active"]), row["vat_code"]),
            row["ib"],
            row["change"],
            row["ub"],
            row["previous_ub"],
        )
        for row in rows
    ]


def names_of(tx: Transaction, number: str) -> list[str]:
    """What the imports of all clients call an account, the commonest name first."""
    rows = tx.execute(
        "SELECT name FROM import_balances WHERE account = :number AND name <> ''"
        " GROUP BY name ORDER BY COUNT(DISTINCT import_id) DESC, name LIMIT 5",
        {"number": number},
    )
    return [row["name"] for row in rows]


def series(tx: Transaction, run_id: str) -> list[Series]:
    """The voucher series known at the import."""
    rows = tx.execute(
        "SELECT code, name, manual FROM import_series WHERE import_id = :id ORDER BY code", {"id": run_id}
    )
    return [Series(row["code"], row["name"], bool(row["manual"])) for row in rows]


def annexes(tx: Transaction, run_id: str) -> list[Annex]:
    """The annexes made at the import, by account."""
    rows = tx.execute("SELECT body FROM annexes WHERE import_id = :id ORDER BY account", {"id": run_id})
    return [msgspec.json.decode(row["body"], type=Annex) for row in rows]


def packed_sie(tx: Transaction, run_id: str) -> bytes:
    """The SIE file of a snapshot as it came; compressed: pass it through ``unpack_sie`` in a thread."""
    row = tx.execute("SELECT sie FROM import_files WHERE import_id = :id", {"id": run_id}).fetchone()
    return bytes(row["sie"])


def unpack_sie(packed: bytes) -> bytes:
    """The bytes as they came; CPU work for a thread."""
    return zlib.decompress(packed)


def latest_runs(tx: Transaction) -> dict[str, LatestRun]:
    """The newest run of every engagement that has one, as the overview needs it: without the annexes' bodies."""
    rows = fetch(tx, _OVERVIEW, _NEWEST, _LATEST)
    return {
        engagement_id: LatestRun(run_id, made_at, findings, annexes)
        for engagement_id, run_id, made_at, findings, annexes in rows
    }


def newest_ids(tx: Transaction) -> dict[str, tuple[str, bool]]:
    """The id of every engagement's newest run, and whether it has ledgers."""
    rows = tx.execute(f"SELECT engagement_id, id, has_ledgers {_NEWEST}")
    return {row["engagement_id"]: (row["id"], bool(row["has_ledgers"])) for row in rows}


def newest_times(tx: Transaction) -> dict[str, datetime]:
    """When the newest run of every engagement that has one was made."""
    rows = tx.execute("SELECT engagement_id, MAX(made_at) AS made_at FROM imports GROUP BY engagement_id")
    return {row["engagement_id"]: parse_rfc3339(row["made_at"]) for row in rows}


def _run(row: sqlite3.Row) -> ImportRun:
    values = dict(row)
    values["made_at"] = parse_rfc3339(row["made_at"])
    values["source"] = SourceKind(row["source"])
    values["has_ledgers"] = bool(row["has_ledgers"])
    values["findings"] = msgspec.json.decode(row["findings"], type=tuple[Finding, ...])
    return ImportRun(**values)
