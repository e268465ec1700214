"""Vouchers straight from the columns, for work that goes over many of them and needs no texts."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date

from core.model import Row, Voucher
from core.money import Ore
from core.sie import values
from core.sie.file import UNDATED, SieFile
from core.text import clean


def vouchers_on(sie: SieFile, prefixes: tuple[str, ...], *, whole: bool = True) -> Iterator[Voucher]:
    """The vouchers with a live row on an account that begins with one of the prefixes, in file order.

    Their rows have no texts: some ten microseconds a voucher instead of some hundred. ``whole``: with all
    their rows; otherwise with the rows on those accounts alone.
    """
    columns = sie.columns
    wanted = {at for at, account in enumerate(columns.accounts.texts) if account.startswith(prefixes)}
    last = -1
    for row, account in enumerate(columns.row_account):
        if account in wanted and row > last:
            position = columns.voucher_of_row(row)
            last = columns.rows_of(position).stop - 1
            yield _voucher(sie, position, None if whole else wanted)


def vouchers_holding(sie: SieFile, amount: Ore) -> Iterator[Voucher]:
    """The vouchers with a live row of the amount, in debit or credit, in file order; with all their rows."""
    columns = sie.columns
    wanted = {amount, -amount}
    last = -1
    for row, found in enumerate(columns.row_amount):
        if found in wanted and row > last:
            position = columns.voucher_of_row(row)
            last = columns.rows_of(position).stop - 1
            yield _voucher(sie, position)


def voucher_text(sie: SieFile, series: str, number: str) -> str:
    """The text of the first voucher with that series and number; empty when there is none."""
    columns = sie.columns
    wanted = columns.series.get(series)
    if wanted is None or not number.isdecimal():
        return ""
    places = zip(columns.voucher_series, columns.voucher_number, strict=True)
    position = next((at for at, place in enumerate(places) if place == (wanted, int(number))), None)
    return "" if position is None else sie.voucher(position).text


def _voucher(sie: SieFile, position: int, wanted: set[int] | None = None) -> Voucher:
    columns = sie.columns
    number = columns.voucher_number[position]
    if number < 0:
        return sie.voucher(position)
    accounts, lists = columns.accounts.texts, columns.objects.lists
    rows = tuple(
        Row(
            accounts[columns.row_account[row]],
            columns.row_amount[row],
            "",
            lists[columns.row_objects[row]],
        )
        for row in columns.rows_of(position)
        if wanted is None or columns.row_account[row] in wanted
    )
    return Voucher(
        clean(columns.series.texts[columns.voucher_series[position]]),
        str(number),
        values.to_date(columns.voucher_day[position]) or UNDATED,
        "",
        rows,
        line=columns.voucher_line[position],
    )


def vouchers_of(
    sie: SieFile, numbers: Collection[tuple[str, str]], days: Collection[date] = ()
) -> Iterator[Voucher]:
    """The vouchers with one of those (series, number), and all of those days, in file order, without texts."""
    columns = sie.columns
    wanted = {
        (columns.series[series], int(number))
        for series, number in numbers
        if series in columns.series and number.isdecimal()
    }
    dates = {day.year * 10_000 + day.month * 100 + day.day for day in days}
    places = zip(columns.voucher_series, columns.voucher_number, columns.voucher_day, strict=True)
    for position, (series, number, day) in enumerate(places):
        if (series, number) in wanted or day in dates:
            yield _voucher(sie, position)
