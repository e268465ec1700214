"""Who else has an engagement open, taking it over, and what a dead session leaves."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from core.config import Settings, load
from core.errors import Refused
from core.register import Present, Role, SourceKind
from core.store.presence import STALE_SECONDS, PresenceBook
from core.usecases.activity import activity
from core.usecases.clients import add_client
from core.usecases.context import open_context
from core.usecases.engagements import add_engagement
from core.usecases.presence import Attendance, take_over

START = datetime(2026, 1, 20, 9, 30, tzinfo=UTC)


class MovedClock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.moment = START

    def now(self) -> datetime:
        return self.moment


class House:
    """A data directory and the sessions in it."""

    def __init__(self, settings: Settings, held: AsyncExitStack) -> None:
        self.settings = settings
        self.clock = MovedClock()
        self.engagement_id = ""
        self._held = held

    async def session(self, person: str, role: Role = Role.ADMIN) -> Attendance:
        opened = open_context(self.settings, person=person, clock=self.clock, role=role)
        ctx = await self._held.enter_async_context(opened)
        if not self.engagement_id:
            client = await add_client(ctx, name="Bageri Söder AB", orgnr="559999-1014")
            made = await add_engagement(ctx, client.id, date(2025, 1, 1), date(2025, 12, 31), SourceKind.SIE4)
            self.engagement_id = made.id
        return Attendance(ctx)

    async def inside(self, person: str) -> Attendance:
        made = await self.session(person)
        await made.enter(self.engagement_id)
        return made

    def names(self, attendance: Attendance) -> list[str]:
        return [each.person for each in attendance.others(self.engagement_id)]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with AsyncExitStack() as held:
        yield House(load(None, tmp_path / "data", environ={}), held)


async def test_two_sessions_see_each_other_but_not_themselves(house: House) -> None:
    anna, bjorn = await house.inside("anna"), await house.inside("björn")
    assert await anna.look()
    assert (house.names(anna), house.names(bjorn)) == (["björn"], ["anna"])


async def test_a_look_that_finds_the_same_is_no_news(house: House) -> None:
    anna, _bjorn = await house.inside("anna"), await house.inside("björn")
    assert await anna.look()
    assert not await anna.look()


async def test_who_leaves_is_seen_no_more(house: House) -> None:
    anna, bjorn = await house.inside("anna"), await house.inside("björn")
    await bjorn.leave()
    await anna.look()
    assert house.names(anna) == []


async def test_a_context_that_closes_leaves(house: House) -> None:
    anna = await house.inside("anna")
    async with open_context(house.settings, person="björn", clock=house.clock) as ctx:
        await Attendance(ctx).enter(house.engagement_id)
        await anna.look()
        assert house.names(anna) == ["björn"]
    await anna.look()
    assert house.names(anna) == []


async def test_a_heart_that_stopped_is_gone_and_one_that_beats_stays(house: House) -> None:
    anna, bjorn = await house.inside("anna"), await house.inside("björn")
    for _beat in range(6):
        house.clock.moment += timedelta(seconds=STALE_SECONDS / 4)
        await anna.look()
    assert house.names(anna) == []
    await bjorn.look()
    await anna.look()
    assert house.names(anna) == ["björn"]
    assert house.names(bjorn) == ["anna"]


def a_dead_process() -> int:
    """The number of a process that has been."""
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    return done.pid


async def test_a_process_that_died_is_gone_at_once(house: House) -> None:
    anna = await house.inside("anna")
    book = PresenceBook(house.settings.paths.presence)
    for pid in (os.getpid(), a_dead_process()):
        ghost = Present(
            f"ghost {pid}", house.engagement_id, f"process {pid}", os.uname().nodename, pid, START
        )
        book.enter(ghost, START)
    book.close()
    await anna.look()
    assert house.names(anna) == [f"process {os.getpid()}"]


async def test_who_takes_over_holds_it_and_the_other_one_only_reads(house: House) -> None:
    anna, bjorn = await house.inside("anna"), await house.inside("björn")
    taken = await take_over(bjorn.ctx, bjorn, house.engagement_id)
    await anna.look()
    holder = anna.holder(house.engagement_id)
    assert [each.person for each in taken] == ["anna"]
    assert holder is not None
    assert holder.person == "björn"
    assert bjorn.holder(house.engagement_id) is None


async def test_it_can_be_taken_back(house: House) -> None:
    anna, bjorn = await house.inside("anna"), await house.inside("björn")
    await take_over(bjorn.ctx, bjorn, house.engagement_id)
    await take_over(anna.ctx, anna, house.engagement_id)
    await bjorn.look()
    assert anna.holder(house.engagement_id) is None
    assert bjorn.holder(house.engagement_id) is not None


async def test_who_holds_it_and_leaves_gives_it_back(house: House) -> None:
    anna, bjorn = await house.inside("anna"), await house.inside("björn")
    await take_over(bjorn.ctx, bjorn, house.engagement_id)
    await bjorn.leave()
    await anna.look()
    assert anna.holder(house.engagement_id) is None


async def test_taking_over_stands_in_the_audit(house: House) -> None:
    _anna, bjorn = await house.inside("anna"), await house.inside("björn")
    await take_over(bjorn.ctx, bjorn, house.engagement_id)
    event = (await activity(bjorn.ctx))[0]
    assert (event.person, event.action, event.details) == (
        "björn",
        "engagement.taken_over",
        {"taken_from": ["anna"]},
    )


async def test_a_reader_is_not_counted_and_takes_nothing_over(house: House) -> None:
    anna = await house.inside("anna")
    reader = await house.session("rut", Role.READER)
    await reader.enter(house.engagement_id)
    await anna.look()
    assert house.names(anna) == []
    with pytest.raises(Refused):
        await take_over(reader.ctx, reader, house.engagement_id)


async def test_heartbeats_do_not_wake_those_who_watch_the_store(house: House) -> None:
    anna, bjorn = await house.inside("anna"), await house.inside("björn")
    before = await anna.ctx.store.version()
    house.clock.moment += timedelta(seconds=20)
    await bjorn.look()
    assert await anna.ctx.store.version() == before


async def test_a_broken_file_is_made_anew(house: House) -> None:
    anna = await house.session("anna")
    house.settings.paths.presence.write_bytes(b"this is no database, and long enough to be looked at" * 50)
    await anna.enter(house.engagement_id)
    bjorn = await house.inside("björn")
    assert house.names(bjorn) == ["anna"]


async def test_a_place_where_nothing_can_be_written_is_no_reason_to_stop(house: House) -> None:
    anna = await house.session("anna")
    house.settings.paths.presence.mkdir()
    await anna.enter(house.engagement_id)
    assert house.names(anna) == []
