"""A hint from the file system that something has been dropped, so that nobody waits for the next rescan.

A hint and nothing more: folders are looked through all the same, and where the file system does not tell of what
other machines do (a network share), or the system has no more watches to give, there is none.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterable
from pathlib import Path

from core.mounts import is_local

LOG = logging.getLogger("brygga.exchange")
_STEP_MS, _DEBOUNCE_MS, _LOOK_MS = 500, 1000, 60_000
"""The watcher wakes once a step, so a short one would cost more than the rescans that it spares."""


class Hint:
    """Watches folders; ``wait`` returns early when something happens in one of them."""

    def __init__(self, root: Path | None) -> None:
        self._is_reliable = root is not None and is_local(root)
        self._happened = asyncio.Event()
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def is_alive(self) -> bool:
        """Whether changes are told of now."""
        return self._task is not None and not self._task.done()

    async def watch(self, folders: Iterable[Path]) -> None:
        """Watch these folders from now on, and no others."""
        await self.close()
        if self._is_reliable:
            self._stop = asyncio.Event()
            self._task = asyncio.create_task(self._watch(list(folders)))

    async def _watch(self, folders: list[Path]) -> None:
        from watchfiles import awatch

        there = await asyncio.to_thread(lambda: [path for path in folders if path.is_dir()])
        try:
            async for _changes in awatch(
                *there,
                watch_filter=None,
                debounce=_DEBOUNCE_MS,
                step=_STEP_MS,
                stop_event=self._stop,
                rust_timeout=_LOOK_MS,
                recursive=False,
                force_polling=False,
            ):
                self._happened.set()
        except (OSError, RuntimeError) as error:  # the system has no watches left, or a folder is gone
            LOG.warning("no hints from the file system: %s", type(error).__name__)

    def tell(self) -> None:
        """End the wait that is under way, or the next one at once."""
        self._happened.set()

    async def wait(self, seconds: float, stop: asyncio.Event) -> bool:
        """Wait for a hint or for ``stop``, at most this long; whether there was a hint."""
        waits = [asyncio.create_task(self._happened.wait()), asyncio.create_task(stop.wait())]
        try:
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waits:
                one.cancel()
            await asyncio.gather(*waits, return_exceptions=True)
        happened = self._happened.is_set()
        self._happened.clear()
        return happened

    async def close(self) -> None:
        """Watch nothing."""
        self._stop.set()
        if self._task is not None:
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None
