"""When each engagement's books were fetched the last time."""

from __future__ import annotations

from datetime import datetime

from core.store import imports
from core.usecases.context import Context


async def latest_imports(ctx: Context) -> dict[str, datetime]:
    """The time of the latest import by the engagement's id; those without one are left out."""
    return await ctx.store.read(imports.newest_times)
