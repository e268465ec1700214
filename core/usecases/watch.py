"""What others do to the store while a front end shows it: other processes, other people, a moved file."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path
from typing import Final, TypeAlias

from core.clock import today
from core.errors import UsageError
from core.files import shown
from core.i18n import _
from core.usecases.context import Context

WATCH_SECONDS: Final = 2.0
"""Seconds between two looks. A look reads one number and a file's identity."""

Identity: TypeAlias = tuple[int, int]
"""Device and inode: another file under the same name has another one."""


class Watch:
    """Tells a front end when what it shows may be out of date. For one context."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self._seen: tuple[int, date] | None = None
        self._identity: Identity | None = None

    async def changed(self) -> bool:
        """Whether somebody else has changed the store, or a new day has begun, since the last look.

        The first look only remembers. What this context itself writes does not count.

        Raises:
            UsageError: ``store_moved``: the file is gone, or another one lies in its place.
            Internal: it cannot be read now.
        """
        path = self.ctx.settings.store_path
        identity = await asyncio.to_thread(identity_of, path)
        self._identity = self._identity or identity
        if identity != self._identity or identity is None:
            raise moved(path, replaced=identity is not None)
        seen = await self.ctx.store.version(), today(self.ctx.clock)
        before, self._seen = self._seen, seen
        return before is not None and before != seen


def identity_of(path: Path) -> Identity | None:
    """Which file lies there; None when there is none that can be seen."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def moved(path: Path, *, replaced: bool) -> UsageError:
    """The store is not the file that was opened."""
    if replaced:
        return UsageError(
            "store_moved",
            _("Another file lies in the place of the store {path}.").format(path=shown(path)),
            _("It has probably been restored from a backup. What is shown is the former one."),
            _("Read it anew; nothing is written to the former one in the meantime."),
            {"replaced": True},
        )
    return UsageError(
        "store_moved",
        _("The store {path} is gone.").format(path=shown(path)),
        _("It was moved away, or its disk cannot be reached. What is shown is what was read last."),
        _("Put it back; brygga goes on by itself."),
        {"replaced": False},
    )
