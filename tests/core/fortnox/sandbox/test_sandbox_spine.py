"""What a program written from the reference alone can do against the sandbox."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.fortnox.sandbox.child import TenantInfo


def voucher(day: str = "2025-12-31", series: str = "I", **changes: Any) -> dict[str, Any]:
    rows = [{"Account": 8811, "Debit": 1000.5}, {"Account": 2125, "Credit": 1000.5}]
    return {
        "Voucher": {
            "Description": "Periodiseringsfond",
            "TransactionDate": day,
            "VoucherSeries": series,
            "Comments": "brygga:bkaaaabbbbccccdddd",
            "VoucherRows": rows,
            **changes,
        }
    }


def test_the_consent_page_is_a_form_that_keeps_the_query(program: Any, tenant: TenantInfo) -> None:
    page = program.ask(state="keep & me").text
    assert page.count("<form") == 1
    assert "Godkänn" in page
    assert "Avbryt" in page
    answer = program.answer(page, tenant.tenant)
    assert answer["state"] == "keep & me"
    assert answer["code"]


def test_a_refusal_comes_back_as_access_denied(program: Any, tenant: TenantInfo) -> None:
    answer = program.answer(program.ask().text, tenant.tenant, "deny")
    assert answer["error"] == "access_denied"
    assert "code" not in answer


def test_the_spine_runs_from_consent_to_a_booked_voucher(program: Any, tenant: TenantInfo) -> None:
    program.connect(tenant.tenant)
    company = program.get("companyinformation")["CompanyInformation"]
    assert (company["OrganizationNumber"], company["DatabaseNumber"]) == (tenant.orgnr, int(tenant.tenant))
    years = program.get("financialyears", date="2025-12-31")["FinancialYears"]
    assert [str(year["Id"]) for year in years] == [tenant.years[1].id]
    year = years[0]["Id"]
    series = program.get("voucherseries", financialyear=year)["VoucherSeriesCollection"]
    assert "I" in {each["Code"] for each in series if each["Manual"]}
    made = program.call("POST", "vouchers", params={"financialyear": year}, json=voucher())
    assert made.status_code == 201, made.text
    number = made.json()["Voucher"]["VoucherNumber"]
    found = program.get("vouchers", financialyear=year, voucherseries="I", fromdate="2025-12-31")["Vouchers"]
    assert [each["Comments"] for each in found if each["VoucherNumber"] == number] == [
        "brygga:bkaaaabbbbccccdddd"
    ]
    alone = program.get(f"vouchers/I/{number}", financialyear=year)["Voucher"]
    assert [(row["Account"], row["Debit"], row["Credit"]) for row in alone["VoucherRows"]] == [
        (8811, 1000.5, 0),
        (2125, 0, 1000.5),
    ]


def test_the_sie_file_is_in_code_page_437_with_the_booked_voucher(program: Any, tenant: TenantInfo) -> None:
    program.connect(tenant.tenant)
    year = tenant.years[1].id
    program.call("POST", "vouchers", params={"financialyear": year}, json=voucher())
    data = program.call("GET", "sie/4", params={"financialyear": year}).content
    text = data.decode("cp437")
    assert text.startswith("#FLAGGA 0\r\n#FORMAT PC8\r\n#SIETYP 4\r\n#PROGRAM")
    assert f"#ORGNR {tenant.orgnr}" in text
    assert "Leverantörsskulder" in text
    assert '#TRANS 8811 {} 1000.5 "" "" 0' in text


def test_every_list_of_the_spine_answers(program: Any, named: Callable[[str], TenantInfo]) -> None:
    program.connect(named("Bageri Söder").tenant)
    for path, key in (
        ("invoices", "Invoices"),
        ("supplierinvoices", "SupplierInvoices"),
        ("invoicepayments", "InvoicePayments"),
        ("supplierinvoicepayments", "SupplierInvoicePayments"),
        ("accounts", "Accounts"),
        ("vouchers", "Vouchers"),
        ("predefinedaccounts", "PreDefinedAccounts"),
    ):
        document = program.get(path, limit=500)
        assert document[key], path
        assert document["MetaInformation"]["@CurrentPage"] == 1


def test_a_company_with_brackets_in_its_name_keeps_them(
    program: Any, named: Callable[[str], TenantInfo]
) -> None:
    program.connect(named("Nya Bygg").tenant)
    assert program.get("settings/company")["CompanySettings"]["Name"] == "Nya Bygg [Norr] AB"


def test_a_program_consents_refreshes_pages_and_posts(program: Any, tenant: TenantInfo) -> None:
    program.connect(tenant.tenant, access_type="offline")
    program.control("POST", "clock", {"seconds": 3700})
    assert program.call("GET", "invoices").status_code == 401
    refresh = program.tokens["refresh_token"]
    program.tokens = program.token(grant_type="refresh_token", refresh_token=refresh).json()
    numbers: list[str] = []
    page = 1
    while True:
        document = program.get("invoices", limit=100, page=page)
        assert document["MetaInformation"]["@CurrentPage"] == page
        numbers += [each["DocumentNumber"] for each in document["Invoices"]]
        if page >= document["MetaInformation"]["@TotalPages"]:
            break
        page += 1
    assert len(numbers) == len(set(numbers)) == document["MetaInformation"]["@TotalResources"]
    made = program.call("POST", "vouchers", params={"financialyear": tenant.years[1].id}, json=voucher())
    assert made.status_code == 201
