"""The editor of a closing voucher: write, see at once whether it balances and what it does to the result, save."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from textual.widget import Widget

from core.i18n import _
from core.money import Ore
from core.register import ClosingVoucher, DraftVoucher, EngagementStatus, VoucherState
from tui.of_engagement import OfEngagement
from tui.paint import Line, Lines, wrap
from tui.theme import Tone
from tui.widgets.grid import VoucherGrid
from tui.widgets.voucher_rows import account_lines, balance_line, effect_on_result, result_line
from tui.wording import standing_of

if TYPE_CHECKING:
    from core.usecases.context import Context

_OPEN = frozenset({VoucherState.DRAFT, VoucherState.READY, VoucherState.REJECTED, VoucherState.WAITING_YEAR})


class EditorPage(OfEngagement):
    """One closing voucher."""

    page = "editor"

    def __init__(self) -> None:
        super().__init__()
        self._voucher: ClosingVoucher | None = None
        self._filled = False
        self._base: tuple[Ore, Mapping[str, Ore]] | None = None
        """Result and balances with all closing vouchers but this one; None where there is nothing to count on."""

    def body(self) -> Iterable[Widget]:
        """The grid."""
        self.grid = VoucherGrid(self._count)
        yield self.grid

    def facts(self) -> Iterable[Widget]:
        """The balance, counted at every key."""
        self.lines = Lines(id="facts")
        yield self.lines

    async def load_engagement(self, ctx: Context, row: EngagementStatus) -> None:
        """The voucher and the chart; what is being written is left alone when the page is loaded anew."""
        if self._filled:
            self._entitle()
            return
        from core.usecases.books import accounts
        from core.usecases.vouchers import get_voucher

        chart = [each.account for each in await accounts(ctx, self.engagement_id)]
        wanted = self.brygga.voucher_id
        self._voucher = await get_voucher(ctx, wanted) if wanted else None
        assert row.engagement is not None
        voucher = self._voucher
        draft = DraftVoucher(row.engagement.year.to_date, "", ())
        if voucher is not None:
            draft = DraftVoucher(voucher.date, voucher.text, voucher.rows)
        held = self.brygga.following.holder(self.engagement_id) is not None
        read_only = held or row.engagement.locked or (voucher is not None and voucher.state not in _OPEN)
        self.grid.new_accounts = self.brygga.settings.export.create_missing_accounts
        self.grid.fill(draft, chart, read_only=read_only)
        self._filled = True
        self._base = await self._books_without(ctx, row)
        self._entitle()
        self._count()

    def _entitle(self) -> None:
        """The voucher's state at the right."""
        voucher = self._voucher
        state = standing_of(voucher) if voucher else (_("new"), Tone.KEY)
        self.entitle_engagement(_("Closing voucher"), (state,))

    async def _books_without(
        self, ctx: Context, row: EngagementStatus
    ) -> tuple[Ore, Mapping[str, Ore]] | None:
        from core.usecases.voucher_making import effects

        voucher = self._voucher
        if row.last_import is None or (voucher is not None and voucher.state not in _OPEN):
            return None
        found = await effects(ctx, self.engagement_id)
        result, balances = found.result_before + found.result_change, found.after
        if voucher is not None and row.engagement is not None and voucher.year == row.engagement.year:
            own = [(each.account, each.amount) for each in voucher.rows]
            result -= effect_on_result(own)
            for account, amount in own:
                balances[account] = balances.get(account, 0) - amount
        return result, balances

    def show_lesson(self, lines: Sequence[Line]) -> None:
        """In the place of the balance."""
        self.lines.show(lines)

    def _count(self) -> None:
        amounts, width = self.grid.amounts, self.size.width or 80
        lines: list[Line] = [balance_line(amounts, width)]
        if self._base is not None and self._in_own_year():
            result, balances = self._base
            lines.append(result_line(result, effect_on_result(amounts)))
            room = max(2, min(12, self.size.height - 21))
            lines += account_lines(amounts, balances, self.grid.chart.names, room, width)
        if self._voucher is not None and self._voucher.undecided:
            told = _("{reason} Look in Fortnox, then decide in the list (esc).").format(
                reason=self._voucher.error
            )
            lines += [((" " + text, Tone.BAD),) for text in wrap(told, width - 2)]
        elif self._voucher is not None and self._voucher.error:
            lines.append(((" " + _("Fortnox answered: {text}").format(text=self._voucher.error), Tone.BAD),))
        if not self.grid.chart.accounts:
            lines.append(
                ((" " + _("No chart of accounts yet: account numbers are checked at the export."), Tone.DIM),)
            )
        self.lines.show(lines)

    def _in_own_year(self) -> bool:
        """Whether the voucher's date lies in the engagement's year, whose books are shown."""
        year = self.row.engagement.year if self.row and self.row.engagement else None
        day = self.grid.date.text.strip()
        return year is not None and str(year.from_date) <= day <= str(year.to_date)

    # -- actions ---------------------------------------------------------------------------------------

    def why_not(self, action: str) -> str | None:
        """What has left brygga is only shown."""
        if action in {"save", "save_ready", "new_row", "drop_row", "balance"} and self.grid.read_only:
            return _("It has left brygga, or the engagement is locked; it is only shown.")
        return None

    async def _save(self) -> ClosingVoucher | None:
        from core.usecases.vouchers import add_vouchers, save_voucher

        draft = self.grid.read()
        if draft is None:
            return None
        ctx = await self.context()
        if self._voucher is None:
            made = await add_vouchers(ctx, self.engagement_id, [draft], allow_unbalanced=True)
            self._voucher = made[0]
        elif self.grid.dirty:
            self._voucher = await save_voucher(ctx, self._voucher.id, draft)
        self.grid.dirty = False
        self.brygga.voucher_id = self._voucher.id
        return self._voucher

    async def do_save(self) -> None:
        """Save as a draft, also while it does not balance, and go back to the list."""
        if await self._save() is not None:
            self.brygga.go_back()
            self._tell(_("Saved as draft. m marks it as ready."))

    async def do_save_ready(self) -> None:
        """Save and mark as ready to export."""
        from core.usecases.vouchers import mark_ready

        voucher = await self._save()
        if voucher is not None:
            await mark_ready(await self.context(), [voucher.id])
            self.brygga.go_back()
            self._tell(_("Saved and ready to export. e exports."))

    def _tell(self, sentence: str) -> None:
        page = self.brygga.current_page
        if page is not None:
            page.say(sentence, Tone.GOOD)

    async def keep_unsaved(self) -> bool:
        """Keep what was written as a draft of its own, because somebody else ends the writing here."""
        from core.usecases.vouchers import add_vouchers
        from tui.rescue import rescued

        if not self.grid.dirty or self.row is None or self.row.engagement is None:
            return False
        draft = rescued(self.grid, self.row.engagement.year.to_date, self.brygga.person)
        self.grid.dirty = False
        self.grid.read_only = True
        await add_vouchers(await self.context(), self.engagement_id, [draft], allow_unbalanced=True)
        return True

    def do_row_details(self) -> None:
        """To the row's text, cost centre and project, and back."""
        self.grid.do_row_details()

    def do_new_row(self) -> None:
        """A row at the end."""
        self.grid.add_row()

    def do_drop_row(self) -> None:
        """Take the row away."""
        self.grid.drop_row()

    def do_balance(self) -> None:
        """Put what is missing on this row."""
        self.grid.balance_here()

    async def do_back(self) -> None:
        """Back to the list; what is not saved is asked about."""
        if self.clear_trouble():
            return
        if not self.grid.dirty:
            self.brygga.go_back()
            return
        from tui.screens.dialogs import Question

        lines = [
            _("What you have written is not saved."),
            _("F2 saves it as a draft, also while it does not balance."),
        ]

        async def throw_away(_answer: bool) -> None:
            self.brygga.go_back()

        self.brygga.ask(Question(_("Leave without saving?"), lines, _("Throw away")), throw_away)
