from __future__ import annotations

import asyncio
import logging
import socket
from typing import Any

import pytest

from core.errors import UsageError
from core.fortnox.transport import NoAnswer, NotSent, Request, TooLarge, Transport
from core.secret import Secret


async def test_answer_comes_whole_with_its_headers(server: Any, transport: Transport, answer: Any) -> None:
    server.answers(answer(200, b"hej", X_Uid="1"))
    got = await transport.send(Request("GET", f"{server.url}/x", {"a": "å b"}))
    assert (got.status, got.body, got.headers["x-uid"]) == (200, b"hej", "1")
    assert server.seen[0].target == "/x?a=%C3%A5+b"


async def test_refused_connection_is_not_sent(transport: Transport) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(NotSent):
        await transport.send(Request("POST", f"http://127.0.0.1:{port}/", body=b"{}"))


async def test_connection_dropped_after_the_request_is_no_answer(server: Any, transport: Transport) -> None:
    server.answers(None)
    with pytest.raises(NoAnswer):
        await transport.send(Request("POST", server.url, body=b"{}"))


async def test_truncated_body_is_no_answer(server: Any, transport: Transport) -> None:
    server.answers(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    with pytest.raises(NoAnswer):
        await transport.send(Request("GET", server.url))


async def test_silence_ends_in_no_answer_after_the_read_time(transport: Transport) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    listener = await asyncio.start_server(silent, "127.0.0.1", 0)
    async with listener:
        port = listener.sockets[0].getsockname()[1]
        with pytest.raises(NoAnswer):
            await transport.send(Request("GET", f"http://127.0.0.1:{port}/", read_seconds=0.1))


async def test_body_beyond_the_limit_is_refused(server: Any, transport: Transport, answer: Any) -> None:
    server.answers(answer(200, b"x" * 5000))
    with pytest.raises(TooLarge):
        await transport.send(Request("GET", server.url, limit=4999))


async def test_redirect_is_not_followed(server: Any, transport: Transport, answer: Any) -> None:
    server.answers(answer(302, b"", Location=f"{server.url}/elsewhere"))
    got = await transport.send(Request("GET", server.url, authorization=Secret("t")))
    assert got.status == 302
    assert len(server.seen) == 1


async def test_bearer_and_form_are_sent_as_fortnox_wants_them(
    server: Any, transport: Transport, answer: Any
) -> None:
    server.answers(answer(200))
    await transport.send(Request("GET", server.url, authorization=Secret("abc")))
    await transport.send(
        Request(
            "POST", server.url, authorization=("id", Secret("pw")), form={"code": Secret("a&b"), "g": "x"}
        )
    )
    assert server.seen[0].headers["authorization"] == "Bearer abc"
    assert server.seen[1].headers["authorization"] == "Basic aWQ6cHc="
    assert server.seen[1].headers["content-type"] == "application/x-www-form-urlencoded"
    assert server.seen[1].body == b"code=a%26b&g=x"


async def test_plain_http_leaves_this_computer_never(transport: Transport) -> None:
    with pytest.raises(UsageError) as caught:
        await transport.send(Request("GET", "http://example.com/"))
    assert caught.value.code == "config_invalid"


async def test_proxy_of_the_environment_is_not_used_for_loopback(
    server: Any, transport: Transport, answer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    server.answers(answer(200))
    assert (await transport.send(Request("GET", server.url))).ok


async def test_client_logs_no_addresses(
    server: Any, transport: Transport, answer: Any, caplog: pytest.LogCaptureFixture
) -> None:
    server.answers(answer(200))
    with caplog.at_level(logging.DEBUG):
        for name in ("httpx", "httpcore"):
            logging.getLogger(name).setLevel(logging.NOTSET)
        await transport.send(Request("GET", f"{server.url}/?code=canary"))
    assert "canary" not in caplog.text


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [("2.5", 2.5), ("-1", 0.0), ("Sat, 21 Nov 2026 06:00:30 GMT", 30.0), ("soon", None), ("nan", None)],
)
async def test_retry_after_is_read_as_seconds_or_moment(
    server: Any, transport: Transport, answer: Any, asked: str, seconds: float | None
) -> None:
    server.answers(answer(429, b"", Retry_After=asked, Date="Sat, 21 Nov 2026 06:00:00 GMT"))
    assert (await transport.send(Request("GET", server.url))).retry_after == seconds


async def test_cookie_is_not_kept(server: Any, transport: Transport, answer: Any) -> None:
    server.answers(answer(200, b"", Set_Cookie="session=another company"))
    await transport.send(Request("GET", server.url))
    await transport.send(Request("GET", server.url))
    assert "cookie" not in server.seen[1].headers


async def test_address_keeps_its_own_query(server: Any, transport: Transport, answer: Any) -> None:
    server.answers(answer(200))
    await transport.send(Request("GET", f"{server.url}/x?a=1"))
    assert server.seen[0].target == "/x?a=1"
