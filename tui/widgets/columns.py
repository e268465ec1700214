"""The columns of a table: how wide each is, and a line of cells in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from core.i18n import _, language
from tui.paint import Line, Span, cut, fit, width_of
from tui.theme import Tone

WIDE: Final = 100
"""Cells from which the wide columns are shown."""


class Column(Struct, frozen=True):
    """A column. ``width`` 0 shares what is left over; a right-aligned column grows, and is never cut."""

    key: str
    title: str
    width: int = 0
    right: bool = False
    wide: bool = False
    """Shown only where the table has at least 100 cells."""


class Columns:
    """Columns side by side in a width."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.all = tuple(columns)
        self._grown: dict[str, int] = {}
        self._layouts: dict[tuple[int, str], list[tuple[int, Column, int]]] = {}

    def visible(self, width: int) -> list[Column]:
        """Those that the width shows."""
        return [column for column in self.all if width >= WIDE or not column.wide]

    def _layout(self, width: int) -> list[tuple[int, Column, int]]:
        """Position among the cells, column and width of what is shown."""
        key = width, language()
        if key not in self._layouts:
            self._layouts[key] = self._shared(width)
        return self._layouts[key]

    def _shared(self, width: int) -> list[tuple[int, Column, int]]:
        shown = [(place, column) for place, column in enumerate(self.all) if width >= WIDE or not column.wide]
        fixed = {
            column.key: max(
                column.width, self._grown.get(column.key, 0), len(_(column.title)) if column.right else 0
            )
            for _place, column in shown
            if column.width or column.right
        }
        flexible = [column.key for _place, column in shown if column.key not in fixed]
        left = width - 2 - sum(fixed.values()) - (len(shown) - 1)
        share, extra = divmod(max(0, left), len(flexible) or 1)
        for place, key in enumerate(flexible):
            fixed[key] = share + (1 if place < extra else 0)
        return [(place, column, fixed[column.key]) for place, column in shown]

    def header(self, width: int, sort: str, *, descending: bool) -> Line:
        """The titles; the column that the list is sorted by has a sign."""
        spans: list[Span] = [("  ", Tone.DIM)]
        for _place, column, cells in self._layout(width):
            title = _(column.title) if column.title else ""
            if column.key == sort:
                title += "▾" if descending else "▴"
            spans += [(fit(title, cells, right=column.right), Tone.DIM), (" ", Tone.DIM)]
        return cut(spans[:-1], width)

    def row(self, cells: Sequence[Span], width: int, *, under_cursor: bool, marked: bool) -> Line:
        """The cells of a record, behind the signs of the cursor and the mark."""
        spans: list[Span] = [("▸" if under_cursor else " ", Tone.KEY), ("◆" if marked else " ", Tone.MARK)]
        for place, column, room in self._layout(width):
            text, tone = cells[place]
            spans.append((fit(text, room, right=column.right), tone))
            spans.append((" ", tone))
        return cut(spans[:-1], width)

    def grow(self, cells: Sequence[Span]) -> bool:
        """Amounts are never cut: their column takes the width that they need. Whether one became wider."""
        wider = False
        for column, cell in zip(self.all, cells, strict=True):
            if not column.right:
                continue
            needed = width_of((cell,))
            if needed > max(column.width, self._grown.get(column.key, 0)):
                self._grown[column.key] = needed
                wider = True
        if wider:
            self._layouts.clear()
        return wider
