"""Fortnox's OAuth 2 endpoints: consent address, code exchange, refresh, client credentials, revocation.

Source: fortnox.se/developer/authorization (authorize, token, client credentials); the revoke form follows the
C# SDK. Tokens are opaque here, apart from the tenant claim of the access token, which nobody can verify and
which is therefore only a hint of which company answered.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import msgspec

from core.fortnox import errors
from core.fortnox.transport import TOKEN_SECONDS, Answer, Request, Transport, TransportFailure
from core.i18n import _
from core.register import ConnectionMode
from core.secret import Secret

INVALID_GRANT = "invalid_grant"
DEFAULT_LIFETIME = 3600
"""Seconds an access token lives when the answer does not say."""


@dataclass(frozen=True, slots=True)
class App:
    """The firm's app in Fortnox's developer portal."""

    auth_url: str
    client_id: str
    client_secret: Secret


@dataclass(frozen=True, slots=True)
class Grant:
    """A token answer. ``refresh`` is None for client credentials; ``expires_in`` is seconds."""

    access: Secret
    refresh: Secret | None
    expires_in: int
    scope: str

    @property
    def tenant(self) -> str:
        """The database number in the access token's claims, empty when it has none."""
        return _tenant_claim(self.access)


class OAuthRefused(Exception):
    """The authorization server refused, with OAuth's error word and its own description."""

    def __init__(self, fault: errors.Fault) -> None:
        super().__init__(f"{fault.code or fault.status}: {fault.text}")
        self.fault = fault

    @property
    def error(self) -> str:
        """``invalid_grant``, ``invalid_client`` ..."""
        return self.fault.code


class OAuthUnavailable(Exception):
    """No usable answer came; the same request may be made again."""


def authorize_address(app: App, *, state: str, scopes: str, redirect_uri: str, mode: ConnectionMode) -> str:
    """The address of the consent page.

    ``access_type=offline`` makes the refresh token durable; ``account_type=service`` asks for a service
    account, which only a system administrator of the company can approve.
    """
    query = {
        "client_id": app.client_id,
        "response_type": "code",
        "state": state,
        "scope": scopes,
        "redirect_uri": redirect_uri,
        "access_type": "offline",
    }
    if mode is ConnectionMode.SERVICE:
        query["account_type"] = "service"
    return f"{app.auth_url.rstrip('/')}/auth?{urlencode(query)}"


async def exchange_code(transport: Transport, app: App, code: Secret, redirect_uri: str) -> Grant:
    """Turn the code of a consent into tokens; the redirect address must be the one of the consent.

    Raises:
        OAuthRefused: the code is used, too old, or not ours.
        OAuthUnavailable: no usable answer.
    """
    form: dict[str, str | Secret] = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
    }
    return await _token(transport, app, form, needs_refresh=False)


async def refresh(transport: Transport, app: App, token: Secret) -> Grant:
    """Exchange a single-use refresh token for a new pair.

    Raises:
        OAuthRefused: ``invalid_grant`` when the token is used, expired or revoked.
        OAuthUnavailable: no usable answer; the token may or may not have been used up.
    """
    return await _token(
        transport, app, {"grant_type": "refresh_token", "refresh_token": token}, needs_refresh=True
    )


async def client_credentials(transport: Transport, app: App, tenant: str) -> Grant:
    """An access token for a company whose administrator has approved a service account.

    Raises:
        OAuthRefused: there is no such consent, or it has been revoked.
        OAuthUnavailable: no usable answer.
    """
    form: dict[str, str | Secret] = {"grant_type": "client_credentials"}
    return await _token(transport, app, form, needs_refresh=False, headers={"TenantId": tenant})


async def revoke(transport: Transport, app: App, token: Secret, hint: str = "refresh_token") -> bool:
    """Revoke a consent by its token; False when Fortnox did not confirm it."""
    try:
        answer = await _post(transport, app, "revoke", {"token_type_hint": hint, "token": token})
    except OAuthUnavailable:
        return False
    return answer.ok


class _TokenAnswer(msgspec.Struct):
    access_token: str = ""
    refresh_token: str | None = None
    expires_in: int | str | None = None
    scope: str | None = None


async def _token(
    transport: Transport,
    app: App,
    form: Mapping[str, str | Secret],
    *,
    needs_refresh: bool,
    headers: Mapping[str, str] | None = None,
) -> Grant:
    answer = await _post(transport, app, "token", form, headers)
    if not answer.ok:
        fault = errors.parse(answer.status, answer.body)
        if fault.explained and 400 <= answer.status < 500 and answer.status != 429:
            raise OAuthRefused(fault)
        raise OAuthUnavailable(_("Its answer was status {status}.").format(status=answer.status))
    return _grant(answer, needs_refresh=needs_refresh)


def _grant(answer: Answer, *, needs_refresh: bool) -> Grant:
    try:
        content = msgspec.json.decode(answer.body, type=_TokenAnswer)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        fault = errors.parse(400, answer.body)
        if fault.code:
            raise OAuthRefused(fault) from error
        raise OAuthUnavailable(_("Its answer could not be read.")) from error
    if not content.access_token or (needs_refresh and not content.refresh_token):
        fault = errors.parse(400, answer.body)
        if fault.code:
            raise OAuthRefused(fault)
        raise OAuthUnavailable(_("Its answer could not be read."))
    return Grant(
        access=Secret(content.access_token),
        refresh=Secret(content.refresh_token) if content.refresh_token else None,
        expires_in=_seconds(content.expires_in),
        scope=content.scope or "",
    )


def _seconds(value: int | str | None) -> int:
    try:
        return max(0, int(value)) if value is not None else DEFAULT_LIFETIME
    except ValueError:
        return DEFAULT_LIFETIME


async def _post(
    transport: Transport,
    app: App,
    endpoint: str,
    form: Mapping[str, str | Secret],
    headers: Mapping[str, str] | None = None,
) -> Answer:
    request = Request(
        "POST",
        f"{app.auth_url.rstrip('/')}/{endpoint}",
        headers=headers,
        authorization=(app.client_id, app.client_secret),
        form=form,
        read_seconds=TOKEN_SECONDS,
    )
    try:
        return await transport.send(request)
    except TransportFailure as error:
        raise OAuthUnavailable(str(error)) from error


class _Claims(msgspec.Struct):
    tenant: int | str | None = msgspec.field(default=None, name="tenantId")


def _tenant_claim(token: Secret) -> str:
    parts = token.reveal().split(".")
    if len(parts) != 3:
        return ""
    try:
        claims = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        tenant = msgspec.json.decode(claims, type=_Claims).tenant
    except (ValueError, msgspec.DecodeError):
        return ""
    return "" if tenant is None else str(tenant)
