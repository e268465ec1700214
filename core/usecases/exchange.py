"""What a file from the exchange folder does: SIE 4E becomes an import, 4I becomes closing vouchers.

The file's row in the store is written in the transaction of its effect, so a file has its effect once however
often it is tried: a file whose row exists is settled, and the same content never has an effect twice.
"""

from __future__ import annotations

import asyncio
import dataclasses
import sqlite3
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar, cast

import msgspec
from msgspec.structs import replace

from core.clock import rfc3339
from core.closing.checks import YearFacts, check_vouchers, require
from core.errors import BryggaError, Refused, UsageError
from core.files import read_regular_file
from core.i18n import _
from core.model import Finding, FiscalYear, Severity
from core.register import ClosingVoucher, Engagement, ImportRun, SourceKind, VoucherState
from core.sie.books import accept
from core.sie.file import SieFile
from core.sie.reader import LARGEST_FILE, read
from core.sie.summary import finding_record
from core.store import exchange, vouchers
from core.store.database import Store, Transaction
from core.store.exchange import Job
from core.usecases.clients import get_client
from core.usecases.context import Context
from core.usecases.engagements import add_engagement, list_engagements
from core.usecases.exchangelines import line_of
from core.usecases.findings import finding_text
from core.usecases.imports import import_file
from core.usecases.rights import Right, needs
from core.usecases.siebooks import refuse_other_company
from core.usecases.vouchers import add_vouchers, read_voucher_file

Result = TypeVar("Result")
_SERIOUS = frozenset({Severity.FATAL, Severity.ERROR})
_KEPT_FINDINGS = 50
"""Findings in a receipt; the file itself has them all."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A claimed file: its private copy, which nobody else can change, and where it came from."""

    id: str
    """The ULID of its claim."""
    client_id: str
    name: str
    """Its name as it can be shown."""
    copy: Path
    sha256: str
    size: int
    owner: str = ""
    """The user of the machine who owned the file; over a network share this is the share's user."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a file. ``receipt`` is what lies beside it, ready for JSON."""

    job_id: str
    outcome: str
    """``done``, ``failed`` or ``duplicate``."""
    at: datetime
    receipt: dict[str, Any]


async def settled(ctx: Context, job_id: str) -> Settled | None:
    """What became of a file that was tried before, or None."""
    job = await ctx.store.read(lambda tx: exchange.get(tx, job_id))
    return _settled(job) if job else None


@needs(Right.WORK)
async def take_in(ctx: Context, parcel: Parcel) -> Settled:
    """Let the file have its effect, once.

    A file that cannot be used is settled as ``failed``; what may go better another time is raised.

    Raises:
        BryggaError: the store did not take it; nothing has happened and the file can be tried again.
    """
    earlier = await ctx.store.read(lambda tx: _earlier(tx, parcel))
    if earlier is not None:
        return _settled(earlier) if earlier.id == parcel.id else await _duplicate(ctx, parcel, earlier)
    try:
        return await _effect(ctx, parcel)
    except sqlite3.IntegrityError:
        twin = await ctx.store.read(lambda tx: _earlier(tx, parcel))
        if twin is None:
            raise
        return await _duplicate(ctx, parcel, twin)
    except (Refused, UsageError) as error:
        return await refuse(ctx, parcel, error)


@needs(Right.WORK)
async def refuse(ctx: Context, parcel: Parcel, error: BryggaError) -> Settled:
    """Settle a file as failed, with the error in its receipt."""
    line, findings = await asyncio.to_thread(_reasons, parcel, error)
    receipt = {
        **_head(ctx, parcel, "failed"),
        "code": error.code,
        "title": error.title,
        "message": error.message,
        "hint": error.hint,
        "line": line,
        "findings": [_finding(one) for one in findings],
    }
    return await _write(ctx, parcel, "failed", receipt)


def _earlier(tx: Transaction, parcel: Parcel) -> Job | None:
    return exchange.get(tx, parcel.id) or exchange.done_with(tx, parcel.client_id, parcel.sha256)


