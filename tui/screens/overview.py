"""1 Översikt: a row per engagement, riskiest first. Which clients need me, and what is the next step for each?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from textual.widget import Widget

from core.clock import today
from core.i18n import _, mark, ngettext
from core.register import EngagementStatus, NextStep, Present
from tui.page import WIDE, Page
from tui.paint import Line, Lines, Span, width_of, wrap
from tui.screens.overview_rows import COLUMNS, cells_of, detail_of, key_of, rank_of, refusal, search_of
from tui.tally import (
    Step,
    by_step,
    is_locked,
    needs_you,
    steps_line,
    summary_of,
    sums_line,
    waiting_for,
    word_of,
)
from tui.theme import Tone
from tui.widgets.columns import Column
from tui.widgets.table import Table
from tui.wording import (
    held_reason,
    lesson,
    next_sentence,
    sparkline,
)

if TYPE_CHECKING:
    from tui.jobs import Job

ACTIVITY: Final = Column("activity", mark("14 days"), 14, wide=True)
VIEWS: Final = (mark("all"), mark("need you"), mark("mine"))


ROOMY: Final = 30
"""Lines from which a second line of totals is shown."""

_STEP_ACTIONS: Final = {
    NextStep.CONNECT: ("connect",),
    NextStep.IMPORT: ("import",),
    NextStep.EXPORT: ("export",),
    NextStep.WRITE_FILE: ("export",),
    NextStep.DONE: ("lock",),
}
"""The action that takes the next step, where one key does it."""


class Overview(Page):
    """All engagements, riskiest first."""

    page = "overview"
    has_pane = True

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[EngagementStatus] = []
        self._sums: list[Line] = []
        """What the rows shown come to, on a line each."""
        self._summaries: dict[int, Line] = {}
        """The summary of all rows by the room that it has."""
        self._view = 0
        self._step: Step | None = None
        self._activity: dict[str, list[int]] = {}

    def body(self) -> Iterable[Widget]:
        """The list, and the pane of a wide screen."""
        self.table: Table[EngagementStatus] = Table(
            (*COLUMNS, ACTIVITY), cells=self._cells, key=key_of, rank=self._rank, search=search_of
        )
        yield self.table

    def facts(self) -> Iterable[Widget]:
        """What the rows come to together."""
        self.totals = Lines(id="facts")
        yield self.totals

    def _cells(self, row: EngagementStatus) -> Sequence[Span]:
        cells = cells_of(row, today(self.brygga.clock), occupied=bool(self._others(row)))
        return (*cells, (self._spark(row), Tone.GOOD))

    def _rank(self, row: EngagementStatus, column: str) -> Any:
        if column == ACTIVITY.key:
            return -sum(self._activity.get(row.client.id, ()))
        return rank_of(row, column)

    def _spark(self, row: EngagementStatus) -> str:
        counts = self._activity.get(row.client.id)
        return sparkline(counts) if counts else ""

    def _others(self, row: EngagementStatus) -> list[Present]:
        """Who else has the engagement open."""
        return self.brygga.following.others(row.engagement.id) if row.engagement else []

    async def load(self) -> None:
        """Everything from the store; no network."""
        from core.usecases.activity import activity_by_day
        from core.usecases.status import overview

        await self.brygga.following.leave()
        ctx = await self.context()
        self._rows = await overview(ctx)
        if self.brygga.size.width >= WIDE:
            self._activity = await activity_by_day(ctx)
        self._show()

    def _show(self) -> None:
        rows = self._chosen()
        self._summaries = {}
        self._sums = [((" ", Tone.PLAIN), *line(rows)) for line in (steps_line, sums_line)] if rows else []
        self.table.show(rows, self._lesson())
        here = self.table.current
        if self.brygga.engagement_id is not None and (here is None or here.engagement is not None):
            self.table.go_to(self.brygga.engagement_id)
        self._entitle()
        self._show_totals()

    def _chosen(self) -> list[EngagementStatus]:
        """The rows of the view that was chosen."""
        if self._step is not None:
            return waiting_for(self._rows, self._step)
        if self._view == 1:
            return [row for row in self._rows if needs_you(row)]
        if self._view == 2:
            me = self.brygga.person.casefold()
            return [row for row in self._rows if row.client.responsible.casefold() == me]
        return self._rows

    def _show_totals(self) -> None:
        """What the rows shown come to, the sums where there is room; without a pane also the row's next step."""
        row = self.table.current
        lines: list[Line] = []
        if self._sums and not self.wide:
            sentence = next_sentence(row) if row is not None and not is_locked(row) else ""
            pieces = wrap(sentence, self.brygga.size.width - 4)
            lines += [
                ((" ▸ " if piece and not place else "   ", Tone.KEY), (piece, Tone.STRONG))
                for place, piece in enumerate(pieces)
            ]
        self.totals.show(lines + self._sums[: 2 if self.brygga.size.height >= ROOMY else 1])

    def _entitle(self) -> None:
        """The summary; at the right who else works in the engagement under the cursor, and what is shown."""
        row = self.table.current
        names = ", ".join(dict.fromkeys(each.person for each in self._others(row))) if row else ""
        right: Line = ((f"◉ {names}", Tone.KEY),) if names else ()
        if self._view or self._step:
            word = word_of(self._step)[0] if self._step else _(VIEWS[self._view])
            right = (
                *right,
                ("  " if right else "", Tone.DIM),
                (_("showing: {view}").format(view=word), Tone.KEY),
            )
        room = (self.brygga.size.width or 80) - 2 - (width_of(right) + 2 if right else 0)
        if room not in self._summaries:
            self._summaries[room] = summary_of(self._rows, today(self.brygga.clock), room)
        self.entitle(self._summaries[room], right)

    def _lesson(self) -> Sequence[Line]:
        if self._rows:
            return lesson(_("No engagement matches this selection."), _("Esc shows all, v others."))
        return lesson(
            _("Here your engagements will stand: one row for each client's fiscal year, riskiest first."),
            _("There are none yet."),
            "",
            _(
                "Press n for the start guide: it connects a client to Fortnox and fetches the rest, or begins with a SIE4 file where there is no Fortnox."
            ),
        )

    def choose(self, name: str) -> None:
        """Put the cursor on the first client whose name begins so."""
        for row in self._rows:
            if row.client.name.startswith(name):
                self.table.go_to(key_of(row))
                return

    # -- moving ----------------------------------------------------------------------------------------

    def on_table_moved(self) -> None:
        """Details follow the cursor; so does the engagement that the other screens show."""
        row = self.table.current
        if row is not None and row.engagement is not None and self.is_current:
            self.brygga.engagement_id = row.engagement.id
        self._entitle()
        self._show_totals()
        marks = self.table.marks
        if marks:
            self.say(ngettext("{count} marked", "{count} marked", marks).format(count=marks), Tone.KEY)

    def details(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002
        """The engagement under the cursor."""
        row = self.table.current
        return detail_of(row, width, self._others(row), self._spark(row)) if row else ()

    async def on_table_opened(self) -> None:
        """To the engagement; a client without one gets one in the start guide."""
        row = self.table.current
        if row is None:
            return
        self.brygga.guide_client = None if row.engagement else row.client
        self.brygga.open_page("engagement" if row.engagement else "guide")

    # -- actions ---------------------------------------------------------------------------------------

    def wanted(self) -> tuple[str, ...]:
        """The key of the next step of the row under the cursor; with nothing to show, the one that fills the screen."""
        row = self.table.current
        if row is None:
            return () if self._rows else ("new",)
        return _STEP_ACTIONS.get(row.next_step, ()) if not is_locked(row) else ()

    def why_not(self, action: str) -> str | None:
        """What the row under the cursor refuses."""
        if action not in {"open", "import", "export", "connect", "lock", "rename"}:
            return None
        row = self.table.current
        if row is None:
            return _("The list is empty.")
        if action == "import" and self.table.marks:
            return None
        holder = self.brygga.following.holder(row.engagement.id) if row.engagement else None
        if holder is not None and action in {"import", "export", "lock"}:
            return held_reason(holder)
        return refusal(row, action)

    async def do_import(self) -> None:
        """Import the engagement under the cursor, or all that are marked."""
        from tui.work import import_marked

        await import_marked(self, [row for row in self.table.marked if row.engagement is not None])

    async def do_export(self) -> None:
        """To the export dialog of the engagement under the cursor."""
        from tui.screens.export import open_export

        await open_export(self)

    async def do_connect(self) -> None:
        """Connect the client under the cursor."""
        from tui.screens.consent import open_consent

        row = self.table.current
        if row is not None:
            await open_consent(self, row.client)

    async def do_rename(self) -> None:
        """What is known of the client under the cursor."""
        from tui.screens.client import open_client

        row = self.table.current
        if row is not None:
            open_client(self, row.client)

    async def do_lock(self) -> None:
        """Lock the engagement under the cursor, or unlock it."""
        from core.usecases.engagements import set_locked

        row = self.table.current
        if row is None or row.engagement is None:
            return
        locked = not row.engagement.locked
        await set_locked(await self.context(), row.engagement.id, locked=locked)
        await self.reload()
        self.say(_("Locked. l unlocks it again.") if locked else _("Unlocked."))

    async def do_new(self) -> None:
        """The start guide."""
        self.brygga.guide_client = None
        self.brygga.open_page("guide")

    def do_quick(self) -> None:
        """All, those that need you, yours."""
        self._view, self._step = (self._view + 1) % len(VIEWS), None
        self._show()

    def do_obstacle(self) -> None:
        """Those that wait for a step, the riskiest step first; after the last one all."""
        steps: list[Step | None] = [None, *(step for step, _count in by_step(self._rows))]
        place = steps.index(self._step) if self._step in steps else 0
        self._view, self._step = 0, steps[(place + 1) % len(steps)]
        self._show()

    async def do_back(self) -> None:
        """Trouble, the filter, then the view."""
        if self.clear_trouble() or self.table.do_clear_filter():
            return
        if self._view or self._step:
            self._view, self._step = 0, None
            self._show()

    def job_ended(self, job: Job) -> None:  # noqa: ARG002 the marks have done their work
        """Marks are for one joint action."""
        self.table.clear_marks()
