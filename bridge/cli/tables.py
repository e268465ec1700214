"""Plain text tables and amounts for people: columns in line, numbers to the right, nothing drawn."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from core.money import Ore, to_swedish
from core.text import clean

GAP = "  "
MAX_CELL = 48
PAPER = 80
"""Characters across a printed page."""


def amount(ore: Ore | None) -> str:
    """An amount as a screen shows it; a dash where there is none."""
    return "–" if ore is None else to_swedish(ore)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, right: Iterable[int] = ()) -> Iterator[str]:
    """Lines of a table. ``right`` are the columns (from 0) that are set to the right."""
    to_the_right = frozenset(right)
    cells = [list(heads), *([clean(cell, MAX_CELL) for cell in row] for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(heads))]
    for line in cells:
        placed = (
            cell.rjust(width) if column in to_the_right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        yield GAP.join(placed).rstrip()


def wrapped(heads: Sequence[str], rows: Iterable[Sequence[str]], width: int = PAPER) -> Iterator[str]:
    """Lines of a table that is printed: nothing is cut, the last column goes on below itself."""
    cells = [list(heads), *([clean(cell, None) for cell in row] for row in rows)]
    *widths, _last = [max(len(line[column]) for line in cells) for column in range(len(heads))]
    indent = sum(widths) + len(GAP) * len(widths)
    for *first, last in cells:
        head = "".join(cell.ljust(wide) + GAP for cell, wide in zip(first, widths, strict=True))
        pieces = textwrap.wrap(last, max(20, width - indent)) or [""]
        yield (head + pieces[0]).rstrip()
        yield from (" " * indent + piece for piece in pieces[1:])


def facts(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Lines of "name  value", values in one column."""
    shown = [(name, clean(value, None)) for name, value in pairs]
    width = max((len(name) for name, _value in shown), default=0)
    for name, value in shown:
        yield f"{name.ljust(width)}{GAP}{value}".rstrip()
