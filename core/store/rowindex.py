"""The row index of a snapshot: an account's live rows in packed columns, so that a drill-down parses nothing.

It is made from the SIE bytes and can be made again; a row takes some ten bytes on disk.
"""

from __future__ import annotations

import sys
import zlib
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate, islice
from typing import overload

import msgspec

from core.money import Ore
from core.register import LedgerRow
from core.store.database import Transaction

_FAST = 1


@dataclass(frozen=True, slots=True)
class AccountRows:
    """The rows of one account by date: day (YYYYMMDD, 0 unknown), series, number, text and amount."""

    account: str
    days: array[int]
    series: array[int]
    """Places in ``series_names``."""
    numbers: array[int]
    """Voucher numbers; -1 for one that is no number."""
    amounts: array[int]
    series_names: Sequence[str]
    texts: Sequence[str]
    odd_numbers: Mapping[int, str]
    """The numbers that are no numbers, by row."""


class _Body(msgspec.Struct):
    days: bytes
    series: bytes
    numbers: bytes
    amounts: bytes
    series_names: list[str]
    texts: str
    odd_numbers: dict[int, str]


@dataclass(frozen=True, slots=True)
class PackedRows:
    """An account's rows as they are stored."""

    account: str
    rows: int
    body: bytes


def pack(rows: AccountRows) -> PackedRows:
    """Compress the columns; CPU work for a thread."""
    body = _Body(
        _little(rows.days),
        _little(rows.series),
        _little(rows.numbers),
        _little(rows.amounts),
        list(rows.series_names),
        "\n".join(rows.texts),
        dict(rows.odd_numbers),
    )
    return PackedRows(rows.account, len(rows.days), zlib.compress(msgspec.msgpack.encode(body), _FAST))


class LedgerRows(Sequence[LedgerRow]):
    """The rows of an account, each made when it is looked at: a screen shows twenty of fifty thousand."""

    def __init__(self, columns: _Body, opening: Ore) -> None:
        self._days = _array("I", columns.days)
        self._series = _array("I", columns.series)
        self._numbers = _array("q", columns.numbers)
        self._amounts = _array("q", columns.amounts)
        self._names = columns.series_names
        self._texts = columns.texts.split("\n") if self._days else []
        self._odd = columns.odd_numbers
        self._balances = array("q", islice(accumulate(self._amounts, initial=opening), 1, None))

    def __len__(self) -> int:
        """The number of rows."""
        return len(self._days)

    @overload
    def __getitem__(self, at: int) -> LedgerRow: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[LedgerRow]: ...
    def __getitem__(self, at: int | slice) -> LedgerRow | Sequence[LedgerRow]:
        """The row at a place, or the rows of a slice."""
        if isinstance(at, slice):
            return [self[one] for one in range(*at.indices(len(self)))]
        place = range(len(self))[at]
        number = self._numbers[place]
        return LedgerRow(
            _date(self._days[place]),
            self._names[self._series[place]],
            str(number) if number >= 0 else self._odd.get(place, ""),
            self._texts[place],
            self._amounts[place],
            self._balances[place],
        )


def unpack(body: bytes, opening: Ore) -> LedgerRows:
    """The rows in the order they were packed, with the running balance from ``opening``; for a thread."""
    return LedgerRows(msgspec.msgpack.decode(zlib.decompress(body), type=_Body), opening)


NO_ROWS = _Body(b"", b"", b"", b"", [], "", {})


def empty() -> LedgerRows:
    """The rows of an account that has none."""
    return LedgerRows(NO_ROWS, 0)


def period_changes(rows: AccountRows) -> dict[int, Ore]:
    """The change of the account by month (YYYYMM)."""
    changes: dict[int, Ore] = {}
    for day, amount in zip(rows.days, rows.amounts, strict=True):
        month = day // 100
        changes[month] = changes.get(month, 0) + amount
    return changes


def insert(tx: Transaction, import_id: str, rows: Iterable[PackedRows]) -> None:
    """Write the index of a snapshot."""
    tx.executemany(
        "INSERT INTO import_rows (import_id, account, rows, body) VALUES (:id, :account, :rows, :body)",
        [{"id": import_id, "account": one.account, "rows": one.rows, "body": one.body} for one in rows],
    )


def insert_periods(tx: Transaction, import_id: str, periods: Mapping[str, Mapping[int, Ore]]) -> None:
    """Write the monthly changes of a snapshot, by account and month."""
    tx.executemany(
        "INSERT INTO import_periods (import_id, account, period, change)"
        " VALUES (:id, :account, :period, :change)",
        [
            {"id": import_id, "account": account, "period": period, "change": change}
            for account, months in periods.items()
            for period, change in months.items()
        ],
    )


def body_of(tx: Transaction, import_id: str, account: str) -> bytes | None:
    """The packed rows of an account; None where it has none, or the snapshot has no index."""
    row = tx.execute(
        "SELECT body FROM import_rows WHERE import_id = :id AND account = :account",
        {"id": import_id, "account": account},
    ).fetchone()
    return bytes(row["body"]) if row else None


def counts(tx: Transaction, import_id: str) -> dict[str, int]:
    """How many rows each account has; empty for a snapshot without an index."""
    rows = tx.execute("SELECT account, rows FROM import_rows WHERE import_id = :id", {"id": import_id})
    return {row["account"]: row["rows"] for row in rows}


def periods(tx: Transaction, import_id: str, account: str) -> dict[int, Ore]:
    """The monthly changes that were kept of an account."""
    rows = tx.execute(
        "SELECT period, change FROM import_periods WHERE import_id = :id AND account = :account ORDER BY period",
        {"id": import_id, "account": account},
    )
    return {row["period"]: row["change"] for row in rows}


def _little(column: array[int]) -> bytes:
    if sys.byteorder == "big":
        column = column[:]
        column.byteswap()
    return column.tobytes()


def _array(kind: str, data: bytes) -> array[int]:
    column = array(kind)
    column.frombytes(data)
    if sys.byteorder == "big":
        column.byteswap()
    return column


def _date(day: int) -> date:
    try:
        return date(day // 10_000, day // 100 % 100, day % 100)
    except ValueError:
        return date.min
