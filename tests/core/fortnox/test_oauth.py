from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.fortnox import oauth
from core.fortnox.oauth import App, Grant, OAuthRefused, OAuthUnavailable
from core.fortnox.transport import Transport
from core.secret import Secret

GOOD = b'{"access_token":"a","expires_in":3600,"token_type":"bearer","scope":"x","refresh_token":"r2"}'


@pytest.fixture
def app(server: Any) -> App:
    return App(f"{server.url}/oauth-v1", "id", Secret("pw"))


async def test_refresh_sends_the_form_that_fortnox_wants(
    server: Any, transport: Transport, answer: Any, app: App
) -> None:
    server.answers(answer(200, GOOD))
    grant = await oauth.refresh(transport, app, Secret("r1"))
    assert grant.refresh == Secret("r2")
    assert parse_qs(server.seen[0].body.decode()) == {
        "grant_type": ["refresh_token"],
        "refresh_token": ["r1"],
    }
    assert server.seen[0].target == "/oauth-v1/token"


async def test_code_exchange_repeats_the_redirect_address(
    server: Any, transport: Transport, answer: Any, app: App
) -> None:
    server.answers(answer(200, GOOD))
    await oauth.exchange_code(transport, app, Secret("c"), "http://localhost:1/callback")
    assert parse_qs(server.seen[0].body.decode())["redirect_uri"] == ["http://localhost:1/callback"]


async def test_client_credentials_name_the_tenant_in_a_header(
    server: Any, transport: Transport, answer: Any, app: App
) -> None:
    server.answers(answer(200, b'{"access_token":"a","expires_in":3600}'))
    grant = await oauth.client_credentials(transport, app, "77")
    assert server.seen[0].headers["tenantid"] == "77"
    assert grant.refresh is None


@pytest.mark.parametrize("content_type", ["text/html; charset=UTF-8", "text/plain", "application/json"])
async def test_invalid_grant_is_read_whatever_the_content_type(
    server: Any, transport: Transport, answer: Any, app: App, content_type: str
) -> None:
    body = b'{"error":"invalid_grant","error_description":"Invalid refresh token"}'
    server.answers(answer(400, body, Content_Type=content_type))
    with pytest.raises(OAuthRefused) as caught:
        await oauth.refresh(transport, app, Secret("r"))
    assert caught.value.error == "invalid_grant"


async def test_an_error_under_status_200_is_still_a_refusal(
    server: Any, transport: Transport, answer: Any, app: App
) -> None:
    server.answers(answer(200, b'{"error":"invalid_grant"}'))
    with pytest.raises(OAuthRefused):
        await oauth.refresh(transport, app, Secret("r"))


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b""),
        (200, b"<html>"),
        (200, b"{}"),
        (200, b'{"access_token":"a"}'),
        (200, b'{"access_token":"","refresh_token":"r"}'),
        (200, b'{"access_token":"a","refresh_token":""}'),
        (400, b"<html>a proxy</html>"),
        (429, b'{"message":"Too Many Requests"}'),
        (500, b'{"error":"server_error"}'),
        (502, b""),
        (302, b""),
    ],
)
async def test_what_is_no_answer_never_looks_like_one(
    server: Any, transport: Transport, answer: Any, app: App, status: int, body: bytes
) -> None:
    server.answers(answer(status, body))
    with pytest.raises(OAuthUnavailable):
        await oauth.refresh(transport, app, Secret("r"))


async def test_a_dropped_answer_is_unavailable(server: Any, transport: Transport, app: App) -> None:
    server.answers(None)
    with pytest.raises(OAuthUnavailable):
        await oauth.refresh(transport, app, Secret("r"))


@pytest.mark.parametrize(
    ("spelled", "seconds"), [('"1800"', 1800), ("60", 60), ("null", 3600), ('"x"', 3600)]
)
async def test_life_of_an_access_token_is_read_leniently(
    server: Any, transport: Transport, answer: Any, app: App, spelled: str, seconds: int
) -> None:
    server.answers(answer(200, f'{{"access_token":"a","expires_in":{spelled}}}'.encode()))
    assert (await oauth.client_credentials(transport, app, "1")).expires_in == seconds


@pytest.mark.parametrize(("status", "confirmed"), [(200, True), (401, False), (500, False)])
async def test_revoking_tells_whether_it_was_confirmed(
    server: Any, transport: Transport, answer: Any, app: App, status: int, confirmed: bool
) -> None:
    server.answers(answer(status, b'{"revoked":true}'))
    assert await oauth.revoke(transport, app, Secret("r")) is confirmed


def token(claims: object) -> Secret:
    part = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return Secret(f"x.{part}.y")


@pytest.mark.parametrize("claim", [77, "77"])
def test_tenant_is_read_from_the_access_token(claim: object) -> None:
    assert Grant(token({"tenantId": claim}), None, 1, "").tenant == "77"


@given(st.text())
def test_no_access_token_is_too_strange(text: str) -> None:
    assert isinstance(Grant(Secret(text), None, 1, "").tenant, str)
    assert isinstance(Grant(Secret(f"a.{text}.b"), None, 1, "").tenant, str)
