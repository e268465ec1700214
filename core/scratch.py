"""Small SQLite files that hold nothing that must survive, shared by the processes of a host."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from core.files import PRIVATE_FILE, make_private_directory


def open_scratch(path: Path, schema: str, *, busy_seconds: float) -> sqlite3.Connection:
    """Open the file or make it; a broken one is made anew. ``schema`` makes the tables that are not there.

    Raises:
        sqlite3.OperationalError: it cannot be opened, or was locked for longer than ``busy_seconds``.
        OSError: its folder or the file cannot be made.
    """
    make_private_directory(path.parent)
    try:
        return _connect(path, schema, busy_seconds)
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError:
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        return _connect(path, schema, busy_seconds)


def _connect(path: Path, schema: str, busy_seconds: float) -> sqlite3.Connection:
    path.touch(mode=PRIVATE_FILE)  # opens nothing that exists: closing it would drop SQLite's locks on it
    connection = sqlite3.connect(path, timeout=busy_seconds, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = OFF")
        connection.executescript(schema)
    except sqlite3.Error:
        connection.close()
        raise
    return connection
