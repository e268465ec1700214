"""Differences planted one at a time into books and ledger that agree, each found and explained first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest
from msgspec.structs import replace

from core import i18n
from core.ledger.annex import make_annexes, unexplained
from core.ledger.differences import Books
from core.ledger.sentences import sentence
from core.ledger.subledger import SIDE, Subledger
from core.model import (
    Annex,
    Balances,
    Explanation,
    FiscalYear,
    Invoice,
    Ledger,
    Payment,
    Row,
    Voucher,
    VoucherRef,
)

DAY = date(2025, 12, 31)
YEAR = FiscalYear(date(2025, 1, 1), DAY, "5")
ACCOUNT = {Ledger.CUSTOMER: "1510", Ledger.SUPPLIER: "2440"}


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    i18n.use("en")
    yield
    i18n.use("sv")


@dataclass
class Company:
    """A year in which invoice n of n * 1 000 kronor is booked in month n and paid a month later."""

    ledger: Ledger = Ledger.CUSTOMER
    invoices: list[Invoice] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    vouchers: list[Voucher] = field(default_factory=list)
    ib: int = 0
    whole: bool = True

    def __post_init__(self) -> None:
        for month in range(1, 13):
            number, amount, day = str(month), month * 1_000_00, date(2025, month, 10)
            self.book("B", number, day, amount)
            paid = month < 12
            self.invoices.append(
                Invoice(
                    self.ledger,
                    number,
                    f"Part {number}",
                    number,
                    day,
                    day + timedelta(30),
                    total=amount,
                    balance=0 if paid else amount,
                    booked=True,
                    final_pay_date=date(2025, month + 1, 9) if paid else None,
                    voucher=VoucherRef("B", number, "5"),
                )
            )
            if paid:
                self.pay(number, date(2025, month + 1, 9), amount)
                self.book("C", number, date(2025, month + 1, 9), -amount)

    def book(self, series: str, number: str, day: date, amount: int, text: str = "") -> None:
        """A voucher with ``amount`` on the ledger's own side of its account."""
        signed = SIDE[self.ledger] * amount
        rows = (Row(ACCOUNT[self.ledger], signed), Row("1930", -signed))
        self.vouchers.append(Voucher(series, number, day, text, rows))

    def pay(self, number: str, day: date, amount: int) -> None:
        self.payments.append(Payment(self.ledger, f"P{number}", number, day, amount, amount, booked=True))

    def change(self, number: str, **fields: object) -> None:
        place = next(place for place, one in enumerate(self.invoices) if one.number == number)
        self.invoices[place] = replace(self.invoices[place], **fields)

    def drop(self, series: str, number: str) -> None:
        self.vouchers = [one for one in self.vouchers if (one.series, one.number) != (series, number)]

    def annex(self) -> Annex:
        account = ACCOUNT[self.ledger]
        ib = SIDE[self.ledger] * self.ib
        rows = [row.amount for one in self.vouchers for row in one.rows if row.account == account]
        balances = Balances({account: ib}, {}, {account: ib + sum(rows)}, {}, {}, {})
        subledger = Subledger(
            self.ledger,
            self.invoices,
            self.payments,
            lambda invoice: invoice.invoice_date if invoice.booked else None,
            complete_from=date.min if self.whole else None,
        )
        (annex,) = make_annexes(Books(YEAR, balances, self.vouchers), [subledger])
        return annex


@pytest.fixture(params=list(Ledger), ids=str)
def company(request: pytest.FixtureRequest) -> Company:
    return Company(request.param)


def first(annex: Annex) -> Explanation:
    return annex.explanations[0]


def side(company: Company) -> int:
    return SIDE[company.ledger]


def test_books_and_ledger_that_agree_need_no_explanation(company: Company) -> None:
    annex = company.annex()
    assert (annex.difference, annex.total, annex.explanations) == (0, 12_000_00, ())


def test_a_voucher_straight_on_the_account_is_named(company: Company) -> None:
    company.book("A", "77", date(2025, 10, 3), 4_512_00, "Rättning")
    annex = company.annex()
    assert annex.difference == -4_512_00 * side(company)
    assert (first(annex).code, first(annex).reference) == ("direct_voucher", "A 77")


