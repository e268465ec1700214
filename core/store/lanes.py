"""The threads that reach the store: each has a connection of its own, so the event loop never waits for the disk.

Changes that wait at the same time are made durable together, with one commit for all of them: a commit costs a
wait for the disk, whether it holds one change or sixty. Each of them still happens whole or not at all. Readings
that wait at the same time share a view of the store, which is not older than any of them.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from core.bunches import Bunches, Ended, ended
from core.errors import Internal
from core.i18n import _
from core.reasons import reason
from core.store.connecting import Way, connect, transaction

Result = TypeVar("Result")
Work = Callable[[sqlite3.Connection], Result]
CHANGES_TOGETHER = 64
"""Changes in one commit, at most, so that none waits long for the others."""
READINGS_TOGETHER = 16


class Lane:
    """A thread with a connection of its own."""

    def __init__(self, name: str, path: Path, way: Way) -> None:
        self._threads = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._path = path
        self._way = way
        self._opened: sqlite3.Connection | None = None
        self._readings = Bunches(self._threads, self._read_all, READINGS_TOGETHER)

    async def read(self, work: Work[Result]) -> Result:
        """Run ``work`` in a transaction that changes nothing.

        Raises:
            Internal: the store cannot be read.
        """
        result: Result = await self._readings.give(work)
        return result

    def begin(self, work: Work[Result]) -> Future[Result]:
        """``read`` where there is no event loop yet: the result comes with the future."""

        def read() -> Result:
            ((result, fault),) = self._read_all([work])
            if fault is not None:
                raise fault
            made: Result = result
            return made

        return self._threads.submit(read)

    def _read_all(self, works: Sequence[Work[Any]]) -> list[Ended]:
        try:
            connection = self._connection()
            with transaction(connection, "BEGIN"):
                ends = [ended(work, connection) for work in works]
        except sqlite3.DatabaseError as error:
            ends = [(None, error)] * len(works)
        return [(result, fault and _of_reading(self._path, fault)) for result, fault in ends]

    async def outside(self, work: Work[None]) -> None:
        """Run ``work`` outside any transaction.

        Raises:
            sqlite3.DatabaseError: no space, or somebody else is writing.
        """
        await asyncio.get_running_loop().run_in_executor(self._threads, lambda: work(self._connection()))

    def close(self) -> None:
        """Close the connection in its own thread when all that has begun is done; twice is no fault."""

        def shut() -> None:
            if self._opened is not None:
                self._opened.close()

        with contextlib.suppress(RuntimeError):
            self._threads.submit(shut)
        self._threads.shutdown(wait=True)

    def _connection(self) -> sqlite3.Connection:
        if self._opened is None:
            self._opened = connect(self._path, self._way)
        return self._opened


class WriteLane(Lane):
    """The lane on which the store is changed."""

    def __init__(self, name: str, path: Path, way: Way) -> None:
        super().__init__(name, path, way)
        self._changes = Bunches(self._threads, self._commit, CHANGES_TOGETHER)

    async def write(self, work: Work[Result]) -> Result:
        """Run ``work`` so that all of it is durable when this returns, or nothing of it happened.

        Raises:
            Internal: the store did not take it.
            sqlite3.IntegrityError: what it wrote contradicts what is there.
        """
        result: Result = await self._changes.give(work)
        return result

    def _commit(self, works: Sequence[Work[Any]]) -> list[Ended]:
        """Make them durable in one go; each stands or leaves nothing."""
        try:
            connection = self._connection()
            with transaction(connection, "BEGIN IMMEDIATE"):
                ends = [_one_of(connection, len(works), work) for work in works]
        except BaseException as error:  # noqa: BLE001 whoever waits for the change must hear of it
            ends = [(None, error)] * len(works)
        return [(result, fault and _told(self._path, fault)) for result, fault in ends]


def _one_of(connection: sqlite3.Connection, among: int, work: Work[Any]) -> Ended:
    """What the change returns, or its fault once nothing of it is left; the others stand.

    Raises:
        Exception: the fault of a change that is alone, or after which SQLite has undone all of them.
    """
    if among == 1:
        return work(connection), None
    connection.execute("SAVEPOINT change")
    try:
        result = work(connection)
    except Exception as error:
        if not connection.in_transaction:
            raise
        connection.execute("ROLLBACK TO change")
        connection.execute("RELEASE change")
        return None, error
    connection.execute("RELEASE change")
    return result, None


def _of_reading(path: Path, error: BaseException) -> BaseException:
    """The error as who reads is told of it."""
    return _with_cause(path, error) if isinstance(error, sqlite3.DatabaseError) else error


def _told(path: Path, error: BaseException) -> BaseException:
    """The error as the caller is told of it: a fault of the store's own in words."""
    if not isinstance(error, sqlite3.DatabaseError) or isinstance(error, sqlite3.IntegrityError):
        return error
    return _with_cause(path, error)


def _with_cause(path: Path, error: sqlite3.DatabaseError) -> Internal:
    told = _in_words(path, error)
    told.__cause__ = error
    return told


def _in_words(path: Path, error: sqlite3.DatabaseError) -> Internal:
    return Internal(
        "internal",
        _("The store {path} did not take the change.").format(path=path),
        _("Nothing of it was kept: {reason}").format(reason=reason(error)),
        _("Check that the disk has space and that the file belongs to you; brygga doctor looks closer."),
    )
