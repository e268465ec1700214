"""Closing vouchers that wait for their fiscal year: taken up as ready when Fortnox has it. Nothing is sent here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from core.closing.planner import existing_year
from core.errors import BryggaError
from core.fortnox import resources
from core.model import FiscalYear
from core.register import Client, ClosingVoucher, SourceKind, VoucherState
from core.store import clients, engagements, vouchers
from core.store.database import Transaction
from core.usecases.context import Context
from core.usecases.rights import Right, needs
from core.usecases.tokens import open_api
from core.usecases.vouchers import record


@dataclass(frozen=True, slots=True)
class TakenUp:
    """A client with waiting vouchers: those that are ready now, or why its years could not be asked for."""

    client: Client
    vouchers: tuple[ClosingVoucher, ...] = ()
    error: BryggaError | None = None


@needs(Right.WORK)
async def take_up_waiting(ctx: Context) -> list[TakenUp]:
    """Ask Fortnox for the fiscal years of every client with waiting vouchers, one request a client."""

    def concerned(tx: Transaction) -> list[Client]:
        ids = {
            one.client_id
            for one in engagements.every(tx)
            if one.source is SourceKind.FORTNOX
            and vouchers.of_engagement(tx, one.id, {VoucherState.WAITING_YEAR})
        }
        return [client for client in clients.every(tx) if client.id in ids]

    return [await _take_up(ctx, client) for client in await ctx.store.read(concerned)]


async def _take_up(ctx: Context, client: Client) -> TakenUp:
    try:
        api = await open_api(ctx, client, background=True)
        years = [one.year for one in await resources.financial_years(api)]
    except BryggaError as error:
        return TakenUp(client, error=error)
    return TakenUp(client, tuple(await wake(ctx, client, years)))


@needs(Right.WORK)
async def wake(ctx: Context, client: Client, years: Sequence[FiscalYear]) -> list[ClosingVoucher]:
    """Make the client's waiting vouchers ready whose fiscal year is among those that exist."""

    def work(tx: Transaction) -> list[ClosingVoucher]:
        woken = []
        for engagement in engagements.every(tx, client.id):
            for voucher in vouchers.of_engagement(tx, engagement.id, {VoucherState.WAITING_YEAR}):
                year = existing_year(voucher, years)
                if year is not None:
                    after = replace(voucher, state=VoucherState.READY, year=year)
                    vouchers.update(tx, after)
                    record(ctx, tx, client, after, "voucher.year_exists")
                    woken.append(after)
        return woken

    return await ctx.store.write(work)
