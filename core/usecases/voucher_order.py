"""The order of the closing vouchers, undoing a local change, and deciding a fate that brygga cannot know."""

from __future__ import annotations

import dataclasses

from msgspec.structs import replace

from core.errors import Refused
from core.i18n import _
from core.register import Client, ClosingVoucher, VoucherState
from core.store import outbox, vouchers, workshop
from core.store.database import Transaction
from core.store.outbox import OutboxState
from core.text import clean
from core.usecases.context import Context
from core.usecases.engagements import load, refuse_locked
from core.usecases.rights import Right, needs
from core.usecases.vouchers import EDITABLE, find, record

DECIDABLE = EDITABLE | {VoucherState.EXPORTED, VoucherState.EXCLUDED}
"""States that a person may decide about, as long as Fortnox cannot have the voucher."""
NOT_BOOKED = frozenset({OutboxState.NEW, OutboxState.REJECTED})


@needs(Right.WORK)
async def move_voucher(ctx: Context, voucher_id: str, by: int) -> list[ClosingVoucher]:
    """Move a voucher in the engagement's order, down for positive ``by``; vouchers of a day are sent in it.

    Returns the engagement's vouchers in the new order.

    Raises:
        UsageError: ``id_unknown``.
        Refused: ``engagement_locked``.
    """

    def work(tx: Transaction) -> list[ClosingVoucher]:
        voucher = find(tx, voucher_id)
        client, engagement = load(tx, voucher.engagement_id)
        refuse_locked(client, engagement)
        places = vouchers.positions(tx, engagement.id)
        order = list(places)
        at = order.index(voucher_id)
        order.insert(max(0, min(at + by, len(order) - 1)), order.pop(at))
        for one, position in zip(order, sorted(places.values()), strict=True):
            if places[one] != position:
                vouchers.place(tx, one, position)
        record(ctx, tx, client, voucher, "voucher.moved")
        return vouchers.of_engagement(tx, engagement.id)

    return await ctx.store.write(work)


@needs(Right.WORK)
async def undo(ctx: Context, engagement_id: str) -> list[ClosingVoucher]:
    """Take back the latest local change of the engagement's closing vouchers; what is as before, empty for nothing.

    Raises:
        UsageError: ``id_unknown``.
        Refused: ``read_only``: the voucher has left brygga since; ``engagement_locked``.
    """

    def work(tx: Transaction) -> list[ClosingVoucher]:
        client, engagement = load(tx, engagement_id)
        refuse_locked(client, engagement)
        restored = []
        for change in reversed(workshop.take_latest_step(tx, engagement_id)):
            after = _restore(tx, change)
            if after is not None:
                restored.append(after)
            shown = after or change.before
            if shown is not None:
                record(ctx, tx, client, shown, "voucher.undone")
        return restored

    return await ctx.store.write(work)


def _restore(tx: Transaction, change: workshop.Change) -> ClosingVoucher | None:
    current = vouchers.get(tx, change.voucher_id)
    if current is not None and current.state not in EDITABLE:
        raise Refused(
            "read_only",
            _("The voucher “{text}” has left brygga and is not changed.").format(
                text=clean(current.text, 60)
            ),
            _("The change before that cannot be undone."),
            _("Make a correcting voucher instead."),
        )
    if change.before is None:
        vouchers.delete(tx, change.voucher_id)
        return None
    before = change.before
    if current is None:
        vouchers.insert(tx, before)
        if change.position is not None:
            vouchers.place(tx, before.id, change.position)
        return before
    same = (current.date, current.text, current.rows, current.year) == (
        before.date,
        before.text,
        before.rows,
        before.year,
    )
    after = replace(before, revision=current.revision if same else current.revision + 1)
    vouchers.update(tx, after)
    return after


@needs(Right.WORK)
async def exclude_voucher(ctx: Context, voucher_id: str) -> ClosingVoucher:
    """Leave a voucher out for good: it is neither sent nor counted.

    For a voucher that was written to a file but never read in, or whose fate a person has found out.

    Raises:
        UsageError: ``id_unknown``.
        Refused: ``engagement_locked``; ``read_only`` for one that stands in Fortnox or is being sent.
    """
    return await _decide(ctx, voucher_id, VoucherState.EXCLUDED)


@needs(Right.WORK)
async def release_voucher(ctx: Context, voucher_id: str) -> ClosingVoucher:
    """Say, after looking in Fortnox, that an uncertain voucher is not there: it is ready to be sent again.

    Raises:
        UsageError: ``id_unknown``.
        Refused: ``engagement_locked``; ``read_only`` while brygga can still find out by itself.
    """
    return await _decide(ctx, voucher_id, VoucherState.READY)


@needs(Right.WORK)
async def include_voucher(ctx: Context, voucher_id: str) -> ClosingVoucher:
    """Take a voucher that was left out back as a draft.

    Its marker stays, so that one that stands in Fortnox after all is found and not sent again.

    Raises:
        UsageError: ``id_unknown``.
        Refused: ``engagement_locked``; ``read_only`` for one that stands in Fortnox or is being sent.
    """
    return await _decide(ctx, voucher_id, VoucherState.DRAFT)


async def _decide(ctx: Context, voucher_id: str, state: VoucherState) -> ClosingVoucher:
    def work(tx: Transaction) -> ClosingVoucher:
        voucher = find(tx, voucher_id)
        client, engagement = load(tx, voucher.engagement_id)
        refuse_locked(client, engagement)
        entries = [one for one in outbox.of_engagement(tx, engagement.id) if one.voucher_id == voucher_id]
        stuck = [one for one in entries if one.state is OutboxState.CONFLICT]
        free = voucher.state in DECIDABLE and all(one.state in NOT_BOOKED for one in entries)
        if not free and not (stuck and voucher.state is VoucherState.UNKNOWN):
            raise _undecided(client, voucher)
        for entry in stuck:
            outbox.put(tx, dataclasses.replace(entry, state=OutboxState.REJECTED, attempts=0))
        revision = voucher.revision + (state is VoucherState.READY)
        after = replace(voucher, state=state, error="", revision=revision)
        vouchers.update(tx, after)
        record(ctx, tx, client, after, f"voucher.decided_{state.value}")
        return after

    return await ctx.store.write(work)


def _undecided(client: Client, voucher: ClosingVoucher) -> Refused:
    return Refused(
        "read_only",
        _("The voucher “{text}” of {client} is not a person's to decide.").format(
            text=clean(voucher.text, 60), client=client.name
        ),
        _("brygga knows where it is, or looks it up at the next export."),
        _("Run the export once more."),
    )
