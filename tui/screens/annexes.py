"""4 Bilagor: the open items of each ledger as of the year's last day, against the books, and why they differ."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from textual.widget import Widget

from core.i18n import _, mark, ngettext
from core.model import Annex, OpenItem
from core.money import to_swedish
from core.register import EngagementStatus
from tui.of_engagement import OfEngagement
from tui.paint import Line, Lines, Rule, Span, columns, fit, width_of, wrap
from tui.screens.dialogs import Reading
from tui.theme import Tone
from tui.widgets.table import Column, Table
from tui.wording import amount, annex_title, difference, item_kind, lesson

if TYPE_CHECKING:
    from core.usecases.context import Context

COLUMNS: Final = (
    Column("number", mark("Invoice"), 8),
    Column("name", mark("Name")),
    Column("date", mark("Date"), 10),
    Column("due", mark("Due"), 10),
    Column("open", mark("Open"), 10, right=True),
    Column("note", mark("Note"), 18),
)

SHOWN: Final = 2
"""Explanations under the items; all of them stand in the pane."""

AGES: Final = (
    (0, mark("not due")),
    (30, mark("1–30 days")),
    (60, mark("31–60 days")),
    (90, mark("61–90 days")),
)


def cells_of(item: OpenItem) -> Sequence[Span]:
    """The cells of an open item in the order of ``COLUMNS``."""
    note = item.note or (item_kind(item.kind) if item.kind != "invoice" else "")
    if not note and item.settled_later is not None:
        note = _("paid {date}").format(date=item.settled_later)
    return (
        (item.number, Tone.PLAIN),
        (item.name, Tone.PLAIN),
        (str(item.invoice_date), Tone.PLAIN),
        (str(item.due_date) if item.due_date else "–", Tone.PLAIN),
        amount(item.open),
        (note, Tone.DIM),
    )


def rank_of(item: OpenItem, column: str) -> Any:
    """What a column sorts by."""
    match column:
        case "number":
            return (len(item.number), item.number)
        case "date":
            return item.invoice_date
        case "due":
            return item.due_date or item.invoice_date
        case "open":
            return -item.open
        case "note":
            return item.note
        case _:
            return item.name.casefold()


def reckoning_of(annex: Annex, width: int, why: Sequence[str]) -> list[Line]:
    """According to ledger and books, both with the account's own sign, the difference, and what explains it."""
    own_side = None if annex.difference is None else annex.books + annex.difference
    figures = [
        (_("According to ledger"), amount(own_side)),
        (_("According to books"), amount(annex.books)),
        (_("Difference"), difference(annex.difference)),
    ]
    row = tuple(
        span for label, figure in figures for span in ((f" {label} ", Tone.DIM), figure, ("  ", Tone.DIM))
    )
    lines: list[Line] = [row]
    if width_of(row) > width:
        label_width = max(len(label) for label, _figure in figures) + 1
        lines = [
            ((" " + fit(label, label_width), Tone.DIM), (fit(text, 16, right=True), tone))
            for label, (text, tone) in figures
        ]
    tone = Tone.WARN if annex.difference else Tone.PLAIN
    for sentence in why[:SHOWN]:
        lines += [((" " + piece, tone),) for piece in wrap(sentence, width - 2)[:2]]
    if annex.apart:
        apart = ngettext(
            "{count} item stands beside the annex: not booked on its day.",
            "{count} items stand beside the annex: not booked on its day.",
            len(annex.apart),
        )
        lines.append(((" " + apart.format(count=len(annex.apart)), Tone.DIM),))
    return lines


def ages_of(annex: Annex) -> list[tuple[str, str]]:
    """The open amounts by days past due on the annex's date."""
    sums = [0] * (len(AGES) + 1)
    for item in annex.items or ():
        late = (annex.date - (item.due_date or annex.date)).days
        place = next((place for place, (limit, _word) in enumerate(AGES) if late <= limit), len(AGES))
        sums[place] += item.open
    words = [*(_(word) for _limit, word in AGES), _("over 90 days")]
    return [(word, to_swedish(ore)) for word, ore in zip(words, sums, strict=True)]


def facts_of(annex: Annex, item: OpenItem, width: int) -> list[Line]:
    """The item in full."""
    pairs = [
        (_("Invoice"), item.number),
        (_("Kind"), item_kind(item.kind)),
        (_("Party"), item.party or "–"),
        (_("Total"), to_swedish(item.total)),
        (_("Open"), to_swedish(item.open)),
        (_("Booked"), str(item.booked or "–")),
        (_("Settled"), str(item.settled_later or "–")),
        (_("Account"), item.account or annex.account),
    ]
    if item.currency != "SEK":
        pairs.insert(5, (item.currency, to_swedish(item.open_currency)))
    if item.note:
        pairs.append((_("Note"), item.note))
    return columns(pairs, width)


