"""Fortnox's JSON, read leniently at the edge and turned at once into records of the core.

Recorded answers mix numbers and numbers as strings, ``""`` and null, ``Credit`` as the strings "true" and
"false", ids as numbers and strings. So fields stay raw until they are asked for as text, number, flag or
day: one place decides what each spelling means, amounts are exact, and unknown fields are ignored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import TypeVar

import msgspec

from core.fortnox import errors
from core.model import (
    Account,
    Company,
    FiscalYear,
    Invoice,
    Ledger,
    ObjectRule,
    Payment,
    Row,
    Series,
    VoucherRef,
)
from core.money import from_decimal
from core.reasons import reason
from core.text import clean

NULL = msgspec.Raw(b"null")
_DAY = re.compile(r"(\d{4}-\d\d-\d\d)")
_CENT = Decimal("0.01")
LARGEST_EXPONENT = 15
"""A number with more digits is no amount, and arithmetic with it could take for ever."""
_Item = TypeVar("_Item")


def decode(data: bytes, kind: type[_Item]) -> _Item:
    """Read an answer.

    Raises:
        FortnoxRejected: ``fortnox_error``: the answer is not of that shape.
    """
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise errors.unreadable(reason(error)) from error


def raw_text(raw: msgspec.Raw) -> str:
    """Any scalar as text, exactly as it was sent; null is empty."""
    data = bytes(raw)
    if data == b"null":
        return ""
    if data[:1] == b'"':
        simple = data.isascii() and b"\\" not in data
        return data[1:-1].decode("ascii") if simple else decode(data, str)
    if data[:1] in {b"{", b"["}:
        raise errors.misplaced(data.decode("ascii", "replace"), "string")
    return data.decode("ascii", "replace")


def text(raw: msgspec.Raw, limit: int | None = 200) -> str:
    """Any scalar as clean text."""
    return clean(raw_text(raw), limit).strip()


def number(raw: msgspec.Raw) -> Decimal | None:
    """A number or a number as a string; ``""`` and null are None, never 0."""
    spelled = raw_text(raw).strip()
    if not spelled:
        return None
    try:
        value = Decimal(spelled)
    except InvalidOperation:
        raise errors.misplaced(spelled, "number") from None
    if not value.is_finite() or not -30 < value.adjusted() <= LARGEST_EXPONENT:
        raise errors.misplaced(spelled, "number")
    return value


def hundredths(raw: msgspec.Raw) -> int | None:
    """An amount in hundredths (öre for kronor), rounded half up when it has more decimals."""
    value = number(raw)
    return None if value is None else from_decimal(value.quantize(_CENT, ROUND_HALF_UP))


def flag(raw: msgspec.Raw) -> bool:
    """A boolean, also as a string; ``""`` and null are False."""
    return raw_text(raw).strip().lower() in {"true", "1"}


def day(raw: msgspec.Raw) -> date | None:
    """A date, also with a time behind it; ``""``, null and zeros are None."""
    match = _DAY.match(raw_text(raw).strip())
    if match is None or match.group(1).startswith("0000"):
        return None
    try:
        return date.fromisoformat(match.group(1))
    except ValueError as error:
        raise errors.misplaced(match.group(1), "date") from error


def reference(raw: msgspec.Raw) -> str | None:
    """The number of another document; ``""``, null and 0 are None."""
    spelled = text(raw)
    return None if spelled in {"", "0"} else spelled


def required_day(raw: msgspec.Raw, field: str) -> date:
    """A date that must be there."""
    value = day(raw)
    if value is None:
        raise errors.missing(field)
    return value


class Meta(msgspec.Struct):
    """The envelope's paging."""

    total: msgspec.Raw = msgspec.field(default=NULL, name="@TotalResources")
    pages: msgspec.Raw = msgspec.field(default=NULL, name="@TotalPages")
    current: msgspec.Raw = msgspec.field(default=NULL, name="@CurrentPage")


class CompanyItem(msgspec.Struct, rename="pascal"):
    """/3/companyinformation. Note Organization here and Organisation elsewhere."""

    company_name: msgspec.Raw = NULL
    organization_number: msgspec.Raw = NULL
    database_number: msgspec.Raw = NULL

    def record(self) -> Company:
        """The company; its number as Fortnox spells it."""
        return Company(text(self.company_name), text(self.organization_number), text(self.database_number))


@dataclass(frozen=True, slots=True)
class FinancialYear:
    """A fiscal year at Fortnox, with its accounting method."""

    year: FiscalYear
    cash_method: bool


class FinancialYearItem(msgspec.Struct, rename="pascal"):
    """/3/financialyears."""

    id: msgspec.Raw = NULL
    from_date: msgspec.Raw = NULL
    to_date: msgspec.Raw = NULL
    accounting_method: msgspec.Raw = NULL

    def record(self) -> FinancialYear:
        """The year with its Id."""
        first, last = required_day(self.from_date, "FromDate"), required_day(self.to_date, "ToDate")
        return FinancialYear(FiscalYear(first, last, text(self.id)), text(self.accounting_method) == "CASH")


