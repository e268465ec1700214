"""Who keeps the key of the secrets: chosen once; a passphrase is typed here, never on a command line."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from core.errors import BryggaError
from core.i18n import _, mark
from core.register import ConnectionState
from core.secret import Secret
from tui.page import Page
from tui.screens.dialogs import FormDialog
from tui.widgets.form import ChoiceField, Form, Note, TextField

Onwards: TypeAlias = Callable[[], Awaitable[None]]

KEEPERS: Final = (
    ("keyfile", mark("a file in the data directory that only you can read")),
    ("keyring", mark("the computer's own keyring")),
    ("systemd", mark("systemd credentials (servers)")),
    ("passphrase", mark("a passphrase that you type at every start")),
)


async def make_first_key(page: Page) -> None:
    """A configuration that names the key file before there is any: the key is made at the first connection."""
    from core.usecases.settings import choose_keeper
    from core.usecases.status import overview

    settings = page.brygga.settings
    if settings.secrets.keeper != "keyfile" or settings.keyfile_path.exists():
        return
    rows = await overview(await page.context())
    if all(row.connection.state is ConnectionState.NONE for row in rows):
        await choose_keeper(await page.context(), "keyfile")


def ask_keeper(page: Page, onwards: Onwards) -> None:
    """Who keeps the key to the access that Fortnox gives; chosen once."""

    async def check(form: Form) -> str:
        from core.usecases.settings import choose_keeper

        name = form.text("keeper")
        if name != "passphrase":
            await choose_keeper(await page.context(), name)
        return name

    async def go_on(name: str) -> None:
        if name == "passphrase":
            _ask_new_passphrase(page, onwards)
            return
        await page.brygga.reread()
        await onwards()

    fields = [
        Note("why", _("Fortnox gives brygga an access that must be kept secret. Where is its key to lie?")),
        Note("once", _("This is asked once for this data directory.")),
        ChoiceField("keeper", _("Keeper"), options=[(name, _(word)) for name, word in KEEPERS]),
    ]
    page.brygga.ask(FormDialog(_("Before the first connection"), fields, _("Go on"), check), go_on)


def _ask_new_passphrase(page: Page, onwards: Onwards) -> None:
    async def check(form: Form) -> bool | None:
        from core.usecases.settings import choose_keeper

        passphrase = form.text("passphrase")
        if passphrase != form.text("again"):
            form.fail("again", _("The two are not the same."))
            return None
        try:
            await choose_keeper(await page.context(), "passphrase", Secret(passphrase))
        except BryggaError as error:
            form.fail("passphrase", error.message or error.title)
            return None
        page.brygga.passphrase = Secret(passphrase)
        return True

    async def go_on(_answer: bool) -> None:
        await page.brygga.reread()
        await onwards()

    fields = [
        Note("why", _("The passphrase opens the key of the secrets. Nobody can help whoever forgets it.")),
        TextField("passphrase", _("Passphrase"), _("At least twelve characters."), width=40, secret=True),
        TextField("again", _("Once more"), width=40, secret=True),
    ]
    page.brygga.ask(FormDialog(_("Choose a passphrase"), fields, _("Go on"), check), go_on)


def ask_passphrase(page: Page, onwards: Onwards) -> None:
    """Ask for the passphrase until it opens the key, or somebody gives up."""

    async def check(form: Form) -> bool | None:
        from core.usecases.secrets import unlock

        passphrase = Secret(form.text("passphrase"))
        try:
            await unlock(await page.context(), passphrase)
        except BryggaError as error:
            locked = error.code == "vault_locked"
            form.fail("passphrase", _("It does not open. Is it the right one?") if locked else error.title)
            return None
        page.brygga.passphrase = passphrase
        return True

    async def go_on(_answer: bool) -> None:
        await onwards()

    fields = [
        Note(
            "why", _("It opens the stored access to Fortnox. Without it brygga only reads what was imported.")
        ),
        TextField("passphrase", _("Passphrase"), width=40, secret=True),
    ]
    page.brygga.ask(FormDialog(_("brygga's passphrase"), fields, _("Unlock"), check), go_on)
