"""4 Bilagor: the open items of each ledger on a day of the year, against the books, and why they differ."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING

from textual.widget import Widget

from core.i18n import _
from core.model import Annex, OpenItem
from core.money import to_swedish
from core.register import EngagementStatus
from tui.of_engagement import OfEngagement
from tui.paint import Line, Lines, Rule, Span
from tui.screens import annex_rows as rows
from tui.screens.annex_rows import Tab
from tui.screens.dialogs import FormDialog, Reading
from tui.signing import with_comment
from tui.theme import Tone
from tui.widgets.form import Form, Note, TextField
from tui.widgets.table import Table
from tui.wording import annex_title, difference, lesson

if TYPE_CHECKING:
    from core.usecases.context import Context
    from core.usecases.reconcile import ReconciledAccount, Reconciliation


class AnnexPage(OfEngagement):
    """One annex at a time; tab goes to the next, v to the one that was signed off."""

    page = "annexes"
    has_pane = True

    def __init__(self) -> None:
        super().__init__()
        self._tabs: list[Tab] = []
        self._engagement = ""
        self._at = 0
        self._day: date | None = None
        """Another day than the import's own."""
        self._beside: bool | None = None
        """Whether the other annex is shown; None: on a wide screen where it differs."""
        self._notes: dict[str, str] = {}
        """What people noted on the items of the tab, by invoice number."""
        self._rows: dict[str, ReconciledAccount] = {}

    def body(self) -> Iterable[Widget]:
        """The open items, and the pane."""
        self.table: Table[OpenItem] = Table(
            rows.COLUMNS, cells=self._cells, key=rows.key_of, rank=rows.rank_of, markable=True
        )
        yield self.table

    def facts(self) -> Iterable[Widget]:
        """The reckoning under the items."""
        self.rule = Rule()
        self.lines = Lines(id="facts")
        yield self.rule
        yield self.lines

    def _tell(self, lines: Sequence[Line]) -> None:
        """Under the items, parted from them; nothing where there is nothing to tell."""
        self.rule.display = bool(lines)
        self.lines.show(lines)

    def show_lesson(self, lines: Sequence[Line]) -> None:
        """In the place of the items."""
        self.table.show([], lines)
        self._tell([])

    def _cells(self, item: OpenItem) -> Sequence[Span]:
        return rows.cells_of(item, self._notes.get(item.number, ""))

    @property
    def tab(self) -> Tab | None:
        """The tab shown."""
        return self._tabs[self._at] if self._at < len(self._tabs) else None

    @property
    def beside(self) -> bool:
        """Whether the other annex of the two is shown: in the pane of a wide screen, otherwise instead."""
        view = self.tab.view if self.tab is not None else None
        if view is None or view.frozen is None:
            return False
        return view.changed and self.wide if self._beside is None else self._beside

    # -- what is shown -----------------------------------------------------------------------------------

    async def load_engagement(self, ctx: Context, row: EngagementStatus) -> None:
        """The annexes of the latest import, or those of another day; then the own ones."""
        from core.usecases.annexes import item_notes
        from core.usecases.reconcile import reconciliation_list

        if self._engagement != self.engagement_id:
            self._engagement, self._at, self._day, self._beside = self.engagement_id, 0, None, None
        listed = await reconciliation_list(ctx, self.engagement_id)
        self._rows = {one.account.number: one for one in listed.accounts}
        self._tabs = await self._ledger_tabs(ctx)
        self._tabs += _own_tabs(listed, {tab.account for tab in self._tabs})
        self._every_note = await item_notes(ctx, self.engagement_id)
        self._at = min(self._at, max(0, len(self._tabs) - 1))
        if self._tabs:
            self._show()
            return
        self.entitle_engagement(_("Annexes"))
        self.show_lesson(
            lesson(
                _("The annexes are the open items of the ledgers, against accounts 1510 and 2440."),
                _("Nothing has been imported yet.")
                if row.last_import is None
                else _("The latest import made none."),
                _("Press 3, then i, to import the year."),
            )
        )

    async def _ledger_tabs(self, ctx: Context) -> list[Tab]:
        from core.usecases.annex_days import annexes_of_day
        from core.usecases.annexes import annex_views

        if self._day is None:
            views = await annex_views(ctx, self.engagement_id)
            return [Tab(view.latest.account, view.shown, view) for view in views]
        made = await annexes_of_day(ctx, self.engagement_id, self._day)
        return [Tab(annex.account, annex) for annex in made]

    def _show(self) -> None:
        tab = self.tab
        if tab is None:
            return
        annex = self._annex(tab)
        self._notes = {
            number: kept.note
            for (ledger, number), kept in self._every_note.items()
            if ledger.value == ("customer" if tab.account.startswith("1") else "supplier")
        }
        self._entitle(tab, annex)
        if annex is None:
            assert tab.own is not None
            self.table.show([], rows.own_lines(tab.own, self.size.width or 80))
            self._tell([])
        else:
            self.table.show([*(annex.items or ()), *annex.apart], rows.no_items(annex))
            self._show_facts(tab, annex)
        self.fill_pane()
        self.refresh_footer()

    def _annex(self, tab: Tab) -> Annex | None:
        """The annex in the list: on a narrow screen the other one of the two when that is asked for."""
        if tab.view is None or not self.beside or self.wide:
            return tab.annex
        return self._other(tab)

    @staticmethod
    def _other(tab: Tab) -> Annex | None:
        """The one of the two that does not count: the signed-off one, or the new one when that is declined."""
        if tab.view is None or tab.view.frozen is None:
            return None
        return tab.view.latest if tab.view.declined else tab.view.frozen.annex

    def _entitle(self, tab: Tab, annex: Annex | None) -> None:
        tabs: list[Span] = []
        for place, each in enumerate(self._tabs):
            here = place == self._at
            title = self._account_title(each.account) if here else each.account
            tabs.append((title + "  ", Tone.TITLE if here else Tone.DIM))
        words = [self.row.client.name if self.row else ""]
        if tab.view is not None and annex is self._other(tab) and annex is not None:
            words = [_("new, declined") if tab.view.declined else _("signed off")]
        if annex is not None:
            words.append(_("as of {date}").format(date=annex.date))
        shown = annex.difference if annex is not None else tab.own.difference if tab.own else None
        self.entitle((*tabs, (" · ".join(words), Tone.PLAIN)), (difference(shown),))

    def _account_title(self, account: str) -> str:
        """`1510 Trade receivables`; the other accounts as the books name them."""
        row = self._rows.get(account)
        title = annex_title(account)
        return f"{account} {row.account.name}" if title == account and row is not None else title

    def _show_facts(self, tab: Tab, annex: Annex) -> None:
        width = self.size.width or 80
        signed = rows.signed_lines(tab.view, width, 0 if self.wide else rows.SHOWN)
        why = [] if self.wide else self._why(annex)[: 1 if len(signed) > 1 else rows.SHOWN]
        lines = rows.reckoning_of(annex, width)
        row = self._rows.get(tab.account)
        if row is not None and row.supported is not None and self._day is None:
            entered = row.supported
            text = _("Entered on screen 5, goes before the annex: {amount} {note}").format(
                amount=to_swedish(entered.amount), note=entered.note
            )
            lines.append(((" " + text, Tone.PLAIN),))
        self._tell([*lines, *rows.reasons_of(annex, why, width), *rows.apart_of(annex), *signed])

    @staticmethod
    def _why(annex: Annex) -> list[str]:
        from core.usecases.annexes import explanation_text

        return [explanation_text(explanation, annex.account) for explanation in annex.explanations]

    def details(self, width: int, height: int) -> Sequence[Line]:
        """The item under the cursor, the ages, the explanations; or the other annex beside this one."""
        tab = self.tab
        other = self._other(tab) if tab is not None and self.beside else None
        if tab is not None and other is not None:
            return self._beside_lines(tab, other, width, height)
        if tab is None or tab.annex is None:
            return ()
        item = self.table.current
        note = self._notes.get(item.number, "") if item is not None else ""
        return rows.pane_of(tab.annex, item, note, self._why(tab.annex), width)

    @staticmethod
    def _beside_lines(tab: Tab, other: Annex, width: int, room: int) -> Sequence[Line]:
        from core.usecases.annex_comparison import changed_sentences

        assert tab.view is not None
        heading = _("The new one, declined") if tab.view.declined else _("The signed-off one")
        heading += " · " + _("as of {date}").format(date=other.date)
        return rows.beside_lines(other, heading, list(changed_sentences(tab.view)), width, room)

    # -- actions -------------------------------------------------------------------------------------------

    def wanted(self) -> tuple[str, ...]:
        """What a reader can do about a signed-off annex that is another one now."""
        view = self.tab.view if self.tab is not None else None
        return ("quick", "ready", "keep") if view is not None and view.changed else ()

    def why_not(self, action: str) -> str | None:
        """What the annex shown cannot do."""
        tab = self.tab
        if tab is None:
            mine = {"open", "next_tab", "note", "ready", "keep", "quick", "day", "detail"}
            return _("There is no annex yet.") if action in mine else None
        if action in {"open", "note"} and self.table.current is None:
            return _("There is no item under the cursor.")
        if action in {"note", "ready", "keep"} and (reason := self.locked_reason()):
            return reason
        if action == "next_tab" and len(self._tabs) < 2:
            return _("There is only one annex.")
        if action == "detail" and tab.annex is None:
            return _("The amount was entered; there is nothing more to it.")
        if action in {"ready", "keep", "quick"}:
            return self._why_not_signed(tab, action)
        return None

    def _why_not_signed(self, tab: Tab, action: str) -> str | None:
        if self._day is not None:
            return _("This is another day's annex; esc leads back to the one that is signed off.")
        if tab.view is None:
            return _("An entered amount is signed off on screen 5.")
        row = self._rows.get(tab.account)
        if action == "ready":
            if tab.annex is not None and self.row and self.row.engagement:
                last = self.row.engagement.year.to_date
                if tab.annex.date != last:
                    return _("Only the annex as of {date} is signed off; D shows it.").format(date=last)
            done = row is not None and row.done and not row.annex_changed
            return _("It is signed off as it stands. u on screen 5 opens it again.") if done else None
        if tab.view.frozen is None:
            return _("It has not been signed off; m signs it off.")
        if action == "keep" and not tab.view.changed:
            return _("The signed-off annex is the same as the new one.")
        return None

    def on_table_opened(self) -> None:
        """The item in full, with what the columns had no room for."""
        item, tab = self.table.current, self.tab
        if tab is not None and tab.annex is not None and item is not None:
            lines = rows.facts_of(tab.annex, item, self._notes.get(item.number, ""), 72)
            self.brygga.ask(Reading(item.name, lines), lambda _answer: None)

    def do_detail(self) -> None:
        """Ages, reasons, what to look at, what has changed since the sign-off."""
        tab = self.tab
        if tab is not None and tab.annex is not None:
            title = f"{self._account_title(tab.account)} · " + _("as of {date}").format(date=tab.annex.date)
            self.brygga.ask(
                Reading(title, rows.detail_of(tab, self._why(tab.annex), 72)), lambda _answer: None
            )

    def do_next_tab(self) -> None:
        """The next annex."""
        if self._tabs:
            self._at = (self._at + 1) % len(self._tabs)
            self._beside = None
            self._show()

    def do_quick(self) -> None:
        """The signed-off annex, or back to the one that counts."""
        self._beside = not self.beside
        self._show()

    def do_note(self) -> None:
        """Write what a colleague must know of the item."""
        item, tab = self.table.current, self.tab
        if item is None or tab is None:
            return
        fields = [
            Note(
                "about",
                _("The note stays with the invoice through every import. An empty one takes it away."),
            ),
            TextField("note", _("Note"), width=58).fill(self._notes.get(item.number, "")),
        ]
        dialog = FormDialog(
            f"{item.number} {item.name}", fields, _("Save"), lambda form: (form.text("note"),)
        )
        self.brygga.ask(dialog, lambda answer: self._save_note(tab.account, item, *answer))

    async def _save_note(self, account: str, item: OpenItem, note: str) -> None:
        from core.usecases.annexes import set_item_note

        await set_item_note(await self.context(), self.engagement_id, account, item.number, note)
        await self.reload()
        self.table.go_to(rows.key_of(item))
        self.say(_("Saved.") if note else _("Taken away."), Tone.GOOD)

    async def do_ready(self) -> None:
        """Sign the account off; the annex shown is frozen."""
        tab = self.tab
        row = self._rows.get(tab.account) if tab is not None else None
        if row is not None:
            await with_comment(self, [row], self._sign_off)

    async def _sign_off(self, chosen: Sequence[ReconciledAccount], comment: str) -> None:
        from core.usecases.reconcile import sign_off

        numbers = [row.account.number for row in chosen]
        await sign_off(await self.context(), self.engagement_id, numbers, comment=comment)
        self._beside = None
        await self.reload()
        self.say(_("Signed off: the annex is frozen. u on screen 5 opens it again."), Tone.GOOD)

    async def do_keep(self) -> None:
        """Let the signed-off annex count, or the new one again."""
        from core.usecases.annexes import accept_annex, decline_annex

        tab = self.tab
        if tab is None or tab.view is None:
            return
        choose = accept_annex if tab.view.declined else decline_annex
        view = await choose(await self.context(), self.engagement_id, tab.account)
        await self.reload()
        words = (
            _("The signed-off annex counts until the next import. B takes the new one.")
            if view.declined
            else _("The new annex counts again.")
        )
        self.say(words, Tone.GOOD)

    def do_day(self) -> None:
        """Ask for the day of the annexes."""
        if self.row is None or self.row.engagement is None or self.tab is None:
            return
        year = self.row.engagement.year

        def check(form: Form) -> date | None:
            try:
                day = date.fromisoformat(form.text("day"))
            except ValueError:
                form.fail("day", _("Write a date, for example {date}.").format(date=year.to_date))
                return None
            if day not in year:
                form.fail("day", _("The day does not lie in {year}.").format(year=year))
                return None
            return day

        about = _("Made from the latest import; nothing is fetched. esc leads back to the import's own day.")
        shown = self._day or year.to_date
        fields = [Note("about", about), TextField("day", _("As of"), width=12).fill(str(shown))]
        self.brygga.ask(FormDialog(_("Annexes of another day"), fields, _("Show"), check), self._go_to_day)

    async def _go_to_day(self, day: date) -> None:
        own = self.tab.annex.date if self.tab is not None and self.tab.annex is not None else None
        self._day = None if self._day is None and day == own else day
        self._beside = None
        await self.reload()

    async def do_back(self) -> None:
        """From another day to the import's own, from the signed-off annex to the new one, then to the page before."""
        if self.table.do_clear_filter():
            return
        if self._day is not None:
            self._day = None
            await self.reload()
        elif self.beside and not self.wide:
            self.do_quick()
        else:
            await self.brygga.do_back()


def _own_tabs(listed: Reconciliation, taken: set[str]) -> list[Tab]:
    """The accounts with an entered amount that no ledger stands on."""
    entered = (row for row in listed.accounts if row.supported is not None)
    return [Tab(row.account.number, own=row) for row in entered if row.account.number not in taken]
