"""Any table of the interface as a file: xlsx with real numbers, or CSV as a Swedish spreadsheet opens it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from core.errors import UsageError
from core.fence import confined, own_place
from core.files import shown
from core.i18n import _
from core.output.document import Cell, Column, Document, Kind, Money, Sheet, SheetRow
from core.output.textual_forms import to_table_csv
from core.output.workbook import to_xlsx
from core.usecases.newfile import write_file

__all__ = ["Cell", "Money", "free_name", "save_picture", "save_table"]

NAMED_APART = 1000
"""How many files of one name are told apart by a number."""


def free_name(name: str) -> Path:
    """Where a file of this name can be written: the home or hand-over folder, with a number when it is taken."""
    first = own_place() / name
    others = (first.with_stem(f"{first.stem}-{number}") for number in range(2, NAMED_APART))
    return next((path for path in (first, *others) if not path.exists()), first)


async def save_table(
    path: Path, title: str, heads: Sequence[str], rows: Sequence[Sequence[Cell]], day: date
) -> Path:
    """Write a table; the ending of ``path`` says whether it becomes ``.xlsx`` or ``.csv``.

    Returns:
        Where it lies.

    Raises:
        UsageError: ``usage``: another ending; ``file_missing``: no such folder.
        Refused: ``file_exists``: nothing is written over.
    """
    render = {".xlsx": _xlsx, ".csv": _csv}.get(path.suffix.lower())
    if render is None:
        raise UsageError(
            "usage",
            _("The file {path} can be neither xlsx nor csv.").format(path=shown(path)),
            _("The ending of its name decides what is written."),
            _("End the name with .xlsx or .csv."),
        )

    def write() -> Path:
        target = path if confined() else path.expanduser()
        write_file(target, render(_sheet(title, heads, rows), day))
        return target

    return await asyncio.to_thread(write)


async def save_picture(path: Path, svg: str) -> None:
    """Write a picture of the screen.

    Raises:
        UsageError: ``file_missing``: no such folder.
        Refused: ``file_exists``: nothing is written over.
    """
    await asyncio.to_thread(write_file, path, svg.encode())


def _sheet(title: str, heads: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Sheet:
    columns = [_column(head, [row[at] for row in rows]) for at, head in enumerate(heads)]
    return Sheet(title, title, columns, [SheetRow(row) for row in rows])


def _column(head: str, cells: Sequence[Cell]) -> Column:
    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds == {Money}:
        return Column(head, Kind.MONEY, 16)
    if kinds == {date}:
        return Column(head, Kind.DATE, 12)
    longest = max((len(cell) for cell in cells if isinstance(cell, str)), default=0)
    return Column(head, Kind.TEXT, max(8, len(head), min(50, longest + 1)))


def _xlsx(sheet: Sheet, day: date) -> bytes:
    return to_xlsx(Document("brygga", "", day, [sheet]))


def _csv(sheet: Sheet, _day: date) -> bytes:
    return to_table_csv(sheet)
