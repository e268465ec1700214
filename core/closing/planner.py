"""The export plan: which closing vouchers go where, in which order, and which must wait for a fiscal year."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from core.closing.checks import CLOSING_SERIES
from core.model import FiscalYear, Series
from core.register import ClosingVoucher, VoucherState

NEVER_SUGGESTED = frozenset("BCDEKLM")
"""Series that Fortnox fills itself: invoices, payments, salaries, stock, VAT."""

SENDABLE = frozenset({VoucherState.READY, VoucherState.WAITING_YEAR})


@dataclass(frozen=True, slots=True)
class YearPlan:
    """The vouchers bound for one fiscal year, in the order they are sent."""

    year: FiscalYear
    vouchers: tuple[ClosingVoucher, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What an export does: ``years`` in time order, and the vouchers that wait for a year to exist."""

    years: tuple[YearPlan, ...]
    waiting: tuple[ClosingVoucher, ...]

    @property
    def vouchers(self) -> tuple[ClosingVoucher, ...]:
        """Everything that is sent, in order."""
        return tuple(voucher for year in self.years for voucher in year.vouchers)


def plan(vouchers: Iterable[ClosingVoucher], years: Sequence[FiscalYear]) -> Plan:
    """Sort the ready vouchers into the fiscal years that exist.

    A year counts as existing when one with the same two days is among ``years`` (whose Ids are then used).
    The order is by year, then date; vouchers of a day keep the order they are given in.
    """
    by_year: dict[FiscalYear, list[ClosingVoucher]] = {}
    waiting: list[ClosingVoucher] = []
    for voucher in sorted(vouchers, key=lambda one: (one.year, one.date)):
        if voucher.state not in SENDABLE:
            continue
        year = existing_year(voucher, years)
        if year is None:
            waiting.append(voucher)
        else:
            by_year.setdefault(year, []).append(voucher)
    ordered = sorted(by_year.items())
    return Plan(tuple(YearPlan(year, tuple(of_year)) for year, of_year in ordered), tuple(waiting))


def existing_year(voucher: ClosingVoucher, years: Sequence[FiscalYear]) -> FiscalYear | None:
    """The year that the voucher goes to, among those that exist; None while it does not exist.

    The year of a reversal was guessed if it did not exist then: the one that begins on its day is meant.
    """
    same = next((year for year in years if year == voucher.year), None)
    return same or next((year for year in years if year.from_date == voucher.date), None)


def year_of(day: date, years: Iterable[FiscalYear]) -> FiscalYear | None:
    """The fiscal year that the day lies in."""
    return next((year for year in years if day in year), None)


def selectable(series: Iterable[Series]) -> list[Series]:
    """The series that may be chosen for an export: open for manual entry, the closing series first."""
    manual = [one for one in series if one.manual]
    return sorted(manual, key=lambda one: (one.code in NEVER_SUGGESTED, one.code != CLOSING_SERIES, one.code))


def suggested(series: Iterable[Series], default: str = "") -> Series | None:
    """The client's default series if it may be chosen, else the closing series, else the first that fits."""
    fitting = selectable(series)
    wanted = next((one for one in fitting if one.code == default), None)
    if wanted is not None:
        return wanted
    return next((one for one in fitting if one.code not in NEVER_SUGGESTED), None)
