"""A subledger as it is known today, and where its invoices and payments stand in the books."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from msgspec.structs import replace

from core.model import FiscalYear, Invoice, Ledger, Payment, Voucher, VoucherRef
from core.money import Ore, convert

MAIN_ACCOUNTS: Mapping[Ledger, str] = {Ledger.CUSTOMER: "1510", Ledger.SUPPLIER: "2440"}
"""Where a ledger is booked unless the company's predefined accounts (CUSTCLAIM, SUPDEBT) say otherwise."""

LEDGER_PREFIXES: Mapping[Ledger, tuple[str, ...]] = {
    Ledger.CUSTOMER: ("15",),
    Ledger.SUPPLIER: ("244", "246", "247"),
}
"""BAS account groups of trade receivables and trade payables, group companies' included."""

TAX_REDUCTION_ACCOUNT = "1513"
"""BAS: trade receivables, the shared invoice's part that the tax agency pays."""

SIDE: Mapping[Ledger, int] = {Ledger.CUSTOMER: 1, Ledger.SUPPLIER: -1}
"""The sign that turns a ledger's own positive amounts into ledger-signed ones (debit positive)."""


def _payment_date(payment: Payment) -> date:
    return payment.date


def _no_account(_invoice: Invoice) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Subledger:
    """A ledger's invoices and payments of today, with the answers that only the books can give."""

    ledger: Ledger
    invoices: Sequence[Invoice]
    payments: Sequence[Payment]
    booked_on: Callable[[Invoice], date | None]
    """The date of the invoice's own voucher; None while it is not booked."""
    account_of: Callable[[Invoice], str | None] = _no_account
    """The ledger account that the invoice's own voucher used; None when it is not known."""
    paid_on: Callable[[Payment], date] = _payment_date
    """The date of the payment's voucher, or the payment's own date where no voucher is known."""
    tax_account_of: Callable[[Invoice], str | None] = _no_account
    """The account of the tax agency's part (ROT/RUT) where the voucher kept it apart."""
    main_account: str = ""
    """The account of everything that has no known voucher; empty: the standard account of the ledger."""
    complete_from: date | None = None
    """What was open when this day began, and everything booked from it on, is here; None: not known.

    The difference finder walks day by day only over a year that is whole.
    """

    @property
    def side(self) -> int:
        """1 for customers (debit account), -1 for suppliers (credit account)."""
        return SIDE[self.ledger]

    @property
    def main(self) -> str:
        """The account that the ledger is booked on when nothing else is known."""
        return self.main_account or MAIN_ACCOUNTS[self.ledger]

    def account(self, invoice: Invoice) -> str:
        """The account of the invoice's ordinary part."""
        return self.account_of(invoice) or self.main

    def tax_account(self, invoice: Invoice) -> str:
        """The account of the part that the tax agency pays."""
        apart = self.tax_account_of(invoice) if invoice.tax_reduction else None
        return apart or self.account(invoice)


@dataclass(frozen=True)
class Bookings:
    """Answers ``booked_on``, ``paid_on`` and ``account_of`` from the vouchers that were read.

    A voucher of a year whose books were not read is known to lie inside that year: the invoice's or payment's
    own date is then moved to the nearest day of it, which keeps it on the right side of a year end.
    """

    years: Mapping[str, FiscalYear]
    vouchers: Mapping[VoucherRef, Voucher]
    main: Mapping[Ledger, str] = field(default_factory=lambda: MAIN_ACCOUNTS)

    @classmethod
    def of(
        cls,
        years: Iterable[FiscalYear],
        vouchers: Mapping[str, Iterable[Voucher]],
        main: Mapping[Ledger, str] = MAIN_ACCOUNTS,
    ) -> Bookings:
        """Bookings from the company's fiscal years and the vouchers read of some of them, by year Id."""
        index = {
            VoucherRef(voucher.series, voucher.number, year_id): voucher
            for year_id, of_year in vouchers.items()
            for voucher in of_year
        }
        return cls({year.id: year for year in years if year.id is not None}, index, {**MAIN_ACCOUNTS, **main})

    def subledger(
        self,
        ledger: Ledger,
        invoices: Sequence[Invoice],
        payments: Sequence[Payment],
        *,
        complete_from: date | None = None,
    ) -> Subledger:
        """The subledger whose questions these bookings answer.

        A tax agency's part that the list of invoices left out is read from the invoice's own voucher.
        """
        return Subledger(
            ledger,
            [self._with_tax_part(invoice) for invoice in invoices if invoice.ledger is ledger],
            [payment for payment in payments if payment.ledger is ledger],
            self.booked_on,
            self.account_of,
            self.paid_on,
            self.tax_account_of,
            self.main[ledger],
            complete_from,
        )

    def booked_on(self, invoice: Invoice) -> date | None:
        """The day on which the invoice is booked; None while it is not."""
        return self._day(invoice.voucher, invoice.invoice_date) if invoice.booked else None

    def paid_on(self, payment: Payment) -> date:
        """The day on which the payment is booked."""
        return self._day(payment.voucher, payment.date)

    def account_of(self, invoice: Invoice) -> str | None:
        """The ledger account of the invoice's voucher: the main one if it is there, else the largest."""
        tax_account = self.tax_account_of(invoice)
        amounts = {
            account: amount
            for account, amount in self._ledger_rows(invoice).items()
            if amount and account != tax_account
        }
        if self.main[invoice.ledger] in amounts:
            return self.main[invoice.ledger]
        return max(amounts, key=lambda account: abs(amounts[account]), default=None)

    def tax_account_of(self, invoice: Invoice) -> str | None:
        """The account that holds exactly the tax agency's part beside another ledger account."""
        if not invoice.tax_reduction:
            return None
        part = SIDE[invoice.ledger] * convert(invoice.tax_reduction, invoice.rate, invoice.unit)
        rows = self._ledger_rows(invoice)
        main = self.main[invoice.ledger]
        return next((account for account in rows if rows[account] == part and account != main), None)

    def _with_tax_part(self, invoice: Invoice) -> Invoice:
        if invoice.tax_reduction or invoice.ledger is not Ledger.CUSTOMER or invoice.currency != "SEK":
            return invoice
        part = self._ledger_rows(invoice).get(TAX_REDUCTION_ACCOUNT, 0)
        if not part or (part < 0) != (invoice.total < 0) or abs(part) > abs(invoice.total):
            return invoice
        return replace(invoice, tax_reduction=part)

    def _ledger_rows(self, invoice: Invoice) -> dict[str, Ore]:
        voucher = self.vouchers.get(invoice.voucher) if invoice.voucher is not None else None
        sums: dict[str, Ore] = {}
        for row in voucher.rows if voucher is not None else ():
            prefixes = LEDGER_PREFIXES[invoice.ledger]
            if row.account.startswith(prefixes) or row.account == self.main[invoice.ledger]:
                sums[row.account] = sums.get(row.account, 0) + row.amount
        return sums

    def _day(self, ref: VoucherRef | None, own_date: date) -> date:
        if ref is None:
            return own_date
        voucher = self.vouchers.get(ref)
        if voucher is not None:
            return voucher.date
        year = self.years.get(ref.year_id)
        return min(max(own_date, year.from_date), year.to_date) if year is not None else own_date
