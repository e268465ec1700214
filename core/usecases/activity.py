"""The activity log as the interface and the commands show it."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from core.clock import today
from core.register import AuditEvent
from core.store import audit
from core.usecases.context import Context

COUNTED: Final = 20_000
"""Events that a count by day looks at, so that years of them cost nothing."""


async def activity(ctx: Context, limit: int = 500, client_id: str | None = None) -> list[AuditEvent]:
    """The newest events first."""
    return await ctx.store.read(lambda tx: audit.latest(tx, limit, client_id))


async def activity_by_day(ctx: Context, days: int = 14) -> dict[str, list[int]]:
    """How often something was done to each client on each of the latest days, today last; client id -> counts.

    Clients to which nothing was done are left out. Of a busy firm only the newest ``COUNTED`` events count.
    """
    last = today(ctx.clock)
    since = ctx.now() - timedelta(days=days)
    counts: dict[str, list[int]] = {}
    for client_id, hour, times in await ctx.store.read(lambda tx: audit.by_hour(tx, since, COUNTED)):
        ago = (last - hour.astimezone().date()).days
        if 0 <= ago < days:
            counts.setdefault(client_id, [0] * days)[days - 1 - ago] += times
    return counts


async def first_broken_event(ctx: Context) -> int | None:
    """The sequence number of the first audit row that was changed, removed or moved; None when all hold."""
    return await ctx.store.read(audit.first_broken)
