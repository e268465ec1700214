from __future__ import annotations

import socket
from typing import Any

import pytest

from core.errors import FortnoxRejected, LoginNeeded, TryLater
from core.fortnox.api import Api, Outcome

ERROR = b'{"ErrorInformation":{"Error":1,"Message":"Nej","Code":2000359}}'


async def test_a_busy_fortnox_is_asked_again(server: Any, api: Api, answer: Any, no_pauses: Any) -> None:
    server.answers(answer(429), answer(503), answer(200, b"{}"))
    assert await api.get("x") == b"{}"
    assert len(server.seen) == 3


async def test_a_dropped_answer_to_a_read_is_asked_for_again(
    server: Any, api: Api, answer: Any, no_pauses: Any
) -> None:
    server.answers(None, answer(200, b"{}"))
    assert await api.get("x") == b"{}"


async def test_patience_ends_in_try_later(server: Any, api: Api, answer: Any, no_pauses: Any) -> None:
    server.answers(answer(429, b"", Retry_After="1"))
    with pytest.raises(TryLater) as caught:
        await api.get("x")
    assert caught.value.code == "fortnox_limit"
    assert caught.value.details["retry_after"] == 1


async def test_a_retry_after_beyond_patience_is_not_waited_for(server: Any, api: Api, answer: Any) -> None:
    server.answers(answer(429, b"", Retry_After="600"))
    with pytest.raises(TryLater) as caught:
        await api.get("x")
    assert caught.value.details["retry_after"] == 600
    assert len(server.seen) == 1


async def test_waiting_for_retry_after_is_told(server: Any, api: Api, answer: Any) -> None:
    told: list[float] = []
    api._waiting = told.append
    server.answers(answer(429, b"", Retry_After="0.01"), answer(200, b"{}"))
    await api.get("x")
    assert told == [0.01]


async def test_an_internal_error_of_a_read_is_not_repeated(server: Any, api: Api, answer: Any) -> None:
    server.answers(answer(500, ERROR))
    with pytest.raises(TryLater):
        await api.get("x")
    assert len(server.seen) == 1


async def test_a_refused_token_is_renewed_once(server: Any, api: Api, answer: Any, tokens: Any) -> None:
    server.answers(answer(401, b'{"message":"unauthorized"}'), answer(200, b"{}"))
    await api.get("x")
    assert [seen.headers["authorization"] for seen in server.seen] == ["Bearer token-0", "Bearer token-1"]


async def test_a_token_refused_twice_is_a_lapsed_connection(server: Any, api: Api, answer: Any) -> None:
    server.answers(answer(401, b'{"message":"unauthorized"}'))
    with pytest.raises(LoginNeeded) as caught:
        await api.get("x")
    assert caught.value.code == "connection_lapsed"
    assert len(server.seen) == 2


async def test_a_refusal_of_a_read_is_fortnox_own(server: Any, api: Api, answer: Any) -> None:
    server.answers(answer(400, ERROR, Content_Type="text/html"))
    with pytest.raises(FortnoxRejected):
        await api.get("x")


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (201, b"{}", Outcome.DONE),
        (400, ERROR, Outcome.REJECTED),
        (403, b'{"message":"no"}', Outcome.REJECTED),
        (400, b"<html>proxy</html>", Outcome.UNKNOWN),
        (408, ERROR, Outcome.UNKNOWN),
        (429, b"", Outcome.NOT_PROCESSED),
        (500, ERROR, Outcome.UNKNOWN),
        (502, b"", Outcome.UNKNOWN),
        (302, b"", Outcome.UNKNOWN),
    ],
)
async def test_a_write_is_sent_once_and_classified(
    server: Any, api: Api, answer: Any, status: int, body: bytes, outcome: Outcome
) -> None:
    server.answers(answer(status, body))
    result = await api.post("vouchers", {}, b"{}")
    assert result.outcome is outcome
    assert (result.error is None) == (outcome is Outcome.DONE)
    assert len(server.seen) == 1


async def test_a_write_without_an_answer_is_unknown(server: Any, api: Api) -> None:
    server.answers(None)
    assert (await api.post("vouchers", {}, b"{}")).outcome is Outcome.UNKNOWN
    assert len(server.seen) == 1


async def test_a_truncated_receipt_is_unknown(server: Any, api: Api) -> None:
    server.answers(b'HTTP/1.1 201 Created\r\nContent-Length: 99\r\n\r\n{"Vou')
    assert (await api.post("vouchers", {}, b"{}")).outcome is Outcome.UNKNOWN


async def test_a_write_that_could_not_connect_was_not_processed(
    transport: Any, limiter: Any, tokens: Any
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    api = Api(transport, limiter, tokens, api_url=f"http://127.0.0.1:{port}", client_id="a", tenant="1")
    assert (await api.post("vouchers", {}, b"{}")).outcome is Outcome.NOT_PROCESSED


async def test_a_write_with_a_refused_token_is_sent_with_another(
    server: Any, api: Api, answer: Any, tokens: Any
) -> None:
    server.answers(answer(401, b'{"message":"unauthorized"}'), answer(201, b"{}"))
    assert (await api.post("vouchers", {}, b"{}")).outcome is Outcome.DONE
    assert tokens.renewed == 1


async def test_a_write_refused_at_the_door_twice_was_not_processed(
    server: Any, api: Api, answer: Any
) -> None:
    server.answers(answer(401, b'{"message":"unauthorized"}'))
    assert (await api.post("vouchers", {}, b"{}")).outcome is Outcome.NOT_PROCESSED
