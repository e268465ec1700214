"""The bridge at work: what one round does, and the long-running service that goes round until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import time
from dataclasses import dataclass, field

from bridge.exchange.intake import Outcome
from bridge.exchange.run import Exchange, Sent
from bridge.health import Health, health_page
from bridge.notify import notify
from bridge.schedule import Every, Nightly
from core.errors import BryggaError, UsageError
from core.i18n import _
from core.register import SourceKind
from core.usecases.context import Context
from core.usecases.engagements import list_engagements
from core.usecases.imports import import_all
from core.usecases.keepalive import keep_alive
from core.usecases.resume import resume_outbox
from core.usecases.waiting import take_up_waiting

LOG = logging.getLogger("brygga.bridge")
KEEP_ALIVE_SECONDS = 6 * 3600
OUTBOX_SECONDS = 60
NIGHT_SECONDS = 20
"""How often the night's list is looked at."""
YEARS_SECONDS = 6 * 3600
"""How often Fortnox is asked for the fiscal years that closing vouchers wait for."""
FAULT_PAUSE_SECONDS = 30
_SHORTEST_PAUSE = 0.05


@dataclass(frozen=True, slots=True)
class JobDone:
    """Something the bridge did beside taking files in; ``error`` is None when it went well."""

    job: str
    """``out``, ``keep_alive``, ``import``, ``outbox``, ``fiscal_year``."""
    client: str
    """The client's folder or name."""
    file: str = ""
    error: BryggaError | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What a round did."""

    files: list[Outcome] = field(default_factory=list)
    jobs: list[JobDone] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        """Whether a file or a job failed."""
        return any(one.outcome == "failed" for one in self.files) or any(job.error for job in self.jobs)


async def run_once(ctx: Context, exchange: Exchange | None) -> Done:
    """Take in what waits, send what is ready, look up uncertain vouchers, renew the connections that rest."""
    files: list[Outcome] = []
    sent: list[Sent] = []
    if exchange is not None:
        files, sent = await exchange.settle()
    jobs = [*await looked_up(ctx), *await taken_up(ctx), *await kept_alive(ctx)]
    return Done(files, [*map(_sent, sent), *jobs])


async def kept_alive(ctx: Context) -> list[JobDone]:
    """Renew the connections that have rested; without an app at Fortnox there are none."""
    if not ctx.settings.fortnox.client_id:
        return []
    try:
        kept = await keep_alive(ctx)
    except BryggaError as error:
        return [JobDone("keep_alive", "", error=error)]
    return [JobDone("keep_alive", one.client.name, error=one.error) for one in kept]


async def looked_up(ctx: Context) -> list[JobDone]:
    """Look up the vouchers whose answer never came."""
    if not ctx.settings.fortnox.client_id:
        return []
    found = await resume_outbox(ctx)
    return [JobDone("outbox", one.client.name, error=one.error) for one in found if one.certain or one.error]


async def taken_up(ctx: Context) -> list[JobDone]:
    """Make vouchers ready whose fiscal year exists by now."""
    if not ctx.settings.fortnox.client_id:
        return []
    found = await take_up_waiting(ctx)
    return [
        JobDone("fiscal_year", one.client.name, error=one.error) for one in found if one.vouchers or one.error
    ]


class Service:
    """Goes round: files at every scan, the rest when it is due. A round that fails is logged and followed by another."""

    def __init__(self, ctx: Context, exchange: Exchange | None, health: Health) -> None:
        self._ctx = ctx
        self._exchange = exchange
        self._health = health
        schedule = ctx.settings.schedule
        self._nightly = Nightly(schedule.import_at, schedule.spread_minutes, ctx.now())
        self._imported: set[tuple[str, str]] = set()
        """(engagement, night) of the imports that were tried: one that fails waits for the next night."""
        self._night = Every(NIGHT_SECONDS)
        self._keep_alive = Every(KEEP_ALIVE_SECONDS)
        self._outbox = Every(OUTBOX_SECONDS)
        self._years = Every(YEARS_SECONDS)
        self._background: set[asyncio.Task[None]] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Go round until ``stop``; the round at hand is finished first."""
        notify("READY=1")
        while not stop.is_set():
            pause = await self._round()
            notify("WATCHDOG=1")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), max(pause, _SHORTEST_PAUSE))
        notify("STOPPING=1")
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)

    async def _round(self) -> float:
        """One round; the seconds until the next."""
        pause = float(self._ctx.settings.exchange.scan_seconds)
        try:
            if self._exchange is not None:
                made = await self._exchange.go_through()
                self._note(Done(made.outcomes, [_sent(one) for one in made.sent]))
                pause = min(pause, made.next_look) if made.next_look is not None else pause
            self._start_due()
        except Exception:
            LOG.exception("a round failed")
            self._health.faults += 1
            pause = FAULT_PAUSE_SECONDS
        self._health.rounds += 1
        self._health.last_round = time.monotonic()
        return pause

    def _start_due(self) -> None:
        """Start what is due beside the rounds, so that a slow Fortnox holds no file up; one of each at a time."""
        if self._background:
            return
        now = time.monotonic()
        if self._night.is_due(now) | self._outbox.is_due(now) | self._keep_alive.is_due(now):
            task = asyncio.create_task(self._do_due())
            self._background.add(task)
            task.add_done_callback(self._background.discard)

    async def _do_due(self) -> None:
        try:
            jobs = [*await self._imports(), *await looked_up(self._ctx), *await kept_alive(self._ctx)]
            if self._years.is_due(time.monotonic()):
                jobs += await taken_up(self._ctx)
            self._note(Done(jobs=jobs))
        except Exception:
            LOG.exception("scheduled work failed")
            self._health.faults += 1

    async def _imports(self) -> list[JobDone]:
        now = self._ctx.now()
        night = self._nightly.night_of(now)
        if night is None:
            return []
        due = {
            one.id
            for one in await list_engagements(self._ctx)
            if one.source is SourceKind.FORTNOX
            and not one.locked
            and (one.id, night.isoformat()) not in self._imported
            and self._nightly.is_due(one.id, now)
        }
        self._imported = {done for done in self._imported if done[1] == night.isoformat()}
        self._imported |= {(one, night.isoformat()) for one in due}
        outcomes = await import_all(self._ctx, only=due) if due else []
        return [JobDone("import", one.client.name, error=one.error) for one in outcomes]

    def _note(self, done: Done) -> None:
        """Count and log what was done; names of files and clients are left out of both."""
        for one in done.files:
            self._health.files[one.outcome] += 1
            LOG.info("file %s, folder %s", one.outcome, one.client)
        for job in done.jobs:
            outcome = job.error.code if job.error else "done"
            self._health.jobs[job.job, "failed" if job.error else "done"] += 1
            LOG.info("%s: %s", job.job, outcome)


async def serve(ctx: Context, exchange: Exchange | None) -> None:
    """Run the service until SIGTERM, SIGINT or SIGHUP; what is at hand is brought to its end first.

    Raises:
        UsageError: ``config_invalid``: the port of the health page is taken.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    health, port = Health(), ctx.settings.service.health_port
    async with contextlib.AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(health_page(health, port))
        except OSError as error:
            raise _port_taken(port, error) from error
        LOG.info("bridge started, process %s", os.getpid())
        await Service(ctx, exchange, health).run(stop)
        LOG.info("bridge stopped")


def _port_taken(port: int, error: OSError) -> UsageError:
    return UsageError(
        "config_invalid",
        _("The health page cannot be served on port {port}.").format(port=port),
        error.strerror or str(error),
        _("Choose another service.health_port, or 0 for no page."),
    )


def _sent(sent: Sent) -> JobDone:
    return JobDone("out", sent.client, sent.name, sent.error)
