"""The overview for a screen on the wall: read now and then, without a key, without writing anything."""

from __future__ import annotations

from datetime import date

from core.clock import Clock, SystemClock, today
from core.config import Settings
from core.register import EngagementStatus
from core.store.peek import Peek, Signature
from core.usecases.context import Context
from core.usecases.status import overview


class Glance:
    """Looks at the store of the settings' data directory and keeps nothing of it open."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self._store = Peek(settings.store_path)
        self._ctx = Context(settings, self._store, clock or SystemClock(), person="")
        self._seen: tuple[Signature, date] | None = None

    async def look(self) -> list[EngagementStatus] | None:
        """The overview, riskiest first; None when nothing has changed since the last look that succeeded.

        Raises:
            UsageError: ``config_invalid``: the store is not there or cannot be read now.
            TryLater: ``store_silent``: its disk does not answer.
        """
        seen = await self._store.signature(), today(self._ctx.clock)
        if seen == self._seen:
            return None
        rows = await overview(self._ctx)
        self._seen = seen
        return rows

    def forget(self) -> None:
        """The next look reads whether or not anything has changed."""
        self._seen = None