async def _effect(ctx: Context, parcel: Parcel) -> Settled:
    client = await get_client(ctx, parcel.client_id)
    head = await asyncio.to_thread(_read_head, parcel)
    refuse_other_company(client, head)
    if head.type == "4I":
        return await _take_vouchers(ctx, parcel, head)
    return await _take_books(ctx, parcel, head)


def _read_head(parcel: Parcel) -> SieFile:
    """The file up to its first voucher, which tells whose it is, of which year and of which kind."""
    data = read_regular_file(parcel.copy, LARGEST_FILE)
    end = data.find(b"\n#VER")
    late = (
        any(data.find(label, end) >= 0 for label in (b"\n#IB ", b"\n#UB ", b"\n#RES ")) if end >= 0 else False
    )
    sie = read(data if late or end < 0 else data[: end + 1], name=parcel.name)
    return accept(sie if sie.fatal is None else read(data, name=parcel.name))


async def _take_books(ctx: Context, parcel: Parcel, head: SieFile) -> Settled:
    """A year's books become an import of the engagement of that year."""
    year = head.years.get(0)
    engagement = await _engagement_of(ctx, parcel, [year] if year else [])
    receipt = {**_head(ctx, parcel, "done"), "type": head.type, **_engagement(engagement)}

    def also(tx: Transaction, run: ImportRun) -> None:
        receipt.update(_import(run))
        exchange.insert(tx, _job(ctx, parcel, "done", receipt))

    await import_file(_with(ctx, also), engagement.id, parcel.copy)
    return _settled_now(ctx, parcel, receipt)


async def _take_vouchers(ctx: Context, parcel: Parcel, head: SieFile) -> Settled:
    """Vouchers become drafts, or ready to export where the firm lets them through by themselves."""
    candidates = await list_engagements(ctx, parcel.client_id)
    if not candidates and not head.years:
        raise _no_engagement(None)
    any_of = candidates[0].id if candidates else (await _engagement_of(ctx, parcel, [head.years[0]])).id
    drafts = await read_voucher_file(ctx, any_of, parcel.copy)
    if not drafts:
        raise Refused(
            "not_sie",
            _("The file holds no vouchers."),
            _("A SIE 4I file carries vouchers to be booked; this one has none."),
            _("Write the file again from the other program."),
        )
    dated = [one.year for one in candidates if any(draft.date in one.year for draft in drafts)]
    most = Counter(year for year in dated for draft in drafts if draft.date in year).most_common(1)
    wanted = [year for year in (head.years.get(0), *(year for year, _count in most)) if year]
    engagement = await _engagement_of(ctx, parcel, wanted)
    receipt = {**_head(ctx, parcel, "done"), "type": "4I", **_engagement(engagement)}
    made: list[ClosingVoucher] = []

    def also(tx: Transaction, added: list[ClosingVoucher]) -> None:
        made[:] = [_release(ctx, tx, one) for one in added] if ctx.settings.exchange.auto_export else added
        receipt["vouchers"] = [{"id": one.id, "state": one.state.value} for one in made]
        exchange.insert(tx, _job(ctx, parcel, "done", receipt))

    await add_vouchers(_with(ctx, also), engagement.id, drafts)
    return _settled_now(ctx, parcel, receipt)


def _release(ctx: Context, tx: Transaction, voucher: ClosingVoucher) -> ClosingVoucher:
    require(check_vouchers([voucher], YearFacts(voucher.year)))
    ready = replace(voucher, state=VoucherState.READY)
    vouchers.update(tx, ready)
    ctx.record(tx, "voucher.ready", engagement_id=voucher.engagement_id, voucher=voucher.id)
    return ready


async def _engagement_of(ctx: Context, parcel: Parcel, years: list[FiscalYear]) -> Engagement:
    """The client's engagement of the first of the years that it has; made where the firm has chosen that."""
    existing = {one.year: one for one in await list_engagements(ctx, parcel.client_id)}
    for year in years:
        if year in existing:
            return existing[year]
    if years and ctx.settings.exchange.create_engagements:
        return await add_engagement(
            ctx, parcel.client_id, years[0].from_date, years[0].to_date, SourceKind.SIE4
        )
    raise _no_engagement(years[0] if years else None)


