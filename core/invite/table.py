"""CSV in: lists of users as Excel and other programs write them, with the row and column of every fault."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field

from core.text import clean, fold

LARGEST = 5_000_000
"""Bytes; a list of users is far smaller."""
MOST_ROWS = 5_000

COLUMNS = {
    "id": ("rad-id", "row id", "id"),
    "client": ("klient", "client", "kund"),
    "number": ("klientnummer", "client number", "klientnr", "kundnummer", "kundnr", "nummer"),
    "orgnr": ("organisationsnummer", "orgnr", "org.nr", "org nr", "orgno", "organisation number"),
    "company": ("klientnamn", "företag", "företagsnamn", "bolag", "company", "client name"),
    "name": ("namn", "name", "användarens namn", "kontaktperson", "användare", "user"),
    "email": (
        "användarens e-post",
        "e-post",
        "epost",
        "e-postadress",
        "epostadress",
        "mail",
        "mejl",
        "email",
        "e-mail",
    ),
    "mobile": ("mobilnummer", "mobil", "mobiltelefon", "telefon", "mobile", "mobile number", "phone"),
    "username": ("användarnamn", "användarnamn (förslag)", "username", "username (suggestion)"),
    "choice": ("val", "choice"),
    "admin": ("systemadministratör", "sysadmin", "admin", "administrator"),
    "consent": ("samtycke", "samtycke till kontakt", "consent"),
    "state": ("status", "state"),
}
"""Header words of every column, Swedish first; compared without case, accents and surrounding spaces."""
_WORDS = {fold(word): column for column, words in COLUMNS.items() for word in words}
REQUIRED = ("name", "email")
_DELIMITERS = (";", "\t", ",")


class TableFault(ValueError):
    """The file as a whole cannot be read. ``code`` says why, ``row`` and ``column`` (1-based) where."""

    def __init__(self, code: str, row: int = 0, column: int = 0, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.row = row
        self.column = column
        self.detail = detail


@dataclass(frozen=True, slots=True)
class TableRow:
    """A line of the list: values by column; ``places`` are the columns' positions, counted from 1."""

    line: int
    values: dict[str, str]
    places: dict[str, int] = field(default_factory=dict)
    surplus: int = 0
    """The first cell without a heading that holds something, counted from 1; 0: none."""


def read_table(data: bytes) -> list[TableRow]:
    """The rows of a list in UTF-8, UTF-16 or Windows-1252, parted by semicolon, tab or comma.

    Raises:
        TableFault: ``too_large``, ``encoding``, ``empty``, ``header``, ``csv``, ``too_many``.
    """
    if len(data) > LARGEST:
        raise TableFault("too_large")
    lines = _records(decode(data))
    if not lines:
        raise TableFault("empty")
    (first, head), rest = lines[0], lines[1:]
    columns = [_WORDS.get(fold(cell.strip()), "") for cell in head]
    for place, column in enumerate(columns, start=1):
        if column and columns.index(column) != place - 1:
            raise TableFault("header_twice", first, place, clean(head[place - 1]))
    missing = [column for column in REQUIRED if column not in columns]
    if not {"client", "number", "orgnr", "company", "id"}.intersection(columns):
        missing.insert(0, "client")
    if missing:
        raise TableFault("header", first, 0, clean(" ".join(COLUMNS[column][0] for column in missing)))
    if len(rest) > MOST_ROWS:
        raise TableFault("too_many", MOST_ROWS)
    return [_row(line, cells, columns) for line, cells in rest if any(cell.strip() for cell in cells)]


def _row(line: int, cells: list[str], columns: list[str]) -> TableRow:
    places = {column: place for place, column in enumerate(columns, start=1) if column}
    values = {
        column: _unguarded(cells[place - 1]) if place <= len(cells) else ""
        for column, place in places.items()
    }
    surplus = next((n for n, cell in enumerate(cells, start=1) if n > len(columns) and cell.strip()), 0)
    return TableRow(line, values, places, surplus)


def _unguarded(cell: str) -> str:
    """The cell without the apostrophe that keeps a spreadsheet from running it."""
    shown = clean(cell, 300).strip()
    return shown[1:] if shown[:1] == "'" and shown[1:2] in {"=", "+", "-", "@"} else shown


def decode(data: bytes) -> str:
    """The text. A byte order mark decides; else UTF-8 where it is that, else Windows-1252 as Excel writes.

    Raises:
        TableFault: ``encoding`` with the row.
    """
    try:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            return data.decode("utf-16")
        if b"\x00" in data[:2]:
            return data.decode("utf-16-le" if data[1:2] == b"\x00" else "utf-16-be")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if b"\x00" in data:
            raise TableFault("encoding", data[: error.start].count(b"\n") + 1) from None
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError as error:
        row = data[: error.start].count(b"\n") + 1
        raise TableFault("encoding", row, detail=f"0x{data[error.start]:02X}") from None


def _records(text: str) -> list[tuple[int, list[str]]]:
    """(line, cells); Excel's first line ``sep=;`` is obeyed and left out."""
    text = text.lstrip("\ufeff")
    first, _break, after = text.partition("\n")
    skipped = 0
    if first.strip().casefold().startswith("sep="):
        delimiter = first.strip()[4:5] or "\t"
        text, skipped = after, 1
    else:
        delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    records: list[tuple[int, list[str]]] = []
    began = 0
    try:
        for cells in reader:
            if cells and any(cell.strip() for cell in cells):
                records.append((began + 1 + skipped, cells))
            began = reader.line_num
    except csv.Error as error:
        raise TableFault("csv", began + 1 + skipped, detail=str(error)) from None
    return records
