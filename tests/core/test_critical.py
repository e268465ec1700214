from __future__ import annotations

import asyncio
import threading

import pytest

from core import critical


async def test_the_result_comes_through() -> None:
    async def work() -> int:
        return 7

    assert await critical.run(work()) == 7
    assert critical.pending() == 0


async def test_a_failure_comes_through() -> None:
    async def work() -> None:
        raise LookupError("x")

    with pytest.raises(LookupError):
        await critical.run(work())


async def test_cancelling_the_caller_leaves_the_work_which_drain_awaits() -> None:
    done: list[str] = []
    go = asyncio.Event()

    async def work() -> None:
        await go.wait()
        done.append("stored")

    caller = asyncio.create_task(critical.run(work()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert critical.pending() == 1
    go.set()
    assert await critical.drain(1)
    assert done == ["stored"]


async def test_drain_gives_up_after_its_time() -> None:
    go = asyncio.Event()
    caller = asyncio.create_task(critical.run(go.wait()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not await critical.drain(0.01)
    go.set()
    await caller


async def test_a_failure_after_the_caller_has_gone_makes_no_noise() -> None:
    go = asyncio.Event()

    async def work() -> None:
        await go.wait()
        raise LookupError("x")

    caller = asyncio.create_task(critical.run(work()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    go.set()
    assert await critical.drain(1)


async def test_a_caller_that_is_cancelled_waits_for_its_thread() -> None:
    begun, go, ended = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        go.wait()
        ended.set()

    caller = asyncio.create_task(critical.in_thread(work))
    await asyncio.to_thread(begun.wait)
    caller.cancel()
    await asyncio.sleep(0)
    assert not caller.done()
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert ended.is_set()
