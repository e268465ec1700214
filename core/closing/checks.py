"""The checklist of closing vouchers before they are sent: everything that can be told without Fortnox.

Each check is one line with its remedy. What a check needs and does not have (a chart, the series) leaves its
line out; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from core.closing.characters import cleaned, refused
from core.closing.payload import ROW_TEXT_LIMIT, TEXT_LIMIT
from core.errors import Refused
from core.i18n import _, ngettext
from core.model import COST_CENTRE, PROJECT, Account, FiscalYear, ObjectRule, Row, Series
from core.money import to_swedish
from core.register import Check, ClosingVoucher, DraftVoucher
from core.text import clean

AnyVoucher = ClosingVoucher | DraftVoucher

CLOSING_SERIES = "I"
"""Fortnox's standard series for the closing (bokslutsserie), exempt from period locks."""


@dataclass(frozen=True, slots=True)
class YearFacts:
    """What is known of the fiscal year that the vouchers go to; None where it was not asked for."""

    year: FiscalYear
    accounts: Mapping[str, Account] | None = None
    series: Sequence[Series] | None = None
    locked_to: date | None = None
    closing_series: str = CLOSING_SERIES
    vat_reported_to: date | None = None
    """The last day of the latest VAT period that has been reported."""
    may_add_accounts: bool = False
    """Whether brygga may add and activate accounts in Fortnox, so that it can be offered."""


def check_vouchers(
    vouchers: Sequence[AnyVoucher], facts: YearFacts, series: str | None = None
) -> list[Check]:
    """The checklist of vouchers bound for one fiscal year and, where it is chosen, one series."""
    checks = [
        _balanced(vouchers),
        _rows(vouchers),
        _texts(vouchers),
        _characters(vouchers),
        _lengths(vouchers),
        _dates(vouchers, facts.year),
    ]
    if facts.accounts is not None:
        checks += [
            _accounts_exist(vouchers, facts.accounts, offered=facts.may_add_accounts),
            _accounts_active(vouchers, facts.accounts, offered=facts.may_add_accounts),
            _objects(vouchers, facts.accounts),
        ]
        if facts.vat_reported_to is not None:
            checks.append(_vat(vouchers, facts.accounts, facts.vat_reported_to))
    if facts.series is not None and series is not None:
        checks += _series(facts.series, series, facts.year)
    if facts.locked_to is not None:
        checks.append(_lock(vouchers, facts.locked_to, facts.closing_series, series))
    return checks


def refusals(checks: Iterable[Check]) -> list[Check]:
    """The checks that stop the vouchers: not ok and more than a warning."""
    return [check for check in checks if not check.ok and not check.warning]


_ERROR_CODES: Mapping[str, str] = {
    "rows_missing": "voucher_incomplete",
    "objects": "voucher_incomplete",
    "text_missing": "voucher_incomplete",
    "date_outside_year": "year_mismatch",
    "books_changed": "not_acknowledged",
    "vat_reported": "not_acknowledged",
    "in_file": "not_acknowledged",
}


def require(checks: Iterable[Check]) -> None:
    """Raise the first refusal.

    Raises:
        Refused: with the contract's code (``voucher_unbalanced``, ``account_unknown`` ...), what the check saw
            and its remedy; ``details["checks"]`` names them all.
    """
    stopped = refusals(checks)
    if not stopped:
        return
    first = stopped[0]
    raise Refused(
        _ERROR_CODES.get(first.code, first.code),
        first.text,
        _("Nothing was changed."),
        first.remedy,
        {"checks": [check.code for check in stopped]},
    )


def require_balanced(drafts: Sequence[AnyVoucher]) -> None:
    """Raise where a voucher does not balance.

    Raises:
        Refused: ``voucher_unbalanced``, naming each such voucher and by how much.
    """
    require([_balanced(drafts)])


def _label(voucher: AnyVoucher) -> str:
    return f"{voucher.date} {voucher.text}".strip()


def _check(
    code: str, faults: Sequence[str], good: str, bad: str, remedy: str, *, warning: bool = False
) -> Check:
    """One line: ``good`` without faults; else ``bad`` and the faults, shortened to three."""
    if not faults:
        return Check(code, ok=True, text=good)
    named = "; ".join(faults[:3])
    more = len(faults) - 3
    if more > 0:
        named += " " + ngettext("and {count} more", "and {count} more", more).format(count=more)
    return Check(code, ok=False, text=f"{bad}: {named}", remedy=remedy, warning=warning)


