"""What Fortnox refuses, the sandbox refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core.fortnox.sandbox.child import TenantInfo

ROWS = [{"Account": 6530, "Debit": 100}, {"Account": 2990, "Credit": 100}]
GOOD: dict[str, Any] = {
    "Description": "Upplupet arvode",
    "TransactionDate": "2025-12-31",
    "VoucherSeries": "I",
    "VoucherRows": ROWS,
}


def refusal(answer: Any) -> tuple[int, int]:
    """Status and code, whatever the capitalisation."""
    information = {key.lower(): value for key, value in answer.json()["ErrorInformation"].items()}
    return answer.status_code, information["code"]


def post(program: Any, tenant: TenantInfo, year: int = 1, **changes: Any) -> Any:
    voucher = {key: value for key, value in {**GOOD, **changes}.items() if value is not None}
    return program.call(
        "POST", "vouchers", params={"financialyear": tenant.years[year].id}, json={"Voucher": voucher}
    )


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"VoucherSeries": "B"}, 2099003),
        ({"VoucherSeries": "Q"}, 2099004),
        ({"VoucherSeries": None}, 2001795),
        ({"TransactionDate": "2026-01-01"}, 2099002),
        ({"TransactionDate": "31/12"}, 2000588),
        ({"TransactionDate": "2025-02-30"}, 2000588),
        ({"Description": None}, 2001795),
        ({"Description": "x" * 201}, 2099005),
        ({"Description": "Café “Nord”"}, 2000359),
        ({"Comments": "[brygga]"}, 2000359),
        ({"Comments": "a|b"}, 2000359),
        ({"Text": "x"}, 2001399),
        ({"VoucherRows": []}, 2001795),
        ({"VoucherRows": [ROWS[0], {"Account": 2990, "Credit": 99.99}]}, 2099001),
        ({"VoucherRows": [ROWS[0], {"Account": 9123, "Credit": 100}]}, 2001304),
        ({"VoucherRows": [ROWS[0], {"Account": 6590, "Credit": 100}]}, 2000550),
        ({"VoucherRows": [ROWS[0], {"Account": 2990, "Credit": -100}]}, 2000108),
        ({"VoucherRows": [ROWS[0], {"Account": 2990, "Credit": "100"}]}, 2000108),
        ({"VoucherRows": [ROWS[0], {"Account": 2990, "Credit": 100.001}]}, 2000108),
        ({"VoucherRows": [ROWS[0], {"Account": 2990, "Credit": 100, "CostCenter": "X"}]}, 2002821),
        ({"VoucherRows": [ROWS[0], {"Account": 2990, "Credit": 100, "Amount": 1}]}, 2001399),
    ],
)
def test_a_voucher_with_a_mistake_is_refused_and_not_booked(
    program: Any, tenant: TenantInfo, changes: dict[str, Any], code: int
) -> None:
    program.connect(tenant.tenant)
    assert refusal(post(program, tenant, **changes)) == (400, code)
    books = program.control("GET", f"books/{tenant.tenant}?year={tenant.years[1].id}")
    assert [each for each in books["years"][0]["vouchers"] if each["series"] == "I"] == []


def test_every_allowed_character_is_accepted(program: Any, tenant: TenantInfo) -> None:
    program.connect(tenant.tenant)
    text = "Åäö éß 123 – : . ` ´ ’ , ; ^ ¤ # % § £ $ € ¢ ¥ © ™ ° & / ( ) = + - * _ ! ? ² ³ ® ½ @ \\"
    answer = post(program, tenant, Comments=text)
    assert answer.status_code == 201, answer.text
    assert answer.json()["Voucher"]["Comments"] == text


def test_without_a_year_the_preselected_one_is_used(program: Any, tenant: TenantInfo) -> None:
    program.connect(tenant.tenant)
    answer = program.call("POST", "vouchers", json={"Voucher": {**GOOD, "TransactionDate": "2026-01-15"}})
    assert str(answer.json()["Voucher"]["Year"]) == tenant.years[2].id


def test_a_locked_period_stops_every_series_but_the_closing_one(
    program: Any, named: Callable[[str], TenantInfo]
) -> None:
    tenant = named("Nya Bygg")
    program.connect(tenant.tenant)
    assert program.get("settings/lockedperiod") == {"LockedPeriod": {"EndDate": "2025-12-31"}}
    answer = post(program, tenant, VoucherSeries="A")
    assert refusal(answer) == (400, 2000401)
    assert "låst perioden t.o.m. 2025-12-31" in answer.json()["ErrorInformation"]["message"]
    assert post(program, tenant, VoucherSeries="I").status_code == 201


def test_a_series_is_manual_for_each_year_by_itself(program: Any, tenant: TenantInfo) -> None:
    program.connect(tenant.tenant)
    closed = {"manual": {"year": tenant.years[1].id, "series": "I", "open": False}}
    program.control("POST", f"tenants/{tenant.tenant}", closed)
    assert refusal(post(program, tenant)) == (400, 2099003)
    assert post(program, tenant, year=2, TransactionDate="2026-01-31").status_code == 201


def test_a_scope_that_was_not_asked_for_is_not_granted(program: Any, tenant: TenantInfo) -> None:
    program.connect(tenant.tenant, scope="bookkeeping companyinformation")
    assert program.call("GET", "companyinformation").status_code == 200
    assert refusal(program.call("GET", "invoices")) == (403, 2001393)
    assert refusal(program.call("GET", "invoicepayments")) == (403, 2000663)


@pytest.mark.parametrize(
    ("path", "query", "expected"),
    [
        ("vouchers", {"limit": "501"}, (400, 2000588)),
        ("vouchers", {"page": "0"}, (400, 2000588)),
        ("vouchers", {"financialyear": "2025"}, (400, 2000588)),
        ("vouchers", {"financialYear": "1"}, (400, 2000588)),
        ("invoices", {"filter": "paid"}, (400, 2000587)),
        ("invoices", {"todate": "yesterday"}, (400, 2000588)),
        ("supplierinvoices", {"fromdate": "2025-01-01"}, (400, 2000588)),
        ("invoices/999999", {}, (404, 2000434)),
        ("accounts/9999", {}, (404, 2000423)),
        ("vouchers/A/99999", {}, (404, 2000441)),
        ("nothing", {}, (404, 2000762)),
        ("sie/5", {}, (400, 2000588)),
    ],
)
def test_a_bad_question_is_refused_with_its_code(
    program: Any, tenant: TenantInfo, path: str, query: dict[str, str], expected: tuple[int, int]
) -> None:
    program.connect(tenant.tenant)
    assert refusal(program.call("GET", path, params=query)) == expected


def test_errors_come_in_both_capitalisations(program: Any, tenant: TenantInfo) -> None:
    program.connect(tenant.tenant)
    missing = program.call("GET", "invoices/999999").json()["ErrorInformation"]
    assert missing == {"Error": 1, "Message": "Kan inte hitta fakturan.", "Code": 2000434}
    wrong = program.call("GET", "invoices", params={"filter": "x"}).json()["ErrorInformation"]
    assert wrong == {"error": 1, "message": "Ett ogiltigt filter har använts.", "code": 2000587}


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"content": b"{", "headers": {"Content-Type": "application/json"}}, 2002115),
        ({"content": b'{"Voucher": NaN}', "headers": {"Content-Type": "application/json"}}, 2002115),
        ({"content": b"", "headers": {"Content-Type": "application/json"}}, 2001392),
        ({"json": {"voucher": {}}}, 2001392),
        ({"json": []}, 2001392),
        ({"data": {"Voucher": "x"}}, 1000031),
        ({"json": {"Voucher": {}}, "headers": {"Accept": "application/xml"}}, 1000030),
    ],
)
def test_a_body_that_is_no_voucher_is_refused(
    program: Any, tenant: TenantInfo, options: dict[str, Any], code: int
) -> None:
    program.connect(tenant.tenant)
    assert refusal(program.call("POST", "vouchers", **options)) == (400, code)


def test_a_sie_file_is_not_served_as_json(program: Any, tenant: TenantInfo) -> None:
    program.connect(tenant.tenant)
    answer = program.call("GET", "sie/4", headers={"Accept": "application/json"})
    assert refusal(answer) == (400, 1000030)


def test_pages_cover_the_list_once(program: Any, tenant: TenantInfo) -> None:
    program.connect(tenant.tenant)
    whole = program.get("invoices", limit=500)
    count = whole["MetaInformation"]["@TotalResources"]
    pages = [program.get("invoices", limit=50, page=page + 1) for page in range(-(-count // 50))]
    assert all(page["MetaInformation"]["@TotalPages"] == len(pages) for page in pages)
    assert [each for page in pages for each in page["Invoices"]] == whole["Invoices"]
    assert len(program.get("invoices")["Invoices"]) == 100
    assert program.get("invoices", limit=50, page=len(pages) + 1)["Invoices"] == []


def test_an_empty_list_says_no_pages(program: Any, tenant: TenantInfo) -> None:
    program.connect(tenant.tenant)
    assert program.get("financialyears", date="1999-01-01") == {
        "MetaInformation": {"@TotalResources": 0, "@TotalPages": 0, "@CurrentPage": 1},
        "FinancialYears": [],
    }


def test_the_26th_request_within_five_seconds_is_refused(program: Any, tenant: TenantInfo) -> None:
    program.connect(tenant.tenant)
    answers = [program.call("GET", "companyinformation").status_code for _each in range(26)]
    assert answers == [200] * 25 + [429]


def test_text_is_sent_with_escapes(program: Any, tenant: TenantInfo) -> None:
    program.connect(tenant.tenant)
    answer = program.call("GET", "accounts/2440", params={"financialyear": tenant.years[1].id})
    assert rb"Leverant\u00f6rsskulder" in answer.content
    assert rb"http:\/\/127.0.0.1" in answer.content


def test_a_deleted_last_voucher_gives_its_number_to_the_next(program: Any, tenant: TenantInfo) -> None:
    program.connect(tenant.tenant)
    numbers = [post(program, tenant).json()["Voucher"]["VoucherNumber"] for _each in range(2)]
    program.control("DELETE", f"vouchers/{tenant.tenant}/{tenant.years[1].id}/I")
    assert post(program, tenant).json()["Voucher"]["VoucherNumber"] == numbers[1]


def test_opening_balances_follow_only_when_somebody_carries_them(program: Any, tenant: TenantInfo) -> None:
    program.connect(tenant.tenant)
    path, query = "accounts/2990", {"financialyear": tenant.years[2].id}
    assert post(program, tenant).status_code == 201
    assert program.get(path, **query)["Account"]["BalanceBroughtForward"] == 0
    program.control("POST", f"tenants/{tenant.tenant}", {"act": "carry_balances"})
    assert program.get(path, **query)["Account"]["BalanceBroughtForward"] == -100


def test_the_automatic_lock_refuses_but_is_not_shown(program: Any, tenant: TenantInfo) -> None:
    program.connect(tenant.tenant)
    program.control("POST", f"tenants/{tenant.tenant}", {"auto_locked_to": "2025-12-31"})
    assert program.get("settings/lockedperiod") == {"LockedPeriod": {"EndDate": None}}
    assert refusal(post(program, tenant, VoucherSeries="A")) == (400, 2099006)
    assert post(program, tenant).status_code == 201


def test_a_person_can_book_alter_and_delete_meanwhile(program: Any, tenant: TenantInfo) -> None:
    path = f"vouchers/{tenant.tenant}/{tenant.years[1].id}/H"
    given = {"date": "2025-12-31", "text": "Periodisering", "rows": [["1710", "100.00"], ["5010", "-100.00"]]}
    assert program.control("POST", path, given)["voucher"]["number"] == 1
    altered = program.control("PUT", path, {"number": 1, "rows": [["1710", "90"], ["5010", "-90"]]})
    assert altered["voucher"]["rows"][0] == ["1710", "90.00", ""]
    books = program.control("GET", f"books/{tenant.tenant}?year={tenant.years[1].id}")
    assert books["years"][0]["balances"]["1710"]["ub"] == "90.00"
    program.control("DELETE", path)
    assert program.control("POST", path, given)["voucher"]["number"] == 1


@pytest.mark.parametrize("amount", [b"1e400", b"1e30", b"-0.01", b"0.001"])
def test_an_amount_that_is_none_is_refused(program: Any, tenant: TenantInfo, amount: bytes) -> None:
    program.connect(tenant.tenant)
    body = (
        b'{"Voucher":{"Description":"x","TransactionDate":"2025-12-31","VoucherSeries":"I","VoucherRows":'
        b'[{"Account":1930,"Debit":' + amount + b'},{"Account":1910,"Credit":1}]}}'
    )
    query = {"financialyear": tenant.years[1].id}
    answer = program.call(
        "POST", "vouchers", params=query, content=body, headers={"Content-Type": "application/json"}
    )
    assert refusal(answer) == (400, 2000108)
