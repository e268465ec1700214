"""What the bridge does beside taking files in: each job is one function, and what it did is a list of records."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from bridge.exchange.run import Exchange, Sent
from bridge.schedule import Nightly
from core.errors import BryggaError
from core.register import Client, SourceKind
from core.usecases.audit import write_daily_head
from core.usecases.backup import scheduled_backup
from core.usecases.breaker import note_tries, paused_clients
from core.usecases.context import Context
from core.usecases.engagements import list_engagements
from core.usecases.errands import ErrandDone
from core.usecases.imports import import_all
from core.usecases.keepalive import keep_alive
from core.usecases.latest import latest_imports
from core.usecases.resume import resume_outbox
from core.usecases.waiting import take_up_waiting

LOG = logging.getLogger("brygga.bridge")


@dataclass(frozen=True, slots=True)
class JobDone:
    """Something the bridge did beside taking files in; ``error`` is None when it went well."""

    job: str
    """``out export upload import keep_alive outbox fiscal_year audit backup``."""
    client: str
    """The client's folder or name; empty for what concerns them all."""
    file: str = ""
    error: BryggaError | None = None
    waits: bool = False
    """It is tried again by itself."""


class Night:
    """The nightly imports: every engagement once a night, also one that fails."""

    def __init__(self, ctx: Context) -> None:
        schedule = ctx.settings.schedule
        self._ctx = ctx
        self._nightly = Nightly(schedule.import_at, schedule.spread_minutes, schedule.catch_up_hours)
        self._night: datetime | None = None
        self._tried: set[str] = set()
        self._all_tried = False

    async def imports(self) -> list[JobDone]:
        """Import what is due, except for clients whose Fortnox is left alone now."""
        now = self._ctx.now()
        night = self._nightly.night_of(now)
        if night is None or (night == self._night and self._all_tried):
            return []
        if night != self._night:
            self._night, self._tried, self._all_tried = night, set(), False
        paused = await paused_clients(self._ctx)
        due = await self._due(night, now, paused)
        outcomes = await import_all(self._ctx, only=due) if due else []
        self._tried |= due
        self._all_tried = self._nightly.is_over(now) and not paused
        await note_tries(self._ctx, ((one.client.id, one.error) for one in outcomes))
        return [JobDone("import", one.client.name, error=one.error) for one in outcomes]

    async def _due(self, night: datetime, now: datetime, paused: Collection[str]) -> set[str]:
        """The engagements whose minute has come and whose books are older than the night."""
        latest = await latest_imports(self._ctx)
        return {
            one.id
            for one in await list_engagements(self._ctx)
            if one.source is SourceKind.FORTNOX
            and not one.locked
            and one.client_id not in paused
            and one.id not in self._tried
            and not (one.id in latest and latest[one.id] >= night)
            and self._nightly.is_due(one.id, now)
        }


async def kept_alive(ctx: Context) -> list[JobDone]:
    """Renew the connections that have rested; without an app at Fortnox there are none."""
    if not ctx.settings.fortnox.client_id:
        return []
    try:
        kept = await keep_alive(ctx, skip=await paused_clients(ctx))
    except BryggaError as error:
        return [JobDone("keep_alive", "", error=error)]
    await _note(ctx, ((one.client, one.error) for one in kept))
    return [JobDone("keep_alive", one.client.name, error=one.error) for one in kept]


async def looked_up(ctx: Context) -> list[JobDone]:
    """Look up the vouchers whose answer never came."""
    if not ctx.settings.fortnox.client_id:
        return []
    found = await resume_outbox(ctx, skip=await paused_clients(ctx))
    await _note(ctx, ((one.client, one.error) for one in found if one.certain or one.error))
    return [JobDone("outbox", one.client.name, error=one.error) for one in found if one.certain or one.error]


async def taken_up(ctx: Context) -> list[JobDone]:
    """Make vouchers ready whose fiscal year exists by now."""
    if not ctx.settings.fortnox.client_id:
        return []
    found = await take_up_waiting(ctx)
    await _note(ctx, ((one.client, one.error) for one in found))
    return [
        JobDone("fiscal_year", one.client.name, error=one.error) for one in found if one.vouchers or one.error
    ]


async def errands_done(ctx: Context, exchange: Exchange) -> list[JobDone]:
    """Post and upload what has come in through the exchange folder."""
    done = await exchange.run_errands(await paused_clients(ctx))
    await _note(ctx, ((one.client, one.error) for one in done if one.error or not one.waits))
    return [errand(one) for one in done if one.error or not one.waits]


async def head_written(ctx: Context) -> list[JobDone]:
    """Write the audit's head outside the store, once a day."""
    try:
        written = await write_daily_head(ctx)
    except BryggaError as error:
        return [JobDone("audit", "", error=error)]
    return [JobDone("audit", "")] if written is not None else []


async def backed_up(ctx: Context) -> list[JobDone]:
    """Make the day's backup, where the firm wants one."""
    try:
        made = await scheduled_backup(ctx)
    except BryggaError as error:
        return [JobDone("backup", "", error=error)]
    return [JobDone("backup", "")] if made is not None else []


async def _note(ctx: Context, tries: Iterable[tuple[Client, BryggaError | None]]) -> None:
    await note_tries(ctx, ((client.id, error) for client, error in tries))


def sent_out(sent: Sent) -> JobDone:
    """A file that went out, as a job."""
    return JobDone("out", sent.client, sent.name, sent.error)


def errand(done: ErrandDone) -> JobDone:
    """What a file had to do at Fortnox, as a job."""
    return JobDone(done.kind, done.client.name, done.name, error=done.error, waits=done.waits)
