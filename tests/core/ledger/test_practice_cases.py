"""The cases of the trade, with its numbers, as of 2025-12-31."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest
from msgspec.structs import replace

from core import i18n
from core.ledger.annex import make_annexes
from core.ledger.differences import Books
from core.ledger.open_items import OpenItems, items_of
from core.ledger.subledger import Bookings, Subledger
from core.model import Balances, FiscalYear, Invoice, Ledger, Payment, Row, Voucher, VoucherRef

DAY = date(2025, 12, 31)
YEAR = FiscalYear(date(2025, 1, 1), DAY, "5")
NEXT = FiscalYear(date(2026, 1, 1), date(2026, 12, 31), "6")


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    i18n.use("en")
    yield
    i18n.use("sv")


def invoice(number: str, on: date, total: int, balance: int = 0, **more: object) -> Invoice:
    plain = Invoice(
        ledger=Ledger.CUSTOMER,
        number=number,
        name="Hotell Havet",
        party="7",
        invoice_date=on,
        due_date=None,
        total=total,
        balance=balance,
        booked=True,
    )
    return replace(plain, **more)


def payment(of: str, on: date, amount: int, currency_amount: int | None = None) -> Payment:
    return Payment(
        Ledger.CUSTOMER,
        f"{of}-{on}",
        of,
        on,
        amount,
        amount if currency_amount is None else currency_amount,
        True,
    )


def opened(
    invoices: list[Invoice], payments: list[Payment] | None = None, **vouchers: list[Voucher]
) -> OpenItems:
    bookings = Bookings.of([YEAR, NEXT], {"5": vouchers.get("this", []), "6": vouchers.get("next", [])})
    ledger = invoices[0].ledger
    return items_of(bookings.subledger(ledger, invoices, payments or []), DAY)


def test_an_invoice_credited_in_january_without_payments_is_open_at_the_year_end() -> None:
    original = invoice("1", date(2025, 12, 15), 48_750_00, final_pay_date=date(2026, 1, 12))
    credit = invoice("2", date(2026, 1, 12), -48_750_00, credit=True, credit_reference="1")
    (item,) = opened([original, credit]).items
    assert (item.open, item.note, item.settled_later) == (48_750_00, "credited 2026-01-12", date(2026, 1, 12))


def test_the_january_credit_leaves_no_difference() -> None:
    original = invoice("1", date(2025, 12, 15), 48_750_00)
    credit = invoice("2", date(2026, 1, 12), -48_750_00, credit=True, credit_reference="1")
    subledger = Bookings.of([YEAR], {}).subledger(Ledger.CUSTOMER, [original, credit], [])
    (annex,) = make_annexes(_books({"1510": 48_750_00}), [subledger])
    assert annex.difference == 0


def test_a_december_credit_settled_in_january_gives_both_rows() -> None:
    settled = date(2026, 1, 20)
    original = invoice("1", date(2025, 12, 15), 48_750_00, final_pay_date=settled)
    credit = invoice(
        "2", date(2025, 12, 28), -48_750_00, credit=True, credit_reference="1", final_pay_date=settled
    )
    items = opened([original, credit]).items
    assert [item.open for item in items] == [48_750_00, -48_750_00]


def test_a_december_supplier_invoice_booked_in_january_is_a_cut_off_candidate() -> None:
    ref = VoucherRef("D", "3", "6")
    late = invoice("9", date(2025, 12, 28), 12_500_00, 12_500_00, ledger=Ledger.SUPPLIER, voucher=ref)
    booked = Voucher("D", "3", date(2026, 1, 5), "", ())
    result = opened([late], next=[booked])
    assert result.items == ()
    assert [(item.kind, item.open, item.booked) for item in result.apart] == [
        ("cut_off", 12_500_00, date(2026, 1, 5))
    ]


def test_the_year_of_the_voucher_alone_keeps_a_late_booking_out_of_the_annex() -> None:
    late = invoice(
        "9", date(2025, 12, 28), 12_500_00, ledger=Ledger.SUPPLIER, voucher=VoucherRef("D", "3", "6")
    )
    assert opened([late]).items == ()


def test_foreign_currency_is_rolled_back_at_the_invoice_rate() -> None:
    euro = invoice("3", date(2025, 12, 1), 1_000_00, 600_00, currency="EUR", rate=Decimal("11.50"))
    (item,) = opened([euro], [payment("3", date(2026, 1, 15), 4_520_00, 400_00)]).items
    assert (item.open_currency, item.open) == (1_000_00, 11_500_00)


def test_the_tax_agency_owes_what_is_left_of_a_rot_invoice() -> None:
    rot = invoice("4", date(2025, 12, 1), 25_000_00, 6_000_00, tax_reduction=6_000_00)
    (item,) = opened([rot], [payment("4", date(2025, 12, 20), 19_000_00)]).items
    assert (item.open, item.name, item.kind) == (6_000_00, "Swedish Tax Agency", "tax_reduction")


def test_an_unpaid_rot_invoice_is_split_between_customer_and_tax_agency() -> None:
    rot = invoice(
        "4",
        date(2025, 12, 1),
        25_000_00,
        25_000_00,
        tax_reduction=6_000_00,
        voucher=VoucherRef("B", "1", "5"),
    )
    rows = (Row("1510", 19_000_00), Row("1513", 6_000_00), Row("3001", -20_000_00), Row("2611", -5_000_00))
    items = opened([rot], this=[Voucher("B", "1", date(2025, 12, 1), "", rows)]).items
    assert [(item.account, item.open) for item in items] == [("1510", 19_000_00), ("1513", 6_000_00)]


def test_an_account_that_nothing_stands_on_any_more_has_no_annex() -> None:
    old = invoice("1", date(2025, 3, 1), 100_00, voucher=VoucherRef("B", "1", "5"))
    booked = Voucher("B", "1", date(2025, 3, 1), "", (Row("1511", 100_00), Row("3001", -100_00)))
    bookings = Bookings.of([YEAR], {"5": [booked]})
    subledger = bookings.subledger(Ledger.CUSTOMER, [old], [payment("1", date(2025, 4, 1), 100_00)])
    assert [annex.account for annex in make_annexes(_books({}), [subledger])] == ["1510"]


def test_invoices_on_several_accounts_have_an_annex_for_each() -> None:
    invoices = [
        invoice(number, date(2025, 12, 1), 100_00, 100_00, voucher=VoucherRef("B", number, "5"))
        for number in ("1", "2")
    ]
    booked = [
        Voucher("B", number, date(2025, 12, 1), "", (Row(account, 100_00), Row("3001", -100_00)))
        for number, account in (("1", "1510"), ("2", "1511"))
    ]
    subledger = Bookings.of([YEAR], {"5": booked}).subledger(Ledger.CUSTOMER, invoices, [])
    made = make_annexes(_books({"1510": 100_00, "1511": 100_00}), [subledger])
    assert [(annex.account, annex.difference) for annex in made] == [("1510", 0), ("1511", 0)]


def test_a_sold_invoice_is_marked() -> None:
    sold = invoice("1", date(2025, 12, 1), 100_00, 100_00, sold=True)
    (item,) = opened([sold]).items
    assert (item.kind, item.note) == ("sold", "sold to a finance company")


def test_an_unbooked_invoice_is_listed_apart() -> None:
    result = opened([invoice("1", date(2025, 12, 1), 100_00, 100_00, booked=False)])
    assert (result.total, [item.kind for item in result.apart]) == (0, ["unbooked"])


def test_a_cash_invoice_never_stands_on_the_ledger() -> None:
    result = opened([invoice("1", date(2025, 12, 1), 100_00, 100_00, kind="CASHINVOICE")])
    assert (result.items, result.apart) == ((), ())


def test_a_credit_note_whose_payment_rows_are_positive_is_read_the_right_way() -> None:
    credit = invoice("2", date(2025, 12, 1), -100_00, credit=True)
    (item,) = opened([credit], [payment("2", date(2026, 1, 10), 100_00)]).items
    assert item.open == -100_00


def test_an_ordinary_invoice_that_points_at_another_is_no_credit() -> None:
    first = invoice("1", date(2025, 12, 1), 100_00, 100_00)
    second = invoice("2", date(2025, 12, 2), 100_00, credit_reference="1", final_pay_date=date(2026, 1, 9))
    assert [item.note for item in opened([first, second]).items] == ["", "settled 2026-01-09"]


def test_a_settlement_of_an_unknown_day_leaves_the_invoice_open_and_says_so() -> None:
    (item,) = opened([invoice("1", date(2025, 12, 1), 100_00)]).items
    assert (item.open, item.note) == (100_00, "settled on an unknown day, taken as after 2025-12-31")


def test_names_from_outside_lose_their_control_characters() -> None:
    (item,) = opened([invoice("1", date(2025, 12, 1), 100_00, 100_00, name="A\x1b[31mB")]).items
    assert item.name == "A[31mB"


def test_the_cash_method_makes_the_difference_a_task_before_the_year_end_booking() -> None:
    (annex,) = make_annexes(_books({}), [_cash_ledger()], cash_method=True)
    assert annex.difference == 12_500_00
    assert [one.code for one in annex.explanations] == ["cash_method"]


def test_the_cash_method_agrees_after_the_year_end_booking_and_asks_for_nothing() -> None:
    rows = (Row("1510", 12_500_00), Row("3001", -10_000_00), Row("2611", -2_500_00))
    booking = Voucher("A", "90", DAY, "Årsomföring", rows)
    (annex,) = make_annexes(_books({"1510": 12_500_00}, [booking]), [_cash_ledger()], cash_method=True)
    assert (annex.difference, annex.explanations) == (0, ())


def test_a_cash_method_invoice_paid_in_january_is_open_although_its_voucher_is_the_payments() -> None:
    paid = invoice("8", date(2025, 12, 10), 12_500_00, voucher=VoucherRef("C", "1", "6"))
    bookings = Bookings.of([YEAR, NEXT], {})
    subledger = bookings.subledger(Ledger.CUSTOMER, [paid], [payment("8", date(2026, 1, 20), 12_500_00)])
    (annex,) = make_annexes(_books({}), [subledger], cash_method=True)
    assert annex.total == 12_500_00


def _cash_ledger() -> Subledger:
    unpaid = invoice("8", date(2025, 12, 10), 12_500_00, 12_500_00)
    return Bookings.of([YEAR], {}).subledger(Ledger.CUSTOMER, [unpaid], [])


def _books(ub: dict[str, int], vouchers: list[Voucher] | None = None) -> Books:
    return Books(YEAR, Balances({}, ub, ub, {}, {}, {}), vouchers or [])
