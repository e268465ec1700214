"""The ways that letters go: the firm's mail server, a folder of files, an SMS provider."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from core.config import Settings
from core.config_tables import MailSettings
from core.errors import BryggaError, UsageError
from core.fence import personal
from core.i18n import _
from core.invite.letters import LetterKind
from core.mail.folder import FolderPost
from core.mail.message import sender_of
from core.mail.post import Post, PostFailed
from core.mail.sms import ElksPost, SmsAccount
from core.mail.smtp import SmtpPost, SmtpServer
from core.register import Check
from core.secret import Secret
from core.usecases.context import ASK, Context, open_context
from core.usecases.secrets import stored_secret
from core.usecases.tokens import transport
from core.vault.passphrase import Ask

MAIL_PASSWORD = "mail_password"  # noqa: S105 the kind of a record, not a secret
SMS_PASSWORD = "sms_password"  # noqa: S105 the kind of a record, not a secret


def goes_to_folder(settings: Settings, kind: LetterKind, folder: Path | None) -> bool:
    """Whether letters of this kind become files."""
    return kind is not LetterKind.SMS and (folder is not None or not settings.mail.host)


async def open_post(ctx: Context, kind: LetterKind, folder: Path | None = None) -> Post:
    """The opened post office for letters of this kind.

    Raises:
        UsageError: ``config_invalid``; ``no_keeper``, ``vault_locked``.
        PostFailed: it cannot be reached.
    """
    settings = ctx.settings
    post: Post
    if kind is LetterKind.SMS:
        post = await _sms(ctx)
    elif goes_to_folder(settings, kind, folder):
        mail = settings.mail
        sender = sender_of(settings.firm.name, mail.sender, mail.reply_to, needed=False)
        post = FolderPost(personal(folder) if folder else settings.paths.letters, sender)
    else:
        post = await _smtp(ctx, settings.mail)
    await post.open()
    return post


async def _smtp(ctx: Context, mail: MailSettings) -> SmtpPost:
    sender = sender_of(ctx.settings.firm.name, mail.sender, mail.reply_to)
    password = await _password(ctx, MAIL_PASSWORD, "mail-password") if mail.username else None
    return SmtpPost(SmtpServer(mail.host, mail.port, mail.security, mail.username, password), sender)


async def _sms(ctx: Context) -> ElksPost:
    sms = ctx.settings.sms
    if not (sms.provider and sms.username and sms.sender):
        raise UsageError(
            "config_invalid",
            _("Text messages are switched off."),
            _("Nothing was sent."),
            _("Set provider, username and from under [sms] in the configuration; every message costs money."),
        )
    password = await _password(ctx, SMS_PASSWORD, "sms-password")
    return ElksPost(SmsAccount(sms.api_url, sms.username, password, sms.sender), transport(ctx))


async def _password(ctx: Context, kind: str, name: str) -> Secret:
    found = await stored_secret(ctx, kind)
    if found is None:
        raise UsageError(
            "config_invalid",
            _("There is no {name}.").format(name=name),
            _("The configuration names a login, but its password is not stored."),
            _("Store it with: brygga secrets set {name}").format(name=name),
        )
    return found


async def examine_mail(settings: Settings, *, ask: Ask | None = None) -> list[Check]:
    """Whether letters can go: the server is spoken to and logged in at, and nothing is sent."""
    mail = settings.mail
    if not mail.host:
        text = _("There is no mail server: letters are written as files to {folder}")
        return [Check("mail", ok=True, text=text.format(folder=settings.paths.letters))]
    checks = [_firm_check(settings)]
    try:
        async with open_context(settings, read_only=settings.store_path.exists()) as ctx:
            if ask is not None:
                ctx.shared[ASK] = ask
            post = await open_post(ctx, LetterKind.INVITATION)
            await post.close()
    except PostFailed as failure:
        return [
            *checks,
            Check(
                "mail",
                ok=False,
                text=_("Letters cannot be sent"),
                why=str(failure),
                remedy=_("Check host, port, security and username under [mail] in the configuration."),
            ),
        ]
    except BryggaError as error:
        return [*checks, Check("mail", ok=False, text=error.title, why=error.message, remedy=error.hint)]
    server = f"{mail.host}:{mail.port}"
    text = (
        _("The mail server {server} accepts the login").format(server=server)
        if mail.username
        else _("The mail server {server} answers").format(server=server)
    )
    return [*checks, Check("mail", ok=True, text=text)]


def _firm_check(settings: Settings) -> Check:
    if settings.firm.name:
        return Check("mail_firm", ok=True, text=_("Letters are from {firm}").format(firm=settings.firm.name))
    found = Check(
        "mail_firm",
        ok=False,
        warning=True,
        text=_("The firm has no name, so letters do not say who invites"),
    )
    return replace(found, remedy=_("Set firm.name in the configuration."))
