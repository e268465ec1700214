from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.config import load
from core.errors import BryggaError, LoginNeeded, OutcomeUnknown, TryLater
from core.register import Client
from core.usecases.breaker import FAILURES, FIRST_PAUSE, LONGEST_PAUSE, note_tries, paused_clients
from core.usecases.clients import add_client
from core.usecases.context import Context, open_context
from core.usecases.status import overview

DOWN = TryLater("fortnox_unreachable", "Fortnox does not answer.")


class Moved:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.at = datetime(2026, 1, 10, 2, 30, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Moved:
    return Moved()


@pytest.fixture
async def ctx(tmp_path: Path, clock: Moved) -> AsyncIterator[Context]:
    async with open_context(load(None, tmp_path, environ={}), clock=clock) as opened:
        yield opened


@pytest.fixture
async def client(ctx: Context) -> Client:
    return await add_client(ctx, name="Prov AB", orgnr="556677-8899")


async def fail(ctx: Context, client: Client, times: int, error: BryggaError = DOWN) -> None:
    for _ in range(times):
        await note_tries(ctx, [(client.id, error)])


async def test_it_opens_after_failures_in_a_row(ctx: Context, client: Client, clock: Moved) -> None:
    await fail(ctx, client, FAILURES - 1)
    assert await paused_clients(ctx) == {}
    await fail(ctx, client, 1)
    assert await paused_clients(ctx) == {client.id: clock.at + FIRST_PAUSE}


async def test_when_its_time_has_passed_one_try_decides(ctx: Context, client: Client, clock: Moved) -> None:
    await fail(ctx, client, FAILURES)
    clock.at += FIRST_PAUSE
    assert await paused_clients(ctx) == {}
    await fail(ctx, client, 1)
    assert await paused_clients(ctx) == {client.id: clock.at + 2 * FIRST_PAUSE}


async def test_a_success_closes_it(ctx: Context, client: Client) -> None:
    await fail(ctx, client, FAILURES)
    await note_tries(ctx, [(client.id, None)])
    await fail(ctx, client, FAILURES - 1)
    assert await paused_clients(ctx) == {}


async def test_a_pause_has_a_longest_time(ctx: Context, client: Client, clock: Moved) -> None:
    await fail(ctx, client, FAILURES + 40)
    assert await paused_clients(ctx) == {client.id: clock.at + LONGEST_PAUSE}


async def test_a_lapsed_login_is_no_failure(ctx: Context, client: Client) -> None:
    await fail(ctx, client, FAILURES, LoginNeeded("connection_lapsed", "The connection has lapsed."))
    assert await paused_clients(ctx) == {}


async def test_the_overview_tells_of_the_pause(ctx: Context, client: Client, clock: Moved) -> None:
    await fail(ctx, client, FAILURES)
    assert [row.paused_until for row in await overview(ctx)] == [clock.at + FIRST_PAUSE]
    clock.at += FIRST_PAUSE + timedelta(seconds=1)
    assert [row.paused_until for row in await overview(ctx)] == [None]


async def test_a_voucher_that_a_person_must_decide_is_no_failure(ctx: Context, client: Client) -> None:
    await fail(ctx, client, FAILURES, OutcomeUnknown("outcome_unknown", "A person must decide."))
    assert await paused_clients(ctx) == {}
