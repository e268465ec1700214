"""Whatever goes wrong between a ledger and its books, the explanations sum to the difference."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from core.ledger.annex import make_annexes, unexplained
from core.ledger.differences import Books
from core.ledger.subledger import Subledger
from core.model import Balances, FiscalYear, Invoice, Ledger, Payment, Row, Voucher, VoucherRef

YEAR = FiscalYear(date(2025, 1, 1), date(2025, 12, 31), "5")

amounts = st.sampled_from([100_00, 250_00, 1_000_00, 4_512_00])
"""Few and round, so that amounts collide as they do in real books."""
days = st.integers(-40, 400).map(lambda offset: YEAR.from_date + timedelta(offset))


@st.composite
def ledgers(draw: st.DrawFn) -> tuple[list[Invoice], list[Payment], list[Voucher]]:
    """Invoices and payments with their vouchers, of which some point at each other and some do not."""
    invoices, payments, vouchers = [], [], []
    for place in range(draw(st.integers(1, 5))):
        number, total, day = str(place), draw(amounts), draw(days)
        paid = draw(st.sampled_from([0, total // 2, total]))
        ref = VoucherRef("B", number, "5") if draw(st.booleans()) else None
        invoices.append(
            Invoice(
                Ledger.CUSTOMER,
                number,
                "Kund",
                "1",
                day,
                None,
                total=total,
                balance=total - paid,
                booked=True,
                cancelled=draw(st.integers(0, 9)) == 0,
                final_pay_date=day + timedelta(20) if paid == total else None,
                voucher=ref,
            )
        )
        vouchers.append(voucher("B", number, day, total))
        if paid:
            on = day + timedelta(20)
            payments.append(Payment(Ledger.CUSTOMER, number, number, on, paid, paid, booked=True))
            vouchers.append(voucher("C", number, on + timedelta(draw(st.integers(-3, 3))), -paid))
    return invoices, payments, vouchers


def voucher(series: str, number: str, day: date, amount: int) -> Voucher:
    return Voucher(series, number, day, "", (Row("1510", amount), Row("1930", -amount)))


@st.composite
def damaged(draw: st.DrawFn) -> tuple[list[Invoice], list[Payment], list[Voucher]]:
    """The same after people have been at it."""
    invoices, payments, vouchers = draw(ledgers())
    vouchers = [one for one in vouchers if draw(st.integers(0, 5))]
    vouchers = [
        one if draw(st.integers(0, 5)) else voucher(one.series, one.number, one.date, draw(amounts))
        for one in vouchers
    ]
    vouchers += [
        voucher("A", str(place), draw(days), draw(amounts)) for place in range(draw(st.integers(0, 3)))
    ]
    payments = [one for one in payments if draw(st.integers(0, 5))]
    return invoices, payments, vouchers


@given(damaged(), st.integers(-500_00, 500_00))
@settings(max_examples=300)
def test_the_explanations_of_a_whole_ledger_sum_to_its_difference(
    company: tuple[list[Invoice], list[Payment], list[Voucher]], ib: int
) -> None:
    invoices, payments, vouchers = company
    of_year = [one for one in vouchers if one.date in YEAR]
    ub = ib + sum(row.amount for one in of_year for row in one.rows if row.account == "1510")
    books = Books(YEAR, Balances({"1510": ib}, {}, {"1510": ub}, {}, {}, {}), of_year)
    subledger = Subledger(
        Ledger.CUSTOMER, invoices, payments, lambda invoice: invoice.invoice_date, complete_from=date.min
    )
    for whole in (subledger, replace(subledger, complete_from=None)):
        (annex,) = make_annexes(books, [whole])
        if whole.complete_from is not None:
            assert unexplained(annex) == 0
        assert (annex.explanations == ()) == (annex.difference == 0) or whole.complete_from is None
