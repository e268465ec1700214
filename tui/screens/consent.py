"""Consent: the address to open, the wait for the answer, and the place to paste the address that came back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Final

from textual.widget import Widget

from core.errors import BryggaError
from core.i18n import _
from core.register import Client, PendingConsent
from tui.copying import copy_address
from tui.jobs import unexpected
from tui.page import Dialog, Page
from tui.paint import Line, Lines, wrap
from tui.screens.dialogs import FormDialog
from tui.screens.keeper import ask_keeper, ask_passphrase, make_first_key
from tui.theme import Ground, Tone
from tui.widgets.form import Button, Form, Note, TextField

if TYPE_CHECKING:
    from core.usecases.connect import Connected

WIDTH: Final = 74


def steps_of(pending: PendingConsent) -> list[Line]:
    """What the person does, with the whole address, so that a terminal can select it."""
    lines: list[Line] = [
        ((_("1. Open this address in a browser where you are logged in to Fortnox:"), Tone.PLAIN),),
        (),
    ]
    address = pending.address
    lines += [((address[start : start + WIDTH], Tone.KEY),) for start in range(0, len(address), WIDTH)]
    lines += [(), ((_("2. Choose the company and approve. brygga goes on by itself."), Tone.PLAIN),)]
    ssh = _(
        "Over SSH the browser ends on a page that cannot be shown. Copy its address from the browser's address line and paste it here:"
    )
    lines += [((text, Tone.PLAIN),) for text in wrap("3. " + ssh, WIDTH)]
    return lines


def unbroken(address: str) -> str:
    """An address that was copied over several lines of a window, in one piece again."""
    return "".join(address.split())


class ConsentDialog(Dialog["Connected"]):
    """Waits for the callback and takes a pasted address, whichever comes first."""

    def __init__(self, pending: PendingConsent, name: str) -> None:
        super().__init__(_("Connect to Fortnox") + (f" · {name}" if name else ""))
        self._pending = pending

    def contents(self) -> Iterable[Widget]:
        """The steps, the field, the buttons."""
        steps = Lines(steps_of(self._pending), ground=Ground.BOX)
        steps.link = self._pending.address
        yield steps
        self.form = Form(
            [
                TextField("url", _("Address"), width=58),
                Button("paste", _("Use the pasted address")),
                Button("copy", _("Copy the address to open")),
                Button("no", _("Cancel")),
            ],
            ground=Ground.BOX,
        )
        yield self.form

    def on_mount(self) -> None:
        """Begin to wait at once."""
        super().on_mount()
        self.run_worker(self._wait(), exit_on_error=False)

    async def _wait(self) -> None:
        from core.usecases.connect import await_consent

        def listening() -> None:
            self.say(_("Waiting for the answer from the browser …"))

        try:
            connected = await await_consent(await self.brygga.context(), self._pending, listening=listening)
        except BryggaError as error:
            self.show_trouble(error)
        except Exception as error:  # noqa: BLE001 shown in three lines and logged
            self.show_trouble(unexpected(error))
        else:
            self._answer(connected)

    def _answer(self, connected: Connected) -> None:
        if self.is_current:
            self.dismiss(connected)

    async def on_form_pressed(self, message: Form.Pressed) -> None:
        """Paste, copy, or close."""
        if message.key == "no":
            self.dismiss(None)
        elif message.key == "copy":
            self.say(copy_address(self.brygga, self._pending.address))
        else:
            await self._paste(unbroken(self.form.text("url")))

    async def _paste(self, url: str) -> None:
        from core.usecases.connect import finish_consent

        if not url:
            self.form.fail("url", _("Paste the address here first."))
            return
        self.say(_("Exchanging the code with Fortnox …"))
        try:
            self._answer(await finish_consent(await self.brygga.context(), url))
        except BryggaError as error:
            self.show_trouble(error)


async def open_consent(
    page: Page, client: Client | None, then: Callable[[Connected], Awaitable[None]] | None = None
) -> None:
    """Begin a consent for the client (None: make the client from what Fortnox says) and wait for it.

    What is missing for it is asked for first: a keeper of secrets, and the firm's own app at Fortnox.
    """
    from core.usecases.secrets import needs_passphrase

    settings = page.brygga.settings

    async def again() -> None:
        await open_consent(page, client, then)

    if not settings.secrets.keeper:
        ask_keeper(page, again)
        return
    await make_first_key(page)
    if needs_passphrase(settings) and page.brygga.passphrase is None:
        ask_passphrase(page, again)
        return
    if not settings.fortnox.client_id or not await _has_secret(page):
        _ask_app(page, client, then)
        return
    from core.usecases.connect import begin_consent

    pending = await begin_consent(await page.context(), client.id if client else None)

    async def done(connected: Connected) -> None:
        await page.reload()
        page.say(_connected_words(connected), Tone.GOOD)
        if then is not None:
            await then(connected)
        elif connected.refused:
            page.say(connected.refused, Tone.WARN)

    page.brygga.ask(ConsentDialog(pending, client.name if client else ""), done)


def _connected_words(connected: Connected) -> str:
    company, day = connected.company.name, connected.last_booking
    if day is None:
        return _("Connected: {company}.").format(company=company)
    return _("Connected: {company}, latest voucher {day}.").format(company=company, day=day)


def _ask_app(page: Page, client: Client | None, then: Callable[[Connected], Awaitable[None]] | None) -> None:
    """The firm's own app in Fortnox's developer portal."""

    async def check(form: Form) -> bool | None:
        from core.usecases.secrets import set_client_secret
        from core.usecases.settings import change_settings

        for key in ("client_id", "secret"):
            if not form.text(key):
                form.fail(key, _("This is needed."))
                return None
        await change_settings(await page.context(), {"fortnox": {"client_id": form.text("client_id")}})
        await page.brygga.reread()
        await set_client_secret(await page.context(), form.text("secret"))
        return True

    async def go_on(_answer: bool) -> None:
        await open_consent(page, client, then)

    settings = page.brygga.settings
    fields = [
        Note(
            "why",
            _(
                "brygga uses an app of your own in Fortnox's developer portal. Copy its two values from there."
            ),
        ),
        Note(
            "redirect",
            _("Its redirect address must be {address}").format(address=settings.fortnox.redirect_uri),
        ),
        TextField("client_id", _("Client-Id"), width=40).fill(settings.fortnox.client_id),
        TextField("secret", _("Client-Secret"), width=40, secret=True),
    ]
    page.brygga.ask(FormDialog(_("The firm's app at Fortnox"), fields, _("Go on"), check), go_on)


async def _has_secret(page: Page) -> bool:
    from core.usecases.secrets import examine_secrets

    checks = await examine_secrets(page.brygga.settings)
    return all(check.ok for check in checks if check.code == "client_secret")
