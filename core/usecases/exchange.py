"""What a file from the exchange folder does: SIE 4E becomes an import, 4I becomes closing vouchers.

The file's row in the store is written in the transaction of its effect, so a file has its effect once however
often it is tried: a file whose row exists is settled, and the same content never has an effect twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import msgspec

from core.clock import rfc3339
from core.errors import BryggaError, Refused, UsageError
from core.files import read_regular_file
from core.i18n import _
from core.model import Finding, FiscalYear, Severity
from core.register import Client, ClosingVoucher, Engagement, ImportRun, SourceKind
from core.sie.file import SieFile
from core.sie.reader import read
from core.sie.summary import finding_record
from core.store import clients, engagements, errands, exchange
from core.store.database import Transaction
from core.store.exchange import Job
from core.usecases.clients import unknown_client
from core.usecases.context import Context
from core.usecases.engagements import add_engagement
from core.usecases.exchangehead import Head, read_head
from core.usecases.exchangelines import line_of
from core.usecases.exchangepost import release
from core.usecases.exchangerules import rules_in
from core.usecases.findings import finding_text
from core.usecases.imports import copied_books, import_copy
from core.usecases.joined import joined
from core.usecases.prepare import Material
from core.usecases.rights import Right, needs
from core.usecases.siebooks import refuse_other_company
from core.usecases.vouchers import add_vouchers, read_voucher_file

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
    data: bytes = field(default=b"", repr=False)
    """The copy's content, where it is at hand."""
    head: Head | None = field(default=None, repr=False)
    """How the content begins, where that has been read."""

    def content(self, largest: int) -> bytes:
        """The copy's content.

        Raises:
            UsageError, Refused: as ``read_regular_file``.
        """
        return self.data or read_regular_file(self.copy, largest)


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a file. ``receipt`` is what lies beside it, ready for JSON."""

    job_id: str
    outcome: str
    """``done``, ``failed`` or ``duplicate``."""
    at: datetime
    receipt: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a claimed file has come."""

    settled: Settled | None
    """None before its effect, and while it waits."""
    waits: bool = False
    """It has an errand at Fortnox whose outcome is not certain yet."""


async def standing(ctx: Context, job_id: str) -> Standing:
    """How far a file has come that was tried before."""

    def work(tx: Transaction) -> Standing:
        job = exchange.get(tx, job_id)
        waits = errands.get(tx, job_id) is not None
        return Standing(_settled(job) if job and not waits else None, waits)

    return await ctx.store.read(work)


async def waiting_ids(ctx: Context) -> frozenset[str]:
    """The claims that wait for Fortnox."""
    return await ctx.store.read(lambda tx: frozenset(one.job_id for one in errands.every(tx)))


@needs(Right.WORK)
async def take_in(ctx: Context, parcel: Parcel) -> Settled | None:
    """Let the file have its effect, once; None when it has an errand at Fortnox and waits for its outcome.

    A file that cannot be used is settled as ``failed``; what may go better another time is raised.

    Raises:
        BryggaError: the store did not take it; nothing has happened and the file can be tried again.
    """
    head = parcel.head
    if head is None:
        head = await asyncio.to_thread(_head_of, parcel, ctx.settings.sie.largest_bytes)
    known = await ctx.store.read(lambda tx: _look_up(ctx, tx, parcel, head))
    if known.earlier is not None:
        return await duplicate(ctx, parcel, known.earlier)
    try:
        return await _effect(ctx, parcel, head, known)
    except sqlite3.IntegrityError:
        twin = await ctx.store.read(lambda tx: earlier_of(tx, parcel))
        if twin is None:
            raise
        return await duplicate(ctx, parcel, twin)
    except (Refused, UsageError) as error:
        return await refuse(ctx, parcel, error)


@needs(Right.WORK)
async def refuse(ctx: Context, parcel: Parcel, error: BryggaError, *, is_sie: bool = True) -> Settled:
    """Settle a file as failed, with the error in its receipt."""
    line, findings = None, list[Finding]()
    if is_sie:
        line, findings = await asyncio.to_thread(_reasons, parcel, error, ctx.settings.sie.largest_bytes)
    receipt = {
        **heading(ctx, parcel, "failed"),
        "code": error.code,
        "title": error.title,
        "message": error.message,
        "hint": error.hint,
        "line": line,
        "findings": [_finding(one) for one in findings],
    }
    return await settle(ctx, parcel, "failed", receipt)


def earlier_of(tx: Transaction, parcel: Parcel) -> Job | None:
    """What became of this file before, or of another one of the client's with the same content."""
    return exchange.get(tx, parcel.id) or exchange.done_with(tx, parcel.client_id, parcel.sha256)


@dataclass(frozen=True, slots=True)
class _Known:
    """What the store says of a file before it has its effect."""

    earlier: Job | None
    client: Client | None = None
    years: tuple[Engagement, ...] = ()
    books: Material | None = None
    """The import that it is to be, where its year is plain and nothing stands in the way."""


