"""The SQLite file: opened, migrated, and reached from the event loop without ever blocking it.

WAL, ``synchronous=FULL`` (outbox and token rows are promises), ``BEGIN IMMEDIATE`` for every write, one
writer thread and one reader thread. SQL stands in this package and nowhere else: callers pass functions of
the table modules to ``read`` and ``write``.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from pathlib import Path
from typing import TypeVar

from core.errors import Internal, UsageError
from core.files import make_private_directory
from core.i18n import _

Result = TypeVar("Result")
Transaction = sqlite3.Connection
"""What a table module's function receives: a connection inside a transaction of its own."""

BUSY_MILLISECONDS = 10_000
_MIGRATION_NAME = re.compile(r"(\d{4})_\w+\.sql\Z")


class Store:
    """The store of one data directory. Open with ``Store.open`` and close it when done."""

    def __init__(self, path: Path, *, read_only: bool) -> None:
        self.path = path
        self.read_only = read_only
        self._writer = _Lane("brygga-store-writer", path, read_only=read_only)
        self._reader = _Lane("brygga-store-reader", path, read_only=True)

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False) -> Store:
        """Open the file, making and upgrading it when it is not read-only.

        Raises:
            UsageError: ``config_invalid``: no store, made by a newer program, or it cannot be made.
        """
        if not read_only:
            make_private_directory(path.parent)
        try:
            _prepare(path, read_only=read_only)
        except (sqlite3.Error, OSError) as error:
            raise _unusable(path, error) from error
        return cls(path, read_only=read_only)

    async def read(self, work: Callable[[Transaction], Result]) -> Result:
        """Run ``work`` on one consistent view of the store."""
        return await self._reader.run(work, "BEGIN")

    async def write(self, work: Callable[[Transaction], Result]) -> Result:
        """Run ``work`` as one transaction: all of it is durable when this returns, or nothing happened.

        A cancelled caller does not stop a transaction that has begun.
        """
        return await self._writer.run(work, "BEGIN IMMEDIATE")

    async def version(self) -> int:
        """A number that is another one once somebody else has changed the store; own writes leave it.

        SQLite's ``data_version`` of the writing connection. It writes nothing.
        """
        return await self._writer.run(_data_version, "BEGIN")

    def close(self) -> None:
        """Wait for what has begun and close the connections."""
        self._writer.close()
        self._reader.close()


class _Lane:
    """A thread with a connection of its own."""

    def __init__(self, name: str, path: Path, *, read_only: bool) -> None:
        self._threads = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._path = path
        self._read_only = read_only
        self._connection: sqlite3.Connection | None = None

    async def run(self, work: Callable[[Transaction], Result], begin: str) -> Result:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._transact, work, begin)

    def _transact(self, work: Callable[[Transaction], Result], begin: str) -> Result:
        if self._connection is None:
            self._connection = _connect(self._path, read_only=self._read_only)
        try:
            with _transaction(self._connection, begin):
                return work(self._connection)
        except sqlite3.IntegrityError:
            raise
        except sqlite3.DatabaseError as error:
            raise _failed(self._path, error) from error

    def close(self) -> None:
        """Close the connection in its own thread; closing twice is no fault."""

        def shut() -> None:
            if self._connection is not None:
                self._connection.close()

        with contextlib.suppress(RuntimeError):
            self._threads.submit(shut)
        self._threads.shutdown(wait=True)


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection, begin: str) -> Iterator[None]:
    connection.execute(begin)
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    mode = "ro" if read_only else "rwc"
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        isolation_level=None,
        timeout=BUSY_MILLISECONDS / 1000,
        check_same_thread=False,
    )
    try:
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA foreign_keys = ON")
        if not read_only:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _prepare(path: Path, *, read_only: bool) -> None:
    if not read_only and not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
    connection = _connect(path, read_only=read_only)
    try:
        scripts = _migrations()
        newest = max(scripts)
        version = _version(connection)
        if version > newest:
            raise _too_new(path)
        if version < newest and read_only:
            raise _too_old(path)
        if version < newest:
            _upgrade(connection, path, scripts)
    finally:
        connection.close()


def _upgrade(connection: sqlite3.Connection, path: Path, scripts: dict[int, str]) -> None:
    """Bring the file to the newest schema in one transaction; an older store is copied aside first."""
    if _version(connection) > 0:
        _copy_aside(connection, path)
    with _transaction(connection, "BEGIN IMMEDIATE"):
        for number in range(_version(connection) + 1, max(scripts) + 1):
            for statement in _statements(scripts[number]):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")


def _copy_aside(connection: sqlite3.Connection, path: Path) -> None:
    target = path.with_name(f"{path.name}.before-{_version(connection):04d}")
    os.close(os.open(target, os.O_CREAT | os.O_RDWR | os.O_TRUNC | os.O_CLOEXEC, 0o600))
    copy = sqlite3.connect(target)
    try:
        connection.backup(copy)
    finally:
        copy.close()


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _data_version(tx: Transaction) -> int:
    return int(tx.execute("PRAGMA data_version").fetchone()[0])


def _migrations() -> dict[int, str]:
    scripts: dict[int, str] = {}
    for entry in (resources.files("core.store") / "migrations").iterdir():
        match = _MIGRATION_NAME.match(entry.name)
        if match:
            scripts[int(match.group(1))] = entry.read_text(encoding="utf-8")
    return scripts


def _statements(script: str) -> Iterator[str]:
    """Split a script at the semicolons that end statements (a trigger's body has its own)."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        raise Internal("internal", "a migration ends inside a statement", statement)


def _unusable(path: Path, error: Exception) -> UsageError:
    return UsageError(
        "config_invalid",
        _("The store {path} cannot be used.").format(path=path),
        str(error),
        _("Check that the disk has space and that the file belongs to you; brygga doctor looks closer."),
    )


def _failed(path: Path, error: Exception) -> Internal:
    return Internal(
        "internal",
        _("The store {path} did not take the change.").format(path=path),
        _("Nothing of it was kept: {reason}").format(reason=error),
        _("Check that the disk has space and that the file belongs to you; brygga doctor looks closer."),
    )


def _too_new(path: Path) -> UsageError:
    return UsageError(
        "config_invalid",
        _("The store {path} was made by a newer brygga.").format(path=path),
        _("This program does not know its form and has not touched it."),
        _("Upgrade brygga on this machine."),
    )


def _too_old(path: Path) -> UsageError:
    return UsageError(
        "config_invalid",
        _("The store {path} was made by an older brygga.").format(path=path),
        _("It can be read only after it has been upgraded."),
        _("Open brygga once with the right to write there."),
    )
