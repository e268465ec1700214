"""The demo firm inside the running interface: entered from the welcome, gone when brygga is left."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from core.i18n import _

if TYPE_CHECKING:
    from core.usecases.progress import Report
    from tui.app import BryggaApp


class Trial:
    """A sandbox and its throw-away data directory, for as long as the app lives."""

    def __init__(self) -> None:
        self._held = contextlib.AsyncExitStack()

    async def enter(self, app: BryggaApp, report: Report) -> int:
        """Start the sample firm and let the app work in it; how many companies it has."""
        import msgspec

        from core.usecases.context import open_context
        from core.usecases.demo import furnish, open_demo

        async with contextlib.AsyncExitStack() as held:
            demo = await held.enter_async_context(open_demo())
            settings = msgspec.structs.replace(demo.settings, ui=app.settings.ui)
            async with open_context(settings, person=app.person, clock=app.clock) as ctx:
                await furnish(ctx, demo, report)
            await app.reopen(settings)
            app.call_person(_("demo"))
            self._held = held.pop_all()
            return len(demo.tenants)

    async def end(self) -> None:
        """Throw it away."""
        await self._held.aclose()
