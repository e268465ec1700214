"""6 Bokslutsverifikationer: what was written in brygga, and how far each voucher has come."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from textual.widget import Widget

from core.i18n import _, mark, ngettext
from core.money import to_swedish
from core.register import ClosingVoucher, DraftVoucher, EngagementStatus, VoucherState
from tui.ordering import OrderingVouchers
from tui.paint import Line, Lines, Span, columns, fit, titled, wrap
from tui.theme import Tone
from tui.widgets.columns import Column
from tui.widgets.table import Table
from tui.widgets.voucher_rows import result_line
from tui.wording import lesson, moment, standing_of, undecided_text
from tui.work import existing_file, hand_over_notes

if TYPE_CHECKING:
    from core.usecases.context import Context
    from tui.jobs import Job

COLUMNS: Final = (
    Column("date", mark("Date"), 10),
    Column("text", mark("Text")),
    Column("turnover", mark("Turnover"), 13, right=True),
    Column("state", mark("State"), 21),
)

EDITABLE: Final = frozenset(
    {VoucherState.DRAFT, VoucherState.READY, VoucherState.REJECTED, VoucherState.WAITING_YEAR}
)

_STATES: Final = {state: place for place, state in enumerate(VoucherState)}

LOOK_SECONDS: Final = 2.0
SENDABLE: Final = frozenset({VoucherState.READY, VoucherState.WAITING_YEAR})


def cells_of(voucher: ClosingVoucher) -> Sequence[Span]:
    """The cells of a closing voucher in the order of ``COLUMNS``."""
    return (
        (str(voucher.date), Tone.PLAIN),
        (voucher.text or "–", Tone.PLAIN),
        (to_swedish(voucher.turnover), Tone.PLAIN),
        state_of(voucher),
    )


def state_of(voucher: ClosingVoucher) -> Span:
    """How far it has come, or what is wrong with it."""
    if voucher.balance:
        return "▲ " + _("does not balance"), Tone.WARN
    if voucher.state is VoucherState.UNKNOWN and not voucher.undecided:
        return "▲ " + _("receipt missing"), Tone.BAD
    if voucher.state is VoucherState.WAITING_YEAR:
        return "▲ " + _("waits for {year}").format(year=voucher.year.label), Tone.WARN
    return standing_of(voucher)


def search_of(voucher: ClosingVoucher) -> str:
    """What the filter looks in: what the cells say."""
    return f"{voucher.date} {voucher.text} {to_swedish(voucher.turnover)} {state_of(voucher)[0]}"


def rank_of(voucher: ClosingVoucher, column: str) -> Any:
    """What a column sorts by."""
    match column:
        case "date":
            return voucher.date
        case "turnover":
            return -voucher.turnover
        case "state":
            return _STATES[voucher.state]
        case _:
            return voucher.text.casefold()


def rows_of(voucher: ClosingVoucher, names: dict[str, str], width: int) -> list[Line]:
    """The voucher's rows: account, name, debit or credit."""
    name_width = max(6, width - 5 - 1 - 15 - 2)
    lines: list[Line] = [*titled(voucher.text or "–", width), ((" " + str(voucher.date), Tone.DIM),), ()]
    for row in voucher.rows:
        side = _("D") if row.amount >= 0 else _("C")
        lines.append(
            (
                (f" {row.account:5}", Tone.STRONG),
                (fit(names.get(row.account, row.text), name_width - 1) + " ", Tone.PLAIN),
                (fit(to_swedish(abs(row.amount)), 13, right=True) + f" {side}", Tone.PLAIN),
            )
        )
    pairs = [
        (_("State"), standing_of(voucher)[0]),
        (_("Turnover"), to_swedish(voucher.turnover)),
        (_("Fiscal year"), str(voucher.year)),
    ]
    if voucher.state is VoucherState.WAITING_YEAR and voucher.waiting_since:
        pairs.append((_("Waits since"), moment(voucher.waiting_since)))
    if voucher.balance:
        pairs.append((_("Missing"), to_swedish(-voucher.balance)))
    lines += [(), *columns(pairs, width)]
    if voucher.undecided:
        lines += [(), *columns([("", undecided_text(voucher))], width)]
    elif voucher.error:
        lines += [(), ((" " + _("What Fortnox answered"), Tone.BAD),), *columns([("", voucher.error)], width)]
    return lines


