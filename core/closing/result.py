"""The year's result into equity: 8999 against the form's own account, never twice, and the checks around it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from core.closing.effect import RESULT_ACCOUNT, result_of
from core.i18n import _
from core.model import Row
from core.money import Ore, to_swedish
from core.register import Check, DraftVoucher

EQUITY_ACCOUNTS: Mapping[str, str] = {"AB": "2099", "EK": "2099", "EF": "2019", "E": "2019"}
"""Where the result goes by legal form (BAS). Partnerships share it out and have no single account."""


def result_voucher(balances: Mapping[str, Ore], form: str, on: date) -> DraftVoucher | None:
    """The voucher that moves what is left of the result: the target less what is already on 8999.

    None where nothing is left to move, or where the legal form has no single account for it.
    """
    equity = EQUITY_ACCOUNTS.get(form.upper())
    left = result_of(balances) - balances.get(RESULT_ACCOUNT, 0)
    if equity is None or not left:
        return None
    return DraftVoucher(on, _("Result for the year"), (Row(RESULT_ACCOUNT, left), Row(equity, -left)))


def result_checks(balances: Mapping[str, Ore], opening: Mapping[str, Ore], form: str) -> list[Check]:
    """Whether the result is on its equity account, and whether last year's has left it.

    Args:
        balances: closing balances with the closing vouchers in them, ledger-signed.
        opening: opening balances of the same year.
        form: the legal form; others than those of ``EQUITY_ACCOUNTS`` have nothing to check.
    """
    equity = EQUITY_ACCOUNTS.get(form.upper())
    if equity is None:
        return []
    result, booked = result_of(balances), -balances.get(equity, 0)
    moved = Check(
        "result_in_equity",
        ok=result == booked == balances.get(RESULT_ACCOUNT, 0),
        text=_("The result is {result}, {account} holds {booked}").format(
            result=to_swedish(result), account=equity, booked=to_swedish(booked)
        ),
        remedy=_("Book the difference on {result_account} against {account}.").format(
            result_account=RESULT_ACCOUNT, account=equity
        ),
        warning=True,
    )
    return [moved] if equity != "2099" else [moved, _last_year(balances, opening, equity)]


def _last_year(balances: Mapping[str, Ore], opening: Mapping[str, Ore], equity: str) -> Check:
    """Last year's result leaves 2099 (for 2098) during the year, so only this year's may be there."""
    left = balances.get(equity, 0) + balances.get(RESULT_ACCOUNT, 0)
    stayed = opening.get(equity, 0) != 0 and left == opening[equity]
    return Check(
        "last_result_moved",
        ok=not stayed,
        text=_("Last year's result of {amount} still stands on {account}").format(
            amount=to_swedish(-opening.get(equity, 0)), account=equity
        )
        if stayed
        else _("Last year's result has left {account}").format(account=equity),
        remedy=_("Move it to 2098 as of the year's first day."),
        warning=True,
    )
