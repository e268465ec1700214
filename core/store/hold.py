"""Who has a store open: many together, or one alone who upgrades or replaces it.

A lock file lies beside the store. Its lock belongs to the open file, so that it ends with the process however
that ends, and two stores opened in one process count as two.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from core.errors import Refused
from core.i18n import _

WAIT_SECONDS = 10.0
"""How long an opening waits for somebody who has the store alone, and the other way round."""
_POLL_SECONDS = 0.02


class Hold:
    """A hold on a store; ``close`` lets go."""

    def __init__(self, store: Path, descriptor: int) -> None:
        self._store = store
        self._descriptor = descriptor

    @classmethod
    def together(cls, store: Path) -> Hold:
        """Have the store open as one of many.

        Raises:
            Refused: ``already_running``: somebody has it alone for longer than ``WAIT_SECONDS``.
            OSError: the lock file cannot be made.
        """
        hold = cls(store, _open(store))
        return hold._take(fcntl.LOCK_SH, WAIT_SECONDS)

    @classmethod
    def alone(cls, store: Path, *, wait: float = 0.0) -> Hold:
        """Have the store alone.

        Raises:
            Refused: ``already_running``: somebody has it open.
            OSError: the lock file cannot be made.
        """
        hold = cls(store, _open(store))
        return hold._take(fcntl.LOCK_EX, wait)

    def share(self) -> None:
        """Let the others in again; the store stays held."""
        self._take(fcntl.LOCK_SH, WAIT_SECONDS)

    def take_alone(self) -> None:
        """Wait until everybody else has closed the store.

        Raises:
            Refused: ``already_running``; nothing is held any more.
        """
        self._take(fcntl.LOCK_EX, WAIT_SECONDS)

    def _take(self, kind: int, wait: float) -> Hold:
        until = time.monotonic() + wait
        while True:
            try:
                fcntl.flock(self._descriptor, kind | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() < until:
                    time.sleep(_POLL_SECONDS)
                    continue
                self.close()
                raise _taken(self._store) from None
            return self

    def close(self) -> None:
        """Let go; closing twice is no fault."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def lock_file(store: Path) -> Path:
    """The file whose lock says who has the store."""
    return store.with_name(f"{store.name}.lock")


def _open(store: Path) -> int:
    path = lock_file(store)
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except PermissionError:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)


def holders(store: Path) -> list[int]:
    """The processes that have the store open, where the system tells (Linux)."""
    try:
        inode = lock_file(store).stat().st_ino
        table = Path("/proc/locks").read_text(encoding="ascii", errors="replace")
    except OSError:
        return []
    rows = (line.split() for line in table.splitlines())
    return sorted(
        {
            int(row[4])
            for row in rows
            if len(row) > 5
            and row[1] == "FLOCK"
            and row[5].rpartition(":")[2] == str(inode)
            and row[4].isdigit()
        }
        - {os.getpid()}
    )


def _taken(store: Path) -> Refused:
    others = ", ".join(map(str, holders(store)))
    return Refused(
        "already_running",
        _("Another brygga has the store {path} open.").format(path=store),
        _("Upgrading, restoring and a new master key take the store alone. Nothing was changed."),
        _("Stop the service and close brygga everywhere (process {numbers}), then try again.").format(
            numbers=others
        )
        if others
        else _("Stop the service and close brygga everywhere, then try again."),
    )
