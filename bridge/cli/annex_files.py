"""Annexes as documents: csv, xlsx and (where reportlab is installed) pdf.

A name from outside must never become a formula in somebody's spreadsheet: csv text that a spreadsheet would
obey gets an apostrophe before it, xlsx text is written as strings, and amounts are real numbers.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from core.errors import UsageError
from core.i18n import _
from core.model import Annex, OpenItem
from core.money import to_decimal, to_swedish, to_text
from core.text import clean

Cell = str | date | Decimal | None

OBEYED = ("=", "+", "-", "@", "\t", "\r", "\n")
"""First characters that a spreadsheet reads as a formula or a new row (OWASP, CSV injection)."""


def heads() -> tuple[str, ...]:
    """The column heads of the items."""
    return (
        _("Account"),
        _("Invoice"),
        _("Name"),
        _("Type"),
        _("Invoice date"),
        _("Booked"),
        _("Due"),
        _("Currency"),
        _("Amount"),
        _("Open amount"),
        _("Settled later"),
        _("Note"),
    )


def item_cells(account: str, item: OpenItem) -> tuple[Cell, ...]:
    """One item in the order of the heads."""
    return (
        account,
        item.number,
        item.name,
        item.kind,
        item.invoice_date,
        item.booked,
        item.due_date,
        item.currency,
        to_decimal(item.total),
        to_decimal(item.open),
        item.settled_later,
        item.note,
    )


def total_rows(annex: Annex) -> Iterator[tuple[str, Decimal]]:
    """What stands under the items: ledger, books, difference."""
    named = (
        (_("According to the subledger"), annex.total),
        (_("According to the general ledger"), annex.books),
        (_("Difference"), annex.difference),
    )
    for name, ore in named:
        if ore is not None:
            yield name, to_decimal(ore)


def guarded(text: str) -> str:
    """Text that a spreadsheet shows and never runs."""
    shown = clean(text, None)
    return f"'{shown}" if text.startswith(OBEYED) or shown.startswith(OBEYED) else shown


def to_csv(title: str, annexes: Sequence[Annex]) -> bytes:
    """Semicolons, UTF-8 with a byte order mark, amounts with a point; opens in Excel and LibreOffice."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow([guarded(title)])
    writer.writerow(heads())
    for annex in annexes:
        for item in annex.items or ():
            writer.writerow([_csv_cell(cell) for cell in item_cells(annex.account, item)])
        for name, value in total_rows(annex):
            writer.writerow([annex.account, "", name, *[""] * 6, to_text(int(value * 100)), "", ""])
    return text.getvalue().encode("utf-8-sig")


def _csv_cell(cell: Cell) -> str:
    if isinstance(cell, Decimal):
        return f"{cell:.2f}"
    if isinstance(cell, date):
        return cell.isoformat()
    return guarded(cell or "")


def to_xlsx(title: str, annexes: Sequence[Annex]) -> bytes:
    """A sheet an annex, with real numbers and dates; nothing is ever a formula."""
    import xlsxwriter  # type: ignore[import-untyped] # it ships no types

    target = io.BytesIO()
    book = xlsxwriter.Workbook(
        target,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    styles = {
        "money": book.add_format({"num_format": "#,##0.00"}),
        "date": book.add_format({"num_format": "yyyy-mm-dd"}),
        "bold": book.add_format({"bold": True}),
        "total": book.add_format({"bold": True, "num_format": "#,##0.00"}),
    }
    for annex in annexes:
        _write_sheet(book.add_worksheet(clean(annex.account, 31)), styles, title, annex)
    if not annexes:
        book.add_worksheet()
    book.close()
    return target.getvalue()


def _write_sheet(sheet: Any, styles: dict[str, Any], title: str, annex: Annex) -> None:
    sheet.write_string(0, 0, clean(title, None), styles["bold"])
    sheet.write_string(1, 0, _("Annex {account} as of {date}").format(account=annex.account, date=annex.date))
    for column, head in enumerate(heads()):
        sheet.write_string(3, column, head, styles["bold"])
    row = 4
    for item in annex.items or ():
        for column, cell in enumerate(item_cells(annex.account, item)):
            _write_cell(sheet, styles, row, column, cell)
        row += 1
    for name, value in total_rows(annex):
        sheet.write_string(row, 2, name, styles["bold"])
        sheet.write_number(row, 9, float(value), styles["total"])
        row += 1
    sheet.freeze_panes(4, 0)
    sheet.set_column(0, 1, 10)
    sheet.set_column(2, 2, 36)
    sheet.set_column(3, 10, 14)
    sheet.set_column(11, 11, 40)


def _write_cell(sheet: Any, styles: dict[str, Any], row: int, column: int, cell: Cell) -> None:
    if cell is None:
        return
    if isinstance(cell, Decimal):
        sheet.write_number(row, column, float(cell), styles["money"])
    elif isinstance(cell, date):
        sheet.write_datetime(row, column, cell, styles["date"])
    else:
        sheet.write_string(row, column, clean(cell, None))


def to_pdf(title: str, annexes: Sequence[Annex]) -> bytes:
    """One page or more an annex, for the binder.

    Raises:
        UsageError: reportlab is not installed.
    """
    try:
        from reportlab.lib.pagesizes import A4, landscape  # type: ignore[import-not-found,import-untyped,unused-ignore] # an optional extra
        from reportlab.lib.styles import getSampleStyleSheet  # type: ignore[import-not-found,import-untyped,unused-ignore] # as above
        from reportlab.platypus import (  # type: ignore[import-not-found,import-untyped,unused-ignore] # as above
            PageBreak,
            Paragraph,
            SimpleDocTemplate,
            Table,
        )
    except ImportError as error:
        raise UsageError(
            "usage",
            _("This brygga cannot write PDF."),
            _("The package reportlab is not installed."),
            _("Install brygga with the extra pdf, or choose --format xlsx."),
        ) from error
    from xml.sax.saxutils import escape

    styles = getSampleStyleSheet()
    story: list[Any] = []
    for annex in annexes:
        if story:
            story.append(PageBreak())
        story.append(Paragraph(escape(clean(title, None)), styles["Heading2"]))
        head = _("Annex {account} as of {date}").format(account=annex.account, date=annex.date)
        story.append(Paragraph(escape(head), styles["Heading3"]))
        story.append(Table([list(heads()), *_pdf_rows(annex)], repeatRows=1))
    target = io.BytesIO()
    SimpleDocTemplate(target, pagesize=landscape(A4), title=clean(title)).build(story)
    return target.getvalue()


def _pdf_rows(annex: Annex) -> Iterator[list[str]]:
    for item in annex.items or ():
        yield [_pdf_cell(cell) for cell in item_cells(annex.account, item)]
    for name, value in total_rows(annex):
        yield ["", "", name, *[""] * 6, to_swedish(int(value * 100)), "", ""]


def _pdf_cell(cell: Cell) -> str:
    if isinstance(cell, Decimal):
        return to_swedish(int(cell * 100))
    return clean(str(cell), 28) if cell else ""
