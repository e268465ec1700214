"""The exchange as a whole: one pass over all clients, and passes until nothing is left to do."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bridge.exchange.claim import COPY, Claim
from bridge.exchange.folder import PRIVATE, Folder
from bridge.exchange.intake import PROCESSING, Intake, Outcome, Reached, unwatched
from bridge.exchange.publish import STAGING, clear, publish
from bridge.exchange.ready import UNDERLAG, Found, incoming
from bridge.exchange.scan import Scan, Scanner
from core.errors import BryggaError, UsageError
from core.files import shown
from core.i18n import _
from core.reasons import reason
from core.together import together
from core.usecases.context import Context
from core.usecases.errands import ErrandDone, run_errands
from core.usecases.exchangefolders import ClientFolder, client_folders, store_version
from core.usecases.exchangeout import published, stage_outgoing, waiting_files
from core.usecases.exchangerules import uploading
from core.usecases.instance import only_one
from core.usecases.workers import AHEAD, read_ahead, workers

LOG = logging.getLogger("brygga.exchange")
CLIENTS_AT_ONCE = 32
"""Files in hand at a time; those that are read wait for those that are written to the disk."""
WORTH_WORKERS = 60
"""So many waiting files are worth starting processes beside this one, which takes half a second."""
MOST_WORKERS = 4
_SHORTEST_WAIT = 0.05


@dataclass(frozen=True, slots=True)
class Sent:
    """What was written to a client's ``out`` folder, or why nothing was."""

    client: str
    name: str
    error: BryggaError | None = None


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass did."""

    outcomes: list[Outcome]
    sent: list[Sent]
    next_look: float | None
    """Seconds until a waiting file may be ready."""
    cost: float = 0.0
    """Seconds of the processor that looking through the folders took."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What passes did until nothing was left to do."""

    outcomes: list[Outcome] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    errands: list[ErrandDone] = field(default_factory=list)


