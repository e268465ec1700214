"""The sandbox's books are books: vouchers, balances, ledgers and files agree to the öre."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from core.fortnox.sandbox import chart, sie, story
from core.fortnox.sandbox.books import Books
from core.fortnox.sandbox.firm import Profile, profiles
from core.fortnox.sandbox.records import Invoice, Year
from core.fortnox.sandbox.subledger import open_at
from core.fortnox.sandbox.yearend import transfer_to_ledgers
from core.model import Ledger
from core.orgnr import normalise

FIRM = profiles(12)
BOOKS = {profile.tenant: story.write(profile) for profile in FIRM}
ACCRUAL = [profile for profile in FIRM if profile.method == "ACCRUAL"]


def name_of(profile: Profile) -> str:
    return profile.name


def books_of(text: str) -> tuple[Profile, Books, Year]:
    profile = next(each for each in FIRM if text in each.name)
    books = BOOKS[profile.tenant]
    return profile, books, books.chronological()[1]


def on_account(books: Books, year: Year, account: int, day: date) -> int:
    """The account's balance on a day, from the vouchers alone."""
    rows = (row for item in books.vouchers(year) if item.date <= day for row in item.rows)
    return year.opening.get(account, 0) + sum(row.amount for row in rows if row.account == account)


def booked_on(invoice: Invoice) -> date:
    return invoice.voucher.date if invoice.voucher else invoice.date


def ledger_on(books: Books, ledger: Ledger, day: date) -> int:
    """What the ledger says was open on a day, in kronor at each invoice's own rate."""
    items = [
        item
        for item in books.invoices[ledger].values()
        if item.booked and not item.cancelled and booked_on(item) <= day
    ]
    return sum(item.kronor(open_at(books, item, day)) for item in items)


@pytest.mark.parametrize("profile", FIRM, ids=name_of)
def test_every_voucher_balances_and_lies_in_its_year(profile: Profile) -> None:
    for year in BOOKS[profile.tenant].years:
        for item in BOOKS[profile.tenant].vouchers(year):
            assert sum(row.amount for row in item.rows) == 0
            assert item.date in year
            assert item.series in year.series
            assert {row.account for row in item.rows} <= set(year.accounts)


@pytest.mark.parametrize("profile", FIRM, ids=name_of)
def test_numbers_run_without_gaps_and_dates_never_step_back(profile: Profile) -> None:
    for year in BOOKS[profile.tenant].years:
        for items in year.vouchers.values():
            assert [item.number for item in items] == list(range(1, len(items) + 1))
            assert [item.date for item in items] == sorted(item.date for item in items)


@pytest.mark.parametrize("profile", FIRM, ids=name_of)
def test_opening_balances_are_last_years_closing_balances(profile: Profile) -> None:
    books = BOOKS[profile.tenant]
    previous, closing, following = books.chronological()
    for before, after in ((previous, closing), (closing, following)):
        numbers = {
            number for number in {*before.opening, *before.changes} if chart.is_balance_account(number)
        }
        assert {n: before.closing(n) for n in numbers if before.closing(n)} == after.opening
    assert sum(closing.opening.values()) == 0


@pytest.mark.parametrize("profile", ACCRUAL, ids=name_of)
def test_the_ledgers_agree_with_their_accounts_at_every_month_end(profile: Profile) -> None:
    books = BOOKS[profile.tenant]
    year = books.chronological()[1]
    days = {item.date for item in books.vouchers(year) if item.date.day >= 28} | {year.to_date}
    for day in sorted(days):
        customers = sum(on_account(books, year, account, day) for account in (1510, 1513))
        customers -= _booked_straight(books, year, day)
        assert abs(ledger_on(books, Ledger.CUSTOMER, day) - customers) <= _rounding(profile)
        assert ledger_on(books, Ledger.SUPPLIER, day) == -on_account(books, year, 2440, day)


def _booked_straight(books: Books, year: Year, day: date) -> int:
    """What vouchers of series A did to 1510."""
    vouchers = [item for item in year.vouchers["A"] if item.date <= day]
    return sum(row.amount for item in vouchers for row in item.rows if row.account == 1510)


def _rounding(profile: Profile) -> int:
    """Part payments in euro may leave an öre between the rolled-back amount and the account."""
    return 3 if "currency" in profile.traits else 0


def test_the_bakery_differs_by_what_was_booked_straight_on_the_account() -> None:
    _profile, books, year = books_of("Bageri Söder")
    assert ledger_on(books, Ledger.CUSTOMER, year.to_date) - year.closing(1510) == 451_200
    [culprit] = [item for item in year.vouchers["A"] if any(row.account == 1510 for row in item.rows)]
    assert culprit.date.month == 10


def test_the_cash_method_keeps_the_ledger_accounts_empty_until_the_years_end() -> None:
    profile = FIRM[1]
    books = story.write(profile)
    year = books.chronological()[1]
    assert year.method == "CASH"
    assert (year.closing(1510), year.closing(2440)) == (0, 0)
    assert ledger_on(books, Ledger.CUSTOMER, year.to_date) > 0
    assert transfer_to_ledgers(books, year) > 0
    assert year.closing(1510) == ledger_on(books, Ledger.CUSTOMER, year.to_date)
    assert year.closing(2440) == -ledger_on(books, Ledger.SUPPLIER, year.to_date)


def test_an_invoice_is_credited_in_january_without_payment_rows() -> None:
    _profile, books, year = books_of("Nya Bygg")
    [invoice] = [
        item
        for item in books.invoices[Ledger.CUSTOMER].values()
        if item.date == date(2025, 12, 15) and item.total == 4_875_000 and item.offsets
    ]
    assert (invoice.balance, invoice.final_pay_date) == (0, date(2026, 1, 12))
    assert open_at(books, invoice, year.to_date) == 4_875_000
    assert not [item for item in books.payments[Ledger.CUSTOMER].values() if item.invoice is invoice]


