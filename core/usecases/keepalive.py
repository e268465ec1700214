"""Keeps resting connections alive, so that a client with no work this month needs no new consent."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.errors import BryggaError
from core.register import Client, Connection, ConnectionMode
from core.store import clients, connections
from core.store.database import Transaction
from core.usecases.context import Context
from core.usecases.refresh import Tokens
from core.usecases.rights import Right, needs
from core.usecases.tokens import app, transport, vault


@dataclass(frozen=True, slots=True)
class KeptAlive:
    """What keep-alive did for a client; ``error`` is None when its token was exchanged."""

    client: Client
    error: BryggaError | None


@needs(Right.WORK)
async def keep_alive(ctx: Context, *, skip: Collection[str] = ()) -> list[KeptAlive]:
    """Exchange the tokens that have rested for ``schedule.keep_alive_days``; only those of the code mode.

    The promised validity, which counts from the last import or export, is not touched. ``skip`` are the ids of
    clients that are left alone now.
    """

    def due(tx: Transaction) -> list[tuple[Client, Connection]]:
        limit = ctx.now() - timedelta(days=ctx.settings.schedule.keep_alive_days)
        held = connections.every(tx)
        return [
            (client, held[client.id])
            for client in clients.every(tx)
            if client.id in held and client.id not in skip and _rests(held[client.id], limit)
        ]

    done: list[KeptAlive] = []
    for client, connection in await ctx.store.read(due):
        tokens = Tokens(ctx, await vault(ctx), await app(ctx), transport(ctx), client.id, connection.tenant)
        try:
            await tokens.exchange()
        except BryggaError as error:
            done.append(KeptAlive(client, error))
        else:
            done.append(KeptAlive(client, None))
    return done


def _rests(connection: Connection, limit: datetime) -> bool:
    mode = connection.mode
    return mode is ConnectionMode.CODE and not connection.needs_login and connection.rotated_at <= limit
