"""The figures of a SIE file as the rest of brygga wants them."""

from __future__ import annotations

from collections.abc import Mapping

from core.errors import Refused
from core.i18n import _
from core.model import Balances
from core.money import Ore
from core.sie.checks_balances import is_balance_account
from core.sie.file import SieFile
from core.sie.messages import message


def balances(sie: SieFile) -> Balances:
    """Per-account sums of the current year, öre, debit positive.

    Where the file has no #UB (or no #RES) at all, they are computed from opening balances and vouchers.
    """
    ub, res = dict(sie.ub()), dict(sie.res())
    if not sie.register.balances["UB"]:
        ub = _computed(sie, balance_sheet=True)
    if not sie.register.balances["RES"]:
        res = _computed(sie, balance_sheet=False)
    return Balances(
        ib=dict(sie.ib()),
        change=dict(sie.change),
        ub=ub,
        res=res,
        previous_ub=dict(sie.ub(-1)),
        previous_res=dict(sie.res(-1)),
    )


def _computed(sie: SieFile, *, balance_sheet: bool) -> dict[str, Ore]:
    accounts = sie.ib().keys() | sie.change.keys()
    return {
        account: sie.ib().get(account, 0) + sie.change.get(account, 0)
        for account in sorted(accounts)
        if is_balance_account(sie, account) is balance_sheet
    }


def closing(sie: SieFile) -> Mapping[str, Ore]:
    """What each account stands at: its closing balance or its result."""
    figures = balances(sie)
    return {**figures.res, **figures.ub}


def accept(sie: SieFile) -> SieFile:
    """The file itself, unless a fatal finding refuses it.

    Raises:
        Refused: ``not_sie`` for another kind of file, ``sie_fatal`` for a SIE file that cannot be trusted;
            its findings stand in ``details["findings"]``.
    """
    fatal = sie.fatal
    if fatal is None:
        return sie
    code = "not_sie" if fatal.code == "not_sie" else "sie_fatal"
    raise Refused(
        code,
        message(fatal),
        _("Nothing was read in and nothing was changed."),
        _("Export the year again as SIE 4 from the bookkeeping program."),
        {"findings": list(sie.findings)},
    )
