"""Work that must not be cut: exchanging a refresh token, sending a voucher and writing down the answer.

``asyncio.shield`` keeps a task alive when its caller is cancelled, but ``asyncio.run`` cancels what is left
when it ends. So critical tasks stand in a registry, and whoever ends the loop drains it first.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

DRAIN_SECONDS = 35.0
"""A token call may take 30 seconds, and its answer must be stored."""

_Result = TypeVar("_Result")
_log = logging.getLogger(__name__)
_tasks: set[asyncio.Task[Any]] = set()


async def run(work: Coroutine[Any, Any, _Result]) -> _Result:
    """Await ``work`` so that cancelling the caller does not cancel it; it ends in the registry instead."""
    task = asyncio.get_running_loop().create_task(work)
    _tasks.add(task)
    task.add_done_callback(_forget)
    return await asyncio.shield(task)


async def in_thread(work: Callable[[], _Result]) -> _Result:
    """Run in a thread. A cancelled caller leaves when the thread has ended: what it works on is shared."""
    running = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        while not running.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait([running])
        raise


def _forget(task: asyncio.Task[Any]) -> None:
    _tasks.discard(task)
    if not task.cancelled() and task.exception() is not None:
        _log.debug("critical task ended with %s", type(task.exception()).__name__)


def pending() -> int:
    """How many critical tasks of the running loop are under way."""
    loop = asyncio.get_running_loop()
    return sum(1 for task in _tasks if task.get_loop() is loop)


async def drain(seconds: float = DRAIN_SECONDS) -> bool:
    """Wait until every critical task of this loop has ended, at most ``seconds``; False when some have not."""
    loop = asyncio.get_running_loop()
    mine = {task for task in _tasks if task.get_loop() is loop and task is not asyncio.current_task()}
    if not mine:
        return True
    _done, left = await asyncio.wait(mine, timeout=seconds)
    return not left
