"""The form of the store: numbered scripts, applied in order in one transaction, after a copy of the old store."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from core.errors import Internal
from core.store.connecting import transaction
from core.store.copying import copy_store

_SCRIPTS = Path(__file__).with_name("migrations")
_MIGRATION_NAME = re.compile(r"(\d{4})_\w+\.sql\Z")
KEPT_COPIES = 3
"""How many of the copies that upgrades make stay beside the store."""


def version(connection: sqlite3.Connection) -> int:
    """The number of the store's form; 0 for an empty file."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def newest() -> int:
    """The form that this program makes."""
    return max(migrations())


def migrations() -> dict[int, str]:
    """The scripts by number."""
    scripts: dict[int, str] = {}
    for entry in _SCRIPTS.iterdir():
        match = _MIGRATION_NAME.match(entry.name)
        if match:
            scripts[int(match.group(1))] = entry.read_text(encoding="utf-8")
    return scripts


def upgrade(connection: sqlite3.Connection, path: Path, *, copy: bool = True) -> None:
    """Bring the store to the newest form in one transaction; an older one is copied aside first.

    The caller has the store alone.
    """
    if copy and version(connection) > 0:
        copy_aside(connection, path)
    scripts = migrations()
    with transaction(connection, "BEGIN IMMEDIATE"):
        for number in range(version(connection) + 1, max(scripts) + 1):
            for statement in statements(scripts[number]):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")


def copy_aside(connection: sqlite3.Connection, path: Path) -> Path:
    """A whole copy ``NAME.before-NNNN`` of the store as it is; the oldest such copies go."""
    target = path.with_name(f"{path.name}.before-{version(connection):04d}")
    copy_store(connection, target)
    for old in copies_aside(path)[:-KEPT_COPIES]:
        old.unlink(missing_ok=True)
    return target


def copies_aside(path: Path) -> list[Path]:
    """The copies that upgrades have made of the store, the oldest form first."""
    return sorted(path.parent.glob(f"{path.name}.before-[0-9][0-9][0-9][0-9]"))


def statements(script: str) -> Iterator[str]:
    """Split a script at the semicolons that end statements (a trigger's body has its own)."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        raise Internal("internal", "a migration ends inside a statement", statement)
