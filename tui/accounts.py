"""The dialog that adds or activates accounts in Fortnox before an export, with their names to look at first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.i18n import _
from tui.paint import Line, wrap
from tui.screens.dialogs import FormDialog
from tui.theme import Tone
from tui.widgets.form import Field, Form, TextField

if TYPE_CHECKING:
    from core.usecases.context import Context
    from core.usecases.export_accounts import AccountNeed

NAME_WIDTH = 44


def accounts_dialog(ctx: Context, engagement_id: str, needs: Sequence[AccountNeed]) -> FormDialog:
    """What would be written to the chart of accounts; it answers with what was done."""
    new = [need for need in needs if not need.exists]

    async def provide(form: Form) -> list[AccountNeed] | None:
        from core.usecases.export_accounts import named, provide_accounts

        names = {need.account.number: form.text(_key(need)) for need in new}
        empty = next((need for need in new if not names[need.account.number].strip()), None)
        if empty is not None:
            form.fail(_key(empty), _("Write what the account is called."))
            return None
        return await provide_accounts(ctx, engagement_id, named(needs, names))

    lines: list[Line] = [
        ((text, Tone.PLAIN),)
        for text in wrap(_("This is written to the client's chart of accounts in Fortnox:"), 72)
    ]
    lines += [((_sentence(need), Tone.STRONG),) for need in needs]
    lines.append(((_("brygga cannot take it back; an account is made inactive in Fortnox."), Tone.DIM),))
    fields: list[Field] = [
        TextField(_key(need), need.account.number, width=NAME_WIDTH).fill(need.account.name) for need in new
    ]
    return FormDialog(_("Accounts in Fortnox"), fields, _("Write to Fortnox"), provide, lines)


def _key(need: AccountNeed) -> str:
    return f"account-{need.account.number}-{need.year.from_date}"


def _sentence(need: AccountNeed) -> str:
    text = _("{account} {name} is activated in {year}") if need.exists else _("{account} is added to {year}")
    return text.format(account=need.account.number, name=need.account.name, year=need.year)
