"""Rolled back from today's balances, compared with a replay of everything that ever happened."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from core.ledger.annex import make_annexes
from core.ledger.differences import Books
from core.ledger.open_items import items_of
from core.ledger.subledger import Subledger
from core.model import Balances, FiscalYear, Invoice, Ledger, Payment, Row, Voucher, VoucherRef
from core.money import convert

FIRST = date(2025, 1, 1)
YEAR = FiscalYear(FIRST, date(2025, 12, 31), "5")
RATES = {"SEK": Decimal(1), "EUR": Decimal("11.4375")}


@dataclass(frozen=True)
class Happening:
    """Something that changed what is open on one invoice."""

    on: date
    number: str
    amount: int
    """Hundredths of the invoice's currency, positive when more becomes open."""
    kind: str


@dataclass
class History:
    """Everything that ever happened in a ledger, and the records that are left of it today."""

    happenings: list[Happening] = field(default_factory=list)
    invoices: dict[str, Invoice] = field(default_factory=dict)
    payments: list[Payment] = field(default_factory=list)
    booked: dict[str, date] = field(default_factory=dict)

    def subledger(self, ledger: Ledger) -> Subledger:
        return Subledger(
            ledger,
            [self.today(number) for number in self.invoices],
            self.payments,
            lambda invoice: self.booked[invoice.number],
            complete_from=date.min,
        )

    def today(self, number: str) -> Invoice:
        mine = [one for one in self.happenings if one.number == number]
        balance = sum(one.amount for one in mine)
        last = max(one.on for one in mine)
        return replace(self.invoices[number], balance=balance, final_pay_date=last if balance == 0 else None)


def replay(history: History, on: date) -> dict[str, int]:
    """The oracle: what is open on each invoice when every event up to the day has been replayed."""
    opened: dict[str, int] = defaultdict(int)
    for one in sorted(history.happenings, key=lambda event: event.on):
        if one.on <= on:
            opened[one.number] += one.amount
    return {number: amount for number, amount in opened.items() if amount}


@st.composite
def histories(draw: st.DrawFn, ledger: Ledger = Ledger.CUSTOMER, *, whole_credits: bool = True) -> History:
    history = History()
    for place in range(draw(st.integers(1, 5))):
        _invoice(draw, history, ledger, place, whole_credits=whole_credits)
    return history


def _invoice(draw: st.DrawFn, history: History, ledger: Ledger, place: int, *, whole_credits: bool) -> None:
    number, total = str(100 + place), draw(st.integers(1, 100_000_00))
    currency = draw(st.sampled_from(sorted(RATES)))
    day = FIRST + timedelta(draw(st.integers(0, 400)))
    _record(history, ledger, number, total, day, draw(st.integers(0, 20)), currency)
    left, on = total, history.booked[number]
    for step in range(draw(st.integers(0, 4))):
        if not left:
            return
        on += timedelta(draw(st.integers(0, 40)))
        amount = left if draw(st.booleans()) else draw(st.integers(1, left))
        what = draw(st.sampled_from(["payment", "write_off", "credit", "credit_rows"]))
        if what.startswith("credit"):
            credit = f"{number}{step}"
            _record(history, ledger, credit, -amount, on, draw(st.integers(0, 9)), currency, of=number)
            on = history.booked[credit] + timedelta(draw(st.integers(0, 30)))
            used = amount if whole_credits else draw(st.integers(1, amount))
            _credit(history, ledger, number, credit, used, on, rows=what == "credit_rows")
            left -= used
        else:
            _pay(history, ledger, number, amount, on, write_off=what == "write_off")
            left -= amount


def _record(
    history: History,
    ledger: Ledger,
    number: str,
    total: int,
    day: date,
    delay: int,
    currency: str,
    of: str | None = None,
) -> None:
    history.booked[number] = day + timedelta(delay)
    history.invoices[number] = Invoice(
        ledger=ledger,
        number=number,
        name="Kund",
        party="1",
        invoice_date=day,
        due_date=day + timedelta(30),
        total=total,
        balance=0,
        booked=True,
        currency=currency,
        rate=RATES[currency],
        credit=total < 0,
        credit_reference=of,
    )
    kind = "invoice" if total > 0 else "credit"
    history.happenings.append(Happening(history.booked[number], number, total, kind))


def _pay(history: History, ledger: Ledger, number: str, amount: int, on: date, *, write_off: bool) -> None:
    """A payment; with ``write_off`` half of it is written off in the same row."""
    off = amount // 2 if write_off else 0
    history.payments.append(
        Payment(
            ledger,
            f"P{len(history.payments)}",
            number,
            on,
            amount=(amount - off) * 12,
            amount_currency=amount - off,
            booked=True,
            write_off=off,
        )
    )
    history.happenings.append(Happening(on, number, -amount, "payment"))


def _credit(
    history: History, ledger: Ledger, number: str, credit: str, amount: int, on: date, *, rows: bool
) -> None:
    for one, part in ((number, amount), (credit, -amount)):
        if rows:
            row = Payment(ledger, f"P{len(history.payments)}", one, on, part, part, booked=True)
            history.payments.append(row)
        history.happenings.append(Happening(on, one, -part, "offset"))


days = st.integers(-10, 700).map(lambda offset: FIRST + timedelta(offset))


@given(histories(), days)
def test_every_item_equals_the_replay(history: History, on: date) -> None:
    items = items_of(history.subledger(Ledger.CUSTOMER), on).items
    assert {item.number: item.open_currency for item in items} == replay(history, on)


