"""The books of the latest snapshot: accounts with their balances, and the series known at the import."""

from __future__ import annotations

from core.model import Series
from core.store import imports
from core.store.database import Transaction
from core.store.imports import AccountSums
from core.usecases.context import Context

AccountBalance = AccountSums
"""An account with IB, change, UB and the previous year's UB, ledger-signed öre."""


async def accounts(ctx: Context, engagement_id: str) -> list[AccountBalance]:
    """The accounts of the latest import, by number; empty before the first."""

    def work(tx: Transaction) -> list[AccountBalance]:
        run = imports.latest(tx, engagement_id)
        return imports.sums(tx, run.id) if run else []

    return await ctx.store.read(work)


async def known_series(ctx: Context, engagement_id: str) -> list[Series]:
    """The voucher series that the latest import saw."""

    def work(tx: Transaction) -> list[Series]:
        run = imports.latest(tx, engagement_id)
        return imports.series(tx, run.id) if run else []

    return await ctx.store.read(work)
