"""The authorization server: the consent page, the token endpoint and revocation."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from core.fortnox.sandbox import pages
from core.fortnox.sandbox.answers import Answer, oauth_error
from core.fortnox.sandbox.oauth import SCOPES
from core.fortnox.sandbox.wire import Circumstances, Exchange, form_of
from core.fortnox.sandbox.world import World

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
REFUSALS = {
    "no-service": ("invalid_request", "Client does not allow service account"),
    "no-right": ("access_denied", "The user does not have the right to approve the integration"),
    "locked-account": ("access_denied", "The account is locked"),
    "no-licence": ("access_denied", "The customer is missing an integration licence"),
}


async def authorize(request: Request) -> Response:
    """Show the consent page (GET), or take the customer's answer (POST) back to the program."""
    world: World = request.app.state.world
    posted = request.method == "POST"
    form = dict(request.query_params) | (form_of(await request.body()) if posted else {})
    mistake = _mistake(world, form)
    if mistake:
        response: Response = HTMLResponse(pages.refusal(mistake), 400)
    else:
        response = _refused(form) or (_decided(world, request, form) if posted else _asked(world, form))
    path = request.url.path
    world.record(request.method, path, "", response.status_code, form.get("tenant", ""), "")
    return response


def _mistake(world: World, form: Mapping[str, str]) -> str:
    """What is wrong so early that the program's own address cannot be trusted."""
    if form.get("client_id") != world.desk.client_id:
        return "Auth code or ClientID supplied is invalid"
    address = urlsplit(form.get("redirect_uri", ""))
    if address.scheme not in {"http", "https"} or address.hostname not in LOOPBACK:
        return "The redirect URI is missing or do not match"
    return ""


def _refused(form: Mapping[str, str]) -> Response | None:
    if form.get("response_type") != "code":
        return _back(form, error="unsupported_response_type", error_description="response_type must be code")
    if not form.get("state"):
        return _back(form, error="invalid_request", error_description="state is required")
    scopes = form.get("scope", "").split()
    if not scopes or not SCOPES.issuperset(scopes):
        text = "The requested scope is invalid, unknown, or malformed"
        return _back(form, error="invalid_scope", error_description=text)
    if form.get("account_type", "service") != "service":
        return _back(form, error="invalid_request", error_description="Invalid account_type")
    return None


def _asked(world: World, form: Mapping[str, str]) -> Response:
    return HTMLResponse(pages.consent(form, world.tenants.values(), form["scope"].split()))


def _decided(world: World, request: Request, form: Mapping[str, str]) -> Response:
    tenant = world.tenant(form.get("tenant", ""))
    if form.get("decision") != "approve" or tenant is None:
        return _back(form, error="access_denied", error_description="The user denied the request")
    service = form.get("account_type") == "service"
    exchange = Exchange(world, request, str(tenant.number))
    for name, (error, text) in REFUSALS.items():
        if name == "no-service" and not service:
            continue
        if exchange.take(name):
            return _back(form, error=error, error_description=text)
    if service and not tenant.sysadmin:
        error, text = REFUSALS["no-right"]
        return _back(form, error=error, error_description=text)
    scopes = frozenset(form["scope"].split())
    code = world.desk.approve(tenant.number, scopes, form["redirect_uri"], service=service)
    return _back(form) if exchange.take("no-code") else _back(form, code=code)


def _back(form: Mapping[str, str], **fields: str) -> Response:
    """Send the browser back to the program, with the state unchanged."""
    address = urlsplit(form["redirect_uri"])
    query = [*parse_qsl(address.query), *fields.items(), ("state", form.get("state", ""))]
    return RedirectResponse(urlunsplit(address._replace(query=urlencode(query))), 302)


async def token(request: Request) -> Response:
    """``POST /oauth-v1/token``."""
    world: World = request.app.state.world
    form = form_of(await request.body())
    tenant = _tenant_of(world, form, request.headers.get("tenantid", ""))

    async def work(circumstances: Circumstances) -> Answer:
        if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return oauth_error("invalid_request", "The content type must be a form")
        if tenant and circumstances.take("lapse"):
            world.desk.lapse(int(tenant))
        authorization = request.headers.get("authorization", "")
        return world.desk.answer(form, authorization, request.headers.get("tenantid", ""))

    return await Exchange(world, request, tenant).run(work)


def _tenant_of(world: World, form: Mapping[str, str], header: str) -> str:
    issued = world.desk.refresh.get(form.get("refresh_token", "")) or world.desk.codes.get(
        form.get("code", "")
    )
    if issued is not None:
        return str(issued.consent.tenant)
    tenant = world.tenant(header)
    return str(tenant.number) if tenant else ""


async def revoke(request: Request) -> Response:
    """``POST /oauth-v1/revoke``."""
    world: World = request.app.state.world
    form = form_of(await request.body())

    async def work(_circumstances: Circumstances) -> Answer:
        return world.desk.revoke(form, request.headers.get("authorization", ""))

    return await Exchange(world, request, "").run(work)
