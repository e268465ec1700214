"""A checked reading of the books becomes a snapshot: all of it in one transaction, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from msgspec.structs import replace

from core.model import Annex, Finding, Severity
from core.money import Ore
from core.register import Client, Engagement, ImportRun, SourceKind
from core.store import connections, imports, ledgers, prune, reconciliation, rowindex, sourcesettings
from core.store.database import Transaction
from core.usecases.context import Context
from core.usecases.diffs import Changes
from core.usecases.engagements import load, refuse_locked
from core.usecases.ours import apply_seen
from core.usecases.prepare import Material, Prepared


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import read and what has changed since the one before (None at the first)."""

    client: Client
    engagement: Engagement
    run: ImportRun
    annexes: list[Annex]
    changes: Changes | None
    findings: list[Finding] = field(default_factory=list)


async def save(ctx: Context, material: Material, prepared: Prepared) -> ImportResult:
    """Write the snapshot, undo the sign-offs that no longer hold, let old snapshots go.

    Raises:
        Refused: ``engagement_locked``: it was signed off meanwhile.
    """
    saved = await ctx.store.write(lambda tx: _write(ctx, tx, material, prepared))
    return ImportResult(
        material.client,
        material.engagement,
        saved,
        prepared.annexes,
        prepared.changes,
        list(saved.findings),
    )


def before(tx: Transaction, engagement_id: str) -> tuple[bytes | None, bool]:
    """The packed file of the latest snapshot, and whether monthly changes are kept."""
    run_id = imports.latest_id(tx, engagement_id)
    return (imports.packed_sie(tx, run_id) if run_id else None), keeps_periods(tx, engagement_id)


def keeps_periods(tx: Transaction, engagement_id: str) -> bool:
    """Whether monthly changes are kept."""
    return sourcesettings.get(tx, engagement_id).period_balances


def _write(ctx: Context, tx: Transaction, material: Material, prepared: Prepared) -> ImportRun:
    client, engagement = material.client, material.engagement
    __, current = load(tx, engagement.id)
    refuse_locked(client, current)
    made_at = ctx.now().replace(microsecond=0)
    run = replace(prepared.packed.run, id=ctx.new_id(), made_at=made_at, person=ctx.person)
    run = _after_latest(tx, run)
    undone = _undo_sign_offs(ctx, tx, engagement.id, prepared.packed.closing)
    run = replace(run, findings=(*run.findings, *undone))
    imports.insert(tx, replace(prepared.packed, run=run))
    alarms = apply_seen(ctx, tx, client, run.id, material.own, prepared.seen)
    if alarms:
        run = replace(run, findings=(*run.findings, *alarms))
        imports.set_findings(tx, run)
    if prepared.kept is not None:
        ledgers.insert(tx, run.id, prepared.kept)
    rowindex.insert(tx, run.id, prepared.index.rows)
    rowindex.insert_periods(tx, run.id, prepared.index.periods)
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


def _undo_sign_offs(
    ctx: Context, tx: Transaction, engagement_id: str, closing: Callable[[], Mapping[str, Ore]]
) -> list[Finding]:
    """End the sign-offs of accounts whose balance is another one now."""
    living = reconciliation.living(tx, engagement_id)
    balance = closing() if living else {}
    accounts = []
    for account, sign_off in sorted(living.items()):
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
