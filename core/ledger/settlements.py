"""What has settled each invoice and when: payments, write-offs, credit notes, and what has no row of its own.

Fortnox settles an invoice against its credit note with or without payment rows; what the rows do not account
for between total and balance is first matched between the two, then dated by the day of final payment.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from core.ledger.subledger import Subledger
from core.model import Invoice, Payment, VoucherRef


class SettledBy(StrEnum):
    """What a settlement consists of."""

    PAYMENT = "payment"
    WRITE_OFF = "write_off"
    CREDIT = "credit"
    """Against a credit note (or, on a credit note, against its invoice)."""
    OTHER = "other"
    """No row tells: an unlinked credit note, a payment not booked, a settlement made by hand."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """A part of an invoice that is no longer open. ``amount`` has the invoice's sign and currency."""

    by: SettledBy
    amount: int
    on: date | None
    """None when nobody knows: it is then taken to be later than any date asked for."""
    ref: VoucherRef | None = None

    def after(self, day: date) -> bool:
        """Whether it was still to come when ``day`` ended."""
        return self.on is None or self.on > day


def settlements(subledger: Subledger) -> dict[str, list[Settlement]]:
    """All settlements by invoice number; for each invoice they sum to total less balance."""
    invoices = {invoice.number: invoice for invoice in subledger.invoices if not invoice.cancelled}
    found: dict[str, list[Settlement]] = {number: [] for number in invoices}
    payments: dict[str, list[Payment]] = defaultdict(list)
    for payment in subledger.payments:
        if payment.booked and payment.invoice_number in invoices:
            payments[payment.invoice_number].append(payment)
    for number, of_invoice in payments.items():
        found[number].extend(_from_payments(subledger, invoices[number], of_invoice))
    rest = {
        number: invoice.total - invoice.balance - sum(part.amount for part in found[number])
        for number, invoice in invoices.items()
    }
    for invoice, credit in _links(invoices):
        _mark_credit_payments(found[invoice.number], found[credit.number])
        _offset(subledger, invoice, credit, rest, found)
    for number, amount in rest.items():
        if amount:
            settled_on = invoices[number].final_pay_date if invoices[number].balance == 0 else None
            found[number].append(Settlement(SettledBy.OTHER, amount, settled_on))
    return found


def _from_payments(
    subledger: Subledger, invoice: Invoice, payments: Iterable[Payment]
) -> Iterator[Settlement]:
    """Payment rows as settlements, with the invoice's sign even where a credit note's rows are positive."""
    rows = list(payments)
    sign = -1 if invoice.total < 0 and all(payment.amount_currency >= 0 for payment in rows) else 1
    for payment in rows:
        on = subledger.paid_on(payment)
        if payment.amount_currency:
            yield Settlement(SettledBy.PAYMENT, sign * payment.amount_currency, on, payment.voucher)
        if payment.write_off:
            yield Settlement(SettledBy.WRITE_OFF, sign * payment.write_off, on, payment.voucher)


def _links(invoices: dict[str, Invoice]) -> list[tuple[Invoice, Invoice]]:
    """(invoice, credit note) pairs, each once, whichever of the two points at the other."""
    pairs: dict[tuple[str, str], tuple[Invoice, Invoice]] = {}
    for one in invoices.values():
        other = invoices.get(one.credit_reference or "")
        if other is None or (one.total < 0) == (other.total < 0):
            continue
        invoice, credit = (other, one) if one.total < 0 else (one, other)
        pairs[invoice.number, credit.number] = (invoice, credit)
    return sorted(pairs.values(), key=lambda pair: (pair[1].invoice_date, pair[1].number))


def _mark_credit_payments(of_invoice: list[Settlement], of_credit: list[Settlement]) -> None:
    """Call payment rows that stand against each other on the same day what they are: a credit."""
    for place, part in enumerate(of_invoice):
        for other_place, other in enumerate(of_credit):
            if (
                part.by is other.by is SettledBy.PAYMENT
                and part.on == other.on
                and part.amount == -other.amount
            ):
                of_invoice[place] = Settlement(SettledBy.CREDIT, part.amount, part.on, part.ref)
                of_credit[other_place] = Settlement(SettledBy.CREDIT, other.amount, other.on, other.ref)
                break


def _offset(
    subledger: Subledger,
    invoice: Invoice,
    credit: Invoice,
    rest: dict[str, int],
    found: dict[str, list[Settlement]],
) -> None:
    """Settle the two against each other as far as both have something that no row accounts for."""
    amount = min(rest[invoice.number], -rest[credit.number])
    booked, credited = subledger.booked_on(invoice), subledger.booked_on(credit)
    if amount <= 0 or booked is None or credited is None:
        return
    finals = [day for day in (invoice.final_pay_date, credit.final_pay_date) if day is not None]
    on = max(booked, credited, min(finals)) if finals else max(booked, credited)
    found[invoice.number].append(Settlement(SettledBy.CREDIT, amount, on))
    found[credit.number].append(Settlement(SettledBy.CREDIT, -amount, on))
    rest[invoice.number] -= amount
    rest[credit.number] += amount
