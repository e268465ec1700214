"""What an import reads of the ledgers, and the annexes that are made from it on any day of the fiscal year.

Single forms of documents cost a request each. They are read of what may have been open on one day; annexes of
an earlier day are made from the lists where the lists tell enough, and say where they do not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from msgspec.structs import replace

from core.ledger.annex import annexes_without_ledgers, ledger_of, make_annexes
from core.ledger.differences import Books
from core.ledger.subledger import LEDGER_PREFIXES, MAIN_ACCOUNTS, Bookings, Subledger
from core.model import Annex, Explanation, Invoice, Ledger, LedgerData, LedgerReading, Payment, Voucher


def ledger_prefixes(main: Sequence[tuple[Ledger, str]]) -> tuple[str, ...]:
    """Beginnings of the account numbers that ledgers are booked on: BAS groups and the company's own."""
    groups = (prefix for prefixes in LEDGER_PREFIXES.values() for prefix in prefixes)
    return (*groups, *(account for _ledger, account in main))


def annexes_on(books: Books, reading: LedgerReading | None, on: date) -> list[Annex]:
    """The annexes as of ``on``; the books' side alone where no ledger was read.

    ``books`` hold the year's vouchers on accounts that begin with ``ledger_prefixes``.
    """
    if reading is None:
        return annexes_without_ledgers(books, on)
    subledgers = _subledgers(reading, books.vouchers)
    made = make_annexes(books, subledgers, on, cash_method=reading.cash_method)
    counts = {one.ledger: _from_lists(one, reading.detailed_for, on) for one in reading.ledgers}
    return [_with_warning(annex, counts.get(ledger_of(annex.account), 0)) for annex in made]


def worth_keeping(reading: LedgerReading) -> LedgerReading:
    """The reading with only those vouchers of other years that its documents point at."""
    refs = [invoice.voucher for one in reading.ledgers for invoice in one.invoices]
    refs += [payment.voucher for one in reading.ledgers for payment in one.payments]
    places = {(ref.year_id, ref.series, ref.number) for ref in refs if ref is not None}
    kept = tuple(
        (year_id, tuple(one for one in vouchers if (year_id, one.series, one.number) in places))
        for year_id, vouchers in reading.neighbours
    )
    return replace(reading, neighbours=kept)


def _subledgers(reading: LedgerReading, journal: Sequence[Voucher]) -> list[Subledger]:
    """The ledgers with their booking dates and accounts answered from the year's vouchers on ledger accounts."""
    vouchers = {reading.year_id: journal, **dict(reading.neighbours)}
    bookings = Bookings.of(reading.years, vouchers, {**MAIN_ACCOUNTS, **dict(reading.main)})
    first = min((year.from_date for year in reading.years), default=None)
    return [
        bookings.subledger(one.ledger, one.invoices, one.payments, complete_from=first)
        for one in reading.ledgers
    ]


def may_be_open(invoice: Invoice, day: date) -> bool:
    """Whether it can have been open when ``day`` ended: it is open now, or was settled afterwards."""
    if invoice.cancelled:
        return False
    settled = invoice.final_pay_date
    return invoice.balance != 0 or settled is None or settled > day


def paid_of(payments: Sequence[Payment]) -> dict[str, int]:
    """What has been paid of each invoice, in hundredths of its currency."""
    paid: dict[str, int] = {}
    for payment in payments:
        if payment.booked:
            paid[payment.invoice_number] = paid.get(payment.invoice_number, 0) + payment.amount_currency
    return paid


def needs_details(invoice: Invoice, paid: Mapping[str, int]) -> bool:
    """Whether only its single form tells what the balance day needs.

    Only there stands which invoice a credit note belongs to, and what part the tax agency pays.
    """
    unexplained = paid.get(invoice.number, 0) != invoice.total - invoice.balance
    is_credit = invoice.total < 0
    may_have_tax_part = invoice.ledger is Ledger.CUSTOMER and 0 < invoice.balance < invoice.total
    return invoice.booked and (is_credit or may_have_tax_part or unexplained)


def _from_lists(read: LedgerData, detailed_for: date, on: date) -> int:
    """How many documents may have been open on ``on`` but were read in a form that does not tell enough."""
    if on >= detailed_for:
        return 0
    paid = paid_of(read.payments)
    return sum(
        may_be_open(one, on) and not may_be_open(one, detailed_for) and needs_details(one, paid)
        for one in read.invoices
        if one.invoice_date <= on
    )


def _with_warning(annex: Annex, count: int) -> Annex:
    if not count:
        return annex
    warning = Explanation("read_from_lists", 0, annex.date, str(count))
    return replace(annex, explanations=(*annex.explanations, warning))
