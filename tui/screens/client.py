"""The client's details: name, numbers, form, who looks after it, the series that exports propose."""

from __future__ import annotations

from msgspec.structs import replace

from core.i18n import _
from core.legalform import FORMS
from core.register import Client
from tui.page import Page
from tui.screens.dialogs import FormDialog
from tui.theme import Tone
from tui.widgets.form import ChoiceField, Form, TextField


def open_client(page: Page, client: Client) -> None:
    """Ask for the details and keep them."""
    forms = [("", "–"), *((code, f"{code}  {name}") for code, name in FORMS.items())]
    fields = [
        TextField("name", _("Client")).fill(client.name),
        TextField("orgnr", _("Organisation number"), width=13).fill(client.orgnr),
        TextField("number", _("Client number"), width=12).fill(client.number),
        ChoiceField("form", _("Form"), options=forms).choose(client.form),
        TextField("responsible", _("Responsible")).fill(client.responsible),
        TextField(
            "series", _("Default series"), _("Proposed at every export; empty: the closing series."), width=6
        ).fill(client.default_series),
    ]

    async def keep(form: Form) -> Client:
        from core.usecases.clients import update_client

        changed = replace(
            client,
            name=form.text("name"),
            orgnr=form.text("orgnr"),
            number=form.text("number"),
            form=form.text("form"),
            responsible=form.text("responsible"),
            default_series=form.text("series").upper(),
        )
        return await update_client(await page.context(), changed)

    async def kept(_client: object) -> None:
        await page.reload()
        page.say(_("Saved."), Tone.GOOD)

    page.brygga.ask(FormDialog(_("The client's details"), fields, _("Save"), keep), kept)
