"""Documents as CSV and as plain text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date

from core.money import to_swedish, to_text
from core.output.document import Cell, Document, Kind, Money, Sheet, guarded
from core.text import clean

LONGEST_CELL = 40


def to_csv(document: Document) -> bytes:
    """Semicolons, UTF-8 with a byte order mark, amounts with a point; opens in Excel and LibreOffice."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    for number, sheet in enumerate(document.sheets):
        if number:
            writer.writerow([])
        writer.writerow([guarded(document.heading), guarded(sheet.title), document.date.isoformat()])
        writer.writerow([guarded(column.head) for column in sheet.columns])
        for row in sheet.rows:
            writer.writerow([_csv_cell(cell) for cell in row.cells])
        for note in sheet.notes:
            writer.writerow([guarded(note)])
    return text.getvalue().encode("utf-8-sig")


def to_table_csv(sheet: Sheet) -> bytes:
    """One table and nothing beside it: semicolons, decimal comma, UTF-8 with a byte order mark (Swedish Excel)."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow([guarded(column.head) for column in sheet.columns])
    for row in sheet.rows:
        writer.writerow(
            [
                _csv_cell(cell).replace(".", ",") if isinstance(cell, Money) else _csv_cell(cell)
                for cell in row.cells
            ]
        )
    return text.getvalue().encode("utf-8-sig")


def _csv_cell(cell: Cell) -> str:
    if isinstance(cell, Money):
        return to_text(cell.ore)
    if isinstance(cell, date):
        return cell.isoformat()
    return guarded(cell or "")


def to_plain(document: Document) -> bytes:
    """Columns in line, numbers to the right, UTF-8."""
    return ("\n".join(_lines(document)) + "\n").encode()


def _lines(document: Document) -> Iterator[str]:
    for number, sheet in enumerate(document.sheets):
        if number:
            yield ""
        yield document.heading
        yield document.title_of(sheet)
        yield ""
        yield from _table(sheet)
        if sheet.notes:
            yield ""
            yield from (clean(note, None) for note in sheet.notes)


def _table(sheet: Sheet) -> Iterator[str]:
    cells = [[column.head for column in sheet.columns]]
    cells += [[shown(cell) for cell in row.cells] for row in sheet.rows]
    widths = [max(len(line[at]) for line in cells) for at in range(len(sheet.columns))]
    for line in cells:
        placed = (
            cell.rjust(width) if column.kind is Kind.MONEY else cell.ljust(width)
            for cell, width, column in zip(line, widths, sheet.columns, strict=True)
        )
        yield "  ".join(placed).rstrip()


def shown(cell: Cell) -> str:
    """A cell as people read it."""
    if isinstance(cell, Money):
        return to_swedish(cell.ore)
    return clean(str(cell), LONGEST_CELL) if cell else ""
