"""Balances against vouchers, against the previous year and against the chart of accounts."""

from __future__ import annotations

from core.model import Severity
from core.sie.file import SieFile
from core.sie.findings import Findings
from core.text import clean

_BALANCE_TYPES = frozenset({"T", "S"})


def run(sie: SieFile, findings: Findings) -> None:
    """Compare the file's balances with what its own vouchers and previous year say."""
    _check_declared(sie, findings)
    if any(sie.register.balances[label].get(0) for label in ("IB", "UB", "RES")):
        _check_opening(sie, findings)
        if sie.type == "4E":
            _check_closing(sie, findings)
            _check_results(sie, findings)


def is_balance_account(sie: SieFile, account: str) -> bool:
    """Whether an account belongs to the balance sheet: by #KTYP, else by its class in the BAS chart."""
    kind = sie.register.account_types.get(account)
    return kind in _BALANCE_TYPES if kind else account[:1] in {"1", "2"}


def _check_declared(sie: SieFile, findings: Findings) -> None:
    register = sie.register
    declared = register.accounts
    missing = {account for account in sie.columns.accounts.texts if account not in declared}
    for accounts in (*register.balances["IB"].values(), *register.balances["UB"].values()):
        missing.update(account for account in accounts if account not in declared)
    for accounts in register.balances["RES"].values():
        missing.update(account for account in accounts if account not in declared)
    if missing:
        severity = Severity.INFO if sie.type == "4I" else Severity.WARNING
        names = sorted(map(clean, missing))
        findings.add(severity, "account_undeclared", _first_use(sie, missing), accounts=names)


def _first_use(sie: SieFile, accounts: set[str]) -> int | None:
    """The line of the first balance or voucher that uses one of the accounts."""
    lines = [line for (_, _, account), line in sie.register.balance_lines.items() if account in accounts]
    columns = sie.columns
    first = min(
        (columns.accounts[account] for account in accounts if account in columns.accounts), default=None
    )
    if first is not None:  # accounts are numbered in the order of their first rows
        lines.append(columns.voucher_line[columns.voucher_of_row(columns.row_account.index(first))])
    return min(lines, default=None)


def _check_opening(sie: SieFile, findings: Findings) -> None:
    opening, previous = sie.ib(0), sie.ub(-1)
    if sum(opening.values()):
        findings.add(Severity.WARNING, "opening_unbalanced", None, difference=sum(opening.values()))
    if not previous or not opening:
        return
    for account in sorted(opening.keys() | previous.keys()):
        ib, ub = opening.get(account, 0), previous.get(account, 0)
        if ib != ub:
            line = sie.register.balance_lines.get(("IB", 0, account))
            findings.add(
                Severity.WARNING, "opening_mismatch", line, account=clean(account), ib=ib, previous_ub=ub
            )


def _check_closing(sie: SieFile, findings: Findings) -> None:
    ib, ub, res = sie.ib(), sie.ub(), sie.res()
    moved = {account for account in sie.change if account not in res and is_balance_account(sie, account)}
    for account in sorted(ib.keys() | ub.keys() | moved):
        change = sie.change.get(account, 0)
        difference = ub.get(account, 0) - ib.get(account, 0) - change
        if difference:
            findings.add(
                Severity.WARNING,
                "balance_mismatch",
                sie.register.balance_lines.get(("UB", 0, account)),
                account=clean(account),
                ib=ib.get(account, 0),
                change=change,
                ub=ub.get(account, 0),
                difference=difference,
            )


def _check_results(sie: SieFile, findings: Findings) -> None:
    ib, ub, res = sie.ib(), sie.ub(), sie.res()
    moved = {
        account
        for account in sie.change
        if account not in ib and account not in ub and not is_balance_account(sie, account)
    }
    for account in sorted(res.keys() | moved):
        change = sie.change.get(account, 0)
        difference = res.get(account, 0) - change
        if difference:
            findings.add(
                Severity.WARNING,
                "result_mismatch",
                sie.register.balance_lines.get(("RES", 0, account)),
                account=clean(account),
                change=change,
                res=res.get(account, 0),
                difference=difference,
            )
