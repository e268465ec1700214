"""The cash method's årsomföring: on the last day the unpaid invoices are booked on their ledger accounts."""

from __future__ import annotations

from decimal import Decimal

from core.fortnox.sandbox.books import Books
from core.fortnox.sandbox.records import Year
from core.fortnox.sandbox.subledger import SIDES, counter_rows, open_at, settlement_rows
from core.model import Ledger
from core.money import convert


def transfer_to_ledgers(books: Books, year: Year) -> int:
    """Book what was open on the year's last day, one voucher an invoice, and say how many."""
    made = 0
    for ledger in Ledger:
        for invoice in books.invoices[ledger].values():
            if not invoice.booked or invoice.cancelled or invoice.date > year.to_date:
                continue
            rest = open_at(books, invoice, year.to_date)
            if not rest:
                continue
            part = [
                row._replace(amount=convert(row.amount, Decimal(rest), Decimal(invoice.total)))
                for row in counter_rows(invoice)
            ]
            [whole] = settlement_rows(invoice)
            row = whole._replace(amount=-sum(row.amount for row in part))
            text = f"Årsomföring {SIDES[ledger].invoice_text.lower()} {invoice.number}, {invoice.party.name}"
            books.post("A", year.to_date, text, [row, *part])
            made += 1
    return made
