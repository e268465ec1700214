"""What a subledger says happened on a ledger account, and what the books say, side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from core.ledger.open_items import CASH_INVOICE, tax_part
from core.ledger.settlements import SettledBy, Settlement, settlements
from core.ledger.subledger import Subledger
from core.model import Invoice, Voucher, VoucherRef
from core.money import Ore, convert


@dataclass(frozen=True, slots=True)
class Event:
    """One thing the subledger says must stand on the account."""

    kind: str
    """``invoice``, ``payment``, ``settled`` or ``cancelled``."""
    on: date
    amount: Ore
    """Ledger-signed: a customer invoice is positive, a supplier invoice negative."""
    invoice: Invoice
    ref: VoucherRef | None


@dataclass(frozen=True, slots=True)
class Booked:
    """What one voucher in the books does to the account, ledger-signed."""

    voucher: Voucher
    amount: Ore


def events_on(subledger: Subledger, account: str) -> list[Event]:
    """Everything the subledger says happened on the account, by date.

    Credits are left out where no voucher tells of them: they move nothing on the account.
    """
    settled = settlements(subledger)
    events: list[Event] = []
    for invoice in subledger.invoices:
        booked = subledger.booked_on(invoice)
        if booked is None or invoice.kind == CASH_INVOICE:
            continue
        if invoice.cancelled:
            if invoice.voucher is not None and subledger.account(invoice) == account:
                events.append(Event("cancelled", booked, 0, invoice, invoice.voucher))
            continue
        events.extend(_of_invoice(subledger, invoice, booked, account))
        events.extend(_of_settlements(subledger, invoice, settled[invoice.number], account))
    return sorted(events, key=lambda event: (event.on, event.invoice.number))


def _of_invoice(subledger: Subledger, invoice: Invoice, booked: date, account: str) -> Iterable[Event]:
    amount = _on_account(subledger, invoice, invoice.total, account)
    if amount:
        yield Event("invoice", booked, amount, invoice, invoice.voucher)


def _of_settlements(
    subledger: Subledger, invoice: Invoice, settled: list[Settlement], account: str
) -> Iterable[Event]:
    """Each settlement as the step it takes off what is open, so that rounding never adds up."""
    left = invoice.total
    dated = sorted(
        (part for part in settled if part.on is not None), key=lambda part: (part.on or date.min, part.amount)
    )
    for part in dated:
        before, left = left, left - part.amount
        if part.by is SettledBy.CREDIT and part.ref is None:
            continue
        amount = _on_account(subledger, invoice, left, account) - _on_account(
            subledger, invoice, before, account
        )
        if amount and part.on is not None:
            kind = "settled" if part.by is SettledBy.OTHER else "payment"
            yield Event(kind, part.on, amount, invoice, part.ref)


def _on_account(subledger: Subledger, invoice: Invoice, open_amount: int, account: str) -> Ore:
    """What of an open amount stands on the account: the customer's own part is paid before the agency's."""
    whole = convert(open_amount, invoice.rate, invoice.unit)
    main, tax_account = subledger.account(invoice), subledger.tax_account(invoice)
    if main == tax_account:
        return subledger.side * whole if account == main else 0
    agency = convert(tax_part(invoice, open_amount), invoice.rate, invoice.unit)
    parts: Mapping[str, Ore] = {main: whole - agency, tax_account: agency}
    return subledger.side * parts.get(account, 0)


def booked_on_account(vouchers: Iterable[Voucher], account: str) -> list[Booked]:
    """The vouchers that move the account, with what they do to it; those that cancel out are left out."""
    found: list[Booked] = []
    for voucher in vouchers:
        amount = sum(row.amount for row in voucher.rows if row.account == account)
        if amount:
            found.append(Booked(voucher, amount))
    return found
