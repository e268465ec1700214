from __future__ import annotations

import asyncio
import html
import socket
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
from msgspec.structs import replace

from core.errors import LoginNeeded, Refused, UsageError
from core.fortnox.transport import Request
from core.register import Client, ConnectionMode
from core.store import connections, records
from core.usecases import connect
from core.usecases.clients import add_client, get_client, list_clients
from core.usecases.context import Context, open_context
from core.usecases.engagements import list_engagements
from core.usecases.tokens import open_api, transport
from tests.ports import free_port


def changed(address: str, **changes: str) -> str:
    parts = urlsplit(address)
    return parts._replace(query=urlencode(dict(parse_qsl(parts.query)) | changes)).geturl()


async def test_address_asks_for_what_brygga_needs(ctx: Context, client: Client) -> None:
    pending = await connect.begin_consent(ctx, client.id, mode=ConnectionMode.SERVICE)
    query = parse_qs(urlsplit(pending.address).query)
    assert query["access_type"] == ["offline"]
    assert query["account_type"] == ["service"]
    assert query["state"] == [pending.state]
    assert len(pending.state) >= 43
    assert "bookkeeping" in query["scope"][0]


async def test_code_mode_connects_and_pins_the_tenant(
    ctx: Context, client: Client, connector: Any, sandbox: Any
) -> None:
    tenant = sandbox.tenants[0]["tenant"]
    made = await connector(client.id, tenant)
    assert (made.mode, made.days_left, made.company.tenant) == (ConnectionMode.CODE, 30, tenant)
    assert (await get_client(ctx, client.id)).tenant == tenant


async def test_service_mode_never_lapses(ctx: Context, client: Client, connector: Any, sandbox: Any) -> None:
    made = await connector(client.id, sandbox.tenants[0]["tenant"], ConnectionMode.SERVICE)
    assert (made.mode, made.days_left, made.refused) == (ConnectionMode.SERVICE, None, "")


async def test_tokens_are_not_readable_in_the_store(
    ctx: Context, client: Client, connector: Any, sandbox: Any
) -> None:
    await connector(client.id, sandbox.tenants[0]["tenant"])
    data = b"".join(path.read_bytes() for path in ctx.settings.data_dir.glob("brygga.db*"))
    api = await open_api(ctx, client)
    access = (await api._tokens.access()).reveal()
    assert access.encode() not in data
    assert sandbox.info["client_secret"].encode() not in data


async def test_consent_for_another_company_is_refused_and_revoked(
    ctx: Context, client: Client, person: Any, sandbox: Any
) -> None:
    pending = await connect.begin_consent(ctx, client.id, mode=ConnectionMode.CODE)
    address = await person.decides(pending, sandbox.tenants[1]["tenant"])
    before = len(sandbox.requests("/revoke"))
    with pytest.raises(Refused) as caught:
        await connect.finish_consent(ctx, address)
    assert caught.value.code == "company_mismatch"
    assert sandbox.tenants[1]["name"] in caught.value.title
    assert len(sandbox.requests("/revoke")) == before + 1
    assert await ctx.store.read(lambda tx: connections.get(tx, client.id)) is None
    assert (await get_client(ctx, client.id)).tenant == ""


async def test_a_consent_for_a_company_that_another_client_lives_on_is_refused_but_not_revoked(
    ctx: Context, client: Client, connector: Any, person: Any, sandbox: Any
) -> None:
    """At Fortnox it may be the very consent that the other client's connection stands on."""
    other = sandbox.tenants[1]
    await connector((await add_client(ctx, name="B", orgnr=other["orgnr"])).id, other["tenant"])
    pending = await connect.begin_consent(ctx, client.id, mode=ConnectionMode.CODE)
    before = len(sandbox.requests("/revoke"))
    with pytest.raises(Refused):
        await connect.finish_consent(ctx, await person.decides(pending, other["tenant"]))
    assert len(sandbox.requests("/revoke")) == before


async def test_another_database_of_the_same_company_is_refused(
    ctx: Context, client: Client, person: Any, sandbox: Any
) -> None:
    from core.store import clients

    await ctx.store.write(lambda tx: clients.update(tx, replace(client, tenant="99999999")))
    pending = await connect.begin_consent(ctx, client.id, mode=ConnectionMode.CODE)
    with pytest.raises(Refused) as caught:
        await connect.finish_consent(ctx, await person.decides(pending, sandbox.tenants[0]["tenant"]))
    assert caught.value.code == "company_mismatch"


async def test_no_is_no_consent(ctx: Context, client: Client, person: Any, sandbox: Any) -> None:
    pending = await connect.begin_consent(ctx, client.id, mode=ConnectionMode.CODE)
    address = await person.decides(pending, sandbox.tenants[0]["tenant"], "deny")
    with pytest.raises(LoginNeeded) as caught:
        await connect.finish_consent(ctx, address)
    assert caught.value.code == "consent_denied"