def test_the_signs_of_the_difference_follow_the_contract() -> None:
    company = Company(Ledger.SUPPLIER)
    company.book("A", "77", date(2025, 10, 3), 4_512_00)
    annex = company.annex()
    assert annex.total is not None
    assert annex.difference == -annex.total - annex.books == 4_512_00


def test_the_first_day_of_a_difference_is_named(company: Company) -> None:
    company.book("A", "77", date(2025, 10, 3), 4_512_00)
    assert company.annex().explanations[-1] == Explanation(
        "arises", -4_512_00 * side(company), date(2025, 10, 3)
    )


def test_days_on_which_the_two_part_and_meet_again_do_not_count(company: Company) -> None:
    company.book("A", "1", date(2025, 2, 1), 100_00)
    company.book("A", "2", date(2025, 3, 1), -100_00)
    company.book("A", "77", date(2025, 10, 3), 4_512_00)
    annex = company.annex()
    assert [one.reference for one in annex.explanations[:-1]] == ["A 77"]
    assert annex.explanations[-1].date == date(2025, 10, 3)


def test_a_ledger_that_was_not_read_whole_still_names_the_voucher(company: Company) -> None:
    company.whole = False
    company.invoices = company.invoices[-1:]
    company.payments = []
    company.book("A", "77", date(2025, 10, 3), 4_512_00)
    assert [one.code for one in company.annex().explanations] == ["direct_voucher", "arises"]


def test_an_invoice_changed_after_it_was_booked_is_named(company: Company) -> None:
    company.change("12", total=12_500_00, balance=12_500_00)
    annex = company.annex()
    assert (first(annex).code, first(annex).reference) == ("invoice_edited", "12")
    assert first(annex).amount == annex.difference == 500_00 * side(company)


def test_an_invoice_whose_voucher_is_gone_is_named(company: Company) -> None:
    company.drop("B", "12")
    assert (first(company.annex()).code, first(company.annex()).reference) == ("invoice_not_in_books", "12")


def test_an_invoice_whose_voucher_uses_another_account_is_named(company: Company) -> None:
    company.drop("B", "12")
    company.vouchers.append(Voucher("B", "12", date(2025, 12, 10), "", (Row("1999", 1), Row("1998", -1))))
    assert first(company.annex()).code == "invoice_other_account"


def test_an_invoice_cancelled_in_the_ledger_alone_is_named(company: Company) -> None:
    company.change("12", cancelled=True)
    annex = company.annex()
    assert (first(annex).code, first(annex).reference) == ("invoice_cancelled", "12")
    assert first(annex).amount == annex.difference


def test_a_payment_that_the_books_lack_is_named(company: Company) -> None:
    company.drop("C", "5")
    annex = company.annex()
    assert (first(annex).code, first(annex).reference) == ("payment_not_in_books", "5")
    assert first(annex).amount == annex.difference


def test_a_payment_booked_with_another_amount_is_named(company: Company) -> None:
    company.drop("C", "5")
    company.book("C", "5", date(2025, 6, 9), -4_990_00)
    company.payments = [
        replace(one, voucher=VoucherRef("C", "5", "5")) if one.invoice_number == "5" else one
        for one in company.payments
    ]
    annex = company.annex()
    assert (first(annex).code, first(annex).amount) == ("payment_altered", annex.difference)


def test_a_payment_of_december_that_the_books_have_in_january_is_named(company: Company) -> None:
    company.pay("12", date(2025, 12, 30), 12_000_00)
    company.change("12", balance=0, final_pay_date=date(2025, 12, 30))
    annex = company.annex()
    assert (first(annex).code, first(annex).reference) == ("payment_across_year_end", "12")
    assert first(annex).amount == annex.difference


def test_a_payment_of_january_that_the_books_have_in_december_is_named(company: Company) -> None:
    company.pay("12", date(2026, 1, 2), 12_000_00)
    company.change("12", balance=0, final_pay_date=date(2026, 1, 2))
    company.book("C", "12", date(2025, 12, 30), -12_000_00)
    annex = company.annex()
    assert (first(annex).code, first(annex).reference) == ("payment_across_year_end", "12")
    assert first(annex).amount == annex.difference


