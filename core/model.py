"""Frozen records of the books, shared by all rooms of the core. Amounts are öre (see ``core.money``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct, field

from core.money import Ore

Day: TypeAlias = date
"""A calendar day; fields that are named ``date`` need another name for their type."""


class Severity(StrEnum):
    """How bad a finding is. ``FATAL`` refuses the file or the run, ``ERROR`` one record of it."""

    FATAL = "fatal"
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Finding(Struct, frozen=True):
    """What a check saw. The sentence is made where it is shown, from ``code`` and ``parameters``."""

    severity: Severity
    code: str
    line: int | None = None
    """1-based line in the file, where there is one."""
    parameters: Mapping[str, object] = field(default_factory=dict)

    def __hash__(self) -> int:
        """Parameters cannot be hashed and need not be."""
        return hash((self.severity, self.code, self.line))


@dataclass(frozen=True, slots=True, order=True)
class FiscalYear:
    """A fiscal year (räkenskapsår), both days included."""

    from_date: Day
    to_date: Day
    id: str | None = dataclass_field(default=None, compare=False)
    """Fortnox's Id of the year, when it is known."""

    @property
    def label(self) -> str:
        """``2025`` for a calendar year, ``25/26`` for a broken one."""
        if self.from_date.year == self.to_date.year:
            return str(self.to_date.year)
        return f"{self.from_date.year % 100:02d}/{self.to_date.year % 100:02d}"

    def __contains__(self, day: date) -> bool:
        """Whether the day lies in the year."""
        return self.from_date <= day <= self.to_date

    def __str__(self) -> str:
        """``2025-05-01–2026-04-30``."""
        return f"{self.from_date}–{self.to_date}"


class Company(Struct, frozen=True):
    """The company at the other end of a connection or inside a file."""

    name: str
    orgnr: str
    """``NNNNNN-NNNN``."""
    tenant: str = ""
    """Fortnox's DatabaseNumber; empty for a file."""


class ObjectRule(StrEnum):
    """Whether a row on an account may or must name a cost centre or project."""

    ALLOWED = "allowed"
    MANDATORY = "mandatory"
    NOT_ALLOWED = "notallowed"


class Account(Struct, frozen=True):
    """An account of the chart for one fiscal year."""

    number: str
    name: str
    active: bool = True
    vat_code: str = ""
    cost_centre: ObjectRule = ObjectRule.ALLOWED
    project: ObjectRule = ObjectRule.ALLOWED
    sru: str = ""
    """The code of the field in the tax return; empty when it has none."""


class Series(Struct, frozen=True):
    """A voucher series (verifikationsserie) of one fiscal year."""

    code: str
    name: str
    manual: bool
    """Open for manual entry (öppen för manuell kontering) in that year."""
    next_number: int | None = None
    approver: str = ""
    """Who approves its vouchers (attestant); empty when nobody has to."""


COST_CENTRE = "1"
"""SIE's dimension of cost centres."""
PROJECT = "6"
"""SIE's dimension of projects."""


class Row(Struct, frozen=True, gc=False):
    """A row of a voucher: debit positive, credit negative."""

    account: str
    amount: Ore
    text: str = ""
    objects: tuple[tuple[str, str], ...] = ()
    """(dimension, object) pairs, ``COST_CENTRE`` and ``PROJECT`` among the dimensions."""


class Voucher(Struct, frozen=True):
    """A voucher in the books; ``rows`` are the live rows only."""

    series: str
    number: str
    date: Day
    text: str
    rows: tuple[Row, ...]
    registered: Day | None = None
    line: int | None = None
    """1-based line of its #VER, when it came from a file."""

    @property
    def turnover(self) -> Ore:
        """The debit total (omslutning)."""
        return sum(row.amount for row in self.rows if row.amount > 0)

    @property
    def balance(self) -> Ore:
        """Debit less credit: 0 for a balanced voucher."""
        return sum(row.amount for row in self.rows)


class VoucherRequest(Struct, frozen=True):
    """A voucher to post into a fiscal year and series; the number is the destination's to give."""

    key: str
    """Recognises the voucher afterwards; the marker in ``comments`` carries it."""
    year_id: str
    series: str
    date: Day
    text: str
    rows: tuple[Row, ...]
    comments: str = ""


class VoucherRef(Struct, frozen=True):
    """Points at a voucher in the books: series, number and the fiscal year's Id at Fortnox."""

    series: str
    number: str
    year_id: str


