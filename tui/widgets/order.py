"""Which records a table shows, and in what order: sorting and a filter over records that are not copied."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, Generic, TypeVar

from core.text import fold
from tui.theme import ASCII

T = TypeVar("T")

PORTION: Final = 500
"""Records that are read for the filter without letting the keyboard in: a few milliseconds."""


_SIGNS: Final = tuple((chr(sign), letter) for sign, letter in ASCII.items())


def searchable(text: str) -> str:
    """The text as a filter compares it: without case and accents, signs as a keyboard has them."""
    if not text.isascii():
        for sign, letter in _SIGNS:
            text = text.replace(sign, letter)
    return fold(text)


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
        """What the filter looks in, by place, as far as it has been read."""
        self._found = ""
        """The filter that the places shown have passed."""

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
        self._places = self._sorted(self._hits(range(len(self.records))))
        self._found = self.query

    def narrow(self, cursor: int) -> int:
        """Show what the filter finds; where the record under the cursor stands then, 0 when it is not there.

        A filter that only narrows looks at what is shown already.
        """
        here = self._places[cursor] if 0 <= cursor < len(self._places) else -1
        if self.query.startswith(self._found):
            self._places = self._hits(self._places)
            self._found = self.query
        else:
            self.arrange()
        try:
            return self._places.index(here)
        except ValueError:
            return 0

    def _hits(self, places: Sequence[int]) -> Sequence[int]:
        """Those of the places whose record holds every word of the filter."""
        words = searchable(self.query).split()
        if words:
            while not self.is_read:
                self.read_on()
        texts = self._texts
        for word in words:
            places = [place for place in places if word in texts[place]]
        return places

    @property
    def is_read(self) -> bool:
        """Whether the filter can look in every record at once."""
        return len(self._texts) == len(self.records)

    def read_on(self) -> None:
        """Read some more of the records for the filter: all at once would hold the keyboard up."""
        portion = range(len(self.records))[len(self._texts) :][:PORTION]
        texts = [self._search(self.records[place]).replace("\n", " ") for place in portion]
        self._texts += searchable("\n".join(texts)).split("\n")

    def _sorted(self, places: Sequence[int]) -> Sequence[int]:
        rank, key, records = self.rank, self.sort, self.records
        if rank is None or not key:
            return places
        return sorted(places, key=lambda place: rank(records[place], key), reverse=self.descending)
