"""Pairs what the subledger says with what the books say, and keeps what has no partner.

A voucher that an invoice or payment points at belongs to it. What has no pointer (Fortnox's payment lists
carry none) is paired by day and amount, then by amount within a month, then by the sum of a day.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from datetime import date

from core.ledger.events import Booked, Event
from core.money import Ore

NEAR_DAYS = 31
"""How far apart, in days, a payment and its voucher may lie and still be taken for the same thing."""

Key = tuple[str, str]


@dataclass(slots=True)
class Matched:
    """The outcome for one account and period."""

    altered: list[tuple[list[Event], Booked]] = field(default_factory=list)
    """Events and the voucher they point at, whose amounts differ."""
    unbooked: list[Event] = field(default_factory=list)
    """Events that no voucher of the period answers to."""
    direct: list[Booked] = field(default_factory=list)
    """Vouchers that belong to no event."""


def match(events: Iterable[Event], booked: Iterable[Booked], year_id: str | None) -> Matched:
    """Pair the events of a period with the vouchers of the same period, all on one account."""
    outcome = Matched()
    vouchers = list(booked)
    by_key = {(one.voucher.series, one.voucher.number): one for one in vouchers}
    numbered = {id(one) for one in by_key.values()}
    unnumbered = [one for one in vouchers if id(one) not in numbered]
    loose = _match_by_pointer(events, by_key, year_id, outcome)
    left = [*by_key.values(), *unnumbered]
    for pair_up in (_by(_same_day), _by(_same_amount, NEAR_DAYS), _by_sum_of_day):
        loose, left = pair_up(loose, left)
    outcome.unbooked.extend(loose)
    outcome.direct.extend(left)
    return outcome


def _match_by_pointer(
    events: Iterable[Event], by_key: dict[Key, Booked], year_id: str | None, outcome: Matched
) -> list[Event]:
    """Take the vouchers that events point at out of ``by_key``; give back the events that point nowhere."""
    loose: list[Event] = []
    groups: dict[Key, list[Event]] = defaultdict(list)
    for event in events:
        if event.ref is None:
            loose.append(event)
        elif year_id is not None and event.ref.year_id != year_id:
            outcome.unbooked += [event] if event.amount else []
        else:
            groups[event.ref.series, event.ref.number].append(event)
    for key, group in groups.items():
        booked = by_key.pop(key, None)
        expected = sum(event.amount for event in group)
        if booked is None:
            if expected:
                outcome.unbooked += [event for event in group if event.amount]
        elif booked.amount != expected:
            outcome.altered.append((group, booked))
    return loose


def _same_day(on: date, amount: Ore) -> Hashable:
    return on, amount


def _same_amount(_on: date, amount: Ore) -> Hashable:
    return amount


Pairing = Callable[[list[Event], list[Booked]], tuple[list[Event], list[Booked]]]


def _by(key: Callable[[date, Ore], Hashable], within: int = 0) -> Pairing:
    """Pair one to one where the key is equal and the days lie at most ``within`` apart, nearest first."""

    def pair_up(events: list[Event], booked: list[Booked]) -> tuple[list[Event], list[Booked]]:
        waiting: dict[Hashable, list[Booked]] = defaultdict(list)
        for one in sorted(booked, key=_day_of):
            waiting[key(one.voucher.date, one.amount)].append(one)
        loose: list[Event] = []
        taken: set[int] = set()
        for event in events:
            nearest = _take_nearest(waiting.get(key(event.on, event.amount)), event.on, within)
            if nearest is None:
                loose.append(event)
            else:
                taken.add(id(nearest))
        return loose, [one for one in booked if id(one) not in taken]

    return pair_up


def _day_of(booked: Booked) -> date:
    return booked.voucher.date


def _take_nearest(candidates: list[Booked] | None, on: date, within: int) -> Booked | None:
    """Take the candidate nearest to the day out of the sorted list, if one lies near enough."""
    if not candidates:
        return None
    place = bisect_left(candidates, on, key=_day_of)
    near = [spot for spot in (place - 1, place) if 0 <= spot < len(candidates)]
    best = min(near, key=lambda spot: abs((_day_of(candidates[spot]) - on).days))
    return candidates.pop(best) if abs((_day_of(candidates[best]) - on).days) <= within else None


def _by_sum_of_day(events: list[Event], booked: list[Booked]) -> tuple[list[Event], list[Booked]]:
    """Pair all loose events of a day with one voucher of that day that holds their sum (a payment file)."""
    days: dict[date, list[Event]] = defaultdict(list)
    for event in events:
        days[event.on].append(event)
    waiting: dict[tuple[date, Ore], Booked] = {(one.voucher.date, one.amount): one for one in booked}
    taken: set[int] = set()
    loose: list[Event] = []
    for day, of_day in days.items():
        one = waiting.get((day, sum(event.amount for event in of_day)))
        if one is None:
            loose.extend(of_day)
        else:
            taken.add(id(one))
    return loose, [one for one in booked if id(one) not in taken]