@given(histories(Ledger.SUPPLIER), days)
def test_supplier_items_equal_the_replay(history: History, on: date) -> None:
    items = items_of(history.subledger(Ledger.SUPPLIER), on).items
    assert {item.number: item.open_currency for item in items} == replay(history, on)


@given(histories(whole_credits=False), days)
def test_the_total_equals_the_replay_where_credits_are_used_in_parts(history: History, on: date) -> None:
    """Which day a part of a credit note was used is not recorded anywhere; the sum does not depend on it."""
    by_currency: dict[str, int] = defaultdict(int)
    for number, amount in replay(history, on).items():
        by_currency[history.invoices[number].currency] += amount
    for item in items_of(history.subledger(Ledger.CUSTOMER), on).items:
        by_currency[item.currency] -= item.open_currency
    assert not any(by_currency.values())


@given(histories(), days)
def test_kronor_are_the_open_amount_at_the_invoice_rate(history: History, on: date) -> None:
    for item in items_of(history.subledger(Ledger.CUSTOMER), on).items:
        assert item.open == convert(item.open_currency, RATES[item.currency])


@given(histories(), days)
def test_what_is_settled_later_was_settled_on_that_day(history: History, on: date) -> None:
    for item in items_of(history.subledger(Ledger.CUSTOMER), on).items:
        last = max(one.on for one in history.happenings if one.number == item.number)
        settled = history.today(item.number).balance == 0
        assert item.settled_later == (last if settled else None)


@given(histories(), days)
def test_an_invoice_dated_by_the_day_but_booked_later_is_listed_apart(history: History, on: date) -> None:
    apart = {item.number for item in items_of(history.subledger(Ledger.CUSTOMER), on).apart}
    expected = {
        number
        for number, invoice in history.invoices.items()
        if invoice.invoice_date <= on < history.booked[number]
    }
    assert apart == expected


def vouchers_of(history: History, side: int) -> Iterator[tuple[Happening, Voucher]]:
    """The general ledger that the same events make: every step at the invoice's rate, offsets not booked."""
    left: dict[str, int] = defaultdict(int)
    for place, one in enumerate(sorted(history.happenings, key=lambda event: event.on), 1):
        rate = RATES[history.invoices[one.number].currency]
        before, left[one.number] = left[one.number], left[one.number] + one.amount
        amount = side * (convert(left[one.number], rate) - convert(before, rate))
        if one.kind != "offset":
            account = "1510" if side == 1 else "2440"
            rows = (Row(account, amount), Row("3001", -amount))
            yield one, Voucher("A", str(place), one.on, one.kind, rows)


def books_of(vouchers: list[Voucher], account: str) -> Books:
    def balance(upto: date) -> dict[str, int]:
        return {
            account: sum(
                row.amount
                for one in vouchers
                if one.date <= upto
                for row in one.rows
                if row.account == account
            )
        }

    ib, ub = balance(FIRST - timedelta(1)), balance(YEAR.to_date)
    return Books(YEAR, Balances(ib, {}, ub, {}, {}, {}), [one for one in vouchers if one.date in YEAR])


@given(histories())
@settings(max_examples=50)
def test_the_annex_agrees_with_the_general_ledger_of_the_same_events(history: History) -> None:
    sek = History(
        history.happenings,
        {number: _in_kronor(invoice) for number, invoice in history.invoices.items()},
        history.payments,
        history.booked,
    )
    vouchers = [voucher for _event, voucher in vouchers_of(sek, 1)]
    (annex,) = make_annexes(books_of(vouchers, "1510"), [sek.subledger(Ledger.CUSTOMER)])
    assert (annex.difference, annex.explanations) == (0, ())


@given(histories(), st.data())
@settings(max_examples=100)
def test_a_planted_voucher_is_named_first_and_explains_the_whole_difference(
    history: History, data: st.DataObject
) -> None:
    sek = History(
        history.happenings,
        {number: _in_kronor(invoice) for number, invoice in history.invoices.items()},
        history.payments,
        history.booked,
    )
    amount = data.draw(st.integers(-50_000_00, 50_000_00).filter(bool))
    day = FIRST + timedelta(data.draw(st.integers(0, 364)))
    planted = Voucher("A", "9999", day, "Direkt", (Row("1510", amount), Row("1930", -amount)))
    pointed = _pointed(sek)
    vouchers = [*(voucher for _event, voucher in vouchers_of(sek, 1)), planted]
    (annex,) = make_annexes(books_of(vouchers, "1510"), [pointed])
    first = annex.explanations[0]
    assert (first.code, first.reference, first.amount) == ("direct_voucher", "A 9999", -amount)
    assert annex.explanations[-1].code == "arises"
    assert annex.explanations[-1].date == day


def _in_kronor(invoice: Invoice) -> Invoice:
    return replace(invoice, currency="SEK", rate=Decimal(1))


def _pointed(history: History) -> Subledger:
    """The ledger with every invoice pointing at its voucher, as Fortnox's lists have it; payments do not."""
    refs = {
        event.number: VoucherRef(voucher.series, voucher.number, "5")
        for event, voucher in vouchers_of(history, 1)
        if event.kind in {"invoice", "credit"}
    }
    plain = history.subledger(Ledger.CUSTOMER)
    return dataclasses.replace(
        plain, invoices=[replace(one, voucher=refs.get(one.number)) for one in plain.invoices]
    )
