from __future__ import annotations

import asyncio
import socket
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bridge.exchange.run import open_exchange
from bridge.health import Health
from bridge.notify import notify
from bridge.schedule import Every, Nightly
from bridge.service import Service
from core.config import load
from core.usecases.clients import add_client
from core.usecases.context import open_context

BEGAN = datetime(2026, 1, 10, 12, 0, tzinfo=UTC)


def test_a_night_begins_at_its_local_hour() -> None:
    nightly = Nightly("02:30", 60, 12)
    assert nightly.night_of(datetime(2026, 1, 11, 1, 29, tzinfo=UTC)) is None
    begins = nightly.night_of(datetime(2026, 1, 11, 1, 31, tzinfo=UTC))
    assert begins is not None
    assert begins.astimezone(UTC) == datetime(2026, 1, 11, 1, 30, tzinfo=UTC)


def test_a_night_that_was_slept_through_is_made_up_for_within_the_hours() -> None:
    nightly = Nightly("02:30", 60, 4)
    begins = datetime(2026, 1, 11, 1, 30, tzinfo=UTC)
    assert nightly.night_of(begins + timedelta(hours=4, minutes=59)) == begins
    assert nightly.night_of(begins + timedelta(hours=5, minutes=1)) is None


def test_without_hours_to_catch_up_a_night_lasts_as_long_as_its_spread() -> None:
    nightly = Nightly("02:30", 30, 0)
    begins = datetime(2026, 1, 11, 1, 30, tzinfo=UTC)
    assert nightly.is_due("a", begins + timedelta(minutes=29, seconds=59))
    assert nightly.night_of(begins + timedelta(minutes=31)) is None


def test_every_engagement_has_its_own_minute_within_the_spread() -> None:
    nightly = Nightly("02:30", 60, 12)
    offsets = [nightly.offset(str(number)) for number in range(300)]
    assert max(offsets) < timedelta(minutes=60)
    assert len(set(offsets)) == 300


def test_without_an_hour_there_is_no_night() -> None:
    assert not Nightly("", 60, 12).is_due("a", BEGAN + timedelta(days=3))


def test_something_is_due_at_once_and_then_every_so_often() -> None:
    every = Every(10.0)
    assert [every.is_due(at) for at in (0.0, 5.0, 10.0, 12.0)] == [True, False, True, False]


def test_systemd_is_told_where_it_listens(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "n"))
        assert notify("READY=1", {"NOTIFY_SOCKET": str(tmp_path / "n")})
        assert listener.recv(100) == b"READY=1"
    assert not notify("READY=1", {})


async def test_a_long_round_says_that_it_lives_and_ends_with_the_file_at_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(
        f'[exchange]\ndir = "{tmp_path / "ex"}"\nstable_seconds = 0\n[backup]\nscheduled = false\n'
    )
    incoming = tmp_path / "ex" / "7" / "in"
    incoming.mkdir(parents=True)
    for number in range(40):
        (incoming / f"{number}.se").write_text("no SIE")
    told: list[str] = []
    monkeypatch.setattr("bridge.service.notify", told.append)
    async with open_context(load(config, tmp_path / "data", environ={}), person="test") as ctx:
        await add_client(ctx, name="Bageri AB", orgnr="5566778899", number="7")
        stop, health = asyncio.Event(), Health(last_step=time.monotonic() - 300)
        loop = asyncio.get_running_loop()

        def stop_now(_step: object) -> None:
            loop.call_soon_threadsafe(stop.set)

        async with open_exchange(ctx, stop_now) as exchange:
            await Service(ctx, exchange, health).run(stop)
    assert (told[0], told[-1], "WATCHDOG=1" in told) == ("READY=1", "STOPPING=1", True)
    assert any(incoming.iterdir())
    assert time.monotonic() - health.last_step < 60


def test_a_service_that_gets_nowhere_is_not_well() -> None:
    assert not Health(last_step=time.monotonic() - 601).is_well
