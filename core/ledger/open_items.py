"""Open items of a subledger as of a date, rolled back from what is open today.

Open at the date = today's balance + what was settled after the date, for what was booked by then. It is
counted in the invoice's own currency and shown in kronor at the invoice's own rate: a payment's kronor hold
an exchange difference that is not the ledger's (practice: booking date, currency, credit notes, ROT/RUT).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from core.i18n import _
from core.ledger.settlements import SettledBy, Settlement, settlements
from core.ledger.subledger import Subledger
from core.model import Invoice, OpenItem
from core.money import Ore, convert
from core.text import clean

CASH_INVOICE = "CASHINVOICE"
"""Paid at once: never on the ledger account (Fortnox's InvoiceType)."""


@dataclass(frozen=True, slots=True)
class OpenItems:
    """The ledger as of ``on``: ``items`` are on the account, ``apart`` are not (unbooked, cut-off)."""

    on: date
    items: tuple[OpenItem, ...]
    apart: tuple[OpenItem, ...]

    @property
    def total(self) -> Ore:
        """What is open, positive for ordinary invoices in both ledgers."""
        return sum(item.open for item in self.items)


def items_of(subledger: Subledger, on: date) -> OpenItems:
    """Open items of the subledger as of ``on`` (the end of that day), by invoice date and number."""
    settled = settlements(subledger)
    items: list[OpenItem] = []
    apart: list[OpenItem] = []
    for invoice in subledger.invoices:
        if invoice.cancelled or invoice.kind == CASH_INVOICE:
            continue
        booked = subledger.booked_on(invoice)
        if booked is not None and booked <= on:
            items.extend(_open_parts(subledger, invoice, booked, settled[invoice.number], on))
        elif invoice.invoice_date <= on and invoice.total:
            apart.append(_apart(subledger, invoice, booked))
    return OpenItems(on, _sorted(items), _sorted(apart))


def _sorted(items: Iterable[OpenItem]) -> tuple[OpenItem, ...]:
    return tuple(
        sorted(items, key=lambda item: (item.invoice_date, len(item.number), item.number, item.kind))
    )


def tax_part(invoice: Invoice, open_amount: int) -> int:
    """How much of what is open the tax agency owes: the customer's own part is paid first."""
    reduction = invoice.tax_reduction
    if not reduction or (reduction < 0) != (open_amount < 0):
        return 0
    return min(reduction, open_amount, key=abs)


def _open_parts(
    subledger: Subledger, invoice: Invoice, booked: date, settled: list[Settlement], on: date
) -> Iterator[OpenItem]:
    later = [part for part in settled if part.after(on)]
    open_amount = invoice.balance + sum(part.amount for part in later)
    if not open_amount:
        return
    agency = tax_part(invoice, open_amount)
    settled_later = _settled_later(invoice, later)
    notes = _notes(invoice, later, on)

    def item(kind: str, name: str, account: str, whole: int, amount: int, note: list[str]) -> OpenItem:
        return OpenItem(
            number=invoice.number,
            name=clean(name),
            kind=kind,
            invoice_date=invoice.invoice_date,
            booked=booked,
            due_date=invoice.due_date,
            currency=invoice.currency,
            total=_kronor(invoice, whole),
            open=_kronor(invoice, amount),
            total_currency=whole,
            open_currency=amount,
            settled_later=settled_later,
            note=", ".join(note),
            account=account,
            party=invoice.party,
        )

    if open_amount != agency:
        rest, whole = open_amount - agency, invoice.total - (invoice.tax_reduction if agency else 0)
        yield item(_kind(invoice), invoice.name, subledger.account(invoice), whole, rest, notes)
    if agency:
        account = subledger.tax_account(invoice)
        reason = [_("ROT/RUT for {name}").format(name=clean(invoice.name)), *notes]
        yield item("tax_reduction", _("Swedish Tax Agency"), account, invoice.tax_reduction, agency, reason)


def _apart(subledger: Subledger, invoice: Invoice, booked: date | None) -> OpenItem:
    """An invoice of the period that is not on the account at the date: unbooked, or booked later."""
    amount = _kronor(invoice, invoice.total)
    return OpenItem(
        number=invoice.number,
        name=clean(invoice.name),
        kind="unbooked" if booked is None else "cut_off",
        invoice_date=invoice.invoice_date,
        booked=booked,
        due_date=invoice.due_date,
        currency=invoice.currency,
        total=amount,
        open=amount,
        total_currency=invoice.total,
        open_currency=invoice.total,
        note=_("not booked") if booked is None else _("booked {date}").format(date=booked),
        account=subledger.account(invoice),
        party=invoice.party,
    )


def _kind(invoice: Invoice) -> str:
    if invoice.credit or invoice.total < 0:
        return "credit"
    return "sold" if invoice.sold else "invoice"


def _kronor(invoice: Invoice, amount: int) -> Ore:
    return convert(amount, invoice.rate, invoice.unit)


def _settled_later(invoice: Invoice, later: list[Settlement]) -> date | None:
    if invoice.balance != 0 or not later:
        return None
    return max((part.on for part in later if part.on is not None), default=invoice.final_pay_date)


def _notes(invoice: Invoice, later: list[Settlement], on: date) -> list[str]:
    """What a reader of the annex must know of the invoice, most of it what happened after the date."""
    notes: list[str] = []
    if invoice.credit or invoice.total < 0:
        notes.append(_("credit note"))
    if invoice.sold:
        notes.append(_("sold to a finance company"))
    whole = invoice.balance == 0
    for by in SettledBy:
        days = [part.on for part in later if part.by is by and part.on is not None]
        if days:
            notes.append(_settled_note(invoice, by, whole=whole).format(date=max(days)))
    if any(part.on is None for part in later):
        notes.append(_("settled on an unknown day, taken as after {date}").format(date=on))
    return notes


def _settled_note(invoice: Invoice, by: SettledBy, *, whole: bool) -> str:
    if by is SettledBy.PAYMENT:
        return _("paid {date}") if whole else _("partly paid {date}")
    if by is SettledBy.WRITE_OFF:
        return _("written off {date}")
    if by is SettledBy.CREDIT and invoice.total >= 0:
        return _("credited {date}") if whole else _("partly credited {date}")
    return _("settled {date}")
