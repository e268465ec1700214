"""Text messages through a provider's HTTP interface. 46elks is the first (its page *Send an SMS*).

The message is handed in with one POST: what it answers is certain, and an answer that was lost is not.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.fortnox.transport import NotSent, Request, Transport, TransportFailure
from core.i18n import _
from core.invite.addresses import without_addresses
from core.mail.message import Mail
from core.mail.post import Commit, Delivery, Fate
from core.secret import Secret
from core.text import clean

SECONDS = 20.0
_REFUSALS = range(400, 500)
_TOO_MANY = 429


@dataclass(frozen=True, slots=True)
class SmsAccount:
    """The firm's account at the provider."""

    api_url: str
    username: str
    password: Secret
    sender: str


class ElksPost:
    """46elks; ``Mail.to_email`` carries the mobile number in E.164."""

    def __init__(self, account: SmsAccount, transport: Transport) -> None:
        self._account = account
        self._transport = transport

    async def open(self) -> None:
        """Nothing to open: every message is a request of its own."""

    async def send(self, mail: Mail, commit: Commit) -> Delivery:
        """One message; see ``Post.send``."""
        if not await commit():
            return Delivery(Fate.NOT_NOW)
        account = self._account
        request = Request(
            "POST",
            f"{account.api_url}/sms",
            authorization=(account.username, account.password),
            form={"from": account.sender, "to": mail.to_email, "message": mail.body.strip()},
            read_seconds=SECONDS,
        )
        try:
            answer = await self._transport.send(request)
        except NotSent as failure:
            return Delivery(Fate.NOT_NOW, clean(without_addresses(str(failure))))
        except TransportFailure as failure:
            return Delivery(Fate.UNKNOWN, clean(without_addresses(str(failure))))
        if answer.ok:
            return Delivery(Fate.ACCEPTED)
        said = clean(without_addresses(answer.body.decode("utf-8", "replace")), 160)
        reason = _("The provider answered {code}: {text}").format(code=answer.status, text=said)
        if answer.status == _TOO_MANY:
            return Delivery(Fate.NOT_NOW, reason)
        return Delivery(Fate.REFUSED if answer.status in _REFUSALS else Fate.UNKNOWN, reason)

    async def close(self) -> None:
        """Nothing to close: the transport is the context's."""
