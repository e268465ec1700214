"""From an account to its vouchers: the rows with a running balance, and each voucher as it stands."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.errors import UsageError
from core.i18n import _
from core.model import Account, Voucher
from core.money import Ore
from core.register import Engagement, ImportRun, LedgerRow
from core.sie.reader import read
from core.store import imports, rowindex
from core.store.database import Transaction
from core.text import clean
from core.usecases.books import AccountBalance, latest_books
from core.usecases.context import Context
from core.usecases.engagements import load
from core.usecases.rows import filled_in, row_index


@dataclass(frozen=True, slots=True)
class AccountLedger:
    """An account of the latest import, row by row; amounts ledger-signed öre."""

    account: Account
    ib: Ore
    ub: Ore
    rows: Sequence[LedgerRow]
    """By date, each made when it is looked at."""
    periods: Mapping[int, Ore]
    """The change by month (YYYYMM), where the engagement keeps period balances."""


async def drill_down(ctx: Context, engagement_id: str, account: str) -> AccountLedger:
    """The account's rows with a running balance, from the store alone.

    Raises:
        UsageError: ``id_unknown``, ``account_unknown``.
    """

    def work(tx: Transaction) -> tuple[ImportRun, AccountBalance, bytes | None, bool, dict[int, Ore]]:
        run, one = _find(tx, load(tx, engagement_id)[1], account)
        body = rowindex.body_of(tx, run.id, account)
        indexed = body is not None or bool(rowindex.counts(tx, run.id)) or run.transactions == 0
        return run, one, body, indexed, rowindex.periods(tx, run.id, account)

    run, one, body, indexed, periods = await ctx.store.read(work)
    if not indexed:
        await _rebuild(ctx, run)
        body = await ctx.store.read(lambda tx: rowindex.body_of(tx, run.id, account))
    rows = await asyncio.to_thread(rowindex.unpack, body, one.ib) if body else rowindex.empty()
    return AccountLedger(one.account, one.ib, one.ub, rows, periods)


async def voucher_in_books(ctx: Context, engagement_id: str, series: str, number: str) -> Voucher:
    """A voucher of the latest import with all its rows and texts.

    Raises:
        UsageError: ``id_unknown``: no such engagement or voucher.
    """

    def packed(tx: Transaction) -> bytes | None:
        load(tx, engagement_id)
        run = imports.latest(tx, engagement_id)
        return imports.packed_sie(tx, run.id) if run else None

    body = await ctx.store.read(packed)
    found = await asyncio.to_thread(_voucher, body, series, number) if body is not None else None
    if found is None:
        raise UsageError(
            "id_unknown",
            _("There is no voucher {series} {number} in the books.").format(
                series=clean(series), number=clean(number)
            ),
            _("The latest import does not hold it."),
            _("Check series and number, or import again."),
        )
    return found


def _voucher(packed: bytes, series: str, number: str) -> Voucher | None:
    sie = read(imports.unpack_sie(packed))
    wanted = sie.columns.series.get(series)
    if wanted is None and series == filled_in(sie):
        wanted = sie.columns.series.get("")
    for position, place in enumerate(sie.columns.voucher_series):
        if place == wanted and (voucher := sie.voucher(position)).number == number:
            return voucher
    return None


async def _rebuild(ctx: Context, run: ImportRun) -> None:
    """Make the index of a snapshot that has none, from its own bytes."""
    packed = await ctx.store.read(lambda tx: imports.packed_sie(tx, run.id))
    index = await asyncio.to_thread(lambda: row_index(read(imports.unpack_sie(packed)), periods=False))

    def work(tx: Transaction) -> None:
        if not rowindex.counts(tx, run.id):
            rowindex.insert(tx, run.id, index.rows)

    await ctx.store.write(work)


def _find(tx: Transaction, engagement: Engagement, account: str) -> tuple[ImportRun, AccountBalance]:
    run, sums = latest_books(tx, engagement)
    one = next((one for one in sums if one.account.number == account), None)
    if run is None or one is None:
        raise UsageError(
            "account_unknown",
            _("There is no account {account} in the books.").format(account=clean(account)),
            _("The latest import does not hold it."),
            _("Import the year first, or choose another account."),
        )
    return run, one
