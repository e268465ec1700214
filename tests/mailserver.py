"""A real SMTP server (aiosmtpd) in a thread, which keeps what it is handed and answers as it is told."""

from __future__ import annotations

import asyncio
import email
import email.policy
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass
class Handed:
    """One letter as it came in."""

    sender: str
    recipients: list[str]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        parsed = email.message_from_bytes(self.content, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed


@dataclass
class MailServer:
    """``refuse`` maps a recipient to the answer at RCPT, ``answer`` to the one after the text."""

    refuse: dict[str, str] = field(default_factory=dict)
    answer: dict[str, str] = field(default_factory=dict)
    cut_after_data: set[str] = field(default_factory=set)
    """Recipients whose letter is taken, and the connection then cut before the answer."""
    slow: float = 0
    """Seconds between the text and the answer."""
    tls: ssl.SSLContext | None = None
    immediate_tls: bool = False
    login: tuple[str, str] | None = None
    letters: list[Handed] = field(default_factory=list)
    on_letter: Callable[[Handed], None] | None = None
    port: int = 0

    def __post_init__(self) -> None:
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None

    def start(self) -> MailServer:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def stop(self) -> None:
        if self._loop is not None and self._stop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(10)

    def stop_soon(self) -> None:
        """Stop from inside the server's own thread."""
        assert self._stop is not None
        self._stop.set()

    def to(self, address: str) -> list[Handed]:
        return [one for one in self.letters if address in one.recipients]

    # -- aiosmtpd ------------------------------------------------------------------------------------

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await self._loop.create_server(
            self._protocol, "127.0.0.1", self.port, ssl=self.tls if self.immediate_tls else None
        )
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()  # without waiting for those connected: the loop ends under them

    def _protocol(self) -> SMTP:
        options: dict[str, Any] = {"hostname": "mail.test", "enable_SMTPUTF8": True}
        if self.tls is not None and not self.immediate_tls:
            options |= {"tls_context": self.tls, "require_starttls": True}
        if self.login is not None:
            over_starttls = self.tls is not None and not self.immediate_tls
            options |= {
                "authenticator": self._authenticate,
                "auth_required": over_starttls,
                "auth_require_tls": over_starttls,
            }
        return SMTP(self, **options)

    def _authenticate(self, *parts: Any) -> AuthResult:
        found = parts[-1]
        assert isinstance(found, LoginPassword)
        said = (found.login.decode(), found.password.decode())
        return AuthResult(success=said == self.login, handled=False)

    async def handle_RCPT(  # noqa: N802 aiosmtpd's name
        self,
        server: SMTP,  # noqa: ARG002 aiosmtpd hands it
        session: Session,  # noqa: ARG002 aiosmtpd hands it
        envelope: Envelope,
        address: str,
        options: list[str],  # noqa: ARG002 aiosmtpd hands it
    ) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 aiosmtpd's name
        self,
        server: SMTP,
        session: Session,  # noqa: ARG002 aiosmtpd hands it
        envelope: Envelope,
    ) -> str:
        to = envelope.rcpt_tos[0]
        if to in self.answer:
            return self.answer[to]
        content = envelope.original_content or b""
        handed = Handed(envelope.mail_from or "", list(envelope.rcpt_tos), content)
        self.letters.append(handed)
        if self.on_letter is not None:
            self.on_letter(handed)
        if self.slow:
            await asyncio.sleep(self.slow)
        if to in self.cut_after_data:
            assert server.transport is not None
            server.transport.abort()  # type: ignore[attr-defined] # a socket's transport has it
        return "250 OK"


def wait_for(condition: Callable[[], bool], seconds: float = 10) -> None:
    """Poll until it holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
