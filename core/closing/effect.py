"""What closing vouchers do: to each account, and to the year's result."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from core.model import Row
from core.money import Ore

RESULT_ACCOUNT = "8999"
"""Årets resultat in the income statement: it moves the result to equity and is not part of it."""


def account_effects(rows: Iterable[Row]) -> dict[str, Ore]:
    """The change of each account, ledger-signed, in account order; accounts that end unchanged are left out."""
    sums: dict[str, Ore] = defaultdict(int)
    for row in rows:
        sums[row.account] += row.amount
    return {account: sums[account] for account in sorted(sums) if sums[account]}


def is_result_account(account: str) -> bool:
    """Whether the account belongs to the income statement (classes 3-8), 8999 apart."""
    return account[:1] in set("345678") and account != RESULT_ACCOUNT


def result_effect(rows: Iterable[Row]) -> Ore:
    """How much the rows raise the year's result (negative: lower it)."""
    return -sum(row.amount for row in rows if is_result_account(row.account))


def result_of(balances: Mapping[str, Ore]) -> Ore:
    """The year's result before it is moved to equity: profit positive."""
    return -sum(amount for account, amount in balances.items() if is_result_account(account))
