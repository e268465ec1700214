"""A company's story: three fiscal years lived through day by day, always the same for the same seed."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal

from core.fortnox.sandbox import chart
from core.fortnox.sandbox.books import Books
from core.fortnox.sandbox.diary import Diary, first_of_months, working_day
from core.fortnox.sandbox.firm import Profile
from core.fortnox.sandbox.overheads import Overheads
from core.fortnox.sandbox.purchases import Purchases
from core.fortnox.sandbox.records import InvoiceRow, Row, Year
from core.fortnox.sandbox.sales import Sales
from core.fortnox.sandbox.subledger import pay

YEAR_IDS = ((2, 3, 5), (4, 1, 6))
"""Previous, closing and next year; real Ids are in no order either."""
DEFAULT_SEED = 2025
EVERYWHERE = {"KST1": "Kontoret"}
"""The cost centre that every company has, whether its own books use it or not."""


def write(profile: Profile, seed: int = DEFAULT_SEED) -> Books:
    """Live through the previous year, the one to be closed, and the next one up to the company's today."""
    return Story(profile, seed).write()


class Story:
    """Plans a company's events and lets its diary run."""

    def __init__(self, profile: Profile, seed: int) -> None:
        self.profile = profile
        self.rng = random.Random(f"{seed}/{profile.tenant}")  # noqa: S311 a story, not a secret
        self.books = Books(
            years(profile), profile.today, cost_centers={**EVERYWHERE, **dict(profile.cost_centers)}
        )
        self.diary = Diary(profile.today)
        self.sales = Sales(profile, self.books, self.diary, self.rng)
        self.purchases = Purchases(profile, self.books, self.diary, self.rng)
        self.overheads = Overheads(profile, self.books, self.diary)

    def write(self) -> Books:
        """The finished books."""
        previous, closing, following = self.books.chronological()
        previous.opening = _first_opening(self.profile)
        for year in (closing, following):
            self.overheads.plan_turn(year)
        for first in first_of_months(previous.from_date, self.diary.until):
            share = self.profile.previous_share if first < closing.from_date else 1
            self.overheads.plan_month(first)
            self.sales.plan_month(first, share)
            self.purchases.plan_month(first, share)
        self._plan_year_end(closing.to_date)
        self._plan_traits(closing.to_date)
        self.diary.run()
        self.books.carry_balances(following)
        return self.books

    def _plan_year_end(self, end: date) -> None:
        """What every year end has: cut-off, a credit note in January, an unbooked invoice, a part payment."""
        at, sales = self.diary.at, self.sales
        goods = self.profile.trade.goods[0]

        def line(kronor: int) -> InvoiceRow:
            return InvoiceRow(goods.text, chart.SALES[goods.vat_rate], kronor * 100, goods.vat_rate)

        def credited_in_january(day: date) -> None:
            invoice = sales.invoice(day, [line(39_000)], sales.customers[1])
            at(end + timedelta(days=12), lambda on: sales.credit_silently(invoice, on))

        def paid_in_two_years(day: date) -> None:
            invoice = sales.invoice(day, [line(16_000)], sales.customers[0])
            at(end - timedelta(days=11), lambda on: pay(self.books, invoice, on, 500_000))
            sales.pay_later(invoice, working_day(end + timedelta(days=15)))

        def written_off(day: date) -> None:
            invoice = sales.invoice(day, [line(8_000)], sales.customers[0])
            sales.pay_later(invoice, working_day(end + timedelta(days=9)), keep=1_200)

        def booked_in_january(day: date) -> None:
            party, text, account = self.purchases.suppliers[0]
            booked = working_day(end + timedelta(days=5))
            row = InvoiceRow(text, account, 1_000_000)
            invoice = self.purchases.invoice(day, party, [row], booked=booked)
            self.purchases.pay_later(invoice, working_day(end + timedelta(days=27)))

        at(end - timedelta(days=16), credited_in_january)
        at(end - timedelta(days=40), paid_in_two_years)
        at(end - timedelta(days=30), written_off)
        at(end - timedelta(days=3), booked_in_january)
        at(end - timedelta(days=1), lambda day: self._unbooked(day, line(4_200)))

    def _unbooked(self, day: date, line: InvoiceRow) -> None:
        self.sales.invoice(day, [line], self.sales.customers[2], booked=False)
        party, text, account = self.purchases.suppliers[-1]
        self.purchases.invoice(day, party, [InvoiceRow(text, account, 184_000)], unbooked=True)
        cancelled = self.sales.invoice(day, [line], self.sales.customers[3], booked=False)
        cancelled.cancelled, cancelled.balance = True, 0

    def _plan_traits(self, end: date) -> None:
        plans = {
            "direct_1510": self._plan_direct,
            "rot": self._plan_rot,
            "currency": self._plan_currency,
            "brackets": self._plan_credit_with_payments,
            "locked": self._lock,
        }
        for trait in self.profile.traits:
            if trait in plans:
                plans[trait](end)

    def _plan_direct(self, end: date) -> None:
        """A customer's payment is booked straight on 1510; its invoice stays open in the ledger."""
        at, text = self.diary.at, "Insättning Café Lyktan"
        rows = [Row(chart.BANK, 451_200), Row(chart.CUSTOMERS, -451_200)]
        lines = [InvoiceRow("Bröd och bullar", chart.SALES[12], 402_857, 12)]
        at(
            end - timedelta(days=105),
            lambda day: self.sales.invoice(day, lines, self.sales.customers[0]),
        )
        at(end - timedelta(days=78), lambda day: self.books.post("A", day, text, rows))

    def _plan_rot(self, end: date) -> None:
        """25 000 with 6 000 from the tax agency; the customer pays 19 000 before the year ends."""
        lines = [InvoiceRow("Målning, arbete", chart.SALES[25], 2_000_000)]

        def action(day: date) -> None:
            invoice = self.sales.invoice(day, lines, self.sales.customers[2], rot=True)
            self.diary.at(end - timedelta(days=11), lambda on: pay(self.books, invoice, on, 1_900_000))

        self.diary.at(end - timedelta(days=34), action)

    def _plan_currency(self, end: date) -> None:
        """EUR 1 000 at 11.50, of which 400 are paid in January with 4 520 kronor."""
        lines = [InvoiceRow("Fastighetsskötsel", chart.SALES[0], 100_000, 0)]

        def action(day: date) -> None:
            invoice = self.sales.invoice(day, lines, self.sales.customers[-1], currency="EUR")
            paid = end + timedelta(days=15)
            self.diary.at(paid, lambda on: pay(self.books, invoice, on, 40_000, rate=Decimal("11.30")))

        self.diary.at(end - timedelta(days=25), action)

    def _plan_credit_with_payments(self, end: date) -> None:
        """A credit note before the year ends; both are settled with payment rows on the twentieth of January."""
        lines = [InvoiceRow("Byggarbete, löpande räkning", chart.SALES[25], 3_900_000)]

        def action(day: date) -> None:
            invoice = self.sales.invoice(day, lines, self.sales.customers[1])
            self.diary.at(end - timedelta(days=3), lambda on: self.sales.credit_openly(invoice, on))

        self.diary.at(end - timedelta(days=16), action)

    def _lock(self, end: date) -> None:
        self.books.locked_to = end


def years(profile: Profile) -> list[Year]:
    """The company's three fiscal years, empty, in the order of their Ids."""
    spans = [_shifted(profile, -1), (profile.from_date, profile.to_date), _shifted(profile, 1)]
    ids = YEAR_IDS[profile.tenant % 2]
    made = [
        Year(number, start, end, profile.method, chart.accounts(), chart.series(manual=profile.manual))
        for number, (start, end) in zip(ids, spans, strict=True)
    ]
    return sorted(made, key=lambda year: year.id)


def _shifted(profile: Profile, years: int) -> tuple[date, date]:
    start = profile.from_date.replace(year=profile.from_date.year + years)
    return start, start.replace(year=start.year + 1) - timedelta(days=1)


def _first_opening(profile: Profile) -> dict[int, int]:
    turnover = profile.invoices * 1_000_000
    opening = {1220: 32_000_000, 1229: -9_600_000, chart.BANK: 45_000_000 + turnover, 2350: -20_000_000}
    if profile.partnership:
        opening[2010] = -sum(opening.values())
    else:
        opening[2081] = -5_000_000
        opening[2091] = -sum(opening.values())
    return opening
