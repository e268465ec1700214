"""The checks before an export that need Fortnox's own list of vouchers, and the ones a person may let pass."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta

from msgspec.structs import replace

from core.closing.marker import find_markers, marker_key
from core.fortnox import resources
from core.fortnox.api import Api
from core.fortnox.voucher_schemas import VoucherHead
from core.i18n import _, ngettext
from core.register import Check, Client, ClosingVoucher, ConnectionState, Engagement, ImportRun, SourceKind
from core.sie.file import SieFile
from core.sie.reader import read
from core.store import imports, outbox, workshop
from core.store.database import Transaction
from core.store.outbox import OutboxEntry, OutboxState
from core.text import clean
from core.usecases.context import Context
from core.usecases.engagements import load, refuse_locked
from core.usecases.moved import MARGIN
from core.usecases.posting import UNCERTAIN, seconds_left
from core.usecases.rights import Right, needs

TO_ACKNOWLEDGE = frozenset({"books_changed", "vat_reported", "in_file"})
"""Checks that refuse until a person has said that the matter is known."""
VAT_SERIES = "M"
"""Fortnox's series of VAT reports (momsredovisning)."""
NAMED = 3


def source_check(engagement: Engagement) -> Check:
    """Whether the books come from Fortnox, where the vouchers go."""
    if engagement.source is SourceKind.FORTNOX:
        return Check("wrong_source", ok=True, text=_("The books come from Fortnox"))
    return Check(
        "wrong_source",
        ok=False,
        text=_("The engagement's books come from a SIE file, not from Fortnox"),
        remedy=_("Write the vouchers to a file, or switch the source to Fortnox and import."),
    )


def connection_check(state: ConnectionState, *, imported: bool) -> Check:
    """Whether Fortnox can be reached on the client's behalf, and the year has been imported from it."""
    if state is ConnectionState.NONE:
        return Check(
            "login_needed",
            ok=False,
            text=_("The client is not connected to Fortnox"),
            remedy=_("Connect it under Integrations or with: brygga connect CLIENT"),
        )
    if state is ConnectionState.EXPIRED:
        return Check(
            "connection_lapsed",
            ok=False,
            text=_("The connection has lapsed. Import again to be able to export."),
            remedy=_("Import the year, and connect again if brygga asks for it."),
        )
    if not imported:
        return Check(
            "not_imported",
            ok=False,
            text=_("Nothing has been imported yet, so there are no books to check the vouchers against."),
            remedy=_("Import the year first; then export."),
        )
    return Check("connection", ok=True, text=_("The connection to Fortnox is alive"))


def uncertain_checks(ctx: Context, entries: Iterable[OutboxEntry]) -> list[Check]:
    """What an export has to settle before it sends anything: vouchers without receipt, and those stuck."""
    horizon, now = timedelta(seconds=ctx.settings.export.horizon_seconds), ctx.now()
    open_ones = [one for one in entries if one.state in UNCERTAIN]
    stuck = [one for one in open_ones if one.state is OutboxState.CONFLICT]
    checks = []
    if len(open_ones) > len(stuck):
        count = len(open_ones) - len(stuck)
        text = ngettext(
            "{count} voucher sent earlier has no receipt: it is looked up in Fortnox first, in {seconds} seconds",
            "{count} vouchers sent earlier have no receipt: they are looked up in Fortnox first, in {seconds} seconds",
            count,
        )
        seconds = max(seconds_left(one, horizon, now) for one in open_ones)
        checks.append(
            Check(
                "outcome_unknown",
                ok=False,
                warning=True,
                text=text.format(count=count, seconds=seconds),
                remedy=_("The export waits for that and then goes on by itself; nothing is sent twice."),
            )
        )
    if stuck:
        checks.append(undecided_check(len(stuck)))
    return checks


