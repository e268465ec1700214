"""The activity log as the interface and the commands show it."""

from __future__ import annotations

from core.register import AuditEvent
from core.store import audit
from core.usecases.context import Context


async def activity(ctx: Context, limit: int = 500, client_id: str | None = None) -> list[AuditEvent]:
    """The newest events first."""
    return await ctx.store.read(lambda tx: audit.latest(tx, limit, client_id))


async def first_broken_event(ctx: Context) -> int | None:
    """The sequence number of the first audit row that was changed, removed or moved; None when all hold."""
    return await ctx.store.read(audit.first_broken)