async def test_a_foreign_state_is_turned_away(
    ctx: Context, client: Client, person: Any, sandbox: Any
) -> None:
    pending = await connect.begin_consent(ctx, client.id)
    address = await person.decides(pending, sandbox.tenants[0]["tenant"])
    with pytest.raises(LoginNeeded) as caught:
        await connect.finish_consent(ctx, changed(address, state="x" * 43))
    assert caught.value.code == "login_needed"


async def test_an_address_works_once(ctx: Context, client: Client, person: Any, sandbox: Any) -> None:
    pending = await connect.begin_consent(ctx, client.id)
    address = await person.decides(pending, sandbox.tenants[0]["tenant"])
    await connect.finish_consent(ctx, address)
    with pytest.raises(LoginNeeded):
        await connect.finish_consent(ctx, address)


async def test_a_consent_expires_after_ten_minutes(
    ctx: Context, client: Client, person: Any, sandbox: Any, clock: Any
) -> None:
    pending = await connect.begin_consent(ctx, client.id)
    address = await person.decides(pending, sandbox.tenants[0]["tenant"])
    clock.ahead = timedelta(minutes=11)
    with pytest.raises(LoginNeeded):
        await connect.finish_consent(ctx, address)


@pytest.mark.parametrize(
    "pasted", ["", "nonsense", "http://localhost:8573/callback", "?state=a&state=b&code=c"]
)
async def test_a_wrong_address_is_explained(ctx: Context, pasted: str) -> None:
    with pytest.raises(UsageError) as caught:
        await connect.finish_consent(ctx, pasted)
    assert caught.value.hint


async def test_connect_first_makes_client_and_engagement(ctx: Context, connector: Any, sandbox: Any) -> None:
    tenant = sandbox.tenants[2]
    made = await connector(None, tenant["tenant"])
    assert (made.client.name, made.client.tenant) == (tenant["name"], tenant["tenant"])
    assert made.engagement is not None
    assert [one.id for one in await list_clients(ctx)] == [made.client.id]
    assert await list_engagements(ctx, made.client.id) == [made.engagement]
    assert made.engagement.year.to_date < ctx.now().date()


async def test_connect_first_finds_the_client_that_is_there(
    ctx: Context, client: Client, connector: Any, sandbox: Any
) -> None:
    made = await connector(None, sandbox.tenants[0]["tenant"])
    assert made.client.id == client.id


async def test_connecting_again_keeps_the_client_and_goes_on_working(
    ctx: Context, client: Client, connector: Any, sandbox: Any
) -> None:
    from core.fortnox import resources

    tenant = sandbox.tenants[0]["tenant"]
    await connector(client.id, tenant)
    await connector(client.id, tenant)
    assert (await resources.company(await open_api(ctx, client))).tenant == tenant


async def test_disconnecting_revokes_and_forgets(
    ctx: Context, client: Client, connector: Any, sandbox: Any
) -> None:
    tenant = sandbox.tenants[0]["tenant"]
    await connector(client.id, tenant)
    before = len(sandbox.requests("/revoke"))
    await connect.disconnect(ctx, client.id)
    assert len(sandbox.requests("/revoke")) == before + 1
    assert await ctx.store.read(lambda tx: records.newest(tx, "tokens", tenant)) is None
    with pytest.raises(LoginNeeded) as caught:
        await open_api(ctx, client)
    assert caught.value.code == "login_needed"


async def test_disconnecting_what_is_not_connected_is_done_already(ctx: Context, client: Client) -> None:
    assert await connect.disconnect(ctx, client.id) == client


async def test_without_a_client_secret_no_consent_is_begun(
    settings: Any, client: Client, ctx: Context
) -> None:
    await ctx.store.write(lambda tx: records.forget_kind(tx, "client_secret"))
    with pytest.raises(UsageError) as caught:
        await connect.begin_consent(ctx, client.id)
    assert caught.value.code == "config_invalid"


async def test_a_wrong_client_secret_is_named(
    ctx: Context, client: Client, person: Any, sandbox: Any
) -> None:
    from core.usecases.secrets import set_client_secret

    await set_client_secret(ctx, "wrong")
    pending = await connect.begin_consent(ctx, client.id)
    address = await person.decides(pending, sandbox.tenants[0]["tenant"])
    with pytest.raises(UsageError) as caught:
        await connect.finish_consent(ctx, address)
    assert caught.value.code == "config_invalid"


async def test_two_clients_cannot_share_a_tenant(
    ctx: Context, client: Client, connector: Any, sandbox: Any, person: Any
) -> None:
    tenant = sandbox.tenants[0]
    await connector(client.id, tenant["tenant"])
    twin = await add_client(ctx, name="Tvilling", orgnr=tenant["orgnr"])
    with pytest.raises(Refused) as caught:
        await connector(twin.id, tenant["tenant"])
    assert caught.value.code == "company_mismatch"


