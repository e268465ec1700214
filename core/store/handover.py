"""From a store to the copy that takes its place: what must not be lost when an older state comes back.

A rotating token is used up by its next exchange, so the connections of the store that goes are newer than the
copy's and the only ones that live. Vouchers whose fate is uncertain are looked up before anything is sent again,
and only the store that goes knows of the request.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from core.files import sync_directory
from core.register import AuditEvent
from core.store import audit, schema
from core.store.connecting import Way, connect, transaction
from core.store.copying import integrity

_LOGS = ("-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True)
class Carried:
    """What was taken over from the store that goes."""

    connections: int = 0
    uncertain: int = 0


def settle(path: Path) -> int | None:
    """Bring everything into the one file; the last number of the audit, None when the store is too damaged.

    The caller has the store alone.
    """
    try:
        connection = connect(path, Way.WRITE)
        try:
            if integrity(connection):
                return None
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            mode = connection.execute("PRAGMA journal_mode = DELETE").fetchone()[0]
            return audit.head(connection)[0] if mode == "delete" else None
        finally:
            connection.close()
    except sqlite3.Error:
        return None


def finish(copy: Path, replaced: Path | None, event: AuditEvent) -> Carried:
    """Upgrade the copy, take over what must not be lost, and write down what is done with it."""
    connection = sqlite3.connect(copy.absolute().as_uri(), uri=True, isolation_level=None)
    try:
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")
        if schema.version(connection) < schema.newest():
            schema.upgrade(connection, copy, copy=False)
        carried = Carried()
        if replaced is not None:
            connection.execute("ATTACH :place AS gone", {"place": f"{replaced.absolute().as_uri()}?mode=ro"})
        with transaction(connection, "BEGIN IMMEDIATE"):
            if replaced is not None and _same_form(connection):
                descends = _descends(connection)
                carried = Carried(
                    _take_connections(connection, descends=descends), _take_uncertain(connection)
                )
            details = {**event.details, "connections": carried.connections, "uncertain": carried.uncertain}
            audit.append(connection, AuditEvent(event.at, event.person, event.action, details=details))
    finally:
        connection.close()
    return carried


def _same_form(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("PRAGMA gone.user_version").fetchone()[0] == schema.newest())


def _descends(connection: sqlite3.Connection) -> bool:
    """Whether the store that goes is a later state of the copy: its audit passes through the copy's last row."""
    seq, hashed = audit.head(connection)
    row = connection.execute("SELECT hash FROM gone.audit WHERE seq = :seq", {"seq": seq}).fetchone()
    return row is not None and row["hash"] == hashed


_TAKEN = """
    SELECT g.client_id FROM gone.connections AS g JOIN main.clients AS c ON c.id = g.client_id
    LEFT JOIN main.connections AS m ON m.client_id = g.client_id
    WHERE c.tenant IN ('', g.tenant) AND (:all OR m.client_id IS NULL OR m.rotated_at < g.rotated_at)
"""


def _take_connections(connection: sqlite3.Connection, *, descends: bool) -> int:
    """Take the connections that were made or renewed later; of a later state all, as the key may be another too."""
    before = dict(connection.execute("SELECT client_id, rotated_at FROM main.connections").fetchall())
    taken = [row["client_id"] for row in connection.execute(_TAKEN, {"all": descends})]
    if descends:
        connection.execute("DELETE FROM main.secrets")
        connection.execute("INSERT INTO main.secrets SELECT * FROM gone.secrets")
        connection.execute("DELETE FROM main.connections")
    for client in taken:
        _take_connection(connection, {"client": client})
    after = dict(connection.execute("SELECT client_id, rotated_at FROM main.connections").fetchall())
    return sum(before.get(client) != moment for client, moment in after.items())


def _take_connection(connection: sqlite3.Connection, named: dict[str, str]) -> None:
    tenant = "(SELECT tenant FROM gone.connections WHERE client_id = :client)"
    connection.execute(f"UPDATE OR IGNORE main.clients SET tenant = {tenant} WHERE id = :client", named)
    connection.execute(
        "INSERT OR REPLACE INTO main.connections SELECT * FROM gone.connections WHERE client_id = :client",
        named,
    )
    connection.execute(
        f"INSERT OR REPLACE INTO main.secrets SELECT * FROM gone.secrets WHERE tenant = {tenant}", named
    )


def _take_uncertain(connection: sqlite3.Connection) -> int:
    done = connection.execute(
        "INSERT OR REPLACE INTO main.outbox SELECT * FROM gone.outbox"
        " WHERE state IN ('sending', 'unknown', 'conflict')"
        " AND voucher_id IN (SELECT id FROM main.closing_vouchers)"
    )
    return done.rowcount


def put_in_place(copy: Path, path: Path, kept: Path, *, whole: bool) -> None:
    """Give the copy the store's name and the store another one, so that at every moment one of them has the name.

    The caller has the store alone. A damaged store is kept with its logs.

    Raises:
        OSError: the disk takes no link or rename; the store keeps its name.
    """
    if path.exists():
        os.link(path, kept)
        if not whole:
            for log in _LOGS:
                _move_log(path, kept, log)
        sync_directory(path.parent)
    copy.replace(path)
    sync_directory(path.parent)


def _move_log(path: Path, kept: Path, log: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        path.with_name(path.name + log).replace(kept.with_name(kept.name + log))


def drop_links(path: Path, pattern: str) -> None:
    """Take away other names of the living store, which a restore that was killed has left."""
    if not path.exists():
        return
    living = path.stat()
    for other in path.parent.glob(pattern):
        found = other.stat()
        if (found.st_dev, found.st_ino) == (living.st_dev, living.st_ino):
            other.unlink()
