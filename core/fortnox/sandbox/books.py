"""One company's books: vouchers make the balances, and every list and file is read from the same records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from core.fortnox.sandbox import chart
from core.fortnox.sandbox.records import Invoice, Payment, Reference, Row, Voucher, Year
from core.model import Ledger
from core.money import Ore


@dataclass
class Books:
    """The years, vouchers, invoices and payments of one company."""

    years: list[Year]
    today: date
    """The company's own present day; generated events stop there."""
    invoices: dict[Ledger, dict[int, Invoice]] = field(
        default_factory=lambda: {ledger: {} for ledger in Ledger}
    )
    payments: dict[Ledger, dict[int, Payment]] = field(
        default_factory=lambda: {ledger: {} for ledger in Ledger}
    )
    locked_to: date | None = None
    """Locked by hand; /settings/lockedperiod shows it."""
    auto_locked_to: date | None = None
    """Locked by the rolling automatic lock, which no resource shows."""
    cost_centers: dict[str, str] = field(default_factory=dict)
    version: int = 0
    """Counts changes, so that a rendered file knows when it is stale."""

    def year(self, year_id: int) -> Year | None:
        """The year with that Id."""
        return next((year for year in self.years if year.id == year_id), None)

    def year_of(self, day: date) -> Year | None:
        """The year that holds the day."""
        return next((year for year in self.years if day in year), None)

    @property
    def preselected(self) -> Year:
        """The year a call without financialyear lands in: the one that runs today."""
        return self.year_of(self.today) or self.chronological()[-1]

    def chronological(self) -> list[Year]:
        """The years, oldest first (their Ids are in no order)."""
        return sorted(self.years, key=lambda year: year.from_date)

    def neighbour(self, year: Year, step: int) -> Year | None:
        """The year before (-1) or after (+1)."""
        years = self.chronological()
        index = years.index(year) + step
        return years[index] if 0 <= index < len(years) else None

    def post(
        self,
        series: str,
        day: date,
        text: str,
        rows: Iterable[Row],
        *,
        registered: datetime | None = None,
        reference: Reference = Reference.MANUAL,
        reference_number: object = "",
        comments: str | None = None,
    ) -> Voucher:
        """Add a voucher at the end of its series and let the balances follow.

        Raises:
            ValueError: the voucher is unbalanced or no year holds the day.
        """
        kept = [row for row in rows if row.amount]
        year = self.year_of(day)
        if year is None:
            raise ValueError(f"no fiscal year for {day}")
        if sum(row.amount for row in kept):
            raise ValueError(f"unbalanced: {text}")
        vouchers = year.vouchers.setdefault(series, [])
        number = vouchers[-1].number + 1 if vouchers else 1
        moment = registered or datetime.combine(day, time(17, 30))
        voucher = Voucher(
            year.id, series, number, day, text, kept, moment, comments, reference, str(reference_number)
        )
        vouchers.append(voucher)
        self._apply(year, kept, 1)
        return voucher

    def remove_last(self, year: Year, series: str) -> Voucher | None:
        """Delete the last voucher of a series; its number will be used again."""
        vouchers = year.vouchers.get(series)
        if not vouchers:
            return None
        voucher = vouchers.pop()
        self._apply(year, voucher.rows, -1)
        return voucher

    def alter(self, voucher: Voucher, text: str, rows: Iterable[Row]) -> None:
        """Change a booked voucher's text and rows, as a person can while the period is open.

        Raises:
            ValueError: the new rows are unbalanced.
        """
        year = self.year(voucher.year)
        kept = [row for row in rows if row.amount]
        if year is None or sum(row.amount for row in kept) != 0:
            raise ValueError(f"unbalanced: {text}")
        self._apply(year, voucher.rows, -1)
        voucher.text, voucher.rows = text, kept
        self._apply(year, kept, 1)

    def _apply(self, year: Year, rows: list[Row], sign: int) -> None:
        for row in rows:
            year.changes[row.account] = year.changes.get(row.account, 0) + sign * row.amount
        self.version += 1

    def find(self, year: Year, series: str, number: int) -> Voucher | None:
        """The voucher with that series and number."""
        vouchers = year.vouchers.get(series, [])
        if 0 < number <= len(vouchers) and vouchers[number - 1].number == number:
            return vouchers[number - 1]
        return next((voucher for voucher in vouchers if voucher.number == number), None)

    def vouchers(self, year: Year) -> Iterator[Voucher]:
        """The year's vouchers, series by series."""
        for series in sorted(year.vouchers):
            yield from year.vouchers[series]

    def balance(self, account: int, day: date) -> Ore:
        """The account's balance today in the year that holds the day."""
        year = self.year_of(day)
        return year.closing(account) if year else 0

    def open_next_year(self) -> Year:
        """A further fiscal year with the chart and series of the last one; Ids are never used again."""
        last = self.chronological()[-1]
        first = last.to_date + timedelta(days=1)
        end = first.replace(year=first.year + 1) - timedelta(days=1)
        accounts = {number: replace(account) for number, account in last.accounts.items()}
        series = {code: replace(one) for code, one in last.series.items()}
        number = max(year.id for year in self.years) + 1
        made = Year(number, first, end, last.method, accounts, series)
        self.years = sorted([*self.years, made], key=lambda year: year.id)
        self.version += 1
        return made

    def carry_balances(self, year: Year) -> None:
        """What the button *Överför balanser från föregående år* does: opening balances from last year's closing."""
        before = self.neighbour(year, -1)
        if before is None:
            return
        numbers = sorted({*before.opening, *before.changes})
        closing = {number: before.closing(number) for number in numbers if chart.is_balance_account(number)}
        year.opening = {number: amount for number, amount in closing.items() if amount}
        self.version += 1

    def result(self, year: Year) -> Ore:
        """The year's result as a ledger-signed amount: a profit is negative."""
        return sum(
            amount
            for number, amount in year.changes.items()
            if not chart.is_balance_account(number) and number != chart.RESULT
        )
