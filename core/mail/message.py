"""A letter as bytes: headers in order, MIME in UTF-8, nothing that a value could add to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from core.errors import UsageError
from core.i18n import _
from core.invite.addresses import checked_email, wire_email
from core.text import clean

_POLICY = SMTP.clone(max_line_length=76)
"""What quoted-printable (RFC 2045, 6.7) and encoded words (RFC 2047, 2) allow; spam filters count longer lines."""


@dataclass(frozen=True, slots=True)
class Mail:
    """One letter to one person. ``repr`` names nobody."""

    id: str
    """Becomes the Message-ID, so that the same letter has the same one."""
    to_name: str
    to_email: str
    subject: str
    body: str
    language: str
    at: datetime

    def __repr__(self) -> str:
        """The id alone."""
        return f"Mail({self.id})"


@dataclass(frozen=True, slots=True)
class Sender:
    """Whom letters come from: addresses in ASCII."""

    name: str
    email: str
    reply_to: str


def sender_of(name: str, address: str, reply_to: str, *, needed: bool = True) -> Sender:
    """The sender from the configuration. A letter that becomes a file needs none: the mail program has its own.

    Raises:
        UsageError: ``config_invalid``: an address is missing or wrong.
    """
    return Sender(
        clean(name, 80).strip(),
        _configured("from", address, needed=needed),
        _configured("reply_to", reply_to or address, needed=needed),
    )


def _configured(key: str, value: str, *, needed: bool) -> str:
    if not value and not needed:
        return ""
    try:
        return wire_email(checked_email(value))
    except ValueError:
        raise UsageError(
            "config_invalid",
            _("mail.{key} is no e-mail address.").format(key=key),
            _("Letters need an address that they come from, and one that answers go to."),
            _("Write it under [mail] in the configuration."),
        ) from None


def to_bytes(mail: Mail, sender: Sender, *, unsent: bool = False) -> bytes:
    """The letter in the form of RFC 5322, lines ending in CR LF.

    ``unsent`` adds the header with which mail programs open the file as a letter that is still to be sent.
    """
    message = EmailMessage(policy=_POLICY)
    if sender.email:
        message["From"] = _address(sender.name, sender.email)
        message["Message-ID"] = message_id(mail.id, sender)
    message["To"] = _address(mail.to_name, wire_email(mail.to_email))
    if sender.reply_to:
        message["Reply-To"] = _address("", sender.reply_to)
    message["Subject"] = clean(mail.subject, 200)
    message["Date"] = format_datetime(mail.at)
    message["Auto-Submitted"] = "no"
    if unsent:
        message["X-Unsent"] = "1"
    message.set_content(mail.body, charset="utf-8", cte="quoted-printable")
    message["Content-Language"] = mail.language
    return message.as_bytes()


def message_id(letter_id: str, sender: Sender) -> str:
    """The letter's own Message-ID."""
    return f"<{letter_id.lower()}.brygga@{sender.email.rpartition('@')[2]}>"


def _address(name: str, email: str) -> Address:
    local, _at, domain = email.rpartition("@")
    return Address(display_name=clean(name, 80).strip(), username=local, domain=domain)
