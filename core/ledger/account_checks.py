"""Automatic checks of a balance account, as an experienced closer runs down a trial balance."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from core.money import Ore

EITHER_SIGN = (
    *("1630", "1650", "1910"),
    *("201", "202", "203", "204", "2072", "2085", "2091", "2093", "2098", "2099"),
    *("2510", "2518", "2650", "2850"),
)
"""BAS accounts and groups that lawfully stand in debit or credit: tax account, VAT settlement, equity that moves."""

CONTRA = ("1519", "1529", "264")
"""BAS accounts that stand on the other side of their class: write-downs, input VAT."""

RESULTS = ("2019", "2029", "2039", "2049", "2099")
"""The year's result in equity (Årets resultat): last year's must leave it before this year's comes (practice)."""

STILL = ("20",)
"""Equity lawfully rests for years: share capital is no sleeping account."""

SUSPENSE = ("1799", "2899", "2999", "9999")
"""BAS observation accounts (OBS-konton): they are to be empty when the year is closed."""

SUSPENSE_WORDS = ("obs-konto", "obskonto", "observation", "utredning", "oidentifierad")

ROUND = 1_000_00
"""A sum in whole thousands of kronor on a suspense account is rarely a real transaction."""


class CheckState(StrEnum):
    """What came of a check."""

    CLEAR = "clear"
    FOUND = "found"
    NOT_RUN = "not_run"


@dataclass(frozen=True, slots=True)
class AccountCheck:
    """One automatic check: ``opening``, ``sign``, ``dormant``, ``suspense`` or ``last_result``."""

    code: str
    state: CheckState
    amount: Ore = 0
    """By how much, where an amount says it."""
    count: int = 0
    """How many rows, where rows were found."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What the checks look at; ledger-signed öre."""

    number: str
    name: str
    ib: Ore
    ub: Ore
    previous_ub: Ore
    rows: int | None
    """Live rows of the year; None where they are not known."""
    has_previous: bool
    """Whether the previous year's closing balances are known at all."""


def check_account(figures: Figures, amounts: Iterable[Ore] = ()) -> tuple[AccountCheck, ...]:
    """The checks that apply to the account; ``amounts`` are its rows, asked of suspense accounts alone."""
    found = [_sign(figures), _dormant(figures)]
    if figures.number[:1] in {"1", "2"}:
        found.insert(0, _opening(figures))
    if is_suspense(figures.number, figures.name):
        found.append(_suspense(figures, amounts))
    if figures.number in RESULTS:
        left = figures.ib if figures.ub == figures.ib else 0
        found.append(AccountCheck("last_result", CheckState.FOUND if left else CheckState.CLEAR, left))
    return tuple(found)


def is_suspense(number: str, name: str) -> bool:
    """Whether the account holds what nobody has placed yet."""
    folded = name.casefold()
    return number in SUSPENSE or any(word in folded for word in SUSPENSE_WORDS)


def _opening(figures: Figures) -> AccountCheck:
    if not figures.has_previous:
        return AccountCheck("opening", CheckState.NOT_RUN)
    apart = figures.ib - figures.previous_ub
    return AccountCheck("opening", CheckState.FOUND if apart else CheckState.CLEAR, apart)


def _sign(figures: Figures) -> AccountCheck:
    side = _side(figures.number)
    wrong = side * figures.ub < 0
    return AccountCheck("sign", CheckState.FOUND if wrong else CheckState.CLEAR, figures.ub if wrong else 0)


def _side(number: str) -> int:
    """1 for an account that stands in debit, -1 in credit, 0 either."""
    if number.startswith(EITHER_SIGN) or number[:1] not in {"1", "2"}:
        return 0
    side = 1 if number.startswith("1") else -1
    depreciation = number[:2] in {"10", "11", "12", "13"} and number[-1:] == "9"
    return -side if depreciation or number.startswith(CONTRA) else side


def _dormant(figures: Figures) -> AccountCheck:
    if figures.rows is None:
        return AccountCheck("dormant", CheckState.NOT_RUN)
    asleep = figures.ub != 0 and figures.rows == 0 and not figures.number.startswith(STILL)
    return AccountCheck(
        "dormant", CheckState.FOUND if asleep else CheckState.CLEAR, figures.ub if asleep else 0
    )


def _suspense(figures: Figures, amounts: Iterable[Ore]) -> AccountCheck:
    rounded = sum(1 for amount in amounts if amount and amount % ROUND == 0)
    found = figures.ub != 0 or rounded > 0
    return AccountCheck("suspense", CheckState.FOUND if found else CheckState.CLEAR, figures.ub, rounded)
