"""A company's diary: what happens on which day, in order; an event may write new events into it."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import date, timedelta
from itertools import count

Action = Callable[[date], object]

MORNING, DAY, EVENING = 0, 5, 9


class Diary:
    """Events by day; nothing happens after ``until``."""

    def __init__(self, until: date) -> None:
        self.until = until
        self._events: list[tuple[date, int, int, Action]] = []
        self._order = count()

    def at(self, day: date, action: Action, when: int = DAY) -> None:
        """Let something happen on a day, unless that lies in the future."""
        if day <= self.until:
            heapq.heappush(self._events, (day, when, next(self._order), action))

    def run(self) -> None:
        """Live through all the days."""
        while self._events:
            day, _when, _order, action = heapq.heappop(self._events)
            action(day)


def working_day(day: date) -> date:
    """The day itself, or the Monday after a weekend."""
    return day + timedelta(days=7 - day.weekday()) if day.weekday() > 4 else day


def first_of_months(start: date, end: date) -> list[date]:
    """The first day of each month from ``start`` to ``end``."""
    months = []
    month = start.replace(day=1)
    while month <= end:
        months.append(month)
        month = next_month(month)
    return months


def next_month(first: date, months: int = 1) -> date:
    """The first day of the month that many months later."""
    index = first.year * 12 + first.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def last_of_month(first: date) -> date:
    """The month's last day."""
    return next_month(first.replace(day=1)) - timedelta(days=1)
