"""The sample firm's books, lived through event by event, against annexes rolled back from their last day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import cache

import pytest

from core import i18n
from core.fortnox.sandbox import records, story
from core.fortnox.sandbox.books import Books as SandboxBooks
from core.fortnox.sandbox.firm import profiles
from core.fortnox.sandbox.yearend import transfer_to_ledgers
from core.ledger.annex import make_annexes
from core.ledger.differences import Books
from core.ledger.open_items import items_of
from core.ledger.subledger import Bookings, Subledger
from core.model import (
    Annex,
    Balances,
    FiscalYear,
    Invoice,
    Ledger,
    Payment,
    Row,
    Voucher,
    VoucherRef,
)

SAMPLES = 7
"""The five samples, and two larger ones in which a third of the invoices is paid in parts."""


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    i18n.use("en")
    yield
    i18n.use("sv")


@cache
def company(place: int) -> SandboxBooks:
    profile = profiles(SAMPLES)[place]
    if place >= len(profiles(5)):
        profile = replace(profile, invoices=60, purchases=40, part_payments=0.3)
    return story.write(profile)


def _ref(voucher: records.Voucher | None) -> VoucherRef | None:
    return VoucherRef(voucher.series, str(voucher.number), str(voucher.year)) if voucher else None


def _voucher(voucher: records.Voucher) -> Voucher:
    rows = tuple(Row(str(row.account), row.amount, row.text) for row in voucher.rows)
    return Voucher(voucher.series, str(voucher.number), voucher.date, voucher.text, rows)


def _invoice(invoice: records.Invoice) -> Invoice:
    return Invoice(
        ledger=invoice.ledger,
        number=str(invoice.number),
        name=invoice.party.name,
        party=invoice.party.number,
        invoice_date=invoice.date,
        due_date=invoice.due,
        total=invoice.total,
        balance=invoice.balance,
        booked=invoice.booked,
        cancelled=invoice.cancelled,
        currency=invoice.currency,
        rate=invoice.rate,
        credit=invoice.credit,
        credit_reference=str(invoice.credit_reference) if invoice.credit_reference else None,
        final_pay_date=invoice.final_pay_date,
        kind=invoice.kind,
        voucher=_ref(invoice.voucher),
    )


def _payment(payment: records.Payment) -> Payment:
    return Payment(
        payment.ledger,
        str(payment.number),
        str(payment.invoice.number),
        payment.date,
        payment.amount,
        payment.amount_currency,
        payment.booked,
        payment.invoice.currency,
        sum(part.amount for part in payment.write_offs),
    )


def subledgers(books: SandboxBooks) -> list[Subledger]:
    years = [FiscalYear(year.from_date, year.to_date, str(year.id)) for year in books.years]
    vouchers = {str(year.id): [_voucher(one) for one in books.vouchers(year)] for year in books.years}
    bookings = Bookings.of(years, vouchers)
    return [
        bookings.subledger(
            ledger,
            [_invoice(one) for one in books.invoices[ledger].values()],
            [_payment(one) for one in books.payments[ledger].values()],
            complete_from=min(year.from_date for year in years),
        )
        for ledger in Ledger
    ]


def ledger_of(books: SandboxBooks, year: records.Year) -> Books:
    ib = {str(account): amount for account, amount in year.opening.items()}
    ub = {str(account): year.closing(account) for account in {*year.opening, *year.changes}}
    span = FiscalYear(year.from_date, year.to_date, str(year.id))
    return Books(span, Balances(ib, {}, ub, {}, {}, {}), [_voucher(one) for one in books.vouchers(year)])


def replay(books: SandboxBooks, ledger: Ledger, on: date) -> dict[str, int]:
    """What is open when every event up to the day has happened, in the invoice's currency."""
    opened: dict[str, int] = defaultdict(int)
    for invoice in books.invoices[ledger].values():
        booked = invoice.voucher.date if invoice.voucher else invoice.date
        if invoice.cancelled or not invoice.booked or booked > on:
            continue
        opened[str(invoice.number)] += invoice.total
        opened[str(invoice.number)] -= sum(amount for day, amount in invoice.offsets if day <= on)
    for payment in books.payments[ledger].values():
        number = str(payment.invoice.number)
        if payment.date <= on and number in opened:
            opened[number] -= payment.amount_currency + sum(part.amount for part in payment.write_offs)
    return {number: amount for number, amount in opened.items() if amount}


def annexes(place: int) -> dict[str, Annex]:
    books = company(place)
    year = books.chronological()[1]
    cash = year.method == "CASH"
    made = make_annexes(ledger_of(books, year), subledgers(books), cash_method=cash)
    return {annex.account: annex for annex in made}


