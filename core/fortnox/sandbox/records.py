"""The records of a sandbox company's books. Amounts are öre; an invoice's own are hundredths of its currency."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from core.model import Ledger
from core.money import Ore, convert

Day: TypeAlias = date
"""A date, under a name that fields called ``date`` do not hide."""


@dataclass(slots=True)
class Account:
    """An account of one fiscal year's chart."""

    number: int
    name: str
    sru: int
    vat_code: str = ""
    active: bool = True
    cost_center: str = "ALLOWED"
    """ALLOWED, MANDATORY or NOTALLOWED."""


@dataclass(slots=True)
class Series:
    """A voucher series of one fiscal year."""

    code: str
    name: str
    manual: bool


class Row(NamedTuple):
    """A voucher row, debit positive."""

    account: int
    amount: Ore
    text: str = ""
    cost_center: str = ""
    project: str = ""


class Reference(StrEnum):
    """What a voucher came from, in Fortnox's words."""

    MANUAL = "MANUAL"
    INVOICE = "INVOICE"
    SUPPLIER_INVOICE = "SUPPLIERINVOICE"
    INVOICE_PAYMENT = "INVOICEPAYMENT"
    SUPPLIER_PAYMENT = "SUPPLIERPAYMENT"


@dataclass(slots=True)
class Voucher:
    """A voucher in the books."""

    year: int
    series: str
    number: int
    date: Day
    text: str
    rows: list[Row]
    registered: datetime
    comments: str | None = None
    reference: Reference = Reference.MANUAL
    reference_number: str = ""


@dataclass(slots=True)
class Year:
    """A fiscal year: its chart, series and vouchers, and the opening balances somebody carried over."""

    id: int
    from_date: Day
    to_date: Day
    method: str
    """ACCRUAL or CASH."""
    accounts: dict[int, Account]
    series: dict[str, Series]
    opening: dict[int, Ore] = field(default_factory=dict)
    changes: dict[int, Ore] = field(default_factory=dict)
    """The sum of the year's voucher rows per account."""
    vouchers: dict[str, list[Voucher]] = field(default_factory=dict)

    def __contains__(self, day: Day) -> bool:
        return self.from_date <= day <= self.to_date

    def closing(self, account: int) -> Ore:
        """The account's closing balance (UB, or RES for the result)."""
        return self.opening.get(account, 0) + self.changes.get(account, 0)


@dataclass(slots=True)
class InvoiceRow:
    """What was sold or bought; ``net`` is hundredths of the invoice's currency."""

    text: str
    account: int
    net: int
    vat_rate: int = 25
    cost_center: str = ""

    @property
    def vat(self) -> int:
        """The VAT on the row, rounded half up."""
        vat = (abs(self.net) * self.vat_rate + 50) // 100
        return vat if self.net >= 0 else -vat


@dataclass(slots=True)
class Party:
    """A customer or a supplier."""

    number: str
    name: str
    orgnr: str = ""


@dataclass(slots=True)
class Invoice:
    """A customer's or supplier's invoice; a credit note's amounts are negative."""

    ledger: Ledger
    number: int
    party: Party
    date: Day
    due: Day
    rows: list[InvoiceRow]
    modified: datetime
    balance: int = 0
    currency: str = "SEK"
    rate: Decimal = Decimal(1)
    booked: bool = False
    cancelled: bool = False
    credit: bool = False
    credit_reference: int = 0
    final_pay_date: Day | None = None
    tax_reduction: int = 0
    """Hundredths that the tax agency pays (ROT)."""
    external_number: str = ""
    kind: str = "INVOICE"
    method: str = "ACCRUAL"
    voucher: Voucher | None = None
    offsets: list[tuple[Day, int]] = field(default_factory=list)
    """Settlements against a credit note that left no payment row: day and amount."""

    @property
    def net(self) -> int:
        """Without VAT."""
        return sum(row.net for row in self.rows)

    @property
    def vat(self) -> int:
        """The invoice's VAT."""
        return sum(row.vat for row in self.rows)

    @property
    def total(self) -> int:
        """With VAT, before the tax agency's part."""
        return self.net + self.vat

    def kronor(self, amount: int) -> Ore:
        """An amount of the invoice in öre, at the invoice's own rate."""
        return amount if self.currency == "SEK" else convert(amount, self.rate)


@dataclass(slots=True)
class WriteOff:
    """A rest that was given up with a payment, in hundredths of the invoice's currency."""

    account: int
    amount: int


@dataclass(slots=True)
class Payment:
    """A payment of an invoice: ``amount`` in öre, ``amount_currency`` in the invoice's currency."""

    ledger: Ledger
    number: int
    invoice: Invoice
    date: Day
    amount: Ore
    amount_currency: int
    modified: datetime
    rate: Decimal = Decimal(1)
    booked: bool = True
    account: int = 1930
    write_offs: list[WriteOff] = field(default_factory=list)
    voucher: Voucher | None = None
