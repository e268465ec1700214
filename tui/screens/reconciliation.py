"""5 Avstämning: every balance account against what supports it, and the statements with the previous year."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

from textual.widget import Widget

from core.i18n import _, mark, ngettext
from core.money import parse_amount, to_swedish
from core.register import EngagementStatus, LedgerRow
from tui.of_engagement import OfEngagement
from tui.paint import Line, Lines, Span, wrap
from tui.screens import reconciliation_rows as rows
from tui.signing import with_comment
from tui.theme import Tone
from tui.widgets.columns import Column
from tui.widgets.table import Table
from tui.wording import lesson

if TYPE_CHECKING:
    from core.usecases.context import Context
    from core.usecases.drilldown import AccountLedger
    from core.usecases.reconcile import ReconciledAccount, Reconciliation
    from core.usecases.reports import Line as StatementLine
    from core.usecases.reports import ReportKind

    Row: TypeAlias = ReconciledAccount | StatementLine

TABS: Final = (
    mark("Balance accounts"),
    mark("Income statement"),
    mark("Balance sheet"),
    mark("Trial balance"),
)

FILTERS: Final[tuple[tuple[str, Callable[[ReconciledAccount], object]], ...]] = (
    (mark("all"), lambda _row: True),
    (mark("not signed off"), lambda row: not row.done),
    (mark("with a difference"), lambda row: row.difference),
    (mark("with something found"), lambda row: row.found or row.undone is not None or row.annex_changed),
)


class ReconciliationPage(OfEngagement):
    """The accounts of the latest import, who has signed them off, and what lies behind each."""

    page = "reconciliation"

    def __init__(self) -> None:
        super().__init__()
        self._listed: Reconciliation | None = None
        self._tab = 0
        self._filter = 0
        self._account = ""
        """The account whose vouchers are shown; empty for the list."""

    def body(self) -> Iterable[Widget]:
        """The accounts, and in their place the rows of one of them."""
        self.table: Table[Row] = Table(rows.COLUMNS, cells=self._cells, key=rows.key_of, rank=rows.rank_of)
        self.ledger: Table[LedgerRow] = Table(
            rows.LEDGER, cells=rows.ledger_cells, key=rows.ledger_key, rank=rows.ledger_rank, id="rows"
        )
        self.ledger.display = False
        yield self.table
        yield self.ledger

    def facts(self) -> Iterable[Widget]:
        """How far it has come, and what is said of the account under the cursor."""
        self.lines = Lines(id="facts")
        yield self.lines

    async def load_engagement(self, ctx: Context, row: EngagementStatus) -> None:  # noqa: ARG002 read from the store
        """The list or the statement of the tab; the rows of an account that is open."""
        from core.usecases.reconcile import reconciliation_list

        self._listed = await reconciliation_list(ctx, self.engagement_id)
        if self._listed.made_at is None:
            self._account = ""
            self._swap()
            self.entitle_engagement(_("Reconciliation"))
            self.show_lesson(rows.nothing_imported())
        elif self._account:
            await self._show_ledger(ctx)
        elif self._tab == 0:
            self._show_list(self._listed)
        else:
            await self._show_statement(ctx)

    def _swap(self) -> None:
        """Show the list, or the rows of an account."""
        inside = bool(self._account)
        if self.ledger.display is not inside:
            self.ledger.display, self.table.display = inside, not inside
            (self.ledger if inside else self.table).focus()

    # -- the three things shown ------------------------------------------------------------------------

    def _show_list(self, listed: Reconciliation) -> None:
        self._swap()
        word, wanted = FILTERS[self._filter]
        right: Line = ((_(TABS[0]), Tone.KEY), (" · " + _(word), Tone.DIM))
        self.entitle_engagement(_("Reconciliation"), right)
        self._use(rows.COLUMNS)
        shown = [row for row in listed.accounts if wanted(row)]
        self.table.show(shown, lesson(_("No account here."), _("Press v to show the others.")))
        self._show_facts()

    async def _show_statement(self, ctx: Context) -> None:
        from core.usecases.reports import report

        self._swap()
        made = await report(ctx, self.engagement_id, self._kind)
        self.entitle_engagement(_("Reconciliation"), ((_(TABS[self._tab]), Tone.KEY),))
        self._use(rows.INCOME if self._tab == 1 else rows.STATEMENT)
        self.table.show(made.lines, lesson(_("No account here has a balance or a change.")))
        width = (self.size.width or 80) - 2
        self.lines.show([((" " + piece, Tone.WARN),) for note in made.notes for piece in wrap(note, width)])

    def _cells(self, row: Row) -> Sequence[Span]:
        if self._tab == 1 and not rows.is_account(row):
            return rows.income_cells(row)  # type: ignore[arg-type] # narrowed by the guard
        return rows.cells_of(row)

    @property
    def _kind(self) -> ReportKind:
        from core.usecases.reports import ReportKind

        return (ReportKind.INCOME, ReportKind.BALANCE, ReportKind.TRIAL)[self._tab - 1]

    def _use(self, columns: Sequence[Column]) -> None:
        if self.table.columns != tuple(columns):
            self.table.set_columns(columns)

    async def _show_ledger(self, ctx: Context) -> None:
        from core.usecases.drilldown import drill_down

        found: AccountLedger = await drill_down(ctx, self.engagement_id, self._account)
        self._swap()
        self.entitle_engagement(f"{found.account.number} {found.account.name}")
        self.ledger.show(found.rows, lesson(_("The account has no vouchers this year.")))
        count = ngettext("{count} row", "{count} rows", len(found.rows)).format(count=len(found.rows))
        figures = (
            (f" {count}   ", Tone.DIM),
            (_("Opening") + " ", Tone.DIM),
            (to_swedish(found.ib) + "   ", Tone.PLAIN),
            (_("Closing") + " ", Tone.DIM),
            (to_swedish(found.ub), Tone.PLAIN),
        )
        self.lines.show([figures, *rows.month_lines(found.periods, self.size.width or 80)])

    def _show_facts(self) -> None:
        """The sums of the list, and what is known of the account under the cursor."""
        if self._listed is None or self._tab or self._account:
            return
        shown = [rows.progress_of(self._listed)]
        current = self.table.current
        if current is not None and rows.is_account(current):
            shown += rows.said_of(current, self.size.width or 80)
        self.lines.show(shown)

    def on_table_moved(self) -> None:
        """What is said follows the cursor."""
        self._show_facts()

    # -- actions ---------------------------------------------------------------------------------------

    def why_not(self, action: str) -> str | None:
        """What the list cannot do here or now."""
        words = {"ready", "second_read", "amount", "new", "undo", "rename"}
        if action in words | {"quick"} and (self._tab or self._account):
            return _("That is done in the list of balance accounts; tab leads there.")
        if action in words and (reason := self.locked_reason()):
            return reason
        if action in words and not self._chosen():
            return _("There is no account here.")
        if action == "new" and not any(row.difference for row in self._chosen()[:1]):
            return _("The account has no difference to make a closing voucher of; b enters an amount.")
        if action == "new" and (row := self._chosen()[0]).is_task and row.supported is None:
            return row.reason
        if action == "ready" and all(row.done and not row.annex_changed for row in self._chosen()):
            return _("It is signed off already; u opens it again.")
        if action in {"second_read", "undo"} and not any(row.done for row in self._chosen()):
            return _("It is not signed off; m signs it off.")
        return None

    def _chosen(self) -> list[ReconciledAccount]:
        return [row for row in self.table.marked if rows.is_account(row)]

    async def do_next_tab(self) -> None:
        """The list, then the statements."""
        self._account = ""
        self._tab = (self._tab + 1) % len(TABS)
        await self.reload()
        self.table.do_top()

    async def do_quick(self) -> None:
        """All accounts, or those that want something."""
        self._filter = (self._filter + 1) % len(FILTERS)
        await self.reload()

    async def on_table_opened(self) -> None:
        """From an account to its vouchers, from a voucher row to the whole voucher."""
        if self._account:
            await self._show_voucher()
            return
        number = rows.number_of(self.table.current)
        if number:
            self._account = number
            await self.reload()

    async def _show_voucher(self) -> None:
        from core.usecases.drilldown import voucher_in_books

        row = self.ledger.current
        if row is not None:
            voucher = await voucher_in_books(await self.context(), self.engagement_id, row.series, row.number)
            self.lines.show(rows.voucher_lines(voucher, self.size.width or 80))

    async def do_back(self) -> None:
        """From the vouchers to the list; from the list to the page before."""
        if self._account and not self.ledger.do_clear_filter():
            number, self._account = self._account, ""
            await self.reload()
            self.table.go_to(number)
        elif not self._account:
            await self.brygga.do_back()

    async def do_ready(self) -> None:
        """Sign off; a difference wants a comment first."""
        chosen = [row for row in self._chosen() if not row.done or row.annex_changed]
        await with_comment(self, chosen, self._sign_off)

    async def _sign_off(self, chosen: Sequence[ReconciledAccount], comment: str) -> None:
        from core.usecases.reconcile import sign_off

        numbers = [row.account.number for row in chosen]
        await sign_off(await self.context(), self.engagement_id, numbers, comment=comment)
        await self._told(_("Signed off. u opens it again."))

    async def do_second_read(self) -> None:
        """Say as somebody else that it has been read."""
        from core.usecases.reconcile import second_read

        numbers = [row.account.number for row in self._chosen() if row.done]
        await second_read(await self.context(), self.engagement_id, numbers)
        await self._told(_("Read."))

    async def do_undo(self) -> None:
        """Open it again."""
        from core.usecases.reconcile import undo_sign_off

        numbers = [row.account.number for row in self._chosen() if row.done]
        await undo_sign_off(await self.context(), self.engagement_id, numbers)
        await self._told(_("Open again."))

    async def _told(self, sentence: str) -> None:
        self.table.clear_marks()
        self.clear_trouble()
        await self.reload()
        self.say(sentence, Tone.GOOD)

    def do_amount(self) -> None:
        """Enter what an underlag says that the account should stand at."""
        from tui.screens.dialogs import FormDialog
        from tui.widgets.form import Form, Note, TextField

        row = self._chosen()[0]
        before = row.supported

        def check(form: Form) -> tuple[int | None, str, str] | None:
            try:
                entered = parse_amount(form.text("amount")) if form.text("amount") else None
            except ValueError:
                form.fail("amount", _("Write an amount, for example -12 500,00."))
                return None
            return entered, form.text("note"), form.text("reference")

        fields = [
            Note("about", _("Debit is positive, credit negative. An empty amount takes it away.")),
            TextField("amount", _("Supported amount"), width=20).fill(
                to_swedish(before.amount) if before else ""
            ),
            TextField("note", _("Note"), width=50).fill(before.note if before else ""),
            TextField("reference", _("Underlag"), _("For example kontoutdrag-december.pdf"), width=50).fill(
                before.reference if before else ""
            ),
        ]
        title = f"{row.account.number} {row.account.name} · {to_swedish(row.ub)}"
        dialog = FormDialog(title, fields, _("Save"), check)
        self.brygga.ask(dialog, lambda answer: self._save_amount(row.account.number, *answer))

    async def _save_amount(self, account: str, entered: int | None, note: str, reference: str) -> None:
        from core.usecases.reconcile import set_supported

        await set_supported(
            await self.context(), self.engagement_id, account, entered, note=note, reference=reference
        )
        await self._told(_("Saved.") if entered is not None else _("Taken away."))

    def do_rename(self) -> None:
        """Edit the account's name."""
        from tui.screens.dialogs import FormDialog
        from tui.widgets.form import Note, TextField

        account = self._chosen()[0].account
        fields = [
            Note(
                "about", _("The name is shown in this engagement; an empty one gives the source's own back.")
            ),
            TextField("name", _("Name"), width=50).fill(account.name),
        ]
        dialog = FormDialog(account.number, fields, _("Save"), lambda form: (form.text("name"),))
        self.brygga.ask(dialog, lambda answer: self._save_name(account.number, *answer))

    async def _save_name(self, account: str, name: str) -> None:
        from core.usecases.sourcesettings import rename_account

        await rename_account(await self.context(), self.engagement_id, account, name)
        await self._told(_("Saved.") if name else _("Taken away."))

    async def do_new(self) -> None:
        """A closing voucher of the difference, in the editor."""
        from core.usecases.reconcile import draft_from_difference

        account = self._chosen()[0].account.number
        made = await draft_from_difference(await self.context(), self.engagement_id, account)
        self.brygga.voucher_id = made.id
        self.brygga.open_page("editor")
