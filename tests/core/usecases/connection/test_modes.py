"""What the mode of a connection depends on, against a Fortnox that answers by script."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from core.errors import FortnoxRejected, Refused
from core.register import Client, ConnectionMode
from core.store import connections
from core.usecases import connect
from core.usecases.clients import add_client
from core.usecases.context import Context, open_context
from core.usecases.secrets import init_keeper


class Fortnox:
    """Answers by the grant type or the path."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, Any]] = {}
        self.asked: list[str] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        target = head.split(" ", 2)[1].partition("?")[0]
        length = next(
            (int(one.split(":")[1]) for one in head.lower().split("\r\n") if "content-length" in one), 0
        )
        body = (await reader.readexactly(length)).decode()
        grant = body.partition("grant_type=")[2].partition("&")[0]
        key = grant or target.rsplit("/", 1)[-1]
        self.asked.append(key)
        status, content = self.answers[key]
        data = json.dumps(content).encode()
        writer.write(
            f"HTTP/1.1 {status} X\r\nContent-Length: {len(data)}\r\nConnection: close\r\n\r\n".encode() + data
        )
        await writer.drain()
        writer.close()


def jwt(tenant: str) -> str:
    claims = base64.urlsafe_b64encode(json.dumps({"tenantId": int(tenant)}).encode()).rstrip(b"=").decode()
    return f"h.{claims}.s"


def grant(tenant: str = "77", refresh: str | None = "r1") -> dict[str, Any]:
    return {"access_token": jwt(tenant), "refresh_token": refresh, "expires_in": 3600, "scope": "bookkeeping"}


COMPANY = {"CompanyName": "A AB", "OrganizationNumber": "556016-0680", "DatabaseNumber": 77}


@pytest.fixture
async def fortnox() -> AsyncIterator[Fortnox]:
    made = Fortnox()
    made.answers = {
        "authorization_code": (200, grant()),
        "client_credentials": (200, {"access_token": jwt("77"), "expires_in": 3600}),
        "companyinformation": (200, {"CompanyInformation": COMPANY}),
        "financialyears": (200, {"FinancialYears": []}),
        "revoke": (200, {"revoked": True}),
    }
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    async with server:
        yield made


@pytest.fixture
async def desk(fortnox: Fortnox, settings: Any) -> AsyncIterator[Context]:
    url = f"http://127.0.0.1:{fortnox.port}"
    section = msgspec.structs.replace(
        settings.fortnox, api_url=f"{url}/3", auth_url=f"{url}/oauth-v1", client_id="x"
    )
    changed = msgspec.structs.replace(settings, fortnox=section, client_secret="pw")
    await init_keeper(changed, "keyfile")
    async with open_context(changed, person="anna") as context:
        yield context


@pytest.fixture
async def kept(desk: Context) -> Client:
    return await add_client(desk, name="A AB", orgnr="556016-0680")


async def finish(desk: Context, client: Client, mode: ConnectionMode) -> connect.Connected:
    pending = await connect.begin_consent(desk, client.id, mode=mode)
    return await connect.finish_consent(desk, f"{pending.redirect_uri}?code=c&state={pending.state}")


async def test_service_mode_proves_itself_before_it_is_chosen(
    desk: Context, kept: Client, fortnox: Fortnox
) -> None:
    made = await finish(desk, kept, ConnectionMode.SERVICE)
    assert (made.mode, made.days_left, made.refused) == (ConnectionMode.SERVICE, None, "")
    assert fortnox.asked.count("client_credentials") == 1


async def test_without_a_service_account_the_rotating_token_is_used_and_the_reason_told(
    desk: Context, kept: Client, fortnox: Fortnox
) -> None:
    refusal = {"error": "invalid_grant", "error_description": "No service account"}
    fortnox.answers["client_credentials"] = (400, refusal)
    made = await finish(desk, kept, ConnectionMode.SERVICE)
    assert (made.mode, made.days_left) == (ConnectionMode.CODE, 30)
    assert "No service account" in made.refused


async def test_a_consent_without_a_lasting_token_is_no_connection(
    desk: Context, kept: Client, fortnox: Fortnox
) -> None:
    fortnox.answers["authorization_code"] = (200, grant(refresh=None))
    with pytest.raises(FortnoxRejected):
        await finish(desk, kept, ConnectionMode.CODE)
    assert await desk.store.read(connections.every) == {}


async def test_a_token_for_another_tenant_than_the_company_is_refused(
    desk: Context, kept: Client, fortnox: Fortnox
) -> None:
    fortnox.answers["authorization_code"] = (200, grant(tenant="78"))
    with pytest.raises(FortnoxRejected):
        await finish(desk, kept, ConnectionMode.CODE)
    assert fortnox.asked[-1] == "revoke"


async def test_a_company_without_a_database_number_is_refused(
    desk: Context, kept: Client, fortnox: Fortnox
) -> None:
    nameless = {**COMPANY, "DatabaseNumber": None}
    fortnox.answers["companyinformation"] = (200, {"CompanyInformation": nameless})
    with pytest.raises(FortnoxRejected):
        await finish(desk, kept, ConnectionMode.CODE)


async def test_another_organisation_number_is_refused_and_the_consent_revoked(
    desk: Context, kept: Client, fortnox: Fortnox
) -> None:
    other = {**COMPANY, "OrganizationNumber": "556036-0793"}
    fortnox.answers["companyinformation"] = (200, {"CompanyInformation": other})
    with pytest.raises(Refused) as caught:
        await finish(desk, kept, ConnectionMode.CODE)
    assert caught.value.code == "company_mismatch"
    assert fortnox.asked[-1] == "revoke"
    assert await desk.store.read(connections.every) == {}
