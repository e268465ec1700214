"""The books of the latest snapshot: accounts with their balances, and the series known at the import."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from core.model import Series
from core.register import AccountNames, Engagement, ImportRun, PreviousYear
from core.store import engagements, imports, sourcesettings
from core.store.database import Transaction
from core.store.imports import AccountSums
from core.usecases.context import Context
from core.usecases.engagements import load

AccountBalance = AccountSums
"""An account with IB, change, UB and the previous year's UB, ledger-signed öre."""


async def accounts(ctx: Context, engagement_id: str) -> list[AccountBalance]:
    """The accounts of the latest import, by number; empty before the first.

    Raises:
        UsageError: ``id_unknown``.
    """
    return await ctx.store.read(lambda tx: latest_books(tx, load(tx, engagement_id)[1])[1])


def latest_books(tx: Transaction, engagement: Engagement) -> tuple[ImportRun | None, list[AccountBalance]]:
    """The latest run and its accounts, as the engagement's source settings want them shown."""
    run = imports.latest(tx, engagement.id)
    if run is None:
        return None, []
    sums = imports.sums(tx, run.id)
    settings = sourcesettings.get(tx, engagement.id)
    if settings.previous_year is PreviousYear.ENGAGEMENT:
        sums = _with_previous(tx, engagement, sums)
    if settings.names is AccountNames.EDITED:
        sums = _with_names(tx, engagement, sums)
    return run, sums


def _with_previous(
    tx: Transaction, engagement: Engagement, sums: list[AccountBalance]
) -> list[AccountBalance]:
    """The comparison figures of last year's engagement, where it has been imported."""
    run = previous_run(tx, engagement)
    if run is None:
        return sums
    before = {one.account.number: one for one in imports.sums(tx, run.id)}
    shown = {one.account.number: replace(one, previous_ub=0) for one in sums}
    for number, one in before.items():
        here = shown.get(number) or AccountSums(one.account, 0, 0, 0, 0)
        shown[number] = replace(here, previous_ub=one.ub)
    return [shown[number] for number in sorted(shown)]


def previous_run(tx: Transaction, engagement: Engagement) -> ImportRun | None:
    """The latest import of the client's engagement for the year before."""
    last_day = engagement.year.from_date - timedelta(1)
    older = engagements.every(tx, engagement.client_id)
    before = next((one for one in older if one.year.to_date == last_day), None)
    return imports.latest(tx, before.id) if before else None


def _with_names(tx: Transaction, engagement: Engagement, sums: list[AccountBalance]) -> list[AccountBalance]:
    names = sourcesettings.names(tx, engagement.id)
    return [
        replace(one, account=replace(one.account, name=names.get(one.account.number, one.account.name)))
        for one in sums
    ]


async def known_series(ctx: Context, engagement_id: str) -> list[Series]:
    """The voucher series that the latest import saw."""

    def work(tx: Transaction) -> list[Series]:
        run = imports.latest(tx, engagement_id)
        return imports.series(tx, run.id) if run else []

    return await ctx.store.read(work)
