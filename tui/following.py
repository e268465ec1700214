"""Keeps what is shown up to date while other people and processes work in the same store."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from core.errors import BryggaError
from core.i18n import _
from tui.jobs import unexpected
from tui.theme import Tone

if TYPE_CHECKING:
    from core.register import Present
    from core.usecases.context import Context
    from core.usecases.presence import Attendance
    from core.usecases.watch import Watch
    from tui.app import BryggaApp


class Following:
    """Looks at the store every other second; nothing is repainted unless something changed."""

    def __init__(self, app: BryggaApp) -> None:
        self._app = app
        self._watch: Watch | None = None
        self._attendance: Attendance | None = None
        self._held_by = ""
        self._trouble = ""

    async def run(self) -> None:
        """Look for as long as the app lives."""
        from core.usecases.watch import WATCH_SECONDS

        while True:
            await self.look()
            await asyncio.sleep(WATCH_SECONDS)

    async def look(self) -> None:
        """Show what others have changed, and say once when the store has gone away."""
        from core.usecases.rights import role_now

        try:
            ctx = await self._app.context()
            changed = await self._changed(ctx)
            if changed:
                await role_now(ctx)
            changed = await (await self._present(ctx)).look() or changed
        except BryggaError as error:
            await self._tell(error)
        except Exception as error:  # noqa: BLE001 a look that fails must not be the last one; it is logged
            await self._tell(unexpected(error))
        else:
            await self._show(changed=changed)
            await self._heed_holder()

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

    # -- who else is there -----------------------------------------------------------------------------

    async def enter(self, engagement_id: str) -> None:
        """This session has the engagement open."""
        await (await self._present(await self._app.context())).enter(engagement_id)

    async def leave(self) -> None:
        """This session has no engagement open."""
        if self._attendance is not None:
            self._held_by = ""
            await self._attendance.leave()

    async def take_over(self, engagement_id: str) -> None:
        """From now on only this session writes in the engagement."""
        from core.usecases.presence import take_over

        ctx = await self._app.context()
        await take_over(ctx, await self._present(ctx), engagement_id)
        self._held_by = ""

    def others(self, engagement_id: str) -> list[Present]:
        """The other sessions that have it open."""
        return self._attendance.others(engagement_id) if self._attendance is not None else []

    def holder(self, engagement_id: str) -> Present | None:
        """Who else has taken it over."""
        return self._attendance.holder(engagement_id) if self._attendance is not None else None

    async def _present(self, ctx: Context) -> Attendance:
        from core.usecases.presence import Attendance

        if self._attendance is None or self._attendance.ctx is not ctx:
            self._attendance = Attendance(ctx)
        return self._attendance

    async def _heed_holder(self) -> None:
        """Say it when somebody takes the open engagement over, or gives it back."""
        engagement_id = self._attendance.engagement_id if self._attendance is not None else ""
        holder = self.holder(engagement_id) if engagement_id else None
        before, self._held_by = self._held_by, holder.person if holder is not None else ""
        page = self._app.current_page
        if self._held_by == before or page is None:
            return
        if holder is None:
            await page.reload()
            page.say(_("{person} has left the engagement; you can change it again.").format(person=before))
            return
        text = _("{person} has taken the engagement over; here it is only read now.")
        if await self._app.give_way():
            text = _("{person} has taken the engagement over; what you were writing is kept as a draft.")
        await page.reload()
        page.say(text.format(person=holder.person), Tone.WARN)

    async def _tell(self, error: BryggaError) -> None:
        if error.details.get("replaced") and not self._app.jobs.running:
            await self._app.reopen(self._app.settings)
            await self._show(changed=True)
            return
        page = self._app.current_page
        if page is not None and error.title != self._trouble:
            self._trouble = error.title
            page.show_trouble(error)
