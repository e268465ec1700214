"""What files in the exchange folder still have to do at Fortnox, done beside the rounds of the service."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path

from core.errors import BryggaError
from core.register import Client
from core.store import clients, errands
from core.store.database import Transaction
from core.store.errands import Errand, ErrandKind
from core.together import together
from core.usecases.context import Context
from core.usecases.errandstate import Wait
from core.usecases.exchangepapers import upload_paper
from core.usecases.exchangepost import post
from core.usecases.rights import Right, needs

CLIENTS_AT_ONCE = 8

CopyOf = Callable[[str, str], Path]
"""Where the private copy of a document lies, by the ids of its file and its client."""


@dataclass(frozen=True, slots=True)
class ErrandDone:
    """What came of a try. ``error`` is why it waits or was refused; None when it went well."""

    client: Client
    kind: str
    """``export`` or ``upload``."""
    name: str
    """The file's."""
    waits: bool
    error: BryggaError | None


@needs(Right.WORK)
async def run_errands(ctx: Context, copy_of: CopyOf, *, skip: Collection[str] = ()) -> list[ErrandDone]:
    """Try every errand that is due: a client's in their order, several clients at once.

    ``skip`` are the ids of clients that are left alone now.
    """
    now = ctx.now()

    def work(tx: Transaction) -> list[tuple[Client, list[Errand]]]:
        of_client: dict[str, list[Errand]] = {}
        for one in errands.every(tx):
            of_client.setdefault(one.client_id, []).append(one)
        known = ((clients.get(tx, client_id), found) for client_id, found in of_client.items())
        return [
            (client, found)
            for client, found in known
            if client and client.id not in skip and found[0].due_at <= now
        ]

    places = asyncio.Semaphore(CLIENTS_AT_ONCE)

    async def one(client: Client, found: list[Errand]) -> list[ErrandDone]:
        async with places:
            return await _in_order(ctx, client, found, copy_of)

    done = await together(one(*pair) for pair in await ctx.store.read(work))
    return [each for of_client in done for each in of_client]


async def _in_order(ctx: Context, client: Client, found: list[Errand], copy_of: CopyOf) -> list[ErrandDone]:
    """A client's errands one after the other; one that must wait holds the ones after it.

    One that waits for a person holds the other vouchers only, not the documents.
    """
    done, held = [], False
    for errand in found:
        if errand.kind is ErrandKind.EXPORT and held:
            continue
        name = str(errand.details["name"])
        if errand.kind is ErrandKind.EXPORT:
            outcome = await post(ctx, client, errand)
        else:
            outcome = await upload_paper(ctx, client, errand, copy_of(errand.job_id, client.id))
        if isinstance(outcome, Wait):
            await _keep(ctx, errand, outcome)
            done.append(ErrandDone(client, errand.kind.value, name, waits=True, error=outcome.error))
            if not outcome.for_person:
                break
            held = True
            continue
        done.append(ErrandDone(client, errand.kind.value, name, waits=False, error=outcome))
    return done


async def _keep(ctx: Context, errand: Errand, wait: Wait) -> None:
    def work(tx: Transaction) -> None:
        now = errands.get(tx, errand.job_id)
        if now is not None:
            errands.put(tx, replace(now, due_at=wait.due_at, tries=now.tries + 1))

    await ctx.store.write(work)
