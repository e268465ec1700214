"""Seeing that somebody else has changed the store."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.config import Settings, load
from core.errors import UsageError
from core.usecases.clients import add_client
from core.usecases.context import Context, open_context
from core.usecases.watch import Watch

START = datetime(2026, 1, 20, 9, 30, tzinfo=UTC)


class MovedClock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.moment = START

    def now(self) -> datetime:
        return self.moment


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load(None, tmp_path / "data", environ={})


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
async def ctx(settings: Settings, clock: MovedClock) -> AsyncIterator[Context]:
    async with open_context(settings, person="anna", clock=clock) as opened:
        yield opened


@pytest.fixture
async def watch(ctx: Context) -> Watch:
    """A watch that has looked once."""
    made = Watch(ctx)
    assert not await made.changed()
    return made


async def test_another_process_that_writes_is_seen_once(watch: Watch, settings: Settings) -> None:
    async with open_context(settings, person="björn") as other:
        await add_client(other, name="Bageri Söder AB", orgnr="559999-1014")
    assert await watch.changed()
    assert not await watch.changed()


async def test_what_the_context_itself_writes_is_no_news(watch: Watch, ctx: Context) -> None:
    await add_client(ctx, name="Bageri Söder AB", orgnr="559999-1014")
    assert not await watch.changed()


async def test_a_new_day_is_news(watch: Watch, clock: MovedClock) -> None:
    clock.moment += timedelta(days=1)
    assert await watch.changed()


async def test_a_store_that_is_moved_away_is_told_of_until_it_is_back(
    watch: Watch, settings: Settings, tmp_path: Path
) -> None:
    settings.store_path.rename(tmp_path / "aside.db")
    for _look in range(2):
        with pytest.raises(UsageError) as caught:
            await watch.changed()
        assert caught.value.details == {"replaced": False}
    (tmp_path / "aside.db").rename(settings.store_path)
    assert not await watch.changed()


async def test_a_store_that_was_replaced_is_told_of(watch: Watch, settings: Settings, tmp_path: Path) -> None:
    shutil.copy(settings.store_path, tmp_path / "restored.db")
    (tmp_path / "restored.db").replace(settings.store_path)
    with pytest.raises(UsageError) as caught:
        await watch.changed()
    assert caught.value.details == {"replaced": True}
