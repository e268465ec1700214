"""A checked reading of the books becomes a snapshot: all of it in one transaction, or nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from msgspec.structs import replace

from core.collector import collector_paused
from core.files import content_hash
from core.ledger.reading import worth_keeping
from core.model import Account, Annex, Finding, Series, Severity
from core.register import Client, Engagement, ImportRun, SourceKind
from core.sie.books import balances
from core.sie.file import SieFile
from core.store import connections, imports, ledgers, prune, reconciliation, rowindex, sourcesettings
from core.store.database import Transaction
from core.store.imports import AccountSums, PackedSnapshot, Snapshot
from core.usecases.context import Context
from core.usecases.diffs import Changes, count_changes
from core.usecases.engagements import load, refuse_locked
from core.usecases.fetch import STEPS, Fetched
from core.usecases.ours import OwnVouchers, Seen, apply_seen, find_ours
from core.usecases.progress import Progress, Report
from core.usecases.rows import RowIndex, row_index, series_names


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import read and what has changed since the one before (None at the first)."""

    client: Client
    engagement: Engagement
    run: ImportRun
    annexes: list[Annex]
    changes: Changes | None
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Material:
    """A reading that has passed its checks."""

    client: Client
    engagement: Engagement
    sie: SieFile
    fetched: Fetched
    annexes: list[Annex]
    findings: list[Finding]
    own: OwnVouchers
    """Our own vouchers to look for in the books."""


async def save(ctx: Context, material: Material, progress: Report) -> ImportResult:
    """Write the snapshot, undo the sign-offs that no longer hold, let old snapshots go.

    Raises:
        Refused: ``engagement_locked``: it was signed off meanwhile.
    """
    engagement, sie = material.engagement, material.sie
    before, periods = await ctx.store.read(lambda tx: _before(tx, engagement.id))
    packed, index, kept = await asyncio.to_thread(_pack, _run(ctx, material), material, periods=periods)
    changes = await asyncio.to_thread(count_changes, before, sie) if before is not None else None
    progress(Progress("save", STEPS, STEPS))
    seen = await asyncio.to_thread(find_ours, sie, material.own)
    saved = await ctx.store.write(lambda tx: _write(ctx, tx, material, packed, index, kept, seen))
    return ImportResult(material.client, engagement, saved, material.annexes, changes, list(saved.findings))


def _run(ctx: Context, material: Material) -> ImportRun:
    sie, data = material.sie, material.fetched.sie
    return ImportRun(
        id=ctx.new_id(),
        engagement_id=material.engagement.id,
        made_at=ctx.now().replace(microsecond=0),
        source=material.engagement.source,
        person=ctx.person,
        sha256=content_hash(data),
        size=len(data),
        program=sie.program,
        encoding=sie.encoding,
        accounts=len(sie.accounts),
        vouchers=sie.voucher_count,
        transactions=sie.transaction_count,
        has_ledgers=material.fetched.reading is not None,
        findings=tuple(material.findings),
    )


def _before(tx: Transaction, engagement_id: str) -> tuple[bytes | None, bool]:
    """The packed file of the latest snapshot, and whether monthly changes are kept."""
    run = imports.latest(tx, engagement_id)
    settings = sourcesettings.get(tx, engagement_id)
    return (imports.packed_sie(tx, run.id) if run else None), settings.period_balances


@collector_paused()
def _pack(
    run: ImportRun, material: Material, *, periods: bool
) -> tuple[PackedSnapshot, RowIndex, bytes | None]:
    sie, fetched = material.sie, material.fetched
    chart = {account.number: account for account in fetched.accounts}
    sums = tuple(account_sums(sie, chart))
    index = row_index(sie, periods=periods)
    run = replace(run, findings=(*run.findings, *index.findings))
    snapshot = Snapshot(run, fetched.sie, sums, tuple(_series(sie, fetched)), tuple(material.annexes))
    kept = ledgers.pack(worth_keeping(fetched.reading)) if fetched.reading is not None else None
    return imports.pack(snapshot), index, kept


