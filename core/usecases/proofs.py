"""After an export: the proof that the books changed by our vouchers and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from core.closing.carried import Lag, lagging
from core.closing.proof import Proof, prove
from core.errors import Refused, UsageError
from core.fortnox import resources
from core.i18n import _
from core.model import FiscalYear, Voucher
from core.register import Client, ClosingVoucher, Engagement, ImportRun, SourceKind, VoucherState
from core.sie.compare import changes
from core.sie.file import SieFile
from core.sie.journal import vouchers_of
from core.sie.reader import read
from core.store import clients, engagements, imports, receipts, vouchers
from core.store.database import Transaction
from core.store.receipts import StoredProof, StoredReceipt
from core.usecases.context import Context
from core.usecases.engagements import load
from core.usecases.imports import BOTH_LEDGERS, import_year
from core.usecases.progress import Report, silent
from core.usecases.receipts import ensure_receipt
from core.usecases.rights import Right, needs
from core.usecases.siebooks import read_sie
from core.usecases.tokens import open_api


@dataclass(frozen=True, slots=True)
class ProofResult:
    """What the books say after an export."""

    client: Client
    engagement: Engagement
    proof: Proof
    imports: tuple[datetime, datetime]
    """When the books were read before and after the export."""
    next_year: FiscalYear | None = None
    """The fiscal year whose opening balances were compared; None when there is none or no connection."""
    lags: list[Lag] = field(default_factory=list)
    """Balance accounts that the next year has not taken over."""

    @property
    def carry_path(self) -> str:
        """Where in Fortnox the balances are carried over; empty when there is nothing to do."""
        return carry_path() if self.lags else ""


def carry_path() -> str:
    """The click path of what has no interface: carrying the balances over to the next year."""
    return _("In Fortnox, open the next fiscal year and choose “Överför balanser från föregående år”.")


@needs(Right.WORK)
async def prove_export(
    ctx: Context, engagement_id: str, *, fetch: bool = True, progress: Report = silent
) -> ProofResult:
    """Show that the books after less the books before are exactly our vouchers, row by row.

    Imports the year once more when it was not imported since the latest export (unless ``fetch`` is off), with
    the ledgers where the import before had them, so that the annexes stay. The next fiscal year's opening balances are compared with this year's closing balances. What the proof found is
    kept for the overview.

    Raises:
        UsageError: ``id_unknown``; ``usage``: nothing was exported, or the books were not imported before.
        Refused, LoginNeeded, TryLater: the books could not be imported.
    """
    await ctx.store.write(lambda tx: ensure_receipt(ctx, tx, *load(tx, engagement_id)))
    stored = await ctx.store.read(lambda tx: _stored(tx, engagement_id))
    if stored.after is None and fetch and stored.engagement.source is SourceKind.FORTNOX:
        ledgers = BOTH_LEDGERS if stored.before is not None and stored.before.has_ledgers else ()
        await import_year(ctx, engagement_id, ledgers=ledgers, progress=progress)
        stored = await ctx.store.read(lambda tx: _stored(tx, engagement_id))
    if stored.after is None:
        raise _nothing_to_prove(stored.client)
    result, closing = await _compare(stored)
    next_year, lags = await _lags(ctx, stored, closing)
    result = replace(result, next_year=next_year, lags=lags)
    await ctx.store.write(lambda tx: _keep(ctx, tx, stored, result))
    return result


async def read_proof(ctx: Context, engagement_id: str) -> ProofResult | None:
    """The proof as far as the store can give it, with the opening balances of the latest ``prove_export``.

    None while the books were not imported since the latest export, or nothing was exported.

    Raises:
        UsageError: ``id_unknown``.
    """
    stored = await ctx.store.read(lambda tx: _stored(tx, engagement_id))
    if stored.before is None or stored.after is None:
        return None
    kept = (await ctx.store.read(receipts.proofs)).get(engagement_id)
    result, _closing = await _compare(stored)
    return replace(result, next_year=kept.next_year, lags=list(kept.lags)) if kept else result


async def _compare(stored: _Stored) -> tuple[ProofResult, Mapping[str, int]]:
    """The proof without the next year, and the closing balances after the export."""
    if stored.before is None or stored.after is None:
        raise _nothing_to_prove(stored.client)
    proof, closing = await asyncio.to_thread(_prove, stored)
    moments = (stored.before.made_at, stored.after.made_at)
    return ProofResult(stored.client, stored.engagement, proof, moments), closing


@dataclass(frozen=True, slots=True)
class ToCarry:
    """A client whose balances are still to be carried over to its next fiscal year."""

    client: Client
    engagement: Engagement
    seen: datetime
    """When the opening balances were last compared."""
    next_year: FiscalYear | None
    lags: tuple[Lag, ...]


async def balances_to_carry(ctx: Context) -> list[ToCarry]:
    """Clients whose opening balances lag behind, by name, as of the latest proof of each."""

    def work(tx: Transaction) -> list[ToCarry]:
        found = []
        for proof in receipts.proofs(tx).values():
            engagement = engagements.get(tx, proof.engagement_id)
            client = clients.get(tx, engagement.client_id) if engagement else None
            if proof.lags and engagement and client:
                found.append(ToCarry(client, engagement, proof.made_at, proof.next_year, proof.lags))
        return sorted(found, key=lambda one: one.client.name.casefold())

    return await ctx.store.read(work)


@dataclass(frozen=True, slots=True)
class _Stored:
    client: Client
    engagement: Engagement
    posted: tuple[ClosingVoucher, ...]
    before: ImportRun | None
    after: ImportRun | None
    """The latest import, when it is younger than the latest export."""
    packed: tuple[bytes, ...]


def _stored(tx: Transaction, engagement_id: str) -> _Stored:
    client, engagement = load(tx, engagement_id)
    posted = tuple(
        one
        for one in vouchers.of_engagement(tx, engagement_id, {VoucherState.POSTED})
        if one.year == engagement.year
    )
    runs = imports.runs(tx, engagement_id)
    kept = receipts.of_engagement(tx, engagement_id)
    if not kept or not runs:
        return _Stored(client, engagement, posted, None, None, ())
    exported = _moment(kept[0])
    after = runs[0] if _moment(runs[0]) > exported else None
    before = next((run for run in runs if _moment(run) < exported), None)
    packed = tuple(imports.packed_sie(tx, run.id) for run in (before, after) if run is not None)
    return _Stored(client, engagement, posted, before, after, packed)


def _moment(made: ImportRun | StoredReceipt) -> tuple[datetime, str]:
    """When it was made, to the second; within a second the ids are in order."""
    return made.made_at.replace(microsecond=0), made.id


def _prove(stored: _Stored) -> tuple[Proof, Mapping[str, int]]:
    before, after = (read(imports.unpack_sie(packed)) for packed in stored.packed)
    found = changes(before, after)
    old = [*found.removed, *(one for one, _other in found.altered)]
    new = [*found.added, *(other for _one, other in found.altered)]
    return prove(*_with_ours(old, new, before, after, stored.posted), stored.posted), after.ub()


def _with_ours(
    old: Sequence[Voucher],
    new: Sequence[Voucher],
    before: SieFile,
    after: SieFile,
    posted: Sequence[ClosingVoucher],
) -> tuple[list[Voucher], list[Voucher]]:
    """The changed vouchers, and ours of an earlier export that stand in both readings."""
    numbers = {(one.series, one.number) for one in posted}
    known = {(one.series, one.number) for one in (*old, *new)}
    rest = numbers - known
    return [*old, *vouchers_of(before, rest)], [*new, *vouchers_of(after, rest)]


async def _lags(
    ctx: Context, stored: _Stored, closing: Mapping[str, int]
) -> tuple[FiscalYear | None, list[Lag]]:
    if stored.engagement.source is not SourceKind.FORTNOX:
        return None, []
    api = await open_api(ctx, stored.client)
    years = [one.year for one in await resources.financial_years(api)]
    following = next((one for one in years if one.from_date > stored.engagement.year.to_date), None)
    if following is None:
        return None, []
    try:
        opened = await read_sie(await resources.sie(api, following.id or ""))
    except Refused:
        return following, []
    return following, lagging(closing, opened.ib())


def _keep(ctx: Context, tx: Transaction, stored: _Stored, result: ProofResult) -> None:
    assert stored.after is not None
    receipts.put_proof(
        tx,
        StoredProof(
            stored.engagement.id,
            ctx.now(),
            stored.after.id,
            result.proof.holds,
            tuple(result.lags),
            result.next_year,
        ),
    )
    ctx.record(
        tx,
        "export.proof",
        client_id=stored.client.id,
        engagement_id=stored.engagement.id,
        outcome="ok" if result.proof.holds else "difference",
        found=len(result.proof.found),
        missing=len(result.proof.missing),
        lagging=len(result.lags),
    )


def _nothing_to_prove(client: Client) -> UsageError:
    return UsageError(
        "usage",
        _("There is nothing to prove for {client}.").format(client=client.name),
        _("The proof compares the books read before an export with those read after it."),
        _("Import, export, and then ask for the proof."),
    )
