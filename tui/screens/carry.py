"""The clients whose balances are still to be carried over to the next fiscal year, with the way to do it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from textual.widget import Widget

from core.i18n import _, mark
from tui.page import Page
from tui.paint import Line, Lines, Span, wrap
from tui.theme import Tone
from tui.widgets.columns import Column
from tui.widgets.table import Table
from tui.wording import lesson, moment

if TYPE_CHECKING:
    from core.usecases.proofs import ToCarry

COLUMNS: Final = (
    Column("client", mark("Client")),
    Column("year", mark("Year"), 6),
    Column("next", mark("To"), 24),
    Column("accounts", mark("Accounts"), 8, right=True),
    Column("seen", mark("Compared"), 16),
)


def cells_of(one: ToCarry) -> Sequence[Span]:
    """The cells in the order of ``COLUMNS``."""
    return (
        (one.client.name, Tone.PLAIN),
        (one.engagement.year.label, Tone.PLAIN),
        (str(one.next_year or "–"), Tone.PLAIN),
        (str(len(one.lags)), Tone.WARN),
        (moment(one.seen), Tone.DIM),
    )


def rank_of(one: ToCarry, column: str) -> Any:
    """What a column sorts by."""
    match column:
        case "year":
            return one.engagement.year
        case "next":
            return str(one.next_year or "")
        case "accounts":
            return -len(one.lags)
        case "seen":
            return one.seen
        case _:
            return one.client.name.casefold()


class CarryPage(Page):
    """Överför balanser: what only a person can do, in Fortnox."""

    page = "carry"

    def body(self) -> Iterable[Widget]:
        """The clients."""
        self.table: Table[ToCarry] = Table(
            COLUMNS, cells=cells_of, key=lambda one: one.engagement.id, rank=rank_of, markable=False
        )
        yield self.table

    def facts(self) -> Iterable[Widget]:
        """The way to do it."""
        self.lines = Lines(id="facts")
        yield self.lines

    async def load(self) -> None:
        """As of the latest proof of each client."""
        from core.usecases.proofs import balances_to_carry, carry_path

        self.entitle(_("Balances to carry over"))
        waiting = await balances_to_carry(await self.context())
        self.table.show(
            waiting,
            lesson(
                _(
                    "After a posting in the old year somebody must carry the balances over in Fortnox; brygga cannot."
                ),
                _("No client's opening balances lag behind, as of the latest proof of each."),
            ),
        )
        steps: list[Line] = [
            ((" " + piece, Tone.PLAIN),) for piece in wrap(carry_path(), (self.size.width or 80) - 2)
        ]
        text = _("The next proof sees whether it is done: enter opens it.")
        self.lines.show([*steps, ((" " + text, Tone.DIM),)] if waiting else [])

    def on_table_opened(self) -> None:
        """To the client's proof, where each account stands."""
        one = self.table.current
        if one is not None:
            self.brygga.engagement_id = one.engagement.id
            self.brygga.open_page("proof")
