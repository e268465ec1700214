"""Closing vouchers to Fortnox: the checklist before, the posting, and what came of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from core.closing import planner
from core.closing.checks import YearFacts, check_vouchers, refusals, require
from core.errors import LoginNeeded, OutcomeUnknown, Refused, TryLater
from core.files import make_private_directory
from core.fortnox import resources
from core.fortnox.api import Api
from core.i18n import _
from core.model import FiscalYear, Series
from core.money import Ore
from core.register import Check, Client, ClosingVoucher, Engagement, SourceKind, VoucherState
from core.store import audit, connections, imports, outbox, vouchers
from core.store.database import Transaction
from core.store.outbox import OutboxState
from core.usecases.books import known_series
from core.usecases.context import Context
from core.usecases.engagements import load, refuse_locked
from core.usecases.export_checks import (
    TO_ACKNOWLEDGE,
    connection_check,
    file_checks,
    list_checks,
    source_check,
    uncertain_checks,
    vat_reported_to,
    waiting_checks,
    with_acknowledged,
)
from core.usecases.export_result import ExportResult, result_of
from core.usecases.fetch import own_year
from core.usecases.posting import UNCERTAIN, Batch, Outbound, Poster
from core.usecases.progress import Progress, Report, Teller, silent
from core.usecases.receipts import ensure_receipt
from core.usecases.rights import Right, needs
from core.usecases.status import view_of
from core.usecases.tokens import open_api
from core.usecases.vouchers import record

POSTING_WAIT_SECONDS = 90
"""How long a second exporter of the same client waits for the first."""


@dataclass(frozen=True, slots=True)
class Destination:
    """A target fiscal year at Fortnox with what the checks need to know of it."""

    facts: YearFacts
    year_id: str
    vouchers: tuple[ClosingVoucher, ...]


@dataclass(frozen=True, slots=True)
class ExportPlan:
    """What an export would do. The texts of the checks are in the language in use."""

    client: Client
    engagement: Engagement
    series: Series | None
    vouchers: list[ClosingVoucher]
    turnover: Ore
    checks: list[Check]
    destinations: tuple[Destination, ...] = ()
    waiting: tuple[ClosingVoucher, ...] = ()
    """Vouchers whose target fiscal year does not exist yet."""

    @property
    def allowed(self) -> bool:
        """Whether nothing stands in the way."""
        return not refusals(self.checks)

    @property
    def to_acknowledge(self) -> list[Check]:
        """The checks that refuse until a person lets them pass."""
        return [check for check in self.checks if check.code in TO_ACKNOWLEDGE and not check.ok]


@needs(Right.WORK)
async def available_series(ctx: Context, engagement_id: str) -> list[Series]:
    """The series of the engagement's year that are open for manual entry, the suggested first.

    Read from Fortnox; falls back on what the latest import saw when Fortnox cannot be reached.
    """
    client, engagement = await ctx.store.read(lambda tx: load(tx, engagement_id))
    known = await known_series(ctx, engagement_id)
    if engagement.source is SourceKind.FORTNOX:
        with contextlib.suppress(TryLater, LoginNeeded):
            api = await open_api(ctx, client)
            year = own_year(await resources.financial_years(api), engagement.year).year
            known = await resources.voucher_series(api, year.id or "")
    chosen = planner.selectable(known)
    first = planner.suggested(known, client.default_series)
    return sorted(chosen, key=lambda one: one != first)


@needs(Right.WORK)
async def plan_export(
    ctx: Context,
    engagement_id: str,
    series: str,
    *,
    only: Collection[str] | None = None,
    report: Report = silent,
) -> ExportPlan:
    """The checklist for the ready vouchers and a series: local checks first, then Fortnox's own facts.

    ``only`` are the ids of the vouchers that it is about; None is every ready one.

    Raises:
        UsageError: ``id_unknown``.
        LoginNeeded, TryLater, FortnoxRejected: Fortnox could not be asked.
    """
    client, engagement, ready, local = await _local_plan(ctx, engagement_id, only)
    if not ready or refusals(local):
        return ExportPlan(client, engagement, None, ready, _turnover(ready), local)
    teller = Teller(report)
    teller(Progress("check", 1, 2))
    api = await open_api(ctx, client, waiting=teller.wait)
    destinations, waiting = await _destinations(ctx, api, engagement, ready)
    teller(Progress("check", 2, 2))
    by_year: dict[FiscalYear, list[Check]] = {}
    for destination in destinations:
        found = list(check_vouchers(destination.vouchers, destination.facts, series))
        found += await list_checks(ctx, api, client, engagement, destination.year_id, destination.vouchers)
        by_year[destination.facts.year] = found
    checks = [*local, *_naming_years(by_year), *waiting_checks(waiting)]
    chosen = next((one for d in destinations for one in d.facts.series or () if one.code == series), None)
    listed = await with_acknowledged(ctx, engagement_id, dict.fromkeys(checks))
    return ExportPlan(
        client, engagement, chosen, ready, _turnover(ready), listed, tuple(destinations), waiting
    )


def _naming_years(by_year: dict[FiscalYear, list[Check]]) -> list[Check]:
    """The checks of all target years; one that does not say the same for each of them names its year."""
    common = set.intersection(*(set(found) for found in by_year.values())) if by_year else set()
    return [
        check if check in common or len(by_year) == 1 else replace(check, text=f"{year}: {check.text}")
        for year, found in by_year.items()
        for check in found
    ]


@needs(Right.WORK)
async def export_vouchers(
    ctx: Context,
    engagement_id: str,
    series: str,
    *,
    only: Collection[str] | None = None,
    wait: bool = False,
    progress: Report = silent,
) -> ExportResult:
    """Post the ready vouchers into the series, each exactly once; ``only`` those with these ids.

    Uncertain vouchers of earlier runs are looked up first. With ``wait`` the run waits out the horizon and goes
    on; without it, it ends with ``retry_after``.

    Raises:
        Refused: a check said no; nothing was sent.
        LoginNeeded, TryLater: Fortnox could not be reached; what was certain before that is kept.
    """
    client, engagement = await ctx.store.read(lambda tx: _exportable(tx, engagement_id))
    _refuse_other_source(client, engagement)
    teller = Teller(progress, Progress("check", 1, 2))
    async with _posting(ctx, client):
        outbound = Outbound()
        if await _has_uncertain(ctx, engagement_id):
            poster = await _poster(ctx, client, teller)
            if not await poster.settle(engagement_id, outbound, wait=wait):
                await _note_use(ctx, client, engagement, outbound)
                return await _result(ctx, client, engagement, series, outbound)
        plan = await plan_export(ctx, engagement_id, series, only=only, report=teller)
        require_plan(plan)
        if plan.destinations:
            poster = await _poster(ctx, client, teller)
            await _post_all(poster, plan, series, outbound, wait=wait)
        await _keep_waiting(ctx, plan)
        await _note_use(ctx, client, engagement, outbound)
    if outbound.stopped is not None and not _is_partial(outbound):
        raise outbound.stopped
    return await _result(ctx, client, engagement, series, outbound)


def _exportable(tx: Transaction, engagement_id: str) -> tuple[Client, Engagement]:
    """The engagement, unless it is locked and something would be posted into its own year."""
    client, engagement = load(tx, engagement_id)
    ready = vouchers.of_engagement(tx, engagement_id, planner.SENDABLE)
    if not ready or any(one.year == engagement.year for one in ready):
        refuse_locked(client, engagement)
    return client, engagement


async def _poster(ctx: Context, client: Client, teller: Teller) -> Poster:
    return Poster(ctx, await open_api(ctx, client, waiting=teller.wait), client, teller)


def require_plan(plan: ExportPlan) -> None:
    """Raise the first refusal of a plan, as the error that its code asks for.

    Raises:
        LoginNeeded: ``login_needed``, ``connection_lapsed``.
        Refused: any other check.
    """
    failed = refusals(plan.checks)
    if failed and failed[0].code in {"login_needed", "connection_lapsed"}:
        raise LoginNeeded(failed[0].code, failed[0].text, _("Nothing was sent."), failed[0].remedy)
    require(plan.checks)


async def _local_plan(
    ctx: Context, engagement_id: str, only: Collection[str] | None
) -> tuple[Client, Engagement, list[ClosingVoucher], list[Check]]:
    def work(tx: Transaction) -> tuple[Client, Engagement, list[ClosingVoucher], list[Check]]:
        client, engagement = load(tx, engagement_id)
        sendable = vouchers.of_engagement(tx, engagement_id, planner.SENDABLE)
        ready = [one for one in sendable if only is None or one.id in only]
        imported = imports.latest(tx, engagement_id) is not None
        view = view_of(connections.get(tx, client.id), ctx.settings.connection, ctx.now())
        checks = [source_check(engagement), connection_check(view.state, imported=imported)]
        checks += uncertain_checks(ctx, outbox.of_engagement(tx, engagement_id))
        checks += file_checks(ready, audit.details_of(tx, engagement_id, "export.file"))
        if ready:
            checks += [one for one in check_vouchers(ready, YearFacts(engagement.year)) if _is_general(one)]
        return client, engagement, ready, checks

    return await ctx.store.read(work)


def _is_general(check: Check) -> bool:
    """The local checks that are not repeated with Fortnox's facts."""
    return not check.ok and check.code != "date_outside_year"