def summary_of(vouchers: Sequence[ClosingVoucher]) -> Line:
    """How many, how many ready, and their turnover."""
    ready = [voucher for voucher in vouchers if voucher.state is VoucherState.READY]
    count = ngettext("{count} closing voucher", "{count} closing vouchers", len(vouchers)).format(
        count=len(vouchers)
    )
    turnover = to_swedish(sum(voucher.turnover for voucher in ready))
    text = ngettext(
        "{count} is ready to export, turnover {amount}",
        "{count} are ready to export, turnover {amount}",
        len(ready),
    )
    text = text.format(count=len(ready), amount=turnover)
    return ((f" {count} · ", Tone.DIM), (text, Tone.GOOD if ready else Tone.DIM))


class VoucherPage(OrderingVouchers):
    """The closing vouchers of the engagement."""

    page = "vouchers"
    has_pane = True

    def __init__(self) -> None:
        super().__init__()
        self._vouchers: list[ClosingVoucher] = []
        self._no_export = ""
        """Why there is nothing to export; empty when there is."""
        self._all_posted = False
        self._looked = 0.0
        self._names: dict[str, str] = {}
        self._named: object = None
        """The engagement and the import that the names are of."""

    def body(self) -> Iterable[Widget]:
        """The list, and the pane with the rows."""
        self.table: Table[ClosingVoucher] = Table(
            COLUMNS, cells=cells_of, key=attrgetter("id"), rank=rank_of, search=search_of
        )
        yield self.table

    def facts(self) -> Iterable[Widget]:
        """The sums."""
        self.lines = Lines(id="facts")
        yield self.lines

    async def load_engagement(self, ctx: Context, row: EngagementStatus) -> None:
        """The vouchers of the engagement, and the names of the accounts."""
        from core.usecases.books import accounts
        from core.usecases.vouchers import list_vouchers

        self._vouchers = await list_vouchers(ctx, self.engagement_id, self._vouchers)
        states = {one.state for one in self._vouchers}
        self._no_export = self._why_not_export()
        self._all_posted = bool(states) and states <= {VoucherState.POSTED, VoucherState.EXCLUDED}
        if self._named != (self.engagement_id, row.last_import):
            self._named = (self.engagement_id, row.last_import)
            self._names = {
                each.account.number: each.account.name for each in await accounts(ctx, self.engagement_id)
            }
        self.entitle_engagement(_("Closing vouchers"))
        self.table.show(
            self._vouchers,
            lesson(
                _(
                    "Closing vouchers are written here and posted to Fortnox, or written to a file, when they are ready."
                ),
                _("None has been written yet."),
                _(
                    "Press n to write one, M for a template, F for last year's, or h to read a file (JSON or SIE 4I)."
                ),
            ),
        )
        self.lines.show(await self._summary(ctx, row) if self._vouchers else [])
        written, self.brygga.voucher_id = self.brygga.voucher_id, None
        if written:
            self.table.go_to(written)

    async def _summary(self, ctx: Context, row: EngagementStatus) -> list[Line]:
        """How many are ready, and the result before and after, once the books have been imported."""
        from core.usecases.voucher_making import effects

        stuck = [] if self.wide else [one for one in self._vouchers if one.undecided]
        told = wrap(undecided_text(stuck[0]), (self.size.width or 80) - 4) if stuck else []
        lines: list[Line] = [
            (((" ▲ " if at == 0 else "   ") + text, Tone.BAD),) for at, text in enumerate(told)
        ]
        lines.append(await asyncio.to_thread(summary_of, self._vouchers))
        if row.last_import is not None:
            found = await effects(ctx, self.engagement_id)
            lines.append(result_line(found.result_before, found.result_change))
        return lines

    async def job_moved(self, job: Job) -> None:
        """While vouchers are being sent, each shows how far it has come; looked at every other second."""
        now = asyncio.get_running_loop().time()
        if job.critical and now - self._looked >= LOOK_SECONDS:
            self._looked = now
            await self.reload()

    def details(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002
        """The rows of the voucher under the cursor."""
        voucher = self.table.current
        return rows_of(voucher, self._names, width) if voucher else ()

    async def on_table_opened(self) -> None:
        """To the editor; what has left brygga is shown and cannot be changed."""
        voucher = self.table.current
        if voucher is not None:
            await self._edit(voucher.id)

    async def _edit(self, voucher_id: str | None) -> None:
        self.brygga.voucher_id = voucher_id
        self.brygga.open_page("editor")

    # -- actions ---------------------------------------------------------------------------------------

    def why_not(self, action: str) -> str | None:
        """What the state of the vouchers refuses."""
        if action in {"new", "read_file", "ready", "remove"} and (reason := self.locked_reason()):
            return reason
        if action in {"open", "ready", "remove"} and self.table.current is None:
            return _("There is no closing voucher yet; n writes one.")
        if action in {"ready", "remove"} and not any(
            voucher.state in EDITABLE for voucher in self.table.marked
        ):
            return _("It has left brygga and cannot be changed; write a correcting voucher instead.")
        if action == "export" and self._no_export:
            return self._no_export
        return self.why_not_make(action) or self.why_not_order(action)

    def wanted(self) -> tuple[str, ...]:
        """A decision that only a person can make; when everything has been posted, the proof."""
        if any(one.undecided for one in self._vouchers):
            return ("release",)
        return ("go_proof",) if self._all_posted else ()

    def _why_not_export(self) -> str:
        """Nothing to send; or something for a year that is locked, where what belongs to the next may still go."""
        ready = [one for one in self._vouchers if one.state in SENDABLE]
        if self.row and self.row.engagement and all(one.year != self.row.engagement.year for one in ready):
            return "" if ready else _("None is ready. Mark one as ready with m first.")
        return self.locked_reason() or ""

    async def do_new(self) -> None:
        """An empty voucher in the editor."""
        await self._edit(None)

    async def do_ready(self) -> None:
        """Drafts become ready; when all are ready already they become drafts again."""
        from core.usecases.vouchers import mark_draft, mark_ready

        ctx = await self.context()
        chosen = [voucher for voucher in self.table.marked if voucher.state in EDITABLE]
        ids = [voucher.id for voucher in chosen]
        if all(voucher.state is VoucherState.READY for voucher in chosen):
            await mark_draft(ctx, ids)
            done = _("Back to draft.")
        else:
            ids = [voucher.id for voucher in chosen if voucher.state is not VoucherState.READY]
            await mark_ready(ctx, ids)
            done = _("Ready to export. Press e to export.")
        self.table.clear_marks()
        self.clear_trouble()
        await self.reload()
        self.say(done, Tone.GOOD)

    async def do_remove(self) -> None:
        """Remove without asking; u brings back."""
        from core.usecases.vouchers import remove_vouchers

        ctx = await self.context()
        chosen = [voucher.id for voucher in self.table.marked if voucher.state in EDITABLE]
        removed = await remove_vouchers(ctx, chosen)
        self.table.clear_marks()
        await self.reload()
        text = ngettext(
            "{count} removed. u brings it back.", "{count} removed. u brings them back.", len(removed)
        )
        self.say(text.format(count=len(removed)))

    def vouchers_shown(self) -> Sequence[ClosingVoucher]:
        """The vouchers on the page."""
        return self._vouchers

    def do_read_file(self) -> None:
        """Ask for a file and read vouchers from it."""
        from tui.screens.dialogs import FormDialog
        from tui.widgets.form import Form, Note, TextField

        async def check(form: Form) -> list[DraftVoucher] | None:
            from core.usecases.vouchers import read_voucher_file

            path = await asyncio.to_thread(existing_file, form.text("path"))
            if path is None:
                form.fail("path", _("There is no such file."))
                return None
            return await read_voucher_file(await self.context(), self.engagement_id, path)

        fields = [
            Note(
                "about",
                _("JSON as brygga writes it, or SIE 4I. The vouchers become drafts; nothing is sent."),
            ),
            *hand_over_notes(reading=True),
            TextField("path", _("File"), _("For example ~/bokslut.json"), width=54),
        ]
        self.brygga.ask(FormDialog(_("Read closing vouchers"), fields, _("Read"), check), self._add)

    async def _add(self, drafts: list[DraftVoucher]) -> None:
        from core.usecases.vouchers import add_vouchers

        made = await add_vouchers(await self.context(), self.engagement_id, drafts)
        await self.reload()
        self.say(ngettext("{count} read.", "{count} read.", len(made)).format(count=len(made)), Tone.GOOD)

    async def do_export(self) -> None:
        """To the export dialog."""
        from tui.screens.export import open_export

        await open_export(self)
