"""One request window per client id and tenant, shared by every process on the host.

Fortnox counts 25 requests in a sliding window of 5 seconds per client id and tenant and answers 429 beyond
it. brygga stays at 24 in 5.1 seconds, of which background work may use 21. Each request takes a place in a
small SQLite table before it is sent: a place is a moment, the earliest that breaks no window, so waiting
requests stand in line and nobody starves. A place under way counts as happening now until the answer's
headers are here, because only then is it known to have arrived; a slow network can therefore not push two
bursts together.

The moments are of the host's boot clock, which all processes share and which no one steps; a reboot is
recognised by its boot id.
"""

from __future__ import annotations

import asyncio
import functools
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, TypeVar

from core import critical
from core.scratch import open_scratch

REQUESTS = 24
BACKGROUND_REQUESTS = 21
WINDOW_SECONDS = 5.1
LOST_AFTER_SECONDS = 60.0
"""A place whose process died is counted as under way no longer than this."""

FURTHEST_SECONDS = 3600.0
"""No line is longer; a place further ahead comes from another boot on a system without boot ids."""

Waiting: TypeAlias = Callable[[float], None]
"""Told the seconds until the next request may be sent."""

_WAITING, _UNDER_WAY, _ARRIVED = 0, 1, 2
_END_OF_LINE = 1e18
_Result = TypeVar("_Result")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS places (
    id INTEGER PRIMARY KEY,
    boot TEXT NOT NULL,
    bucket TEXT NOT NULL,
    background INTEGER NOT NULL,
    moment REAL NOT NULL,
    state INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS places_by_bucket ON places (bucket, moment);
"""


def boot_seconds() -> float:
    """Seconds since the host started, the same in every process; a stepped clock does not move it."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def boot_id() -> str:
    """Tells one start of the host from another; empty where the system has no such id."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the line as the table knows it."""

    moment: float
    background: bool


def earliest(places: Sequence[Place], now: float, *, background: bool) -> float:
    """The first moment from ``now`` on at which one more request breaks no window.

    ``places`` are those of the bucket in any order; all count towards 24, background ones also towards 21.
    """
    everything = sorted(place.moment for place in places)
    in_background = sorted(place.moment for place in places if place.background)
    candidates = sorted({now, *(moment + WINDOW_SECONDS for moment in everything)})
    for candidate in candidates:
        if candidate < now or not _fits(everything, candidate, REQUESTS):
            continue
        if background and not _fits(in_background, candidate, BACKGROUND_REQUESTS):
            continue
        return candidate
    return candidates[-1]


def _fits(moments: Sequence[float], candidate: float, most: int) -> bool:
    """Whether every window around ``candidate`` still holds at most ``most``."""
    joined = sorted([*moments, candidate])
    return all(
        later - sooner >= WINDOW_SECONDS - 1e-9
        for sooner, later in zip(joined, joined[most:], strict=False)
        if sooner <= candidate <= later
    )


class Limiter:
    """The shared window, in ``limits.db`` of the data directory."""

    def __init__(
        self,
        path: Path,
        *,
        now: Callable[[], float] = boot_seconds,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        boot: str | None = None,
    ) -> None:
        self._path = path
        self._now = now
        self._sleep = sleep
        self._boot = boot_id() if boot is None else boot
        self._connection: sqlite3.Connection | None = None
        self._one_at_a_time = asyncio.Lock()

    @asynccontextmanager
    async def place(
        self, client_id: str, tenant: str, *, background: bool = False, waiting: Waiting | None = None
    ) -> AsyncIterator[Callable[[], None]]:
        """Wait for a place, hold it while the request is under way.

        Yields a function to call when the answer's headers have come; leaving the block does the same.
        """
        bucket = f"{client_id}|{tenant}"
        number = await self._wait(bucket, background=background, waiting=waiting)
        arrived: list[float] = []
        try:
            yield lambda: arrived.append(self._now())
        finally:
            await self._run(self._release, number, arrived[0] if arrived else self._now())

    async def _wait(self, bucket: str, *, background: bool, waiting: Waiting | None) -> int:
        held: list[int] = []
        try:
            while (seconds := await self._run(self._reserve, bucket, background, held)) > 0:
                if waiting is not None:
                    waiting(seconds)
                await self._sleep(seconds)
            return held[0]
        except BaseException:
            if held:
                await self._run(self._forget, held[0])
            raise

    async def _run(self, work: Callable[..., _Result], *arguments: object) -> _Result:
        async with self._one_at_a_time:
            return await critical.in_thread(functools.partial(work, *arguments))

    def _reserve(self, bucket: str, background: bool, held: list[int]) -> float:
        """Take a place or move the one that is held: the seconds until it may be used (0: under way now)."""
        with self._transaction() as connection:
            now = self._now()
            connection.execute(
                "DELETE FROM places WHERE boot <> ? OR moment < ? OR moment > ?",
                (self._boot, now - WINDOW_SECONDS - LOST_AFTER_SECONDS, now + FURTHEST_SECONDS),
            )
            mine = held[0] if held else self._insert(connection, bucket, background)
            moment = earliest(_others(connection, bucket, mine, now), now, background=background)
            state = _UNDER_WAY if moment <= now else _WAITING
            connection.execute("UPDATE places SET moment = ?, state = ? WHERE id = ?", (moment, state, mine))
        held[:] = [mine]
        return max(0.0, moment - now)

    def _insert(self, connection: sqlite3.Connection, bucket: str, background: bool) -> int:
        cursor = connection.execute(
            "INSERT INTO places (boot, bucket, background, moment, state) VALUES (?, ?, ?, ?, ?)",
            (self._boot, bucket, background, _END_OF_LINE, _WAITING),
        )
        return int(cursor.lastrowid or 0)

    def _release(self, number: int, arrived: float) -> None:
        with self._transaction() as connection:
            connection.execute(
                "UPDATE places SET moment = ?, state = ? WHERE id = ?", (arrived, _ARRIVED, number)
            )

    def _forget(self, number: int) -> None:
        with self._transaction() as connection:
            connection.execute("DELETE FROM places WHERE id = ?", (number,))

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        connection = self._connection = self._connection or open_scratch(
            self._path, _SCHEMA, busy_seconds=30.0
        )
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    def close(self) -> None:
        """Close the table."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _others(connection: sqlite3.Connection, bucket: str, number: int, now: float) -> list[Place]:
    """What counts for place ``number``: everything sent, and everyone who waits ahead of it."""
    rows = connection.execute(
        """
        SELECT moment, background, state FROM places
        WHERE bucket = :bucket AND id <> :number
          AND (state <> 0 OR (moment, id) < (SELECT moment, id FROM places WHERE id = :number))
        """,
        {"bucket": bucket, "number": number},
    )
    return [
        Place(
            now if state == _UNDER_WAY and now - moment < LOST_AFTER_SECONDS else moment,
            bool(background),
        )
        for moment, background, state in rows
    ]