async def _destinations(
    ctx: Context, api: Api, engagement: Engagement, ready: Sequence[ClosingVoucher]
) -> tuple[list[Destination], tuple[ClosingVoucher, ...]]:
    found = await resources.financial_years(api)
    own_year(found, engagement.year)
    planned = planner.plan(ready, [one.year for one in found])
    locked_to = await resources.locked_period(api)
    destinations = []
    for part in planned.years:
        year_id = part.year.id or ""
        accounts = {one.number: one for one in await resources.accounts(api, year_id)}
        series = await resources.voucher_series(api, year_id)
        reported = await vat_reported_to(api, year_id)
        facts = YearFacts(
            part.year,
            accounts,
            series,
            locked_to,
            vat_reported_to=reported,
            may_add_accounts=ctx.settings.export.create_missing_accounts,
        )
        destinations.append(Destination(facts, year_id, part.vouchers))
    return destinations, planned.waiting


async def _post_all(poster: Poster, plan: ExportPlan, series: str, outbound: Outbound, *, wait: bool) -> None:
    for destination in plan.destinations:
        batch = Batch(destination.year_id, series, destination.vouchers)
        if not await poster.post(batch, outbound, wait=wait):
            return


@contextlib.asynccontextmanager
async def _posting(ctx: Context, client: Client) -> AsyncIterator[None]:
    """One poster a client at a time, across processes."""
    from filelock import FileLock, Timeout

    folder = make_private_directory(ctx.settings.paths.locks)
    lock = FileLock(folder / f"posting-{client.id}.lock", thread_local=False)
    deadline = asyncio.get_running_loop().time() + POSTING_WAIT_SECONDS
    while True:
        try:
            lock.acquire(blocking=False)
            break
        except Timeout:
            if asyncio.get_running_loop().time() > deadline:
                raise _busy(client) from None
            await asyncio.sleep(0.1)
    try:
        yield
    finally:
        lock.release()


