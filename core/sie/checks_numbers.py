"""Voucher numbers: gaps, repeats and steps backwards within each series."""

from __future__ import annotations

from itertools import pairwise

from core.model import Severity
from core.sie.file import SieFile
from core.sie.findings import Findings
from core.text import clean


def run(sie: SieFile, findings: Findings) -> None:
    """Note what a reader of the journal would ask about."""
    columns = sie.columns
    last: dict[int, int] = {}
    seen: dict[int, set[int]] = {}
    for at, (series, number) in enumerate(zip(columns.voucher_series, columns.voucher_number, strict=True)):
        if number < 0:
            continue
        known = seen.setdefault(series, set())
        code = (
            "number_repeated"
            if number in known
            else "number_descending"
            if number < last.get(series, 0)
            else ""
        )
        if code and number:
            name = clean(columns.series.texts[series])
            findings.add(Severity.WARNING, code, columns.voucher_line[at], series=name, number=number)
        known.add(number)
        last[series] = number
    for series, numbers in seen.items():
        for first, after in gaps(numbers - {0}):
            name = clean(columns.series.texts[series])
            findings.add(Severity.INFO, "number_gap", None, series=name, first=first, last=after)


def gaps(numbers: set[int]) -> list[tuple[int, int]]:
    """The missing numbers between the smallest and the largest, as (first, last) of each gap."""
    if not numbers or max(numbers) - min(numbers) + 1 == len(numbers):
        return []
    ordered = sorted(numbers)
    return [(a + 1, b - 1) for a, b in pairwise(ordered) if b > a + 1]
