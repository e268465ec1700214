"""Looks up the vouchers whose answer never came, so that nobody has to start an export for it. Nothing is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from core.errors import BryggaError, Refused
from core.files import make_private_directory
from core.register import Client
from core.store import clients, engagements, outbox
from core.store.database import Transaction
from core.store.outbox import OutboxState
from core.usecases.context import Context
from core.usecases.instance import only_one
from core.usecases.posting import Outbound, Poster, seconds_left
from core.usecases.progress import Progress, Report, silent
from core.usecases.rights import Right, needs
from core.usecases.tokens import open_api

UNCERTAIN = frozenset({OutboxState.SENDING, OutboxState.UNKNOWN})


@dataclass(frozen=True, slots=True)
class LookedUp:
    """A client's uncertain vouchers: whether all of them are certain now, or why they could not be looked up."""

    client: Client
    certain: bool
    error: BryggaError | None = None


@needs(Right.WORK)
async def resume_outbox(ctx: Context, *, skip: Collection[str] = ()) -> list[LookedUp]:
    """Look up every uncertain voucher whose horizon has passed; those whose client is being posted to are left.

    ``skip`` are the ids of clients that are left alone now.
    """

    def uncertain(tx: Transaction) -> list[tuple[Client, str]]:
        found = []
        for engagement_id in outbox.engagements_in(tx, UNCERTAIN):
            engagement = engagements.get(tx, engagement_id)
            client = clients.get(tx, engagement.client_id) if engagement else None
            if client is not None and client.id not in skip:
                found.append((client, engagement_id))
        return found

    return [await _look_up(ctx, *one) for one in await ctx.store.read(uncertain)]


async def uncertain_clients(ctx: Context) -> tuple[list[Client], int]:
    """The clients with uncertain vouchers by name, and the seconds until the last of these may be looked up."""
    horizon, now = timedelta(seconds=ctx.settings.export.horizon_seconds), ctx.now()

    def work(tx: Transaction) -> tuple[list[Client], int]:
        found: dict[str, Client] = {}
        seconds = 0
        for engagement_id in outbox.engagements_in(tx, UNCERTAIN):
            engagement = engagements.get(tx, engagement_id)
            client = clients.get(tx, engagement.client_id) if engagement else None
            if client is None:
                continue
            found[client.id] = client
            waiting = [one for one in outbox.of_engagement(tx, engagement_id) if one.state in UNCERTAIN]
            seconds = max([seconds, *(seconds_left(one, horizon, now) for one in waiting)])
        return sorted(found.values(), key=lambda one: one.name.casefold()), seconds

    return await ctx.store.read(work)


@needs(Right.WORK)
async def settle_uncertain(ctx: Context, *, progress: Report = silent) -> list[LookedUp]:
    """Let the horizon of every uncertain voucher pass, then look them up; nothing is held or sent meanwhile."""
    __, seconds = await uncertain_clients(ctx)
    for left in range(seconds, 0, -1):
        progress(Progress("check", 1, 1, waiting=True, seconds=left))
        await asyncio.sleep(1)
    progress(Progress("check", 1, 1))
    return await resume_outbox(ctx)


async def _look_up(ctx: Context, client: Client, engagement_id: str) -> LookedUp:
    lock = make_private_directory(ctx.settings.paths.locks) / f"posting-{client.id}.lock"
    try:
        with only_one(lock, ctx.settings.data_dir):
            poster = Poster(ctx, await open_api(ctx, client, background=True), client, silent)
            return LookedUp(client, await poster.settle(engagement_id, Outbound(), wait=False))
    except Refused as error:
        if error.code == "already_running":
            return LookedUp(client, certain=False)
        return LookedUp(client, certain=False, error=error)
    except BryggaError as error:
        return LookedUp(client, certain=False, error=error)
