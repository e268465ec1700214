"""The virtual table: every list that can grow. Only visible rows are made, only changed lines repainted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Generic, TypeVar

from textual import events
from textual.message import Message

from core.i18n import _
from tui.paint import BLANK, Line, Painted, Span, dim, safe, taken
from tui.theme import Ground, Tone
from tui.widgets.columns import Column, Columns
from tui.widgets.order import Order

T = TypeVar("T")

OF_ROWS: Final = frozenset({"mark", "mark_all", "next_hit", "copy", "save_table"})
"""Actions that need a row."""


class Table(Painted, Generic[T], can_focus=True):
    """A list with a cursor, marks, sorting and a filter that narrows as one types.

    ``cells`` gives the cells of a record in the order of the columns, ``key`` its identity (cursor and marks
    follow it when the list is shown anew), ``rank`` what a column sorts by.
    """

    DEFAULT_CSS = "Table { height: 1fr; }"

    class Opened(Message):
        """Enter was pressed on the row under the cursor."""

    class Moved(Message):
        """The cursor stands on another row, or the marks changed."""

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        cells: Callable[[T], Sequence[Span]],
        key: Callable[[T], str],
        rank: Callable[[T, str], Any] | None = None,
        search: Callable[[T], str] | None = None,
        markable: bool = True,
        id: str | None = None,  # noqa: A002 Textual's name
    ) -> None:
        super().__init__(id=id)
        self._layout = Columns(columns)
        self._cells = cells
        self._key = key
        self._order = Order(rank, search or self._text_of)
        self._cursor = 0
        self._top = 0
        self._marks: set[str] = set()
        self._marked: list[T] | None = None
        """The marked records, once they have been asked for."""
        self._empty: Sequence[Line] = ()
        self.markable = markable
        self.scopes = ("table", "marks") if markable else ("table",)
        self.typing = False

    # -- what a page asks and says ------------------------------------------------------------------

    def show(self, records: Sequence[T], empty: Sequence[Line] = ()) -> None:
        """Show these records; cursor, its line on the screen, marks, sorting and filter stay where they can."""
        here, line = self.current, self._cursor - self._top
        self._order.take(records)
        self._empty = empty
        self._marked = None
        if self._marks:
            self._marks &= set(map(self._key, records))
        self._follow(here)
        self._top = self._cursor - line
        self._keep_cursor_visible()
        self.changed()
        self.post_message(self.Moved())
        if self._order.query and not self._order.is_read:
            self._search()

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Other columns for the records that are shown next."""
        self._layout = Columns(columns)

    @property
    def columns(self) -> tuple[Column, ...]:
        """All columns, also those that this width hides."""
        return self._layout.all

    @property
    def current(self) -> T | None:
        """The record under the cursor."""
        return self._order.at(self._cursor)

    @property
    def marked(self) -> list[T]:
        """The marked records in the list's own order, or the one under the cursor when none is marked."""
        if self._marks:
            if self._marked is None:
                every = len(self._marks) == len(self._order.records)
                records = self._order.records
                self._marked = [one for one in records if every or self._key(one) in self._marks]
            return list(self._marked)
        return [] if self.current is None else [self.current]

    @property
    def sorted_by(self) -> str:
        """The key of the column that the list is sorted by; empty for its own order."""
        return self._order.sort

    @property
    def marks(self) -> int:
        """How many records are marked."""
        return len(self._marks)

    @property
    def count(self) -> int:
        """Rows after filtering."""
        return len(self._order)

    @property
    def captures_text(self) -> bool:  # type: ignore[override]
        """While the filter is being typed, letters are text."""
        return self.typing

    def go_to(self, key: str) -> bool:
        """Put the cursor on the record with this key; false when it is not in the list."""
        for place, record in enumerate(self._order):
            if self._key(record) == key:
                self._place(place)
                return True
        return False

    def go_to_row(self, number: int) -> None:
        """Put the cursor on a row by its number among those shown, the first being 1."""
        self._place(number - 1)

    def clear_marks(self) -> None:
        """Take all marks away."""
        self._marks.clear()
        self._marked = None
        self.changed()

    def as_tsv(self) -> str:
        """The marked rows (or the one under the cursor) as Excel takes them when pasted."""
        return "\n".join(
            "\t".join(safe(text) for text, _tone in self._cells(record)) for record in self.marked
        )

    @property
    def chosen(self) -> list[T]:
        """What a person means by the table: the marked records, or all that the filter shows."""
        return self.marked if self._marks else list(self._order)

    def cells_of(self, record: T) -> Sequence[Span]:
        """The cells of a record in the order of all columns."""
        return self._cells(record)

    # -- actions ---------------------------------------------------------------------------------------

    def why_not(self, action: str) -> str | None:
        """An empty list has nothing to mark or save, and not every list is sorted."""
        if action in OF_ROWS and not self.count:
            return _("The list is empty.")
        if action in {"sort", "sort_reverse"} and self._order.rank is None:
            return _("This list has one order only.")
        if action == "sort_reverse" and not self._order.sort:
            return _("Sort by a column with o first.")
        return None

    def do_up(self) -> None:
        """One row up."""
        self._place(self._cursor - 1)

    def do_down(self) -> None:
        """One row down."""
        self._place(self._cursor + 1)

    def do_page_up(self) -> None:
        """A screenful up."""
        self._place(self._cursor - self._room)

    def do_page_down(self) -> None:
        """A screenful down."""
        self._place(self._cursor + self._room)

    def do_top(self) -> None:
        """To the first row."""
        self._place(0)

    def do_end(self) -> None:
        """To the last row."""
        self._place(self.count - 1)

    def do_next_hit(self) -> None:
        """To the next row of the filtered list, from the last to the first."""
        self._place((self._cursor + 1) % self.count if self.count else 0)

    def do_open(self) -> None:
        """Open the row under the cursor."""
        if self.current is not None:
            self.post_message(self.Opened())

    def do_mark(self) -> None:
        """Mark the row, or take its mark away, and step down."""
        record = self.current
        if record is None or not self.markable:
            return
        self._marks ^= {self._key(record)}
        self._marked = None
        self._place(self._cursor + 1)
        self.changed()
        self.post_message(self.Moved())

    def do_mark_all(self) -> None:
        """Mark all rows that the filter shows, or none when all are marked."""
        if not self.markable:
            return
        shown = set(map(self._key, self._order))
        self._marks = set() if shown <= self._marks else self._marks | shown
        self._marked = None
        self.changed()
        self.post_message(self.Moved())

    def do_sort(self) -> None:
        """Sort by the next column; after the last one the order is the list's own again."""
        if self._order.rank is None:
            return
        keys = ["", *(column.key for column in self._layout.visible(self.size.width))]
        place = keys.index(self._order.sort) if self._order.sort in keys else 0
        self._order.sort_by(keys[(place + 1) % len(keys)])
        self._resort()

    def do_sort_reverse(self) -> None:
        """Turn the order of the sorted column around."""
        if self._order.sort:
            self._order.descending = not self._order.descending
            self._resort()

    def do_filter(self) -> None:
        """Begin to type a filter; the records are read for it meanwhile."""
        self.typing = True
        self._search()
        self.changed()
        self.post_message(self.Moved())

    def do_clear_filter(self) -> bool:
        """Take the filter away; false when there is none."""
        if not (self.typing or self._order.query):
            return False
        self.typing = False
        self._set_query("")
        return True

    # -- the keyboard while the filter is typed ----------------------------------------------------------

    async def on_key(self, event: events.Key) -> None:
        """Text goes to the filter while it is being typed; everything else is an action."""
        if not self.typing:
            return
        if event.key == "enter":
            self.typing = False
            self.changed()
            self.post_message(self.Moved())
        elif event.key == "backspace":
            self._set_query(self._order.query[:-1])
        elif event.character is not None and event.is_printable:
            self._set_query(self._order.query + event.character)
        else:
            return
        taken(event)

    # -- order -----------------------------------------------------------------------------------------

    def _text_of(self, record: T) -> str:
        return " ".join(text for text, _tone in self._cells(record))

    def _resort(self) -> None:
        """Put the rows into their order: at once, or when all records have been looked at."""
        if self._order.is_ranked or not self._order.is_long:
            self._arrange()
        else:
            work = self._rank_and_arrange
            self.run_worker(work, group="sort", exclusive=True, exit_on_error=False)  # type: ignore[arg-type]
        self.changed()

    async def _rank_and_arrange(self) -> None:
        await self._order.rank_all()
        self._arrange()

    def _arrange(self) -> None:
        here = self.current
        self._order.arrange()
        self._follow(here)
        self.changed()
        if self._order.query and not self._order.is_read:
            self._search()

    def _set_query(self, query: str) -> None:
        self._order.query = query
        self._search()
        self.changed()

    def _search(self) -> None:
        """Narrow to what the filter finds: at once, or as the records are read."""
        while not self._order.is_long and not self._order.is_read:
            self._order.read_on()
        if self._order.is_read:
            self._narrow()
        else:
            work = self._read_and_narrow  # not called here: a worker that is replaced at once never runs it
            self.run_worker(work, group="filter", exclusive=True, exit_on_error=False)  # type: ignore[arg-type]

    async def _read_and_narrow(self) -> None:
        await self._order.read_all(self._narrow)
        self._narrow()

    def _narrow(self) -> None:
        self._cursor = self._order.narrow(self._cursor)
        self._keep_cursor_visible()
        self.changed()
        self.post_message(self.Moved())

    def _follow(self, record: T | None) -> None:
        if record is not None and (self.current is None or self._key(self.current) != self._key(record)):
            self.go_to(self._key(record))
        self._keep_cursor_visible()

    # -- cursor and window -------------------------------------------------------------------------------

    @property
    def _room(self) -> int:
        """Rows between the header and, while there is one, the filter's line."""
        filter_line = 1 if self.typing or self._order.query else 0
        return max(1, self.size.height - 1 - filter_line)

    def _place(self, place: int) -> None:
        place = max(0, min(self.count - 1, place))
        if place == self._cursor:
            return
        self._cursor = place
        self._keep_cursor_visible()
        self.changed()
        self.post_message(self.Moved())

    def _keep_cursor_visible(self) -> None:
        """Scroll as little as it takes; beside a pane, where a step at the edge repaints all, half a screenful."""
        self._cursor = max(0, min(self.count - 1, self._cursor))
        room = self._room
        jump = 0 if self.size.width == self.app.size.width else room // 2
        if self._cursor < self._top:
            self._top = self._cursor - (jump if self._cursor == self._top - 1 else 0)
        elif self._cursor >= self._top + room:
            self._top = self._cursor - room + 1 + (jump if self._cursor == self._top + room else 0)
        self._top = max(0, min(self._top, max(0, self.count - room)))

    def on_resize(self) -> None:
        """Another size shows another window."""
        self._keep_cursor_visible()

    # -- painting ----------------------------------------------------------------------------------------

    def line_at(self, y: int, width: int) -> tuple[Line, Ground]:
        """The header, a row, a line of the empty list's lesson, or the filter."""
        if y == 0 and (self._order.records or not self._empty):
            order = self._order
            return self._layout.header(width, order.sort, descending=order.descending), Ground.PAGE
        if y == self.size.height - 1 and (self.typing or self._order.query):
            return self._filter_line(), Ground.BAR
        place = self._top + y - 1
        if 0 <= place < self.count:
            return self._row(place, width)
        if not self._order.records and y < len(self._empty):
            return self._empty[y], Ground.PAGE
        if self._order.records and not self.count and y == 2:
            return dim("  " + _("No row matches the filter. Esc takes it away.")), Ground.PAGE
        return BLANK, Ground.PAGE

    def _row(self, place: int, width: int) -> tuple[Line, Ground]:
        record = self._order.row(place)
        cells = self._cells(record)
        if self._layout.grow(cells):
            self.call_after_refresh(self.changed)
        under_cursor = place == self._cursor
        marked = bool(self._marks) and self._key(record) in self._marks
        line = self._layout.row(cells, width, under_cursor=under_cursor, marked=marked)
        return line, Ground.CURSOR if under_cursor else Ground.PAGE

    def _filter_line(self) -> Line:
        caret: tuple[Span, ...] = ((" ", Tone.CARET),) if self.typing else ()
        found = _("{found} of {all}").format(found=self.count, all=len(self._order.records))
        return (
            (" " + _("Filter:") + " ", Tone.KEY),
            (self._order.query, Tone.STRONG),
            *caret,
            ("   " + found, Tone.DIM),
        )
