"""Who has which engagement open, in a small file of its own.

It holds nothing that must survive: a broken file is made anew, nothing is synced to disk, and its heartbeats
wake nobody who watches the store. One session has at most one engagement open.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from core.register import Present
from core.scratch import open_scratch

STALE_SECONDS = 60.0
"""A session whose heart has not beaten for so long is gone, whatever its process says."""

BUSY_SECONDS = 2.0
_FIELDS = "session, engagement_id, person, host, pid, since, taken"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS present (
    session TEXT PRIMARY KEY,
    engagement_id TEXT NOT NULL,
    person TEXT NOT NULL,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    since REAL NOT NULL,
    beat REAL NOT NULL,
    taken INTEGER NOT NULL DEFAULT 0
) STRICT;
"""


class PresenceBook:
    """The file. Its methods wait for the disk: call them in a thread, one at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None

    def enter(self, present: Present, now: datetime) -> None:
        """The session has the engagement open from now on, and no other one."""
        with self._transaction() as tx:
            tx.execute("DELETE FROM present WHERE beat < ?", (now.timestamp() - STALE_SECONDS,))
            _write(tx, present, now)

    def beat(self, present: Present, now: datetime) -> None:
        """The session lives; one that was taken for dead (a computer that slept) is written anew."""
        with self._transaction() as tx:
            moment = now.timestamp()
            cursor = tx.execute("UPDATE present SET beat = ? WHERE session = ?", (moment, present.session))
            if not cursor.rowcount:
                _write(tx, present, now)

    def take_over(self, session: str) -> None:
        """The session alone writes in its engagement, until another one takes over or it leaves."""
        with self._transaction() as tx:
            tx.execute(
                "UPDATE present SET taken = (SELECT MAX(taken) + 1 FROM present) WHERE session = ?",
                (session,),
            )

    def leave(self, session: str) -> None:
        """The session has nothing open any more."""
        with self._transaction() as tx:
            tx.execute("DELETE FROM present WHERE session = ?", (session,))

    def alive(self, host: str, now: datetime) -> list[Present]:
        """All sessions that live, the first to come first; on this host their process must be there too."""
        rows = self._open().execute(
            f"SELECT {_FIELDS} FROM present WHERE beat >= ? ORDER BY since, session",
            (now.timestamp() - STALE_SECONDS,),
        )
        found = [_present(row) for row in rows]
        return [each for each in found if each.host != host or process_lives(each.pid)]

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        connection = self._open()
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = open_scratch(self._path, _SCHEMA, busy_seconds=BUSY_SECONDS)
        return self._connection


def _write(tx: sqlite3.Connection, present: Present, now: datetime) -> None:
    tx.execute(
        "INSERT OR REPLACE INTO present (session, engagement_id, person, host, pid, since, beat)"
        " VALUES (:session, :engagement, :person, :host, :pid, :since, :now)",
        {
            "session": present.session,
            "engagement": present.engagement_id,
            "person": present.person,
            "host": present.host,
            "pid": present.pid,
            "since": present.since.timestamp(),
            "now": now.timestamp(),
        },
    )


def process_lives(pid: int) -> bool:
    """Whether this host has such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _present(row: tuple[str, str, str, str, int, float, int]) -> Present:
    session, engagement_id, person, host, pid, since, taken = row
    return Present(session, engagement_id, person, host, pid, datetime.fromtimestamp(since, UTC), taken)
