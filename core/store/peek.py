"""A look at a store that others own: nothing is kept open, and nothing is written, not even beside it.

A read-only connection to a WAL store makes the files ``-wal`` and ``-shm`` when nobody has the store open, and
cannot take them away again. So where there is no ``-wal`` (then nobody writes either) the file is read as one
that does not change, and elsewhere the index of the WAL is not written to either. A look is over in
milliseconds and the next one opens everything anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeAlias, TypeVar

from core.errors import Internal, TryLater
from core.files import shown
from core.i18n import _
from core.store.connecting import Way, transaction
from core.store.database import Store, Transaction, check_version, unusable

Result = TypeVar("Result")
Signature: TypeAlias = tuple[tuple[int, int, int], ...]

BUSY_SECONDS: Final = 2.0
PATIENCE_SECONDS: Final = 10.0
"""A disk across a network that has gone away answers nothing at all."""


class Peek(Store):
    """A store for reading now and then."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, way=Way.READ)
        self._waiting: asyncio.Future[object] | None = None

    async def read(self, work: Callable[[Transaction], Result]) -> Result:
        """Run ``work`` on one consistent view.

        Raises:
            UsageError: ``config_invalid``: not there, no store, of another version, or not readable now.
            TryLater: ``store_silent``: the disk does not answer.
        """
        return await self._patiently(lambda: self._look(work))

    async def write(self, work: Callable[[Transaction], Result]) -> Result:
        """Refused: whoever looks changes nothing."""
        raise Internal("internal", "a store that is only looked at was to be written", repr(work))

    async def signature(self) -> Signature:
        """What changes whenever the store does: identity, size and time of the file and of its ``-wal``.

        Raises:
            UsageError: ``config_invalid``: the file cannot be seen.
            TryLater: ``store_silent``.
        """
        return await self._patiently(lambda: _signature(self.path))

    def _look(self, work: Callable[[Transaction], Result]) -> Result:
        try:
            connection = _connect(self.path)
            try:
                check_version(connection, self.path)
                with transaction(connection, "BEGIN"):
                    return work(connection)
            finally:
                connection.close()
        except (sqlite3.Error, OSError) as error:
            raise unusable(self.path, error) from error

    async def _patiently(self, look: Callable[[], Result]) -> Result:
        """Run in a thread that nobody waits for when it hangs; while one hangs no other is begun."""
        if self._waiting is not None and not self._waiting.done():
            raise _silent(self.path)
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        self._waiting = future  # type: ignore[assignment] # only ever asked whether it is done

        def settle(error: BaseException | None, result: Result | None) -> None:
            if future.done():
                return
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)  # type: ignore[arg-type]

        def run() -> None:
            error: BaseException | None = None
            result: Result | None = None
            try:
                result = look()
            except BaseException as raised:  # noqa: BLE001 handed on to the one who waits
                error = raised
            if not loop.is_closed():
                loop.call_soon_threadsafe(settle, error, result)

        threading.Thread(target=run, name="brygga-peek", daemon=True).start()
        done, _pending = await asyncio.wait({future}, timeout=PATIENCE_SECONDS)
        if not done:
            raise _silent(self.path)
        return future.result()


def _connect(path: Path) -> sqlite3.Connection:
    wal, shared = (path.with_name(path.name + suffix) for suffix in ("-wal", "-shm"))
    mode = "mode=ro&readonly_shm=1" if wal.exists() and shared.exists() else "mode=ro"
    if not wal.exists():
        mode = "mode=ro&immutable=1"
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{mode}", uri=True, isolation_level=None, timeout=BUSY_SECONDS
    )
    connection.row_factory = sqlite3.Row
    return connection


def _signature(path: Path) -> Signature:
    try:
        parts = [path.stat()]
    except OSError as error:
        raise unusable(path, error) from error
    wal = path.with_name(path.name + "-wal")
    if wal.exists():
        parts.append(wal.stat())
    return tuple((part.st_ino, part.st_size, part.st_mtime_ns) for part in parts)


def _silent(path: Path) -> TryLater:
    return TryLater(
        "store_silent",
        _("The disk of the store {path} does not answer.").format(path=shown(path)),
        _("Perhaps it lies on a network that is away. What is shown is what was read last."),
        _("brygga goes on by itself when it is back."),
    )


def is_without_clients(path: Path) -> bool:
    """Whether there is no store, or one without a client; False when it cannot be read. Takes a millisecond."""
    if not path.exists():
        return True
    try:
        with contextlib.closing(_connect(path)) as connection:
            return not connection.execute("SELECT EXISTS (SELECT 1 FROM clients)").fetchone()[0]
    except sqlite3.Error:
        return False