async def _has_uncertain(ctx: Context, engagement_id: str) -> bool:
    entries = await ctx.store.read(lambda tx: outbox.of_engagement(tx, engagement_id))
    return any(entry.state in UNCERTAIN for entry in entries)


async def _keep_waiting(ctx: Context, plan: ExportPlan) -> None:
    """Vouchers whose year does not exist yet say so."""

    def work(tx: Transaction) -> None:
        for voucher in plan.waiting:
            if voucher.state is not VoucherState.WAITING_YEAR and vouchers.get(tx, voucher.id) == voucher:
                waits = replace(voucher, state=VoucherState.WAITING_YEAR, waiting_since=ctx.now())
                vouchers.update(tx, waits)
                record(ctx, tx, plan.client, waits, "voucher.waiting")

    if plan.waiting:
        await ctx.store.write(work)


async def _note_use(ctx: Context, client: Client, engagement: Engagement, outbound: Outbound) -> None:
    """The connection was used, and the receipt of what was posted."""

    def work(tx: Transaction) -> None:
        ensure_receipt(ctx, tx, client, engagement)
        if any(entry.state is OutboxState.POSTED for entry in outbound.entries):
            connections.mark_used(tx, client.id, ctx.now())

    await ctx.store.write(work)


def _is_partial(outbound: Outbound) -> bool:
    return any(entry.state in {OutboxState.POSTED, OutboxState.REJECTED} for entry in outbound.entries)


async def _result(
    ctx: Context, client: Client, engagement: Engagement, series: str, outbound: Outbound
) -> ExportResult:
    own = await ctx.store.read(lambda tx: vouchers.of_engagement(tx, engagement.id))
    return result_of(client, engagement, series, outbound, {one.id: one.year for one in own})


def _turnover(ready: Sequence[ClosingVoucher]) -> Ore:
    return sum(voucher.turnover for voucher in ready)


def _refuse_other_source(client: Client, engagement: Engagement) -> None:
    check = source_check(engagement)
    if not check.ok:
        raise Refused(
            "wrong_source",
            check.text,
            _("Nothing was sent for {client}.").format(client=client.name),
            check.remedy,
        )


def _busy(client: Client) -> OutcomeUnknown:
    return OutcomeUnknown(
        "outcome_unknown",
        _("Another brygga is posting vouchers for {client}.").format(client=client.name),
        _("Only one at a time may, so that nothing is posted twice."),
        _("Wait until it is done and look at the list of vouchers."),
    )
