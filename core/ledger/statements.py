"""Balance sheet, income statement and trial balance from account balances, in the order of the BAS chart.

Amounts stay ledger-signed (debit positive); a front end may turn the income statement round.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.i18n import mark
from core.money import Ore


class LineKind(StrEnum):
    """What a line of a statement is."""

    HEADING = "heading"
    ACCOUNT = "account"
    SUM = "sum"
    RESULT = "result"
    """A result or total that spans several groups."""


@dataclass(frozen=True, slots=True)
class Figure:
    """An account with its figures, ledger-signed öre. ``previous`` is last year's closing figure."""

    number: str
    name: str
    ib: Ore
    change: Ore
    ub: Ore
    previous: Ore


@dataclass(frozen=True, slots=True)
class Line:
    """A line: an account, or a label (a message id) with sums."""

    kind: LineKind
    code: str
    """The account number, or a word for the group that never changes."""
    label: str
    ib: Ore = 0
    change: Ore = 0
    ub: Ore = 0
    previous: Ore = 0


@dataclass(frozen=True, slots=True)
class Group:
    """A heading over a range of account numbers, both included, compared by their first four digits."""

    code: str
    label: str
    first: str
    last: str

    def holds(self, number: str) -> bool:
        """Whether the account belongs here."""
        return self.first <= _place(number) <= self.last


def _place(number: str) -> str:
    """Where an account belongs in the chart: its first four digits. A shorter number counts as its first account."""
    return "".join(sign if sign.isdecimal() else "0" for sign in number[:4]).ljust(4, "0")


ASSETS = (
    Group("intangible", mark("Intangible assets"), "1000", "1099"),
    Group("buildings", mark("Land and buildings"), "1100", "1199"),
    Group("machinery", mark("Machinery and equipment"), "1200", "1299"),
    Group("financial", mark("Financial fixed assets"), "1300", "1399"),
    Group("inventories", mark("Inventories and work in progress"), "1400", "1499"),
    Group("receivables", mark("Trade receivables"), "1500", "1599"),
    Group("other_receivables", mark("Other current receivables"), "1600", "1699"),
    Group("prepaid", mark("Prepaid expenses and accrued income"), "1700", "1799"),
    Group("investments", mark("Short-term investments"), "1800", "1899"),
    Group("cash", mark("Cash and bank"), "1900", "1999"),
)
EQUITY_AND_LIABILITIES = (
    Group("equity", mark("Equity"), "2000", "2099"),
    Group("untaxed_reserves", mark("Untaxed reserves"), "2100", "2199"),
    Group("provisions", mark("Provisions"), "2200", "2299"),
    Group("long_term", mark("Long-term liabilities"), "2300", "2399"),
    Group(
        "payables",
        mark("Current liabilities to credit institutions, customers and suppliers"),
        "2400",
        "2499",
    ),
    Group("tax", mark("Tax liabilities"), "2500", "2599"),
    Group("vat", mark("VAT and excise duties"), "2600", "2699"),
    Group("staff_taxes", mark("Staff withholding taxes and social fees"), "2700", "2799"),
    Group("other_liabilities", mark("Other current liabilities"), "2800", "2899"),
    Group("accrued", mark("Accrued expenses and prepaid income"), "2900", "2999"),
)
Step = tuple[str, str, tuple[Group, ...]]
"""(code, label of the result under it, its groups)."""

INCOME: Sequence[Step] = (
    (
        "operating_result",
        mark("Operating result"),
        (
            Group("net_sales", mark("Net sales"), "3000", "3799"),
            Group("own_work", mark("Capitalised work for own account"), "3800", "3899"),
            Group("other_income", mark("Other operating income"), "3900", "3999"),
            Group("goods", mark("Raw materials and goods for resale"), "4000", "4999"),
            Group("external", mark("Other external costs"), "5000", "6999"),
            Group("staff", mark("Staff costs"), "7000", "7699"),
            Group("depreciation", mark("Depreciation and write-downs"), "7700", "7899"),
            Group("other_costs", mark("Other operating costs"), "7900", "7999"),
        ),
    ),
    (
        "after_financial",
        mark("Result after financial items"),
        (
            Group("holdings", mark("Results from holdings"), "8000", "8299"),
            Group("interest_income", mark("Interest income and similar"), "8300", "8399"),
            Group("interest_costs", mark("Interest costs and similar"), "8400", "8499"),
            Group("other_financial", mark("Other financial items"), "8500", "8799"),
        ),
    ),
    (
        "before_tax",
        mark("Result before tax"),
        (Group("appropriations", mark("Appropriations"), "8800", "8899"),),
    ),
    ("result", mark("Result of the year"), (Group("taxes", mark("Taxes"), "8900", "8989"),)),
)
BOOKED_RESULT = Group("booked_result", mark("Result booked on 8999"), "8990", "8999")


