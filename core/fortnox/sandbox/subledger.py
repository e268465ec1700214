"""How invoices, payments and credit notes become vouchers, for either method and either ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

from core.fortnox.sandbox import chart
from core.fortnox.sandbox.books import Books
from core.fortnox.sandbox.records import Invoice, Payment, Reference, Row, WriteOff
from core.model import Ledger
from core.money import Ore, convert


@dataclass(frozen=True)
class Side:
    """What differs between the two ledgers."""

    ledger: Ledger
    account: int
    sign: int
    """+1 where an ordinary invoice is a debit on the ledger account."""
    invoice_series: str
    payment_series: str
    invoice_text: str
    payment_text: str
    invoice_reference: Reference
    payment_reference: Reference


CUSTOMER = Side(
    Ledger.CUSTOMER, chart.CUSTOMERS, 1, "B", "C", "Kundfaktura", "Inbetalning kundfaktura",
    Reference.INVOICE, Reference.INVOICE_PAYMENT,
)  # fmt: skip
SUPPLIER = Side(
    Ledger.SUPPLIER, chart.SUPPLIERS, -1, "D", "E", "Leverantörsfaktura", "Utbetalning leverantörsfaktura",
    Reference.SUPPLIER_INVOICE, Reference.SUPPLIER_PAYMENT,
)  # fmt: skip
SIDES = {side.ledger: side for side in (CUSTOMER, SUPPLIER)}


def moment(day: date, hour: int = 10) -> datetime:
    """When something of that day was registered."""
    return datetime.combine(day, time(hour, 15))


def settlement_rows(invoice: Invoice) -> list[Row]:
    """The ledger side of the invoice: 1510 (and 1513 for the tax agency's part), or 2440."""
    side = SIDES[invoice.ledger]
    whole = _counter_total(invoice)
    if not invoice.tax_reduction:
        return [Row(side.account, -whole)]
    return [
        Row(side.account, -whole - invoice.tax_reduction),
        Row(chart.TAX_REDUCTION, invoice.tax_reduction),
    ]


def counter_rows(invoice: Invoice) -> list[Row]:
    """Revenue or cost, and VAT."""
    side = SIDES[invoice.ledger]
    rows: list[Row] = []
    for line in invoice.rows:
        vat_account = chart.OUTPUT_VAT.get(line.vat_rate, 0) if side is CUSTOMER else chart.INPUT_VAT
        rows.append(Row(line.account, -side.sign * invoice.kronor(line.net), line.text, line.cost_center))
        if line.vat:
            rows.append(Row(vat_account, -side.sign * invoice.kronor(line.vat)))
    return rows


def _counter_total(invoice: Invoice) -> Ore:
    return sum(row.amount for row in counter_rows(invoice))


def add_invoice(books: Books, invoice: Invoice) -> Invoice:
    """Enter an invoice in its ledger, unbooked."""
    invoice.balance = invoice.total
    books.invoices[invoice.ledger][invoice.number] = invoice
    books.version += 1
    return invoice


def book_invoice(books: Books, invoice: Invoice, day: date | None = None) -> None:
    """Book an invoice on its date or later; with the cash method it gets no voucher."""
    side = SIDES[invoice.ledger]
    invoice.booked = True
    if invoice.method == "CASH":
        return
    kind = "Kreditfaktura" if invoice.credit else side.invoice_text
    number = f"{invoice.external_number}, " if side is SUPPLIER else ""
    invoice.voucher = books.post(
        side.invoice_series,
        day or invoice.date,
        f"{kind} {invoice.number}, {number}{invoice.party.name}",
        [*settlement_rows(invoice), *counter_rows(invoice)],
        reference=side.invoice_reference,
        reference_number=invoice.number,
    )


def pay(
    books: Books,
    invoice: Invoice,
    day: date,
    amount: int,
    *,
    rate: Decimal | None = None,
    write_off: WriteOff | None = None,
) -> Payment | None:
    """Pay ``amount`` (the invoice's currency) of what is open; None when nothing is."""
    given_up = write_off.amount if write_off else 0
    if not invoice.balance or abs(amount + given_up) > abs(invoice.balance):
        return None
    rate = rate or invoice.rate
    payment = Payment(
        invoice.ledger,
        len(books.payments[invoice.ledger]) + 1,
        invoice,
        day,
        convert(amount, rate),
        amount,
        moment(day, 14),
        rate,
        write_offs=[write_off] if write_off else [],
    )
    side = SIDES[invoice.ledger]
    payment.voucher = books.post(
        side.payment_series,
        day,
        f"{side.payment_text} {invoice.number}, {invoice.party.name}",
        _payment_rows(payment, side),
        reference=side.payment_reference,
        reference_number=payment.number,
    )
    books.payments[invoice.ledger][payment.number] = payment
    _settle(invoice, amount + given_up, day)
    return payment


def _settle(invoice: Invoice, amount: int, day: date) -> None:
    invoice.balance -= amount
    invoice.modified = moment(day, 14)
    if not invoice.balance:
        invoice.final_pay_date = day


def _payment_rows(payment: Payment, side: Side) -> list[Row]:
    invoice = payment.invoice
    given_up = sum(write_off.amount for write_off in payment.write_offs)
    cleared = _cleared(invoice, payment.amount_currency + given_up, side)
    rows = [
        Row(payment.account, side.sign * payment.amount),
        *(
            Row(write_off.account, side.sign * invoice.kronor(write_off.amount))
            for write_off in payment.write_offs
        ),
        *cleared,
    ]
    gain = sum(row.amount for row in rows)
    if gain:
        rows.append(Row(chart.EXCHANGE_GAIN if gain > 0 else chart.EXCHANGE_LOSS, -gain))
    return rows


def _cleared(invoice: Invoice, amount: int, side: Side) -> list[Row]:
    """What the payment clears: the ledger account, or with the cash method the revenue or cost itself."""
    if invoice.method == "CASH" and invoice.voucher is None:
        return _share(counter_rows(invoice), invoice.total, invoice.total - invoice.balance, amount)
    paid_before = invoice.total - invoice.balance
    own_part = invoice.total - invoice.tax_reduction
    rest_of_own_part = max(0, own_part - paid_before)
    if not invoice.tax_reduction or amount <= rest_of_own_part:
        kronor = invoice.kronor(paid_before + amount) - invoice.kronor(paid_before)
        return [Row(side.account, -side.sign * kronor)]
    return [Row(side.account, -rest_of_own_part), Row(chart.TAX_REDUCTION, rest_of_own_part - amount)]


def _share(rows: list[Row], total: int, before: int, amount: int) -> list[Row]:
    """The rows' part of a part payment; the parts of all payments add up to the rows exactly."""

    def upto(paid: int) -> list[Ore]:
        rest = [convert(row.amount, Decimal(paid), Decimal(total)) for row in rows[1:]]
        whole = convert(sum(row.amount for row in rows), Decimal(paid), Decimal(total))
        return [whole - sum(rest), *rest]

    return [
        row._replace(amount=after - earlier)
        for row, after, earlier in zip(rows, upto(before + amount), upto(before), strict=True)
    ]


def offset_silently(invoice: Invoice, credit: Invoice, day: date) -> None:
    """Settle an invoice against its credit note without any payment row."""
    amount = min(abs(invoice.balance), abs(credit.balance)) * (1 if invoice.balance > 0 else -1)
    for settled, part in ((invoice, amount), (credit, -amount)):
        settled.offsets.append((day, part))
        _settle(settled, part, day)


def offset_by_payments(books: Books, invoice: Invoice, credit: Invoice, day: date) -> None:
    """Settle an invoice against its credit note with a payment row on each."""
    amount = min(invoice.balance, -credit.balance)
    side = SIDES[invoice.ledger]
    voucher = books.post(
        side.payment_series,
        day,
        f"Kvittning {invoice.number} mot {credit.number}, {invoice.party.name}",
        [Row(side.account, amount), Row(side.account, -amount)],
        reference=side.payment_reference,
        reference_number=len(books.payments[invoice.ledger]) + 1,
    )
    for settled, part in ((invoice, amount), (credit, -amount)):
        number = len(books.payments[settled.ledger]) + 1
        payment = Payment(settled.ledger, number, settled, day, part, part, moment(day, 14), voucher=voucher)
        books.payments[settled.ledger][number] = payment
        _settle(settled, part, day)


def open_at(books: Books, invoice: Invoice, day: date) -> int:
    """What was open on a day, rolled back from today's balance by what settled it afterwards."""
    offset_later = sum(amount for on, amount in invoice.offsets if on > day)
    paid_later = sum(
        payment.amount_currency + sum(write_off.amount for write_off in payment.write_offs)
        for payment in books.payments[invoice.ledger].values()
        if payment.invoice is invoice and payment.date > day
    )
    return invoice.balance + offset_later + paid_later
