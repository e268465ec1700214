"""Vouchers made from vouchers: the reversal on the next year's first day, the correction, the copy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from msgspec.structs import replace

from core.i18n import _
from core.model import FiscalYear, Row
from core.register import ClosingVoucher, DraftVoucher


@dataclass(frozen=True, slots=True)
class TargetedDraft:
    """A draft and the fiscal year it belongs to, which need not be the engagement's own."""

    draft: DraftVoucher
    year: FiscalYear


def year_after(year: FiscalYear, known: Iterable[FiscalYear] = ()) -> FiscalYear:
    """The known year that begins the day after, else a year of twelve months from that day."""
    first = year.to_date + timedelta(1)
    for other in known:
        if other.from_date == first:
            return other
    return FiscalYear(first, _anniversary(first) - timedelta(1))


def _anniversary(day: date) -> date:
    try:
        return day.replace(year=day.year + 1)
    except ValueError:  # 29 February
        return date(day.year + 1, 3, 1)


def reversal(voucher: ClosingVoucher, known_years: Iterable[FiscalYear] = ()) -> TargetedDraft:
    """The same rows negated on the first day of the year after the voucher's own (återföring)."""
    year = year_after(voucher.year, known_years)
    text = _("Reversal: {text}").format(text=voucher.text)
    return TargetedDraft(DraftVoucher(year.from_date, text, negated(voucher.rows)), year)


def correction(voucher: ClosingVoucher) -> TargetedDraft:
    """The same rows negated on the same day (rättelse): takes out a voucher that is already in the books."""
    name = f"{voucher.series} {voucher.number}".strip()
    text = _("Correction of {voucher}: {text}").format(voucher=name or voucher.date, text=voucher.text)
    return TargetedDraft(DraftVoucher(voucher.date, text, negated(voucher.rows)), voucher.year)


def copy_of(voucher: ClosingVoucher) -> TargetedDraft:
    """The same content as a new draft."""
    return TargetedDraft(DraftVoucher(voucher.date, voucher.text, voucher.rows), voucher.year)


def from_last_year(voucher: ClosingVoucher, year: FiscalYear) -> TargetedDraft:
    """Last year's voucher in ``year``: at the year's end if it stood at its own, else on its day a year on."""
    if voucher.date == voucher.year.to_date:
        day = year.to_date
    else:
        day = min(max(_anniversary(voucher.date), year.from_date), year.to_date)
    return TargetedDraft(DraftVoucher(day, voucher.text, voucher.rows), year)


def negated(rows: Iterable[Row]) -> tuple[Row, ...]:
    """The rows with debit and credit exchanged."""
    return tuple(replace(row, amount=-row.amount) for row in rows)
