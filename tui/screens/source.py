"""Switch where an engagement's books come from; says what is kept and what is replaced."""

from __future__ import annotations

from core.i18n import _
from core.register import EngagementStatus, SourceKind
from tui.page import Page
from tui.screens.dialogs import FormDialog
from tui.widgets.form import ChoiceField, Form, Note
from tui.wording import source_word


def open_source(page: Page, row: EngagementStatus) -> None:
    """Ask for the source and switch to it."""
    if row.engagement is None:
        return
    now = row.engagement.source

    async def switch(answer: object) -> None:
        from core.usecases.engagements import set_source

        await set_source(
            await page.context(), row.engagement.id if row.engagement else "", SourceKind(str(answer))
        )
        await page.reload()
        page.say(_("The source is now {source}.").format(source=source_word(SourceKind(str(answer)))))

    options = [(kind.value, source_word(kind)) for kind in SourceKind]
    fields = [
        Note("now", _("The books of this engagement come from {source}.").format(source=source_word(now))),
        Note("kept", _("Kept: all imports so far, the closing vouchers and notes.")),
        Note(
            "replaced", _("Replaced: the next import reads from the new source and becomes the latest one.")
        ),
        ChoiceField("source", _("Source"), options=options).choose(now.value),
    ]
    page.brygga.ask(FormDialog(_("Source of the books"), fields, _("Switch"), _chosen), switch)


def _chosen(form: Form) -> str:
    return form.text("source")
