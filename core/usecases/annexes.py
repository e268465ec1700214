"""The annexes of the latest import."""

from __future__ import annotations

from core.errors import UsageError
from core.i18n import _
from core.ledger.sentences import sentence
from core.model import Annex, Explanation
from core.store import imports
from core.store.database import Transaction
from core.text import clean
from core.usecases.context import Context
from core.usecases.engagements import load


async def annexes(ctx: Context, engagement_id: str, account: str | None = None) -> list[Annex]:
    """The annexes made at the latest import, or the one of ``account``; empty before the first import.

    Raises:
        UsageError: ``id_unknown``; ``account_unknown`` when no ledger stands on the account.
    """

    def work(tx: Transaction) -> list[Annex]:
        load(tx, engagement_id)
        run = imports.latest(tx, engagement_id)
        return imports.annexes(tx, run.id) if run else []

    made = await ctx.store.read(work)
    if account is None:
        return made
    wanted = [annex for annex in made if annex.account == account]
    if not wanted:
        raise UsageError(
            "account_unknown",
            _("There is no annex for account {account}.").format(account=clean(account)),
            _("Annexes exist for: {accounts}").format(
                accounts=", ".join(annex.account for annex in made) or _("none yet")
            ),
            _("Import the year first, or choose one of those."),
        )
    return wanted


def explanation_text(explanation: Explanation, account: str) -> str:
    """The explanation of a difference on ``account`` as one sentence in the language in use."""
    return sentence(explanation, account)