@pytest.fixture
def listening(ctx: Context) -> Context:
    fortnox = ctx.settings.fortnox
    import msgspec

    address = f"http://localhost:{free_port()}/callback"
    ctx.settings = msgspec.structs.replace(
        ctx.settings, fortnox=msgspec.structs.replace(fortnox, redirect_uri=address)
    )
    return ctx


async def browse(ctx: Context, address: str) -> tuple[int, str]:
    """Go where the browser is sent, as soon as somebody listens there."""
    from core.fortnox.transport import NotSent

    for _ in range(200):
        try:
            answer = await transport(ctx).send(Request("GET", address.replace("localhost", "127.0.0.1")))
        except NotSent:
            await asyncio.sleep(0.01)
        else:
            return answer.status, answer.body.decode()
    raise AssertionError("nobody listens")


async def test_the_browser_comes_back_by_itself(
    listening: Context, client: Client, person: Any, sandbox: Any
) -> None:
    pending = await connect.begin_consent(listening, client.id, mode=ConnectionMode.CODE)
    waiting = asyncio.create_task(connect.await_consent(listening, pending))
    address = await person.decides(pending, sandbox.tenants[0]["tenant"])
    status, page = await browse(listening, address)
    made = await waiting
    assert status == 200
    assert html.escape(sandbox.tenants[0]["name"]) in page
    assert made.client.id == client.id


async def test_a_stray_request_does_not_end_the_wait(
    listening: Context, client: Client, person: Any, sandbox: Any
) -> None:
    pending = await connect.begin_consent(listening, client.id, mode=ConnectionMode.CODE)
    waiting = asyncio.create_task(connect.await_consent(listening, pending))
    address = await person.decides(pending, sandbox.tenants[0]["tenant"])
    assert (await browse(listening, changed(address, state="guessed")))[0] == 404
    assert (await browse(listening, address.replace("/callback", "/favicon.ico")))[0] == 404
    assert not waiting.done()
    await browse(listening, address)
    assert (await waiting).client.id == client.id


async def test_a_refusal_is_told_in_the_browser_and_here(
    listening: Context, client: Client, person: Any, sandbox: Any
) -> None:
    pending = await connect.begin_consent(listening, client.id, mode=ConnectionMode.CODE)
    waiting = asyncio.create_task(connect.await_consent(listening, pending))
    status, page = await browse(listening, await person.decides(pending, sandbox.tenants[1]["tenant"]))
    with pytest.raises(Refused):
        await waiting
    assert status == 200
    assert html.escape(sandbox.tenants[1]["name"]) in page


async def test_a_taken_port_points_to_pasting(listening: Context, client: Client) -> None:
    port = urlsplit(listening.settings.fortnox.redirect_uri).port
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port or 0))
        taken.listen()
        pending = await connect.begin_consent(listening, client.id)
        with pytest.raises(UsageError) as caught:
            await connect.await_consent(listening, pending)
    assert "--paste" in caught.value.hint


async def test_pasting_into_another_brygga_ends_the_wait(
    listening: Context, client: Client, person: Any, sandbox: Any, settings: Any
) -> None:
    pending = await connect.begin_consent(listening, client.id, mode=ConnectionMode.CODE)
    waiting = asyncio.create_task(connect.await_consent(listening, pending))
    async with open_context(settings, person="björn") as other:
        await connect.finish_consent(other, await person.decides(pending, sandbox.tenants[0]["tenant"]))
    made = await waiting
    assert (made.client.id, made.company.tenant) == (client.id, sandbox.tenants[0]["tenant"])


async def test_stopping_the_wait_frees_the_port(listening: Context, client: Client) -> None:
    pending = await connect.begin_consent(listening, client.id)
    for _ in range(2):
        waiting = asyncio.create_task(connect.await_consent(listening, pending))
        await asyncio.sleep(0.05)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting


async def test_nobody_comes(listening: Context, client: Client, clock: Any) -> None:
    pending = await connect.begin_consent(listening, client.id)
    clock.ahead = timedelta(minutes=10)
    with pytest.raises(LoginNeeded) as caught:
        await connect.await_consent(listening, pending)
    assert caught.value.code == "login_needed"


@pytest.mark.parametrize("name", ["no-service", "no-right", "no-licence", "locked-account", "no-code"])
async def test_every_refusal_at_fortnox_has_words_and_a_way_on(
    ctx: Context, client: Client, person: Any, sandbox: Any, name: str
) -> None:
    sandbox.fault(name, count=1)
    pending = await connect.begin_consent(ctx, client.id, mode=ConnectionMode.SERVICE)
    address = await person.decides(pending, sandbox.tenants[0]["tenant"])
    with pytest.raises(LoginNeeded) as caught:
        await connect.finish_consent(ctx, address)
    assert caught.value.hint
    assert caught.value.message
