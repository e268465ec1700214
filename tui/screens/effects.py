"""What the closing vouchers do to the result and to each account: before, change, after."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from textual.widget import Widget

from core.i18n import _, mark
from core.money import Ore
from core.register import EngagementStatus
from tui.of_engagement import OfEngagement
from tui.paint import Line, Lines, Span, wrap
from tui.theme import Tone
from tui.widgets.columns import Column
from tui.widgets.table import Table
from tui.widgets.voucher_rows import result_line
from tui.wording import amount, lesson

if TYPE_CHECKING:
    from core.usecases.context import Context
    from core.usecases.voucher_making import Effects

COLUMNS: Final = (
    Column("account", mark("Acc."), 5),
    Column("name", mark("Name")),
    Column("before", mark("Before"), 14, right=True),
    Column("change", mark("Change"), 14, right=True),
    Column("after", mark("After"), 14, right=True),
)


class Effect(NamedTuple):
    """One account, ledger-signed öre."""

    account: str
    name: str
    before: Ore
    change: Ore
    after: Ore


def cells_of(effect: Effect) -> Sequence[Span]:
    """The cells in the order of ``COLUMNS``."""
    return (
        (effect.account, Tone.STRONG),
        (effect.name, Tone.PLAIN),
        amount(effect.before),
        amount(effect.change),
        amount(effect.after),
    )


def rank_of(effect: Effect, column: str) -> Any:
    """What a column sorts by: the largest amounts first."""
    figures = {"before": effect.before, "change": effect.change, "after": effect.after}
    return -abs(figures[column]) if column in figures else getattr(effect, column)


class EffectsPage(OfEngagement):
    """The effect of all closing vouchers of the engagement."""

    page = "effects"

    def body(self) -> Iterable[Widget]:
        """The accounts."""
        self.table: Table[Effect] = Table(
            COLUMNS, cells=cells_of, key=lambda effect: effect.account, rank=rank_of, markable=False
        )
        yield self.table

    def facts(self) -> Iterable[Widget]:
        """The result."""
        self.lines = Lines(id="facts")
        yield self.lines

    async def load_engagement(self, ctx: Context, row: EngagementStatus) -> None:
        """Count anew."""
        from core.usecases.books import accounts
        from core.usecases.voucher_making import effects

        self.entitle_engagement(_("Effect of the closing vouchers"))
        if row.last_import is None:
            self.show_lesson(
                lesson(
                    _("What the closing vouchers do is counted on the imported books."),
                    _("Press 3 and import."),
                )
            )
            return
        found = await effects(ctx, self.engagement_id)
        names = {one.account.number: one.account.name for one in await accounts(ctx, self.engagement_id)}
        shown = [
            Effect(
                account, names.get(account, ""), found.before.get(account, 0), change, found.after[account]
            )
            for account, change in found.change.items()
        ]
        self.table.show(
            shown,
            lesson(
                _("Here stands what the closing vouchers change: before, change and after, by account."),
                _("There is none that the imported books do not already hold."),
            ),
        )
        self.lines.show(self._facts(found))

    def _facts(self, found: Effects) -> list[Line]:
        lines = [result_line(found.result_before, found.result_change)]
        for check in found.checks:
            if not check.ok:
                sentence = f"{check.text}. {check.remedy}"
                first, *more = wrap(sentence, (self.size.width or 80) - 4)
                lines.append(((" ▲ ", Tone.WARN), (first, Tone.PLAIN)))
                lines += [(("   " + piece, Tone.PLAIN),) for piece in more]
        return lines

    def why_not(self, action: str) -> str | None:
        """Rows are only read."""
        return _("There is nothing more to open here.") if action == "open" else None
