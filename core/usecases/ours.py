"""Our own vouchers in books that were just read: recognised by marker and content, never by number alone.

What has been posted or written to a file is looked for at every import. What came back is marked as posted, so
that nothing counts twice; what has vanished, changed or been copied is an alarm. Nothing is ever sent again
because of what is seen here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from core.closing.marker import find_markers, marker_key
from core.closing.planner import SENDABLE
from core.closing.recognise import Found, Recognised, Recognition, recognise, same_content
from core.fortnox import resources
from core.fortnox.api import Api
from core.fortnox.voucher_schemas import VoucherHead
from core.i18n import _, mark
from core.model import Finding, Severity
from core.register import Client, ClosingVoucher, Engagement, VoucherState
from core.sie.file import SieFile
from core.sie.journal import vouchers_of
from core.store import engagements, outbox, vouchers, workshop
from core.store.database import Transaction
from core.store.outbox import OutboxEntry, OutboxState
from core.usecases.context import Context

SOUGHT = frozenset({VoucherState.POSTED, VoucherState.EXPORTED}) | SENDABLE
"""States whose vouchers are looked for; an uncertain one is the outbox's business."""

VANISHED = mark(
    "No longer in Fortnox as {voucher}: deleted there, or its number was given to another voucher."
)
ALTERED = mark("{voucher} has been changed in Fortnox since it was posted.")
COPIED = mark("The marker of {voucher} also stands on {copies}: somebody copied it, or it is booked twice.")


@dataclass(frozen=True, slots=True)
class Sought:
    """A voucher of ours to look for. ``key`` is its marker's."""

    voucher: ClosingVoucher
    key: str


@dataclass(frozen=True, slots=True)
class OwnVouchers:
    """What is looked for in a reading. ``heads`` is None where the source is a file, which has no comments."""

    sought: tuple[Sought, ...] = ()
    heads: tuple[VoucherHead, ...] | None = None
    year_id: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """One of ours and what the books say of it."""

    sought: Sought
    recognised: Recognised


def vouchers_to_find(tx: Transaction, client: Client, engagement: Engagement) -> tuple[ClosingVoucher, ...]:
    """The client's vouchers of that year to look for.

    Asked for before the books are read, so that a voucher posted meanwhile does not look lost.
    """
    return tuple(
        voucher
        for one in engagements.every(tx, client.id)
        for voucher in vouchers.of_engagement(tx, one.id, SOUGHT)
        if voucher.year == engagement.year
    )


async def look(
    ctx: Context, api: Api, client: Client, year_id: str, sought: Sequence[ClosingVoucher]
) -> OwnVouchers:
    """Read the markers of the days in question: one list, or the year's where a posted one is not among them."""
    if not sought:
        return OwnVouchers(heads=())
    known = await ctx.store.read(lambda tx: _keys(tx, sought))
    made = tuple(
        Sought(one, known.get(one.id) or marker_key(one, tenant=client.tenant, year_id=year_id))
        for one in sought
    )
    days = [voucher.date for voucher in sought]
    heads = await resources.list_vouchers(api, year_id, from_date=min(days), to_date=max(days))
    marked = {key for head in heads for key in find_markers(head.comments)}
    if any(one.voucher.state is VoucherState.POSTED and one.key not in marked for one in made):
        heads = await resources.list_vouchers(api, year_id)
    return OwnVouchers(made, tuple(heads), year_id)


def in_file(sought: Sequence[ClosingVoucher]) -> OwnVouchers:
    """For a reading of a file: only those written to a file can be told, by their content."""
    return OwnVouchers(tuple(Sought(one, "") for one in sought if one.state is VoucherState.EXPORTED))


def _keys(tx: Transaction, sought: Sequence[ClosingVoucher]) -> dict[str, str]:
    wanted = {one.engagement_id for one in sought}
    entries = [entry for one in wanted for entry in outbox.of_engagement(tx, one)]
    return {entry.voucher_id: entry.key for entry in entries if entry.state is OutboxState.POSTED}


def find_ours(sie: SieFile, own: OwnVouchers) -> list[Seen]:
    """Look for each among the books' vouchers; CPU work for a thread."""
    if not own.sought:
        return []
    days = {one.voucher.date for one in own.sought}
    numbers = {(one.voucher.series, one.voucher.number) for one in own.sought if one.voucher.number}
    heads = {(one.reference.series, one.reference.number): one for one in own.heads or ()}
    numbers |= {place for place, head in heads.items() if find_markers(head.comments)}
    found = [
        Found(one.series, one.number, one.date, _comments(heads.get((one.series, one.number))), one.rows)
        for one in vouchers_of(sie, numbers, days)
    ]
    seen = []
    for one in sorted(own.sought, key=lambda sought: sought.voucher.state is not VoucherState.POSTED):
        recognised = _recognise(one, found)
        if recognised.recognition is Recognition.UNMARKED:
            found.remove(_of(recognised))
        seen.append(Seen(one, recognised))
    return seen


