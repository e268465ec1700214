"""Annexes as a workbook: a sheet an annex, real numbers and dates, the same bytes every time.

Foreign text is always written as a string; the only formula is our own sum of the open amounts.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from bridge.cli.annex_files import Cell, heads, item_cells, total_rows
from core.i18n import _
from core.model import Annex, OpenItem
from core.text import clean
from core.usecases.annexes import explanation_text

FIRST_ROW = 4
"""Where the items begin, from 0; title, date and heads stand above."""
OPEN_COLUMN = 9
NAME_COLUMN = 2
WIDTHS = (10, 12, 36, 12, 14, 14, 14, 9, 16, 16, 14, 40)
AS_WRITTEN = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def to_xlsx(title: str, annexes: Sequence[Annex]) -> bytes:
    """The workbook; ``title`` names the company."""
    import xlsxwriter  # type: ignore[import-untyped] # it ships no types

    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, AS_WRITTEN)
    newest = max((annex.date for annex in annexes), default=date(2000, 1, 1))
    book.set_properties({"title": clean(title), "created": datetime.combine(newest, time(), UTC)})
    styles = {
        "money": book.add_format({"num_format": "#,##0.00"}),
        "date": book.add_format({"num_format": "yyyy-mm-dd"}),
        "bold": book.add_format({"bold": True}),
        "total": book.add_format({"bold": True, "num_format": "#,##0.00", "top": 1}),
    }
    for annex in annexes:
        _Sheet(book.add_worksheet(clean(annex.account, 31)), styles).write(title, annex)
    if not annexes:
        book.add_worksheet()
    book.close()
    return target.getvalue()


class _Sheet:
    """One annex on one sheet, written from the top."""

    def __init__(self, sheet: Any, styles: dict[str, Any]) -> None:
        self._sheet = sheet
        self._styles = styles
        self._row = 0

    def write(self, title: str, annex: Annex) -> None:
        head = _("Annex {account} as of {date}").format(account=annex.account, date=annex.date)
        self._line(title, "bold")
        self._line(head)
        self._row = FIRST_ROW - 1
        for column, name in enumerate(heads()):
            self._sheet.write_string(self._row, column, name, self._styles["bold"])
        self._row = FIRST_ROW
        self._items(annex.account, annex.items or ())
        self._totals(annex)
        self._explanations(annex)
        self._apart(annex)
        self._set_up(clean(title, 100), head)

    def _line(self, text: str, style: str | None = None) -> None:
        self._sheet.write_string(self._row, 0, clean(text, None), self._styles[style] if style else None)
        self._row += 1

    def _items(self, account: str, items: Sequence[OpenItem]) -> None:
        for item in items:
            for column, cell in enumerate(item_cells(account, item)):
                self._cell(column, cell)
            self._row += 1

    def _cell(self, column: int, cell: Cell) -> None:
        if isinstance(cell, Decimal):
            self._sheet.write_number(self._row, column, float(cell), self._styles["money"])
        elif isinstance(cell, date):
            self._sheet.write_datetime(self._row, column, cell, self._styles["date"])
        elif cell:
            self._sheet.write_string(self._row, column, clean(cell, None))

    def _totals(self, annex: Annex) -> None:
        for position, (name, value) in enumerate(total_rows(annex)):
            self._sheet.write_string(self._row, NAME_COLUMN, name, self._styles["bold"])
            place = (self._row, OPEN_COLUMN)
            if position == 0 and annex.items:
                formula = f"=SUM(J{FIRST_ROW + 1}:J{FIRST_ROW + len(annex.items)})"
                self._sheet.write_formula(*place, formula, self._styles["total"], float(value))
            else:
                self._sheet.write_number(*place, float(value), self._styles["total"])
            self._row += 1

    def _explanations(self, annex: Annex) -> None:
        if annex.explanations:
            self._row += 1
        for explanation in annex.explanations:
            self._line(explanation_text(explanation, annex.account))

    def _apart(self, annex: Annex) -> None:
        if annex.apart:
            self._row += 1
            self._line(_("Beside the annex, not in its total:"), "bold")
            self._items(annex.account, annex.apart)

    def _set_up(self, title: str, head: str) -> None:
        """Frozen heads, and a print-out that names company, annex and page."""
        self._sheet.freeze_panes(FIRST_ROW, 0)
        for column, width in enumerate(WIDTHS):
            self._sheet.set_column(column, column, width)
        self._sheet.set_landscape()
        self._sheet.set_paper(9)  # A4
        self._sheet.fit_to_pages(1, 0)
        self._sheet.repeat_rows(FIRST_ROW - 1)
        left, middle = (text.replace("&", "&&") for text in (title, head))
        self._sheet.set_header(f"&L{left}&C{middle}&R&P/&N")
