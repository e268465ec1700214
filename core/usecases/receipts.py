"""Receipts: what an export posted, with numbers, sums, hashes, person and time."""

from __future__ import annotations

import hashlib
from typing import cast

from core.clock import rfc3339
from core.closing.marker import PREFIX, canonical
from core.money import to_text
from core.register import Client, ClosingVoucher, Engagement
from core.store import outbox, receipts, vouchers
from core.store.database import Transaction
from core.store.outbox import OutboxEntry, OutboxState
from core.store.receipts import StoredReceipt
from core.usecases.context import Context
from core.usecases.engagements import load

Receipt = StoredReceipt
"""A receipt of an export: its ``body`` is the JSON that the commands and files show."""


def _not_told_of(tx: Transaction, engagement_id: str) -> list[OutboxEntry]:
    """What has been posted and stands on no receipt."""
    told = {
        line["marker"]
        for receipt in receipts.of_engagement(tx, engagement_id)
        for line in cast("list[dict[str, str]]", receipt.body["vouchers"])
    }
    return [
        entry
        for entry in outbox.of_engagement(tx, engagement_id)
        if entry.state is OutboxState.POSTED and f"{PREFIX}{entry.key}" not in told
    ]


def ensure_receipt(ctx: Context, tx: Transaction, client: Client, engagement: Engagement) -> Receipt | None:
    """Write a receipt of what was posted and stands on none yet, inside a transaction; None for nothing.

    What a killed run had posted comes onto the receipt of the next one.
    """
    posted = [(entry, vouchers.get(tx, entry.voucher_id)) for entry in _not_told_of(tx, engagement.id)]
    if not posted:
        return None
    made_at, number = ctx.now(), ctx.new_id()
    body: dict[str, object] = {
        "receipt": number,
        "made_at": rfc3339(made_at),
        "person": ctx.person,
        "client": client.name,
        "orgnr": client.orgnr,
        "tenant": client.tenant,
        "year": [engagement.year.from_date.isoformat(), engagement.year.to_date.isoformat()],
        "series": sorted({entry.series for entry, _voucher in posted}),
        "count": len(posted),
        "sum": to_text(sum(voucher.turnover for _entry, voucher in posted if voucher)),
        "vouchers": [_line(entry, voucher) for entry, voucher in posted],
    }
    receipt = Receipt(number, engagement.id, made_at, ctx.person, body)
    receipts.insert(tx, receipt)
    ctx.record(
        tx,
        "export.receipt",
        client_id=client.id,
        engagement_id=engagement.id,
        receipt=number,
        count=len(posted),
    )
    return receipt


def _line(entry: OutboxEntry, voucher: ClosingVoucher | None) -> dict[str, object]:
    content = canonical(voucher) if voucher else entry.body
    return {
        "id": entry.voucher_id,
        "series": entry.series,
        "number": entry.number,
        "date": voucher.date.isoformat() if voucher else None,
        "text": voucher.text if voucher else None,
        "sum": to_text(voucher.turnover) if voucher else None,
        "marker": f"{PREFIX}{entry.key}",
        "sha256": hashlib.sha256(content.encode()).hexdigest(),
    }


async def list_receipts(ctx: Context, engagement_id: str) -> list[Receipt]:
    """The engagement's receipts, the newest first.

    Raises:
        UsageError: ``id_unknown``.
    """

    def work(tx: Transaction) -> list[Receipt]:
        load(tx, engagement_id)
        return receipts.of_engagement(tx, engagement_id)

    return await ctx.store.read(work)
