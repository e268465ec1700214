"""``brygga dashboard``: the overview alone, full-screen, which never writes and needs no key."""

from __future__ import annotations

import asyncio
from typing import ClassVar, Final, NoReturn

from core.clock import Clock
from core.config import Settings
from core.errors import Internal
from core.register import Role
from core.usecases.glance import Glance
from core.usecases.watch import WATCH_SECONDS
from tui.app import BryggaApp

ACTIONS: Final = frozenset(
    [
        "up",
        "down",
        "page_up",
        "page_down",
        "top",
        "end",
        "filter",
        "next_hit",
        "sort",
        "sort_reverse",
        "open",
        "back",
        "refresh",
        "help",
        "quit",
        "interrupt",
    ]
)
"""All that can be done here: move, filter, sort, read anew, leave."""


class Dashboard(BryggaApp):
    """The interface reduced to one page that is only read."""

    root: ClassVar[str] = "dashboard"

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        super().__init__(settings, "", clock, role=Role.READER)
        self.actions = tuple(action for action in self.actions if action.id in ACTIONS)
        self.glance = Glance(settings, self.clock)

    async def context(self) -> NoReturn:
        """There is none: an open core would write."""
        raise Internal("internal", "the dashboard opens no core")

    def begin_work(self) -> None:
        """Look every other second, whatever happened at the look before."""
        self.run_worker(self._stay_current(), exit_on_error=False)

    async def _stay_current(self) -> None:
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            page = self.current_page
            if page is not None and page.page == self.root:
                await page.reload()

    async def do_refresh(self) -> None:
        """Read the store whether or not it looks changed."""
        self.glance.forget()
        if self.current_page is not None:
            await self.current_page.reload()


def run(settings: Settings) -> int:
    """Show the dashboard until it is left; the exit code."""
    app = Dashboard(settings)
    code = app.run(mouse=False)
    return app.return_code or code or 0