def undecided_check(count: int) -> Check:
    """Vouchers that brygga cannot settle by itself, and before which nothing more is sent."""
    text = ngettext(
        "{count} voucher must be decided by a person before anything more is sent",
        "{count} vouchers must be decided by a person before anything more is sent",
        count,
    )
    return Check(
        "undecided",
        ok=False,
        warning=True,
        text=text.format(count=count),
        remedy=undecided_remedy(),
    )


def undecided_remedy() -> str:
    """What a person does about a voucher that brygga cannot settle by itself."""
    return _(
        "Look in Fortnox. If it is not there, release it (J, or brygga voucher release ID); if it is, leave it out (U, or brygga voucher exclude ID)."
    )


def file_checks(ready: Sequence[ClosingVoucher], written: Iterable[Mapping[str, object]]) -> list[Check]:
    """Vouchers that were written to a file before: read in there and posted here, they would be booked twice.

    ``written`` are the details of the engagement's file exports.
    """
    files: dict[str, str] = {}
    for one in written:
        ids = one.get("vouchers")
        files.update(dict.fromkeys(map(str, ids if isinstance(ids, list) else ()), str(one.get("file", ""))))
    both = [voucher for voucher in ready if voucher.id in files]
    if not both:
        return []
    named = "; ".join(f"{clean(voucher.text, 60)} ({files[voucher.id]})" for voucher in both[:NAMED])
    return [
        Check(
            "in_file",
            ok=False,
            warning=True,
            text=_("Written to a file before: {vouchers}").format(vouchers=named),
            remedy=_("If the file has been read in, leave them out; acknowledge it only if it never was."),
            subject=_digest([f"{voucher.id} {files[voucher.id]}" for voucher in both]),
        )
    ]


def waiting_checks(waiting: Sequence[ClosingVoucher]) -> list[Check]:
    """A line for each voucher whose fiscal year does not exist yet."""
    return [
        Check(
            "waiting_year",
            ok=False,
            warning=True,
            text=_("“{text}” waits until the fiscal year {year} exists in Fortnox").format(
                text=voucher.text, year=voucher.year
            ),
            remedy=_(
                "Create the year in Fortnox; brygga sees it at the next import and makes the voucher ready."
            ),
        )
        for voucher in waiting
    ]


async def vat_reported_to(api: Api, year_id: str) -> date | None:
    """The date of the year's latest VAT report voucher: Fortnox tells of no other sign that VAT is filed."""
    return max((head.date for head in await resources.list_vouchers(api, year_id, VAT_SERIES)), default=None)


async def list_checks(
    ctx: Context,
    api: Api,
    client: Client,
    engagement: Engagement,
    year_id: str,
    ready: Sequence[ClosingVoucher],
) -> list[Check]:
    """Whether any of the vouchers stands in Fortnox already, and whether the books have moved since the import."""
    days = [voucher.date for voucher in ready]
    heads = await resources.list_vouchers(api, year_id, from_date=min(days), to_date=max(days))
    known = await ctx.store.read(lambda tx: outbox.keys(tx, client.tenant))
    keys = {marker_key(one, tenant=client.tenant, year_id=year_id) for one in ready}
    checks = [_posted_check(heads, keys), _markers_check(heads, keys | known)]
    if all(voucher.year == engagement.year for voucher in ready):
        checks.append(await _changed_check(ctx, api, engagement.id, year_id))
    return checks


def _posted_check(heads: Iterable[VoucherHead], keys: Collection[str]) -> Check:
    there = [_place(head) for head in heads if any(key in keys for key in find_markers(head.comments))]
    if not there:
        return Check("already_posted", ok=True, text=_("None of the vouchers stands in Fortnox already"))
    return Check(
        "already_posted",
        ok=False,
        text=_("Already in Fortnox: {vouchers}").format(vouchers=_some(there)),
        remedy=_("They are not sent again; the export marks them as posted."),
        warning=True,
    )