def balance_sheet(figures: Iterable[Figure]) -> list[Line]:
    """Assets, equity and liabilities, the result not yet booked, and their sums.

    The unbooked result is what classes 3 to 8 come to, 8999 included: nothing once 8999 has been booked. What
    stands on accounts outside the chart's classes comes last, so that no account of the books is left out.
    """
    listed = list(figures)
    assets = _section(listed, ASSETS)
    other = _section(listed, EQUITY_AND_LIABILITIES)
    unbooked = _sum("unbooked_result", mark("Result not yet booked"), _results(listed), LineKind.RESULT)
    owed = [*_accounts(other), unbooked]
    outside = _block("outside", mark("Accounts outside classes 1 to 8"), filter(_is_outside, listed))
    return [
        Line(LineKind.HEADING, "assets", mark("Assets")),
        *assets,
        _sum("total_assets", mark("Total assets"), _accounts(assets), LineKind.RESULT),
        Line(LineKind.HEADING, "equity_and_liabilities", mark("Equity and liabilities")),
        *other,
        unbooked,
        _sum("total_equity", mark("Total equity and liabilities"), owed, LineKind.RESULT),
        *outside,
        _sum(
            "balance",
            mark("Assets plus equity and liabilities"),
            [*_accounts(assets), *owed, *_accounts(outside)],
            LineKind.RESULT,
        ),
    ]


@dataclass(frozen=True, slots=True)
class Imbalance:
    """Why the closing balances do not sum to zero, ledger-signed öre; parts that are zero say nothing."""

    opening: Ore
    """What the opening balances come to."""
    last_result: Ore
    """The part of it that is last year's result, not yet moved to equity."""
    rows: Ore
    """What the year's vouchers come to: not zero when a voucher does not balance."""
    stated: Ore
    """What the source's closing balances hold beyond opening balance and vouchers."""


def imbalance(figures: Iterable[Figure]) -> Imbalance | None:
    """Why the books do not balance; None when they do."""
    listed = list(figures)
    opening = sum(one.ib for one in listed)
    rows = sum(one.change for one in listed)
    stated = sum(one.ub for one in listed) - opening - rows
    if not (opening or rows or stated):
        return None
    last = sum(one.previous for one in listed if _is_result(one))
    return Imbalance(opening, -last if last and opening == -last else 0, rows, stated)


def income_statement(figures: Iterable[Figure]) -> list[Line]:
    """Groups by kind of income and cost with the results between them; 8999 stands apart, in no result."""
    listed = list(figures)
    lines: list[Line] = []
    so_far: list[Line] = []
    for code, label, groups in INCOME:
        section = _section(listed, groups)
        so_far += _accounts(section)
        lines += section
        lines.append(_sum(code, label, so_far, LineKind.RESULT))
    apart = _accounts(_section(listed, (BOOKED_RESULT,)))
    if apart:
        lines.append(Line(LineKind.HEADING, BOOKED_RESULT.code, BOOKED_RESULT.label))
        lines += apart
        lines.append(_sum("not_booked", mark("Result still to book"), [*so_far, *apart], LineKind.RESULT))
    return lines


def trial_balance(figures: Iterable[Figure]) -> list[Line]:
    """Every account that has a figure, class by class, and a sum that is zero when the books balance."""
    rows = [_line(one) for one in figures if _counts(one)]
    return [*rows, _sum("total", mark("Sum"), rows, LineKind.RESULT)]


def _results(figures: Iterable[Figure]) -> list[Line]:
    return [_line(one) for one in figures if _is_result(one)]


def _is_outside(one: Figure) -> bool:
    """BAS keeps class 9 for the observation account 9999 and internal accounts; a file may hold others still."""
    return not "1000" <= _place(one.number) <= "8999"


def _is_result(one: Figure) -> bool:
    return "3000" <= _place(one.number) <= "8999"


def _section(figures: Sequence[Figure], groups: Iterable[Group]) -> list[Line]:
    lines: list[Line] = []
    for group in groups:
        lines += _block(group.code, group.label, (one for one in figures if group.holds(one.number)))
    return lines


def _block(code: str, label: str, figures: Iterable[Figure]) -> list[Line]:
    """A heading, its accounts and their sum; nothing where no account has a figure."""
    rows = [_line(one) for one in figures if _counts(one)]
    if not rows:
        return []
    return [Line(LineKind.HEADING, code, label), *rows, _sum(code, label, rows, LineKind.SUM)]


def _counts(one: Figure) -> bool:
    return bool(one.ib or one.change or one.ub or one.previous)


def _line(one: Figure) -> Line:
    return Line(LineKind.ACCOUNT, one.number, one.name, one.ib, one.change, one.ub, one.previous)


def _accounts(lines: Iterable[Line]) -> list[Line]:
    return [line for line in lines if line.kind is LineKind.ACCOUNT]


def _sum(code: str, label: str, lines: Iterable[Line], kind: LineKind) -> Line:
    listed = list(lines)
    return Line(
        kind,
        code,
        label,
        sum(line.ib for line in listed),
        sum(line.change for line in listed),
        sum(line.ub for line in listed),
        sum(line.previous for line in listed),
    )
