"""1 Översikt: a row per engagement, riskiest first. Which clients need me, and what is the next step for each?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from textual.widget import Widget

from core.clock import today
from core.i18n import _, mark, ngettext
from core.register import ConnectionState, EngagementStatus, NextStep, Present, SourceKind, VoucherState
from tui.page import WIDE, Page
from tui.paint import Line, Lines, Span, columns
from tui.tally import by_step, needs_you, steps_line, summary_of, sums_line, voucher_counts, waiting_for
from tui.theme import Tone
from tui.widgets.table import Column, Table
from tui.wording import (
    age,
    connection_long,
    connection_short,
    difference,
    held_reason,
    lesson,
    next_sentence,
    next_word,
    source_word,
    sparkline,
    step_word,
    whereabouts,
)

if TYPE_CHECKING:
    from tui.jobs import Job

COLUMNS: Final = (
    Column("number", mark("No."), 6, wide=True),
    Column("client", mark("Client")),
    Column("year", mark("Year"), 5),
    Column("connection", mark("Connection"), 13),
    Column("import", mark("Import"), 6),
    Column("1510", "1510", 9, right=True),
    Column("2440", "2440", 9, right=True),
    Column("vouchers", mark("Vou"), 4, right=True),
    Column("next", mark("Next"), 9),
)

ACTIVITY: Final = Column("activity", mark("14 days"), 14, wide=True)
VIEWS: Final = (mark("all"), mark("need you"), mark("mine"))


ROOMY: Final = 30
"""Lines from which a second line of totals is shown."""


def key_of(row: EngagementStatus) -> str:
    """What cursor and marks follow."""
    return row.engagement.id if row.engagement else row.client.id


def annex_difference(row: EngagementStatus, account: str) -> Span:
    """The annex's difference, or a dash where there is none."""
    return next(
        (difference(annex.difference) for annex in row.annexes if annex.account == account), difference(None)
    )


def voucher_ratio(row: EngagementStatus) -> str:
    """Ready or further of all: `2/3`."""
    return "{}/{}".format(*voucher_counts(row))


def cells_of(row: EngagementStatus, today: date, *, occupied: bool = False) -> Sequence[Span]:
    """The cells of a row in the order of ``COLUMNS``; an engagement that others have open has a sign."""
    engagement = row.engagement
    return (
        (row.client.number, Tone.DIM),
        ("◉ " + row.client.name, Tone.KEY) if occupied else (row.client.name, Tone.PLAIN),
        (engagement.year.label if engagement else "–", Tone.PLAIN),
        connection_short(row.connection, engagement.source if engagement else None),
        age(row.last_import, today),
        annex_difference(row, "1510"),
        annex_difference(row, "2440"),
        (voucher_ratio(row), Tone.PLAIN),
        next_word(row) if not (engagement and engagement.locked) else (_("Locked"), Tone.DIM),
    )


def rank_of(row: EngagementStatus, column: str) -> Any:
    """What a column sorts by."""
    match column:
        case "number":
            return (len(row.client.number), row.client.number)
        case "year":
            return row.engagement.year.to_date.toordinal() if row.engagement else 0
        case "connection":
            return (list(ConnectionState).index(row.connection.state), row.connection.days_left or 0)
        case "import":
            return row.last_import.timestamp() if row.last_import else 0.0
        case "1510" | "2440":
            return -max((abs(a.difference or 0) for a in row.annexes if a.account == column), default=0)
        case "vouchers":
            return voucher_ratio(row)
        case "next":
            return list(NextStep).index(row.next_step)
        case _:
            return row.client.name.casefold()


def search_of(row: EngagementStatus) -> str:
    """What the filter looks in: also what stands in no column."""
    return " ".join(
        (
            row.client.name,
            row.client.number,
            row.client.orgnr,
            row.client.responsible,
            row.engagement.year.label if row.engagement else "",
            connection_short(row.connection, row.engagement.source if row.engagement else None)[0],
            next_word(row)[0],
        )
    )


def refusal(row: EngagementStatus, action: str) -> str | None:
    """Why the action cannot be done on the row; None when it can."""
    engagement = row.engagement
    if engagement is None:
        missing = action in {"import", "export", "lock"}
        return _("There is no engagement under the cursor; n makes one.") if missing else None
    if action in {"import", "export"} and engagement.locked:
        return _("The engagement is locked; l unlocks it.")
    if action == "export" and not row.vouchers.get(VoucherState.READY):
        return _("No closing voucher is ready to export. Write and mark them on screen 6.")
    if action == "connect" and engagement.source is SourceKind.SIE4:
        return _("The books come from a SIE4 file. Press 2, then s, to take them from Fortnox instead.")
    return None


