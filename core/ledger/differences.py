"""The difference finder: why a subledger and its account do not agree.

It automates what an experienced consultant does by hand: walk back to the first day the two part, look for
vouchers booked straight on the ledger account, for invoices changed after they were booked, for payments
dated across the year end, and for one or two amounts that make up the difference.

All amounts are ledger-signed effects on ``difference`` = ledger less books, so that complete explanations
sum to it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from msgspec.structs import replace

from core.ledger.events import Booked, Event, booked_on_account, events_on
from core.ledger.matching import NEAR_DAYS, Matched, match
from core.ledger.open_items import items_of
from core.ledger.subledger import Subledger
from core.model import Balances, Explanation, FiscalYear, Ledger, OpenItem, Voucher
from core.money import Ore
from core.text import clean

AUTOMATIC_SERIES: Mapping[Ledger, frozenset[str]] = {
    Ledger.CUSTOMER: frozenset("BC"),
    Ledger.SUPPLIER: frozenset("DE"),
}
"""Fortnox's standard series of invoices and payments: trusted only where the whole ledger was not read."""

MOST = 20
"""How many explanations are kept of one account."""

MOST_HINTS = 3
"""How many places to look at are added to them."""


@dataclass(frozen=True, slots=True)
class Books:
    """The general ledger of one fiscal year: its balances, and at least the vouchers on ledger accounts."""

    year: FiscalYear
    balances: Balances
    vouchers: Sequence[Voucher]
    search: Callable[[Ore], Iterable[Voucher]] | None = None
    """Finds vouchers by an amount that one of their rows holds; None: ``vouchers`` are all there are."""

    def holding(self, amount: Ore) -> Iterable[Voucher]:
        """The vouchers that hold the amount in debit or credit, on whatever account."""
        if self.search is not None:
            return self.search(amount)
        return [one for one in self.vouchers if any(abs(row.amount) == abs(amount) for row in one.rows)]

    def balance(self, account: str, on: date) -> Ore:
        """The account's balance when ``on`` ended, ledger-signed; after the year end its UB."""
        if on >= self.year.to_date:
            return self.balances.ub.get(account, 0)
        changes = booked_on_account((one for one in self.vouchers if one.date <= on), account)
        return self.balances.ib.get(account, 0) + sum(one.amount for one in changes)


def find_differences(
    subledger: Subledger, books: Books, account: str, on: date, difference: Ore, items: Iterable[OpenItem]
) -> tuple[Explanation, ...]:
    """Explanations of a difference on one account, those that explain most of it first.

    Args:
        subledger: the ledger as it is today.
        books: the fiscal year that ``on`` lies in.
        account: the ledger account.
        on: the day as of which the two differ.
        difference: ledger less books, ledger-signed öre; 0 needs no explanation.
        items: the account's open items as of ``on``, for amount matches.
    """
    if difference == 0:
        return ()
    events = events_on(subledger, account)
    booked = [
        one
        for one in booked_on_account(books.vouchers, account)
        if books.year.from_date <= one.voucher.date <= on
    ]
    within = [event for event in events if books.year.from_date <= event.on <= on]
    matched = match(within, booked, books.year.id)
    found = _structural(subledger, books, matched, events, on)
    opening = _opening_difference(subledger, books, account) if _is_whole(subledger, books) else 0
    if opening:
        found.append(Explanation("opening_difference", opening, books.year.from_date))
    ordered = _relevant(found, difference)
    rest = difference - sum(one.amount for one in ordered)
    hints = _hints(ordered, rest, _effects(items, subledger.side), books, account)
    first_day = _first_day(found if _is_whole(subledger, books) else ordered, difference, on)
    arises = [Explanation("arises", difference, first_day)] if first_day is not None else []
    return (*ordered[:MOST], *hints, *arises)


def _structural(
    subledger: Subledger, books: Books, matched: Matched, events: Iterable[Event], on: date
) -> list[Explanation]:
    """What has no partner or the wrong amount, as explanations."""
    found = [_altered(group, booked) for group, booked in matched.altered]
    trusted = frozenset[str]() if _is_whole(subledger, books) else _own_series(subledger)
    direct = [one for one in matched.direct if one.voucher.series not in trusted]
    soon = on + timedelta(NEAR_DAYS)
    later = [event for event in events if on < event.on <= soon and event.kind == "payment"]
    for one in direct:
        crossing = next((event for event in later if _may_be(event, one)), None)
        if crossing is not None:
            later.remove(crossing)
            found.append(_crossing(crossing, -one.amount))
        else:
            found.append(_direct(one))
    known = {(one.series, one.number) for one in books.vouchers}
    found.extend(_unbooked(event, known, on) for event in matched.unbooked)
    return found


def _is_whole(subledger: Subledger, books: Books) -> bool:
    """Whether everything that moved the account during the year was read."""
    return subledger.complete_from is not None and subledger.complete_from <= books.year.from_date


def _may_be(event: Event, booked: Booked) -> bool:
    """Whether a later payment is what the voucher holds: equal amount, and not pointing elsewhere."""
    pointer = (booked.voucher.series, booked.voucher.number)
    elsewhere = event.ref is not None and (event.ref.series, event.ref.number) != pointer
    return event.amount == booked.amount and not elsewhere


