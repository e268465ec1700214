"""Opening balances against last year's closing balances: they are not carried over by themselves.

After any posting in the old year somebody must carry the balances over in Fortnox; there is no API for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.money import Ore


@dataclass(frozen=True, slots=True)
class Lag:
    """A balance account whose opening balance is not last year's closing balance, ledger-signed öre."""

    account: str
    closed: Ore
    opened: Ore


def lagging(closing: Mapping[str, Ore], opening: Mapping[str, Ore]) -> list[Lag]:
    """The balance accounts (classes 1 and 2) that the next year has not taken over, in account order.

    An account that one side lacks counts as 0 there: a chart may have lost its inactive accounts.
    """
    return [
        Lag(account, closing.get(account, 0), opening.get(account, 0))
        for account in sorted({*closing, *opening})
        if account[:1] in {"1", "2"} and closing.get(account, 0) != opening.get(account, 0)
    ]
