"""The bridge at work: what one round does, and the long-running service that goes round until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bridge import jobs
from bridge.exchange.hint import Hint
from bridge.exchange.intake import Outcome
from bridge.exchange.run import Exchange, Pass, Settled
from bridge.health import Health, health_page
from bridge.jobs import JobDone, Night
from bridge.notify import notify
from bridge.schedule import Every
from core.errors import UsageError
from core.i18n import _
from core.reasons import reason
from core.usecases.breaker import paused_clients
from core.usecases.context import Context

LOG = logging.getLogger("brygga.bridge")
TICK_SECONDS = 5.0
"""How often it is looked whether something is due."""
NIGHT_SECONDS = 20
"""How often the night's list is looked at."""
ERRAND_SECONDS = 5
"""How often it is looked for files that have something to do at Fortnox."""
OUTBOX_SECONDS = 60
DAILY_SECONDS = 600
"""How often it is looked whether what is done once a day has been done."""
KEEP_ALIVE_SECONDS = 6 * 3600
YEARS_SECONDS = 6 * 3600
"""How often Fortnox is asked for the fiscal years that closing vouchers wait for."""
FAULT_PAUSE_SECONDS = 30
HINTED_SECONDS = 30.0
"""How often everything is looked through where the file system tells of what is dropped."""
SCAN_SHARE = 0.003
"""How much of a processor looking through the folders may take."""
LONGEST_PAUSE = 60.0
_SHORTEST_PAUSE = 0.05


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
    made = await exchange.settle() if exchange is not None else Settled()
    done = [*map(jobs.sent_out, made.sent), *map(jobs.errand, made.errands)]
    done += [*await jobs.looked_up(ctx), *await jobs.taken_up(ctx), *await jobs.kept_alive(ctx)]
    daily = [*await jobs.head_written(ctx), *await jobs.backed_up(ctx)]
    done += [job for job in daily if job.error]
    return Done(made.outcomes, done)


Work = Callable[[], Awaitable[list[JobDone]]]


class Service:
    """Goes round: files at every scan, the rest when it is due. A round that fails is logged and followed by another."""

    def __init__(self, ctx: Context, exchange: Exchange | None, health: Health) -> None:
        self._ctx = ctx
        self._exchange = exchange
        self._health = health
        self._hint = Hint(exchange.directory) if exchange is not None else Hint(None)
        self._watched: list[Path] = []
        self._running: dict[Every, asyncio.Task[None]] = {}
        self._works: list[tuple[Every, Work]] = [
            (Every(NIGHT_SECONDS), Night(ctx).imports),
            (Every(OUTBOX_SECONDS), lambda: jobs.looked_up(ctx)),
            (Every(KEEP_ALIVE_SECONDS), lambda: jobs.kept_alive(ctx)),
            (Every(YEARS_SECONDS), lambda: jobs.taken_up(ctx)),
            (Every(DAILY_SECONDS), lambda: jobs.head_written(ctx)),
            (Every(DAILY_SECONDS), lambda: jobs.backed_up(ctx)),
        ]
        if exchange is not None:
            self._works.append((Every(ERRAND_SECONDS), lambda: jobs.errands_done(ctx, exchange)))

    async def run(self, stop: asyncio.Event) -> None:
        """Go round until ``stop``; the file at hand is finished first."""

        def goes_on() -> bool:
            self._health.last_step = time.monotonic()
            return not stop.is_set()

        if self._exchange is not None:
            self._exchange.goes_on = goes_on
        notify("READY=1")
        ticking = asyncio.create_task(self._tick())
        next_round, hinted = 0.0, True
        while goes_on():
            if hinted or time.monotonic() >= next_round:
                pause = await self._round()
                next_round = time.monotonic() + pause
            wait = min(next_round - time.monotonic(), TICK_SECONDS)
            hinted = await self._hint.wait(max(wait, _SHORTEST_PAUSE), stop)
        notify("STOPPING=1")
        await self._hint.close()
        running = [ticking, *self._running.values()]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _tick(self) -> None:
        """Beside the rounds, however long one takes: say that the service lives, and start what is due."""
        while True:
            if self._health.is_well:
                notify("WATCHDOG=1")
            self._start_due()
            await asyncio.sleep(TICK_SECONDS)

    async def _round(self) -> float:
        """One round; the seconds until the next."""
        pause = float(FAULT_PAUSE_SECONDS)
        with self._outlived("a round"):
            pause = await self._go_through()
        self._health.rounds += 1
        self._health.last_round = time.monotonic()
        return pause

    async def _go_through(self) -> float:
        seconds = float(self._ctx.settings.exchange.scan_seconds)
        if self._exchange is None:
            return seconds
        made = await self._exchange.go_through()
        self._note(Done(made.outcomes, [jobs.sent_out(one) for one in made.sent]))
        await self._watch(self._exchange.watched)
        return _pause(seconds, made, is_hinted=self._hint.is_alive)

    @contextlib.contextmanager
    def _outlived(self, what: str) -> Iterator[None]:
        """The service outlives any fault of one round or job: it is logged, counted, and tried again."""
        try:
            yield
        except Exception:  # whatever it is, the other rounds and jobs must go on
            LOG.exception("%s failed", what)
            self._health.faults += 1

    async def _watch(self, folders: list[Path]) -> None:
        if folders != self._watched:
            self._watched = folders
            await self._hint.watch(folders)

    def _start_due(self) -> None:
        """Start what is due beside the rounds, so that a slow Fortnox holds no file up; one of each at a time."""
        now = time.monotonic()
        for every, work in self._works:
            if every not in self._running and every.is_due(now):
                self._running[every] = asyncio.create_task(self._do(every, work))

    async def _do(self, every: Every, work: Work) -> None:
        try:
            with self._outlived("scheduled work"):
                done = await work()
                self._note(Done(jobs=done))
                if done:
                    self._hint.tell()
                    self._health.paused = len(await paused_clients(self._ctx))
        finally:
            del self._running[every]

    def _note(self, done: Done) -> None:
        """Count and log what was done; names of files and clients are left out of both."""
        for one in done.files:
            self._health.files[one.outcome] += 1
            LOG.info("file %s, folder %s", one.outcome, one.client)
        for job in done.jobs:
            outcome = job.error.code if job.error else "done"
            self._health.jobs[job.job, "failed" if job.error else "done"] += 1
            LOG.info("%s: %s", job.job, outcome)


def _pause(scan_seconds: float, made: Pass, *, is_hinted: bool) -> float:
    """Seconds until the next look: longer where the file system gives hints, and where looking costs much."""
    if made.next_look is not None or made.outcomes or made.sent:
        return min(scan_seconds, made.next_look or 0.0)
    quiet = max(scan_seconds, HINTED_SECONDS if is_hinted else 0.0)
    return min(max(quiet, made.cost / SCAN_SHARE), max(LONGEST_PAUSE, scan_seconds))


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
        reason(error),
        _("Choose another service.health_port, or 0 for no page."),
    )
