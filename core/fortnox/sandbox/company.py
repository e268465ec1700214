"""Resources: the company, its years, accounts and series, and its SIE file."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from core.fortnox.sandbox import chart, lists, shapes, sie
from core.fortnox.sandbox.answers import Answer, ApiError, Document, bad_parameter, missing_field, not_found
from core.fortnox.sandbox.records import Account, Series
from core.fortnox.sandbox.routes import Call, one, resource

YEAR = "financialyear financialyeardate"
ACCOUNT_FIELDS = frozenset(
    [
        "@url",
        "Active",
        "BalanceBroughtForward",
        "CostCenter",
        "CostCenterSettings",
        "Description",
        "Number",
        "OpeningQuantities",
        "Project",
        "ProjectSettings",
        "SRU",
        "TransactionInformation",
        "TransactionInformationSettings",
        "VATCode",
        "Year",
    ]
)


@resource("GET", "/3/companyinformation", "companyinformation")
def company_information(call: Call) -> Document:
    """Who the company is."""
    return {"CompanyInformation": shapes.company_information(call.tenant.profile)}


@resource("GET", "/3/settings/company", "settings")
def company_settings(call: Call) -> Document:
    """The company's settings."""
    return {"CompanySettings": shapes.company_settings(call.tenant.profile)}


@resource("GET", "/3/settings/lockedperiod", "settings")
def locked_period(call: Call) -> Document:
    """How far somebody locked the books by hand."""
    locked = call.books.locked_to
    return {"LockedPeriod": {"EndDate": locked.isoformat() if locked else None}}


@resource("GET", "/3/me", "profile")
def me(call: Call) -> Document:
    """The person behind the consent."""
    return {
        "MeInformation": {
            "Id": "1",
            "Email": "anna@example.test",
            "Name": "Anna Andersson",
            "SysAdmin": call.tenant.sysadmin,
            "Locale": "sv_SE",
        }
    }


@resource("GET", "/3/financialyears", "bookkeeping", "date financialyear financialyeardate", listing=True)
def financial_years(call: Call) -> Document:
    """The fiscal years, in the order of their Ids."""
    day = lists.day(call.query, "date") or lists.day(call.query, "financialyeardate")
    years = [year for year in call.books.years if day is None or day in year]
    return lists.page(
        "FinancialYears", years, call.query, lambda year: shapes.financial_year(year, call.base)
    )


@resource("GET", "/3/financialyears/{Id}", "bookkeeping")
def financial_year(call: Call) -> Document:
    """One fiscal year."""
    years = {year.id: year for year in call.books.years}
    year = one(years, call.path["Id"], not_found("räkenskapsåret", 2001129))
    return {"FinancialYear": shapes.financial_year(year, call.base)}


@resource("GET", "/3/accounts", "bookkeeping", f"{YEAR} lastmodified sru", listing=True)
def accounts(call: Call) -> Document:
    """The chart of accounts of one year."""
    year = call.year
    sru = call.query.get("sru", "")
    found = [account for account in year.accounts.values() if not sru or str(account.sru) == sru]
    ordered = lists.ordered(found, call.query, {"number": lambda account: account.number})
    return lists.page("Accounts", ordered, call.query, lambda item: shapes.account(item, year, call.base))


@resource("GET", "/3/accounts/{Number}", "bookkeeping", YEAR)
def account(call: Call) -> Document:
    """One account, with its closing balance."""
    item = one(call.year.accounts, call.path["Number"], not_found("kontot", 2000423))
    return {"Account": shapes.single_account(item, call.year, call.base)}


@resource("POST", "/3/accounts", "bookkeeping", YEAR)
def create_account(call: Call) -> Document:
    """Add an account to one year's chart."""
    given = _given_account(call)
    number = given.get("Number")
    if isinstance(number, bool) or not isinstance(number, int) or not 1000 <= number <= 9999:
        raise ApiError(2002462, "Kontonumret måste ha fyra siffror.")
    if not given.get("Description"):
        raise missing_field("Description")
    if number in call.year.accounts:
        raise bad_parameter("Number")
    return _keep_account(call, Account(number, "", 0), given)


@resource("PUT", "/3/accounts/{Number}", "bookkeeping", YEAR)
def change_account(call: Call) -> Document:
    """Change what is given of an account; its number stays."""
    item = one(call.year.accounts, call.path["Number"], not_found("kontot", 2000423))
    return _keep_account(call, item, _given_account(call))


def _given_account(call: Call) -> dict[str, Any]:
    given = call.body.get("Account") if isinstance(call.body, dict) else None
    if not isinstance(given, dict):
        raise ApiError(2001392, "Ingen eller felaktig typ av data.")
    for name in given:
        if name not in ACCOUNT_FIELDS:
            raise ApiError(2001399, f"Felaktigt fältnamn ({name})")
    return given


