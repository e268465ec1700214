"""What a subledger says happened on a ledger account, and what the books say, side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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
        main, tax = subledger.account(invoice), subledger.tax_account(invoice)
        if account in {main, tax}:
            share = _Share(subledger.side, invoice, account, main, tax)
            events.extend(_of_invoice(share, booked))
            events.extend(_of_settlements(share, settled[invoice.number]))
    return sorted(events, key=lambda event: (event.on, event.invoice.number))


@dataclass(frozen=True, slots=True)
class _Share:
    """What of an invoice's open amount stands on one account: the customer pays its own part first."""

    side: int
    invoice: Invoice
    account: str
    main: str
    tax: str

    def of(self, open_amount: int) -> Ore:
        """The part of an open amount (the invoice's currency) on the account, ledger-signed öre."""
        rate, unit = self.invoice.rate, self.invoice.unit
        whole = convert(open_amount, rate, unit)
        if self.main == self.tax:
            return self.side * whole
        agency = convert(tax_part(self.invoice, open_amount), rate, unit)
        return self.side * (agency if self.account == self.tax else whole - agency)


def _of_invoice(share: _Share, booked: date) -> Iterator[Event]:
    amount = share.of(share.invoice.total)
    if amount:
        yield Event("invoice", booked, amount, share.invoice, share.invoice.voucher)


def _of_settlements(share: _Share, settled: list[Settlement]) -> Iterator[Event]:
    """Each settlement as the step it takes off what is open, so that rounding never adds up."""
    left, on_account = share.invoice.total, share.of(share.invoice.total)
    dated = [(part.on, part) for part in settled if part.on is not None]
    for on, part in sorted(dated, key=lambda pair: (pair[0], pair[1].amount)):
        left -= part.amount
        before, on_account = on_account, share.of(left)
        if part.by is SettledBy.CREDIT and part.ref is None:
            continue
        if on_account != before:
            kind = "settled" if part.by is SettledBy.OTHER else "payment"
            yield Event(kind, on, on_account - before, share.invoice, part.ref)


def booked_on_account(vouchers: Iterable[Voucher], account: str) -> list[Booked]:
    """The vouchers that move the account, with what they do to it; those that cancel out are left out."""
    found: list[Booked] = []
    for voucher in vouchers:
        amount = sum(row.amount for row in voucher.rows if row.account == account)
        if amount:
            found.append(Booked(voucher, amount))
    return found
