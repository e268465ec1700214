"""Signing accounts off from more than one page: a difference wants a comment first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from core.i18n import _
from core.money import to_swedish

if TYPE_CHECKING:
    from core.usecases.reconcile import ReconciledAccount
    from tui.page import Page

Signed = Callable[[Sequence["ReconciledAccount"], str], Any]
"""Takes the accounts and the comment."""


async def with_comment(page: Page, chosen: Sequence[ReconciledAccount], then: Signed) -> None:
    """Go on at once where nothing differs; otherwise ask why the difference may stand."""
    if not any(row.difference for row in chosen):
        await then(chosen, "")
        return
    from tui.screens.dialogs import FormDialog
    from tui.widgets.form import Form, Note, TextField

    def check(form: Form) -> str | None:
        if not form.text("comment"):
            form.fail("comment", _("Write why the difference may stand."))
            return None
        return form.text("comment")

    named = ", ".join(f"{row.account.number} {to_swedish(row.difference or 0)}" for row in chosen)
    fields = [Note("about", named), TextField("comment", _("Comment"), width=54)]
    dialog = FormDialog(_("Sign off with a difference"), fields, _("Sign off"), check)
    page.brygga.ask(dialog, lambda comment: then(chosen, comment))
