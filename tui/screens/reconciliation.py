"""5 Avstämning: every balance account with its opening balance, change, closing balance and last year's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from textual.widget import Widget

from core.i18n import _, mark, ngettext
from core.money import Ore, to_swedish
from core.register import EngagementStatus
from tui.of_engagement import OfEngagement
from tui.paint import Lines, Span
from tui.theme import Tone
from tui.widgets.table import Column, Table
from tui.wording import amount, difference, lesson

if TYPE_CHECKING:
    from core.usecases.books import AccountBalance
    from core.usecases.context import Context

COLUMNS: Final = (
    Column("account", mark("Acc."), 5),
    Column("name", mark("Name")),
    Column("ib", mark("Opening"), 12, right=True),
    Column("change", mark("Change"), 12, right=True),
    Column("ub", mark("Closing"), 12, right=True),
    Column("difference", mark("Diff."), 8, right=True),
    Column("previous", mark("Last year"), 12, right=True, wide=True),
)

TABS: Final = (mark("Balance accounts"), mark("Income statement accounts"))


def is_balance(number: str) -> bool:
    """Classes 1 and 2 of the BAS chart are the balance sheet."""
    return number[:1] in {"1", "2"}


def cells_of(row: AccountBalance, differences: Mapping[str, Ore | None]) -> Sequence[Span]:
    """The cells of an account in the order of ``COLUMNS``."""
    differs = (
        difference(differences[row.account.number]) if row.account.number in differences else ("", Tone.DIM)
    )
    return (
        (row.account.number, Tone.STRONG),
        (row.account.name, Tone.PLAIN),
        amount(row.ib),
        amount(row.change),
        amount(row.ub),
        differs,
        amount(row.previous_ub),
    )


def rank_of(row: AccountBalance, column: str) -> Any:
    """What a column sorts by: names as words, amounts the largest first."""
    match column:
        case "name":
            return row.account.name.casefold()
        case "ib":
            return -abs(row.ib)
        case "change":
            return -abs(row.change)
        case "ub":
            return -abs(row.ub)
        case "previous":
            return -abs(row.previous_ub)
        case _:
            return row.account.number


class ReconciliationPage(OfEngagement):
    """The accounts of the latest import."""

    page = "reconciliation"

    def __init__(self) -> None:
        super().__init__()
        self._accounts: list[AccountBalance] = []
        self._differences: dict[str, Ore | None] = {}
        self._tab = 0

    def body(self) -> Iterable[Widget]:
        """The accounts."""
        self.table: Table[AccountBalance] = Table(
            COLUMNS,
            cells=lambda row: cells_of(row, self._differences),
            key=lambda row: row.account.number,
            rank=rank_of,
        )
        yield self.table

    def facts(self) -> Iterable[Widget]:
        """The sums of what is shown."""
        self.lines = Lines(id="facts")
        yield self.lines

    async def load_engagement(self, ctx: Context, row: EngagementStatus) -> None:
        """The accounts and the annexes' differences."""
        from core.usecases.books import accounts

        self._accounts = await accounts(ctx, self.engagement_id)
        self._differences = {annex.account: annex.difference for annex in row.annexes}
        self._show()

    def show_lesson(self, lines: object) -> None:
        """In the place of the accounts."""
        self.table.show([], lines)  # type: ignore[arg-type]
        self.lines.show([])

    def _show(self) -> None:
        self.entitle_engagement(_("Reconciliation"), ((_(TABS[self._tab]), Tone.KEY),))
        if not self._accounts:
            self.show_lesson(
                lesson(
                    _("Every account of the books stands here after the first import."),
                    _("Nothing has been imported yet."),
                    _("Press 3, then i, to import the year."),
                )
            )
            return
        rows = [row for row in self._accounts if is_balance(row.account.number) is (self._tab == 0)]
        rows = [row for row in rows if row.ib or row.change or row.ub or row.previous_ub]
        self.table.show(rows, lesson(_("No account here has a balance or a change.")))
        count = ngettext("{count} account", "{count} accounts", len(rows)).format(count=len(rows))
        change = to_swedish(sum(row.change for row in rows))
        closing = to_swedish(sum(row.ub for row in rows))
        self.lines.show(
            [
                (
                    (f" {count}   ", Tone.DIM),
                    (_("Sum of change") + " ", Tone.DIM),
                    (change + "   ", Tone.PLAIN),
                    (_("Sum of closing balances") + " ", Tone.DIM),
                    (closing, Tone.PLAIN),
                )
            ]
        )

    def why_not(self, action: str) -> str | None:
        """What the accounts cannot do yet."""
        if action == "open":
            return _("Press 4 for the annexes; the vouchers of an account cannot be opened yet.")
        return None

    def do_next_tab(self) -> None:
        """Balance accounts, or income statement accounts."""
        self._tab = (self._tab + 1) % len(TABS)
        self._show()
