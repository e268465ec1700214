"""When something is due: the nightly import, spread out per engagement, and what is done every so often."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, time, timedelta


@dataclass(frozen=True)
class Nightly:
    """An hour of the day in local time, from which each engagement has its own minute."""

    at: str
    """``02:30``; empty is never."""
    spread_minutes: int
    catch_up_hours: int
    """A night that was slept through is made up for while fewer hours than this have passed since it."""

    def night_of(self, now: datetime) -> datetime | None:
        """The beginning of the night that is under way or still to be made up for, or None."""
        if not self.at:
            return None
        local = now.astimezone()
        hour = time.fromisoformat(self.at)
        begins = datetime.combine(local.date(), hour).astimezone()
        if begins > local:
            begins = datetime.combine(local.date() - timedelta(days=1), hour).astimezone()
        lasts = timedelta(minutes=self.spread_minutes, hours=self.catch_up_hours)
        return begins if local - begins < max(lasts, timedelta(minutes=1)) else None

    def is_due(self, engagement_id: str, now: datetime) -> bool:
        """Whether the engagement's own minute of this night has come."""
        night = self.night_of(now)
        return night is not None and now >= night + self.offset(engagement_id)

    def offset(self, engagement_id: str) -> timedelta:
        """The same for an engagement every night, and even over all of them."""
        share = int.from_bytes(hashlib.sha256(engagement_id.encode()).digest()[:4]) / 2**32
        return timedelta(minutes=self.spread_minutes * share)

    def is_over(self, now: datetime) -> bool:
        """Whether every engagement's minute of this night has come."""
        night = self.night_of(now)
        return night is None or now >= night + timedelta(minutes=self.spread_minutes)


@dataclass(eq=False)
class Every:
    """Something that is done at the first look and then every so many seconds."""

    seconds: float
    last: float | None = None

    def is_due(self, now: float) -> bool:
        """Whether it is time, on the monotonic clock; asking takes the turn."""
        if self.last is not None and now - self.last < self.seconds:
            return False
        self.last = now
        return True
