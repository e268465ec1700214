"""Resources: vouchers, with everything Fortnox refuses about a new one."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from core.fortnox.sandbox import answers, chart, lists, shapes
from core.fortnox.sandbox.answers import ApiError, Document, missing_field, not_found, whole
from core.fortnox.sandbox.company import YEAR
from core.fortnox.sandbox.records import Row, Voucher, Year
from core.fortnox.sandbox.routes import Call, resource
from core.money import Ore, from_decimal

PUNCTUATION = frozenset(" \n–:.`´’,;^¤#%§£$€¢¥©™°&/()=+-*_!?²³®½@\\")
VOUCHER_FIELDS = frozenset(
    [
        "Description",
        "TransactionDate",
        "VoucherSeries",
        "Comments",
        "CostCenter",
        "Project",
        "VoucherRows",
        "Year",
        "ApprovalState",
        "ReferenceNumber",
        "ReferenceType",
        "VoucherNumber",
        "@url",
    ]
)
ROW_FIELDS = frozenset(
    [
        "Account",
        "Debit",
        "Credit",
        "Description",
        "TransactionInformation",
        "CostCenter",
        "Project",
        "Quantity",
        "Removed",
    ]
)
LIST_KEYS: dict[str, Callable[[Voucher], object]] = {
    "vouchernumber": lambda item: item.number,
    "voucherseries": lambda item: item.series,
    "referencenumber": lambda item: item.reference_number,
    "referencetype": lambda item: item.reference.value,
}
MOST = 10**12
"""Kronor; beyond this nothing is an amount."""
SEARCH = f"{YEAR} fromdate todate lastmodified costcenter voucherseries"


def _listing(call: Call, series: str) -> Document:
    year = call.year
    first, last = lists.day(call.query, "fromdate"), lists.day(call.query, "todate")
    since = lists.modified_since(call.query)
    source = year.vouchers.get(series, []) if series in year.series else call.books.vouchers(year)
    found = [
        item
        for item in source
        if (not series or series.casefold() in item.series.casefold())
        and (first is None or item.date >= first)
        and (last is None or item.date <= last)
        and (since is None or item.registered >= since)
    ]
    ordered = lists.ordered(found, call.query, LIST_KEYS)
    return lists.page("Vouchers", ordered, call.query, lambda item: shapes.voucher(item, call.base))


@resource("GET", "/3/vouchers", "bookkeeping", SEARCH, listing=True)
def vouchers(call: Call) -> Document:
    """Vouchers without their rows."""
    return _listing(call, call.query.get("voucherseries", ""))


@resource("GET", "/3/vouchers/sublist", "bookkeeping", SEARCH, listing=True)
def all_vouchers(call: Call) -> Document:
    """The same list under its second address."""
    return _listing(call, call.query.get("voucherseries", ""))


@resource("GET", "/3/vouchers/sublist/{VoucherSeries}", "bookkeeping", SEARCH, listing=True)
def vouchers_of_series(call: Call) -> Document:
    """The vouchers of one series."""
    return _listing(call, call.path["VoucherSeries"])


@resource("GET", "/3/vouchers/{VoucherSeries}/{VoucherNumber}", "bookkeeping", YEAR)
def voucher(call: Call) -> Document:
    """A voucher with its rows."""
    year, number = call.year, whole(call.path["VoucherNumber"]) or 0
    item = call.books.find(year, call.path["VoucherSeries"], number)
    if item is None:
        raise not_found("verifikationen", 2000441)
    return {"Voucher": shapes.single_voucher(item, year, call.base)}


@resource("POST", "/3/vouchers", "bookkeeping", YEAR)
def create_voucher(call: Call) -> Document:
    """Book a voucher, after every check that Fortnox makes."""
    given = _body(call.body)
    year = call.year
    series, day = _text(given, "VoucherSeries", 10), _day(given)
    description, comments = _text(given, "Description", 200), _text(given, "Comments", 1000, optional=True)
    _check_series(year, series)
    _check_day(call, year, series, day)
    rows = [_row(call, year, row) for row in _rows(given)]
    if sum(row.amount for row in rows):
        raise ApiError(answers.UNBALANCED, "Verifikationen balanserar inte.")
    with call.tenant.lock:
        item = call.books.post(
            series, day, description, rows, registered=call.moment, comments=comments or None
        )
    return {"Voucher": shapes.single_voucher(item, year, call.base)}


def _body(body: Any) -> dict[str, Any]:
    given = body.get("Voucher") if isinstance(body, dict) else None
    if not isinstance(given, dict):
        raise ApiError(2001392, "Ingen eller felaktig typ av data.")
    _check_fields(given, VOUCHER_FIELDS)
    return given


def _check_fields(given: dict[str, Any], known: frozenset[str]) -> None:
    for name in given:
        if name not in known:
            raise ApiError(2001399, f"Felaktigt fältnamn ({name})")


def _text(given: dict[str, Any], name: str, limit: int, *, optional: bool = False) -> str:
    value = given.get(name)
    if value is None or value == "":
        if optional:
            return ""
        raise missing_field(name)
    if not isinstance(value, str):
        raise ApiError(2000106, f"Värdet måste vara alfanumeriskt ({name})")
    if len(value) > limit:
        raise ApiError(answers.TOO_LONG, f"Värdet är för långt, högst {limit} tecken ({name})")
    if not all(character.isalpha() or character.isdigit() or character in PUNCTUATION for character in value):
        raise ApiError(2000359, f"Värdet innehåller ej tillåtna tecken. ({value})")
    return value


def _day(given: dict[str, Any]) -> date:
    text = given.get("TransactionDate")
    if not text:
        raise missing_field("TransactionDate")
    if not isinstance(text, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        raise answers.bad_parameter("TransactionDate")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise answers.bad_parameter("TransactionDate") from error


def _check_series(year: Year, series: str) -> None:
    known = year.series.get(series)
    if known is None:
        raise ApiError(answers.SERIES_MISSING, "Ogiltig verifikationsserie angiven")
    if not known.manual:
        raise ApiError(answers.SERIES_NOT_MANUAL, f"Verifikationsserien är inte manuell ({series})")


def _check_day(call: Call, year: Year, series: str, day: date) -> None:
    if day not in year:
        raise ApiError(answers.NO_YEAR_FOR_DATE, "Räkenskapsår saknas för valt datum.")
    locked, automatic = call.books.locked_to, call.books.auto_locked_to
    if "locked-period" in call.faults:
        locked = year.to_date
    elif series == chart.CLOSING_SERIES:
        return
    if automatic is not None and day <= automatic:
        raise ApiError(answers.AUTO_LOCKED, "Bokföringsdatumet ligger i en automatlåst period")
    if locked is not None and day <= locked:
        raise ApiError(
            2000401,
            f"Anna Andersson har låst perioden t.o.m. {locked}. Lås upp perioden för att fortsätta.",
        )


def _rows(given: dict[str, Any]) -> list[dict[str, Any]]:
    rows = given.get("VoucherRows")
    if not isinstance(rows, list) or not rows:
        raise missing_field("VoucherRows")
    for row in rows:
        if not isinstance(row, dict):
            raise ApiError(2001392, "Ingen eller felaktig typ av data.")
        _check_fields(row, ROW_FIELDS)
    return rows


def _row(call: Call, year: Year, given: dict[str, Any]) -> Row:
    number = _account_number(given)
    account = year.accounts.get(number)
    if account is None:
        raise ApiError(2001304, f"Kunde inte hitta konto {number}")
    if not account.active or "inactive-account" in call.faults:
        raise ApiError(2000550, f'Konto "{number}" är inte aktivt')
    center = _text(given, "CostCenter", 6, optional=True)
    if account.cost_center == "MANDATORY" and not center:
        raise ApiError(2000946, f"Kostnadsställe är obligatoriskt på konto: {number}")
    if center and center not in call.books.cost_centers:
        raise ApiError(2002821, f'Angivet kostnadsställe "{center}" är inte aktivt.')
    debit, credit = _amount(given, "Debit"), _amount(given, "Credit")
    if debit and credit:
        raise answers.bad_parameter("Debit, Credit")
    text = _text(given, "TransactionInformation", 100, optional=True)
    return Row(number, debit - credit, text, center, _text(given, "Project", 20, optional=True))


def _account_number(given: dict[str, Any]) -> int:
    value = given.get("Account")
    if value is None:
        raise missing_field("Account")
    if isinstance(value, str):
        value = whole(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ApiError(2000108, f"Värdet måste vara numeriskt ({value})")
    return value


def _amount(given: dict[str, Any], name: str) -> Ore:
    """An amount of the body in öre; more than two decimals, signs and text are refused."""
    value = given.get(name) or 0
    refused = ApiError(2000108, f"Värdet måste vara numeriskt ({value})")
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or value < 0 or value > MOST:
        raise refused
    try:
        return from_decimal(Decimal(value))
    except ValueError as error:
        raise refused from error
