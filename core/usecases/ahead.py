"""The overview, read while the interface is still being loaded.

Loading takes as long as the reading of thousands of engagements, and SQLite reads beside Python.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor

from core.clock import Clock, SystemClock
from core.config import Settings
from core.register import EngagementStatus
from core.store.database import Store
from core.usecases.context import Context
from core.usecases.status import BEGUN, reading


class Ahead:
    """A store that is being opened and read in a thread. For one context."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        threads = ThreadPoolExecutor(1, thread_name_prefix="brygga-ahead")
        self._work = threads.submit(self._read, settings, clock or SystemClock())
        threads.shutdown(wait=False)

    @staticmethod
    def _read(settings: Settings, clock: Clock) -> tuple[Store, Future[list[EngagementStatus]]]:
        store = Store.open(settings.store_path)
        return store, store.begin(reading(settings.connection, clock.now()))

    async def store(self) -> Store:
        """The open store.

        Raises:
            UsageError: ``config_invalid``: it cannot be used.
            Refused: ``already_running``: it must be upgraded, and others have it open.
        """
        return (await asyncio.wrap_future(self._work))[0]

    def hand_over(self, ctx: Context) -> None:
        """Let the context's first question for the overview be answered by what was read."""
        ctx.shared[BEGUN] = self._work.result()[1]
