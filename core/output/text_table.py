"""Tables in which everything is text, for lists that a person copies from: csv and xlsx.

A spreadsheet must neither run a cell nor turn a number into another one (a mobile number, a client number with
zeros in front), so every cell of the workbook is a string with the text format.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from core.output.document import guarded
from core.text import clean

WIDEST = 40


def to_text_csv(head: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """CSV as a Swedish Excel opens it: UTF-8 with a byte order mark, semicolons; nothing that it would run."""
    target = io.StringIO(newline="")
    writer = csv.writer(target, delimiter=";", lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows([[guarded(cell) for cell in row] for row in rows])
    return target.getvalue().encode("utf-8-sig")


def to_text_xlsx(name: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """A workbook of one sheet with the head in the first row, every cell a string in the text format."""
    import xlsxwriter  # type: ignore[import-untyped] # it ships no types

    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    text = book.add_format({"num_format": "@"})
    strong = book.add_format({"num_format": "@", "bold": True, "bottom": 1})
    sheet = book.add_worksheet(clean(name, 31))
    for place, title in enumerate(head):
        longest = max([len(title), *(len(row[place]) for row in rows)])
        sheet.set_column(place, place, min(WIDEST, longest + 2), text)
        sheet.write_string(0, place, title, strong)
    for line, row in enumerate(rows, start=1):
        for place, cell in enumerate(row):
            sheet.write_string(line, place, clean(cell, None), text)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, len(rows), len(head) - 1)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    book.close()
    return target.getvalue()
