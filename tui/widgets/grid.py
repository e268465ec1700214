"""The voucher grid: date, text, and rows of account, debit and credit, written straight into the cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Final, TypeAlias

from textual import events

from core.i18n import _
from core.model import Account, Row
from core.money import Ore, to_swedish
from core.register import DraftVoucher
from core.text import clean
from tui.paint import BLANK, Line, Painted, Span, fit, taken
from tui.theme import Ground, Tone
from tui.widgets.editline import LONGEST, EditLine
from tui.widgets.voucher_rows import Chart, GridRow, amount_of

Cell: TypeAlias = tuple[int, str]
"""Row (-1 for the head) and the name of the cell."""

HEAD: Final = -1
AMOUNT: Final = 14
ROW_CELLS: Final = ("account", "debit", "credit", "text", "cost_centre", "project")
DETAILS: Final = ROW_CELLS[3:]
"""Cells that stand on a line of their own, for the row under the cursor."""


class VoucherGrid(Painted, can_focus=True):
    """Writes one closing voucher. The balance is counted at every key."""

    DEFAULT_CSS = "VoucherGrid { height: 1fr; }"
    scopes = ("grid",)
    captures_text = True

    def __init__(self, told: Callable[[], None] = lambda: None) -> None:
        """``told`` is called when a cell has another value or the cursor another place.

        It is called at once and not by a message, so that what it shows is painted in the same frame.
        """
        super().__init__()
        self.told = told
        self.date = EditLine()
        self.text = EditLine()
        self.rows: list[GridRow] = []
        self.chart = Chart()
        self.read_only = False
        self.new_accounts = False
        """Whether an account that the chart lacks may be written, because the export can add it."""
        self.dirty = False
        self.problem: tuple[Cell, str] | None = None
        self._at: Cell = (HEAD, "date")
        self._suggested = 0
        self._top = 0

    # -- filling and reading --------------------------------------------------------------------------------

    def fill(self, draft: DraftVoucher, chart: Sequence[Account], *, read_only: bool) -> None:
        """Begin with this voucher."""
        self.chart = Chart(chart)
        self.date.set(str(draft.date))
        self.text.set(draft.text)
        self.rows = [GridRow.of(row) for row in draft.rows]
        self.read_only = read_only
        self.dirty = False
        while len(self.rows) < 2 and not read_only:
            self.rows.append(GridRow())
        self._go((HEAD, "text") if not draft.text else (0, "account"))

    def read(self) -> DraftVoucher | None:
        """The voucher as written; None, with the cursor on the cell, when something cannot be understood."""
        try:
            day = date.fromisoformat(self.date.text.strip())
        except ValueError:
            return self._refuse((HEAD, "date"), _("Write the date as 2025-12-31."))
        rows = []
        for place, row in enumerate(self.rows):
            if row.empty:
                continue
            account = row.account.text.strip()
            debit, credit = amount_of(row.debit), amount_of(row.credit)
            if not account:
                return self._refuse((place, "account"), _("The row has an amount but no account."))
            if self.chart.names and account not in self.chart.names and not self._may_be_new(account):
                return self._refuse(
                    (place, "account"), _("There is no account {account}.").format(account=account)
                )
            if debit is None or credit is None:
                cell = "debit" if debit is None else "credit"
                return self._refuse((place, cell), _("Write an amount like 1 234,50."))
            rows.append(Row(account, debit - credit, row.text.text.strip(), row.objects))
        return DraftVoucher(day, self.text.text.strip(), tuple(rows))

    def _may_be_new(self, account: str) -> bool:
        return self.new_accounts and len(account) == 4 and account.isdecimal()

    def _refuse(self, cell: Cell, sentence: str) -> DraftVoucher | None:
        """Say at the cell what is wrong; there is no voucher to give."""
        self._go(cell)
        self.problem = (cell, sentence)
        self.changed()
        self.told()
        return None

    @property
    def amounts(self) -> list[tuple[str, Ore]]:
        """Account and amount of each row as far as it can be understood."""
        return [
            (row.account.text.strip(), (amount_of(row.debit) or 0) - (amount_of(row.credit) or 0))
            for row in self.rows
        ]

    # -- cursor ------------------------------------------------------------------------------------------------

    @property
    def line(self) -> EditLine:
        """The cell being written."""
        row, name = self._at
        owner: object = self if row == HEAD else self.rows[row]
        made = getattr(owner, name)
        assert isinstance(made, EditLine)
        return made

    @property
    def suggestions(self) -> list[Account]:
        """Accounts that fit what stands in the account cell."""
        if self._at[1] != "account" or self.read_only:
            return []
        query = self.line.text
        found = self.chart.suggest(query)
        return [] if len(found) == 1 and found[0].number == query.strip() else found

    def _go(self, cell: Cell) -> None:
        self._tidy()
        self._at = cell
        self._suggested = 0
        self.problem = None
        line = self.line
        line.caret = len(line.text)
        self.changed()
        if self.is_mounted:
            self.told()

    def _tidy(self) -> None:
        """An amount that can be understood is shown as amounts are shown."""
        row, name = self._at
        if row != HEAD and name in {"debit", "credit"} and row < len(self.rows):
            line = getattr(self.rows[row], name)
            ore = amount_of(line)
            if ore:
                line.set(to_swedish(ore))

    def do_next_cell(self) -> None:
        """Take the suggestion; then on, over the credit cell of a debit row, at the end to a new row."""
        row, name = self._at
        self._take_suggestion()
        if row == HEAD:
            self._go((HEAD, "text") if name == "date" else (0, "account"))
            if name == "text" and not self.rows:
                self.rows.append(GridRow())
        elif name == "account":
            self._go((row, "debit"))
        elif name == "debit" and not self.line.text.strip():
            self._go((row, "credit"))
        elif name in DETAILS[:-1]:
            self._go((row, DETAILS[DETAILS.index(name) + 1]))
        elif row + 1 < len(self.rows):
            self._go((row + 1, "account"))
        elif not self.rows[row].empty and not self.read_only:
            self.rows.append(GridRow())
            self._go((row + 1, "account"))

    def do_previous_cell(self) -> None:
        """Back."""
        row, name = self._at
        if row == HEAD:
            self._go((HEAD, "date"))
        elif name == "account":
            self._go((HEAD, "text") if row == 0 else (row - 1, "credit"))
        else:
            self._go((row, ROW_CELLS[ROW_CELLS.index(name) - 1]))

    def do_row_up(self) -> None:
        """Up among the suggestions, else to the row above."""
        row, name = self._at
        if self.suggestions and self._suggested:
            self._suggested -= 1
            self.changed()
        elif row == 0:
            self._go((HEAD, "text"))
        elif row > 0:
            self._go((row - 1, name))

    def do_row_down(self) -> None:
        """Down among the suggestions, else to the row below."""
        row, name = self._at
        found = self.suggestions
        if len(found) > 1 and self._suggested < len(found) - 1:
            self._suggested += 1
            self.changed()
        elif row == HEAD and self.rows:
            self._go((0, "account"))
        elif row + 1 < len(self.rows):
            self._go((row + 1, name))

    def _take_suggestion(self) -> None:
        found = self.suggestions
        if found and self.line.text.strip() not in self.chart.names:
            self.line.set(found[self._suggested].number)
            self.dirty = True

    def do_row_details(self) -> None:
        """To the row's text, cost centre and project; from there back to its account."""
        row, name = self._at
        if row != HEAD:
            self._go((row, "account" if name in DETAILS else "text"))

    # -- what the page's keys do ----------------------------------------------------------------------------------

    def add_row(self) -> None:
        """A row at the end."""
        self.rows.append(GridRow())
        self.dirty = True
        self._go((len(self.rows) - 1, "account"))

    def drop_row(self) -> None:
        """Take the row under the cursor away."""
        row, _name = self._at
        if row == HEAD or not self.rows:
            return
        del self.rows[row]
        if not self.rows:
            self.rows.append(GridRow())
        self.dirty = True
        self._at = (min(row, len(self.rows) - 1), "account")
        self._go(self._at)

    def balance_here(self) -> None:
        """Put what is missing on the row under the cursor."""
        row, _name = self._at
        if row == HEAD:
            return
        others = sum(amount for place, (_account, amount) in enumerate(self.amounts) if place != row)
        here = self.rows[row]
        here.debit.set(to_swedish(-others) if others < 0 else "")
        here.credit.set(to_swedish(others) if others > 0 else "")
        self.dirty = True
        self._go((row, "debit" if others < 0 else "credit"))

    # -- keyboard -----------------------------------------------------------------------------------------------

    async def on_key(self, event: events.Key) -> None:
        """Write into the cell."""
        if self.read_only or event.key in {"tab", "enter"}:
            return
        if self.line.press(event.key, event.character):
            taken(event)
            self._written()

    def on_paste(self, event: events.Paste) -> None:
        """What the terminal pastes goes into the cell."""
        if not self.read_only:
            event.stop()
            self.line.insert(clean(event.text, LONGEST).strip())
            self._written()

    def _written(self) -> None:
        row, name = self._at
        if row != HEAD and name in {"debit", "credit"} and self.line.text.strip():
            other = self.rows[row].credit if name == "debit" else self.rows[row].debit
            other.set("")
        self.dirty = True
        self._suggested = 0
        self.problem = None
        self.changed()
        self.told()

    # -- painting -----------------------------------------------------------------------------------------------

    def line_at(self, y: int, width: int) -> tuple[Line, Ground]:
        """Head, column titles, rows, suggestions."""
        if y == 0:
            return self._head(width), Ground.PAGE
        if y == 1:
            return BLANK, Ground.PAGE
        if y == 2:
            return self._titles(width), Ground.PAGE
        found = self.suggestions
        floor = self.size.height - (len(found) + 1 if found else 1 if self.problem else 0)
        if y >= floor:
            return self._below(y - floor, found)
        if y == floor - 1:
            return self._details(width), Ground.PAGE
        room = max(1, floor - 4)
        row, _name = self._at
        self._top = max(0, min(self._top, max(0, row)), row - room + 1)
        place = self._top + y - 3
        if place < len(self.rows):
            return self._row_line(place, width), Ground.PAGE
        return BLANK, Ground.PAGE

    def _below(self, y: int, found: Sequence[Account]) -> tuple[Line, Ground]:
        if self.problem and not found:
            return ((" ▲ " + self.problem[1], Tone.BAD),), Ground.PAGE
        if y == 0:
            return ((" " + _("Accounts that fit: arrows choose, tab takes"), Tone.DIM),), Ground.BOX
        account = found[y - 1]
        here = y - 1 == self._suggested
        lead = " ▸ " if here else "   "
        return (
            (lead, Tone.KEY),
            (account.number + "  ", Tone.STRONG),
            (account.name, Tone.PLAIN),
        ), Ground.CURSOR if here else Ground.BOX

    def _cell(self, cell: Cell, line: EditLine, width: int, *, right: bool = False) -> list[Span]:
        if cell == self._at and self.has_focus and not self.read_only:
            return list(line.spans(width, right=right))
        return [(fit(line.text, width, right=right), Tone.PLAIN if self.read_only else Tone.FIELD)]

    def _head(self, width: int) -> Line:
        room = max(12, width - 32)
        return (
            (" " + _("Date") + "  ", Tone.DIM),
            *self._cell((HEAD, "date"), self.date, 11),
            ("   " + _("Text") + "  ", Tone.DIM),
            *self._cell((HEAD, "text"), self.text, min(60, room)),
        )

    def _details(self, width: int) -> Line:
        """Text, cost centre and project of the row under the cursor."""
        place = self._at[0]
        if place == HEAD or place >= len(self.rows):
            return BLANK
        row = self.rows[place]
        return (
            (" " + _("Row text") + " ", Tone.DIM),
            *self._cell((place, "text"), row.text, max(12, width - 48)),
            ("  " + _("Cost centre") + " ", Tone.DIM),
            *self._cell((place, "cost_centre"), row.cost_centre, 7),
            ("  " + _("Project") + " ", Tone.DIM),
            *self._cell((place, "project"), row.project, 7),
        )

    def _name_width(self, width: int) -> int:
        return max(8, width - 3 - 7 - 1 - 2 * (AMOUNT + 1) - 1)

    def _titles(self, width: int) -> Line:
        return (
            ("   " + fit(_("Acc."), 8), Tone.DIM),
            (fit(_("Name"), self._name_width(width)), Tone.DIM),
            (" " + fit(_("Debit"), AMOUNT, right=True), Tone.DIM),
            (" " + fit(_("Credit"), AMOUNT, right=True), Tone.DIM),
        )

    def _row_line(self, place: int, width: int) -> Line:
        row = self.rows[place]
        number = row.account.text.strip()
        known = self.chart.names.get(number)
        name: Span = (known, Tone.PLAIN) if known else ("", Tone.DIM)
        if number and self.chart.names and known is None and self._at != (place, "account"):
            name = ("▲ " + _("unknown account"), Tone.WARN)
        here = self._at[0] == place
        return (
            (" ▸ " if here else "   ", Tone.KEY),
            *self._cell((place, "account"), row.account, 7),
            (" " + fit(name[0], self._name_width(width)), name[1]),
            (" ", Tone.PLAIN),
            *self._cell((place, "debit"), row.debit, AMOUNT, right=True),
            (" ", Tone.PLAIN),
            *self._cell((place, "credit"), row.credit, AMOUNT, right=True),
        )
