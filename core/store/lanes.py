"""The threads that reach the store: each has a connection of its own, so the event loop never waits for the disk.

Changes that wait at the same time are made durable together, with one commit for all of them: a commit costs a
wait for the disk, whether it holds one change or sixty. Each of them still happens whole or not at all.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from core.errors import Internal
from core.i18n import _
from core.reasons import reason
from core.store.connecting import Way, connect, transaction

Result = TypeVar("Result")
TOGETHER = 64
"""Changes in one commit, at most, so that none waits long for the others."""


class Lane:
    """A thread with a connection of its own."""

    def __init__(self, name: str, path: Path, way: Way) -> None:
        self._threads = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._path = path
        self._way = way
        self._opened: sqlite3.Connection | None = None

    async def read(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Run ``work`` in a transaction that changes nothing.

        Raises:
            Internal: the store cannot be read.
        """
        return await asyncio.wrap_future(self.begin(work))

    def begin(self, work: Callable[[sqlite3.Connection], Result]) -> Future[Result]:
        """``read`` where there is no event loop yet: the result comes with the future."""
        return self._threads.submit(self._read, work)

    def _read(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        try:
            connection = self._connection()
            with transaction(connection, "BEGIN"):
                return work(connection)
        except sqlite3.DatabaseError as error:
            raise _in_words(self._path, error) from error

    async def outside(self, work: Callable[[sqlite3.Connection], None]) -> None:
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


@dataclass(frozen=True, slots=True, eq=False)
class _Change:
    work: Callable[[sqlite3.Connection], Any]
    future: Future[Any]


class WriteLane(Lane):
    """The lane on which the store is changed."""

    def __init__(self, name: str, path: Path, way: Way) -> None:
        super().__init__(name, path, way)
        self._waiting: deque[_Change] = deque()

    async def write(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Run ``work`` so that all of it is durable when this returns, or nothing of it happened.

        Raises:
            Internal: the store did not take it.
            sqlite3.IntegrityError: what it wrote contradicts what is there.
        """
        change = _Change(work, Future())
        self._waiting.append(change)
        self._threads.submit(self._commit_waiting)
        result: Result = await asyncio.wrap_future(change.future)
        return result

    def _commit_waiting(self) -> None:
        """Make what waits now durable; what was cancelled before it began is left out."""
        group = list(self._taken())
        if not group:
            return
        try:
            connection = self._connection()
            with transaction(connection, "BEGIN IMMEDIATE"):
                made = [_one_of(connection, group, change) for change in group]
        except BaseException as error:  # noqa: BLE001 whoever waits for the change must hear of it
            for change in group:
                change.future.set_exception(_told(self._path, error))
            return
        for change, (result, fault) in zip(group, made, strict=True):
            if fault is None:
                change.future.set_result(result)
            else:
                change.future.set_exception(_told(self._path, fault))

    def _taken(self) -> Iterator[_Change]:
        for _place in range(min(len(self._waiting), TOGETHER)):
            change = self._waiting.popleft()
            if change.future.set_running_or_notify_cancel():
                yield change


def _one_of(
    connection: sqlite3.Connection, group: list[_Change], change: _Change
) -> tuple[Any, Exception | None]:
    """What the change returns, or its fault once nothing of it is left; the others of the group stand.

    Raises:
        Exception: the fault of a change that is alone, or after which SQLite has undone the whole group.
    """
    if len(group) == 1:
        return change.work(connection), None
    connection.execute("SAVEPOINT change")
    try:
        result = change.work(connection)
    except Exception as error:
        if not connection.in_transaction:
            raise
        connection.execute("ROLLBACK TO change")
        connection.execute("RELEASE change")
        return None, error
    connection.execute("RELEASE change")
    return result, None


def _told(path: Path, error: BaseException) -> BaseException:
    """The error as the caller is told of it: a fault of the store's own in words."""
    if not isinstance(error, sqlite3.DatabaseError) or isinstance(error, sqlite3.IntegrityError):
        return error
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
