"""The nightly imports without a Fortnox to ask: what is tried, and how often."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bridge.jobs import Night
from core.config import load
from core.errors import TryLater
from core.register import Client, SourceKind
from core.usecases.breaker import FAILURES, FIRST_PAUSE, note_tries
from core.usecases.clients import add_client
from core.usecases.context import Context, open_context
from core.usecases.engagements import add_engagement


class Moved:
    """A clock that the test moves."""

    at = datetime(2026, 1, 10, 8, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Moved:
    return Moved()


@pytest.fixture
async def ctx(tmp_path: Path, clock: Moved) -> AsyncIterator[Context]:
    config = tmp_path / "config.toml"
    config.write_text('[schedule]\nimport_at = "02:30"\nspread_minutes = 0\ncatch_up_hours = 12\n')
    async with open_context(load(config, tmp_path / "data", environ={}), clock=clock) as opened:
        yield opened


@pytest.fixture
async def client(ctx: Context) -> Client:
    made = await add_client(ctx, name="Prov AB", orgnr="556677-8899")
    await add_engagement(ctx, made.id, date(2025, 1, 1), date(2025, 12, 31), SourceKind.FORTNOX)
    return made


async def test_a_missed_night_is_made_up_for_once(ctx: Context, client: Client, clock: Moved) -> None:
    night = Night(ctx)
    assert [(job.job, job.client) for job in await night.imports()] == [("import", client.name)]
    assert await night.imports() == []
    clock.at += timedelta(days=1)
    assert len(await night.imports()) == 1


async def test_a_night_too_long_ago_is_let_go(ctx: Context, client: Client, clock: Moved) -> None:
    clock.at = datetime(2026, 1, 10, 20, 0, tzinfo=UTC)
    assert await Night(ctx).imports() == []


async def test_a_client_that_is_left_alone_is_imported_when_its_pause_has_passed(
    ctx: Context, client: Client, clock: Moved
) -> None:
    down, night = TryLater("fortnox_unreachable", "Fortnox does not answer."), Night(ctx)
    await note_tries(ctx, [(client.id, down)] * FAILURES)
    assert await night.imports() == []
    clock.at += FIRST_PAUSE
    assert len(await night.imports()) == 1