class AccountItem(msgspec.Struct, rename="pascal"):
    """/3/accounts."""

    number: msgspec.Raw = NULL
    description: msgspec.Raw = NULL
    active: msgspec.Raw = msgspec.Raw(b"true")
    vat_code: msgspec.Raw = msgspec.field(default=NULL, name="VATCode")
    cost_center_settings: msgspec.Raw = NULL
    project_settings: msgspec.Raw = NULL
    sru: msgspec.Raw = msgspec.field(default=NULL, name="SRU")

    def record(self) -> Account:
        """The account."""
        return Account(
            text(self.number),
            text(self.description),
            flag(self.active),
            text(self.vat_code),
            object_rule(self.cost_center_settings),
            object_rule(self.project_settings),
            text(self.sru).lstrip("0"),
        )


def object_rule(raw: msgspec.Raw) -> ObjectRule:
    """ALLOWED, MANDATORY or NOTALLOWED; anything else is left to Fortnox to judge."""
    spelled = text(raw).lower()
    return ObjectRule(spelled) if spelled in set(ObjectRule) else ObjectRule.ALLOWED


class ApproverItem(msgspec.Struct, rename="pascal"):
    """The approver of a voucher series."""

    id: msgspec.Raw = NULL
    name: msgspec.Raw = NULL


class SeriesItem(msgspec.Struct, rename="pascal"):
    """/3/voucherseries; the next number only in the single form."""

    code: msgspec.Raw = NULL
    description: msgspec.Raw = NULL
    manual: msgspec.Raw = NULL
    next_voucher_number: msgspec.Raw = NULL
    approver: ApproverItem | None = None

    def record(self) -> Series:
        """The series."""
        following = number(self.next_voucher_number)
        return Series(
            text(self.code),
            text(self.description),
            flag(self.manual),
            None if following is None else int(following),
            self._approver(),
        )

    def _approver(self) -> str:
        """The name, or the id where there is none; Fortnox sends empty fields when nobody approves."""
        if self.approver is None:
            return ""
        return text(self.approver.name) or (reference(self.approver.id) or "")


class LockedPeriodItem(msgspec.Struct, rename="pascal"):
    """/3/settings/lockedperiod. The automatic lock is not told."""

    end_date: msgspec.Raw = NULL


class PredefinedAccountItem(msgspec.Struct, rename="pascal"):
    """/3/predefinedaccounts."""

    name: msgspec.Raw = NULL
    account: msgspec.Raw = NULL


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


@dataclass(frozen=True, slots=True)
class VoucherHead:
    """A voucher as the list tells it: without rows, but with the comments where the marker stands."""

    reference: VoucherRef
    date: date
    text: str
    comments: str
    reference_type: str
    """MANUAL for vouchers made through the interface."""


@dataclass(frozen=True, slots=True)
class BookedVoucher:
    """A voucher as it stands in the books; ``rows`` are the live ones, struck-out rows left out."""

    head: VoucherHead
    rows: tuple[Row, ...]


class VoucherRowItem(msgspec.Struct, rename="pascal"):
    """A row of a voucher."""

    account: msgspec.Raw = NULL
    debit: msgspec.Raw = NULL
    credit: msgspec.Raw = NULL
    transaction_information: msgspec.Raw = NULL
    cost_center: msgspec.Raw = NULL
    project: msgspec.Raw = NULL
    removed: msgspec.Raw = NULL

    def record(self) -> Row:
        """The row: debit positive."""
        objects = (("1", text(self.cost_center)), ("6", text(self.project)))
        return Row(
            account=text(self.account),
            amount=(hundredths(self.debit) or 0) - (hundredths(self.credit) or 0),
            text=text(self.transaction_information),
            objects=tuple(pair for pair in objects if pair[1]),
        )


class VoucherItem(msgspec.Struct, rename="pascal"):
    """/3/vouchers, list and single form. ``Year`` is the fiscal year's Id."""

    voucher_series: msgspec.Raw = NULL
    voucher_number: msgspec.Raw = NULL
    year: msgspec.Raw = NULL
    transaction_date: msgspec.Raw = NULL
    description: msgspec.Raw = NULL
    comments: msgspec.Raw = NULL
    reference_type: msgspec.Raw = NULL
    voucher_rows: list[VoucherRowItem] | None = None

    def head(self) -> VoucherHead:
        """The voucher without its rows; the comments are whole, however long."""
        return VoucherHead(
            VoucherRef(text(self.voucher_series), text(self.voucher_number), text(self.year)),
            required_day(self.transaction_date, "TransactionDate"),
            text(self.description),
            text(self.comments, None),
            text(self.reference_type),
        )

    def record(self) -> BookedVoucher:
        """The voucher with its live rows."""
        live = [row for row in self.voucher_rows or [] if not flag(row.removed)]
        return BookedVoucher(self.head(), tuple(row.record() for row in live))


def envelope(data: bytes) -> Mapping[str, msgspec.Raw]:
    """The keys of an answer's outermost object, each still raw."""
    return decode(data, dict[str, msgspec.Raw])