def detail_of(
    row: EngagementStatus, width: int, others: Sequence[Present] = (), spark: str = ""
) -> list[Line]:
    """The pane of a wide screen: the whole name, and what the columns cut."""
    engagement = row.engagement
    pairs = [
        (_("Org. no."), row.client.orgnr),
        (_("Client no."), row.client.number or "–"),
        (_("Responsible"), row.client.responsible or "–"),
        (_("Fiscal year"), str(engagement.year) if engagement else "–"),
        (_("Source"), source_word(engagement.source) if engagement else "–"),
        (_("Connection"), connection_long(row.connection, engagement.source if engagement else None)[0]),
        (_("Findings"), str(row.findings)),
    ]
    pairs += [
        (_("Annex") + f" {annex.account}", _("difference") + " " + difference(annex.difference)[0])
        for annex in row.annexes
    ]
    if spark:
        pairs.append((_("14 days"), spark))
    pairs += [(_("Open with") if not place else "", whereabouts(each)) for place, each in enumerate(others)]
    return [
        ((" " + row.client.name, Tone.TITLE),),
        (),
        *columns(pairs, width),
        (),
        ((" " + _("Next step"), Tone.STRONG),),
        *columns([("", next_sentence(row))], width),
    ]


class Overview(Page):
    """All engagements, riskiest first."""

    page = "overview"
    has_pane = True

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[EngagementStatus] = []
        self._view = 0
        self._step: NextStep | None = None
        self._summary: Line = ()
        self._activity: dict[str, list[int]] = {}

    def body(self) -> Iterable[Widget]:
        """The list, and the pane of a wide screen."""
        self.table: Table[EngagementStatus] = Table(
            (*COLUMNS, ACTIVITY), cells=self._cells, key=key_of, rank=self._rank, search=search_of
        )
        yield self.table
        yield Lines(id="pane")

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
        self._summary = summary_of(self._rows, today(self.brygga.clock))
        self.table.show(rows, self._lesson())
        here = self.table.current
        if self.brygga.engagement_id is not None and (here is None or here.engagement is not None):
            self.table.go_to(self.brygga.engagement_id)
        self._entitle()
        self.totals.show(self._totals(rows))

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

    def _totals(self, rows: Sequence[EngagementStatus]) -> list[Line]:
        """What the rows shown come to; the second line only where there is room for it."""
        if not rows:
            return []
        lines: list[Line] = [((" ", Tone.PLAIN), *steps_line(rows))]
        if self.brygga.size.height >= ROOMY:
            lines.append(((" ", Tone.PLAIN), *sums_line(rows)))
        return lines

    def _entitle(self) -> None:
        """The summary; at the right who else works in the engagement under the cursor, and what is shown."""
        row = self.table.current
        names = ", ".join(dict.fromkeys(each.person for each in self._others(row))) if row else ""
        right: Line = ((f"◉ {names}", Tone.KEY),) if names else ()
        if self._view or self._step:
            word = step_word(self._step)[0] if self._step else _(VIEWS[self._view])
            right = (
                *right,
                ("  " if right else "", Tone.DIM),
                (_("showing: {view}").format(view=word), Tone.KEY),
            )
        self.entitle(self._summary, right)

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
        self.fill_pane()
        self._entitle()
        marks = self.table.marks
        if marks:
            self.say(ngettext("{count} marked", "{count} marked", marks).format(count=marks), Tone.KEY)
        self.refresh_footer()

    def fill_pane(self) -> None:
        """The engagement under the cursor."""
        row = self.table.current
        if self.wide:
            pane = self.query_one("#pane", Lines)
            pane.show(
                detail_of(row, pane.size.width or 40, self._others(row), self._spark(row)) if row else []
            )

    async def on_table_opened(self) -> None:
        """To the engagement; a client without one gets one in the start guide."""
        row = self.table.current
        if row is None:
            return
        self.brygga.guide_client = None if row.engagement else row.client
        self.brygga.open_page("engagement" if row.engagement else "guide")

    # -- actions ---------------------------------------------------------------------------------------

    def wanted(self) -> tuple[str, ...]:
        """With nothing to show, the key that fills the screen."""
        return () if self._rows else ("new",)

    def why_not(self, action: str) -> str | None:
        """What the row under the cursor refuses."""
        if action not in {"open", "import", "export", "connect", "lock"}:
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
        steps: list[NextStep | None] = [None, *(step for step, _count in by_step(self._rows))]
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
