"""Customer and supplier invoices and their payments as Fortnox's JSON has them, turned into records of the core.

Fields stay raw until `core.fortnox.values` is asked what they mean.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from core.fortnox.values import NULL, day, flag, hundredths, number, reference, required_day, text
from core.model import Invoice, Ledger, Payment, VoucherRef


class VoucherLink(msgspec.Struct, rename="pascal"):
    """A voucher of a supplier invoice."""

    number: msgspec.Raw = NULL
    reference_type: msgspec.Raw = NULL
    series: msgspec.Raw = NULL
    year: msgspec.Raw = NULL

    def record(self) -> VoucherRef | None:
        """Where the voucher lies."""
        return voucher_reference(self.series, self.number, self.year)


def voucher_reference(
    series: msgspec.Raw, voucher_number: msgspec.Raw, year: msgspec.Raw
) -> VoucherRef | None:
    """Where a document's own voucher lies; None while it is not booked."""
    spelled = reference(voucher_number)
    return None if spelled is None else VoucherRef(text(series), spelled, text(year))


def _currency(raw: msgspec.Raw) -> str:
    return text(raw).upper() or "SEK"


def _rate(raw: msgspec.Raw) -> Decimal:
    value = number(raw)
    return value or Decimal(1)


class CustomerInvoiceItem(msgspec.Struct, rename="pascal"):
    """/3/invoices, list and single form."""

    document_number: msgspec.Raw = NULL
    customer_name: msgspec.Raw = NULL
    customer_number: msgspec.Raw = NULL
    invoice_date: msgspec.Raw = NULL
    due_date: msgspec.Raw = NULL
    total: msgspec.Raw = NULL
    balance: msgspec.Raw = NULL
    booked: msgspec.Raw = NULL
    cancelled: msgspec.Raw = NULL
    currency: msgspec.Raw = NULL
    currency_rate: msgspec.Raw = NULL
    currency_unit: msgspec.Raw = NULL
    credit: msgspec.Raw = NULL
    credit_invoice_reference: msgspec.Raw = NULL
    final_pay_date: msgspec.Raw = NULL
    invoice_type: msgspec.Raw = NULL
    tax_reduction: msgspec.Raw = NULL
    nox_finans: msgspec.Raw = NULL
    voucher_series: msgspec.Raw = NULL
    voucher_number: msgspec.Raw = NULL
    voucher_year: msgspec.Raw = NULL

    def record(self) -> Invoice | None:
        """The invoice; None when the answer leaves out an amount, which must not be read as 0."""
        total, balance = hundredths(self.total), hundredths(self.balance)
        if total is None or balance is None:
            return None
        return Invoice(
            ledger=Ledger.CUSTOMER,
            number=text(self.document_number),
            name=text(self.customer_name),
            party=text(self.customer_number),
            invoice_date=required_day(self.invoice_date, "InvoiceDate"),
            due_date=day(self.due_date),
            total=total,
            balance=balance,
            booked=flag(self.booked),
            cancelled=flag(self.cancelled),
            currency=_currency(self.currency),
            rate=_rate(self.currency_rate),
            unit=_rate(self.currency_unit),
            credit=flag(self.credit) or total < 0,
            credit_reference=reference(self.credit_invoice_reference),
            final_pay_date=day(self.final_pay_date),
            kind=text(self.invoice_type) or "INVOICE",
            tax_reduction=hundredths(self.tax_reduction) or 0,
            sold=flag(self.nox_finans),
            voucher=voucher_reference(self.voucher_series, self.voucher_number, self.voucher_year),
        )


