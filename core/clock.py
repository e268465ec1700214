"""Time is asked for through a clock that tests and training can move."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Protocol


class Clock(Protocol):
    """What the core needs to know of time."""

    def now(self) -> datetime:
        """The moment, timezone-aware UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The moment, UTC."""
        return datetime.now(UTC)


def today(clock: Clock) -> date:
    """The calendar day where the firm sits (the machine's local time zone)."""
    return local_day(clock.now())


def local_day(moment: datetime) -> date:
    """The calendar day of a moment where the firm sits."""
    return moment.astimezone().date()


def local_time(moment: datetime) -> str:
    """A moment on the firm's own clock, to the minute: ``2026-01-31 09:30``."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M")


def rfc3339(moment: datetime) -> str:
    """``2026-01-31T09:30:00Z``, to the second."""
    in_utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return in_utc.isoformat(timespec="seconds").removesuffix("+00:00") + "Z"


def parse_rfc3339(text: str) -> datetime:
    """The inverse of ``rfc3339``.

    Raises:
        ValueError: the text is no RFC 3339 time, which always names its zone.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"no time zone: {text!r}")
    return moment
