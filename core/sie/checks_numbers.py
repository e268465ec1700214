"""Voucher numbers: gaps, repeats and steps backwards within each series."""

from __future__ import annotations

from itertools import islice, pairwise
from operator import lt

from core.model import Severity
from core.sie.file import SieFile
from core.sie.findings import Findings
from core.text import clean


def run(sie: SieFile, findings: Findings) -> None:
    """Note what a reader of the journal would ask about."""
    columns = sie.columns
    by_series: list[list[int]] = [[] for _ in columns.series.texts]
    for series, number in zip(columns.voucher_series, columns.voucher_number, strict=True):
        by_series[series].append(number)
    disordered = {series for series, numbers in enumerate(by_series) if not _is_ascending(numbers)}
    if disordered:
        _check_order(sie, disordered, findings)
    for series, numbers in enumerate(by_series):
        for first, after in gaps({number for number in numbers if number > 0}):
            name = clean(columns.series.texts[series])
            findings.add(Severity.INFO, "number_gap", None, series=name, first=first, last=after)


def _is_ascending(numbers: list[int]) -> bool:
    """Whether each number is higher than the one before; the rule for a file (SIE 4B section 5.12)."""
    return all(map(lt, numbers, islice(numbers, 1, None)))


def _check_order(sie: SieFile, disordered: set[int], findings: Findings) -> None:
    columns = sie.columns
    last: dict[int, int] = {}
    seen: dict[int, set[int]] = {}
    for at, (series, number) in enumerate(zip(columns.voucher_series, columns.voucher_number, strict=True)):
        if series not in disordered or number <= 0:
            continue
        known = seen.setdefault(series, set())
        code = (
            "number_repeated"
            if number in known
            else "number_descending"
            if number < last.get(series, 0)
            else ""
        )
        if code:
            name = clean(columns.series.texts[series])
            findings.add(Severity.WARNING, code, columns.voucher_line[at], series=name, number=number)
        known.add(number)
        last[series] = number


def gaps(numbers: set[int]) -> list[tuple[int, int]]:
    """The missing numbers between the smallest and the largest, as (first, last) of each gap."""
    if not numbers or max(numbers) - min(numbers) + 1 == len(numbers):
        return []
    ordered = sorted(numbers)
    return [(a + 1, b - 1) for a, b in pairwise(ordered) if b > a + 1]