def _direct(booked: Booked) -> Explanation:
    voucher = booked.voucher
    reference = f"{voucher.series} {voucher.number}".strip()
    return Explanation("direct_voucher", -booked.amount, voucher.date, reference, clean(voucher.text))


def _own_series(subledger: Subledger) -> frozenset[str]:
    """The series in which the ledger's own invoices and payments are booked."""
    refs = [invoice.voucher for invoice in subledger.invoices]
    refs += [payment.voucher for payment in subledger.payments]
    return AUTOMATIC_SERIES[subledger.ledger] | {ref.series for ref in refs if ref is not None}


def _altered(group: list[Event], booked: Booked) -> Explanation:
    effect = sum(event.amount for event in group) - booked.amount
    invoice = group[0].invoice
    if len(group) > 1:
        reference = f"{booked.voucher.series} {booked.voucher.number}"
        return Explanation(
            "voucher_altered", effect, booked.voucher.date, reference, clean(booked.voucher.text)
        )
    code = {"invoice": "invoice_edited", "cancelled": "invoice_cancelled"}.get(
        group[0].kind, "payment_altered"
    )
    return Explanation(code, effect, booked.voucher.date, invoice.number, clean(invoice.name))


def _unbooked(event: Event, known: set[tuple[str, str]], on: date) -> Explanation:
    invoice = event.invoice
    if event.kind == "payment" and event.on > on - timedelta(NEAR_DAYS):
        return _crossing(event, event.amount)
    code = {
        "invoice": "invoice_not_in_books",
        "payment": "payment_not_in_books",
        "settled": "settled_without_payment",
    }[event.kind]
    if event.kind == "invoice" and event.ref is not None and (event.ref.series, event.ref.number) in known:
        code = "invoice_other_account"
    return Explanation(code, event.amount, event.on, invoice.number, clean(invoice.name))


def _crossing(event: Event, effect: Ore) -> Explanation:
    """A payment that ledger and books hold on different sides of the date."""
    return Explanation(
        "payment_across_year_end", effect, event.on, event.invoice.number, clean(event.invoice.name)
    )


def _opening_difference(subledger: Subledger, books: Books, account: str) -> Ore:
    """What already differed when the year began."""
    before = items_of(subledger, books.year.from_date - timedelta(1)).items
    opened = sum(item.open for item in before if item.account == account)
    return subledger.side * opened - books.balances.ib.get(account, 0)


def _relevant(found: list[Explanation], difference: Ore) -> list[Explanation]:
    """Those that explain the difference best first; what cancels out after it is explained is left out."""
    ordered = sorted(
        found, key=lambda one: (abs(difference - one.amount), one.date or date.min, one.reference)
    )
    if ordered and ordered[0].amount != difference:
        two = _pair(ordered, difference)
        ordered = [*two, *(one for one in ordered if all(one is not chosen for chosen in two))]
    explained = 0
    for count, one in enumerate(ordered, start=1):
        explained += one.amount
        if explained == difference:
            return ordered[:count]
    return ordered


def _pair(found: Sequence[Explanation], wanted: Ore) -> list[Explanation]:
    """Two that sum to the amount, or none."""
    seen: dict[Ore, Explanation] = {}
    for one in found:
        other = seen.get(wanted - one.amount)
        if other is not None:
            return [other, one]
        seen.setdefault(one.amount, one)
    return []


def _effects(items: Iterable[OpenItem], side: int) -> list[Explanation]:
    return [
        Explanation("open_item_amount", side * item.open, item.booked, item.number, item.name)
        for item in items
    ]


def _hints(
    ordered: list[Explanation],
    rest: Ore,
    items: list[Explanation],
    books: Books,
    account: str,
) -> list[Explanation]:
    """Where to look for what nobody explains, and for the other half of what explains most."""
    if rest:
        exact = [one for one in items if one.amount == rest]
        return (exact + _same_amount(rest, books, account))[:MOST_HINTS] or [
            replace(one, code="open_item_part") for one in _pair(items, rest)
        ]
    wanted = ordered[0]
    if wanted.code == "direct_voucher":
        return [one for one in items if one.amount == wanted.amount][:MOST_HINTS]
    if wanted.code in {"payment_not_in_books", "invoice_not_in_books"} and wanted.date is not None:
        near = (wanted.date - timedelta(NEAR_DAYS), wanted.date + timedelta(NEAR_DAYS))
        elsewhere = _same_amount(wanted.amount, books, account)
        return [one for one in elsewhere if one.date and near[0] <= one.date <= near[1]][:MOST_HINTS]
    return []


def _same_amount(amount: Ore, books: Books, account: str) -> list[Explanation]:
    """Vouchers that hold exactly the amount and leave the account alone."""
    return [
        Explanation("same_amount", amount, one.date, f"{one.series} {one.number}".strip(), clean(one.text))
        for one in books.holding(amount)
        if all(row.account != account for row in one.rows)
    ]


def _first_day(found: Iterable[Explanation], difference: Ore, on: date) -> date | None:
    """The first day after which the two never agreed again; None where the causes do not lead there.

    Counted over the causes and not the balances, so that a payment booked a day late is no difference.
    """
    steps: dict[date, Ore] = defaultdict(int)
    for one in found:
        steps[min(one.date or on, on)] += one.amount
    running, first = 0, None
    for day in sorted(steps):
        running += steps[day]
        if running == 0:
            first = None
        elif first is None:
            first = day
    return first if running == difference else None
