"""The browser's way back after a consent: a listener on this computer, or the address that a person pastes.

The listener binds 127.0.0.1 only, answers one request with the right path and state, and closes; anything
else gets a short refusal and does not end the wait. The state is compared in constant time.
"""

from __future__ import annotations

import asyncio
import hmac
import html
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from core.config import LOOPBACK
from core.errors import UsageError
from core.i18n import _
from core.reasons import reason
from core.secret import Secret
from core.text import clean

LARGEST_REQUEST = 16 * 1024
REQUEST_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Callback:
    """What the browser brought back: a code, or an OAuth error word and its description."""

    state: str
    code: Secret
    error: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """What the browser shows at the end."""

    ok: bool
    title: str
    text: str


Finish = Callable[[Callback], Awaitable[Page]]
"""Uses the callback; what it returns is shown in the browser."""


def read_callback(address: str) -> Callback:
    """Take a redirect address apart.

    Raises:
        ValueError: it carries no state, or neither code nor error, or one of them twice.
    """
    query = parse_qs(urlsplit(address.strip()).query, keep_blank_values=True)

    def one(name: str) -> str:
        values = query.get(name, [""])
        if len(values) > 1:
            raise ValueError(f"{name} occurs twice")
        return values[0]

    found = Callback(
        one("state"), Secret(one("code")), clean(one("error")), clean(one("error_description"), 300)
    )
    if not found.state or not (found.code or found.error):
        raise ValueError("no state, or neither code nor error")
    return found


def has_state(address: str) -> bool:
    """Whether it is at least a redirect address of Fortnox: it carries one state."""
    try:
        return len(parse_qs(urlsplit(address.strip()).query).get("state", [])) == 1
    except ValueError:
        return False


def same_state(first: str, second: str) -> bool:
    """Compare two states in constant time."""
    return hmac.compare_digest(first.encode(), second.encode())


async def listen(
    redirect_uri: str,
    state: str,
    seconds: float,
    finish: Finish,
    listening: Callable[[], object] | None = None,
) -> bool:
    """Wait for the browser at ``redirect_uri``; False when ``seconds`` have passed without it.

    ``listening`` is called once the port is open: only then may anybody be sent to the consent page.

    Raises:
        UsageError: ``config_invalid``: the address is not on this computer, or its port is taken.
    """
    address = urlsplit(redirect_uri)
    if address.scheme != "http" or address.hostname not in LOOPBACK or not address.port:
        raise _cannot_listen(redirect_uri, _("The redirect address is not one of this computer."))
    listener = _Listener(address.path or "/", state, finish)
    try:
        server = await asyncio.start_server(listener.serve, "127.0.0.1", address.port, limit=LARGEST_REQUEST)
    except OSError as error:
        raise _cannot_listen(redirect_uri, reason(error)) from error
    if listening is not None:
        listening()
    try:
        async with asyncio.timeout(seconds):
            await listener.done.wait()
    except TimeoutError:
        return False
    finally:
        server.close()
        await listener.ended()
    return True


class _Listener:
    """Answers requests until the right one has come."""

    def __init__(self, path: str, state: str, finish: Finish) -> None:
        self.done = asyncio.Event()
        self._path = path
        self._state = state
        self._finish = finish
        self._taken = False
        self._serving: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
            await self._answer(head, writer)
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError, ConnectionError):
            pass
        finally:
            self._serving.discard(task)
            writer.close()

    async def ended(self) -> None:
        """Wait a moment for the last page to be sent, then stop the rest."""
        if self._serving:
            _done, left = await asyncio.wait(self._serving, timeout=1.0)
            for task in left:
                task.cancel()

    async def _answer(self, head: bytes, writer: asyncio.StreamWriter) -> None:
        callback = self._recognise(head)
        if callback is None or self._taken:
            await _write(writer, 404, _unknown_page())
            return
        self._taken = True
        try:
            page = await self._finish(callback)
        finally:
            self.done.set()
        await _write(writer, 200, page)

    def _recognise(self, head: bytes) -> Callback | None:
        """The callback when method, path and state are right."""
        method, _space, rest = head.partition(b"\r\n")[0].decode("ascii", "replace").partition(" ")
        target = rest.rpartition(" ")[0]
        if method != "GET" or urlsplit(target).path != self._path:
            return None
        try:
            callback = read_callback(target)
        except ValueError:
            return None
        return callback if same_state(callback.state, self._state) else None


def _unknown_page() -> Page:
    return Page(
        ok=False,
        title=_("This is not the answer that brygga waits for."),
        text=_("Go back to brygga and start the connection again."),
    )


async def _write(writer: asyncio.StreamWriter, status: int, page: Page) -> None:
    colour = "#1a7f4b" if page.ok else "#b3261e"
    body = (
        '<!doctype html><html lang="sv"><meta charset="utf-8"><title>brygga</title>'
        '<body style="font:18px/1.5 system-ui,sans-serif;max-width:34em;margin:15vh auto;padding:0 1em">'
        f'<h1 style="color:{colour};font-size:1.5em">{html.escape(page.title)}</h1>'
        f"<p>{html.escape(page.text)}</p></body></html>"
    ).encode()
    headers = (
        f"HTTP/1.1 {status} {'OK' if status == 200 else 'Not Found'}\r\n"
        "Content-Type: text/html; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\n"
        "Cache-Control: no-store\r\n"
        "Referrer-Policy: no-referrer\r\n"
        "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\n"
        "Connection: close\r\n\r\n"
    ).encode()
    writer.write(headers + body)
    await writer.drain()


def _cannot_listen(redirect_uri: str, why: str) -> UsageError:
    return UsageError(
        "config_invalid",
        _("brygga cannot wait for the browser at {address}.").format(address=redirect_uri),
        why,
        _("Copy the address from the browser after the consent and paste it into brygga (--paste)."),
    )