def _no_engagement(year: FiscalYear | None) -> UsageError:
    return UsageError(
        "year_unknown",
        _("The client has no engagement for the file's fiscal year {year}.").format(
            year=year or _("that it does not name")
        ),
        _("The file was not read in."),
        _("Add one with brygga engagement add and put the file in again."),
    )


class Joined(Store):
    """The store, where a write takes something of ours with it in the same transaction."""

    def __init__(self, store: Store, also: Callable[[Transaction, Any], None]) -> None:
        self._store = store
        self._also = also

    async def read(self, work: Callable[[Transaction], Result]) -> Result:
        """As the store reads."""
        return await self._store.read(work)

    async def write(self, work: Callable[[Transaction], Result]) -> Result:
        """Run ``work`` and ours as one transaction."""

        def both(tx: Transaction) -> Result:
            result = work(tx)
            self._also(tx, result)
            return result

        return await self._store.write(both)


def _with(ctx: Context, also: Callable[[Transaction, Any], None]) -> Context:
    """The context for a use case that writes once, with our row in its transaction."""
    return dataclasses.replace(ctx, store=Joined(ctx.store, also))


async def _duplicate(ctx: Context, parcel: Parcel, earlier: Job) -> Settled:
    receipt = {
        **_head(ctx, parcel, "duplicate"),
        "duplicate_of": {"job": earlier.id, "name": earlier.name, "at": rfc3339(earlier.at)},
    }
    return await _write(ctx, parcel, "duplicate", receipt)


async def _write(ctx: Context, parcel: Parcel, outcome: str, receipt: dict[str, Any]) -> Settled:
    """Settle a file that had no effect; the audit tells of it."""
    job = _job(ctx, parcel, outcome, receipt)

    def work(tx: Transaction) -> Job:
        kept = exchange.get(tx, job.id)
        if kept is None:
            exchange.insert(tx, job)
            ctx.record(
                tx,
                "exchange.file",
                client_id=parcel.client_id,
                outcome=outcome,
                job=parcel.id,
                sha256=parcel.sha256,
                owner=parcel.owner,
                code=receipt.get("code", ""),
            )
        return kept or job

    return _settled(await ctx.store.write(work))


def _job(ctx: Context, parcel: Parcel, outcome: str, receipt: dict[str, Any]) -> Job:
    body = msgspec.json.encode(receipt).decode()
    return Job(parcel.id, parcel.client_id, parcel.name, parcel.sha256, outcome, ctx.now(), body)


def _settled(job: Job) -> Settled:
    receipt = msgspec.json.decode(job.receipt, type=dict[str, Any])
    return Settled(job.id, job.outcome, job.at, receipt)


def _settled_now(ctx: Context, parcel: Parcel, receipt: dict[str, Any]) -> Settled:
    return Settled(parcel.id, "done", ctx.now(), receipt)


def _head(ctx: Context, parcel: Parcel, outcome: str) -> dict[str, Any]:
    return {
        "job": parcel.id,
        "name": parcel.name,
        "outcome": outcome,
        "at": rfc3339(ctx.now()),
        "sha256": parcel.sha256,
        "size": parcel.size,
        "owner": parcel.owner,
    }


def _engagement(engagement: Engagement) -> dict[str, Any]:
    year = engagement.year
    return {"engagement": engagement.id, "year": [year.from_date.isoformat(), year.to_date.isoformat()]}


def _import(run: ImportRun) -> dict[str, Any]:
    return {
        "import": run.id,
        "accounts": run.accounts,
        "vouchers": run.vouchers,
        "transactions": run.transactions,
        "findings": [_finding(one) for one in run.findings[:_KEPT_FINDINGS]],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {**finding_record(finding), "message": finding_text(finding)}


def _reasons(parcel: Parcel, error: BryggaError) -> tuple[int | None, list[Finding]]:
    """The line that the error is about, and what else is wrong with the file."""
    given = cast("list[Finding]", error.details.get("findings", []))
    try:
        data = read_regular_file(parcel.copy, LARGEST_FILE)
    except BryggaError:
        return None, given
    found = given or [one for one in read(data, name=parcel.name).findings if one.severity in _SERIOUS]
    return line_of(data, error.code, found), found[:_KEPT_FINDINGS]
