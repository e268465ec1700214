"""Every answer of the sandbox against the official subset of Fortnox's OpenAPI document."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from core.fortnox.sandbox.child import TenantInfo

SHARED = Path(os.environ.get("BRYGGA_SHARED", Path(__file__).parents[5] / "shared"))
SUBSET = SHARED / "data" / "fortnox" / "fortnox-openapi-subset.json"
pytestmark = pytest.mark.skipif(not SUBSET.exists(), reason="the official subset is not beside the checkout")

RECORDED_NULL = "null in recorded answers, which the document does not know"
DEVIATIONS = {
    "VoucherNumber": RECORDED_NULL,
    "VoucherSeries": RECORDED_NULL,
    "VoucherYear": RECORDED_NULL,
    "FinalPayDate": RECORDED_NULL,
    "DeliveryDate": RECORDED_NULL,
    "LastRemindDate": RECORDED_NULL,
    "TaxReduction": RECORDED_NULL,
    "TimeBasisReference": RECORDED_NULL,
    "Comments": RECORDED_NULL,
    "VATCode": RECORDED_NULL,
    "EndDate": "null while nothing is locked (reference 6.5)",
    "PaymentWay": "an empty text in recorded answers, outside the document's values",
    "CurrencyRate": "a text in the recorded list of invoices, a number in the document",
    "InvoiceReference": "recorded in single invoices, not in the document",
    "MetaInformation": "the recorded envelope of lists, left out of the document",
}
"""Fields in which the sandbox follows the recordings rather than the document, and why."""


def _strict(schema: Any) -> Any:
    """The document's schema where unknown fields are errors, and the listed deviations are let through."""
    if isinstance(schema, list):
        return [_strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: _strict(value) for key, value in schema.items()}
    properties = made.get("properties")
    if isinstance(properties, dict):
        made["properties"] = properties | dict.fromkeys(DEVIATIONS, True)
        made["additionalProperties"] = False
    return made


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(SUBSET.read_text(encoding="utf-8"))
    return loaded


def _schema(document: dict[str, Any], method: str, path: str) -> dict[str, Any]:
    for pattern, operations in document["paths"].items():
        expression = re.sub(r"{\w+}", "[^/]+", pattern)
        if re.fullmatch(expression, f"/3/{path}") and method in operations and "{" not in pattern:
            break
    else:
        pattern = next(
            each for each in document["paths"] if re.fullmatch(re.sub(r"{\w+}", "[^/]+", each), f"/3/{path}")
        )
    responses = document["paths"][pattern][method]["responses"]
    content = responses["201" if method == "post" else "200"]["content"]
    schema: dict[str, Any] = next(iter(content.values()))["schema"]
    return schema


def _validate(document: dict[str, Any], schema: dict[str, Any], answer: Any, path: str) -> None:
    whole = {**schema, "components": _strict(document["components"])}
    validator = jsonschema.Draft202012Validator(whole)
    errors = [f"{path}: {list(error.path)}: {error.message[:200]}" for error in validator.iter_errors(answer)]
    assert errors == []


LISTS = (
    "financialyears", "accounts", "voucherseries", "vouchers", "vouchers/sublist", "vouchers/sublist/A",
    "predefinedaccounts", "invoices", "supplierinvoices", "invoicepayments", "supplierinvoicepayments",
    "predefinedvoucherseries", "accountcharts", "companyinformation", "settings/company",
    "settings/lockedperiod", "me", "inbox", "archive", "voucherfileconnections",
)  # fmt: skip


@pytest.mark.parametrize("path", LISTS)
def test_lists_and_settings_follow_the_document(
    program: Any, tenant: TenantInfo, document: dict[str, Any], path: str
) -> None:
    program.connect(tenant.tenant)
    _validate(document, _schema(document, "get", path), program.get(path), path)


@pytest.mark.parametrize("name", ["Östra Fastighet", "Cykel & Co", "Bageri Söder"])
def test_single_records_follow_the_document(
    program: Any, named: Callable[[str], TenantInfo], document: dict[str, Any], name: str
) -> None:
    tenant = named(name)
    program.connect(tenant.tenant)
    year = tenant.years[1].id
    for path in (
        f"financialyears/{year}", "accounts/1510", "voucherseries/A", "vouchers/A/3", "predefinedaccounts/CUSTCLAIM",
        "invoices/1100", "supplierinvoices/7", "invoicepayments/9", "supplierinvoicepayments/5",
    ):  # fmt: skip
        query = (
            {"financialyear": year} if path.split("/")[0] in {"accounts", "voucherseries", "vouchers"} else {}
        )
        answer = program.get(path, **query)
        _validate(document, _schema(document, "get", path), answer, path)


def test_an_account_that_is_added_and_changed_follows_the_document(
    program: Any, tenant: TenantInfo, document: dict[str, Any]
) -> None:
    program.connect(tenant.tenant)
    year = {"financialyear": tenant.years[1].id}
    body = {"Number": 1693, "Description": "Avräkning", "Active": False, "SRU": 7261}
    made = program.call("POST", "accounts", params=year, json={"Account": body})
    _validate(document, _schema(document, "post", "accounts"), made.json(), "accounts")
    change = {"Number": 1693, "Description": "Avräkning", "Active": True}
    changed = program.call("PUT", "accounts/1693", params=year, json={"Account": change})
    _validate(document, _schema(document, "put", "accounts/1693"), changed.json(), "accounts/1693")
    assert (changed.json()["Account"]["Active"], changed.json()["Account"]["SRU"]) == (True, 7261)


def test_what_is_created_follows_the_document(
    program: Any, tenant: TenantInfo, document: dict[str, Any]
) -> None:
    program.connect(tenant.tenant)
    year = tenant.years[1].id
    rows = [{"Account": 1930, "Debit": 5}, {"Account": 1910, "Credit": 5}]
    body = {
        "Description": "Kassa",
        "TransactionDate": "2025-12-31",
        "VoucherSeries": "A",
        "VoucherRows": rows,
    }
    made = program.call("POST", "vouchers", params={"financialyear": year}, json={"Voucher": body})
    _validate(document, _schema(document, "post", "vouchers"), made.json(), "vouchers/A/1")
    sent = program.call("POST", "inbox", params={"folderid": "inbox_v"}, files={"file": ("a.pdf", b"%PDF-")})
    assert sent.status_code == 201, sent.text
    _validate(document, _schema(document, "post", "inbox"), sent.json(), "inbox/x")
    number = str(made.json()["Voucher"]["VoucherNumber"])
    link = {"FileId": sent.json()["File"]["Id"], "VoucherSeries": "A", "VoucherNumber": number}
    tied = program.call(
        "POST", "voucherfileconnections", params={"financialyear": year}, json={"VoucherFileConnection": link}
    )
    assert tied.status_code == 201, tied.text
    _validate(
        document, _schema(document, "post", "voucherfileconnections"), tied.json(), "voucherfileconnections/x"
    )
    assert program.call("GET", f"inbox/{link['FileId']}").content == b"%PDF-"
    assert program.call("GET", "archive", params={"fileid": link["FileId"]}).status_code == 404
