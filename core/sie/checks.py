"""Checks of a whole file: do vouchers balance, do balances follow from vouchers, is what is used declared.

They run on the columns, so that it does not matter how the lines were read. Everything here is a warning to
look at, except an unbalanced voucher and a missing fiscal year.
"""

from __future__ import annotations

from core import orgnr
from core.model import Severity
from core.money import LIMIT
from core.sie import checks_balances, checks_numbers
from core.sie.columns import parts
from core.sie.file import SieFile
from core.sie.findings import Findings
from core.sie.text_damage import damaged_example
from core.text import clean

_MANDATORY = ("FLAGGA", "FORMAT", "GEN", "PROGRAM", "FNAMN")


def run(sie: SieFile, findings: Findings) -> None:
    """Check the file and fill in what the checks compute: change per account, unbalanced vouchers."""
    _check_header(sie, findings)
    _check_text(sie, findings)
    _check_amounts(sie, findings)
    outside = _check_dates(sie, findings)
    sie.change = _changes(sie, outside)
    _check_vouchers(sie, findings)
    checks_numbers.run(sie, findings)
    checks_balances.run(sie, findings)


def _check_header(sie: SieFile, findings: Findings) -> None:
    register, lines = sie.register, sie.register.header_lines
    for label in _MANDATORY:
        if label not in register.header:
            findings.add(Severity.WARNING, "header_missing", None, label=f"#{label}")
    if sie.header("FLAGGA") == "1":
        findings.add(Severity.WARNING, "flag_set", lines["FLAGGA"])
    if 0 not in register.year_records:
        severity = Severity.INFO if sie.type == "4I" else Severity.ERROR
        findings.add(severity, "year_missing")
    currency = sie.header("VALUTA").upper()
    if currency not in {"", "SEK"}:
        findings.add(Severity.WARNING, "currency_other", lines["VALUTA"], currency=currency)
    if sie.orgnr and not _is_orgnr(sie.orgnr):
        findings.add(Severity.WARNING, "orgnr_bad", lines["ORGNR"], orgnr=sie.orgnr)
    if sie.encoding not in {"cp437", "ascii"}:
        findings.add(Severity.INFO, "encoding_not_cp437", None, encoding=sie.encoding)


def _is_orgnr(text: str) -> bool:
    try:
        orgnr.normalise(text)
    except ValueError:
        return False
    return True


def _check_text(sie: SieFile, findings: Findings) -> None:
    """Names that were saved in the wrong character set once, long before they came here."""
    example = damaged_example([sie.company, *sie.register.accounts.values()])
    if example:
        findings.add(Severity.WARNING, "lost_letters", None, example=clean(example))


def _check_amounts(sie: SieFile, findings: Findings) -> None:
    """Amounts that together are beyond all books are refused: their sums would not fit where sums are kept."""
    balances = sie.register.balances.values()
    total = sum(abs(ore) for years in balances for accounts in years.values() for ore in accounts.values())
    total += sum(sum(map(abs, part)) for part in parts(sie.columns.row_amount))
    if total >= LIMIT:
        findings.add(Severity.FATAL, "amounts_absurd", None)


def _check_dates(sie: SieFile, findings: Findings) -> list[int]:
    """The vouchers that are not dated inside the current year; undated ones are among them."""
    columns, year = sie.columns, sie.register.years.get(0)
    if year is None or not columns.voucher_day:
        return []
    first, last = year
    earliest, latest = columns.days()
    if earliest >= first and latest <= last:
        return []
    outside = [at for at, day in enumerate(columns.voucher_day) if not first <= day <= last]
    for at in outside:
        if columns.voucher_day[at]:
            _add_named(sie, findings, Severity.WARNING, "date_outside_year", at)
    return outside


def _changes(sie: SieFile, outside: list[int]) -> dict[str, int]:
    columns = sie.columns
    sums = [0] * len(columns.accounts)
    for account, amount in zip(columns.row_account, columns.row_amount, strict=True):
        sums[account] += amount
    for at in outside:
        for row in columns.rows_of(at):
            sums[columns.row_account[row]] -= columns.row_amount[row]
    changes: dict[str, int] = {}
    for text, change in zip(columns.accounts.texts, sums, strict=True):
        name = clean(text)
        changes[name] = changes.get(name, 0) + change
    return changes


def _check_vouchers(sie: SieFile, findings: Findings) -> None:
    columns = sie.columns
    if any(columns.voucher_sum):
        for at, difference in enumerate(columns.voucher_sum):
            if difference:
                sie.unbalanced += 1
                _add_named(sie, findings, Severity.ERROR, "voucher_unbalanced", at, difference=difference)
    if columns.all_have_rows():
        return
    ends = [*columns.voucher_first_row[1:], len(columns.row_amount)][: len(columns)]
    audited, damaged = set(columns.audited), set(columns.damaged)
    for at, (first, end) in enumerate(zip(columns.voucher_first_row, ends, strict=True)):
        if first == end and at not in damaged:
            severity, code = Severity.WARNING, "voucher_empty"
            if at in audited:
                severity, code = Severity.INFO, "voucher_struck"
            _add_named(sie, findings, severity, code, at)


def _add_named(
    sie: SieFile, findings: Findings, severity: Severity, code: str, at: int, **parameters: object
) -> None:
    """A finding about a voucher, with what its sentence needs to name it: made only for those that are kept."""
    if not findings.is_full(code):
        record = sie.voucher_record(at)
        parameters |= {"series": clean(record.series), "number": clean(record.number), "day": record.day}
    findings.add(severity, code, sie.columns.voucher_line[at], **parameters)
