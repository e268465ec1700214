"""A client whose Fortnox fails again and again is left alone by the service for a while (a circuit breaker).

It opens after five failures in a row, for a quarter of an hour; when that has passed, whatever is due for the
client is the try that closes it, or opens it for twice as long, six hours at most. People are never held up: what
they start goes to Fortnox all the same, and an import or export that succeeds closes the breaker.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from core.errors import BryggaError, TryLater
from core.register import Connection
from core.store import breakers, connections
from core.store.breakers import Breaker
from core.store.database import Transaction
from core.usecases.context import Context
from core.usecases.rights import Right, needs

FAILURES = 5
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=15), timedelta(hours=6)

Tried = tuple[str, BryggaError | None]
"""A client's id and how a try at its Fortnox ended."""


async def paused_clients(ctx: Context) -> dict[str, datetime]:
    """The clients that are left alone now, with the time until then."""
    return await ctx.store.read(lambda tx: pauses(tx, connections.every(tx), ctx.now()))


def pauses(tx: Transaction, held: Mapping[str, Connection], now: datetime) -> dict[str, datetime]:
    """The same inside a transaction; a connection that was used after the failure is not paused."""
    return {
        client_id: one.paused_until
        for client_id, one in breakers.every(tx).items()
        if one.paused_until is not None
        and one.paused_until > now
        and not (client_id in held and held[client_id].last_used_at > one.failed_at)
    }


@needs(Right.WORK)
async def note_tries(ctx: Context, tries: Iterable[Tried]) -> None:
    """Count what failed in a way that may pass, and forget the failures of clients that succeeded."""
    made = list(tries)
    if not made:
        return
    known = await ctx.store.read(breakers.every)
    if not any(_failed(error) or client_id in known for client_id, error in made):
        return

    def work(tx: Transaction) -> None:
        for client_id, error in made:
            if _failed(error):
                breakers.put(tx, client_id, _after_failure(breakers.every(tx).get(client_id), ctx.now()))
            elif error is None:
                breakers.remove(tx, client_id)

    await ctx.store.write(work)


def _failed(error: BryggaError | None) -> bool:
    """Whether Fortnox failed; a voucher that a person must decide about is no fault of Fortnox's."""
    return isinstance(error, TryLater)


def _after_failure(before: Breaker | None, now: datetime) -> Breaker:
    failures = (before.failures if before else 0) + 1
    if failures < FAILURES:
        return Breaker(failures, now, None)
    pause = min(FIRST_PAUSE * 2 ** min(failures - FAILURES, 10), LONGEST_PAUSE)
    return Breaker(failures, now, now + pause)
