"""Which records a table shows, and in what order: sorting and a filter over records that are not copied."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from operator import is_
from typing import Any, Final, Generic, TypeVar

from core.i18n import language
from core.text import fold
from tui.theme import ASCII

T = TypeVar("T")

PORTION: Final = 500
"""Records that are read for the filter without letting the keyboard in: a few milliseconds."""

TURNS: Final = 16
"""Turns of the loop between two portions. A key takes dozens, and must not meet a portion in each of them."""

AT_ONCE: Final = 5_000
"""Records that are read for a list that is shown anew, so that its filter never gives way for a moment."""

FURTHER: Final = 4
"""What the filter has found is shown whenever it has read so many times as much."""

_SIGNS: Final = tuple((chr(sign), letter) for sign, letter in ASCII.items())


def searchable(text: str) -> str:
    """The text as a filter compares it: without case and accents, signs as a keyboard has them."""
    if not text.isascii():
        for sign, letter in _SIGNS:
            text = text.replace(sign, letter)
    return fold(text)


async def _breathe() -> None:
    for _turn in range(TURNS):
        await asyncio.sleep(0)


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
        self._whole: Sequence[int] = ()
        """The places that have passed the filter ``_found``; fewer are shown while records are being read."""
        self._found = ""
        self._language = language()
        self._ranks: list[Any] = []
        """What the records are sorted by, by place, as far as it has been made."""

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
        """Other records, in the same order and through the same filter.

        What has been read of a record is kept where the very same record comes again, in the same language.
        """
        before, self._language = self._language, language()
        are_made = isinstance(records, list) and isinstance(self.records, list)  # not first when looked at
        if before != self._language or not are_made:
            self._texts, self._ranks = [], []
        elif len(records) != len(self.records) or not all(map(is_, records, self.records)):
            self._texts, self._ranks = self._texts_of(records), []
        self.records = records
        self.arrange()

    def _texts_of(self, records: Sequence[T]) -> list[str]:
        if not self._texts:
            return []
        known = {id(record): text for record, text in zip(self.records, self._texts, strict=False)}
        texts: list[str] = []
        unknown = 0
        for record in records:
            text = known.get(id(record))
            if text is None:
                unknown += 1
                if unknown > PORTION:
                    break
                text = searchable(self._search(record))
            texts.append(text)
        return texts

    def arrange(self) -> None:
        """Sort and filter all records. Where many have still to be read, all are shown until ``narrow``."""
        self._all_places()
        if not self.query or len(self.records) - len(self._texts) > AT_ONCE:
            return
        while not self.is_read:
            self.read_on()
        self._found = self.query
        self._whole = self._places = self._hits(self._whole)

    def _all_places(self) -> None:
        self._found = ""
        self._whole = self._places = self._sorted(range(len(self.records)))

    def narrow(self, cursor: int) -> int:
        """Show what the filter finds; where the record under the cursor stands then, 0 when it is not there.

        A filter that only narrows looks at what is shown already. While records are still being read, those are
        shown that have been found among the ones read so far, and the one under the cursor when it passes.
        """
        here = self._places[cursor] if 0 <= cursor < len(self._places) else -1
        if not self.query.startswith(self._found):
            self._all_places()
        if self.is_read or not self.query:
            self._whole = self._places = self._hits(self._whole)
            self._found = self.query
        else:
            self._places = self._hits_so_far(here)
        try:
            return self._places.index(here)
        except ValueError:
            return 0

    def _hits(self, places: Sequence[int]) -> Sequence[int]:
        """Those of the places whose record holds every word of the filter; all of them have been read."""
        texts = self._texts
        for word in searchable(self.query).split():
            places = [place for place in places if word in texts[place]]
        return places

    def _hits_so_far(self, here: int) -> Sequence[int]:
        words = searchable(self.query).split()
        read = len(self._texts)
        if here >= read:
            text = searchable(self._search(self.records[here]))
            here = here if all(word in text for word in words) else -1
        found = set(self._hits(range(read)))
        return [place for place in self._whole if place in found or (place == here and here >= read)]

    @property
    def is_long(self) -> bool:
        """Whether going through all records would hold the keyboard up."""
        return len(self.records) > PORTION

    @property
    def is_read(self) -> bool:
        """Whether the filter can look in every record at once."""
        return len(self._texts) == len(self.records)

    def read_on(self) -> None:
        """Read some more of the records for the filter: all at once would hold the keyboard up."""
        portion = range(len(self.records))[len(self._texts) :][:PORTION]
        texts = [self._search(self.records[place]).replace("\n", " ") for place in portion]
        self._texts += searchable("\n".join(texts)).split("\n")

    async def read_all(self, show: Callable[[], None]) -> None:
        """Read the rest, the keyboard let in between; ``show`` is called when the filter has found more to show."""
        shown = 0
        while not self.is_read:
            self.read_on()
            if self.query and len(self._texts) >= shown * FURTHER:
                shown = len(self._texts)
                show()
            await _breathe()

    def sort_by(self, key: str) -> None:
        """From now on the records are sorted by this column, upwards; empty for their own order."""
        self.sort, self.descending, self._ranks = key, False, []

    @property
    def is_ranked(self) -> bool:
        """Whether the records can be put into the order of the column at once."""
        return not self.sort or len(self._ranks) == len(self.records)

    def rank_on(self) -> None:
        """Look at some more of the records for the order."""
        if self.rank is not None:
            portion = range(len(self.records))[len(self._ranks) :][:PORTION]
            self._ranks += [self.rank(self.records[place], self.sort) for place in portion]

    async def rank_all(self) -> None:
        """Look at the rest, the keyboard let in between."""
        while not self.is_ranked:
            self.rank_on()
            await _breathe()

    def _sorted(self, places: Sequence[int]) -> Sequence[int]:
        if self.rank is None or not self.sort:
            return places
        while not self.is_ranked:
            self.rank_on()
        return sorted(places, key=self._ranks.__getitem__, reverse=self.descending)
