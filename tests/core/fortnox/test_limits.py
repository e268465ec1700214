from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.fortnox import limits
from core.fortnox.limits import BACKGROUND_REQUESTS, REQUESTS, WINDOW_SECONDS, Limiter, Place, earliest


class Hand:
    """A boot clock moved by hand."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds


def nobody_waits(seconds: float) -> None:
    pytest.fail(f"waited {seconds} s")


def crowded(moments: list[float], most: int) -> bool:
    ordered = sorted(moments)
    return any(
        later - sooner < WINDOW_SECONDS - 1e-6 for sooner, later in zip(ordered, ordered[most:], strict=False)
    )


def test_an_empty_window_lets_a_request_through_at_once() -> None:
    assert earliest([], 5.0, background=False) == 5.0


def test_the_25th_request_waits_for_the_first_to_leave_the_window() -> None:
    places = [Place(1.0 + n / 100, background=False) for n in range(REQUESTS)]
    assert earliest(places, 2.0, background=False) == pytest.approx(1.0 + WINDOW_SECONDS)


def test_background_leaves_three_places_to_interactive_work() -> None:
    places = [Place(1.0, background=True) for _ in range(BACKGROUND_REQUESTS)]
    assert earliest(places, 1.0, background=True) == pytest.approx(1.0 + WINDOW_SECONDS)
    assert earliest(places, 1.0, background=False) == 1.0


@given(st.lists(st.tuples(st.floats(0, 20), st.booleans()), max_size=80))
def test_no_window_is_ever_crowded(arrivals: list[tuple[float, bool]]) -> None:
    places: list[Place] = []
    for now, background in sorted(arrivals):
        places.append(Place(earliest(places, now, background=background), background))
    assert not crowded([place.moment for place in places], REQUESTS)
    assert not crowded([place.moment for place in places if place.background], BACKGROUND_REQUESTS)


async def test_waiting_is_told_and_ends_when_the_clock_has_moved(tmp_path: Path) -> None:
    hand = Hand()
    limiter = Limiter(tmp_path / "limits.db", now=hand, sleep=hand.sleep, boot="b")
    told: list[float] = []
    for _ in range(REQUESTS + 1):
        async with limiter.place("app", "1", waiting=told.append):
            pass
    limiter.close()
    assert told == [pytest.approx(WINDOW_SECONDS)]
    assert hand.seconds == pytest.approx(1000 + WINDOW_SECONDS)


async def test_a_slow_answer_keeps_its_place_until_it_has_arrived(tmp_path: Path) -> None:
    hand = Hand()
    limiter = Limiter(tmp_path / "limits.db", now=hand, boot="b")
    async with limiter.place("app", "1") as arrived:
        hand.seconds += 4.0
        arrived()
    with contextlib.closing(sqlite3.connect(tmp_path / "limits.db")) as window:
        moment = window.execute("SELECT moment FROM places").fetchone()[0]
    limiter.close()
    assert moment == 1004.0


async def test_companies_do_not_wait_for_each_other(tmp_path: Path) -> None:
    limiter = Limiter(tmp_path / "limits.db", now=Hand(), boot="b")
    for tenant in ("1", "2"):
        for _ in range(REQUESTS):
            async with limiter.place("app", tenant, waiting=nobody_waits):
                pass
    limiter.close()


async def test_a_cancelled_waiter_leaves_the_line(tmp_path: Path) -> None:
    limiter = Limiter(tmp_path / "limits.db", now=Hand(), boot="b")
    for _ in range(REQUESTS):
        async with limiter.place("app", "1"):
            pass
    waits = asyncio.Event()

    async def ask() -> None:
        async with limiter.place("app", "1", waiting=lambda _seconds: waits.set()):
            pass

    task = asyncio.create_task(ask())
    await waits.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with contextlib.closing(sqlite3.connect(tmp_path / "limits.db")) as window:
        count = window.execute("SELECT count(*) FROM places").fetchone()[0]
    limiter.close()
    assert count == REQUESTS


async def test_a_request_that_is_cancelled_while_it_takes_its_place_disturbs_no_other(tmp_path: Path) -> None:
    inside = threading.Event()

    def slow() -> float:
        inside.set()
        time.sleep(0.05)
        return 1000.0

    limiter = Limiter(tmp_path / "limits.db", now=slow, boot="b")

    async def ask() -> None:
        async with limiter.place("app", "1"):
            pytest.fail("it was cancelled before it had a place")

    cut = asyncio.create_task(ask())
    await asyncio.to_thread(inside.wait)
    cut.cancel()
    async with limiter.place("app", "1"):
        pass
    with pytest.raises(asyncio.CancelledError):
        await cut
    limiter.close()
    with contextlib.closing(sqlite3.connect(tmp_path / "limits.db")) as table:
        assert table.execute("SELECT count(*) FROM places").fetchone() == (1,)


async def test_places_of_an_earlier_boot_do_not_count(tmp_path: Path) -> None:
    before = Limiter(tmp_path / "limits.db", now=Hand(), boot="monday")
    for _ in range(REQUESTS):
        async with before.place("app", "1"):
            pass
    before.close()
    hand = Hand()
    hand.seconds = 10.0
    after = Limiter(tmp_path / "limits.db", now=hand, boot="tuesday")
    async with after.place("app", "1", waiting=nobody_waits):
        pass
    after.close()


async def test_a_broken_table_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "limits.db").write_bytes(b"this is no database at all" * 100)
    limiter = Limiter(tmp_path / "limits.db")
    async with limiter.place("app", "1"):
        pass
    limiter.close()


def test_the_boot_clock_only_goes_forward() -> None:
    first = limits.boot_seconds()
    assert limits.boot_seconds() >= first


def test_three_processes_share_one_window(tmp_path: Path) -> None:
    program = textwrap.dedent(
        """
        import asyncio, sys
        from pathlib import Path
        from core.fortnox.limits import Limiter, boot_seconds
        async def main():
            limiter = Limiter(Path(sys.argv[1]))
            for _ in range(10):
                async with limiter.place("app", "1"):
                    print(boot_seconds())
            limiter.close()
        asyncio.run(main())
        """
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path / "limits.db")],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[3],
        )
        for _ in range(3)
    ]
    moments = [float(line) for process in processes for line in process.communicate()[0].split()]
    assert len(moments) == 30
    assert not crowded(moments, REQUESTS)


async def test_the_window_is_its_owners_alone(tmp_path: Path) -> None:
    limiter = Limiter(tmp_path / "limits.db", now=Hand(), boot="b")
    with contextlib.closing(limiter):
        async with limiter.place("client", "1"):
            modes = {path.stat().st_mode & 0o777 for path in tmp_path.glob("limits.db*")}
    assert modes == {0o600}
