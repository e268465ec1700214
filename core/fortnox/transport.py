"""The one place that knows the HTTP client: time-outs, trust, proxies, bounded bodies, no redirects.

httpx is imported (about 50 ms) in a thread at the first request, so that starting brygga does not pay for
it. Its exceptions end here as three of our own, told apart by the only thing that matters for a voucher: can
the request have been processed? The client's own exceptions are not chained, because a crash screen shows
the local variables of their frames. Cookies are never sent: the companies' requests have nothing in common.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import importlib.util
import logging
import math
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlencode, urlsplit
from zlib import crc32

from core.clock import SystemClock
from core.config import LOOPBACK
from core.errors import UsageError
from core.files import MEGABYTE
from core.i18n import _
from core.reasons import of_chain
from core.secret import Secret

if TYPE_CHECKING:
    import ssl

    import httpx

LOG = logging.getLogger("brygga.fortnox.transport")
CONNECT_SECONDS = 10.0
READ_SECONDS = 60.0
SIE_SECONDS = 300.0
TOKEN_SECONDS = 30.0
WRITE_SECONDS = 30.0
POOL_SECONDS = 30.0
POOLS = 32
"""Companies are dealt out to so many pools of network connections."""
JSON_LIMIT = 20 * MEGABYTE
SIE_LIMIT = 100 * MEGABYTE

_HEADERS = {"Accept": "application/json", "Accept-Encoding": "gzip, deflate", "User-Agent": "brygga"}

Authorization: TypeAlias = Secret | tuple[str, Secret]
"""A bearer token, or a user and password for Basic."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. Header names are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    @property
    def retry_after(self) -> float | None:
        """Seconds that the server asks us to wait, given in seconds or as a moment of its own clock."""
        asked = self.headers.get("retry-after", "")
        with contextlib.suppress(ValueError):
            seconds = float(asked)
            return max(0.0, seconds) if math.isfinite(seconds) else None
        until = _moment(asked)
        if until is None:
            return None
        told = _moment(self.headers.get("date", "")) or SystemClock().now()
        return max(0.0, (until - told).total_seconds())

    @property
    def clock_skew(self) -> float:
        """Seconds that the server's clock is ahead of this computer's; 0 when it does not tell."""
        told = _moment(self.headers.get("date", ""))
        return (told - SystemClock().now()).total_seconds() if told is not None else 0.0


def _moment(text: str) -> datetime | None:
    """An HTTP date; None when it is none."""
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


class TransportFailure(Exception):
    """No whole answer came."""


class NotSent(TransportFailure):
    """The request certainly did not reach the server."""


class NoAnswer(TransportFailure):
    """The request may have been processed, but the answer was lost."""


class TooLarge(TransportFailure):
    """The answer is larger than brygga reads."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to send. ``read_seconds`` bounds each wait for bytes and, doubled, the whole exchange."""

    method: str
    url: str
    params: Mapping[str, str] | None = None
    headers: Mapping[str, str] | None = None
    authorization: Authorization | None = None
    body: bytes | None = None
    form: Mapping[str, str | Secret] | None = None
    read_seconds: float = READ_SECONDS
    limit: int = JSON_LIMIT
    company: str = ""
    """Whose request it is: requests of one company share network connections."""


class Transport:
    """HTTP for Fortnox's two hosts, shared by every connection of the process.

    The network connections lie in several pools, because a pool looks at each of its connections twice a
    request: with twenty companies at once that would cost more than the requests themselves.
    """

    def __init__(self) -> None:
        self._pools: dict[int, httpx.AsyncClient] = {}
        self._trust: ssl.SSLContext | None = None
        self._building = asyncio.Lock()

    async def send(self, request: Request, arrived: Callable[[], None] | None = None) -> Answer:
        """Send once and read the whole answer; ``arrived`` is called when its headers are here.

        Raises:
            NotSent: connecting failed, or no connection was free.
            NoAnswer: anything else went wrong before the whole answer was here.
            TooLarge: the answer is larger than ``request.limit`` bytes.
        """
        _check_address(request.url)
        client = await self._pool(crc32(request.company.encode()) % POOLS)
        try:
            async with asyncio.timeout(2 * request.read_seconds + CONNECT_SECONDS):
                return await _exchange(client, request, arrived)
        except TimeoutError:
            raise NoAnswer(_("The answer took too long.")) from None

    async def aclose(self) -> None:
        """Close the connections."""
        while self._pools:
            __, client = self._pools.popitem()
            await client.aclose()

    async def _pool(self, number: int) -> httpx.AsyncClient:
        async with self._building:
            if self._trust is None:
                self._trust = await asyncio.to_thread(_make_trust)
            if number not in self._pools:
                self._pools[number] = _client(self._trust)
            return self._pools[number]


