from __future__ import annotations

import json
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from core.errors import FortnoxRejected, TryLater
from core.fortnox import resources
from core.fortnox.api import Api, Outcome
from core.model import Ledger, Row, VoucherRef, VoucherRequest


def page(key: str, items: list[Any], number: int, pages: int, total: int) -> bytes:
    meta = {"@TotalResources": total, "@TotalPages": pages, "@CurrentPage": number}
    return json.dumps({"MetaInformation": meta, key: items}).encode()


def account(number: int) -> dict[str, Any]:
    return {"Number": number, "Description": "K", "Active": True}


def query(seen: Any) -> dict[str, str]:
    return {key: values[0] for key, values in parse_qs(urlsplit(seen.target).query).items()}


async def test_a_list_is_read_page_by_page_at_500(server: Any, api: Api, answer: Any) -> None:
    server.answers(
        answer(200, page("Accounts", [account(n) for n in range(1000, 1500)], 1, 2, 501)),
        answer(200, page("Accounts", [account(1930)], 2, 2, 501)),
    )
    told: list[tuple[int, int]] = []
    found = await resources.accounts(api, "3", lambda number, pages: told.append((number, pages)))
    assert len(found) == 501
    assert told == [(1, 2), (2, 2)]
    assert [query(seen) for seen in server.seen] == [
        {"financialyear": "3", "page": "1", "limit": "500"},
        {"financialyear": "3", "page": "2", "limit": "500"},
    ]


async def test_an_empty_list_is_empty(server: Any, api: Api, answer: Any) -> None:
    server.answers(answer(200, page("FinancialYears", [], 1, 0, 0)))
    assert await resources.financial_years(api) == []


async def test_another_page_than_asked_for_is_refused(server: Any, api: Api, answer: Any) -> None:
    server.answers(answer(200, page("Accounts", [account(1)], 2, 2, 2)))
    with pytest.raises(FortnoxRejected):
        await resources.accounts(api, "3")


async def test_a_full_page_that_does_not_say_how_many_there_are_is_refused(
    server: Any, api: Api, answer: Any
) -> None:
    """Taking it for the whole list would leave the rest out of the books unseen."""
    server.answers(answer(200, json.dumps({"Accounts": [account(n) for n in range(1000, 1500)]}).encode()))
    with pytest.raises(FortnoxRejected):
        await resources.accounts(api, "3")


async def test_a_list_that_changed_meanwhile_is_read_anew(server: Any, api: Api, answer: Any) -> None:
    server.answers(
        answer(200, page("Accounts", [account(1)], 1, 2, 2)),
        answer(200, page("Accounts", [account(2)], 2, 2, 3)),
        answer(200, page("Accounts", [account(1), account(2), account(3)], 1, 1, 3)),
    )
    assert [one.number for one in await resources.accounts(api, "3")] == ["1", "2", "3"]


async def test_a_list_that_never_holds_still_is_for_later(server: Any, api: Api, answer: Any) -> None:
    server.answers(answer(200, page("Accounts", [account(1)], 1, 1, 2)))
    with pytest.raises(TryLater):
        await resources.accounts(api, "3")


async def test_sie_bytes_are_left_alone_and_json_is_not_asked_for(server: Any, api: Api, answer: Any) -> None:
    data = '#FNAMN "Åkeri"\r\n'.encode("cp437")
    server.answers(answer(200, data))
    assert await resources.sie(api, "4") == data
    assert server.seen[0].headers["accept"] == "*/*"
    assert urlsplit(server.seen[0].target).path == "/3/sie/4"


async def test_years_come_in_order_with_their_method(server: Any, api: Api, answer: Any) -> None:
    years = [
        {"Id": 1, "FromDate": "2025-01-01", "ToDate": "2025-12-31", "AccountingMethod": "ACCRUAL"},
        {"Id": 2, "FromDate": "2024-01-01", "ToDate": "2024-12-31", "AccountingMethod": "CASH"},
    ]
    server.answers(answer(200, page("FinancialYears", years, 1, 1, 2)))
    found = await resources.financial_years(api)
    assert [(one.year.id, one.cash_method) for one in found] == [("2", True), ("1", False)]


async def test_company_number_becomes_canonical(server: Any, api: Api, answer: Any) -> None:
    body = {"CompanyName": "A AB", "OrganizationNumber": "5560160680", "DatabaseNumber": 5}
    server.answers(answer(200, json.dumps({"CompanyInformation": body}).encode()))
    found = await resources.company(api)
    assert (found.orgnr, found.tenant) == ("556016-0680", "5")


@pytest.mark.parametrize(("sent", "expected"), [("2025-06-30", date(2025, 6, 30)), (None, None), ("", None)])
async def test_locked_period_may_be_absent(
    server: Any, api: Api, answer: Any, sent: str | None, expected: date | None
) -> None:
    server.answers(answer(200, json.dumps({"LockedPeriod": {"EndDate": sent}}).encode()))
    assert await resources.locked_period(api) == expected


