from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.bunches import Bunches, Ended, each


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as made:
        yield made


class Held:
    """Bunches whose thread stands still until ``go``; the sizes of the bunches that it took."""

    def __init__(self, threads: ThreadPoolExecutor, most: int) -> None:
        self.go = threading.Event()
        self.sizes: list[int] = []
        self.bunches = Bunches(threads, self.work_off, most)

    def work_off(self, works: Sequence[Callable[[], object]]) -> list[Ended]:
        self.go.wait(10)
        self.sizes.append(len(works))
        return each(works)

    async def given(self, *works: Callable[[], object]) -> list[asyncio.Future[object]]:
        tasks: list[asyncio.Future[object]] = [
            asyncio.ensure_future(self.bunches.give(work)) for work in works
        ]
        await asyncio.sleep(0)
        return tasks


async def test_what_comes_while_the_thread_is_busy_is_taken_in_one_go(threads: ThreadPoolExecutor) -> None:
    held = Held(threads, most=8)
    tasks = await held.given(*[lambda at=at: at for at in range(9)])
    held.go.set()
    assert await asyncio.gather(*tasks) == list(range(9))
    assert len(held.sizes) <= 3


async def test_no_bunch_is_larger_than_allowed(threads: ThreadPoolExecutor) -> None:
    held = Held(threads, most=2)
    tasks = await held.given(*[lambda: None] * 9)
    held.go.set()
    await asyncio.gather(*tasks)
    assert (sum(held.sizes), max(held.sizes)) == (9, 2)


async def test_a_fault_is_raised_where_the_work_was_given_and_nowhere_else(
    threads: ThreadPoolExecutor,
) -> None:
    bunches = Bunches(threads, each, most=8)
    outcomes = await asyncio.gather(
        bunches.give(lambda: 1), bunches.give(lambda: 1 // 0), bunches.give(lambda: 3), return_exceptions=True
    )
    assert [outcomes[0], type(outcomes[1]), outcomes[2]] == [1, ZeroDivisionError, 3]


async def test_a_fault_of_the_thread_itself_is_told_to_all_and_the_thread_goes_on(
    threads: ThreadPoolExecutor,
) -> None:
    def work_off(works: Sequence[bool]) -> list[Ended]:
        if not all(works):
            raise OSError("no thread")
        return [(True, None) for _work in works]

    bunches = Bunches(threads, work_off, most=8)
    with pytest.raises(OSError, match="no thread"):
        await bunches.give(False)
    assert await bunches.give(True)


async def test_a_work_cancelled_before_the_thread_takes_it_is_left_out(threads: ThreadPoolExecutor) -> None:
    held = Held(threads, most=1)
    done: list[int] = []
    first, second = await held.given(lambda: done.append(1), lambda: done.append(2))
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)
    held.go.set()
    await first
    await held.bunches.give(lambda: done.append(3))
    assert done == [1, 3]


async def test_the_thread_goes_on_after_it_has_rested(threads: ThreadPoolExecutor) -> None:
    bunches = Bunches(threads, each, most=8)
    assert [await bunches.give(lambda at=at: at) for at in range(50)] == list(range(50))  # type: ignore[misc]
