"""How a store's file is opened: for writing, or for reading where nothing can be written.

A store in WAL mode needs room for its shared index even to be read. On a full disk where nobody has it open it
is read alone, with the index in memory; on a disk that can only be read, as the file stands.
"""

from __future__ import annotations

import contextlib
import errno
import sqlite3
from collections.abc import Iterator
from enum import Enum
from pathlib import Path

BUSY_MILLISECONDS = 10_000


class Way(Enum):
    """A way to open the file: (mode of the address, what is said to the connection)."""

    WRITE = ("mode=rwc", ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL"))
    READ = ("mode=ro", ())
    ALONE = ("mode=rw", ("PRAGMA query_only = ON", "PRAGMA locking_mode = EXCLUSIVE"))
    """Reads without the shared index; others wait meanwhile."""
    STILL = ("mode=ro&immutable=1", ())
    """Reads a file that nobody can be writing."""


def connect(path: Path, way: Way) -> sqlite3.Connection:
    """A connection in autocommit, for any one thread at a time.

    Raises:
        sqlite3.Error: it cannot be opened that way.
    """
    mode, pragmas = way.value
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{mode}",
        uri=True,
        isolation_level=None,
        timeout=BUSY_MILLISECONDS / 1000,
        check_same_thread=False,
    )
    try:
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA foreign_keys = ON")
        for pragma in pragmas:
            connection.execute(pragma)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def way_to_read(path: Path) -> Way:
    """The first way in which the file can be read now.

    Raises:
        sqlite3.Error: it cannot be read at all; the fault of the plain way.
    """
    try:
        _try(path, Way.READ)
    except sqlite3.Error as error:
        for way in (Way.ALONE, Way.STILL):
            if way is Way.STILL and _has_log(path):
                continue
            with contextlib.suppress(sqlite3.Error):
                _try(path, way)
                return way
        raise error from None
    return Way.READ


def _try(path: Path, way: Way) -> None:
    connection = connect(path, way)
    try:
        connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
    finally:
        connection.close()


def _has_log(path: Path) -> bool:
    """Whether there are changes that stand in the write-ahead log only."""
    log = path.with_name(f"{path.name}-wal")
    return log.exists() and log.stat().st_size > 0


def takes_nothing(error: Exception) -> bool:
    """Whether the disk is full or can only be read, so that reading may still go."""
    if isinstance(error, OSError):
        return error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EROFS}
    name = getattr(error, "sqlite_errorname", "")
    return name.startswith(("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN"))


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection, begin: str) -> Iterator[None]:
    """A transaction for the time of the block; whatever ends the block early leaves nothing of it."""
    connection.execute(begin)
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
