"""Lists as Excel and other programs save them: CSV in the encodings and with the delimiters that they use."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

from core.errors import UsageError
from core.i18n import _, mark
from core.text import clean, fold

LARGEST = 5_000_000
"""Bytes; a list of clients or users is far smaller."""
_DELIMITERS = (";", "\t", ",")
Required = Sequence[tuple[str, ...]]
"""What must be among the headings: of each tuple one column."""
_CSV_REASONS = (
    ("unexpected end", mark("a quotation mark is opened there and never closed")),
    ("expected after", mark("something stands after a closing quotation mark")),
    ("field larger", mark("a cell is longer than any text")),
    ("new-line", mark("a line break stands inside a cell without quotation marks")),
)
_SENTENCES = {
    "too_large": mark("The list is larger than brygga reads."),
    "too_many": mark("The list has more than {row} rows."),
    "encoding": mark("Row {row} holds characters that are neither UTF-8, UTF-16 nor Windows-1252."),
    "empty": mark("The list is empty."),
    "header": mark("Row {row} is to be the headings, and lacks: {detail}."),
    "header_twice": mark("Row {row}, column {column}: the heading {detail} stands there twice."),
    "csv": mark("Row {row} cannot be read as CSV: {detail}."),
}


class CsvFault(ValueError):
    """The file as a whole cannot be read. ``code`` says why, ``row`` and ``column`` (1-based; 0: none) where."""

    def __init__(self, code: str, row: int = 0, column: int = 0, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.row = row
        self.column = column
        self.detail = detail


def unreadable(fault: CsvFault, example: str) -> UsageError:
    """The fault as a usage error with its row and column; ``example`` is a first row that would do."""
    return UsageError(
        "usage",
        _(_SENTENCES[fault.code]).format(row=fault.row, column=fault.column, detail=fault.detail),
        _("Nothing was read."),
        _("Save it from Excel as CSV UTF-8 with a first row such as: {example}").format(example=example),
        {"row": fault.row or None, "column": fault.column or None},
    )


def records(data: bytes) -> list[tuple[int, list[str]]]:
    """(line, cells) of every row that holds something; the line is where the row begins, counted from 1.

    The text is UTF-8, UTF-16 or Windows-1252, parted by semicolon, tab or comma, whichever the first row has
    most of; Excel's first line ``sep=;`` is obeyed and left out.

    Raises:
        CsvFault: ``too_large``, ``encoding``, ``csv``, ``empty``.
    """
    if len(data) > LARGEST:
        raise CsvFault("too_large")
    text = _decode(data).lstrip("\ufeff")
    first, _break, after = text.partition("\n")
    skipped = 0
    if first.strip().casefold().startswith("sep="):
        delimiter = first.strip()[4:5] or "\t"
        text, skipped = after, 1
    else:
        delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    found: list[tuple[int, list[str]]] = []
    began = 0
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                found.append((began + 1 + skipped, cells))
            began = reader.line_num
    except csv.Error as error:
        raise CsvFault("csv", began + 1 + skipped, detail=_csv_reason(str(error))) from None
    if not found:
        raise CsvFault("empty")
    return found


def columns_of(head: Sequence[str], line: int, columns: Mapping[str, Sequence[str]]) -> list[str]:
    """The column that each heading on the line means, "" for one that nobody knows.

    ``columns`` has the words for each column; they are compared without case, accents and surrounding spaces.

    Raises:
        CsvFault: ``header_twice``.
    """
    words = {fold(word): column for column, spellings in columns.items() for word in spellings}
    found = [words.get(fold(cell.strip()), "") for cell in head]
    for place, column in enumerate(found, start=1):
        if column and found.index(column) != place - 1:
            raise CsvFault("header_twice", line, place, clean(head[place - 1]))
    return found


def require(
    found: Sequence[str], line: int, columns: Mapping[str, Sequence[str]], required: Required
) -> None:
    """Refuse headings that lack a column.

    Raises:
        CsvFault: ``header`` with the first word of each.
    """
    missing = [columns[any_of[0]][0] for any_of in required if not set(any_of).intersection(found)]
    if missing:
        raise CsvFault("header", line, 0, ", ".join(missing))


def named_rows(
    data: bytes, columns: Mapping[str, Sequence[str]], required: Required, example: str
) -> list[tuple[int, dict[str, str]]]:
    """(line, values by column) of a list whose first row is headings.

    Raises:
        UsageError: ``usage``: it is no such list; the sentence names row and column.
    """
    try:
        (line, head), *rest = records(data)
        names = columns_of(head, line, columns)
        require(names, line, columns, required)
    except CsvFault as fault:
        raise unreadable(fault, example) from None
    return [(line, dict(zip(names, cells, strict=False))) for line, cells in rest]


def _decode(data: bytes) -> str:
    """The text. A byte order mark decides; else UTF-8 where it is that, else Windows-1252 as Excel writes."""
    try:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            return data.decode("utf-16")
        if b"\x00" in data[:2]:
            return data.decode("utf-16-le" if data[1:2] == b"\x00" else "utf-16-be")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if b"\x00" in data:
            raise CsvFault("encoding", data[: error.start].count(b"\n") + 1) from None
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError as error:
        raise CsvFault("encoding", data[: error.start].count(b"\n") + 1) from None


def _csv_reason(english: str) -> str:
    known = next((text for word, text in _CSV_REASONS if word in english), "")
    return _(known) if known else _("its quotation marks do not fit together")
