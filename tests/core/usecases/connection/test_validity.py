"""The promise of 30 days as exports and imports meet it, and what they say while they wait for Fortnox."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest

from core.errors import LoginNeeded
from core.fortnox import limits
from core.model import Row
from core.register import Client, ConnectionMode, ConnectionState, DraftVoucher, Engagement, SourceKind
from core.usecases.clients import add_client
from core.usecases.context import Context
from core.usecases.engagements import add_engagement
from core.usecases.export import export_vouchers
from core.usecases.imports import import_year
from core.usecases.keepalive import keep_alive
from core.usecases.progress import Progress
from core.usecases.status import overview
from core.usecases.tokens import limiter
from core.usecases.vouchers import add_vouchers, mark_ready


@dataclass
class Desk:
    """A connected, imported client with one voucher that is ready."""

    ctx: Context
    client: Client
    engagement: Engagement
    clock: Any

    async def promise(self) -> tuple[ConnectionState, int | None]:
        (row,) = await overview(self.ctx, self.client.id)
        return row.connection.state, row.connection.days_left

    async def export(self) -> int:
        return (await export_vouchers(self.ctx, self.engagement.id, "I")).posted

    async def fetch(self) -> None:
        await import_year(self.ctx, self.engagement.id, ledgers=())


@pytest.fixture
async def desk(ctx: Context, connector: Any, sandbox: Any, clock: Any) -> Desk:
    return await _desk(ctx, connector, sandbox, clock, ConnectionMode.CODE)


async def _desk(ctx: Context, connector: Any, sandbox: Any, clock: Any, mode: ConnectionMode) -> Desk:
    sandbox.control("POST", "limit", {"requests": None})
    tenant = next(one for one in sandbox.tenants if not one["traits"])
    client = await add_client(ctx, name=tenant["name"], orgnr=tenant["orgnr"])
    client = (await connector(client.id, tenant["tenant"], mode)).client
    first, last = (date.fromisoformat(tenant["years"][1][key]) for key in ("from", "to"))
    engagement = await add_engagement(ctx, client.id, first, last, SourceKind.FORTNOX)
    made = Desk(ctx, client, engagement, clock)
    await made.fetch()
    rows = (Row("1710", 3_000_000), Row("5010", -3_000_000))
    (voucher,) = await add_vouchers(ctx, engagement.id, [DraftVoucher(last, "Hyra", rows)])
    await mark_ready(ctx, [voucher.id])
    return made


async def test_on_day_31_an_export_asks_for_an_import_though_the_token_lives(
    desk: Desk, sandbox: Any
) -> None:
    desk.clock.ahead = timedelta(days=31)
    assert [kept.error for kept in await keep_alive(desk.ctx)] == [None]
    sandbox.control("DELETE", "requests")
    with pytest.raises(LoginNeeded) as caught:
        await desk.export()
    assert (caught.value.code, sandbox.requests("/3/")) == ("connection_lapsed", [])
    await desk.fetch()
    assert await desk.export() == 1


async def test_on_day_30_an_export_still_goes(desk: Desk) -> None:
    desk.clock.ahead = timedelta(days=30)
    assert await desk.promise() == (ConnectionState.EXPIRING, 0)
    assert await desk.export() == 1


async def test_an_export_renews_the_promise(desk: Desk) -> None:
    desk.clock.ahead = timedelta(days=25)
    assert await desk.promise() == (ConnectionState.EXPIRING, 5)
    await desk.export()
    assert await desk.promise() == (ConnectionState.ACTIVE, 30)


async def test_an_import_renews_the_promise(desk: Desk) -> None:
    desk.clock.ahead = timedelta(days=25)
    await desk.fetch()
    assert await desk.promise() == (ConnectionState.ACTIVE, 30)


async def test_keep_alive_does_not_renew_the_promise(desk: Desk) -> None:
    desk.clock.ahead = timedelta(days=25)
    await keep_alive(desk.ctx)
    assert await desk.promise() == (ConnectionState.EXPIRING, 5)


async def test_a_service_connection_has_nothing_to_lapse(
    ctx: Context, connector: Any, sandbox: Any, clock: Any
) -> None:
    desk = await _desk(ctx, connector, sandbox, clock, ConnectionMode.SERVICE)
    clock.ahead = timedelta(days=400)
    assert await desk.promise() == (ConnectionState.ACTIVE, None)
    assert await keep_alive(ctx) == []
    assert await desk.export() == 1


@pytest.mark.parametrize("use_case", ["export", "import"])
async def test_waiting_for_the_request_window_is_told(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, use_case: str
) -> None:
    monkeypatch.setattr(limits, "WINDOW_SECONDS", 2.0)
    window, app = limiter(desk.ctx), desk.ctx.settings.fortnox.client_id
    for _ in range(limits.REQUESTS):
        async with window.place(app, desk.client.tenant):
            pass
    seen: list[Progress] = []
    if use_case == "export":
        await export_vouchers(desk.ctx, desk.engagement.id, "I", progress=seen.append)
    else:
        await import_year(desk.ctx, desk.engagement.id, ledgers=(), progress=seen.append)
    assert any(told.waiting for told in seen)
    assert not seen[-1].waiting
