"""What the checks of the latest import saw, and the sentence for it."""

from __future__ import annotations

from collections.abc import Mapping

from core.i18n import _, mark
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


_SENTENCES: Mapping[str, str] = {
    "books_moved": mark(
        "Somebody worked in the books while they were read ({count} changes): import once more before you reconcile."
    ),
    "objects_skipped": mark(
        "The books have {count} cost centres and projects, more than {limit}; they were not taken over."
    ),
    "series_filled_in": mark(
        "{count} vouchers have no series; they are shown in series {series}, which nothing else uses."
    ),
    "sign_offs_undone": mark(
        "The balance has changed since these accounts were signed off, so the sign-off is undone: {accounts}."
    ),
    "voucher_vanished": mark(
        "The closing voucher “{text}” is no longer in Fortnox as {voucher}. It is not sent again by itself: find out"
        " who removed it, and copy it if it is to be booked anew."
    ),
    "voucher_altered": mark(
        "The closing voucher “{text}” ({voucher}) has been changed in Fortnox since it was posted."
    ),
    "marker_twice": mark(
        "The closing voucher “{text}” stands in Fortnox as {voucher} and once more as {copies}: remove the one that"
        " is too many, in Fortnox."
    ),
    "period_balances_differ": mark(
        "The file's period balances (#PSALDO) are not the sums of its vouchers in {count} places, the first on"
        " {account} in {month}: {told} told, {summed} in the vouchers."
    ),
    "ledgers_left_out": mark(
        "Not both ledgers were read: annexes without a ledger show the books' side alone."
    ),
    "file_carries_no_ledgers": mark(
        "A SIE file carries no ledgers, no locked period, and not which series and accounts are open: annexes show"
        " the books' side alone."
    ),
}


def finding_text(finding: Finding) -> str:
    """The finding as a sentence, in the language in use."""
    template = _SENTENCES.get(finding.code)
    if template is None:
        return message(finding)
    return _(template).format(**{name: _shown(value) for name, value in finding.parameters.items()})


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
