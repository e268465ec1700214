"""The order of the closing vouchers, undoing a local change, and deciding a fate that brygga cannot know."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass

from msgspec.structs import replace

from core.closing.checks import YearFacts, check_vouchers, require
from core.errors import Refused
from core.i18n import _
from core.register import Client, ClosingVoucher, VoucherState
from core.store import outbox, vouchers, workshop
from core.store.database import Transaction
from core.store.outbox import OutboxEntry, OutboxState
from core.text import clean
from core.usecases.context import Context
from core.usecases.engagements import load, refuse_locked
from core.usecases.rights import Right, needs
from core.usecases.vouchers import EDITABLE, find, left_brygga, note_before, record

UNDOABLE = EDITABLE | {VoucherState.EXCLUDED}
"""States of a voucher whose latest change can be taken back."""
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
        before = vouchers.of_engagement(tx, engagement.id)
        places = vouchers.positions(tx, engagement.id)
        order = list(places)
        at = order.index(voucher_id)
        order.insert(max(0, min(at + by, len(order) - 1)), order.pop(at))
        moved = dict(zip(order, sorted(places.values()), strict=True))
        changes = [
            workshop.Change(one.id, one, places[one.id]) for one in before if moved[one.id] != places[one.id]
        ]
        for change in changes:
            vouchers.place(tx, change.voucher_id, moved[change.voucher_id])
        if changes:
            workshop.note_changes(tx, engagement.id, ctx.new_id(), changes)
            record(ctx, tx, client, voucher, "voucher.moved")
        return vouchers.of_engagement(tx, engagement.id)

    return await ctx.store.write(work)


@dataclass(frozen=True, slots=True)
class Undone:
    """What taking back a change did; both empty when there was nothing to take back."""

    restored: list[ClosingVoucher]
    """Vouchers that are as before."""
    removed: list[ClosingVoucher]
    """Vouchers that the change had added."""


@needs(Right.WORK)
async def undo(ctx: Context, engagement_id: str) -> Undone:
    """Take back the latest local change of the engagement's closing vouchers.

    Raises:
        UsageError: ``id_unknown``.
        Refused: ``read_only``: the voucher has left brygga since; ``engagement_locked``.
    """

    def work(tx: Transaction) -> Undone:
        client, engagement = load(tx, engagement_id)
        refuse_locked(client, engagement)
        undone = Undone([], [])
        for change in reversed(workshop.take_latest_step(tx, engagement_id)):
            voucher = _restore(tx, change, undone)
            if voucher is not None:
                record(ctx, tx, client, voucher, "voucher.undone")
        return undone

    return await ctx.store.write(work)


def _restore(tx: Transaction, change: workshop.Change, undone: Undone) -> ClosingVoucher | None:
    """Make a voucher what it was before a change; what it is now, or was when it went."""
    current, before = vouchers.get(tx, change.voucher_id), change.before
    if current is not None and current != before and current.state not in UNDOABLE:
        raise left_brygga(current, _("The change before that cannot be undone."))
    if before is None:
        if current is not None:
            vouchers.delete(tx, change.voucher_id)
            undone.removed.append(current)
        return current
    if current is None:
        vouchers.insert(tx, before)
        after = before
    elif current == before:
        after = current
    else:
        after = replace(before, revision=current.revision + (_content(current) != _content(before)))
        vouchers.update(tx, after)
    if change.position is not None:
        vouchers.place(tx, before.id, change.position)
    undone.restored.append(after)
    return after


def _content(voucher: ClosingVoucher) -> tuple[object, ...]:
    return voucher.date, voucher.text, voucher.rows, voucher.year


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
    """Say, after looking in Fortnox, that a voucher is not there: it is ready to be sent again.

    For one that brygga has looked for in vain, was written to a file, or was left out. Its marker stays, so that
    one that turns up in Fortnox after all is found by the next export and not sent again.

    Raises:
        UsageError: ``id_unknown``.
        Refused: ``engagement_locked``; ``read_only`` for one that stands in Fortnox, is being sent, or has
            never left; ``voucher_unbalanced`` or another failed check.
    """
    return await _decide(ctx, voucher_id, VoucherState.READY)


@needs(Right.WORK)
async def include_voucher(ctx: Context, voucher_id: str) -> ClosingVoucher:
    """Take a voucher that was left out back as a draft, with its marker.

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
        if not (stuck and voucher.state is VoucherState.UNKNOWN):
            _require_free(client, voucher, entries, state)
            note_before(tx, ctx.new_id(), voucher)
        for entry in stuck:
            outbox.put(tx, dataclasses.replace(entry, state=OutboxState.REJECTED, attempts=0))
        if state is VoucherState.READY:
            require(check_vouchers([voucher], YearFacts(voucher.year)))
        after = replace(voucher, state=state, error="", undecided=False)
        vouchers.update(tx, after)
        record(ctx, tx, client, after, f"voucher.decided_{state.value}")
        return after

    return await ctx.store.write(work)


def _require_free(
    client: Client, voucher: ClosingVoucher, entries: Iterable[OutboxEntry], state: VoucherState
) -> None:
    """Refuse where Fortnox has the voucher, may have it, or there is nothing to decide."""
    if voucher.state is VoucherState.POSTED:
        raise left_brygga(voucher)
    if voucher.state not in DECIDABLE or any(one.state not in NOT_BOOKED for one in entries):
        raise _undecided(client, voucher)
    if state is VoucherState.READY and voucher.state in EDITABLE:
        raise Refused(
            "read_only",
            _("The voucher “{text}” has not left brygga.").format(text=clean(voucher.text, 60)),
            _("Only one that was sent, written to a file or left out is released."),
            _("Mark it as ready instead: brygga voucher ready ID"),
        )


def _undecided(client: Client, voucher: ClosingVoucher) -> Refused:
    return Refused(
        "read_only",
        _("The voucher “{text}” of {client} is not a person's to decide.").format(
            text=clean(voucher.text, 60), client=client.name
        ),
        _("brygga knows where it is, or looks it up at the next export."),
        _("Run the export once more."),
    )
