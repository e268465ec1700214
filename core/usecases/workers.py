"""Processes beside this one that prepare imports while many files wait, so that more than one core reads them.

A worker is given books and gives back what is to be stored; it reaches neither the store nor the network, and it
ends when its standard input does, however this process ends. What a worker cannot do, because the file is faulty
or the worker has died, is done here instead, so that a fault is met where it is told of.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import pickle
import sys
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from core import i18n
from core.usecases.context import Context
from core.usecases.prepare import Material, Prepared, prepare

LOG = logging.getLogger("brygga.workers")
WORKERS = "workers"
"""Where they stand in ``Context.shared``."""
AT_HAND = 2
"""Books given to a worker at a time: the next ones lie there when it is done with the first."""
A_RUN, AHEAD = 2, 3
"""After so many files for one engagement the next ones are expected to be for it too; so many are read ahead."""
LARGEST_AHEAD = 4_000_000
"""Bytes; larger files are not read ahead."""
_ROOT = Path(__file__).parents[2]
_STOP_SECONDS = 5


class Worker:
    """One process, which answers in the order in which it is asked."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._asked: deque[asyncio.Future[Prepared | None]] = deque()
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def start(cls) -> Worker:
        """Start the process; it is ready for work at once.

        Raises:
            OSError: the machine does not let it start.
        """
        paths = [str(_ROOT), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "core.usecases.worker", i18n.language()),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
            start_new_session=True,
        )
        return cls(process)

    @property
    def load(self) -> int:
        """How many books lie with it."""
        return len(self._asked)

    @property
    def is_alive(self) -> bool:
        """Whether it still answers."""
        return not self._listening.done()

    async def ask(self, material: Material) -> Prepared | None:
        """What the worker made of the books; None when it could not."""
        stdin = self._process.stdin
        assert stdin is not None
        answer: asyncio.Future[Prepared | None] = asyncio.get_running_loop().create_future()
        self._asked.append(answer)
        try:
            stdin.write(framed(material))
            await stdin.drain()
        except (ConnectionError, RuntimeError):
            return None
        return await answer

    async def _listen(self) -> None:
        stdout = self._process.stdout
        assert stdout is not None
        try:
            while True:
                size = int.from_bytes(await stdout.readexactly(LENGTH), "big")
                made: Prepared | None = pickle.loads(await stdout.readexactly(size))  # noqa: S301 our own child's
                answer = self._asked.popleft()
                if not answer.done():
                    answer.set_result(made)
        except (asyncio.IncompleteReadError, ConnectionError):
            LOG.warning("a worker has ended")
        finally:
            for answer in self._asked:
                if not answer.done():
                    answer.set_result(None)

    async def stop(self) -> None:
        """End the process."""
        self._listening.cancel()
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await self._process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
        await asyncio.gather(self._listening, return_exceptions=True)


@dataclass
class _Run:
    """Files of one client that came one after the other for the same engagement."""

    material: Material
    length: int = 1
    ahead: dict[Path, asyncio.Task[Prepared | None]] = field(default_factory=dict)
    """The next ones in their order, read as if they were for it too."""


class Workers:
    """Some workers, of which the least busy is asked."""

    def __init__(self, workers: list[Worker]) -> None:
        self._workers = workers
        self._places = asyncio.Semaphore(AT_HAND * len(workers))
        self._runs: dict[str, _Run] = {}

    def read_ahead(self, client_id: str, paths: Sequence[Path]) -> None:
        """Let idle workers read the client's next files as books for the engagement of the ones before.

        A guess: it is used when the file turns out to hold these bytes and to be for that engagement.
        """
        run = self._runs.get(client_id)
        if run is None or run.length < A_RUN:
            return
        guess = replace(run.material, largest=min(run.material.largest, LARGEST_AHEAD))
        for path in paths[:AHEAD]:
            if path not in run.ahead and not self._places.locked():
                run.ahead[path] = asyncio.create_task(self.prepare(replace(guess, path=path)))

    async def made_ahead(self, material: Material) -> Prepared | None:
        """What was made of just these books already; a guess that was wrong is dropped."""
        run = self._runs.get(material.client.id)
        if run is None or run.material != replace(material, path=None, sha256=""):
            self._drop(run)
            self._runs[material.client.id] = _Run(replace(material, path=None, sha256=""))
            return None
        run.length += 1
        while run.ahead:
            made = await run.ahead.pop(next(iter(run.ahead)))
            if made is not None and made.packed.run.sha256 == material.sha256:
                return made
        return None

    def close(self) -> None:
        """Drop what was read ahead."""
        for run in self._runs.values():
            self._drop(run)

    @staticmethod
    def _drop(run: _Run | None) -> None:
        for task in run.ahead.values() if run is not None else ():
            task.cancel()

    async def prepare(self, material: Material) -> Prepared | None:
        """What one of them made of the books; None when none could."""
        async with self._places:
            alive = [one for one in self._workers if one.is_alive]
            return await min(alive, key=lambda one: one.load).ask(material) if alive else None


async def prepared_by(ctx: Context, material: Material) -> Prepared:
    """The prepared import, made by a worker where there are some, else in a thread.

    Raises:
        UsageError, Refused: as ``prepare``.
    """
    workers = ctx.shared.get(WORKERS)
    if isinstance(workers, Workers) and material.path is not None:
        made = await workers.made_ahead(material) or await workers.prepare(material)
        if made is not None:
            return made
    return await asyncio.to_thread(prepare, material)


def read_ahead(ctx: Context, client_id: str, paths: Sequence[Path]) -> None:
    """Tell idle workers, where there are some, which files of a client come next."""
    workers = ctx.shared.get(WORKERS)
    if isinstance(workers, Workers):
        workers.read_ahead(client_id, paths)


@contextlib.asynccontextmanager
async def workers(ctx: Context, count: int) -> AsyncIterator[None]:
    """So many workers for the files that are imported in the block; fewer where the machine gives no more."""
    async with contextlib.AsyncExitStack() as stack:
        started = []
        with contextlib.suppress(OSError):
            for _one in range(count):
                worker = await Worker.start()
                stack.push_async_callback(worker.stop)
                started.append(worker)
        if started:
            ctx.shared[WORKERS] = there = Workers(started)
            stack.callback(ctx.shared.pop, WORKERS)
            stack.callback(there.close)
        yield


LENGTH = 4
"""Bytes of the size before each message."""


def framed(message: object) -> bytes:
    """A message as it goes through the pipe: its size, then itself."""
    body = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return len(body).to_bytes(LENGTH, "big") + body