def _keep_account(call: Call, item: Account, given: dict[str, Any]) -> Document:
    name, sru = given.get("Description", item.name), given.get("SRU", item.sru)
    if not isinstance(name, str) or not 1 <= len(name) <= 200:
        raise missing_field("Description")
    if isinstance(sru, bool) or not isinstance(sru, int):
        raise ApiError(2000108, f"Värdet måste vara numeriskt ({sru})")
    rule = given.get("CostCenterSettings", item.cost_center)
    if rule not in {"ALLOWED", "MANDATORY", "NOTALLOWED"}:
        raise bad_parameter("CostCenterSettings")
    kept = replace(
        item,
        name=name,
        sru=sru,
        vat_code=str(given.get("VATCode", item.vat_code) or ""),
        active=given.get("Active", item.active) is not False,
        cost_center=rule,
    )
    call.year.accounts[kept.number] = kept
    call.books.version += 1
    return {"Account": shapes.single_account(kept, call.year, call.base)}


@resource("GET", "/3/accountcharts", "bookkeeping")
def account_charts(_call: Call) -> Document:
    """The charts a year can be made from."""
    return {"AccountCharts": [{"Name": "Bas 2024"}, {"Name": "Bas 2025"}]}


@resource("GET", "/3/voucherseries", "bookkeeping", YEAR, listing=True)
def voucher_series(call: Call) -> Document:
    """The voucher series of one year."""
    year = call.year
    items = list(year.series.values())
    return lists.page(
        "VoucherSeriesCollection", items, call.query, lambda item: shapes.series(item, year, call.base)
    )


@resource("GET", "/3/voucherseries/{Code}", "bookkeeping", YEAR)
def one_series(call: Call) -> Document:
    """One voucher series, with the number that comes next."""
    item = call.year.series.get(call.path["Code"])
    if item is None:
        raise not_found("verifikationsserien", 2000442)
    return {"VoucherSeries": shapes.single_series(item, call.year, call.base)}


@resource("POST", "/3/voucherseries", "bookkeeping", YEAR)
def create_series(call: Call) -> Document:
    """Add a voucher series to one year."""
    given = call.body.get("VoucherSeries") if isinstance(call.body, dict) else None
    if not isinstance(given, dict) or not given.get("Code"):
        raise ApiError(2001392, "Ingen eller felaktig typ av data.")
    code = str(given["Code"])
    if code in call.year.series or len(code) > 10:
        raise bad_parameter("Code")
    item = Series(code, str(given.get("Description") or ""), manual=given.get("Manual") is True)
    call.year.series[code] = item
    return {"VoucherSeries": shapes.single_series(item, call.year, call.base)}


@resource("GET", "/3/predefinedaccounts", "settings", listing=True)
def predefined_accounts(call: Call) -> Document:
    """Which account plays which part."""
    items = list(chart.PREDEFINED_ACCOUNTS.items())
    return lists.page("PreDefinedAccounts", items, call.query, lambda pair: _predefined(call, *pair))


@resource("GET", "/3/predefinedaccounts/{name}", "settings")
def predefined_account(call: Call) -> Document:
    """One part."""
    number = chart.PREDEFINED_ACCOUNTS.get(call.path["name"])
    if number is None:
        raise ApiError(2001403, "Kan inte hitta det fördefinierade kontot.", 404)
    return {"PreDefinedAccount": _predefined(call, call.path["name"], number)}


def _predefined(call: Call, name: str, number: int) -> Document:
    return {"@url": f"{call.base}/predefinedaccounts/{name}", "Account": number, "Name": name}


@resource("GET", "/3/predefinedvoucherseries", "settings", listing=True)
def predefined_series(call: Call) -> Document:
    """Which series takes which kind of voucher."""

    def shape(pair: tuple[str, str]) -> Document:
        name, code = pair
        return {"@url": f"{call.base}/predefinedvoucherseries/{name}", "Name": name, "VoucherSeries": code}

    items = list(chart.PREDEFINED_SERIES.items())
    return lists.page("PreDefinedVoucherSeriesCollection", items, call.query, shape)


@resource("GET", "/3/sie/{Type}", "bookkeeping", f"{YEAR} fromdate todate exportall", raw=True)
def sie_file(call: Call) -> Answer:
    """A year's books as a SIE file."""
    if call.path["Type"] not in {"1", "2", "3", "4"}:
        raise bad_parameter("Type")
    selection = sie.Selection(
        int(call.path["Type"]),
        lists.day(call.query, "fromdate"),
        lists.day(call.query, "todate"),
        unused_accounts=call.query.get("exportall", "true") != "false",
    )
    data = call.tenant.sie_file(call.year, selection, utf8="utf8-sie" in call.faults)
    return Answer(200, data, "application/octet-stream")