def _balanced(vouchers: Sequence[AnyVoucher]) -> Check:
    sums = [(voucher, sum(row.amount for row in voucher.rows)) for voucher in vouchers]
    return _check(
        "voucher_unbalanced",
        [f"{_label(voucher)} ({to_swedish(balance)})" for voucher, balance in sums if balance],
        _("Debit and credit are equal"),
        _("Debit and credit differ"),
        _("Correct the rows so that debit and credit are equal."),
    )


def _rows(vouchers: Sequence[AnyVoucher]) -> Check:
    return _check(
        "rows_missing",
        [_label(voucher) for voucher in vouchers if sum(row.amount != 0 for row in voucher.rows) < 2],
        _("Every voucher has at least two rows"),
        _("A voucher needs at least two rows with amounts"),
        _("Add the missing rows or remove the voucher."),
    )


def _texts(vouchers: Sequence[AnyVoucher]) -> Check:
    return _check(
        "text_missing",
        [_label(voucher) for voucher in vouchers if not cleaned(voucher.text)],
        _("Every voucher has a text"),
        _("A voucher needs a text"),
        _("Write what the voucher is for."),
    )


def _characters(vouchers: Sequence[AnyVoucher]) -> Check:
    texts = [text for voucher in vouchers for text in (voucher.text, *(row.text for row in voucher.rows))]
    faults = [
        _("{text} is sent as {cleaned}").format(text=text, cleaned=cleaned(text))
        for text in dict.fromkeys(texts)
        if refused(text)
    ]
    return _check(
        "text_characters",
        faults,
        _("The texts hold only characters that Fortnox takes"),
        _("Fortnox refuses some characters"),
        _("The cleaned texts are sent; change them if they read badly."),
        warning=True,
    )


def _lengths(vouchers: Sequence[AnyVoucher]) -> Check:
    long = [voucher.text for voucher in vouchers if len(cleaned(voucher.text)) > TEXT_LIMIT]
    rows = [row for voucher in vouchers for row in voucher.rows]
    long += [row.text for row in rows if len(cleaned(row.text)) > ROW_TEXT_LIMIT]
    return _check(
        "text_long",
        [clean(text, 60) for text in dict.fromkeys(long)],
        _("The texts fit in Fortnox"),
        _("Fortnox has room for {voucher} characters in a voucher's text and {row} in a row's").format(
            voucher=TEXT_LIMIT, row=ROW_TEXT_LIMIT
        ),
        _("The rest is cut off; shorten the text if it matters."),
        warning=True,
    )


def _dates(vouchers: Sequence[AnyVoucher], year: FiscalYear) -> Check:
    return _check(
        "date_outside_year",
        [_label(voucher) for voucher in vouchers if voucher.date not in year],
        _("The dates lie inside the fiscal year {year}").format(year=year),
        _("The date lies outside the fiscal year {year}").format(year=year),
        _("Change the date, or the year that the voucher belongs to."),
    )


def _used(vouchers: Sequence[AnyVoucher]) -> list[str]:
    return sorted({row.account for voucher in vouchers for row in voucher.rows})


def missing_accounts(vouchers: Sequence[AnyVoucher], accounts: Mapping[str, Account]) -> list[str]:
    """The accounts of the vouchers that the chart lacks."""
    return [number for number in _used(vouchers) if number not in accounts]


def inactive_accounts(vouchers: Sequence[AnyVoucher], accounts: Mapping[str, Account]) -> list[str]:
    """The accounts of the vouchers that the chart has, but not for use."""
    return [number for number in _used(vouchers) if number in accounts and not accounts[number].active]


def _accounts_exist(
    vouchers: Sequence[AnyVoucher], accounts: Mapping[str, Account], *, offered: bool
) -> Check:
    return _check(
        "account_unknown",
        missing_accounts(vouchers, accounts),
        _("The accounts exist"),
        _("The account is not in the client's chart of accounts for the year"),
        _("Choose another account, or let brygga add it in Fortnox.")
        if offered
        else _("Choose another account, or add it in Fortnox under Bokföring, Kontoplan, and import again."),
    )


def _accounts_active(
    vouchers: Sequence[AnyVoucher], accounts: Mapping[str, Account], *, offered: bool
) -> Check:
    return _check(
        "account_inactive",
        inactive_accounts(vouchers, accounts),
        _("The accounts are active"),
        _("The account is inactive"),
        _("Choose another account, or let brygga activate it in Fortnox.")
        if offered
        else _("Activate it in Fortnox under Bokföring, Kontoplan, or choose another account."),
    )


def _objects(vouchers: Sequence[AnyVoucher], accounts: Mapping[str, Account]) -> Check:
    rows = [row for voucher in vouchers for row in voucher.rows if row.amount and row.account in accounts]
    faults = [fault for row in rows for fault in _object_faults(row, accounts[row.account])]
    return _check(
        "objects",
        list(dict.fromkeys(faults)),
        _("Cost centres and projects are as the accounts want them"),
        _("A cost centre or project is missing or not allowed"),
        _("Change the row's cost centre or project, or the account's setting in Fortnox."),
    )


