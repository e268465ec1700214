"""The outcome of a consent, and noticing that another brygga has used the one that is waited for."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date, timedelta

from core.model import Company
from core.register import Client, ConnectionMode, Engagement, PendingConsent
from core.store import connections
from core.usecases import consentwords as words
from core.usecases.clients import get_client
from core.usecases.context import Context
from core.usecases.status import view_of
from core.usecases.tokens import forget_tokens

CONSENT_LIFETIME = timedelta(minutes=10)
"""Fortnox's code lives ten minutes, and so does the wait for it."""
LOOK_SECONDS = 0.5
"""How often a wait looks whether the consent was used elsewhere."""
ELSEWHERE_SECONDS = 60.0
"""How long the other process may take to store its connection."""


@dataclass(frozen=True, slots=True)
class Connected:
    """The outcome of a consent."""

    client: Client
    company: Company
    mode: ConnectionMode
    days_left: int | None
    engagement: Engagement | None
    """Made when the client was made from what Fortnox says, or had none."""
    refused: str = ""
    """Why a service connection was not possible and the rotating token is used instead; else empty."""
    last_booking: date | None = None
    """The day of the latest voucher, at a client's first connection: an abandoned database shows itself by it."""


async def used_elsewhere(ctx: Context, pending: PendingConsent, here: asyncio.Event) -> None:
    """End when the pending consent is gone without this process having used it."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        waiting = await ctx.store.read(lambda tx: connections.pending(tx, ctx.now()))
        if all(one.state != pending.state for one in waiting) and not here.is_set():
            return


async def connected_elsewhere(ctx: Context, pending: PendingConsent) -> Connected:
    """What another process has made of the consent, as soon as it is stored."""
    begun = pending.expires_at - CONSENT_LIFETIME - timedelta(seconds=1)
    for _attempt in range(int(ELSEWHERE_SECONDS / LOOK_SECONDS)):
        held = await ctx.store.read(connections.every)
        made = [one for one in held.values() if one.connected_at >= begun and not one.needs_login]
        for connection in made:
            if pending.client_id in {None, connection.client_id}:
                view = view_of(connection, ctx.settings.connection, ctx.now())
                company = Company(connection.company, connection.orgnr, connection.tenant)
                client = await get_client(ctx, connection.client_id)
                forget_tokens(ctx, client.id)
                return Connected(client, company, connection.mode, view.days_left, None)
        await asyncio.sleep(LOOK_SECONDS)
    raise words.expired()
