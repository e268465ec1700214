"""Calls to Fortnox's REST interface for one company: the token, the request window, retries and outcomes.

Reads are retried with patience; a write is sent once and its outcome classified, because only the caller,
who keeps the outbox, may decide to send again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from core.errors import BryggaError
from core.fortnox import errors
from core.fortnox.limits import Limiter
from core.fortnox.transport import (
    JSON_LIMIT,
    READ_SECONDS,
    Answer,
    NotSent,
    Request,
    TooLarge,
    Transport,
    TransportFailure,
)
from core.i18n import _
from core.secret import Secret

ATTEMPTS = 5
PATIENCE_SECONDS = 60.0
"""How long a read is retried altogether, and the longest Retry-After that is waited for."""
LIMIT_PAUSE_SECONDS = 5.1
"""A whole window, when a 429 does not say how long."""
SKEW_SECONDS = 120.0
"""A clock that is further off explains a refused token."""
_BUSY = frozenset({429, 502, 503, 504})


class TokenSource(Protocol):
    """Where access tokens come from."""

    async def access(self) -> Secret:
        """A token that lives for two more minutes at least; raises LoginNeeded or TryLater."""
        ...

    async def renew(self, refused: Secret) -> Secret:
        """Another token than the one that was refused; raises LoginNeeded or TryLater."""
        ...


class Outcome(StrEnum):
    """What became of a write."""

    DONE = "done"
    NOT_PROCESSED = "not_processed"
    """Certainly not: it never left, or it was turned away at the door (401, 429)."""
    REJECTED = "rejected"
    """Certainly not: Fortnox explained why."""
    UNKNOWN = "unknown"
    """Perhaps: no answer, a 5xx, an answer that cannot be read."""


@dataclass(frozen=True, slots=True)
class WriteResult:
    """The outcome of a write, with the body when it is done and the error when it is not."""

    outcome: Outcome
    body: bytes = b""
    error: BryggaError | None = None


class _Busy(Exception):
    """Fortnox asks for patience."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(str(answer.status))
        self.answer = answer


class Api:
    """Fortnox for one company. ``waiting`` is told the seconds whenever a request has to wait."""

    def __init__(
        self,
        transport: Transport,
        limiter: Limiter,
        tokens: TokenSource,
        *,
        api_url: str,
        client_id: str,
        tenant: str,
        background: bool = False,
        waiting: Callable[[float], None] | None = None,
    ) -> None:
        self._transport = transport
        self._limiter = limiter
        self._tokens = tokens
        self._api_url = api_url.rstrip("/")
        self._client_id = client_id
        self._background = background
        self._waiting = waiting
        self.tenant = tenant
        self.requests = 0
        """Requests sent so far, repeated ones included."""
        self.received = 0
        """Bytes of the answers so far."""

    async def get(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        accept: str = "application/json",
        read_seconds: float = READ_SECONDS,
        limit: int = JSON_LIMIT,
    ) -> bytes:
        """Read; 429, 502 to 504 and transport errors are retried.

        Raises:
            LoginNeeded: the connection has lapsed.
            TryLater: no answer, or no patience left.
            FortnoxRejected: Fortnox said no.
        """
        request = Request(
            "GET",
            f"{self._api_url}/{path}",
            params,
            {"Accept": accept},
            read_seconds=read_seconds,
            limit=limit,
            company=self.tenant,
        )
        try:
            answer = await self._patiently(request)
        except _Busy as busy:
            answer = busy.answer
        except TooLarge as failure:
            raise errors.unreadable(str(failure)) from failure
        except TransportFailure as failure:
            raise errors.unreachable(str(failure)) from failure
        if not answer.ok:
            raise _error(answer)
        return answer.body

    async def post(
        self, path: str, params: Mapping[str, str], body: bytes, *, content_type: str = "application/json"
    ) -> WriteResult:
        """Create something: send once and classify the outcome.

        Only a 401 is answered with another token and the same request: it was turned away at the door.

        Raises:
            LoginNeeded: there is no token; nothing was sent.
            TryLater: the token could not be renewed; nothing was sent.
        """
        return await self._write("POST", path, params, body, content_type)

    async def put(self, path: str, params: Mapping[str, str], body: bytes) -> WriteResult:
        """Change something: send once and classify the outcome. Raises as ``post``."""
        return await self._write("PUT", path, params, body, "application/json")

    async def _write(
        self, method: str, path: str, params: Mapping[str, str], body: bytes, content_type: str
    ) -> WriteResult:
        try:
            headers = {"Content-Type": content_type}
            request = Request(
                method, f"{self._api_url}/{path}", params, headers, body=body, company=self.tenant
            )
            answer = await self._with_token(request)
        except NotSent as failure:
            return WriteResult(Outcome.NOT_PROCESSED, error=errors.unreachable(str(failure)))
        except TransportFailure as failure:
            return WriteResult(Outcome.UNKNOWN, error=errors.unreachable(str(failure)))
        return _classify(answer)

    async def _patiently(self, request: Request) -> Answer:
        import stamina

        async for attempt in stamina.retry_context(
            on=self._pause, attempts=ATTEMPTS, timeout=PATIENCE_SECONDS, wait_initial=0.3, wait_jitter=0.3
        ):
            with attempt:
                answer = await self._with_token(request)
                if answer.status in _BUSY:
                    raise _Busy(answer)
                return answer
        raise AssertionError("the retries end in an answer or an exception")

    def _pause(self, error: Exception) -> bool | float:
        """Whether to try again; the seconds to wait when Fortnox decides them."""
        if isinstance(error, TransportFailure):
            return not isinstance(error, TooLarge)
        if not isinstance(error, _Busy):
            return False
        asked = error.answer.retry_after
        if asked is None:
            asked = LIMIT_PAUSE_SECONDS if error.answer.status == 429 else None
        if asked is None:
            return True
        if asked > PATIENCE_SECONDS:
            return False
        if self._waiting is not None:
            self._waiting(asked)
        return asked

    async def _with_token(self, request: Request) -> Answer:
        token = await self._tokens.access()
        answer = await self._once(replace(request, authorization=token))
        if answer.status != 401:
            return answer
        return await self._once(replace(request, authorization=await self._tokens.renew(token)))

    async def _once(self, request: Request) -> Answer:
        async with self._limiter.place(
            self._client_id, self.tenant, background=self._background, waiting=self._waiting
        ) as arrived:
            self.requests += 1
            answer = await self._transport.send(request, arrived)
            self.received += len(answer.body)
            return answer


def _error(answer: Answer) -> BryggaError:
    if answer.status == 401 and abs(answer.clock_skew) > SKEW_SECONDS:
        return errors.clocks_differ(answer.clock_skew)
    return errors.to_error(errors.parse(answer.status, answer.body), answer.retry_after)


def _classify(answer: Answer) -> WriteResult:
    if answer.ok:
        return WriteResult(Outcome.DONE, answer.body)
    fault, error = errors.parse(answer.status, answer.body), _error(answer)
    if answer.status in {401, 429}:
        return WriteResult(Outcome.NOT_PROCESSED, answer.body, error)
    if 400 <= answer.status < 500 and answer.status != 408 and fault.explained:
        return WriteResult(Outcome.REJECTED, answer.body, error)
    return WriteResult(
        Outcome.UNKNOWN, answer.body, error if answer.status >= 500 else _unclear(answer.status)
    )


def _unclear(status: int) -> BryggaError:
    return errors.unreachable(_("Its answer was status {status}.").format(status=status))
