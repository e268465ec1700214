"""The bridge at work: what one round does, and the long-running service that goes round until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import signal
from dataclasses import dataclass, field

from bridge.exchange.intake import Outcome
from bridge.exchange.run import Exchange, Sent
from core.errors import BryggaError
from core.usecases.context import Context
from core.usecases.keepalive import keep_alive

LOG = logging.getLogger("brygga.bridge")


@dataclass(frozen=True, slots=True)
class JobDone:
    """Something the bridge did beside taking files in; ``error`` is None when it went well."""

    job: str
    """``out``, ``keep_alive``, ``import``, ``outbox``."""
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
    """Take in what waits, send what is ready, and look after the connections that rest."""
    files: list[Outcome] = []
    sent: list[Sent] = []
    if exchange is not None:
        files, sent = await exchange.settle()
    return Done(files, [*map(_sent, sent), *await kept_alive(ctx)])


async def kept_alive(ctx: Context) -> list[JobDone]:
    """Renew the connections that have rested; without an app at Fortnox there are none."""
    if not ctx.settings.fortnox.client_id:
        return []
    try:
        kept = await keep_alive(ctx)
    except BryggaError as error:
        return [JobDone("keep_alive", "", error=error)]
    return [JobDone("keep_alive", one.client.name, error=one.error) for one in kept]


async def serve(ctx: Context, exchange: Exchange | None) -> None:
    """Go round until SIGTERM, SIGINT or SIGHUP; the file at hand is brought to its end first."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    pause = float(ctx.settings.exchange.scan_seconds)
    while not stop.is_set():
        wait = pause
        if exchange is not None:
            made = await exchange.go_through()
            wait = min(pause, made.next_look) if made.next_look is not None else pause
            _log(made.outcomes, made.sent)
        try:
            await asyncio.wait_for(stop.wait(), max(wait, 0.05))
        except TimeoutError:
            continue


def _sent(sent: Sent) -> JobDone:
    return JobDone("out", sent.client, sent.name, sent.error)


def _log(outcomes: list[Outcome], sent: list[Sent]) -> None:
    """What was done, by receipt; file names are not logged, they may hold anything."""
    for outcome in outcomes:
        LOG.info("file %s: %s", outcome.outcome, outcome.client)
    for one in sent:
        LOG.info("out: %s %s", one.client, one.error.code if one.error else "published")
