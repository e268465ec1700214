"""Pages that show one engagement: they know which, and teach when there is none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from core.i18n import _
from core.register import EngagementStatus
from tui import actions
from tui.page import Page
from tui.paint import BLANK, Line, Lines, Span
from tui.theme import Tone
from tui.wording import held_reason, lesson

if TYPE_CHECKING:
    from core.usecases.context import Context
    from tui.widgets.table import Table


class OfEngagement(Page):
    """A page about the engagement that the app has chosen, or the riskiest one."""

    row: EngagementStatus | None = None
    table: Table[Any]
    """The page's list."""
    lines: Lines
    """What is told under the list."""

    async def load(self) -> None:
        """Find the engagement, then let the page read what it shows of it."""
        ctx = await self.context()
        self.row = await self._find(ctx)
        if self.row is None:
            self.entitle(_("No engagement"))
            self.show_lesson(
                lesson(
                    _("This screen shows one engagement, and there is none yet."),
                    _("Press 1 for the overview, then n for the start guide."),
                )
            )
            return
        await self.brygga.following.enter(self.engagement_id)
        await self.load_engagement(ctx, self.row)

    async def _find(self, ctx: Context) -> EngagementStatus | None:
        from core.usecases.status import overview

        wanted = self.brygga.engagement_id
        rows = [row for row in await overview(ctx) if row.engagement is not None]
        chosen = next((row for row in rows if row.engagement and row.engagement.id == wanted), None)
        chosen = chosen or next(iter(rows), None)
        if chosen is not None and chosen.engagement is not None:
            self.brygga.engagement_id = chosen.engagement.id
        return chosen

    async def load_engagement(self, ctx: Context, row: EngagementStatus) -> None:
        """Read and show the engagement."""
        raise NotImplementedError

    def show_lesson(self, lines: Sequence[Line]) -> None:
        """An empty screen's lesson, in the place of the page's list; nothing under it."""
        self.table.show([], lines)
        self.lines.show([])

    @property
    def engagement_id(self) -> str:
        """The engagement shown."""
        return self.row.engagement.id if self.row and self.row.engagement else ""

    def entitle_engagement(self, what: str, right: Line = BLANK) -> None:
        """`Annexes · Client · 2025`."""
        if self.row is None or self.row.engagement is None:
            return
        locked = [(" · " + _("locked"), Tone.WARN)] if self.row.engagement.locked else []
        self.entitle(
            (
                (what, Tone.TITLE),
                (" · " + self.row.client.name, Tone.STRONG),
                (" · " + self.row.engagement.year.label, Tone.PLAIN),
                *locked,
                *self._presence(),
            ),
            right,
        )

    def _presence(self) -> list[Span]:
        """Who else has the engagement open, behind its name."""
        following = self.brygga.following
        if holder := following.holder(self.engagement_id):
            return [(" · ▲ " + _("taken over by {person}").format(person=holder.person), Tone.WARN)]
        names = ", ".join(dict.fromkeys(each.person for each in following.others(self.engagement_id)))
        return [(f" · ◉ {names}", Tone.KEY)] if names else []

    def reason_against(self, action: str) -> str | None:
        """While somebody else has taken the engagement over it is only read here."""
        if action in actions.WORK | {"save"} and (holder := self.brygga.following.holder(self.engagement_id)):
            return held_reason(holder)
        return super().reason_against(action)

    def locked_reason(self) -> str | None:
        """Why nothing may be changed; None when it may."""
        if self.row is None or self.row.engagement is None:
            return _("There is no engagement; press 1, then n.")
        if self.row.engagement.locked:
            return _("The engagement is locked. Press 2, then l, to unlock it.")
        return None