class Balances(Struct, frozen=True):
    """Per-account sums of one fiscal year, ledger-signed öre, keyed by account number."""

    ib: Mapping[str, Ore]
    change: Mapping[str, Ore]
    """The sum of the year's live voucher rows."""
    ub: Mapping[str, Ore]
    res: Mapping[str, Ore]
    previous_ub: Mapping[str, Ore]
    previous_res: Mapping[str, Ore]


class Ledger(StrEnum):
    """A subledger (reskontra)."""

    CUSTOMER = "customer"
    SUPPLIER = "supplier"


class Invoice(Struct, frozen=True):
    """An invoice or credit note as the ledger knows it today.

    ``total``, ``balance`` and ``tax_reduction`` are hundredths of the invoice's own currency; credit notes
    are negative.
    """

    ledger: Ledger
    number: str
    name: str
    """The customer's or supplier's name."""
    party: str
    """The customer or supplier number."""
    invoice_date: Day
    due_date: Day | None
    total: int
    balance: int
    """What is open today, not at the balance day."""
    booked: bool
    cancelled: bool = False
    currency: str = "SEK"
    rate: Decimal = Decimal(1)
    """Kronor for ``unit`` of the currency, at the invoice."""
    unit: Decimal = Decimal(1)
    credit: bool = False
    credit_reference: str | None = None
    """The number of the invoice that this credits, or of the credit note that credits this."""
    final_pay_date: Day | None = None
    """The day on which it became settled, null while open."""
    kind: str = "INVOICE"
    """Fortnox's InvoiceType."""
    tax_reduction: int = 0
    """The part that the tax agency pays (ROT/RUT), included in ``total``."""
    sold: bool = False
    """Sold to a finance company (NoxFinans, factoring)."""
    external_number: str = ""
    """The supplier's own number on a supplier invoice."""
    voucher: VoucherRef | None = None


class Payment(Struct, frozen=True):
    """A payment of an invoice: ``amount`` in öre, ``amount_currency`` in hundredths of its currency."""

    ledger: Ledger
    number: str
    invoice_number: str
    date: Day
    amount: Ore
    amount_currency: int
    booked: bool
    currency: str = "SEK"
    write_off: Ore = 0
    """Written off together with this payment, hundredths of the invoice's currency."""
    voucher: VoucherRef | None = None


class LedgerData(Struct, frozen=True):
    """A ledger as it stands on the day it is read."""

    ledger: Ledger
    invoices: tuple[Invoice, ...]
    payments: tuple[Payment, ...]


class LedgerReading(Struct, frozen=True):
    """The ledgers that an import read, with everything that annexes of any day of the year are made from."""

    ledgers: tuple[LedgerData, ...]
    detailed_for: Day
    """What may have been open when this day ended was read document by document, the rest from lists."""
    years: tuple[FiscalYear, ...] = ()
    year_id: str = ""
    neighbours: tuple[tuple[str, tuple[Voucher, ...]], ...] = ()
    """(year Id, vouchers) of the years before and after, for the booking dates of invoices and payments."""
    main: tuple[tuple[Ledger, str], ...] = ()
    """The company's predefined ledger accounts."""
    cash_method: bool = False


class OpenItem(Struct, frozen=True):
    """One row of an annex: what was open at its date; positive for an invoice, negative for a credit.

    ``total`` and ``open`` are öre; the ``_currency`` twins are hundredths of the invoice's own currency.
    """

    number: str
    name: str
    kind: str
    """``invoice``, ``credit``, ``tax_reduction``, ``sold`` ..."""
    invoice_date: Day
    booked: Day | None
    due_date: Day | None
    currency: str
    total: Ore
    open: Ore
    total_currency: int
    open_currency: int
    settled_later: Day | None = None
    """The day after the annex's date on which it became settled."""
    note: str = ""
    account: str = ""
    """The ledger account that its own voucher used."""
    party: str = ""


class Explanation(Struct, frozen=True):
    """Why an annex and its account differ. The sentence is made from ``code`` where it is shown."""

    code: str
    amount: Ore
    date: Day | None = None
    reference: str = ""
    """The voucher (``A 77``) or invoice number."""
    text: str = ""
    """The voucher's or invoice's own text."""


class Annex(Struct, frozen=True):
    """The open items of a ledger as of a date (bilaga), against its account in the books."""

    account: str
    date: Day
    items: tuple[OpenItem, ...] | None
    """None where the source carries no ledger (a SIE file)."""
    total: Ore | None
    books: Ore
    """The account's balance, ledger-signed."""
    difference: Ore | None
    """The ledger on the account's own side less the books (1510: total - books; 2440: -total - books)."""
    explanations: tuple[Explanation, ...] = ()
    apart: tuple[OpenItem, ...] = ()
    """Listed beside the annex and outside its total: unbooked invoices and cut-off candidates."""
