"""Closing vouchers: written, marked ready, taken back. Nothing here talks to Fortnox."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from core.closing.checks import YearFacts, check_vouchers, require, require_balanced
from core.closing.planner import year_of
from core.closing.reversal import year_after
from core.closing.voucherfile import parse_voucher_file
from core.collector import collector_paused
from core.errors import Refused, UsageError
from core.files import read_regular_file
from core.i18n import _
from core.register import Client, ClosingVoucher, DraftVoucher, Engagement, VoucherState
from core.store import engagements, vouchers, workshop
from core.store.database import Transaction
from core.text import clean
from core.usecases.context import Context
from core.usecases.engagements import load, refuse_locked
from core.usecases.rights import Right, needs
from core.usecases.siebooks import read_sie, refuse_damaged, refuse_other_company

EDITABLE = frozenset(
    {VoucherState.DRAFT, VoucherState.READY, VoucherState.REJECTED, VoucherState.WAITING_YEAR}
)
"""States in which a voucher has not left brygga."""


async def list_vouchers(
    ctx: Context, engagement_id: str, known: Iterable[ClosingVoucher] = ()
) -> list[ClosingVoucher]:
    """The engagement's closing vouchers in their order.

    Those among ``known`` that have not changed are given again as the very same objects: what has been made of
    them still holds, and a list that is read anew does not take its memory twice.
    """

    def work(tx: Transaction) -> list[ClosingVoucher]:
        before = {one.id: one for one in known}
        with collector_paused():
            return [
                old if (old := before.get(one.id, one)) == one else one
                for one in vouchers.each(tx, engagement_id)
            ]

    return await ctx.store.read(work)


async def get_voucher(ctx: Context, voucher_id: str) -> ClosingVoucher:
    """One closing voucher.

    Raises:
        UsageError: ``id_unknown``.
    """
    return await ctx.store.read(lambda tx: find(tx, voucher_id))


async def read_voucher_file(ctx: Context, engagement_id: str, path: Path) -> list[DraftVoucher]:
    """The drafts of a JSON or SIE file; a SIE file must be of the same company, and every row of it readable.

    Raises:
        UsageError: ``file_missing``, ``id_unknown``; ``usage`` naming what is wrong in the JSON.
        Refused: ``not_sie``, ``sie_fatal``, ``company_mismatch``.
    """
    data = await asyncio.to_thread(read_regular_file, path)
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"["}:
        return parse_voucher_file(data)
    client, __ = await ctx.store.read(lambda tx: load(tx, engagement_id))
    sie = await read_sie(data, path.name)
    refuse_other_company(client, sie)
    refuse_damaged(sie)
    return [DraftVoucher(one.date, one.text, one.rows) for one in sie.vouchers()]


@needs(Right.WORK)
async def add_vouchers(
    ctx: Context, engagement_id: str, drafts: Sequence[DraftVoucher], *, allow_unbalanced: bool = False
) -> list[ClosingVoucher]:
    """Store drafts, all or none; only the editor keeps one that does not balance yet.

    Raises:
        UsageError: ``id_unknown``.
        Refused: ``engagement_locked``, ``voucher_unbalanced`` naming the voucher and its difference.
    """
    if not allow_unbalanced:
        require_balanced(drafts)

    def work(tx: Transaction) -> list[ClosingVoucher]:
        client, engagement = load(tx, engagement_id)
        refuse_locked(client, engagement)
        made = [_new(ctx, tx, engagement, draft) for draft in drafts]
        insert_new(ctx, tx, client, made)
        return made

    return await ctx.store.write(work)


def insert_new(ctx: Context, tx: Transaction, client: Client, made: Sequence[ClosingVoucher]) -> None:
    """Store new vouchers of one engagement as one step that can be undone."""
    for voucher in made:
        vouchers.insert(tx, voucher)
        record(ctx, tx, client, voucher, "voucher.added")
    if made:
        changes = [workshop.Change(voucher.id, None, None) for voucher in made]
        workshop.note_changes(tx, made[0].engagement_id, ctx.new_id(), changes)


@needs(Right.WORK)
async def save_voucher(ctx: Context, voucher_id: str, draft: DraftVoucher) -> ClosingVoucher:
    """Replace a voucher's content; it becomes a draft of a new revision.

    Raises:
        UsageError: ``id_unknown``.
        Refused: ``read_only`` once it has left brygga; ``engagement_locked``.
    """

    def change(tx: Transaction, engagement: Engagement, voucher: ClosingVoucher) -> ClosingVoucher:
        content = _content(tx, engagement, draft)
        return replace(voucher, **content, state=VoucherState.DRAFT, error="", revision=voucher.revision + 1)

    return (await _change(ctx, [voucher_id], "voucher.changed", change))[0]


@needs(Right.WORK)
async def replace_from_file(ctx: Context, voucher_id: str, path: Path) -> ClosingVoucher:
    """``save_voucher`` with the one voucher that a file holds.

    Raises:
        UsageError: ``id_unknown``; as ``read_voucher_file``; ``usage``: the file holds none or several.
        Refused: ``voucher_unbalanced``; ``read_only`` once it has left brygga; ``engagement_locked``.
    """
    found = await get_voucher(ctx, voucher_id)
    drafts = await read_voucher_file(ctx, found.engagement_id, path)
    if len(drafts) != 1:
        raise _not_one(len(drafts))
    require_balanced(drafts)
    return await save_voucher(ctx, voucher_id, drafts[0])


@needs(Right.WORK)
async def mark_ready(ctx: Context, voucher_ids: Sequence[str]) -> list[ClosingVoucher]:
    """Say that the vouchers may be posted; all of them or none.

    Raises:
        UsageError: ``id_unknown``.
        Refused: ``voucher_unbalanced`` or another failed check; ``read_only``; ``engagement_locked``.
    """

    def change(_tx: Transaction, _engagement: Engagement, voucher: ClosingVoucher) -> ClosingVoucher:
        require(check_vouchers([voucher], YearFacts(voucher.year)))
        return replace(voucher, state=VoucherState.READY, error="")

    return await _change(ctx, voucher_ids, "voucher.ready", change)


@needs(Right.WORK)
async def mark_draft(ctx: Context, voucher_ids: Sequence[str]) -> list[ClosingVoucher]:
    """Take readiness back.

    Raises:
        UsageError: ``id_unknown``.
        Refused: ``read_only``; ``engagement_locked``.
    """

    def change(_tx: Transaction, _engagement: Engagement, voucher: ClosingVoucher) -> ClosingVoucher:
        return replace(voucher, state=VoucherState.DRAFT)

    return await _change(ctx, voucher_ids, "voucher.draft", change)


@needs(Right.WORK)
async def remove_vouchers(ctx: Context, voucher_ids: Sequence[str]) -> list[ClosingVoucher]:
    """Remove vouchers that have not left brygga; returns what was removed (for *ångra*).

    Raises:
        UsageError: ``id_unknown``.
        Refused: ``read_only`` once one has left brygga; ``engagement_locked``.
    """

    def work(tx: Transaction) -> list[ClosingVoucher]:
        removed: list[ClosingVoucher] = []
        step = ctx.new_id()
        for voucher_id in dict.fromkeys(voucher_ids):
            client, voucher = editable(tx, voucher_id)
            note_before(tx, step, voucher)
            vouchers.delete(tx, voucher_id)
            record(ctx, tx, client, voucher, "voucher.removed")
            removed.append(voucher)
        return removed

    return await ctx.store.write(work)


_Change = Callable[[Transaction, Engagement, ClosingVoucher], ClosingVoucher]


async def _change(
    ctx: Context, voucher_ids: Iterable[str], action: str, change: _Change
) -> list[ClosingVoucher]:
    def work(tx: Transaction) -> list[ClosingVoucher]:
        changed = []
        step = ctx.new_id()
        for voucher_id in dict.fromkeys(voucher_ids):
            client, voucher = editable(tx, voucher_id)
            note_before(tx, step, voucher)
            after = change(tx, load(tx, voucher.engagement_id)[1], voucher)
            vouchers.update(tx, after)
            record(ctx, tx, client, after, action)
            changed.append(after)
        return changed

    return await ctx.store.write(work)


def find(tx: Transaction, voucher_id: str) -> ClosingVoucher:
    """The voucher, inside a transaction.

    Raises:
        UsageError: ``id_unknown``.
    """
    voucher = vouchers.get(tx, voucher_id)
    if voucher is None:
        named = clean(voucher_id).strip()
        raise UsageError(
            "id_unknown",
            _("There is no closing voucher {id}.").format(id=named) if named else _("The id is empty."),
            _("It may have been removed meanwhile.") if named else _("It should name one closing voucher."),
            _("List them with: brygga voucher list CLIENT"),
        )
    return voucher


def note_before(tx: Transaction, step: str, voucher: ClosingVoucher) -> None:
    """Remember a voucher as it is, for undoing the step."""
    place = vouchers.positions(tx, voucher.engagement_id).get(voucher.id)
    workshop.note_changes(tx, voucher.engagement_id, step, [workshop.Change(voucher.id, voucher, place)])


def editable(tx: Transaction, voucher_id: str) -> tuple[Client, ClosingVoucher]:
    """A voucher that may be changed, with its client.

    Raises:
        UsageError: ``id_unknown``.
        Refused: ``read_only`` once it has left brygga; ``engagement_locked``.
    """
    voucher = find(tx, voucher_id)
    client, engagement = load(tx, voucher.engagement_id)
    refuse_locked(client, engagement)
    if voucher.state not in EDITABLE:
        raise left_brygga(voucher)
    return client, voucher


def left_brygga(voucher: ClosingVoucher, meaning: str = "") -> Refused:
    """A voucher is in the books, in a file, or on its way, and stays as it is."""
    return Refused(
        "read_only",
        _("The voucher “{text}” has left brygga and is not changed.").format(text=clean(voucher.text, 60)),
        meaning or _("What has been posted or written to a file is corrected with a new voucher."),
        _("Make a correcting voucher instead."),
    )


def _new(ctx: Context, tx: Transaction, engagement: Engagement, draft: DraftVoucher) -> ClosingVoucher:
    return ClosingVoucher(
        id=ctx.new_id(),
        engagement_id=engagement.id,
        state=VoucherState.DRAFT,
        **_content(tx, engagement, draft),
    )


def _content(tx: Transaction, engagement: Engagement, draft: DraftVoucher) -> dict[str, Any]:
    known = [other.year for other in engagements.every(tx, engagement.client_id)]
    years = [engagement.year, *known, year_after(engagement.year, known)]
    return {
        "date": draft.date,
        "text": clean(draft.text).strip(),
        "rows": tuple(replace(row, text=clean(row.text, 100)) for row in draft.rows),
        "year": year_of(draft.date, years) or engagement.year,
    }


def record(ctx: Context, tx: Transaction, client: Client, voucher: ClosingVoucher, action: str) -> None:
    """Add the audit event of something done to a voucher."""
    ctx.record(
        tx,
        action,
        client_id=client.id,
        engagement_id=voucher.engagement_id,
        voucher=voucher.id,
        revision=voucher.revision,
        turnover=voucher.turnover,
    )


def _not_one(count: int) -> UsageError:
    return UsageError(
        "usage",
        _("The file holds {count} vouchers.").format(count=count),
        _("Nothing was changed: one voucher takes the content of one."),
        _("Leave one voucher in the file, or add new ones with: brygga voucher add CLIENT FILE"),
    )
