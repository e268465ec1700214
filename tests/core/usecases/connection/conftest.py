"""A sandbox Fortnox, an empty brygga that knows it, and a person who presses the consent page's buttons."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from core.config import Settings, load
from core.fortnox.transport import Request
from core.register import Client, ConnectionMode, PendingConsent
from core.usecases import connect
from core.usecases.clients import add_client
from core.usecases.context import Context, open_context
from core.usecases.secrets import init_keeper, set_client_secret
from core.usecases.tokens import transport

ROOT = Path(__file__).parents[4]


@dataclass
class MovedClock:
    """The real time, moved by hand."""

    ahead: timedelta = field(default_factory=timedelta)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


class Sandbox:
    """A sandbox in a child process, with its control."""

    def __init__(self, info: dict[str, Any]) -> None:
        self.info = info
        self.tenants: list[dict[str, Any]] = info["tenants"]

    def turn(self) -> None:
        """Put another company first, so that tests do not share one request window."""
        self.tenants = [*self.tenants[1:], self.tenants[0]]

    def control(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        request = urllib.request.Request(
            f"{self.info['control'].rstrip('/')}/{path}",
            data=json.dumps(body).encode() if body is not None else None,
            headers={"Content-Type": "application/json"},
            method=method,
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=10) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def fault(self, name: str, path: str = "", **more: Any) -> None:
        self.control("POST", "faults", {"name": name, "path": path, **more})

    def requests(self, path: str) -> list[dict[str, Any]]:
        listed = self.control("GET", "requests")
        seen = listed["requests"] if isinstance(listed, dict) else listed
        return [one for one in seen if path in one["path"]]


@pytest.fixture(scope="module")
def sandbox_of() -> type[Sandbox]:
    """For modules that start a sandbox of their own."""
    return Sandbox


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    child = subprocess.Popen(
        [sys.executable, "-m", "core.fortnox.sandbox", "--clients", "6", "--until-stdin-closes"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    assert child.stdout
    assert child.stdin
    made = Sandbox(json.loads(child.stdout.readline()))
    made.control("POST", "limit", {"requests": None})
    yield made
    child.stdin.close()
    child.wait(10)
    child.stdout.close()


@pytest.fixture
def sandbox(running: Sandbox) -> Iterator[Sandbox]:
    running.turn()
    yield running
    running.control("DELETE", "faults")


@pytest.fixture
async def settings(sandbox: Sandbox, tmp_path: Path) -> Settings:
    config = tmp_path / "config.toml"
    config.write_text(sandbox.info["config"], encoding="utf-8")
    bare = load(config, tmp_path / "data", environ={})
    await init_keeper(bare, "keyfile")
    return load(config, tmp_path / "data", environ={})


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
async def ctx(settings: Settings, sandbox: Sandbox, clock: MovedClock) -> AsyncIterator[Context]:
    async with open_context(settings, person="anna", clock=clock) as context:
        await set_client_secret(context, sandbox.info["client_secret"])
        yield context


@pytest.fixture
async def client(ctx: Context, sandbox: Sandbox) -> Client:
    first = sandbox.tenants[0]
    return await add_client(ctx, name=first["name"], orgnr=first["orgnr"])


class Person:
    """Someone at the customer, with a browser."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def decides(self, pending: PendingConsent, tenant: str, decision: str = "approve") -> str:
        """Press a button; the redirect address."""
        fields = dict(parse_qsl(urlsplit(pending.address).query))
        fields |= {"tenant": tenant, "decision": decision}
        page = pending.address.partition("?")[0]
        answer = await transport(self._ctx).send(Request("POST", page, form=fields))
        assert answer.status == 302, answer.body
        return answer.headers["location"]


@pytest.fixture
def person(ctx: Context) -> Person:
    return Person(ctx)


@dataclass
class Connector:
    """The whole way from address to connection."""

    ctx: Context
    person: Person

    async def __call__(
        self, client_id: str | None, tenant: str, mode: ConnectionMode = ConnectionMode.CODE
    ) -> connect.Connected:
        pending = await connect.begin_consent(self.ctx, client_id, mode=mode)
        return await connect.finish_consent(self.ctx, await self.person.decides(pending, tenant))


@pytest.fixture
def connector(ctx: Context, person: Person) -> Connector:
    return Connector(ctx, person)


def with_query(address: str, **changes: str) -> str:
    """The address with other query values."""
    parts = urlsplit(address)
    return parts._replace(query=urlencode(dict(parse_qsl(parts.query)) | changes)).geturl()
