from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import textwrap
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core import critical
from core.errors import LoginNeeded, TryLater, UsageError
from core.fortnox import resources
from core.register import Client, ConnectionMode
from core.store import connections, records, rotations
from core.usecases import refresh
from core.usecases.context import Context
from core.usecases.keepalive import keep_alive
from core.usecases.tokens import open_api

ROOT = Path(__file__).parents[4]


@pytest.fixture
async def tenant(ctx: Context, client: Client, connector: Any, sandbox: Any) -> str:
    await connector(client.id, sandbox.tenants[0]["tenant"])
    return str(sandbox.tenants[0]["tenant"])


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refresh, "PAUSES", (0.0, 0.0))


async def generation(ctx: Context, client: Client) -> int:
    state = await ctx.store.read(lambda tx: rotations.get(tx, client.id))
    assert state is not None
    assert state.started is None
    return state.generation


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


async def works(ctx: Context, client: Client, tenant: str) -> bool:
    return (await resources.company(await open_api(ctx, client))).tenant == tenant


async def test_a_fresh_token_is_used_as_it_is(
    ctx: Context, client: Client, tenant: str, sandbox: Any
) -> None:
    before = len(sandbox.requests("/token"))
    assert await works(ctx, client, tenant)
    assert len(sandbox.requests("/token")) == before


async def test_an_old_token_is_exchanged_before_use(
    ctx: Context, client: Client, tenant: str, clock: Any
) -> None:
    clock.ahead = hours(0.98)
    assert await works(ctx, client, tenant)
    assert await generation(ctx, client) == 2


async def test_many_at_once_make_one_exchange(
    ctx: Context, client: Client, tenant: str, clock: Any, sandbox: Any
) -> None:
    clock.ahead = hours(2)
    before = len(sandbox.requests("/token"))
    api = await open_api(ctx, client)
    await asyncio.gather(*(api._tokens.access() for _ in range(20)))
    assert len(sandbox.requests("/token")) == before + 1


async def test_a_refused_access_token_is_exchanged(
    ctx: Context, client: Client, tenant: str, sandbox: Any
) -> None:
    sandbox.control("POST", "clock", {"seconds": 3700})
    try:
        assert await works(ctx, client, tenant)
    finally:
        sandbox.control("POST", "clock", {"seconds": -3700})
    assert await generation(ctx, client) == 2


async def test_the_previous_generation_stays_for_a_day(
    ctx: Context, client: Client, tenant: str, clock: Any
) -> None:
    for ahead in (2, 4):
        clock.ahead = hours(ahead)
        assert await works(ctx, client, tenant)
    kept = await ctx.store.read(records.every)
    assert [one.generation for one in kept if one.kind == "tokens"] == [1, 2, 3]
    clock.ahead = hours(40)
    assert await works(ctx, client, tenant)
    kept = await ctx.store.read(records.every)
    assert [one.generation for one in kept if one.kind == "tokens"] == [4]


async def test_a_revoked_consent_needs_a_login_and_no_more_calls(
    ctx: Context, client: Client, tenant: str, clock: Any, sandbox: Any
) -> None:
    clock.ahead = hours(2)
    sandbox.fault("lapse", "/oauth-v1/token", count=1)
    with pytest.raises(LoginNeeded) as caught:
        await works(ctx, client, tenant)
    assert caught.value.code == "connection_lapsed"
    connection = await ctx.store.read(lambda tx: connections.get(tx, client.id))
    assert connection is not None
    assert connection.needs_login
    before = len(sandbox.requests("/token"))
    with pytest.raises(LoginNeeded):
        await works(ctx, client, tenant)
    assert len(sandbox.requests("/token")) == before


@pytest.mark.parametrize("name", ["500-before", "429", "html-error", "drop-before"])
async def test_a_failure_before_the_exchange_costs_nothing(
    ctx: Context, client: Client, tenant: str, clock: Any, sandbox: Any, name: str, no_pauses: None
) -> None:
    clock.ahead = hours(2)
    sandbox.fault(name, "/oauth-v1/token", count=1)
    assert await works(ctx, client, tenant)
    assert await generation(ctx, client) == 2


