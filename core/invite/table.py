"""CSV in: lists of users as Excel and other programs write them, with the row and column of every fault."""

from __future__ import annotations

from dataclasses import dataclass, field

from core.csvlist import CsvFault, columns_of, records, require
from core.text import clean

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
REQUIRED = (("client", "number", "orgnr", "company", "id"), ("name",), ("email",))


@dataclass(frozen=True, slots=True)
class TableRow:
    """A line of the list: values by column; the columns' positions, counted from 1, and headings in the file."""

    line: int
    values: dict[str, str]
    places: dict[str, int] = field(default_factory=dict)
    headings: dict[str, str] = field(default_factory=dict)
    surplus: int = 0
    """The first cell without a heading that holds something, counted from 1; 0: none."""


def read_table(data: bytes) -> list[TableRow]:
    """The rows of a list in UTF-8, UTF-16 or Windows-1252, parted by semicolon, tab or comma.

    Raises:
        CsvFault: ``too_large``, ``encoding``, ``empty``, ``header``, ``csv``, ``too_many``.
    """
    (first, head), *rest = records(data)
    columns = columns_of(head, first, COLUMNS)
    require(columns, first, COLUMNS, REQUIRED)
    if len(rest) > MOST_ROWS:
        raise CsvFault("too_many", MOST_ROWS)
    places = {column: place for place, column in enumerate(columns, start=1) if column}
    headings = {column: clean(head[place - 1]).strip() for column, place in places.items()}
    return [_row(line, cells, len(head), places, headings) for line, cells in rest]


def _row(
    line: int, cells: list[str], width: int, places: dict[str, int], headings: dict[str, str]
) -> TableRow:
    values = {
        column: _unguarded(cells[place - 1]) if place <= len(cells) else ""
        for column, place in places.items()
    }
    surplus = next((n for n, cell in enumerate(cells, start=1) if n > width and cell.strip()), 0)
    return TableRow(line, values, places, headings, surplus)


def _unguarded(cell: str) -> str:
    """The cell without the apostrophe that keeps a spreadsheet from running it."""
    shown = clean(cell, 300).strip()
    return shown[1:] if shown[:1] == "'" and shown[1:2] in {"=", "+", "-", "@"} else shown
