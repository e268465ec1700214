from __future__ import annotations

import asyncio

import pytest

from core.errors import Refused
from core.together import together


async def value(number: int) -> int:
    await asyncio.sleep(0)
    return number


async def test_the_results_stand_in_order() -> None:
    assert await together([value(1), value(2), value(3)]) == [1, 2, 3]


async def test_nothing_to_wait_for_is_an_empty_list() -> None:
    assert await together([]) == []


async def refuse() -> int:
    await asyncio.sleep(0)
    raise Refused("not_sie", "nej")


async def test_the_first_error_is_raised_as_it_is() -> None:
    with pytest.raises(Refused, match="nej"):
        await together([value(1), refuse()])


async def test_the_others_have_ended_when_the_error_is_raised() -> None:
    ended = asyncio.Event()

    async def patient() -> int:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return 0

    with pytest.raises(Refused):
        await together([patient(), refuse()])
    assert ended.is_set()


async def test_a_cancelled_caller_takes_its_works_with_it() -> None:
    started, ended = asyncio.Event(), asyncio.Event()

    async def patient() -> int:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return 0

    task = asyncio.create_task(together([patient()]))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()
