"""When something is due: the nightly import, spread out per engagement, and what is done every so often."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, time, timedelta


@dataclass
class Nightly:
    """An hour of the day in local time, from which each engagement has its own minute."""

    at: str
    """``02:30``; empty is never."""
    spread_minutes: int
    began: datetime
    """When the service started: nights before that are not made up for."""

    def night_of(self, now: datetime) -> datetime | None:
        """The latest beginning of a night at or before ``now``, in UTC; None while there has been none."""
        if not self.at:
            return None
        local = now.astimezone()
        begins = datetime.combine(local.date(), time.fromisoformat(self.at)).astimezone()
        if begins > local:
            begins = datetime.combine(
                local.date() - timedelta(days=1), time.fromisoformat(self.at)
            ).astimezone()
        return begins if begins >= self.began else None

    def is_due(self, engagement_id: str, now: datetime) -> bool:
        """Whether the engagement's own minute of this night has come."""
        night = self.night_of(now)
        return night is not None and now >= night + self.offset(engagement_id)

    def offset(self, engagement_id: str) -> timedelta:
        """The same for an engagement every night, and even over all of them."""
        share = int.from_bytes(hashlib.sha256(engagement_id.encode()).digest()[:4]) / 2**32
        return timedelta(minutes=self.spread_minutes * share)


@dataclass
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
