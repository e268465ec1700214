"""Real loopback servers for the client: a scripted one that answers, stalls or hangs up as told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import stamina

from core.fortnox.api import Api
from core.fortnox.limits import Limiter
from core.fortnox.transport import Transport
from core.secret import Secret


@dataclass
class Seen:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class ScriptedServer:
    """Answers each request with the next line of the script; the last line is repeated."""

    script: list[bytes | None] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answers(self, *script: bytes | None) -> None:
        self.script = list(script)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            first, *lines = head.split("\r\n")
            method, target, _version = first.split(" ", 2)
            headers = {k.lower(): v.strip() for k, _c, v in (line.partition(":") for line in lines if line)}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.seen.append(Seen(method, target, headers, body))
            answer = self.script.pop(0) if len(self.script) > 1 else self.script[0]
            if answer is not None:
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def response(status: int, body: bytes = b"", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@pytest.fixture
def answer() -> Callable[..., bytes]:
    return response


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    scripted = ScriptedServer()
    listener = await asyncio.start_server(scripted.serve, "127.0.0.1", 0)
    scripted.port = listener.sockets[0].getsockname()[1]
    async with listener:
        yield scripted


@pytest.fixture
async def transport() -> AsyncIterator[Transport]:
    made = Transport()
    yield made
    await made.aclose()


class Tokens:
    """A token source that counts how often it was asked for another one."""

    def __init__(self) -> None:
        self.renewed = 0

    async def access(self) -> Secret:
        return Secret(f"token-{self.renewed}")

    async def renew(self, refused: Secret) -> Secret:
        assert refused.reveal() == f"token-{self.renewed}"
        self.renewed += 1
        return await self.access()


@pytest.fixture
def tokens() -> Tokens:
    return Tokens()


@pytest.fixture
def limiter(tmp_path: Path) -> Iterator[Limiter]:
    made = Limiter(tmp_path / "limits.db")
    yield made
    made.close()


@pytest.fixture
def api(server: ScriptedServer, transport: Transport, tokens: Tokens, limiter: Limiter) -> Api:
    return Api(transport, limiter, tokens, api_url=f"{server.url}/3", client_id="app", tenant="1")


@pytest.fixture
def no_pauses() -> Any:
    """Retries without waiting."""
    with stamina.set_testing(True, attempts=3):
        yield
