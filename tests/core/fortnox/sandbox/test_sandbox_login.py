"""Tokens: codes of ten minutes, access of an hour, single use, and every refusal with its own words."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from core.fortnox.sandbox.child import TenantInfo

REDIRECT = "http://127.0.0.1:1/callback"


def test_a_code_works_once(program: Any, tenant: TenantInfo) -> None:
    code = program.consent(tenant.tenant)["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
    assert program.token(**form).status_code == 200
    again = program.token(**form)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


def test_a_code_wants_the_same_redirect_address(program: Any, tenant: TenantInfo) -> None:
    code = program.consent(tenant.tenant)["code"]
    form = {"grant_type": "authorization_code", "code": code}
    other = program.token(**form, redirect_uri="http://127.0.0.1:2/callback")
    assert other.status_code == 400
    assert "redirect URI" in other.json()["error_description"]
    assert program.token(**form, redirect_uri=REDIRECT).status_code == 200


def test_a_code_dies_after_ten_minutes(program: Any, tenant: TenantInfo) -> None:
    code = program.consent(tenant.tenant)["code"]
    program.control("POST", "clock", {"seconds": 601})
    late = program.token(grant_type="authorization_code", code=code, redirect_uri=REDIRECT)
    assert late.json()["error"] == "invalid_grant"


def test_a_refresh_token_works_once_and_is_replaced(program: Any, tenant: TenantInfo) -> None:
    first = program.connect(tenant.tenant).tokens
    second = program.token(grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert second.headers["cache-control"] == "no-store"
    assert second.json()["refresh_token"] != first["refresh_token"]
    used = program.token(grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert used.status_code == 400
    assert used.headers["content-type"] == "text/html; charset=UTF-8"
    assert used.json() == {"error": "invalid_grant", "error_description": "Invalid refresh token"}
    third = program.token(grant_type="refresh_token", refresh_token=second.json()["refresh_token"])
    assert third.status_code == 200


def test_a_refresh_token_dies_after_45_days(program: Any, tenant: TenantInfo) -> None:
    tokens = program.connect(tenant.tenant).tokens
    program.control("POST", "clock", {"seconds": 45 * 86400 - 60})
    alive = program.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert alive.status_code == 200
    program.control("POST", "clock", {"seconds": 45 * 86400 + 60})
    dead = program.token(grant_type="refresh_token", refresh_token=alive.json()["refresh_token"])
    assert dead.json()["error"] == "invalid_grant"


def test_an_access_token_dies_after_an_hour(program: Any, tenant: TenantInfo) -> None:
    program.connect(tenant.tenant)
    assert program.call("GET", "me").status_code == 200
    program.control("POST", "clock", {"seconds": 3601})
    dead = program.call("GET", "me")
    assert (dead.status_code, dead.json()) == (401, {"message": "unauthorized"})


def test_a_wrong_secret_is_refused_under_a_false_content_type(program: Any) -> None:
    answer = program.http.post(
        f"{program.info.auth_url}/token", data={"grant_type": "refresh_token"}, auth=("sandbox-2025", "wrong")
    )
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "text/plain;charset=UTF-8"
    assert answer.json()["error"] == "invalid_client"


def test_the_access_token_names_its_tenant(program: Any, tenant: TenantInfo) -> None:
    token = program.connect(tenant.tenant).tokens["access_token"]
    part = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    assert str(claims["tenantId"]) == tenant.tenant


def test_client_credentials_need_a_consent_for_a_service_account(program: Any, tenant: TenantInfo) -> None:
    program.connect(tenant.tenant)
    refused = program.token(grant_type="client_credentials", tenant=tenant.tenant)
    assert refused.status_code == 400
    program.connect(tenant.tenant, account_type="service")
    given = program.token(grant_type="client_credentials", tenant=tenant.tenant)
    assert given.status_code == 200
    assert "refresh_token" not in given.json()
    program.tokens = given.json()
    assert str(program.get("companyinformation")["CompanyInformation"]["DatabaseNumber"]) == tenant.tenant


def test_revoking_ends_every_token_of_the_consent(program: Any, tenant: TenantInfo) -> None:
    tokens = program.connect(tenant.tenant).tokens
    answer = program.http.post(
        f"{program.info.auth_url}/revoke",
        data={"token_type_hint": "refresh_token", "token": tokens["refresh_token"]},
        auth=(program.info.client_id, program.info.client_secret),
    )
    assert answer.json() == {"revoked": True}
    assert program.call("GET", "me").status_code == 401
    dead = program.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert dead.json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"scope": "bookkeeping everything"}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"state": ""}, "invalid_request"),
    ],
)
def test_a_bad_question_is_sent_back_before_any_login(
    program: Any, changes: dict[str, str], error: str
) -> None:
    answer = program.ask(**changes)
    assert answer.status_code == 302
    assert f"error={error}" in answer.headers["location"]


@pytest.mark.parametrize(
    "changes", [{"client_id": "other"}, {"redirect_uri": "https://evil.example/callback"}]
)
def test_an_address_that_is_not_registered_gets_no_redirect(program: Any, changes: dict[str, str]) -> None:
    answer = program.ask(**changes)
    assert answer.status_code == 400
    assert "location" not in answer.headers


@pytest.mark.parametrize("fault", ["no-right", "locked-account", "no-licence", "no-service"])
def test_a_consent_can_fail_for_reasons_of_the_customer(program: Any, tenant: TenantInfo, fault: str) -> None:
    program.control("POST", "faults", {"name": fault, "count": 1, "path": "/oauth-v1/auth"})
    answer = program.consent(tenant.tenant, account_type="service")
    assert answer["error"]
    assert answer["error_description"]
    assert answer["state"] == "s-1"


def test_a_callback_can_come_without_a_code(program: Any, tenant: TenantInfo) -> None:
    program.control("POST", "faults", {"name": "no-code", "count": 1})
    assert program.consent(tenant.tenant) == {"state": "s-1"}
