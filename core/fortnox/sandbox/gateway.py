"""The API's gate: who calls, may they, how often, with what; then the resource."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from core.fortnox.sandbox import company, invoices, lists, papers, routes, vouchers
from core.fortnox.sandbox.answers import Answer, ApiError, json_answer, no_route, unauthorized
from core.fortnox.sandbox.oauth import Consent
from core.fortnox.sandbox.routes import Call, Resource
from core.fortnox.sandbox.wire import Circumstances, Exchange, too_many
from core.fortnox.sandbox.world import World

RESOURCES = (company, invoices, papers, vouchers)
"""Modules whose import fills the table of resources."""
PLAYED_BY_RESOURCES = ("inactive-account", "locked-period", "utf8-sie")
NO_PERMISSION = {"/3/vouchers": 2002455, "/3/invoices": 2001393}


async def serve(request: Request) -> Response:
    """Answer a request to ``/3/...``."""
    world: World = request.app.state.world
    consent = _consent(world, request.headers.get("authorization", ""))
    body = await request.body()

    async def work(circumstances: Circumstances) -> Answer:
        try:
            return await _answer(world, request, consent, body, circumstances)
        except ApiError as error:
            return error.answer(force_lower=circumstances.take("lower-case-errors") is not None)

    return await Exchange(world, request, str(consent.tenant) if consent else "", body).run(work)


def _consent(world: World, authorization: str) -> Consent | None:
    scheme, _space, token = authorization.partition(" ")
    return world.desk.holder(token) if scheme.lower() == "bearer" else None


async def _answer(
    world: World, request: Request, consent: Consent | None, body: bytes, circumstances: Circumstances
) -> Answer:
    if consent is None:
        return unauthorized()
    if circumstances.take("lapse"):
        world.desk.lapse(consent.tenant)
        return unauthorized()
    seconds = world.limits.wait(consent.tenant)
    if seconds:
        return too_many(world, seconds)
    if circumstances.take("no-licence"):
        raise ApiError(2001101, "Det finns ingen aktiv licens för önskat scope", 403)
    found = routes.find(request.method, request.url.path)
    if found is None:
        raise no_route()
    row, path = found
    _check(row, request, consent)
    played = frozenset(name for name in PLAYED_BY_RESOURCES if circumstances.take(name))
    tenant = world.tenants[consent.tenant]
    await tenant.open_books()
    call = Call(
        tenant,
        path,
        dict(request.query_params),
        None,
        f"{world.address}/3",
        world.clock.local(),
        played,
    )
    if request.method in {"POST", "PUT"}:
        _read_body(call, request.headers.get("content-type", ""), body)
    return await _call(row, call)


async def _call(row: Resource, call: Call) -> Answer:
    if row.raw:
        result = await asyncio.to_thread(row.handler, call)
    else:
        result = row.handler(call)
    return result if isinstance(result, Answer) else json_answer(result, 201 if row.created else 200)


def _check(row: Resource, request: Request, consent: Consent) -> None:
    if row.scope not in consent.scopes:
        code = NO_PERMISSION.get(request.url.path.rstrip("/"), 2000663)
        raise ApiError(code, "Behörighet saknas för det scope som anropet kräver.", 403)
    accept = request.headers.get("accept", "*/*")
    wanted = ("*/*", "application/*") if row.raw else ("*/*", "application/*", "application/json")
    if not any(kind in accept for kind in wanted):
        raise ApiError(1000030, "Invalid response type")
    lists.refuse_unknown(request.query_params, row.parameters, paged=row.listing)


def _read_body(call: Call, content_type: str, body: bytes) -> None:
    if content_type.startswith("multipart/form-data"):
        call.upload = _uploaded(content_type, body)
        return
    if not content_type.startswith("application/json"):
        raise ApiError(1000031, "Invalid content type")
    if not body.strip():
        raise ApiError(2001392, "Ingen eller felaktig typ av data.")
    try:
        call.body = json.loads(body, parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise ApiError(2002115, "Error deserializing JSON: JSON_ERROR_SYNTAX") from error


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _uploaded(content_type: str, body: bytes) -> tuple[str, bytes]:
    """The field ``file`` of a multipart form.

    Raises:
        ApiError: there is none.
    """
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + body)
    for part in message.iter_parts() if message.is_multipart() else ():
        content = part.get_payload(decode=True)
        if part.get_param("name", header="content-disposition") == "file" and isinstance(content, bytes):
            return part.get_filename() or "fil", content
    raise ApiError(2001392, "Ingen eller felaktig typ av data.")
