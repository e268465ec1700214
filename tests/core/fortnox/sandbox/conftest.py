from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import pytest_asyncio

from core.fortnox.sandbox.child import SandboxChild, SandboxInfo, TenantInfo, start

REDIRECT = "http://127.0.0.1:1/callback"
SCOPES = "bookkeeping companyinformation settings invoice supplierinvoice payment inbox archive connectfile profile"


class Program:
    """A program written from the reference alone: consents, keeps its tokens, calls."""

    def __init__(self, info: SandboxInfo) -> None:
        self.info = info
        self.http = httpx.Client(trust_env=False, timeout=10, transport=httpx.HTTPTransport(verify=False))
        self.tokens: dict[str, Any] = {}

    def ask(self, **changes: str) -> httpx.Response:
        """Open the consent page."""
        query = {
            "client_id": self.info.client_id,
            "response_type": "code",
            "state": "s-1",
            "scope": SCOPES,
            "redirect_uri": REDIRECT,
            "access_type": "offline",
        }
        return self.http.get(f"{self.info.auth_url}/auth", params={**query, **changes})

    def answer(self, page: str, tenant: str, decision: str = "approve") -> dict[str, str]:
        """Press a button; what the callback then carries."""
        fields = dict(re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', page))
        fields = {name: html.unescape(value) for name, value in fields.items()}
        action = re.search(r'action="([^"]+)"', page)
        assert action
        base = self.info.auth_url.removesuffix("/oauth-v1")
        answer = self.http.post(base + action[1], data={**fields, "tenant": tenant, "decision": decision})
        assert answer.status_code == 302
        assert answer.headers["location"].startswith(REDIRECT)
        return {k: v[0] for k, v in parse_qs(urlsplit(answer.headers["location"]).query).items()}

    def consent(self, tenant: str, **changes: str) -> dict[str, str]:
        """Ask and approve."""
        return self.answer(self.ask(**changes).text, tenant)

    def token(self, **form: str) -> httpx.Response:
        """Call the token endpoint."""
        headers = {"TenantId": form.pop("tenant")} if "tenant" in form else {}
        auth = (self.info.client_id, self.info.client_secret)
        return self.http.post(f"{self.info.auth_url}/token", data=form, auth=auth, headers=headers)

    def connect(self, tenant: str, **changes: str) -> Program:
        """The whole consent, down to the tokens."""
        code = self.consent(tenant, **changes)["code"]
        self.tokens = self.token(grant_type="authorization_code", code=code, redirect_uri=REDIRECT).json()
        return self

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Call the API."""
        headers = {
            "Authorization": f"Bearer {self.tokens.get('access_token', '')}",
            **options.pop("headers", {}),
        }
        return self.http.request(method, f"{self.info.api_url}/{path}", headers=headers, **options)

    def get(self, path: str, **query: Any) -> Any:
        """A successful GET's document."""
        answer = self.call("GET", path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def control(self, method: str, path: str, document: Any = None) -> Any:
        """Call the sandbox's own controls."""
        answer = self.http.request(method, f"{self.info.control}/{path}", json=document)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox() -> AsyncIterator[SandboxChild]:
    async with start(clients=90) as child:
        yield child


@pytest.fixture
def program(sandbox: SandboxChild) -> Iterator[Program]:
    made = Program(sandbox.info)
    yield made
    made.control("DELETE", "faults")
    made.http.close()


@pytest.fixture(scope="module")
def plain_tenants(sandbox: SandboxChild) -> Iterator[TenantInfo]:
    return (tenant for tenant in sandbox.info.tenants if not tenant.traits)


@pytest.fixture
def tenant(plain_tenants: Iterator[TenantInfo]) -> TenantInfo:
    """A company that no other test of the module has called: its limit is untouched."""
    return next(plain_tenants)


@pytest.fixture
def named(sandbox: SandboxChild) -> Callable[[str], TenantInfo]:
    """A company by a part of its name."""
    return lambda name: next(each for each in sandbox.info.tenants if name in each.name)
