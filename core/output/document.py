"""A document as every writer takes it: sheets of columns and rows, with sums that a spreadsheet computes itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TypeAlias

from core.text import clean


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in öre. ``sums`` names the rows of the same column that it is ``side`` × the sum of, as (first, last)."""

    ore: int
    sums: Sequence[tuple[int, int]] = ()
    """Rows counted from 0 among the sheet's rows; empty: a figure of its own."""
    less: int | None = None
    """A row whose figure is taken from another's: this = row ``of`` - row ``less``."""
    of: int | None = None
    side: int = 1
    """-1 turns a sum round."""


Cell: TypeAlias = str | date | Money | None


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    DATE = "date"
    MONEY = "money"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its head, what it holds, and its width in characters."""

    head: str
    kind: Kind = Kind.TEXT
    width: int = 12


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row; ``strong`` for headings and sums."""

    cells: Sequence[Cell]
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table with a title of its own."""

    name: str
    """At most 31 characters: the tab of a workbook."""
    title: str
    columns: Sequence[Column]
    rows: Sequence[SheetRow]
    notes: Sequence[str] = field(default_factory=tuple)
    """Sentences under the table."""
    period: str = ""
    """What the table is about where that is no day: the fiscal year of an income statement."""


@dataclass(frozen=True, slots=True)
class Document:
    """Sheets about one company as of one day. The same document gives the same bytes, always."""

    company: str
    orgnr: str
    date: date
    sheets: Sequence[Sheet]

    @property
    def heading(self) -> str:
        """Company and organisation number."""
        return f"{clean(self.company, None)} {self.orgnr}".strip()

    def title_of(self, sheet: Sheet) -> str:
        """A sheet's title with the day or the period that it is about."""
        return f"{clean(sheet.title, None)}  {sheet.period or self.date}"


OBEYED = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
"""First characters that a spreadsheet or its import may read as a formula or a new row (OWASP, CSV injection)."""


def guarded(text: str) -> str:
    """Text that a spreadsheet shows and never runs."""
    shown = clean(text, None)
    obeyed = text.startswith(OBEYED) or shown.lstrip().startswith(OBEYED)
    return f"'{shown}" if obeyed else shown
