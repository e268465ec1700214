"""Letters by SMTP (RFC 5321), the one module that knows aiosmtplib.

The order of a letter is MAIL, RCPT, *write down that it goes*, DATA. A refusal before DATA is certain; after DATA
only an answer is. The library's exceptions are not chained: they carry addresses.
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.i18n import _
from core.invite.addresses import wire_email, without_addresses
from core.mail.message import Mail, Sender, to_bytes
from core.mail.post import Commit, Delivery, Fate, PostFailed
from core.reasons import of_chain
from core.secret import Secret
from core.text import clean

if TYPE_CHECKING:
    import aiosmtplib

SECONDS = 30.0
GOODBYE_SECONDS = 5.0
DATA_SECONDS = 120.0
"""RFC 5321 gives ten minutes to the answer after DATA; two are enough for one small letter."""


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where letters are handed in."""

    host: str
    port: int
    security: str
    """``starttls``, ``tls`` or ``none``."""
    username: str = ""
    password: Secret | None = None


class SmtpPost:
    """A connection to the firm's mail server, opened again when the server ended it between two letters."""

    def __init__(self, server: SmtpServer, sender: Sender) -> None:
        self._server = server
        self._sender = sender
        self._smtp: aiosmtplib.SMTP | None = None

    async def open(self) -> None:
        """Connect, encrypt and log in.

        Raises:
            PostFailed: with the reason.
        """
        import aiosmtplib

        server = self._server
        smtp = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            timeout=SECONDS,
            use_tls=server.security == "tls",
            start_tls=server.security == "starttls",
            tls_context=None if server.security == "none" else _trust(),
            local_hostname="[127.0.0.1]",
        )
        try:
            await smtp.connect()
            if server.username:
                await smtp.login(server.username, server.password.reveal() if server.password else "")
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            await _leave(smtp)
            raise PostFailed(_reason(error)) from None
        self._smtp = smtp

    async def send(self, mail: Mail, commit: Commit) -> Delivery:
        """One letter; see ``Post.send``."""
        import aiosmtplib

        smtp = await self._ready()
        data = to_bytes(mail, self._sender)
        try:
            await smtp.mail(self._sender.email)
            await smtp.rcpt(wire_email(mail.to_email))
        except aiosmtplib.SMTPSenderRefused as error:
            raise PostFailed(_reason(error)) from None
        except aiosmtplib.SMTPResponseException as error:
            await self._reset()
            return Delivery(_fate(error.code), _reason(error))
        except (aiosmtplib.SMTPException, OSError) as error:
            await self.close()
            raise PostFailed(_reason(error)) from None
        if not await commit():
            await self._reset()
            return Delivery(Fate.NOT_NOW)
        return await self._data(smtp, data)

    async def _data(self, smtp: aiosmtplib.SMTP, data: bytes) -> Delivery:
        import aiosmtplib

        try:
            await smtp.data(data, timeout=DATA_SECONDS)
        except aiosmtplib.SMTPResponseException as error:
            await self._reset()
            return Delivery(_fate(error.code), _reason(error))
        except (aiosmtplib.SMTPException, OSError) as error:
            await self.close()
            return Delivery(Fate.UNKNOWN, _reason(error))
        return Delivery(Fate.ACCEPTED)

    async def _ready(self) -> aiosmtplib.SMTP:
        if self._smtp is None or not self._smtp.is_connected:
            await self.open()
        assert self._smtp is not None
        return self._smtp

    async def _reset(self) -> None:
        """Forget the letter that was begun; a connection that does not is opened anew for the next."""
        import aiosmtplib

        try:
            if self._smtp is not None:
                await self._smtp.rset()
        except (aiosmtplib.SMTPException, OSError):
            await self.close()

    async def close(self) -> None:
        """Say goodbye; a server that is gone already is no fault."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            await _leave(smtp)


async def _leave(smtp: aiosmtplib.SMTP) -> None:
    """Say goodbye, then let the connection go at once: a TLS farewell may outlive the event loop."""
    import aiosmtplib

    transport = smtp.transport
    try:
        if smtp.is_connected:
            await smtp.quit(timeout=GOODBYE_SECONDS)
    except (aiosmtplib.SMTPException, OSError):
        smtp.close()
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()
        await asyncio.sleep(0)


def _trust() -> ssl.SSLContext:
    import truststore

    trust = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trust.minimum_version = ssl.TLSVersion.TLSv1_2
    return trust


def _fate(code: int) -> Fate:
    """4xx asks for patience, 5xx is a no for good (RFC 5321, 4.2.1)."""
    return Fate.NOT_NOW if 400 <= code < 500 else Fate.REFUSED


def _reason(error: Exception) -> str:
    """What the server or the network said, in words and without addresses."""
    import aiosmtplib

    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return _("The mail server did not accept the login ({code}).").format(code=error.code)
    if isinstance(error, aiosmtplib.SMTPResponseException):
        said = clean(without_addresses(error.message), 160)
        return _("The mail server answered {code}: {text}").format(code=error.code, text=said)
    if isinstance(error, aiosmtplib.SMTPTimeoutError | TimeoutError):
        return _("The mail server did not answer in time.")
    if isinstance(error, aiosmtplib.SMTPServerDisconnected):
        return _("The connection to the mail server was broken.")
    if isinstance(error, aiosmtplib.SMTPConnectError | OSError):
        return _("The mail server cannot be reached: {why}").format(why=of_chain(error))
    detail = clean(without_addresses(str(error)), 160)
    return _("The mail server does not speak as configured ({detail}).").format(detail=detail)
