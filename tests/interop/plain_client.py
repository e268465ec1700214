"""A program that knows Fortnox from its documentation alone: httpx and nothing of brygga's.

``brygga sandbox serve | head -1 | python tests/interop/plain_client.py`` consents, refreshes, reads page by page,
posts a voucher, finds it again by its comment and revokes. It prints what it saw as JSON; exit 1 when anything
is not as Fortnox documents or has been recorded to answer.
"""

from __future__ import annotations

import html
import json
import re
import sys
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

REDIRECT = "http://localhost:9876/callback"
SCOPES = "bookkeeping companyinformation settings invoice supplierinvoice payment"
PAGE = 20
"""So small that a sample company has several pages."""
WINDOW_SECONDS = 5.0
MARKER = "interop:aaaabbbbccccdddd"


def consent(http: httpx.Client, info: dict[str, Any], tenant: str) -> str:
    """Open the consent page, approve for the tenant; the code that the browser is sent back with."""
    query = {
        "client_id": info["client_id"],
        "response_type": "code",
        "state": "a state & more",
        "scope": SCOPES,
        "redirect_uri": REDIRECT,
        "access_type": "offline",
    }
    page = http.get(f"{info['auth_url']}/auth", params=query)
    hidden = re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', page.text)
    fields = {name: html.unescape(value) for name, value in hidden}
    action = re.findall(r'<form[^>]*action="([^"]+)"', page.text)[0]
    target = httpx.URL(info["auth_url"]).join(html.unescape(action))
    answer = http.post(target, data={**fields, "tenant": tenant, "decision": "approve"})
    location = answer.headers["location"]
    assert location.startswith(REDIRECT), location
    back = parse_qs(urlsplit(location).query)
    assert back["state"] == ["a state & more"]
    return back["code"][0]


def token(http: httpx.Client, info: dict[str, Any], **form: str) -> httpx.Response:
    """Ask the token endpoint, with Basic authorization."""
    return http.post(f"{info['auth_url']}/token", data=form, auth=(info["client_id"], info["client_secret"]))


class Api:
    """Calls with a bearer token."""

    def __init__(self, http: httpx.Client, url: str, access: str) -> None:
        self._http, self._url = http, url
        self._headers = {"Authorization": f"Bearer {access}"}

    def send(self, method: str, path: str, query: dict[str, Any], **more: Any) -> httpx.Response:
        """Send; a request beyond 25 in 5 seconds was turned away at the door and is sent again."""
        headers = {**self._headers, **more.pop("headers", {})}
        answer = self._http.request(method, f"{self._url}/{path}", params=query, headers=headers, **more)
        if answer.status_code != 429:
            return answer
        time.sleep(WINDOW_SECONDS)
        return self._http.request(method, f"{self._url}/{path}", params=query, headers=headers, **more)

    def get(self, path: str, **query: Any) -> Any:
        """A document."""
        answer = self.send("GET", path, query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def pages(self, path: str, key: str, **query: Any) -> list[Any]:
        """Every document of a list, page by page."""
        found: list[Any] = []
        page, pages = 1, 1
        while page <= pages:
            content = self.get(path, page=page, limit=PAGE, **query)
            meta = content["MetaInformation"]
            assert meta["@CurrentPage"] == page
            pages = meta["@TotalPages"]
            found += content[key]
            page += 1
        assert len(found) == meta["@TotalResources"]
        return found

    def sie(self, year: int) -> bytes:
        """The year's SIE file; JSON is not asked for."""
        answer = self.send("GET", "sie/4", {"financialyear": year}, headers={"Accept": "*/*"})
        assert answer.status_code == 200, answer.text
        return answer.content

    def post(self, path: str, document: Any, **query: Any) -> httpx.Response:
        """Create something."""
        return self.send("POST", path, query, json=document)


def voucher(day: str) -> dict[str, Any]:
    """A balanced voucher."""
    rows = [{"Account": 8811, "Debit": 1000.5, "Credit": 0}, {"Account": 2125, "Debit": 0, "Credit": 1000.5}]
    return {
        "Voucher": {
            "Description": "Periodiseringsfond",
            "TransactionDate": day,
            "VoucherSeries": "A",
            "Comments": MARKER,
            "VoucherRows": rows,
        }
    }


def run(info: dict[str, Any]) -> dict[str, Any]:
    """Consent, refresh, page, post; what was seen."""
    tenant = info["tenants"][0]
    with httpx.Client(trust_env=False, timeout=30) as http:
        code = consent(http, info, tenant["tenant"])
        first = token(http, info, grant_type="authorization_code", code=code, redirect_uri=REDIRECT).json()
        used_code = token(http, info, grant_type="authorization_code", code=code, redirect_uri=REDIRECT)
        assert used_code.status_code == 400, used_code.text
        refresh = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
        second = token(http, info, **refresh).json()
        assert second["refresh_token"] != first["refresh_token"]
        replay = token(http, info, **refresh)
        assert (replay.status_code, replay.json()["error"]) == (400, "invalid_grant")

        api = Api(http, info["api_url"], second["access_token"])
        company = api.get("companyinformation")["CompanyInformation"]
        assert str(company["DatabaseNumber"]) == tenant["tenant"]
        last_day = tenant["years"][1]["to"]
        (year,) = api.get("financialyears", date=last_day)["FinancialYears"]
        before = api.pages("vouchers", "Vouchers", financialyear=year["Id"], fromdate=last_day)
        suppliers = api.pages("supplierinvoices", "SupplierInvoices")
        sie = api.sie(year["Id"])
        assert sie.startswith(b"#FLAGGA")

        made = api.post("vouchers", voucher(last_day), financialyear=year["Id"])
        assert made.status_code == 201, made.text
        number = made.json()["Voucher"]["VoucherNumber"]
        after = api.pages("vouchers", "Vouchers", financialyear=year["Id"], fromdate=last_day)
        mine = [one["VoucherNumber"] for one in after if one["Comments"] == MARKER]
        assert mine == [number]
        assert len(after) == len(before) + 1

        wrong = voucher(last_day)
        wrong["Voucher"]["VoucherRows"][0]["Account"] = 1
        refused = api.post("vouchers", wrong, financialyear=year["Id"])
        assert refused.status_code == 400
        assert {key.lower() for key in refused.json()["ErrorInformation"]} == {"error", "message", "code"}

        gone = http.post(
            f"{info['auth_url']}/revoke",
            data={"token_type_hint": "refresh_token", "token": second["refresh_token"]},
            auth=(info["client_id"], info["client_secret"]),
        )
        assert gone.json() == {"revoked": True}
        late = api.send("GET", "companyinformation", {})
        assert (late.status_code, late.json()) == (401, {"message": "unauthorized"})
    assert not {"core", "bridge", "tui", "brygga"} & set(sys.modules)
    return {
        "company": company["CompanyName"],
        "supplier_invoices": len(suppliers),
        "sie_bytes": len(sie),
        "voucher": f"A {number}",
    }


if __name__ == "__main__":
    print(json.dumps(run(json.loads(sys.stdin.readline())), ensure_ascii=False))
