"""A whole copy of a store, made while it is written to."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path

from core.files import sync_directory
from core.store.connecting import Way, connect


def copy_store(source: sqlite3.Connection, target: Path) -> None:
    """Write a copy of one consistent moment to ``target``: one durable file, checked, there whole or not at all.

    Raises:
        sqlite3.Error: the store is damaged, or the disk takes no copy.
        OSError: the disk takes no copy.
    """
    part = target.with_name(f".{target.name}.part")
    os.close(os.open(part, os.O_CREAT | os.O_RDWR | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
    try:
        _copy(source, part)
        descriptor = os.open(part, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        part.replace(target)
    except BaseException:
        for leftover in (part, part.with_name(f"{part.name}-journal")):
            with contextlib.suppress(OSError):
                leftover.unlink()
        raise
    sync_directory(target.parent)


def _copy(source: sqlite3.Connection, part: Path) -> None:
    copy = sqlite3.connect(part, isolation_level=None)
    try:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
        faults = integrity(copy)
    finally:
        copy.close()
    if faults:
        raise Damaged(faults[0])


class Damaged(sqlite3.DatabaseError):
    """The copy does not hold together, and so neither does the store."""

    sqlite_errorname = "SQLITE_CORRUPT"


def copy_file(source: Path, target: Path) -> None:
    """``copy_store`` of a store by its path."""
    connection = connect(source, Way.READ)
    try:
        copy_store(connection, target)
    finally:
        connection.close()


def integrity(connection: sqlite3.Connection) -> list[str]:
    """What SQLite finds wrong with the file and with references between its rows; empty when nothing."""
    found = [row[0] for row in connection.execute("PRAGMA integrity_check(10)")]
    faults = [] if found == ["ok"] else [str(one) for one in found]
    broken = connection.execute("PRAGMA foreign_key_check").fetchone()
    return [*faults, f"reference {broken[0]}"] if broken else faults
