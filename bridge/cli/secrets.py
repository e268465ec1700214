"""``brygga secrets``: the master key and what is encrypted with it."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated, Literal

from bridge.cli.doctor import answer_checks
from bridge.cli.parameters import option
from bridge.cli.session import Run
from core.errors import UsageError
from core.i18n import _, mark
from core.usecases.invite_post import MAIL_PASSWORD, SMS_PASSWORD
from core.usecases.secrets import examine_secrets, init_keeper
from core.usecases.secrets import rekey as change_master_key
from core.usecases.secrets import set_secret as store_secret
from core.usecases.tokens import CLIENT_SECRET

Keeper = Literal["keyring", "systemd", "keyfile", "passphrase"]
Name = Literal["fortnox-client-secret", "mail-password", "sms-password"]
_KINDS = {
    "fortnox-client-secret": CLIENT_SECRET,
    "mail-password": MAIL_PASSWORD,
    "sms-password": SMS_PASSWORD,
}


async def init(
    *,
    keeper: Annotated[
        Keeper | None, option(mark("who keeps the master key; else the configured one"))
    ] = None,
    run: Run,
) -> int:
    """Make the master key with its keeper.

    Raises:
        UsageError: ``no_keeper``: none is named, here or in the configuration.
    """
    chosen = keeper or run.settings.secrets.keeper
    if not chosen:
        raise _no_keeper()
    return answer_checks(run, await init_keeper(run.settings, chosen, ask=run.ask))


def _no_keeper() -> UsageError:
    return UsageError(
        "no_keeper",
        _("Nobody has chosen who keeps the master key."),
        _(
            "keyring: this user's keyring. systemd: credentials of the service. keyfile: a file for this user alone."
        ),
        _("Choose one, for example: brygga secrets init --keeper keyfile"),
    )


async def set_secret(name: Annotated[Name, option(mark("which secret"), "NAME")], /, *, run: Run) -> None:
    """Store a secret read from standard input, never from the command line."""
    secret = await asyncio.to_thread(_read_secret, name, may_ask=not run.options.no_input)
    async with run.keyed_context() as ctx:
        await store_secret(ctx, _KINDS[name], secret)
    run.output.answer({"secret": name, "stored": True}, lambda: [_("Stored {name}.").format(name=name)])


def _read_secret(name: str, *, may_ask: bool) -> str:
    if sys.stdin.isatty():
        if not may_ask:
            raise _no_secret(name)
        from getpass import getpass

        secret = getpass(_("{name} (not shown): ").format(name=name))
    else:
        secret = sys.stdin.readline()
    if not secret.strip():
        raise _no_secret(name)
    return secret.strip()


def _no_secret(name: str) -> UsageError:
    return UsageError(
        "usage",
        _("No secret was given."),
        _("{name} is read from standard input, so that it stands in no process list.").format(name=name),
        _("For example: brygga secrets set {name} < file").format(name=name),
    )


async def doctor(*, run: Run) -> int:
    """Examine the keeper and the stored secrets."""
    return answer_checks(run, await examine_secrets(run.settings, ask=run.ask))


async def rekey(*, run: Run) -> None:
    """Change the master key and encrypt everything anew."""
    async with run.keyed_context() as ctx:
        await change_master_key(ctx)
    run.output.answer({"rekeyed": True}, lambda: [_("Everything is encrypted with a new master key.")])