def _markers_check(heads: Iterable[VoucherHead], known: Collection[str]) -> Check:
    strange = [_place(head) for head in heads if any(key not in known for key in find_markers(head.comments))]
    if not strange:
        return Check("unknown_markers", ok=True, text=_("Every voucher of brygga's in Fortnox is known here"))
    return Check(
        "unknown_markers",
        ok=False,
        text=_("Fortnox has vouchers that another brygga posted: {vouchers}").format(vouchers=_some(strange)),
        remedy=_("The store may be a restored copy: compare them with yours before you send anything."),
        warning=True,
    )


async def _changed_check(ctx: Context, api: Api, engagement_id: str, year_id: str) -> Check:
    """New vouchers without our marker since the import. One altered in place shows at the next import only."""
    good = Check("books_changed", ok=True, text=_("Nobody has booked in the year since the import"))

    def latest(tx: Transaction) -> tuple[ImportRun, bytes] | None:
        run = imports.latest(tx, engagement_id)
        return (run, imports.packed_sie(tx, run.id)) if run else None

    stored = await ctx.store.read(latest)
    if stored is None:
        return good
    heads = await resources.list_vouchers(api, year_id, modified_since=stored[0].made_at - MARGIN)
    others = [head for head in heads if not find_markers(head.comments)]
    if not others:
        return good
    there = await asyncio.to_thread(_numbers, read(imports.unpack_sie(stored[1])))
    fresh = [_place(head) for head in others if (head.reference.series, head.reference.number) not in there]
    if not fresh:
        return good
    return Check(
        "books_changed",
        ok=False,
        text=ngettext(
            "{count} voucher has been booked by others since the import: {vouchers}",
            "{count} vouchers have been booked by others since the import: {vouchers}",
            len(fresh),
        ).format(count=len(fresh), vouchers=_some(fresh)),
        remedy=_("Import once more and look at the change, or acknowledge it."),
        subject=_digest(fresh),
    )


def _numbers(sie: SieFile) -> set[tuple[str, str]]:
    texts = sie.columns.series.texts
    places = zip(sie.columns.voucher_series, sie.columns.voucher_number, strict=True)
    return {(texts[series], str(number)) for series, number in places}


def _place(head: VoucherHead) -> str:
    return f"{head.reference.series} {head.reference.number}"


def _some(places: Sequence[str]) -> str:
    more = len(places) - NAMED
    named = ", ".join(places[:NAMED])
    return named if more <= 0 else f"{named} …"


def _digest(places: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(sorted(places)).encode()).hexdigest()


async def with_acknowledged(ctx: Context, engagement_id: str, checks: Iterable[Check]) -> list[Check]:
    """The checks, those that a person must let pass refusing, and those let pass in order."""
    known = await ctx.store.read(lambda tx: workshop.acknowledged(tx, engagement_id))
    made = []
    for check in checks:
        if check.ok or check.code not in TO_ACKNOWLEDGE:
            made.append(check)
            continue
        one = replace(check, warning=False, subject=check.subject or _digest([check.text]))
        if (one.code, one.subject) in known:
            one = replace(one, ok=True, text=_("{check} (acknowledged)").format(check=one.text))
        made.append(one)
    return made


@needs(Right.WORK)
async def acknowledge(ctx: Context, engagement_id: str, checks: Iterable[Check]) -> list[Check]:
    """Let pass those of a plan's checks that a person may let pass; returns them. A new reason asks anew.

    Raises:
        UsageError: ``id_unknown``.
        Refused: ``engagement_locked``.
    """
    passed = [check for check in checks if check.code in TO_ACKNOWLEDGE and not check.ok]

    def work(tx: Transaction) -> None:
        client, engagement = load(tx, engagement_id)
        refuse_locked(client, engagement)
        for check in passed:
            workshop.acknowledge(tx, engagement_id, check.code, check.subject, ctx.person, ctx.now())
            ctx.record(
                tx,
                "export.acknowledged",
                client_id=client.id,
                engagement_id=engagement_id,
                check=check.code,
                text=check.text,
            )

    if passed:
        await ctx.store.write(work)
    return passed