def _look_up(ctx: Context, tx: Transaction, parcel: Parcel, head: Head) -> _Known:
    earlier = earlier_of(tx, parcel)
    if earlier is not None:
        return _Known(earlier)
    known = _Known(None, clients.get(tx, parcel.client_id), tuple(engagements.every(tx, parcel.client_id)))
    if isinstance(head, BryggaError) or head.type == "4I":
        return known
    engagement = next((one for one in known.years if one.year == head.years.get(0)), None)
    if engagement is None:
        return known
    with contextlib.suppress(Refused, UsageError):
        return replace(known, books=_books(ctx, tx, parcel, engagement))
    return known


def _books(ctx: Context, tx: Transaction, parcel: Parcel, engagement: Engagement) -> Material:
    return copied_books(ctx, tx, engagement.id, parcel.copy, parcel.sha256)


async def _effect(ctx: Context, parcel: Parcel, head: Head, known: _Known) -> Settled | None:
    if known.client is None:
        raise unknown_client(parcel.client_id)
    if isinstance(head, BryggaError):
        raise head
    refuse_other_company(known.client, head)
    if head.type == "4I":
        return await _take_vouchers(ctx, parcel, head, list(known.years))
    return await _take_books(ctx, parcel, head, known)


def _head_of(parcel: Parcel, largest: int) -> Head:
    return read_head(parcel.content(largest), parcel.name, largest)


async def _take_books(ctx: Context, parcel: Parcel, head: SieFile, known: _Known) -> Settled:
    """A year's books become an import of the engagement of that year."""
    books, year = known.books, head.years.get(0)
    if books is None:
        engagement = await _engagement_of(ctx, parcel, list(known.years), [year] if year else [])
        books = await ctx.store.read(lambda tx: _books(ctx, tx, parcel, engagement))
    receipt = {**heading(ctx, parcel, "done"), "type": head.type, **_engagement(books.engagement)}

    def also(tx: Transaction, run: ImportRun) -> None:
        receipt.update(_import(run))
        exchange.insert(tx, _job(ctx, parcel, "done", receipt))

    await import_copy(joined(ctx, also), books)
    return _settled_now(ctx, parcel, receipt)


async def _take_vouchers(
    ctx: Context, parcel: Parcel, head: SieFile, candidates: list[Engagement]
) -> Settled | None:
    """Vouchers become drafts, or ready and on their way where the client's rules let them through."""
    if not candidates and not head.years:
        raise _no_engagement(None)
    candidates = candidates or [await _engagement_of(ctx, parcel, [], [head.years[0]])]
    drafts = await read_voucher_file(ctx, candidates[0].id, parcel.copy)
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
    engagement = await _engagement_of(ctx, parcel, candidates, wanted)
    receipt = {**heading(ctx, parcel, "done"), "type": "4I", **_engagement(engagement)}
    waits = False

    def also(tx: Transaction, added: list[ClosingVoucher]) -> None:
        nonlocal waits
        rules = rules_in(tx, ctx.settings, parcel.client_id)
        made = release(ctx, tx, parcel.id, parcel.name, rules, added)
        waits = made.errand is not None
        receipt.update(made.receipt)
        exchange.insert(tx, _job(ctx, parcel, "done", receipt))

    await add_vouchers(joined(ctx, also), engagement.id, drafts)
    return None if waits else _settled_now(ctx, parcel, receipt)


async def _engagement_of(
    ctx: Context, parcel: Parcel, candidates: list[Engagement], years: list[FiscalYear]
) -> Engagement:
    """The client's engagement of the first of the years that it has; made where the firm has chosen that."""
    existing = {one.year: one for one in candidates}
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
        _("The client has no engagement for the file's fiscal year {year}.").format(year=year)
        if year
        else _("The file does not name its fiscal year."),
        _("The file was not read in."),
        _("Add one with brygga engagement add and put the file in again."),
    )


@needs(Right.WORK)
async def duplicate(ctx: Context, parcel: Parcel, earlier: Job) -> Settled:
    """Settle a file whose content has had its effect already; one that was settled itself stays so."""
    if earlier.id == parcel.id:
        return _settled(earlier)
    receipt = {
        **heading(ctx, parcel, "duplicate"),
        "duplicate_of": {"job": earlier.id, "name": earlier.name, "at": rfc3339(earlier.at)},
    }
    return await settle(ctx, parcel, "duplicate", receipt)


@needs(Right.WORK)
async def settle(ctx: Context, parcel: Parcel, outcome: str, receipt: dict[str, Any]) -> Settled:
    """Settle a file whose effect does not lie in the store, or that had none; the audit tells of it."""
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
        errands.remove(tx, job.id)
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


def heading(ctx: Context, parcel: Parcel, outcome: str) -> dict[str, Any]:
    """What every receipt begins with."""
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


def _reasons(parcel: Parcel, error: BryggaError, largest: int) -> tuple[int | None, list[Finding]]:
    """The line that the error is about, and what else is wrong with the file."""
    given = cast("list[Finding]", error.details.get("findings", []))
    try:
        data = parcel.content(largest)
    except BryggaError:
        return None, given
    found = given or [
        one for one in read(data, name=parcel.name, largest=largest).findings if one.severity in _SERIOUS
    ]
    return line_of(data, error.code, found), found[:_KEPT_FINDINGS]
