"""Consents and tokens: codes for ten minutes, access for an hour, single-use refresh tokens for 45 days."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.fortnox.sandbox.answers import Answer, json_answer, oauth_error

CODE_LIFE = timedelta(minutes=10)
ACCESS_LIFE = timedelta(hours=1)
REFRESH_LIFE = timedelta(days=45)
SCOPES = frozenset(
    [
        "bookkeeping",
        "companyinformation",
        "settings",
        "invoice",
        "supplierinvoice",
        "payment",
        "customer",
        "supplier",
        "costcenter",
        "project",
        "inbox",
        "archive",
        "connectfile",
        "profile",
        "article",
        "currency",
        "price",
        "order",
        "offer",
        "salary",
    ]
)


@dataclass
class Consent:
    """What a person at the customer agreed to."""

    tenant: int
    scopes: frozenset[str]
    service: bool
    revoked: bool = False


@dataclass
class Issued:
    """A code or token that was handed out."""

    consent: Consent
    expires: datetime
    redirect_uri: str = ""
    used: bool = False


@dataclass
class TokenDesk:
    """The token endpoint: hands out codes and tokens, and knows what became of them."""

    client_id: str
    client_secret: str
    now: Callable[[], datetime]
    consents: list[Consent] = field(default_factory=list)
    codes: dict[str, Issued] = field(default_factory=dict)
    access: dict[str, Issued] = field(default_factory=dict)
    refresh: dict[str, Issued] = field(default_factory=dict)

    def approve(self, tenant: int, scopes: frozenset[str], redirect_uri: str, *, service: bool) -> str:
        """A person approved: the code that the callback will carry."""
        consent = Consent(tenant, scopes, service)
        self.consents.append(consent)
        code = secrets.token_urlsafe(24)
        self.codes[code] = Issued(consent, self.now() + CODE_LIFE, redirect_uri)
        return code

    def holder(self, access_token: str) -> Consent | None:
        """The consent behind a living access token."""
        issued = self.access.get(access_token)
        if issued is None or issued.consent.revoked or issued.expires <= self.now():
            return None
        return issued.consent

    def lapse(self, tenant: int) -> None:
        """The customer's consent is gone, for every way in."""
        for consent in self.consents:
            if consent.tenant == tenant:
                consent.revoked = True

    def answer(self, form: dict[str, str], authorization: str, tenant_id: str) -> Answer:
        """Handle ``POST /oauth-v1/token``."""
        if not self._knows(authorization):
            return oauth_error("invalid_client", "The client credentials are invalid", 401)
        grant = form.get("grant_type", "")
        if grant == "authorization_code":
            return self._exchange(form)
        if grant == "refresh_token":
            return self._rotate(form)
        if grant == "client_credentials":
            return self._service(tenant_id)
        return oauth_error("unsupported_grant_type", "The grant type is unavailable or not supported")

    def revoke(self, form: dict[str, str], authorization: str) -> Answer:
        """Handle ``POST /oauth-v1/revoke``; revoking what is dead is no error."""
        if not self._knows(authorization):
            return oauth_error("invalid_client", "The client credentials are invalid", 401)
        token = form.get("token", "")
        issued = self.refresh.get(token) or self.access.get(token)
        if issued is not None:
            issued.consent.revoked = True
        return json_answer({"revoked": True})

    def _knows(self, authorization: str) -> bool:
        pair = f"{self.client_id}:{self.client_secret}".encode()
        expected = "Basic " + base64.b64encode(pair).decode()
        return hmac.compare_digest(authorization.encode(), expected.encode())

    def _exchange(self, form: dict[str, str]) -> Answer:
        issued = self.codes.get(form.get("code", ""))
        if issued is None or issued.used or issued.expires <= self.now() or issued.consent.revoked:
            return oauth_error(
                "invalid_grant", "Authorization code doesn't exist or is invalid for the client"
            )
        if form.get("redirect_uri") != issued.redirect_uri:
            return oauth_error("redirect_uri_mismatch", "The redirect URI is missing or do not match")
        issued.used = True
        return self._issue(issued.consent, with_refresh=True)

    def _rotate(self, form: dict[str, str]) -> Answer:
        issued = self.refresh.get(form.get("refresh_token", ""))
        if issued is None or issued.used or issued.expires <= self.now() or issued.consent.revoked:
            return oauth_error("invalid_grant", "Invalid refresh token")
        issued.used = True
        return self._issue(issued.consent, with_refresh=True)

    def _service(self, tenant_id: str) -> Answer:
        living = [
            consent
            for consent in self.consents
            if consent.service and not consent.revoked and str(consent.tenant) == tenant_id
        ]
        if not living:
            return oauth_error("invalid_grant", "The tenant has not given consent to the client")
        return self._issue(living[-1], with_refresh=False)

    def _issue(self, consent: Consent, *, with_refresh: bool) -> Answer:
        access_token = self._web_token(consent)
        self.access[access_token] = Issued(consent, self.now() + ACCESS_LIFE)
        document: dict[str, object] = {
            "access_token": access_token,
            "expires_in": int(ACCESS_LIFE.total_seconds()),
            "token_type": "bearer",
            "scope": " ".join(sorted(consent.scopes)),
        }
        if with_refresh:
            document["refresh_token"] = secrets.token_hex(20)
            self.refresh[str(document["refresh_token"])] = Issued(consent, self.now() + REFRESH_LIFE)
        answer = json_answer(document)
        answer.headers |= {"Cache-Control": "no-store", "Pragma": "no-cache", "X-Uid": secrets.token_hex(4)}
        return answer

    def _web_token(self, consent: Consent) -> str:
        """A JSON web token with the claims that clients read (tenantId, userId)."""
        moment = int(self.now().timestamp())
        claims = {
            "tenantId": consent.tenant,
            "userId": 1,
            "scope": sorted(consent.scopes),
            "iat": moment,
            "exp": moment + int(ACCESS_LIFE.total_seconds()),
            "jti": secrets.token_hex(8),
        }
        parts = [_base64url(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
        signed = ".".join(parts)
        signature = hmac.digest(self.client_secret.encode(), signed.encode(), hashlib.sha256)
        return f"{signed}.{_base64url(signature)}"


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
