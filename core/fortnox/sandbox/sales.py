"""A company sells: invoices, counter sales, and the many ways in which customers pay."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal

from core.fortnox.sandbox import chart
from core.fortnox.sandbox.books import Books
from core.fortnox.sandbox.diary import DAY, Diary, working_day
from core.fortnox.sandbox.firm import Goods, Profile
from core.fortnox.sandbox.records import Invoice, InvoiceRow, Party, Row, WriteOff
from core.fortnox.sandbox.subledger import (
    add_invoice,
    book_invoice,
    moment,
    offset_by_payments,
    offset_silently,
    pay,
)
from core.model import Ledger

FIRST_NUMBER = 1001
EURO = Decimal("11.50")


class Sales:
    """Writes a company's sales into its diary and books."""

    def __init__(self, profile: Profile, books: Books, diary: Diary, rng: random.Random) -> None:
        self.profile = profile
        self.books = books
        self.diary = diary
        self.rng = rng
        self.customers = [Party(str(101 + index), name) for index, name in enumerate(profile.trade.customers)]

    def plan_month(self, first: date, share: float) -> None:
        """Spread a month's invoices and counter sales, or a share of them, over its days."""
        for _each in range(round(self.profile.invoices * share)):
            self.diary.at(self._some_day(first), self.sell)
        for _each in range(round(self.profile.cash_sales * share)):
            self.diary.at(first + timedelta(days=self.rng.randrange(28)), self.sell_over_the_counter)

    def _some_day(self, first: date) -> date:
        return working_day(first + timedelta(days=self.rng.randrange(26)))

    def sell(self, day: date) -> None:
        """Send an ordinary invoice, and let the customer pay it in one of the usual ways."""
        draw = self.rng.random()
        if "currency" in self.profile.traits and draw < 0.12:
            self.invoice(day, [self._line(vat_rate=0)], self.customers[-1], currency="EUR")
            self._pay_usually(self._latest(), day)
            return
        rot = "rot" in self.profile.traits and draw > 0.8
        party = self.rng.choice(self.customers[2:4] if rot else self.customers[:4])
        lines = [self._line() for _each in range(self.rng.choice((1, 1, 2)))]
        invoice = self.invoice(day, lines, party, rot=rot)
        if draw > 0.55 and (self.diary.until - day).days < 4:
            return
        self._pay_usually(invoice, day)

    def _latest(self) -> Invoice:
        invoices = self.books.invoices[Ledger.CUSTOMER]
        return invoices[next(reversed(invoices))]

    def _line(self, vat_rate: int | None = None) -> InvoiceRow:
        goods: Goods = self.rng.choice(self.profile.trade.goods)
        rate = goods.vat_rate if vat_rate is None else vat_rate
        ore = self.rng.randrange(goods.low * 100, goods.high * 100)
        net = ore if self.rng.random() < 0.3 else ore // 5000 * 5000
        if vat_rate == 0:
            net = net // 1000 * 100
        return InvoiceRow(goods.text, chart.SALES[rate], net, rate)

    def invoice(
        self,
        day: date,
        lines: list[InvoiceRow],
        party: Party,
        *,
        currency: str = "SEK",
        rot: bool = False,
        booked: bool = True,
        credited: Invoice | None = None,
    ) -> Invoice:
        """Make an invoice (or the credit note of one) and, unless told otherwise, book it."""
        invoice = Invoice(
            Ledger.CUSTOMER,
            FIRST_NUMBER + len(self.books.invoices[Ledger.CUSTOMER]),
            party,
            day,
            day + timedelta(days=30),
            lines,
            moment(day),
            currency=currency,
            rate=EURO if currency == "EUR" else Decimal(1),
            method=self.profile.method,
        )
        if rot:
            invoice.tax_reduction = invoice.total * 24 // 100 // 100 * 100
        if credited is not None:
            invoice.credit = True
            invoice.credit_reference = credited.number
            invoice.tax_reduction = -credited.tax_reduction
            credited.credit_reference = invoice.number
        add_invoice(self.books, invoice)
        if booked:
            book_invoice(self.books, invoice)
        return invoice

    def credit(self, invoice: Invoice, day: date) -> Invoice:
        """The credit note of a whole invoice."""
        lines = [InvoiceRow(line.text, line.account, -line.net, line.vat_rate) for line in invoice.rows]
        return self.invoice(day, lines, invoice.party, currency=invoice.currency, credited=invoice)

    def _pay_usually(self, invoice: Invoice, day: date) -> None:
        draw = self.rng.random()
        parts = self.profile.part_payments
        if draw < parts:
            self._pay_in_parts(invoice)
        elif draw < parts + 0.02:
            self.diary.at(working_day(day + timedelta(days=18)), lambda on: self.credit_silently(invoice, on))
        elif draw < parts + 0.03:
            self.diary.at(working_day(day + timedelta(days=21)), lambda on: self.credit_openly(invoice, on))
        elif draw < parts + 0.05:
            self.pay_later(invoice, self._late(invoice, -4, 10), keep=self.rng.randrange(10, 90))
        elif draw < parts + 0.06:
            return
        else:
            spread = (20, 75) if draw > 0.92 else (-6, 12)
            self.pay_later(invoice, self._late(invoice, *spread))

    def _late(self, invoice: Invoice, low: int, high: int) -> date:
        return working_day(invoice.due + timedelta(days=self.rng.randrange(low, high)))

    def pay_later(self, invoice: Invoice, day: date, *, keep: int = 0) -> None:
        """The customer pays its part on that day; a rest of ``keep`` hundredths is written off.

        The tax agency pays its part of a ROT invoice some weeks after the customer.
        """
        agency = invoice.tax_reduction
        account = chart.ROUNDING if keep < 1000 else chart.BAD_DEBT

        def action(on: date) -> None:
            own = invoice.balance - agency
            write_off = WriteOff(account, keep) if keep else None
            pay(self.books, invoice, on, own - keep, rate=self._rate(invoice), write_off=write_off)

        self.diary.at(day, action)
        if agency:
            after = working_day(day + timedelta(days=self.rng.randrange(24, 50)))
            self.diary.at(after, lambda on: self._pay_agency(invoice, on))

    def _pay_agency(self, invoice: Invoice, day: date) -> None:
        pay(self.books, invoice, day, invoice.tax_reduction)

    def _rate(self, invoice: Invoice) -> Decimal:
        if invoice.currency == "SEK":
            return invoice.rate
        return invoice.rate + Decimal(self.rng.randrange(-45, 46)).scaleb(-2)

    def _pay_in_parts(self, invoice: Invoice) -> None:
        half = (invoice.total - invoice.tax_reduction) // 2 // 100 * 100
        first = self._late(invoice, -10, 0)
        self.diary.at(first, lambda on: self._pay_part(invoice, on, half))
        self.pay_later(invoice, self._late(invoice, 12, 40))

    def _pay_part(self, invoice: Invoice, day: date, amount: int) -> None:
        pay(self.books, invoice, day, amount, rate=self._rate(invoice))

    def credit_silently(self, invoice: Invoice, day: date) -> None:
        """Credit an unpaid invoice; the two settle each other without payment rows."""
        offset_silently(invoice, self.credit(invoice, day), day)

    def credit_openly(self, invoice: Invoice, day: date) -> None:
        """Credit an unpaid invoice; three weeks later the two are settled with a payment row on each."""
        if invoice.method == "CASH":
            self.credit_silently(invoice, day)
            return
        credit = self.credit(invoice, day)
        after = working_day(day + timedelta(days=23))
        self.diary.at(after, lambda on: offset_by_payments(self.books, invoice, credit, on), DAY)

    def sell_over_the_counter(self, day: date) -> None:
        """A day's counter sales, paid by card."""
        line = self._line()
        self.books.post(
            "A",
            day,
            "Dagskassa",
            [
                Row(chart.BANK, line.net + line.vat),
                Row(line.account, -line.net),
                Row(chart.OUTPUT_VAT[line.vat_rate], -line.vat),
            ],
        )
