"""Documents as xlsx: real numbers and dates, sums as formulas, a frozen head, ready to print."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import Any

from core.i18n import _
from core.money import Ore
from core.output.document import Cell, Column, Document, Kind, Money, Sheet
from core.text import clean

HEAD_ROW = 3
"""The row of the column heads, counted from 0: company, title and an empty row stand above."""

WIDEST = 70
"""Characters: no column is made wider for a long text."""

_FORBIDDEN_IN_TABS = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))
_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def to_xlsx(document: Document) -> bytes:
    """A workbook. Text is always written as text; only brygga's own sums are formulas."""
    import xlsxwriter  # type: ignore[import-untyped] # it ships no types

    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, _OPTIONS)
    book.set_properties(
        {
            "title": clean(document.sheets[0].title if document.sheets else ""),
            "company": document.heading,
            "created": datetime.combine(document.date, time()),
        }
    )
    styles = _styles(book)
    taken: set[str] = set()
    for sheet in document.sheets:
        _write(book.add_worksheet(_tab(sheet.name, taken)), styles, document, sheet)
    if not document.sheets:
        book.add_worksheet()
    book.close()
    return target.getvalue()


def _styles(book: Any) -> Mapping[str, Any]:
    money, day = "#,##0.00_)", "yyyy-mm-dd"
    head = {"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}
    return {
        "text": book.add_format(),
        "money": book.add_format({"num_format": money}),
        "date": book.add_format({"num_format": day, "align": "left"}),
        "strong": book.add_format({"bold": True}),
        "strong_money": book.add_format({"bold": True, "num_format": money, "top": 1}),
        "head": book.add_format(head),
        "head_money": book.add_format({**head, "align": "right"}),
    }


def _tab(name: str, taken: set[str]) -> str:
    base = clean(name.translate(_FORBIDDEN_IN_TABS), 31).strip() or _("Sheet")
    names = itertools.chain([base], (f"{base[:27]} {number}" for number in itertools.count(2)))
    chosen = next(one for one in names if one.casefold() not in taken)
    taken.add(chosen.casefold())
    return chosen


def _write(sheet: Any, styles: Mapping[str, Any], document: Document, content: Sheet) -> None:
    sheet.write_string(0, 0, document.heading, styles["strong"])
    sheet.write_string(1, 0, document.title_of(content))
    for at, column in enumerate(content.columns):
        style = styles["head_money" if column.kind is Kind.MONEY else "head"]
        sheet.write_string(HEAD_ROW, at, column.head, style)
        sheet.set_column(at, at, _width(column, [row.cells[at] for row in content.rows]))
    for number, row in enumerate(content.rows):
        for at, cell in enumerate(row.cells):
            _write_cell(sheet, styles, (HEAD_ROW + 1 + number, at), cell, strong=row.strong)
    for number, note in enumerate(content.notes):
        sheet.write_string(HEAD_ROW + 2 + len(content.rows) + number, 0, clean(note, None))
    _set_up_page(sheet, document, content)


def _width(column: Column, cells: Iterable[Cell]) -> float:
    """Wide enough for every text of the column, within reason; a bold letter is wider than a plain one."""
    longest = max((len(cell) for cell in cells if isinstance(cell, str)), default=0)
    return max(column.width, min(1.1 * longest + 1, WIDEST))


def _set_up_page(sheet: Any, document: Document, content: Sheet) -> None:
    sheet.freeze_panes(HEAD_ROW + 1, 0)
    sheet.repeat_rows(HEAD_ROW)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    company, title = _header_text(document.heading), _header_text(content.title)
    sheet.set_header(f"&L{company}&C{title}&R{document.date}"[:255])
    sheet.set_footer("&R&P / &N")


def _header_text(text: str) -> str:
    """Text in a page header, where & begins a command; a digit would be read as a font size after one."""
    return " " + clean(text, 70).replace("&", "&&")


def _write_cell(
    sheet: Any, styles: Mapping[str, Any], place: tuple[int, int], cell: Cell, *, strong: bool
) -> None:
    if cell is None:
        return
    if isinstance(cell, Money):
        style = styles["strong_money" if strong else "money"]
        formula = _formula(cell, place[1])
        if formula:
            sheet.write_formula(*place, formula, style, _kronor(cell.ore))
        else:
            sheet.write_number(*place, _kronor(cell.ore), style)
    elif isinstance(cell, date):
        sheet.write_datetime(*place, datetime.combine(cell, time()), styles["date"])
    else:
        sheet.write_string(*place, clean(cell, None), styles["strong" if strong else "text"])


def _formula(cell: Money, column: int) -> str:
    letter = _letter(column)
    if cell.of is not None and cell.less is not None:
        return f"=ROUND({letter}{_line(cell.of)}-{letter}{_line(cell.less)},2)"
    ranges = ",".join(f"{letter}{_line(first)}:{letter}{_line(last)}" for first, last in cell.sums)
    sign = "-" if cell.side < 0 else ""
    return f"={sign}SUM({ranges})" if ranges else ""


def _line(row: int) -> int:
    """The spreadsheet's own number of a row of the document."""
    return HEAD_ROW + 2 + row


def _letter(column: int) -> str:
    assert column < 26
    return chr(ord("A") + column)


def _kronor(ore: Ore) -> float:
    return ore / 100
