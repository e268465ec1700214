"""Looks up the vouchers whose answer never came, so that nobody has to start an export for it. Nothing is sent."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from core.errors import BryggaError, Refused
from core.files import make_private_directory
from core.register import Client
from core.store import clients, engagements, outbox
from core.store.database import Transaction
from core.store.outbox import OutboxState
from core.usecases.context import Context
from core.usecases.instance import only_one
from core.usecases.posting import Outbound, Poster
from core.usecases.progress import silent
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