async def test_an_unreachable_fortnox_leaves_the_connection_alone(
    ctx: Context, client: Client, tenant: str, clock: Any, sandbox: Any, no_pauses: None
) -> None:
    clock.ahead = hours(2)
    sandbox.fault("500-before", "/oauth-v1/token", count=50)
    with pytest.raises(TryLater):
        await works(ctx, client, tenant)
    sandbox.control("DELETE", "faults")
    assert await works(ctx, client, tenant)


async def test_an_answer_lost_after_the_exchange_is_the_one_window_nobody_can_close(
    ctx: Context, client: Client, tenant: str, clock: Any, sandbox: Any, no_pauses: None
) -> None:
    clock.ahead = hours(2)
    sandbox.fault("drop-after", "/oauth-v1/token", count=1)
    with pytest.raises(LoginNeeded):
        await works(ctx, client, tenant)


async def test_a_wrong_secret_does_not_end_the_connection(
    ctx: Context, client: Client, tenant: str, clock: Any, sandbox: Any
) -> None:
    from core.usecases.secrets import set_client_secret

    clock.ahead = hours(2)
    await set_client_secret(ctx, "wrong")
    with pytest.raises(UsageError) as caught:
        await works(ctx, client, tenant)
    assert caught.value.code == "config_invalid"
    connection = await ctx.store.read(lambda tx: connections.get(tx, client.id))
    assert connection is not None
    assert not connection.needs_login


async def test_a_cancelled_caller_does_not_cut_the_exchange(
    ctx: Context, client: Client, tenant: str, clock: Any, sandbox: Any
) -> None:
    clock.ahead = hours(2)
    sandbox.fault("slow", "/oauth-v1/token", count=1, delay_s=0.4)
    api = await open_api(ctx, client)
    task = asyncio.create_task(api._tokens.access())
    await asyncio.sleep(0.1)
    assert critical.pending() == 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await critical.drain(5)
    assert await generation(ctx, client) == 2
    assert await works(ctx, client, tenant)


async def test_service_mode_renews_without_a_refresh_token(
    ctx: Context, client: Client, connector: Any, sandbox: Any, clock: Any
) -> None:
    tenant = sandbox.tenants[0]["tenant"]
    await connector(client.id, tenant, ConnectionMode.SERVICE)
    connected = await ctx.store.read(lambda tx: connections.get(tx, client.id))
    clock.ahead = timedelta(days=400)
    assert await works(ctx, client, tenant)
    renewed = await ctx.store.read(lambda tx: connections.get(tx, client.id))
    assert connected is not None
    assert renewed is not None
    assert renewed.rotated_at == connected.rotated_at


async def test_keep_alive_exchanges_what_has_rested_and_leaves_the_promise(
    ctx: Context, client: Client, tenant: str, clock: Any
) -> None:
    assert await keep_alive(ctx) == []
    clock.ahead = timedelta(days=8)
    done = await keep_alive(ctx)
    assert [(one.client.id, one.error) for one in done] == [(client.id, None)]
    connection = await ctx.store.read(lambda tx: connections.get(tx, client.id))
    assert connection is not None
    assert connection.rotated_at - connection.last_used_at >= timedelta(days=7)
    assert await keep_alive(ctx) == []


PROGRAM = textwrap.dedent(
    """
    import asyncio, json, sys
    from datetime import UTC, datetime, timedelta
    from pathlib import Path
    from core.config import load
    from core.fortnox import resources
    from core.usecases.clients import list_clients
    from core.usecases.context import open_context
    from core.usecases.tokens import open_api

    class Later:
        def now(self):
            return datetime.now(UTC) + timedelta(hours=2)

    async def main():
        settings = load(Path(sys.argv[1]), Path(sys.argv[2]), environ={})
        async with open_context(settings, clock=Later()) as ctx:
            client = (await list_clients(ctx))[0]
            company = await resources.company(await open_api(ctx, client))
            print(json.dumps(company.tenant))

    asyncio.run(main())
    """
)


async def test_four_processes_make_one_exchange(
    ctx: Context, client: Client, tenant: str, sandbox: Any
) -> None:
    before = len(sandbox.requests("/token"))
    settings = ctx.settings
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            PROGRAM,
            str(settings.config_file),
            str(settings.data_dir),
            stdout=subprocess.PIPE,
            cwd=ROOT,
        )
        for _ in range(4)
    ]
    answers = await asyncio.gather(*(process.communicate() for process in processes))
    assert [json.loads(out) for out, _err in answers] == [tenant] * 4
    assert len(sandbox.requests("/token")) == before + 1
