"""Every fault does what its name says, where and as often as it was asked to."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest

from core.fortnox.sandbox.child import TenantInfo

VOUCHER = {
    "Description": "Upplupet arvode",
    "TransactionDate": "2025-12-31",
    "VoucherSeries": "I",
    "VoucherRows": [{"Account": 6530, "Debit": 100}, {"Account": 2990, "Credit": 100}],
}


def post(program: Any, tenant: TenantInfo) -> Any:
    query = {"financialyear": tenant.years[1].id}
    return program.call("POST", "vouchers", params=query, json={"Voucher": VOUCHER})


def booked(program: Any, tenant: TenantInfo) -> int:
    """How often the voucher is in the books, seen from behind the counter."""
    books = program.control("GET", f"books/{tenant.tenant}?year={tenant.years[1].id}")
    return sum(each["series"] == "I" for each in books["years"][0]["vouchers"])


def lay(program: Any, name: str, **options: Any) -> None:
    program.control("POST", "faults", {"name": name, "count": 1, **options})


@pytest.mark.parametrize(("fault", "times"), [("500-before", 0), ("500-after", 1)])
def test_a_500_comes_before_or_after_the_deed(
    program: Any, tenant: TenantInfo, fault: str, times: int
) -> None:
    program.connect(tenant.tenant)
    lay(program, fault)
    assert post(program, tenant).status_code == 500
    assert booked(program, tenant) == times
    assert post(program, tenant).status_code == 201


@pytest.mark.parametrize(("fault", "times"), [("drop-before", 0), ("drop-after", 1)])
def test_a_connection_breaks_before_or_after_the_deed(
    program: Any, tenant: TenantInfo, fault: str, times: int
) -> None:
    program.connect(tenant.tenant)
    lay(program, fault)
    with pytest.raises(httpx.TransportError):
        post(program, tenant)
    assert booked(program, tenant) == times


def test_a_late_commit_is_booked_after_the_connection_broke(program: Any, tenant: TenantInfo) -> None:
    program.connect(tenant.tenant)
    lay(program, "late-commit", delay_s=0.5)
    with pytest.raises(httpx.TransportError):
        post(program, tenant)
    assert booked(program, tenant) == 0
    deadline = time.monotonic() + 10
    while not booked(program, tenant) and time.monotonic() < deadline:
        pass
    assert booked(program, tenant) == 1


def test_a_fault_after_the_deed_leaves_look_ups_alone(program: Any, tenant: TenantInfo) -> None:
    program.connect(tenant.tenant)
    lay(program, "500-after", path="/3/vouchers")
    assert program.call("GET", "vouchers").status_code == 200
    assert post(program, tenant).status_code == 500


def test_a_lost_rotation_kills_the_old_refresh_token(program: Any, tenant: TenantInfo) -> None:
    old = program.connect(tenant.tenant).tokens["refresh_token"]
    lay(program, "drop-after", path="/oauth-v1/token")
    with pytest.raises(httpx.TransportError):
        program.token(grant_type="refresh_token", refresh_token=old)
    dead = program.token(grant_type="refresh_token", refresh_token=old)
    assert dead.json()["error"] == "invalid_grant"


def test_a_lapse_ends_access_and_renewal(program: Any, tenant: TenantInfo) -> None:
    tokens = program.connect(tenant.tenant).tokens
    lay(program, "lapse", path="/3/")
    assert program.call("GET", "me").json() == {"message": "unauthorized"}
    renewed = program.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert renewed.json()["error"] == "invalid_grant"


def test_429_comes_in_three_forms(program: Any, tenant: TenantInfo) -> None:
    program.connect(tenant.tenant)
    lay(program, "429", count=3)
    answers = [program.call("GET", "me") for _each in range(3)]
    assert {answer.status_code for answer in answers} == {429}
    assert sorted(bool(answer.content) for answer in answers) == [False, True, True]
    assert sum("retry-after" in answer.headers for answer in answers) == 1
    assert program.call("GET", "me").status_code == 200


def test_a_truncated_answer_ends_in_the_middle(program: Any, tenant: TenantInfo) -> None:
    program.connect(tenant.tenant)
    lay(program, "truncated", path="/3/sie")
    with pytest.raises(httpx.RemoteProtocolError):
        program.call("GET", "sie/4")


def test_an_html_error_is_a_502_with_a_page(program: Any, tenant: TenantInfo) -> None:
    program.connect(tenant.tenant)
    lay(program, "html-error")
    answer = program.call("GET", "me")
    assert (answer.status_code, answer.headers["content-type"]) == (502, "text/html")


def test_lower_case_errors_change_the_keys_of_a_look_up(program: Any, tenant: TenantInfo) -> None:
    program.connect(tenant.tenant)
    lay(program, "lower-case-errors")
    assert "message" in program.call("GET", "invoices/999999").json()["ErrorInformation"]
    assert "Message" in program.call("GET", "invoices/999999").json()["ErrorInformation"]


@pytest.mark.parametrize(("fault", "code"), [("inactive-account", 2000550), ("locked-period", 2000401)])
def test_a_refusal_can_be_played_on_a_voucher(
    program: Any, tenant: TenantInfo, fault: str, code: int
) -> None:
    program.connect(tenant.tenant)
    lay(program, fault)
    assert post(program, tenant).json()["ErrorInformation"]["code"] == code
    assert post(program, tenant).status_code == 201


def test_a_missing_licence_is_a_403(program: Any, tenant: TenantInfo) -> None:
    program.connect(tenant.tenant)
    lay(program, "no-licence", path="/3/invoices")
    answer = program.call("GET", "invoices")
    assert (answer.status_code, answer.json()["ErrorInformation"]["Code"]) == (403, 2001101)


def test_a_sie_file_can_come_in_utf8_and_still_say_pc8(program: Any, tenant: TenantInfo) -> None:
    program.connect(tenant.tenant)
    lay(program, "utf8-sie")
    text = program.call("GET", "sie/4").content.decode()
    assert "#FORMAT PC8" in text
    assert "Leverantörsskulder" in text
    assert "Leverantörsskulder" in program.call("GET", "sie/4").content.decode("cp437")


def test_a_skewed_clock_ends_the_access_early(program: Any, tenant: TenantInfo) -> None:
    program.connect(tenant.tenant)
    straight = program.call("GET", "me").headers["date"]
    lay(program, "clock-skew")
    skewed = program.call("GET", "me")
    assert skewed.status_code == 401
    assert skewed.headers["date"] != straight
    assert program.call("GET", "me").status_code == 200


def test_a_slow_answer_takes_its_time(program: Any, tenant: TenantInfo) -> None:
    program.connect(tenant.tenant)
    lay(program, "slow", delay_s=0.2)
    started = time.monotonic()
    assert program.call("GET", "me").status_code == 200
    assert time.monotonic() - started >= 0.2


def test_a_fault_can_concern_one_company(program: Any, tenant: TenantInfo) -> None:
    program.connect(tenant.tenant)
    lay(program, "500-before", tenant="410137")
    assert program.call("GET", "me").status_code == 200


def test_a_fault_with_a_probability_strikes_now_and_then(program: Any, tenant: TenantInfo) -> None:
    program.connect(tenant.tenant)
    program.control("POST", "faults", {"name": "500-before", "probability": 0.5})
    seen = {program.call("GET", "me").status_code for _each in range(20)}
    assert seen == {200, 500}


def test_an_unknown_fault_is_refused(program: Any) -> None:
    answer = program.http.post(f"{program.info.control}/faults", json={"name": "earthquake"})
    assert answer.status_code == 400


def test_requests_are_recorded_with_status_and_fault(program: Any, tenant: TenantInfo) -> None:
    program.connect(tenant.tenant)
    lay(program, "500-after")
    post(program, tenant)
    last = program.control("GET", "requests")["requests"][-1]
    assert (last["method"], last["path"], last["status"]) == ("POST", "/3/vouchers", 500)
    assert (last["tenant"], last["fault"]) == (tenant.tenant, "500-after")


def test_the_control_page_lists_companies_and_switches_faults(program: Any) -> None:
    page = program.http.get(program.info.control)
    assert "Bageri Söder AB" in page.text
    added = program.http.post(program.info.control, data={"name": "slow", "count": "2", "path": "/3/sie"})
    assert added.status_code == 303
    assert program.control("GET", "faults")["faults"][0]["name"] == "slow"