@pytest.mark.parametrize("place", range(SAMPLES))
def test_the_open_items_of_every_month_equal_the_replay(place: int) -> None:
    books = company(place)
    year = books.chronological()[1]
    for subledger in subledgers(books):
        for days in range(-35, 400, 29):
            on = year.from_date + timedelta(days)
            opened: dict[str, int] = defaultdict(int)
            for item in items_of(subledger, on).items:
                opened[item.number] += item.open_currency
            assert dict(opened) == replay(books, subledger.ledger, on)


@pytest.mark.parametrize("place", range(SAMPLES))
def test_the_open_items_of_the_year_end_equal_the_replay(place: int) -> None:
    books = company(place)
    end = books.chronological()[1].to_date
    for subledger in subledgers(books):
        opened: dict[str, int] = defaultdict(int)
        for item in items_of(subledger, end).items:
            opened[item.number] += item.open_currency
        assert dict(opened) == replay(books, subledger.ledger, end)


@pytest.mark.parametrize("place", range(2, SAMPLES))
def test_every_annex_agrees_with_its_account(place: int) -> None:
    assert {account: annex.difference for account, annex in annexes(place).items()} == dict.fromkeys(
        annexes(place), 0
    )


@pytest.mark.parametrize("place", range(2, SAMPLES))
def test_every_annex_of_another_day_agrees_with_its_account_on_that_day(place: int) -> None:
    books = company(place)
    year = books.chronological()[1]
    ledger, ours = ledger_of(books, year), subledgers(books)
    for days in (0, 90, 200, 330):
        made = make_annexes(ledger, ours, year.from_date + timedelta(days))
        assert {annex.difference for annex in made} == {0}
        assert {annex.date for annex in made} == {year.from_date + timedelta(days)}


def test_the_voucher_straight_on_1510_is_found_first_with_the_invoice_it_paid() -> None:
    annex = annexes(0)["1510"]
    assert annex.difference == 4_512_00
    codes = [one.code for one in annex.explanations]
    assert codes == ["direct_voucher", "open_item_amount", "arises"]
    assert annex.explanations[0].date == annex.explanations[-1].date


def test_the_cash_method_is_a_task() -> None:
    made = annexes(1)
    assert [one.code for one in made["1510"].explanations] == ["cash_method"]
    assert [one.code for one in made["2440"].explanations] == ["cash_method"]


def test_the_cash_method_agrees_once_the_unpaid_invoices_are_booked() -> None:
    books = story.write(profiles(SAMPLES)[1])
    year = books.chronological()[1]
    transfer_to_ledgers(books, year)
    made = make_annexes(ledger_of(books, year), subledgers(books), cash_method=True)
    assert {annex.account: annex.difference for annex in made} == {"1510": 0, "2440": 0}


def test_the_tax_agencys_part_has_its_own_annex() -> None:
    rot = next(place for place, one in enumerate(profiles(SAMPLES)) if "rot" in one.traits)
    annex = annexes(rot)["1513"]
    assert annex.difference == 0
    assert 6_000_00 in {item.open for item in annex.items or () if item.kind == "tax_reduction"}


@pytest.mark.parametrize("account", ["1510", "1513"])
def test_a_voucher_planted_beside_rot_invoices_explains_the_whole_difference(account: str) -> None:
    rot = next(place for place, one in enumerate(profiles(SAMPLES)) if "rot" in one.traits)
    books = story.write(profiles(SAMPLES)[rot])
    year = books.chronological()[1]
    rows = [records.Row(int(account), 7_77), records.Row(1930, -7_77)]
    books.post("A", year.from_date + timedelta(100), "Direkt", rows)
    made = {annex.account: annex for annex in make_annexes(ledger_of(books, year), subledgers(books))}
    codes = [one.code for one in made[account].explanations]
    assert (made[account].difference, codes) == (-7_77, ["direct_voucher", "arises"])


def test_euro_is_shown_at_the_invoice_rate() -> None:
    euro = next(place for place, one in enumerate(profiles(SAMPLES)) if "currency" in one.traits)
    items = [item for item in annexes(euro)["1510"].items or () if item.currency == "EUR"]
    assert (1_000_00, 11_500_00, "partly paid 2026-01-15") in {
        (item.open_currency, item.open, item.note) for item in items
    }


def test_a_supplier_invoice_booked_in_january_is_listed_apart() -> None:
    assert "cut_off" in {item.kind for item in annexes(0)["2440"].apart}