def detail_of(annex: Annex, item: OpenItem | None, why: Sequence[str], width: int) -> list[Line]:
    """The pane of a wide screen: the item in full, ages, all explanations."""
    lines: list[Line] = []
    if item is not None:
        lines += [((" " + item.name, Tone.TITLE),), *facts_of(annex, item, width), ()]
    lines += [((" " + _("By age"), Tone.STRONG),), *columns(ages_of(annex), width), ()]
    if why:
        lines.append(((" " + _("Why it differs"), Tone.STRONG),))
        for sentence in why:
            lines += columns([("", sentence)], width)
    return lines


class AnnexPage(OfEngagement):
    """One annex at a time; tab goes to the next."""

    page = "annexes"
    has_pane = True

    def __init__(self) -> None:
        super().__init__()
        self._annexes: list[Annex] = []
        self._at = 0

    def body(self) -> Iterable[Widget]:
        """The open items, and the pane."""
        self.table: Table[OpenItem] = Table(
            COLUMNS, cells=cells_of, key=lambda item: item.number, rank=rank_of, markable=True
        )
        yield self.table
        yield Lines(id="pane")

    def facts(self) -> Iterable[Widget]:
        """The reckoning under the items."""
        self.lines = Lines(id="facts")
        yield Rule()
        yield self.lines

    @property
    def annex(self) -> Annex | None:
        """The annex shown."""
        return self._annexes[self._at] if self._at < len(self._annexes) else None

    async def load_engagement(self, ctx: Context, row: EngagementStatus) -> None:
        """The annexes of the latest import."""
        from core.usecases.annexes import annexes

        self._annexes = await annexes(ctx, self.engagement_id)
        self._at = min(self._at, max(0, len(self._annexes) - 1))
        if self._annexes:
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

    def show_lesson(self, lines: object) -> None:
        """In the place of the items."""
        self.table.show([], lines)  # type: ignore[arg-type]
        self.lines.show([])

    def _show(self) -> None:
        annex = self.annex
        if annex is None:
            return
        tabs: list[Span] = []
        for place, each in enumerate(self._annexes):
            here = place == self._at
            title = annex_title(each.account) if here else each.account
            tabs.append((title + "  ", Tone.TITLE if here else Tone.DIM))
        client = self.row.client.name if self.row else ""
        self.entitle(
            (*tabs, (f"{client} · " + _("as of {date}").format(date=annex.date), Tone.PLAIN)),
            (difference(annex.difference),),
        )
        self.table.show(annex.items or (), self._lesson(annex))
        why = [] if self.wide else self._why(annex)  # the pane of a wide screen has them all
        self.lines.show(reckoning_of(annex, self.size.width or 80, why))
        self.fill_pane()

    @staticmethod
    def _why(annex: Annex) -> list[str]:
        from core.usecases.annexes import explanation_text

        return [explanation_text(explanation, annex.account) for explanation in annex.explanations]

    @staticmethod
    def _lesson(annex: Annex) -> Sequence[Line]:
        if annex.items is None:
            return lesson(
                _("A SIE4 file carries the books but no ledger."),
                _(
                    "The balance of the account is shown below; the open items come with an import from Fortnox."
                ),
            )
        return lesson(_("No open items on this day."))

    def on_table_moved(self) -> None:
        """Details follow the cursor."""
        self.fill_pane()
        self.refresh_footer()

    def fill_pane(self) -> None:
        """The item under the cursor, the ages, the explanations."""
        if self.wide and self.annex is not None:
            pane = self.query_one("#pane", Lines)
            pane.show(detail_of(self.annex, self.table.current, self._why(self.annex), pane.size.width or 40))

    def why_not(self, action: str) -> str | None:
        """Without items there is nothing to open, with one annex no other tab."""
        if action == "open" and self.table.current is None:
            return _("There is no item under the cursor.")
        if action == "next_tab" and len(self._annexes) < 2:
            return _("There is only one annex.") if self._annexes else _("There is no annex yet.")
        return None

    def on_table_opened(self) -> None:
        """The item in full, with what the columns had no room for."""
        item = self.table.current
        if self.annex is not None and item is not None:
            self.brygga.ask(Reading(item.name, facts_of(self.annex, item, 72)), lambda _answer: None)

    def do_next_tab(self) -> None:
        """The next annex."""
        if self._annexes:
            self._at = (self._at + 1) % len(self._annexes)
            self._show()
