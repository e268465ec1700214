"""Keeps what is shown up to date while other people and processes work in the same store."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from core.errors import BryggaError
from tui.jobs import unexpected

if TYPE_CHECKING:
    from core.usecases.context import Context
    from core.usecases.watch import Watch
    from tui.app import BryggaApp


class Following:
    """Looks at the store every other second; nothing is repainted unless something changed."""

    def __init__(self, app: BryggaApp) -> None:
        self._app = app
        self._watch: Watch | None = None
        self._trouble = ""

    async def run(self) -> None:
        """Look for as long as the app lives."""
        from core.usecases.watch import WATCH_SECONDS

        while True:
            await self.look()
            await asyncio.sleep(WATCH_SECONDS)

    async def look(self) -> None:
        """Show what others have changed, and say once when the store has gone away."""
        try:
            changed = await self._changed(await self._app.context())
        except BryggaError as error:
            await self._tell(error)
        except Exception as error:  # noqa: BLE001 a look that fails must not be the last one; it is logged
            await self._tell(unexpected(error))
        else:
            await self._show(changed=changed)

    async def _changed(self, ctx: Context) -> bool:
        from core.usecases.watch import Watch

        if self._watch is None or self._watch.ctx is not ctx:
            self._watch = Watch(ctx)
        return await self._watch.changed()

    async def _show(self, *, changed: bool) -> None:
        page = self._app.current_page
        if page is None or not page.is_mounted:
            return
        if self._trouble:
            self._trouble = ""
            page.clear_trouble()
            changed = True
        if changed and page.follows:
            await page.reload()

    async def _tell(self, error: BryggaError) -> None:
        if error.details.get("replaced") and not self._app.jobs.running:
            await self._app.reopen(self._app.settings)
            await self._show(changed=True)
            return
        page = self._app.current_page
        if page is not None and error.title != self._trouble:
            self._trouble = error.title
            page.show_trouble(error)