class Exchange:
    """An open exchange folder. Made by ``open_exchange``."""

    def __init__(self, ctx: Context, directory: Path, root: Folder, reached: Reached) -> None:
        self._ctx = ctx
        self.directory = directory
        self._root = root
        self._intake = Intake(ctx, directory, root, reached)
        self._scanners = [
            Scanner(root, ctx.settings.exchange, inbox) for inbox in (incoming(ctx.settings), UNDERLAG)
        ]
        self._seen = -1
        """The store's version at the beginning of the latest pass."""
        self._folders: list[ClientFolder] = []
        self._uploading: frozenset[str] = frozenset()
        self.goes_on: Callable[[], bool] = lambda: True
        """Asked before each file: whether to take it now, or leave it where it lies."""

    @property
    def watched(self) -> list[Path]:
        """The folders in which files are waited for."""
        names = [(one.name, one.client.id in self._uploading) for one in self._folders]
        incoming_ones = [self.directory / name / "in" for name, _uploads in names]
        return incoming_ones + [self.directory / name / UNDERLAG.name for name, uploads in names if uploads]

    def close(self) -> None:
        """Let go of what is held beside the folder itself."""
        self._intake.close()

    async def settle(self) -> Settled:
        """Pass over the folders until every file that is or soon will be finished has come to its end.

        A file whose fate Fortnox does not decide now is left for the next time.
        """
        made = Settled()
        while True:
            went = await self.go_through()
            made.outcomes.extend(went.outcomes)
            made.sent.extend(went.sent)
            ran = await self.run_errands()
            made.errands.extend(ran)
            if went.outcomes or went.sent or any(not one.waits for one in ran):
                continue
            if went.next_look is None:
                return made
            await asyncio.sleep(max(went.next_look, _SHORTEST_WAIT))

    async def run_errands(self, skip: Collection[str] = ()) -> list[ErrandDone]:
        """Do what files that have come in still have to do at Fortnox; ``skip`` are ids of clients."""
        return await run_errands(self._ctx, self._copy_of_paper, skip=skip)

    def _copy_of_paper(self, job_id: str, client_id: str) -> Path:
        return self.directory / PROCESSING / Claim(job_id, client_id, UNDERLAG.name).name / COPY

    async def go_through(self) -> Pass:
        """One pass: continue what was left, take what is ready, publish what waits."""
        changed = await self._look_at_store()
        names = {one.client.id: one.name for one in self._folders}
        resumed = await self._intake.resume(names)
        outcomes = [*resumed.outcomes]
        uploads = [one for one in self._folders if one.client.id in self._uploading]
        scans = list[Scan]()
        for scanner, wanted in zip(self._scanners, (self._folders, uploads), strict=True):
            held = {client_id for client_id, inbox in resumed.held if inbox == scanner.inbox.name}
            looked, taken = await self._take_all(wanted, scanner, held)
            scans += looked
            outcomes += taken
        await self._intake.close_claims()
        sent = await self._send(names) if changed or outcomes else []
        waits = [one.next_look for one in scans if one.next_look is not None]
        return Pass(outcomes, sent, min(waits, default=None), sum(one.cost for one in scans))

    async def _look_at_store(self) -> bool:
        """Read anew what is known of the clients, if the store has changed since the latest pass."""
        version = await store_version(self._ctx)
        if version == self._seen:
            return False
        self._folders = await client_folders(self._ctx)
        self._uploading = await uploading(self._ctx)
        self._seen = version
        return True

    async def _take_all(
        self, folders: list[ClientFolder], scanner: Scanner, held: Collection[str]
    ) -> tuple[list[Scan], list[Outcome]]:
        """What was found and what became of it; the next part is looked through while one's files are taken."""
        by_name = {one.name: one for one in folders}
        parts, scans, outcomes = scanner.look(list(by_name)), list[Scan](), list[Outcome]()
        books = 0
        async with contextlib.AsyncExitStack() as helped:
            ahead = await asyncio.to_thread(next, parts, None)
            while ahead is not None:
                scan = ahead
                busy = [one for name in scan.ready if (one := by_name[name]).client.id not in held]
                few = books < WORTH_WORKERS
                books += sum(len(scan.ready[one.name]) for one in busy)
                if few and books >= WORTH_WORKERS and scanner.inbox is not UNDERLAG:
                    await helped.enter_async_context(workers(self._ctx, _most_workers()))
                taken, ahead = await asyncio.gather(
                    self._take_found(busy, scanner, scan), asyncio.to_thread(next, parts, None)
                )
                scans.append(scan)
                outcomes += taken
        return scans, outcomes

    async def _take_found(
        self, folders: Iterable[ClientFolder], scanner: Scanner, scan: Scan
    ) -> list[Outcome]:
        places = asyncio.Semaphore(CLIENTS_AT_ONCE)

        async def one(folder: ClientFolder) -> list[Outcome]:
            async with places:
                return await self._take(folder, scanner, scan.ready[folder.name])

        return [outcome for found in await together(map(one, folders)) for outcome in found]

    async def _take(self, folder: ClientFolder, scanner: Scanner, found: list[Found]) -> list[Outcome]:
        """One client's files, one after the other; a fault that may pass leaves the rest for the next pass."""
        outcomes = []
        place = self.directory / folder.name / scanner.inbox.name
        for at, one in enumerate(found, 1):
            if not self.goes_on():
                break
            read_ahead(self._ctx, folder.client.id, [place / later.name for later in found[at : at + AHEAD]])
            try:
                outcome = await self._intake.take(folder.client.id, folder.name, one, scanner.inbox.name)
            except (BryggaError, OSError) as error:
                LOG.warning("client %s: %s", folder.client.id, type(error).__name__, exc_info=error)
                break
            outcomes += [outcome] if outcome else []
            if self._intake.is_full:
                await self._intake.close_claims()
        scanner.forget(folder.name)
        return outcomes

    async def _send(self, names: dict[str, str]) -> list[Sent]:
        waiting = await waiting_files(self._ctx)
        await asyncio.to_thread(self._clear, set(waiting))
        staging = self.directory / PROCESSING / STAGING
        made = await stage_outgoing(self._ctx, self._folders, staging)
        failed = [Sent(names[one.client_id], one.name, one.error) for one in made if one.error is not None]
        sent = []
        for name, client_id in (await waiting_files(self._ctx)).items() if waiting or made else ():
            if not self.goes_on():
                break
            if client_id in names and await self._publish(name, names[client_id]):
                await published(self._ctx, name)
                sent.append(Sent(names[client_id], name))
            else:
                self._seen = -1
        return sent + failed

    def _clear(self, keep: set[str]) -> None:
        with self._root.inside(PROCESSING, STAGING) as staging:
            clear(staging, keep)

    async def _publish(self, name: str, folder: str) -> bool:
        try:
            await asyncio.to_thread(self._publish_now, name, folder)
        except OSError as error:
            LOG.warning("out of %s: %s", folder, error.strerror)
            return False
        return True

    def _publish_now(self, name: str, folder: str) -> None:
        with self._root.inside(PROCESSING, STAGING) as staging, self._root.made(folder) as client:
            publish(staging, name, client)


def _most_workers() -> int:
    """How many processes beside this one are worth their start: as many as there are processors."""
    return min(os.cpu_count() or 1, MOST_WORKERS)


@asynccontextmanager
async def open_exchange(ctx: Context, reached: Reached = unwatched) -> AsyncIterator[Exchange | None]:
    """The exchange folder of the settings for the time of the block; None where there is none.

    Raises:
        UsageError: ``config_invalid``: the folder cannot be made or used.
        Refused: ``already_running``: another brygga works in it.
    """
    wanted = ctx.settings.exchange_dir
    if wanted is None:
        yield None
        return
    directory, root = await asyncio.to_thread(_prepare, wanted)
    with (
        root,
        only_one(directory / PROCESSING / ".lock", directory),
        contextlib.closing(Exchange(ctx, directory, root, reached)) as exchange,
    ):
        yield exchange


def _prepare(wanted: Path) -> tuple[Path, Folder]:
    directory = wanted.absolute()
    try:
        directory.mkdir(mode=0o2750, parents=True, exist_ok=True)
        root = Folder.open(directory)
        root.made(PROCESSING, STAGING, mode=PRIVATE).close()
    except OSError as error:
        raise UsageError(
            "config_invalid",
            _("The exchange folder {path} cannot be used.").format(path=shown(directory)),
            reason(error),
            _("Correct exchange.dir, or give brygga's user the right to write there."),
        ) from error
    return directory, root
