"""Which records a table shows, and in what order: sorting and a filter over records that are not copied."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, TypeVar

from core.text import fold
from tui.theme import ASCII

T = TypeVar("T")


def searchable(text: str) -> str:
    """The text as a filter compares it: without case and accents, signs as a keyboard has them."""
    return fold(text.translate(ASCII))


class Order(Generic[T]):
    """Places in a sequence of records. Without sorting and filter it is the sequence itself, however long."""

    def __init__(self, rank: Callable[[T, str], Any] | None, search: Callable[[T], str]) -> None:
        self.rank = rank
        self._search = search
        self.records: Sequence[T] = ()
        self.sort = ""
        """The key of the column that is sorted by; empty for the records' own order."""
        self.descending = False
        self.query = ""
        self._places: Sequence[int] = ()
        self._texts: list[str] = []
        """What the filter looks in, by place; made when a filter first looks at a record."""
        self._narrows = False

    def __len__(self) -> int:
        """Rows shown."""
        return len(self._places)

    def __iter__(self) -> Iterator[T]:
        """The records shown, in their order."""
        return (self.records[index] for index in self._places)

    def row(self, place: int) -> T:
        """The record at a place that is shown."""
        return self.records[self._places[place]]

    def at(self, place: int) -> T | None:
        """The record at the place, or None where there is none."""
        return self.row(place) if 0 <= place < len(self._places) else None

    def take(self, records: Sequence[T]) -> None:
        """Other records, in the same order and through the same filter."""
        self.records = records
        self._texts = []
        self.arrange()

    def arrange(self) -> None:
        """Filter and sort all records at once."""
        every = range(len(self.records))
        self._places = self._sorted(self.hits(every) if self.query else every)

    def begin(self, query: str) -> Sequence[int]:
        """Another filter; gives the places that it must look at: those shown when it only narrows."""
        self._narrows = query.startswith(self.query)
        self.query = query
        return self._places if self._narrows else range(len(self.records))

    def hits(self, places: Sequence[int]) -> Sequence[int]:
        """Those of the places whose record holds every word of the filter."""
        words = searchable(self.query).split()
        if not words:
            return places
        texts = self._texts = self._texts or [""] * len(self.records)
        for place in places:
            if not texts[place]:
                texts[place] = searchable(self._search(self.records[place]))
        for word in words:
            places = [place for place in places if word in texts[place]]
        return places

    def settle(self, found: Sequence[int]) -> None:
        """Show what a filter found."""
        self._places = found if self._narrows else self._sorted(found)

    def _sorted(self, places: Sequence[int]) -> Sequence[int]:
        rank, key, records = self.rank, self.sort, self.records
        if rank is None or not key:
            return places
        return sorted(places, key=lambda place: rank(records[place], key), reverse=self.descending)
