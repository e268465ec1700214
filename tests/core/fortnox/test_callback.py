from __future__ import annotations

import asyncio
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UsageError
from core.fortnox import callback
from core.fortnox.callback import Callback, Page
from tests.ports import free_port

STATE = "s" * 43


def test_code_and_state_are_taken_from_the_address() -> None:
    found = callback.read_callback(f" http://localhost:8573/callback?code=abc&state={STATE} ")
    assert (found.code.reveal(), found.state, found.error) == ("abc", STATE, "")


def test_a_refusal_carries_its_words() -> None:
    text = quote("Kunden \x1b[31msa nej")
    found = callback.read_callback(f"?error=access_denied&error_description={text}&state=x")
    assert (found.error, found.description) == ("access_denied", "Kunden [31msa nej")


@pytest.mark.parametrize(
    "address", ["", "x", "?code=a", "?state=a", "?state=a&state=b&code=c", "?code=a&code=b&state=c"]
)
def test_what_is_no_answer_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match=r"state|twice"):
        callback.read_callback(address)


@given(st.text(), st.text())
def test_states_are_equal_only_when_they_are(first: str, second: str) -> None:
    first, second = (text.encode("utf-8", "replace").decode() for text in (first, second))
    assert callback.same_state(first, second) == (first == second)


async def ask(port: int, data: bytes) -> bytes:
    for _ in range(100):
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            await asyncio.sleep(0.01)
        else:
            break
    writer.write(data)
    answer = await reader.read()
    writer.close()
    return answer


async def accepted(_found: Callback) -> Page:
    return Page(ok=True, title="Klart <b>", text="Stäng fliken & gå vidare")


@pytest.mark.parametrize(
    "request_line",
    [
        f"GET /callback?code=a&state={'x' * 43} HTTP/1.1",
        f"GET /callback/?code=a&state={STATE} HTTP/1.1",
        "GET / HTTP/1.1",
        f"POST /callback?code=a&state={STATE} HTTP/1.1",
        f"GET /callback?code=a&code=b&state={STATE} HTTP/1.1",
        "nonsense",
    ],
)
async def test_only_the_right_request_ends_the_wait(request_line: str) -> None:
    port = free_port()
    waiting = asyncio.create_task(callback.listen(f"http://localhost:{port}/callback", STATE, 10, accepted))
    wrong = await ask(port, request_line.encode() + b"\r\n\r\n")
    assert wrong.startswith(b"HTTP/1.1 404")
    assert not waiting.done()
    right = await ask(port, f"GET /callback?code=a&state={STATE} HTTP/1.1\r\n\r\n".encode())
    assert right.startswith(b"HTTP/1.1 200")
    assert await waiting


async def test_the_page_escapes_what_it_shows() -> None:
    port = free_port()
    waiting = asyncio.create_task(callback.listen(f"http://127.0.0.1:{port}/callback", STATE, 10, accepted))
    page = await ask(port, f"GET /callback?code=a&state={STATE} HTTP/1.1\r\n\r\n".encode())
    await waiting
    assert b"Klart &lt;b&gt;" in page
    assert "Stäng fliken &amp; gå vidare".encode() in page
    assert b"no-store" in page


async def test_after_the_answer_nobody_listens() -> None:
    port = free_port()
    waiting = asyncio.create_task(callback.listen(f"http://127.0.0.1:{port}/callback", STATE, 10, accepted))
    await ask(port, f"GET /callback?code=a&state={STATE} HTTP/1.1\r\n\r\n".encode())
    await waiting
    with pytest.raises(OSError, match="onnect"):
        await asyncio.open_connection("127.0.0.1", port)


async def test_the_wait_ends_by_itself() -> None:
    assert not await callback.listen(f"http://127.0.0.1:{free_port()}/callback", STATE, 0.05, accepted)


async def test_an_endless_request_does_not_stand_in_the_way() -> None:
    port = free_port()
    waiting = asyncio.create_task(callback.listen(f"http://127.0.0.1:{port}/callback", STATE, 10, accepted))
    await asyncio.sleep(0.05)
    _reader, stuck = await asyncio.open_connection("127.0.0.1", port)
    stuck.write(b"GET /" + b"x" * 100)
    await ask(port, f"GET /callback?code=a&state={STATE} HTTP/1.1\r\n\r\n".encode())
    assert await waiting
    stuck.close()


@pytest.mark.parametrize(
    "address", ["https://firm.se/callback", "http://firm.se:80/cb", "http://localhost/callback"]
)
async def test_an_address_elsewhere_must_be_pasted(address: str) -> None:
    with pytest.raises(UsageError) as caught:
        await callback.listen(address, STATE, 1, accepted)
    assert "--paste" in caught.value.hint