def test_an_invoice_and_its_credit_note_are_settled_with_payment_rows() -> None:
    _profile, books, year = books_of("Nya Bygg")
    pairs = [
        item
        for item in books.payments[Ledger.CUSTOMER].values()
        if item.voucher and item.voucher.text.startswith("Kvittning") and item.date.year == 2026
    ]
    amounts = {item.amount for item in pairs if abs(item.amount) == 4_875_000}
    assert amounts == {4_875_000, -4_875_000}
    assert all(open_at(books, item.invoice, year.to_date) == item.amount for item in pairs[-2:])


def test_a_december_supplier_invoice_is_booked_in_january() -> None:
    _profile, books, _year = books_of("Bageri Söder")
    late = [
        item
        for item in books.invoices[Ledger.SUPPLIER].values()
        if item.voucher and item.voucher.date.year > item.date.year
    ]
    assert [(item.total, item.date) for item in late] == [(1_250_000, date(2025, 12, 28))]


def test_a_part_payment_in_euro_leaves_the_gain_or_loss_beside_the_ledger() -> None:
    _profile, books, year = books_of("Östra Fastighet")
    [payment] = [
        item
        for item in books.payments[Ledger.CUSTOMER].values()
        if item.invoice.currency == "EUR" and item.amount_currency == 40_000 and item.date > year.to_date
    ]
    assert (payment.amount, payment.invoice.rate) == (452_000, Decimal("11.50"))
    assert payment.voucher is not None
    rows = {row.account: row.amount for row in payment.voucher.rows}
    assert rows == {1930: 452_000, 1510: -460_000, 7960: 8_000}


def test_a_rot_invoice_leaves_the_agencys_part_open() -> None:
    _profile, books, year = books_of("Östra Fastighet")
    [invoice] = [
        item
        for item in books.invoices[Ledger.CUSTOMER].values()
        if item.total == 2_500_000 and item.tax_reduction == 600_000
    ]
    assert open_at(books, invoice, year.to_date) == 600_000
    assert invoice.voucher is not None
    rows = {row.account: row.amount for row in invoice.voucher.rows}
    assert (rows[1510], rows[1513]) == (1_900_000, 600_000)


def test_the_broken_year_runs_from_may_to_april() -> None:
    _profile, books, year = books_of("Åkeri Vest")
    assert (year.from_date, year.to_date) == (date(2025, 5, 1), date(2026, 4, 30))
    assert books.today == date(2026, 6, 10)
    assert any(row.cost_center == "LB1" for item in books.vouchers(year) for row in item.rows)


def test_every_year_end_has_an_unbooked_a_part_paid_and_a_written_off_invoice() -> None:
    for profile in FIRM:
        books = BOOKS[profile.tenant]
        year = books.chronological()[1]
        customers = books.invoices[Ledger.CUSTOMER].values()
        assert any(not item.booked and not item.cancelled and item.date in year for item in customers)
        assert any(0 < open_at(books, item, year.to_date) < item.total for item in customers)
        assert any(item.write_offs for item in books.payments[Ledger.CUSTOMER].values())


def test_the_same_seed_writes_the_same_books_and_another_seed_others() -> None:
    profile = FIRM[5]

    def rendered(seed: int) -> bytes:
        books = story.write(profile, seed)
        return sie.render(profile, books, books.chronological()[1], sie.Selection())

    assert rendered(1) == rendered(1)
    assert rendered(1) != rendered(2)


def test_a_sie_file_carries_the_balances_of_both_years() -> None:
    profile, books, year = books_of("Bageri Söder")
    lines = sie.render(profile, books, year, sie.Selection()).decode("cp437").split("\r\n")
    assert f"#IB 0 1510 {sie.amount(year.opening[1510])} 0" in lines
    assert f"#UB 0 1510 {sie.amount(year.closing(1510))} 0" in lines
    assert f"#UB -1 1510 {sie.amount(year.opening[1510])} 0" in lines
    assert f"#RES 0 3002 {sie.amount(year.closing(3002))} 0" in lines
    assert sum(line.startswith("#VER ") for line in lines) == len(list(books.vouchers(year)))


@pytest.mark.parametrize(
    ("ore", "text"), [(0, "0"), (199_700, "1997"), (-185, "-1.85"), (1250, "12.5"), (-5, "-0.05")]
)
def test_amounts_drop_trailing_zeros(ore: int, text: str) -> None:
    assert sie.amount(ore) == text


def test_five_hundred_companies_have_names_and_numbers_of_their_own() -> None:
    firm = profiles(500)
    assert len({profile.orgnr for profile in firm}) == 500
    assert len({profile.tenant for profile in firm}) == 500
    assert len({profile.name for profile in firm}) == 500
    assert all(normalise(profile.orgnr) == profile.orgnr for profile in firm)


def test_a_big_company_has_the_wanted_shape() -> None:
    profile = profiles(0, 2_000)[-1]
    books = story.write(profile)
    year = books.chronological()[1]
    inside = [item for item in books.invoices[Ledger.CUSTOMER].values() if item.date in year]
    paid = [item for item in books.payments[Ledger.CUSTOMER].values() if item.date in year]
    assert len(list(books.vouchers(year))) == pytest.approx(2_000, rel=0.05)
    assert len(inside) == pytest.approx(400, rel=0.05)
    assert len(paid) == pytest.approx(500, rel=0.1)


def test_every_company_has_a_cost_centre_to_book_on() -> None:
    assert all("KST1" in books.cost_centers for books in BOOKS.values())
