"""What the checks of the latest import saw, and the sentence for it."""

from __future__ import annotations

from core.model import Finding
from core.sie.messages import message
from core.store import imports
from core.store.database import Transaction
from core.usecases.context import Context


async def latest_findings(ctx: Context, engagement_id: str) -> list[Finding]:
    """The findings of the engagement's latest import; empty before the first."""

    def work(tx: Transaction) -> list[Finding]:
        run = imports.latest(tx, engagement_id)
        return list(run.findings) if run else []

    return await ctx.store.read(work)


def finding_text(finding: Finding) -> str:
    """The finding as a sentence, in the language in use."""
    return message(finding)
