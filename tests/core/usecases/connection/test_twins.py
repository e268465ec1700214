"""Two databases of one company at Fortnox: which is which, and a way out of the wrong one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from core.errors import Refused
from core.register import Client
from core.store import clients
from core.usecases import connect
from core.usecases.clients import add_client, get_client
from core.usecases.context import Context


@pytest.fixture(scope="module")
def running(request: pytest.FixtureRequest) -> Iterator[Any]:
    root = request.config.rootpath
    command = [sys.executable, "-m", "core.fortnox.sandbox", "--clients", "1"]
    command += ["--twin", "--vouchers", "2000"]
    with subprocess.Popen(
        [*command, "--until-stdin-closes"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root
    ) as child:
        assert child.stdin
        assert child.stdout
        made = request.getfixturevalue("sandbox_of")(json.loads(child.stdout.readline()))
        made.control("POST", "limit", {"requests": None})
        yield made
        child.stdin.close()


@pytest.fixture
def living(sandbox: Any, abandoned: dict[str, Any]) -> dict[str, Any]:
    same = [one for one in sandbox.tenants if one["orgnr"] == abandoned["orgnr"]]
    return next(one for one in same if one is not abandoned)


@pytest.fixture
def abandoned(sandbox: Any) -> dict[str, Any]:
    return next(one for one in sandbox.tenants if "twin" in one["traits"])


@pytest.fixture
async def client(ctx: Context, living: dict[str, Any]) -> Client:
    return await add_client(ctx, name=living["name"], orgnr=living["orgnr"])


def booked_last(sandbox: Any, tenant: dict[str, Any]) -> date:
    books = sandbox.control("GET", f"books/{tenant['tenant']}")
    return max(date.fromisoformat(voucher["date"]) for year in books["years"] for voucher in year["vouchers"])


async def test_each_database_shows_when_it_was_last_booked_in(
    ctx: Context, client: Client, connector: Any, sandbox: Any, living: Any, abandoned: Any
) -> None:
    seen = []
    for tenant in (abandoned, living):
        made = await connector(client.id, tenant["tenant"])
        seen.append(made.last_booking)
        await connect.disconnect(ctx, client.id)
    assert seen == [booked_last(sandbox, abandoned), booked_last(sandbox, living)]
    assert seen[0] < seen[1]


async def test_the_other_database_is_refused_with_the_day_it_was_last_booked_in(
    ctx: Context, client: Client, connector: Any, sandbox: Any, living: Any, abandoned: Any
) -> None:
    await ctx.store.write(lambda tx: clients.update(tx, replace(client, tenant=living["tenant"])))
    with pytest.raises(Refused) as caught:
        await connector(client.id, abandoned["tenant"])
    assert caught.value.code == "company_mismatch"
    assert booked_last(sandbox, abandoned).isoformat() in caught.value.message


async def test_a_database_that_nothing_was_imported_from_can_be_left(
    ctx: Context, client: Client, connector: Any, living: Any, abandoned: Any
) -> None:
    await connector(client.id, abandoned["tenant"])
    await connect.disconnect(ctx, client.id)
    assert (await get_client(ctx, client.id)).tenant == ""
    assert (await connector(client.id, living["tenant"])).company.tenant == living["tenant"]


async def test_the_latest_voucher_of_a_large_year_is_found_in_few_requests(
    connector: Any, sandbox: Any
) -> None:
    large = next(one for one in sandbox.tenants if "big" in one["traits"])
    sandbox.control("DELETE", "requests")
    made = await connector(None, large["tenant"])
    assert made.last_booking == booked_last(sandbox, large)
    assert len(sandbox.requests("/3/vouchers")) < 12
