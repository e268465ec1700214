"""The row index and the monthly changes of a snapshot, from the columns of its SIE file."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass

from core.model import Finding, Severity
from core.money import Ore, to_swedish
from core.sie.file import SieFile
from core.sie.texts import voucher_texts
from core.store import rowindex
from core.store.rowindex import AccountRows, PackedRows
from core.text import clean

MOST_OBJECTS = 500
"""More cost centres and projects than this are not taken over."""

_SERIES_TO_FILL_IN = "AVXYZÖ"


@dataclass(frozen=True, slots=True)
class RowIndex:
    """What a snapshot keeps beside the bytes themselves."""

    rows: tuple[PackedRows, ...]
    periods: Mapping[str, Mapping[int, Ore]]
    """The change of every account by month (YYYYMM)."""
    findings: tuple[Finding, ...] = ()


def row_index(sie: SieFile, *, periods: bool) -> RowIndex:
    """The rows of every account, dated in the year, by date; CPU work for a thread."""
    found = [_account_rows(*one) for one in _split(sie)]
    packed = tuple(rowindex.pack(one) for one in found)
    if not periods:
        return RowIndex(packed, {})
    summed = {one.account: rowindex.period_changes(one) for one in found}
    told = period_balances(sie)
    months = {account: {**summed.get(account, {}), **told.get(account, {})} for account in {**summed, **told}}
    return RowIndex(packed, months, tuple(_disagreeing(told, summed)))


def period_balances(sie: SieFile) -> dict[str, dict[int, Ore]]:
    """The year's own period balances (#PSALDO): the change of every account by month, objects together."""
    first, last = (day // 100 for day in sie.register.years.get(0, (0, 99_999_999)))
    told: dict[str, dict[int, Ore]] = {}
    for one in sie.register.period_balances:
        whole = one.label == "PSALDO" and one.year == 0 and not one.objects
        if whole and one.period.isdecimal() and first <= int(one.period) <= last:
            told.setdefault(clean(one.account), {})[int(one.period)] = one.amount
    return told


def _disagreeing(
    told: Mapping[str, Mapping[int, Ore]], summed: Mapping[str, Mapping[int, Ore]]
) -> list[Finding]:
    """A finding where the file's period balances are not the sums of its vouchers."""
    differing = [
        (account, month, amount, summed.get(account, {}).get(month, 0))
        for account, months in told.items()
        for month, amount in months.items()
        if amount != summed.get(account, {}).get(month, 0)
    ]
    if not differing:
        return []
    account, month, in_file, in_vouchers = differing[0]
    parameters = {
        "count": len(differing),
        "account": account,
        "month": f"{month // 100}-{month % 100:02d}",
        "told": to_swedish(in_file),
        "summed": to_swedish(in_vouchers),
    }
    return [Finding(Severity.WARNING, "period_balances_differ", parameters=parameters)]


_Names = tuple[SieFile, list[str], list[str]]


def _split(sie: SieFile) -> list[tuple[_Names, str, array[int], array[int]]]:
    """(names, account, the voucher of each row, the amount of each row) of every account that has rows."""
    columns, first_row = sie.columns, sie.columns.voucher_first_row
    days, account_of, amount_of = columns.voucher_day, columns.row_account, columns.row_amount
    first, last = sie.register.years.get(0, (0, 99_999_999))
    holders = [array("I") for _account in columns.accounts.texts]
    amounts = [array("q") for _account in columns.accounts.texts]
    ends = [*first_row[1:], len(account_of)]
    for voucher in sorted(range(len(columns)), key=days.__getitem__):
        if first <= days[voucher] <= last:
            for row in range(first_row[voucher], ends[voucher]):
                account = account_of[row]
                holders[account].append(voucher)
                amounts[account].append(amount_of[row])
    names = (sie, voucher_texts(sie), series_names(sie))
    return [
        (names, clean(account), holders[at], amounts[at])
        for at, account in enumerate(columns.accounts.texts)
        if holders[at]
    ]


def _account_rows(names: _Names, account: str, vouchers: array[int], amounts: array[int]) -> AccountRows:
    sie, texts, series = names
    columns = sie.columns
    numbers = array("q", map(columns.voucher_number.__getitem__, vouchers))
    odd = {}
    if min(numbers) < 0:
        odd = {at: sie.voucher(vouchers[at]).number for at, number in enumerate(numbers) if number < 0}
    return AccountRows(
        account,
        array("I", map(columns.voucher_day.__getitem__, vouchers)),
        array("I", map(columns.voucher_series.__getitem__, vouchers)),
        numbers,
        amounts,
        series,
        list(map(texts.__getitem__, vouchers)),
        odd,
    )


def series_names(sie: SieFile) -> list[str]:
    """The series of the file's columns; vouchers without one are shown in a series that nobody uses."""
    texts = [clean(text) for text in sie.columns.series.texts]
    return [text or filled_in(sie) for text in texts]


def filled_in(sie: SieFile) -> str:
    """The series that stands in where the file names none."""
    used = sie.columns.series.keys()
    return next((one for one in _SERIES_TO_FILL_IN if one not in used), "?")


def take_over_findings(sie: SieFile) -> list[Finding]:
    """What was filled in and what was left out when the file was taken over."""
    found = []
    nameless = sie.columns.series.get("")
    if nameless is not None:
        count = sie.columns.voucher_series.count(nameless)
        parameters = {"count": count, "series": filled_in(sie)}
        found.append(Finding(Severity.INFO, "series_filled_in", parameters=parameters))
    objects = len(sie.register.objects)
    if objects > MOST_OBJECTS:
        parameters = {"count": objects, "limit": MOST_OBJECTS}
        found.append(Finding(Severity.INFO, "objects_skipped", parameters=parameters))
    return found
