"""A thread that is given in bunches what waits for it: a crowd of small works then costs few wake-ups.

Handing one small work to a thread and its result back costs more than the work itself. What comes while the
thread is busy is taken in one go when it is free, and the event loop hears of the whole bunch at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Any, Generic, TypeVar

Work = TypeVar("Work")
Ended = tuple[Any, BaseException | None]
"""What a work returned, or the fault that it raised."""


class Bunches(Generic[Work]):
    """Works waiting for one thread of ``threads``; ``work_off`` runs there and tells how each of a bunch ended.

    At most ``most`` are in a bunch, so that none waits long for the others. For one event loop.
    """

    def __init__(
        self, threads: Executor, work_off: Callable[[Sequence[Work]], list[Ended]], most: int
    ) -> None:
        self._threads = threads
        self._work_off = work_off
        self._most = most
        self._waiting: deque[tuple[Work, asyncio.Future[Any]]] = deque()
        self._awake = False
        self._waking = threading.Lock()

    async def give(self, work: Work) -> Any:
        """What the work returns. One that is cancelled before the thread takes it is left out."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((work, future))
        with self._waking:
            if not self._awake:
                self._threads.submit(self._go)
                self._awake = True
        return await future

    def _go(self) -> None:
        while not self._may_rest():
            taken = [self._waiting.popleft() for _place in range(min(len(self._waiting), self._most))]
            bunch = [(work, future) for work, future in taken if not future.cancelled()]
            if bunch:
                works, futures = zip(*bunch, strict=True)
                _tell(futures, self._ends_of(works))

    def _ends_of(self, works: Sequence[Work]) -> list[Ended]:
        try:
            return self._work_off(works)
        except BaseException as error:  # noqa: BLE001 whoever waits must hear of it, and the thread goes on
            return [(None, error)] * len(works)

    def _may_rest(self) -> bool:
        with self._waking:
            self._awake = bool(self._waiting)
            return not self._awake


def each(works: Sequence[Callable[[], Any]]) -> list[Ended]:
    """A ``work_off`` that runs one work after the other."""
    return [ended(work) for work in works]


def ended(work: Callable[..., Any], *given: Any) -> Ended:
    """How a work ends."""
    try:
        return work(*given), None
    except Exception as error:  # noqa: BLE001 whoever waits for it must hear of it
        return None, error


def _tell(futures: Sequence[asyncio.Future[Any]], ends: list[Ended]) -> None:
    """Let the event loop know, if there still is one."""

    def tell() -> None:
        for future, (result, fault) in zip(futures, ends, strict=True):
            if future.done():
                continue
            if fault is None:
                future.set_result(result)
            else:
                future.set_exception(fault)

    with contextlib.suppress(RuntimeError):
        futures[0].get_loop().call_soon_threadsafe(tell)