def _check_address(url: str) -> None:
    address = urlsplit(url)
    if address.scheme == "https" or (address.scheme == "http" and address.hostname in LOOPBACK):
        return
    raise UsageError(
        "config_invalid",
        _("The address {address} is not safe.").format(address=f"{address.scheme}://{address.hostname}"),
        _("Secrets are sent over https only; plain http is for this computer itself."),
        _("Correct fortnox.api_url and fortnox.auth_url in the configuration."),
    )


def _no_search_for_sniffio() -> None:
    """Say once that sniffio is not there.

    httpcore asks for it several times a request, and each time all of sys.path would be searched for it.
    """
    if importlib.util.find_spec("sniffio") is None:
        sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type] # None means: not to be found


def _make_trust() -> ssl.SSLContext:
    """Import the client, which takes long, and make what decides whom to trust."""
    import ssl

    import httpx  # noqa: F401 imported here, in a thread, so that making a client is quick
    import truststore

    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    _no_search_for_sniffio()
    trust = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trust.minimum_version = ssl.TLSVersion.TLSv1_2
    return trust


def _client(trust: ssl.SSLContext) -> httpx.AsyncClient:
    import httpx

    limits = httpx.Limits(max_connections=50, max_keepalive_connections=20, keepalive_expiry=5.0)
    direct = httpx.AsyncHTTPTransport(limits=limits, verify=trust)
    return httpx.AsyncClient(
        verify=trust,
        limits=limits,
        follow_redirects=False,
        mounts={f"all://{host}": direct for host in ("127.0.0.1", "localhost", "[::1]")},
    )


async def _exchange(
    client: httpx.AsyncClient, request: Request, arrived: Callable[[], None] | None
) -> Answer:
    import httpx

    try:
        response = await client.send(_outgoing(request), stream=True)
        try:
            if arrived is not None:
                arrived()
            body = await _bounded(response, request.limit)
        finally:
            await response.aclose()
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
        raise NotSent(_reason(error)) from None
    except (httpx.HTTPError, httpx.StreamError) as error:
        raise NoAnswer(_reason(error)) from None
    return Answer(response.status_code, dict(response.headers), body)


def _outgoing(request: Request) -> httpx.Request:
    """The request as the client sends it, made here whole: merging it with a client's defaults costs more."""
    import httpx

    timeout = httpx.Timeout(
        request.read_seconds, connect=CONNECT_SECONDS, write=WRITE_SECONDS, pool=POOL_SECONDS
    )
    return httpx.Request(
        request.method,
        _url(request.url, tuple((request.params or {}).items())),
        headers=_headers(request),
        content=None if request.method == "GET" else _Body(request),
        extensions={"timeout": timeout.as_dict()},
    )


@lru_cache(maxsize=256)
def _url(address: str, params: tuple[tuple[str, str], ...]) -> httpx.URL:
    """The parsed address; the same few come again and again."""
    import httpx

    return httpx.URL(address, params=dict(params)) if params else httpx.URL(address)


def _headers(request: Request) -> httpx.Headers:
    """The headers as httpx's own mapping, whose repr masks Authorization."""
    import httpx

    headers = httpx.Headers({**_HEADERS, **(request.headers or {})})
    if request.authorization is not None:
        headers["Authorization"] = _authorization(request.authorization)
    if request.form is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    elif request.body is not None:
        headers.setdefault("Content-Type", "application/json")
    if request.method != "GET":
        headers["Content-Length"] = str(len(_encoded(request)))
    return headers


def _authorization(authorization: Authorization) -> str:
    if isinstance(authorization, Secret):
        return f"Bearer {authorization.reveal()}"
    user, password = authorization
    return "Basic " + base64.b64encode(f"{user}:{password.reveal()}".encode()).decode()


class _Body:
    """The body, made when it is sent, so that no frame of the client holds it in a readable variable."""

    def __init__(self, request: Request) -> None:
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        data = _encoded(self._request)
        if data:
            yield data


def _encoded(request: Request) -> bytes:
    if request.form is None:
        return request.body or b""
    return urlencode(
        [(key, value.reveal() if isinstance(value, Secret) else value) for key, value in request.form.items()]
    ).encode()


async def _bounded(response: httpx.Response, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > limit:
            raise TooLarge(_("The answer is larger than {limit} MB.").format(limit=limit // MEGABYTE))
        parts.append(part)
    return b"".join(parts)


def _reason(error: Exception) -> str:
    """What happened in words; the library's own words stand in the log."""
    import httpx

    LOG.info("no answer: %s: %s", type(error).__name__, error)
    detail = of_chain(error).rstrip(".")
    if isinstance(error, httpx.TimeoutException):
        return _("No answer came in time ({detail}).").format(detail=detail)
    if isinstance(error, httpx.ConnectError | httpx.ProxyError):
        return _("No connection could be made ({detail}).").format(detail=detail)
    return _("The connection was broken before the whole answer had come ({detail}).").format(detail=detail)