def _write(
    ctx: Context,
    tx: Transaction,
    material: Material,
    packed: PackedSnapshot,
    index: RowIndex,
    kept: bytes | None,
    seen: Sequence[Seen],
) -> ImportRun:
    client, engagement = material.client, material.engagement
    __, current = load(tx, engagement.id)
    refuse_locked(client, current)
    run = _after_latest(tx, packed.snapshot.run)
    undone = _undo_sign_offs(ctx, tx, packed.snapshot)
    run = replace(run, findings=(*run.findings, *undone))
    imports.insert(tx, replace(packed, snapshot=replace(packed.snapshot, run=run)))
    alarms = apply_seen(ctx, tx, client, run.id, material.own, seen)
    if alarms:
        run = replace(run, findings=(*run.findings, *alarms))
        imports.set_findings(tx, run)
    if kept is not None:
        ledgers.insert(tx, run.id, kept)
    rowindex.insert(tx, run.id, index.rows)
    rowindex.insert_periods(tx, run.id, index.periods)
    if current.source is SourceKind.FORTNOX:
        connections.mark_used(tx, client.id, ctx.now())
    ctx.record(
        tx,
        "import",
        client_id=client.id,
        engagement_id=engagement.id,
        run=run.id,
        sha256=run.sha256,
        vouchers=run.vouchers,
        program=run.program,
    )
    prune.prune(tx, engagement.id)
    return run


def _after_latest(tx: Transaction, run: ImportRun) -> ImportRun:
    """The run, not older than the latest one: after a clock that was set back it would count as an old snapshot."""
    latest = imports.latest(tx, run.engagement_id)
    if latest is None or (latest.made_at, latest.id) < (run.made_at, run.id):
        return run
    return replace(run, made_at=latest.made_at + timedelta(seconds=1))


def _undo_sign_offs(ctx: Context, tx: Transaction, snapshot: Snapshot) -> list[Finding]:
    """End the sign-offs of accounts whose balance is another one now."""
    balance = {sums.account.number: sums.ub for sums in snapshot.sums}
    engagement_id = snapshot.run.engagement_id
    accounts = []
    for account, sign_off in sorted(reconciliation.living(tx, engagement_id).items()):
        after = balance.get(account, 0)
        if after != sign_off.balance:
            reconciliation.undo(tx, sign_off.id, "", ctx.now(), after)
            ctx.record(
                tx,
                "account.sign_off_undone",
                engagement_id=engagement_id,
                account=account,
                before=sign_off.balance,
                after=after,
            )
            accounts.append(account)
    if not accounts:
        return []
    return [Finding(Severity.WARNING, "sign_offs_undone", parameters={"accounts": accounts})]


def account_sums(sie: SieFile, chart: Mapping[str, Account]) -> Iterator[AccountSums]:
    """Every account that is declared, has a balance or is used, by number."""
    figures = balances(sie)
    closing = {**figures.res, **figures.ub}
    previous = {**figures.previous_res, **figures.previous_ub}
    names = sie.accounts
    used = names.keys() | closing.keys() | figures.ib.keys() | figures.change.keys()
    for number in sorted(used):
        account = chart.get(number) or Account(number, names.get(number, ""))
        yield AccountSums(
            account,
            figures.ib.get(number, 0),
            figures.change.get(number, 0),
            closing.get(number, 0),
            previous.get(number, 0),
        )


def _series(sie: SieFile, fetched: Fetched) -> Iterator[Series]:
    """The series that Fortnox lists, and those that the vouchers use besides.

    A file declares no series: those that its vouchers use count as open, as far as the file tells.
    """
    listed = {one.code for one in fetched.series}
    yield from fetched.series
    for code in sorted({*filter(None, series_names(sie))} - listed):
        yield Series(code, "", manual=not listed)