async def test_payments_with_write_offs_are_read_once_more(server: Any, api: Api, answer: Any) -> None:
    listed = [
        {
            "Number": "1",
            "InvoiceNumber": 5,
            "PaymentDate": "2025-01-02",
            "Amount": 10,
            "WriteOffExist": False,
        },
        {"Number": "2", "InvoiceNumber": 6, "PaymentDate": "2025-01-03", "Amount": 20, "WriteOffExist": True},
    ]
    single = {**listed[1], "WriteOffs": [{"Amount": 0.5}]}
    server.answers(
        answer(200, page("InvoicePayments", listed, 1, 1, 2)),
        answer(200, json.dumps({"InvoicePayment": single}).encode()),
    )
    found = await resources.payments(api, Ledger.CUSTOMER)
    assert [(one.number, one.write_off) for one in found] == [("1", 0), ("2", 50)]
    assert urlsplit(server.seen[1].target).path == "/3/invoicepayments/2"


async def test_an_invoice_without_balance_is_read_once_more(server: Any, api: Api, answer: Any) -> None:
    short = {"GivenNumber": "9", "InvoiceDate": "2025-01-02", "Total": "10"}
    server.answers(
        answer(200, page("SupplierInvoices", [short], 1, 1, 1)),
        answer(200, json.dumps({"SupplierInvoice": {**short, "Balance": "4"}}).encode()),
    )
    found = await resources.invoices(api, Ledger.SUPPLIER)
    assert found[0].balance == 400


def voucher_request() -> VoucherRequest:
    return VoucherRequest(
        key="bkABC",
        year_id="3",
        series="A",
        date=date(2025, 12, 31),
        text="Skatt",
        rows=(Row("8910", 27896000, "Årets"), Row("2512", -27896000, "", (("1", "K1"),))),
        comments="brygga:bkABC",
    )


async def test_a_voucher_is_sent_with_exact_amounts_and_its_year(server: Any, api: Api, answer: Any) -> None:
    receipt = {"VoucherSeries": "A", "VoucherNumber": 12, "Year": 3, "TransactionDate": "2025-12-31"}
    server.answers(answer(201, json.dumps({"Voucher": receipt}).encode()))
    result = await resources.create_voucher(api, voucher_request())
    assert (result.outcome, result.reference) == (Outcome.DONE, VoucherRef("A", "12", "3"))
    assert query(server.seen[0]) == {"financialyear": "3"}
    assert b'"Debit":278960.00' in server.seen[0].body
    sent = json.loads(server.seen[0].body)["Voucher"]
    assert sent["VoucherRows"][1] == {"Account": 2512, "Debit": 0, "Credit": 278960.0, "CostCenter": "K1"}
    assert "Year" not in sent


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"Voucher":{}}', b'{"Other":1}'])
async def test_a_receipt_that_cannot_be_read_is_unknown(
    server: Any, api: Api, answer: Any, body: bytes
) -> None:
    server.answers(answer(201, body))
    assert (await resources.create_voucher(api, voucher_request())).outcome is Outcome.UNKNOWN


async def test_vouchers_of_a_longer_series_name_are_left_out(server: Any, api: Api, answer: Any) -> None:
    items = [
        {
            "VoucherSeries": series,
            "VoucherNumber": 1,
            "Year": 3,
            "TransactionDate": "2025-12-31",
            "Comments": None,
        }
        for series in ("A", "AB")
    ]
    server.answers(answer(200, page("Vouchers", items, 1, 1, 2)))
    found = await resources.list_vouchers(api, "3", "A", from_date=date(2025, 12, 1))
    assert [head.reference.series for head in found] == ["A"]
    assert query(server.seen[0])["fromdate"] == "2025-12-01"


async def test_series_are_read_from_their_collection(server: Any, api: Api, answer: Any) -> None:
    items = [{"Code": "A", "Description": "Redovisning", "Manual": True, "Year": 3}]
    server.answers(answer(200, page("VoucherSeriesCollection", items, 1, 1, 1)))
    assert (await resources.voucher_series(api, "3"))[0].manual


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"Id": 7, "Name": "Eva Ek"}, "Eva Ek"),
        ({"Id": 7, "Name": ""}, "7"),
        ({"Id": 0, "Name": ""}, ""),
        (None, ""),
    ],
)
async def test_the_approver_of_a_series_is_known(
    server: Any, api: Api, answer: Any, sent: Any, expected: str
) -> None:
    items = [{"Code": "A", "Description": "Redovisning", "Manual": True, "Year": 3, "Approver": sent}]
    server.answers(answer(200, page("VoucherSeriesCollection", items, 1, 1, 1)))
    assert (await resources.voucher_series(api, "3"))[0].approver == expected


async def test_predefined_accounts_are_by_name(server: Any, api: Api, answer: Any) -> None:
    items = [{"Name": "CUSTCLAIM", "Account": 1510}, {"Name": "SUPDEBT", "Account": 2440}]
    server.answers(answer(200, page("PreDefinedAccounts", items, 1, 1, 2)))
    assert await resources.predefined_accounts(api) == {"CUSTCLAIM": "1510", "SUPDEBT": "2440"}