def test_a_settlement_without_payment_is_named(company: Company) -> None:
    company.change("12", balance=0, final_pay_date=date(2025, 12, 20))
    annex = company.annex()
    assert (first(annex).code, first(annex).reference) == ("settled_without_payment", "12")


def test_a_difference_from_before_the_year_is_named(company: Company) -> None:
    company.ib = 250_00
    annex = company.annex()
    assert (first(annex).code, first(annex).amount) == ("opening_difference", annex.difference)
    assert annex.explanations[-1].date == YEAR.from_date


def test_several_payments_in_one_voucher_of_the_day_are_no_difference(company: Company) -> None:
    company.drop("C", "5")
    company.drop("C", "6")
    company.payments = [
        replace(one, date=date(2025, 7, 9)) if one.invoice_number == "5" else one for one in company.payments
    ]
    company.change("5", final_pay_date=date(2025, 7, 9))
    company.book("C", "99", date(2025, 7, 9), -11_000_00)
    company.book("A", "77", date(2025, 10, 3), 4_512_00)
    assert [one.reference for one in company.annex().explanations[:-1]] == ["A 77"]


def test_payments_booked_some_days_late_do_not_move_the_first_day(company: Company) -> None:
    company.payments = [replace(one, date=one.date - timedelta(3)) for one in company.payments]
    company.book("A", "77", date(2025, 10, 8), 4_512_00)
    assert company.annex().explanations[-1].date == date(2025, 10, 8)


def test_vouchers_without_numbers_are_all_seen(company: Company) -> None:
    for amount in (100_00, 200_00):
        company.book("", "", date(2025, 10, 8), amount)
    annex = company.annex()
    assert unexplained(annex) == 0


def test_two_vouchers_that_make_up_the_difference_come_before_larger_ones(company: Company) -> None:
    for number, amount in (("1", 300_00), ("2", 500_00), ("3", 212_00), ("4", -500_00)):
        company.book("A", number, date(2025, 4, int(number)), amount)
    assert [one.reference for one in company.annex().explanations[:-1]] == ["A 1", "A 3"]


def test_an_unexplained_rest_points_at_an_open_item_of_the_same_amount(company: Company) -> None:
    company.whole = False
    company.ib = -12_000_00
    annex = company.annex()
    assert unexplained(annex) == 12_000_00 * side(company)
    assert [(one.code, one.reference) for one in annex.explanations] == [("open_item_amount", "12")]


def test_an_unexplained_rest_points_at_two_open_items_that_make_it_up(company: Company) -> None:
    company.whole = False
    company.payments = [one for one in company.payments if one.invoice_number != "11"]
    company.change("11", balance=11_000_00, final_pay_date=None)
    company.drop("C", "11")
    company.ib = -23_000_00
    parts = [(one.code, one.reference) for one in company.annex().explanations]
    assert sorted(parts) == [("open_item_part", "11"), ("open_item_part", "12")]


def test_a_payment_booked_on_the_wrong_account_is_pointed_at(company: Company) -> None:
    company.drop("C", "5")
    wrong = (Row("1930", 5_000_00), Row("2999", -5_000_00))
    company.vouchers.append(Voucher("A", "8", date(2025, 6, 9), "Fel konto", wrong))
    codes = [(one.code, one.reference) for one in company.annex().explanations]
    assert codes[:2] == [("payment_not_in_books", "5"), ("same_amount", "A 8")]


def test_an_open_invoice_with_the_amount_of_a_direct_voucher_is_pointed_at(company: Company) -> None:
    company.book("A", "9", date(2025, 12, 29), -12_000_00, "Betalning")
    codes = [(one.code, one.reference) for one in company.annex().explanations]
    assert codes[:2] == [("direct_voucher", "A 9"), ("open_item_amount", "12")]


def test_complete_explanations_leave_nothing_unexplained(company: Company) -> None:
    company.book("A", "77", date(2025, 10, 3), 4_512_00)
    company.drop("C", "5")
    company.change("12", total=12_500_00, balance=12_500_00)
    assert unexplained(company.annex()) == 0


def test_a_voucher_without_text_leaves_no_loose_colon() -> None:
    explanation = Explanation("direct_voucher", 100, DAY, "A 1")
    assert sentence(explanation, "1510") == "A 1 booked straight on 1510 (1,00)"
