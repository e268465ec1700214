"""The SQLite file: opened, migrated, and reached from the event loop without ever blocking it.

WAL, ``synchronous=FULL`` (outbox and token rows are promises), ``BEGIN IMMEDIATE`` for every write, one
writer thread and one reader thread. SQL stands in this package and nowhere else: callers pass functions of
the table modules to ``read`` and ``write``.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TypeVar

from core.errors import Internal, UsageError
from core.files import make_private_directory
from core.i18n import _
from core.reasons import reason
from core.store import schema
from core.store.connecting import Way, connect, takes_nothing, way_to_read
from core.store.hold import Hold
from core.store.lanes import Lane, WriteLane

Result = TypeVar("Result")
Transaction = sqlite3.Connection
"""What a table module's function receives: a connection inside a transaction of its own."""


class Store:
    """The store of one data directory. Open with ``Store.open`` and close it when done."""

    def __init__(
        self, path: Path, *, way: Way = Way.WRITE, hold: Hold | None = None, full: Exception | None = None
    ) -> None:
        self.path = path
        self._way = way
        self._hold = hold
        self._full = full
        self._writer = WriteLane("brygga-store-writer", path, way)
        self._reader = Lane("brygga-store-reader", path, Way.READ) if way is Way.WRITE else self._writer

    @property
    def read_only(self) -> bool:
        """Whether nothing can be written: it was opened so, or the disk is full."""
        return self._way is not Way.WRITE

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False) -> Store:
        """Open the file, making and upgrading it when it is not read-only.

        A store on a disk that takes nothing is opened for reading; its writes tell why they are refused.

        Raises:
            UsageError: ``config_invalid``: no store, made by a newer program, or it cannot be made.
            Refused: ``already_running``: it must be upgraded, or is being restored, and others have it open.
        """
        try:
            if read_only:
                way, hold = _look(path)
                return cls(path, way=way, hold=hold)
            try:
                return cls(path, hold=_prepare(path))
            except (sqlite3.Error, OSError) as error:
                if not takes_nothing(error) or not path.exists():
                    raise
                way, hold = _look(path)
                return cls(path, way=way, hold=hold, full=error)
        except (sqlite3.Error, OSError) as error:
            raise unusable(path, error) from error

    async def read(self, work: Callable[[Transaction], Result]) -> Result:
        """Run ``work`` on one consistent view of the store."""
        return await self._reader.read(work)

    def begin(self, work: Callable[[Transaction], Result]) -> Future[Result]:
        """``read`` where there is no event loop yet: the result comes with the future."""
        return self._reader.begin(work)

    async def write(self, work: Callable[[Transaction], Result]) -> Result:
        """Run ``work`` as one transaction: all of it is durable when this returns, or nothing happened.

        Changes that wait at the same time share a commit. A cancelled caller does not stop a transaction that has begun.

        Raises:
            UsageError: ``config_invalid``: the disk took nothing when the store was opened.
        """
        if self._full is not None:
            raise _takes_no_changes(self.path, self._full)
        return await self._writer.write(work)

    async def erase(self, work: Callable[[Transaction], Result]) -> Result:
        """``write``, after which nothing of the removed rows is left in the file: it is written anew.

        Raises:
            Internal: the rows are gone, but there was no room or no peace to write the file anew.
        """
        result = await self.write(work)
        try:
            await self._writer.outside(_write_anew)
        except sqlite3.DatabaseError as error:
            raise _not_anew(self.path, error) from error
        return result

    async def version(self) -> int:
        """A number that is another one once somebody else has changed the store; own writes leave it.

        SQLite's ``data_version`` of the writing connection. It writes nothing.
        """
        return await self._writer.read(_data_version)

    @contextlib.asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Have the store alone for the time of the block.

        Raises:
            Refused: ``already_running``: somebody else has it open.
        """
        if self._hold is not None:
            await asyncio.to_thread(self._hold.take_alone)
        try:
            yield
        finally:
            if self._hold is not None:
                await asyncio.to_thread(self._hold.share)

    def close(self) -> None:
        """Wait for what has begun and close the connections."""
        self._writer.close()
        self._reader.close()
        if self._hold is not None:
            self._hold.close()


def _prepare(path: Path) -> Hold:
    """Make or upgrade the store for writing; the hold under which it may be used."""
    make_private_directory(path.parent)
    hold = Hold.together(path)
    try:
        if not path.exists() or _old(path):
            hold.take_alone()
            _make_or_upgrade(path)
            hold.share()
        connect(path, Way.WRITE).close()
    except BaseException:
        hold.close()
        raise
    return hold


def _make_or_upgrade(path: Path) -> None:
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
    connection = connect(path, Way.WRITE)
    try:
        if schema.version(connection) < schema.newest():
            schema.upgrade(connection, path)
    finally:
        connection.close()


def _old(path: Path) -> bool:
    """Whether the store must be upgraded.

    Raises:
        UsageError: ``config_invalid``: it is newer than this program.
        sqlite3.Error: it cannot be read.
    """
    connection = connect(path, way_to_read(path))
    try:
        found = schema.version(connection)
    finally:
        connection.close()
    if found > schema.newest():
        raise _too_new(path)
    return found < schema.newest()


def _write_anew(connection: Transaction) -> None:
    connection.execute("VACUUM")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _data_version(tx: Transaction) -> int:
    return int(tx.execute("PRAGMA data_version").fetchone()[0])


def _look(path: Path) -> tuple[Way, Hold | None]:
    """How the store can be read now, without changing anything; no hold where the disk takes no lock file."""
    with contextlib.ExitStack() as undo:
        hold = None
        if path.exists():
            with contextlib.suppress(OSError):
                hold = Hold.together(path)
                undo.callback(hold.close)
        way = way_to_read(path)
        if _old(path):
            raise _too_old(path)
        undo.pop_all()
        return way, hold


def check_version(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse to read a store of another version than this program's.

    Raises:
        UsageError: ``config_invalid``.
    """
    found = schema.version(connection)
    if found != schema.newest():
        raise _too_new(path) if found > schema.newest() else _too_old(path)


def unusable(path: Path, error: Exception) -> UsageError:
    """Why the file is no store that can be used now."""
    return UsageError(
        "config_invalid",
        _("The store {path} cannot be used.").format(path=path),
        reason(error),
        _("Check that the disk has space and that the file belongs to you; brygga doctor looks closer."),
    )


def _not_anew(path: Path, error: Exception) -> Internal:
    return Internal(
        "internal",
        _("It is removed, but the store {path} could not be written anew.").format(path=path),
        reason(error),
        _(
            "What was removed may still lie in the file's free space. Free some space on the disk and forget again."
        ),
    )


def _takes_no_changes(path: Path, error: Exception) -> UsageError:
    return UsageError(
        "config_invalid",
        _("The store {path} takes no changes now.").format(path=path),
        reason(error),
        _("What is there can be read. Free some space or let this user write there, then start again."),
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