def _comments(head: VoucherHead | None) -> str:
    return head.comments if head else ""


def _of(recognised: Recognised) -> Found:
    assert recognised.ours is not None
    return recognised.ours


def _recognise(one: Sought, found: Sequence[Found]) -> Recognised:
    """By marker; without it by content, for what went by file, or still stands under the number we were given."""
    voucher = one.voucher
    if one.key:
        recognised = recognise(voucher, one.key, found)
        if recognised.ours is not None:
            return recognised
    if voucher.state is VoucherState.EXPORTED:
        return recognise(voucher, one.key or "-", found, by_content=True)
    there = [
        other
        for other in found
        if (other.series, other.number) == (voucher.series, voucher.number)
        and not find_markers(other.comments)
        and same_content(voucher, other)
    ]
    if voucher.state is VoucherState.POSTED and there:
        return Recognised(there[0], Recognition.UNMARKED)
    return Recognised(None, Recognition.FOREIGN)


def apply_seen(
    ctx: Context, tx: Transaction, client: Client, import_id: str, own: OwnVouchers, seen: Iterable[Seen]
) -> list[Finding]:
    """Write down what was recognised, inside the import's transaction; what alarms is a finding too."""
    findings: list[Finding] = []
    held: list[str] = []
    for one in seen:
        current = vouchers.get(tx, one.sought.voucher.id)
        if current is None or current != one.sought.voucher:
            continue
        after, finding = _after(current, one.recognised)
        if after != current:
            vouchers.update(tx, after)
            _record(ctx, tx, client, current, after)
            if current.state is not VoucherState.POSTED and one.sought.key:
                outbox.put(tx, _entry(ctx, client, own.year_id, after, one.sought.key))
        if finding is not None:
            findings.append(finding)
        if one.recognised.ours is not None:
            held.append(current.id)
    workshop.note_in_books(tx, import_id, held)
    return findings


def _after(current: ClosingVoucher, recognised: Recognised) -> tuple[ClosingVoucher, Finding | None]:
    """The voucher as it is from now on, and the alarm if there is one."""
    ours, label = recognised.ours, f"{current.series} {current.number}".strip()
    if ours is None:
        if current.state is not VoucherState.POSTED:
            return current, None
        return _alarm(current, VANISHED, "voucher_vanished", Severity.ERROR, voucher=label)
    label = f"{ours.series} {ours.number}"
    posted = replace(current, state=VoucherState.POSTED, series=ours.series, number=ours.number, error="")
    if recognised.copies:
        copies = ", ".join(f"{one.series} {one.number}" for one in recognised.copies)
        marked = recognised.recognition is not Recognition.UNMARKED
        if marked:
            return _alarm(posted, COPIED, "marker_twice", Severity.ERROR, voucher=label, copies=copies)
    if recognised.recognition is Recognition.ALTERED:
        return _alarm(posted, ALTERED, "voucher_altered", Severity.WARNING, voucher=label)
    return posted, None


def _alarm(
    alarmed: ClosingVoucher, sentence: str, code: str, severity: Severity, **names: str
) -> tuple[ClosingVoucher, Finding]:
    finding = Finding(severity, code, parameters={**names, "text": alarmed.text})
    return replace(alarmed, error=_(sentence).format(**names)), finding


def _record(
    ctx: Context, tx: Transaction, client: Client, before: ClosingVoucher, after: ClosingVoucher
) -> None:
    ctx.record(
        tx,
        "voucher.seen" if not after.error else "voucher.alarm",
        client_id=client.id,
        engagement_id=after.engagement_id,
        outcome="conflict" if after.error else "ok",
        voucher=after.id,
        series=after.series,
        number=after.number,
        before=before.state.value,
    )


def _entry(ctx: Context, client: Client, year_id: str, voucher: ClosingVoucher, key: str) -> OutboxEntry:
    """A voucher that was adopted from the books needs its entry, so that it is never sent."""
    return OutboxEntry(
        key,
        client.tenant,
        voucher.id,
        voucher.engagement_id,
        year_id,
        voucher.series,
        OutboxState.POSTED,
        "",
        ctx.person,
        number=voucher.number,
    )
