"""Vouchers and their live rows as packed columns: a row takes 16 bytes, objects are made on demand."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator
from operator import lt
from typing import TypeVar

from core.sie.fields import ObjectList


class Names(dict[str, int]):
    """Numbers texts in the order of their first use."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def __missing__(self, text: str) -> int:
        """The next free number."""
        self[text] = len(self.texts)
        self.texts.append(text)
        return self[text]

    def forget_from(self, number: int) -> None:
        """Take back the numbers that were given from this one on."""
        for text in self.texts[number:]:
            del self[text]
        del self.texts[number:]


class Lists(dict[ObjectList, int]):
    """Numbers object lists in the order of their first use; 0 is the empty one."""

    def __init__(self) -> None:
        super().__init__({(): 0})
        self.lists: list[ObjectList] = [()]

    def __missing__(self, objects: ObjectList) -> int:
        """The next free number."""
        self[objects] = len(self.lists)
        self.lists.append(objects)
        return self[objects]

    def forget_from(self, number: int) -> None:
        """Take back the numbers that were given from this one on."""
        for objects in self.lists[number:]:
            del self[objects]
        del self.lists[number:]


class Columns:
    """One entry per voucher in the ``voucher_`` columns, one per live row in the ``row_`` columns."""

    def __init__(self) -> None:
        self.series = Names()
        self.accounts = Names()
        self.objects = Lists()
        self.voucher_offset = array("Q")
        """Where its #VER begins in the file."""
        self.voucher_end = array("Q")
        self.voucher_line = array("I")
        self.voucher_series = array("I")
        self.voucher_number = array("q")
        """The voucher number; -1 when it is empty or no number."""
        self.voucher_day = array("I")
        """YYYYMMDD, 0 when it could not be read."""
        self.voucher_first_row = array("I")
        self.voucher_sum: list[int] = []
        """Debit less credit, öre: 0 for a balanced voucher. No array: rows of absurd amounts sum beyond 64 bits."""
        self.row_account = array("I")
        self.row_objects = array("I")
        self.row_amount = array("q")
        """Öre; only rows whose amount could be read are kept."""
        self.transactions = 0
        """#TRANS records inside vouchers, also those whose amount could not be read."""
        self.audited = array("I")
        """Vouchers that hold #RTRANS or #BTRANS rows."""
        self.damaged = array("I")
        """Vouchers with a row or date that could not be read."""

    def __len__(self) -> int:
        """The number of vouchers."""
        return len(self.voucher_offset)

    def rows_of(self, voucher: int) -> range:
        """The positions of a voucher's rows."""
        first = self.voucher_first_row
        end = first[voucher + 1] if voucher + 1 < len(first) else len(self.row_amount)
        return range(first[voucher], end)

    def days(self) -> tuple[int, int]:
        """The first and the last voucher date; (0, 0) without vouchers."""
        days = [(min(part), max(part)) for part in parts(self.voucher_day)]
        return min((first for first, _ in days), default=0), max((last for _, last in days), default=0)

    def all_have_rows(self) -> bool:
        """Whether every voucher has a live row."""
        ends = [*self.voucher_first_row[1:], len(self.row_amount)]
        borders = zip(parts(self.voucher_first_row), parts(ends), strict=False)
        return all(all(map(lt, first, after)) for first, after in borders)

    def voucher_of_row(self, row: int) -> int:
        """The voucher to which a row belongs."""
        return bisect_right(self.voucher_first_row, row) - 1


_Numbers = TypeVar("_Numbers", "array[int]", list[int])


def parts(column: _Numbers) -> Iterator[_Numbers]:
    """The column in parts that a C call passes over in a millisecond."""
    return (column[at : at + 32_768] for at in range(0, len(column), 32_768))