class SupplierInvoiceItem(msgspec.Struct, rename="pascal"):
    """/3/supplierinvoices: the list says Cancel, the single form Cancelled."""

    given_number: msgspec.Raw = NULL
    supplier_name: msgspec.Raw = NULL
    supplier_number: msgspec.Raw = NULL
    invoice_date: msgspec.Raw = NULL
    due_date: msgspec.Raw = NULL
    total: msgspec.Raw = NULL
    balance: msgspec.Raw = NULL
    booked: msgspec.Raw = NULL
    cancel: msgspec.Raw = NULL
    cancelled: msgspec.Raw = NULL
    currency: msgspec.Raw = NULL
    currency_rate: msgspec.Raw = NULL
    currency_unit: msgspec.Raw = NULL
    credit: msgspec.Raw = NULL
    credit_reference: msgspec.Raw = NULL
    final_pay_date: msgspec.Raw = NULL
    invoice_number: msgspec.Raw = NULL
    external_invoice_number: msgspec.Raw = NULL
    voucher_series: msgspec.Raw = NULL
    voucher_number: msgspec.Raw = NULL
    voucher_year: msgspec.Raw = NULL
    vouchers: list[VoucherLink] | None = None

    def record(self) -> Invoice | None:
        """The invoice; None when the answer leaves out an amount, which must not be read as 0."""
        total, balance = hundredths(self.total), hundredths(self.balance)
        if total is None or balance is None:
            return None
        return Invoice(
            ledger=Ledger.SUPPLIER,
            number=text(self.given_number),
            name=text(self.supplier_name),
            party=text(self.supplier_number),
            invoice_date=required_day(self.invoice_date, "InvoiceDate"),
            due_date=day(self.due_date),
            total=total,
            balance=balance,
            booked=flag(self.booked),
            cancelled=flag(self.cancel) or flag(self.cancelled),
            currency=_currency(self.currency),
            rate=_rate(self.currency_rate),
            unit=_rate(self.currency_unit),
            credit=flag(self.credit) or total < 0,
            credit_reference=reference(self.credit_reference),
            final_pay_date=day(self.final_pay_date),
            external_number=text(self.invoice_number) or text(self.external_invoice_number),
            voucher=self._voucher(),
        )

    def _voucher(self) -> VoucherRef | None:
        own = voucher_reference(self.voucher_series, self.voucher_number, self.voucher_year)
        links = self.vouchers or []
        booked = [link for link in links if text(link.reference_type) == "SUPPLIERINVOICE"]
        return own or next((link.record() for link in booked or links), None)


class WriteOffItem(msgspec.Struct, rename="pascal"):
    """A part of an invoice that was written off with a payment."""

    amount: msgspec.Raw = NULL


class PaymentItem(msgspec.Struct, rename="pascal"):
    """/3/invoicepayments and /3/supplierinvoicepayments, list and single form."""

    number: msgspec.Raw = NULL
    invoice_number: msgspec.Raw = NULL
    payment_date: msgspec.Raw = NULL
    amount: msgspec.Raw = NULL
    amount_currency: msgspec.Raw = NULL
    booked: msgspec.Raw = NULL
    currency: msgspec.Raw = NULL
    write_off_exist: msgspec.Raw = NULL
    write_offs: list[WriteOffItem] | None = None
    voucher_series: msgspec.Raw = NULL
    voucher_number: msgspec.Raw = NULL
    voucher_year: msgspec.Raw = NULL

    @property
    def needs_single(self) -> bool:
        """Whether only the single form tells the write-offs, the currency amount or the date."""
        return flag(self.write_off_exist) or not self.is_in_kronor or day(self.payment_date) is None

    @property
    def is_in_kronor(self) -> bool:
        """Whether the list form tells the amount and the day."""
        return _currency(self.currency) == "SEK" and day(self.payment_date) is not None

    def record(self, ledger: Ledger) -> Payment:
        """The payment."""
        amount = hundredths(self.amount) or 0
        in_currency = hundredths(self.amount_currency)
        return Payment(
            ledger=ledger,
            number=text(self.number),
            invoice_number=text(self.invoice_number),
            date=required_day(self.payment_date, "PaymentDate"),
            amount=amount,
            amount_currency=amount if in_currency is None else in_currency,
            booked=flag(self.booked),
            currency=_currency(self.currency),
            write_off=sum(hundredths(item.amount) or 0 for item in self.write_offs or []),
            voucher=voucher_reference(self.voucher_series, self.voucher_number, self.voucher_year),
        )
