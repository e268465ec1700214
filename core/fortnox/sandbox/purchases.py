"""A company buys: supplier invoices, rent, insurance, and their payments."""

from __future__ import annotations

import random
from datetime import date, timedelta

from core.fortnox.sandbox.books import Books
from core.fortnox.sandbox.diary import Diary, working_day
from core.fortnox.sandbox.firm import Profile
from core.fortnox.sandbox.records import Invoice, InvoiceRow, Party
from core.fortnox.sandbox.subledger import add_invoice, book_invoice, moment, offset_silently, pay
from core.model import Ledger

LANDLORD = Party("901", "Fastighetsbolaget Torget AB")
INSURER = Party("902", "Trygga Försäkringsbolaget")


class Purchases:
    """Writes a company's purchases into its diary and books."""

    def __init__(self, profile: Profile, books: Books, diary: Diary, rng: random.Random) -> None:
        self.profile = profile
        self.books = books
        self.diary = diary
        self.rng = rng
        low = sum(goods.low + goods.high for goods in profile.trade.goods) // len(profile.trade.goods)
        self.price = max(400, low * max(1, profile.invoices) // (3 * max(1, profile.purchases)))
        """The highest net price of an ordinary purchase, kronor: purchases stay well below sales."""
        self.suppliers = [
            (Party(str(201 + index), name), text, account)
            for index, (name, text, account) in enumerate(profile.trade.suppliers)
        ]

    def plan_month(self, first: date, share: float) -> None:
        """Spread a month's supplier invoices over its days, the quarter's rent and the year's insurance."""
        for _each in range(round(self.profile.purchases * share)):
            self.diary.at(working_day(first + timedelta(days=self.rng.randrange(26))), self.buy)
        if first.month % 3 == 0:
            self.diary.at(working_day(first + timedelta(days=11)), self._rent)
        if first.month == 9:
            self.diary.at(working_day(first + timedelta(days=14)), self._insurance)

    def buy(self, day: date) -> None:
        """An ordinary supplier invoice, now and then credited, mostly paid when due."""
        party, text, account = self.rng.choice(self.suppliers)
        net = self.rng.randrange(self.price * 20, self.price * 100)
        center = self.rng.choice(self.profile.cost_centers)[0] if self.profile.cost_centers else ""
        invoice = self.invoice(day, party, [InvoiceRow(text, account, net, 25, center)])
        draw = self.rng.random()
        if draw < 0.02:
            after = working_day(day + timedelta(days=12))
            self.diary.at(after, lambda on: self.credit(invoice, on))
        elif draw < 0.98:
            self.pay_later(invoice, working_day(invoice.due + timedelta(days=self.rng.randrange(-2, 3))))

    def invoice(
        self,
        day: date,
        party: Party,
        rows: list[InvoiceRow],
        *,
        booked: date | None = None,
        unbooked: bool = False,
        credited: Invoice | None = None,
    ) -> Invoice:
        """Enter a supplier invoice and book it, on its own day or on ``booked``."""
        number = len(self.books.invoices[Ledger.SUPPLIER]) + 1
        invoice = Invoice(
            Ledger.SUPPLIER,
            number,
            party,
            day,
            day + timedelta(days=30),
            rows,
            moment(day),
            external_number=str(self.rng.randrange(10_000, 99_999)),
            method=self.profile.method,
        )
        if credited is not None:
            invoice.credit = True
            invoice.credit_reference = credited.number
            credited.credit_reference = number
        add_invoice(self.books, invoice)
        if not unbooked and booked is None:
            book_invoice(self.books, invoice)
        elif booked is not None:
            self.diary.at(booked, lambda on: book_invoice(self.books, invoice, on))
        return invoice

    def credit(self, invoice: Invoice, day: date) -> None:
        """The supplier credits a whole invoice; the two settle each other without payment rows."""
        rows = [InvoiceRow(row.text, row.account, -row.net, row.vat_rate) for row in invoice.rows]
        offset_silently(invoice, self.invoice(day, invoice.party, rows, credited=invoice), day)

    def pay_later(self, invoice: Invoice, day: date) -> None:
        """Pay the whole on that day."""
        self.diary.at(day, lambda on: pay(self.books, invoice, on, invoice.balance))

    def _rent(self, day: date) -> None:
        net = self.profile.rent * 100
        invoice = self.invoice(day, LANDLORD, [InvoiceRow("Lokalhyra nästa kvartal", 5010, net)])
        self.pay_later(invoice, working_day(day + timedelta(days=14)))

    def _insurance(self, day: date) -> None:
        net = self.profile.rent * 60
        invoice = self.invoice(day, INSURER, [InvoiceRow("Företagsförsäkring, tolv månader", 6310, net, 0)])
        self.pay_later(invoice, working_day(invoice.due))
