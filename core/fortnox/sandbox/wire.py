"""How answers leave, or fail to: requests read, connections broken, bodies cut short."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from email.utils import format_datetime
from typing import Any, Protocol
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from core.fortnox.sandbox.answers import Answer, ApiError, json_answer
from core.fortnox.sandbox.faults import Fault
from core.fortnox.sandbox.world import World

TRANSPORT = "sandbox.transport"
SKEW_SECONDS = 7200


class BreakableProtocol(H11Protocol):
    """uvicorn's HTTP protocol, with the connection within reach so that a fault can break it."""

    def connection_made(  # type: ignore[override]  # uvicorn narrows the type in the same way
        self, transport: asyncio.Transport
    ) -> None:
        """Hand the transport to every request of the connection."""
        super().connection_made(transport)
        app = self.app

        async def with_transport(scope: Scope, receive: Receive, send: Send) -> None:
            scope.setdefault("extensions", {})[TRANSPORT] = transport
            await app(scope, receive, send)

        self.app = with_transport


def form_of(body: bytes) -> dict[str, str]:
    """The fields of an urlencoded form."""
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


class _Broken(Response):
    """A response that is none: the connection ends, after ``first`` bytes of a longer body if there are any."""

    def __init__(self, first: bytes = b"", length: int = 0, content_type: str = "") -> None:
        super().__init__()
        self.first = first
        self.length = length
        self.content_type = content_type

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport: asyncio.Transport = scope["extensions"][TRANSPORT]
        if self.first:
            headers = [
                (b"content-type", self.content_type.encode()),
                (b"content-length", str(self.length).encode()),
            ]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": self.first, "more_body": True})
            transport.close()
        else:
            transport.abort()
        while (await receive())["type"] != "http.disconnect":
            pass


def to_response(answer: Answer, world: World, *, skewed: bool = False) -> Response:
    """The answer as it leaves, with the sandbox's own clock in the Date header."""
    response = Response(answer.body, answer.status, answer.headers)
    response.headers["content-type"] = answer.content_type
    moment = world.clock.now()
    if skewed:
        moment = moment.fromtimestamp(moment.timestamp() + SKEW_SECONDS, moment.tzinfo)
    response.headers["date"] = format_datetime(moment, usegmt=True)
    return response


Work = Callable[["Circumstances"], Awaitable[Answer]]
"""Makes the answer; everything it does to the books is done when it returns."""


class Circumstances(Protocol):
    """What the faults know of a request."""

    def take(self, name: str) -> Fault | None:
        """The fault of that name, if it strikes here."""
        ...


@dataclass
class Exchange:
    """One request under the faults that lie in wait for it."""

    world: World
    request: Request
    tenant: str
    body: bytes = b""
    struck: str = ""
    began: float = field(default_factory=time.perf_counter)

    def take(self, name: str) -> Fault | None:
        """The fault of that name, if it strikes here."""
        request = self.request
        fault = self.world.faults.take(name, request.method, request.url.path, self.tenant, self.body)
        if fault is not None:
            self.struck = name
        return fault

    async def run(self, work: Work) -> Response:
        """Do the work, unless a fault comes before it, and send its answer, unless one comes after it."""
        slow = self.take("slow")
        if slow:
            await asyncio.sleep(slow.delay_s)
        before = self._before()
        if before is not None:
            return self._sent(before, skewed=self.struck == "clock-skew")
        if self.take("drop-before"):
            return self._broken()
        late = self.take("late-commit")
        if late:
            _keep(asyncio.create_task(self._later(work, late.delay_s)))
            return self._broken()
        answer = await work(self)
        if self.take("500-after"):
            return self._sent(ApiError(1000003, "System exception", 500).answer())
        if self.take("drop-after"):
            return self._broken()
        if len(answer.body) > 1 and answer.status < 300 and self.take("truncated"):
            self._record(answer.status)
            return _Broken(answer.body[: len(answer.body) // 2], len(answer.body), answer.content_type)
        return self._sent(answer)

    def _before(self) -> Answer | None:
        if self.take("500-before"):
            return ApiError(1000003, "System exception", 500).answer()
        if self.take("html-error"):
            page = b"<html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>"
            return Answer(502, page, "text/html")
        if self.take("429"):
            return too_many(self.world, 1.0)
        if self.take("clock-skew"):
            return json_answer({"message": "unauthorized"}, 401)
        return None

    async def _later(self, work: Work, delay_s: float) -> None:
        await asyncio.sleep(delay_s)
        await work(self)

    def _record(self, status: int) -> None:
        url = self.request.url
        seconds = time.perf_counter() - self.began
        self.world.record(self.request.method, url.path, url.query, status, self.tenant, self.struck, seconds)

    def _broken(self) -> Response:
        self._record(0)
        return _Broken()

    def _sent(self, answer: Answer, *, skewed: bool = False) -> Response:
        self._record(answer.status)
        return to_response(answer, self.world, skewed=skewed)


_running: set[asyncio.Task[Any]] = set()


def _keep(task: asyncio.Task[Any]) -> None:
    _running.add(task)
    task.add_done_callback(_running.discard)


def too_many(world: World, seconds: float) -> Answer:
    """A 429 in one of the three forms that clients tell of, in turn."""
    world.limits.answered += 1
    form = world.limits.answered % 3
    if form == 0:
        return Answer(429)
    answer = json_answer({"message": "Too Many Requests"}, 429)
    if form == 1:
        answer.headers["Retry-After"] = f"{seconds:.1f}"
    return answer
