"""The exchange as a whole: one pass over all clients, and passes until nothing is left to do."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bridge.exchange.folder import PRIVATE, Folder
from bridge.exchange.intake import PROCESSING, Intake, Outcome, Reached, unwatched
from bridge.exchange.publish import STAGING, clear, publish
from bridge.exchange.scan import Scan, Scanner
from core.errors import BryggaError, UsageError
from core.files import shown
from core.i18n import _
from core.together import together
from core.usecases.context import Context
from core.usecases.exchangefolders import ClientFolder, client_folders
from core.usecases.exchangeout import published, stage_ready_vouchers, waiting_files
from core.usecases.instance import only_one

LOG = logging.getLogger("brygga.exchange")
CLIENTS_AT_ONCE = 4
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


class Exchange:
    """An open exchange folder. Made by ``open_exchange``."""

    def __init__(self, ctx: Context, directory: Path, root: Folder, reached: Reached) -> None:
        self._ctx = ctx
        self._directory = directory
        self._root = root
        self._intake = Intake(ctx, directory, root, reached)
        self._scanner = Scanner(root, ctx.settings.exchange)

    async def settle(self) -> tuple[list[Outcome], list[Sent]]:
        """Pass over the folders until every file that is or soon will be finished has come to its end."""
        outcomes: list[Outcome] = []
        sent: list[Sent] = []
        while True:
            made = await self.go_through()
            outcomes += made.outcomes
            sent += made.sent
            if made.outcomes:
                continue
            if made.next_look is None:
                return outcomes, sent
            await asyncio.sleep(max(made.next_look, _SHORTEST_WAIT))

    async def go_through(self) -> Pass:
        """One pass: continue what was left, take what is ready, publish what waits."""
        folders = await client_folders(self._ctx)
        names = {one.client.id: one.name for one in folders}
        outcomes = await self._intake.resume(names)
        scan = await asyncio.to_thread(self._scanner.look, [one.name for one in folders])
        outcomes += await self._take_all(folders, scan)
        return Pass(outcomes, await self._send(folders, names), scan.next_look)

    async def _take_all(self, folders: list[ClientFolder], scan: Scan) -> list[Outcome]:
        places = asyncio.Semaphore(CLIENTS_AT_ONCE)
        busy = [one for one in folders if one.name in scan.ready]

        async def one(folder: ClientFolder) -> list[Outcome]:
            async with places:
                return await self._take(folder, scan.ready[folder.name])

        return [outcome for found in await together(map(one, busy)) for outcome in found]

    async def _take(self, folder: ClientFolder, names: list[str]) -> list[Outcome]:
        """One client's files, one after the other; a fault that may pass leaves the rest for the next pass."""
        outcomes = []
        for name in names:
            try:
                outcome = await self._intake.take(folder.client.id, folder.name, name)
            except (BryggaError, OSError) as error:
                LOG.warning("client %s: %s", folder.client.id, type(error).__name__, exc_info=error)
                break
            outcomes += [outcome] if outcome else []
        self._scanner.forget(folder.name)
        return outcomes

    async def _send(self, folders: list[ClientFolder], names: dict[str, str]) -> list[Sent]:
        waiting = await waiting_files(self._ctx)
        await asyncio.to_thread(self._clear, set(waiting))
        staging = self._directory / PROCESSING / STAGING
        made = await stage_ready_vouchers(self._ctx, folders, staging)
        failed = [Sent(names[one.client_id], one.name, one.error) for one in made if one.error is not None]
        sent = []
        for name, client_id in (await waiting_files(self._ctx)).items() if waiting or made else ():
            if client_id in names and await self._publish(name, names[client_id]):
                await published(self._ctx, name)
                sent.append(Sent(names[client_id], name))
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


@asynccontextmanager
async def open_exchange(ctx: Context, reached: Reached = unwatched) -> AsyncIterator[Exchange | None]:
    """The exchange folder of the settings for the time of the block; None where there is none.

    Raises:
        UsageError: ``config_invalid``: the folder cannot be made or used.
        Refused: ``already_running``: another brygga works in it.
    """
    if not ctx.settings.exchange.dir:
        yield None
        return
    directory, root = await asyncio.to_thread(_prepare, Path(ctx.settings.exchange.dir))
    with root, only_one(directory / PROCESSING / ".lock", directory):
        yield Exchange(ctx, directory, root, reached)


def _prepare(wanted: Path) -> tuple[Path, Folder]:
    directory = wanted.expanduser().absolute()
    try:
        directory.mkdir(mode=0o2750, parents=True, exist_ok=True)
        root = Folder.open(directory)
        root.made(PROCESSING, STAGING, mode=PRIVATE).close()
    except OSError as error:
        raise UsageError(
            "config_invalid",
            _("The exchange folder {path} cannot be used.").format(path=shown(directory)),
            error.strerror or str(error),
            _("Correct exchange.dir, or give brygga's user the right to write there."),
        ) from error
    return directory, root
