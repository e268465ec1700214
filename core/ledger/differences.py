"""The difference finder: why a subledger and its account do not agree.

It automates what an experienced consultant does by hand: walk back to the first day the two part, look for
vouchers booked straight on the ledger account, for invoices changed after they were booked, for payments
dated across the year end, and for one or two amounts that make up the difference.

All amounts are ledger-signed effects on ``difference`` = ledger less books, so that complete explanations
sum to it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

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


@dataclass(frozen=True, slots=True)
class Books:
    """The general ledger of one fiscal year: its balances, and at least the vouchers on ledger accounts."""

    year: FiscalYear
    balances: Balances
    vouchers: Sequence[Voucher]

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
    opening = 0
    if subledger.complete_from is not None and subledger.complete_from <= books.year.from_date:
        opening = _opening_difference(subledger, books, account)
        if opening:
            found.append(Explanation("opening_difference", opening, books.year.from_date))
    ordered = _relevant(found, difference)
    rest = difference - sum(one.amount for one in ordered)
    if rest:
        ordered += _amount_matches(rest, items, books.vouchers, account, subledger.side)
    first_day = _first_day(within, booked, opening, difference, subledger, books)
    arises = [Explanation("arises", difference, first_day)] if first_day is not None else []
    return (*ordered[:MOST], *arises)


def _structural(
    subledger: Subledger, books: Books, matched: Matched, events: Iterable[Event], on: date
) -> list[Explanation]:
    """What has no partner or the wrong amount, as explanations."""
    found = [_altered(group, booked) for group, booked in matched.altered]
    partial = subledger.complete_from is None or subledger.complete_from > books.year.from_date
    trusted = _own_series(subledger) if partial else frozenset[str]()
    direct = [one for one in matched.direct if one.voucher.series not in trusted]
    unbooked = matched.unbooked
    later = [event for event in events if on < event.on <= on + timedelta(NEAR_DAYS) and event.ref is None]
    for one in direct:
        crossing = next((event for event in later if event.amount == one.amount), None)
        if crossing is not None:
            later.remove(crossing)
            found.append(_crossing(crossing, -one.amount))
        else:
            reference = f"{one.voucher.series} {one.voucher.number}".strip()
            text = clean(one.voucher.text)
            found.append(Explanation("direct_voucher", -one.amount, one.voucher.date, reference, text))
    known = {(one.series, one.number) for one in books.vouchers}
    found.extend(_unbooked(event, known, on) for event in unbooked)
    return found


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


def _amount_matches(
    rest: Ore, items: Iterable[OpenItem], vouchers: Iterable[Voucher], account: str, side: int
) -> list[Explanation]:
    """Open items and vouchers elsewhere that hold exactly the amount nobody has explained, else two items."""
    effects = [
        Explanation("open_item_amount", side * item.open, item.booked, item.number, item.name)
        for item in items
    ]
    exact = [one for one in effects if one.amount == rest]
    for voucher in vouchers:
        if all(row.account != account for row in voucher.rows) and any(
            abs(row.amount) == abs(rest) for row in voucher.rows
        ):
            reference = f"{voucher.series} {voucher.number}".strip()
            exact.append(Explanation("same_amount", rest, voucher.date, reference, clean(voucher.text)))
    return exact[:5] or _pair(effects, rest)


def _first_day(
    within: Iterable[Event],
    booked: Iterable[Booked],
    opening: Ore,
    difference: Ore,
    subledger: Subledger,
    books: Books,
) -> date | None:
    """The first day after which the two never agreed again; None where the ledger was not read in whole."""
    start = books.year.from_date
    if subledger.complete_from is None or subledger.complete_from > start:
        return None
    steps: dict[date, Ore] = defaultdict(int)
    for event in within:
        steps[event.on] += event.amount
    for one in booked:
        steps[one.voucher.date] -= one.amount
    running, first = opening, start if opening else None
    for day in sorted(steps):
        running += steps[day]
        if running == 0:
            first = None
        elif first is None:
            first = day
    return first if running == difference else None