def _object_faults(row: Row, account: Account) -> Iterator[str]:
    given = dict(row.objects)
    rules = (
        (
            COST_CENTRE,
            account.cost_centre,
            _("{account} needs a cost centre"),
            _("{account} takes no cost centre"),
        ),
        (PROJECT, account.project, _("{account} needs a project"), _("{account} takes no project")),
    )
    for dimension, rule, needs, refuses in rules:
        if rule is ObjectRule.MANDATORY and not given.get(dimension):
            yield needs.format(account=row.account)
        if rule is ObjectRule.NOT_ALLOWED and given.get(dimension):
            yield refuses.format(account=row.account)


def _vat(vouchers: Sequence[AnyVoucher], accounts: Mapping[str, Account], reported_to: date) -> Check:
    coded = {
        row.account
        for voucher in vouchers
        if voucher.date <= reported_to
        for row in voucher.rows
        if row.account in accounts and accounts[row.account].vat_code
    }
    return _check(
        "vat_reported",
        sorted(coded),
        _("No account with a VAT code up to {date}, the latest voucher of the VAT series M").format(
            date=reported_to
        ),
        _(
            "The account has a VAT code, and a voucher of the VAT series M shows VAT reported to {date}"
        ).format(date=reported_to),
        _vat_remedy(sorted(coded), accounts),
        warning=True,
    )


def _vat_remedy(coded: Sequence[str], accounts: Mapping[str, Account]) -> str:
    """What to do, with an account without a VAT code beside each one where the chart has one of its group."""
    remedy = _(
        "If that VAT return is filed, this changes it: use an account without a VAT code, or acknowledge it."
    )
    pairs = [(number, _without_vat(number, accounts)) for number in coded[:3]]
    named = ", ".join(f"{number} → {other}" for number, other in pairs if other)
    return (
        remedy if not named else _("{remedy} For example: {accounts}.").format(remedy=remedy, accounts=named)
    )


def _without_vat(number: str, accounts: Mapping[str, Account]) -> str:
    """The nearest active account of the same group (two digits) that has no VAT code; empty for none."""
    group = [one for one in accounts.values() if one.number[:2] == number[:2] and one.active]
    free = [one.number for one in group if not one.vat_code and one.number.isdecimal()]
    return min(free, key=lambda other: abs(int(other) - int(number)), default="")


def _series(known: Sequence[Series], chosen: str, year: FiscalYear) -> list[Check]:
    series = next((one for one in known if one.code == chosen), None)
    if series is None:
        return [
            Check(
                "series_unknown",
                ok=False,
                text=_("Voucher series {series} does not exist in the fiscal year {year}").format(
                    series=chosen, year=year
                ),
                remedy=_("Choose another series, or add it in Fortnox under Inställningar, Bokföring."),
            )
        ]
    if not series.manual:
        return [
            Check(
                "series_not_manual",
                ok=False,
                text=_(
                    "Voucher series {series} is not open for manual entry in the fiscal year {year}"
                ).format(series=chosen, year=year),
                remedy=_("Choose another series, or tick Manuell kontering for it in Fortnox for that year."),
            )
        ]
    text = _("Voucher series {series} is open for manual entry").format(series=chosen)
    return [Check("series_manual", ok=True, text=text), *_approval(series)]


def _approval(series: Series) -> list[Check]:
    """A series with an approver takes the voucher, but it may stand unapproved in the books."""
    if not series.approver:
        return []
    return [
        Check(
            "series_approver",
            ok=False,
            warning=True,
            text=_("Vouchers of series {series} are approved by {name}").format(
                series=series.code, name=series.approver
            ),
            remedy=_("Ask for the approval after posting, or choose another series."),
        )
    ]


def _lock(vouchers: Sequence[AnyVoucher], locked_to: date, closing_series: str, chosen: str | None) -> Check:
    inside = [voucher for voucher in vouchers if voucher.date <= locked_to]
    if not inside:
        return Check(
            "period_locked", ok=True, text=_("The period is open (locked to {date})").format(date=locked_to)
        )
    if chosen == closing_series:
        text = _("The period is locked to {date}: the closing series {series} is not affected")
        return Check("period_locked", ok=True, text=text.format(date=locked_to, series=closing_series))
    return Check(
        "period_locked",
        ok=False,
        text=_("The period is locked to {date}").format(date=locked_to),
        remedy=_(
            "Use the closing series {series}, which the lock does not affect, or open the period."
        ).format(series=closing_series),
        warning=True,
    )
