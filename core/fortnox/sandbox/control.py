"""The sandbox's own controls, for tests and training: faults, clock, requests, books."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import date, datetime
from html import escape
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from core.clock import rfc3339
from core.fortnox.sandbox import pages
from core.fortnox.sandbox.faults import KINDS
from core.fortnox.sandbox.records import Invoice, Payment, Row, Voucher, Year
from core.fortnox.sandbox.wire import form_of
from core.fortnox.sandbox.world import Tenant, World
from core.fortnox.sandbox.yearend import transfer_to_ledgers
from core.money import parse_amount, to_text


def _world(request: Request) -> World:
    world: World = request.app.state.world
    return world


async def _given(request: Request) -> dict[str, Any]:
    body = await request.body()
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return {name: value for name, value in form_of(body).items() if value}
    document = json.loads(body or b"{}")
    if not isinstance(document, dict):
        raise TypeError("an object is wanted")
    return document


def _bad(error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, 400)


async def faults(request: Request) -> Response:
    """List (GET), add (POST) or clear (DELETE) the faults that lie in wait."""
    world = _world(request)
    if request.method == "DELETE":
        world.faults.clear(request.query_params.get("tenant", ""))
    elif request.method == "POST":
        try:
            given = await _given(request)
            name = str(given.pop("name", ""))
            kinds: dict[str, Callable[[Any], Any]] = {"count": int, "probability": float, "delay_s": float}
            world.faults.add(name, **{key: kinds.get(key, str)(value) for key, value in given.items()})
        except (ValueError, TypeError) as error:
            return _bad(error)
    return JSONResponse({"faults": world.faults.as_json()})


async def limit(request: Request) -> Response:
    """How many requests fit in five seconds (GET), or another number (POST {requests}; null: no limit)."""
    world = _world(request)
    if request.method == "POST":
        try:
            given = (await _given(request)).get("requests")
            world.limits.requests = None if given is None else int(given)
        except (ValueError, TypeError) as error:
            return _bad(error)
    return JSONResponse({"requests": world.limits.requests, "refused": world.limits.refused})


async def clock(request: Request) -> Response:
    """Tell the time (GET), or let it pass (POST {seconds})."""
    world = _world(request)
    if request.method == "POST":
        try:
            world.clock.move(float((await _given(request)).get("seconds", 0)))
        except (ValueError, TypeError) as error:
            return _bad(error)
    seconds = world.clock.offset.total_seconds()
    return JSONResponse({"now": rfc3339(world.clock.now()), "offset_seconds": seconds})


async def requests(request: Request) -> Response:
    """The record of requests (GET), or forget it (DELETE)."""
    world = _world(request)
    if request.method == "DELETE":
        world.served.clear()
    served = [asdict(each) for each in world.served]
    return JSONResponse({"requests": served, "refused_by_limit": world.limits.refused})


async def books(request: Request) -> Response:
    """A company's books: vouchers with their comments, invoices, payments, balances (amounts as text).

    The vouchers stand in one list and by year; ``?year=ID`` asks for one year alone.
    """
    tenant = _world(request).tenant(request.path_params["tenant"])
    if tenant is None:
        return JSONResponse({"error": "no such tenant"}, 404)
    wanted = request.query_params.get("year")
    years = [year for year in tenant.books.chronological() if wanted in {None, str(year.id)}]
    return JSONResponse(
        {
            "tenant": str(tenant.number),
            "name": tenant.profile.name,
            "today": tenant.books.today.isoformat(),
            "locked_to": tenant.books.locked_to.isoformat() if tenant.books.locked_to else None,
            "years": [_year(tenant, year) for year in years],
            "documents": [
                {
                    "name": each.name,
                    "folder": each.folder,
                    "sha256": hashlib.sha256(each.content).hexdigest(),
                }
                for each in tenant.files.values()
            ],
            "vouchers": [_voucher(item) for year in years for item in tenant.books.vouchers(year)],
            "invoices": {
                ledger.value: [_invoice(item) for item in items.values()]
                for ledger, items in tenant.books.invoices.items()
            },
            "payments": {
                ledger.value: [_payment(item) for item in items.values()]
                for ledger, items in tenant.books.payments.items()
            },
        }
    )


def _year(tenant: Tenant, year: Year) -> dict[str, Any]:
    numbers = sorted({*year.opening, *year.changes})
    return {
        "id": year.id,
        "from": year.from_date.isoformat(),
        "to": year.to_date.isoformat(),
        "balances": {
            str(number): {"ib": to_text(year.opening.get(number, 0)), "ub": to_text(year.closing(number))}
            for number in numbers
        },
        "vouchers": [_voucher(item) for item in tenant.books.vouchers(year)],
    }


def _voucher(item: Voucher) -> dict[str, Any]:
    return {
        "year": str(item.year),
        "series": item.series,
        "number": item.number,
        "date": item.date.isoformat(),
        "text": item.text,
        "comments": item.comments,
        "registered": item.registered.isoformat(),
        "rows": [[str(row.account), to_text(row.amount), row.text] for row in item.rows],
    }


def _reference(item: Invoice | Payment) -> str | None:
    return f"{item.voucher.series}{item.voucher.number}" if item.voucher else None


def _invoice(item: Invoice) -> dict[str, Any]:
    return {
        "number": str(item.number),
        "name": item.party.name,
        "date": item.date.isoformat(),
        "total": to_text(item.total),
        "balance": to_text(item.balance),
        "currency": item.currency,
        "booked": item.booked,
        "cancelled": item.cancelled,
        "credit": item.credit,
        "voucher": _reference(item),
    }


def _payment(item: Payment) -> dict[str, Any]:
    return {
        "number": str(item.number),
        "invoice": str(item.invoice.number),
        "date": item.date.isoformat(),
        "amount": to_text(item.amount),
        "voucher": _reference(item),
    }


async def tenant_state(request: Request) -> Response:
    """Change a company (POST): {locked_to, auto_locked_to, sysadmin, inactive: [accounts], manual, act}.

    ``manual`` is {year, series, open}.

    ``act`` is ``carry_balances`` (överför balanser), ``year_end`` (the cash method's årsomföring), ``open_year`` (one
    more fiscal year) or ``lapse``.
    """
    world = _world(request)
    tenant = world.tenant(request.path_params["tenant"])
    if tenant is None:
        return JSONResponse({"error": "no such tenant"}, 404)
    try:
        _change(world, tenant, await _given(request))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        return _bad(error)
    return JSONResponse({"tenant": str(tenant.number), "version": tenant.books.version})


def _change(world: World, tenant: Tenant, given: dict[str, Any]) -> None:
    company = tenant.books
    for name in ("locked_to", "auto_locked_to"):
        if name in given:
            setattr(company, name, date.fromisoformat(given[name]) if given[name] else None)
    if "sysadmin" in given:
        tenant.sysadmin = given["sysadmin"] is True
    manual = given.get("manual")
    for year in company.years:
        if manual and manual.get("year") in {None, year.id, str(year.id)}:
            year.series[manual["series"]].manual = bool(manual["open"])
        for number in given.get("inactive", []):
            year.accounts[int(number)].active = False
    if given.get("act"):
        _act(world, tenant, given["act"])


def _act(world: World, tenant: Tenant, name: str) -> None:
    company = tenant.books
    if name == "carry_balances":
        for year in company.chronological()[1:]:
            company.carry_balances(year)
    elif name == "year_end":
        transfer_to_ledgers(company, company.chronological()[1])
    elif name == "open_year":
        company.open_next_year()
    elif name == "lapse":
        world.desk.lapse(tenant.number)
    else:
        raise ValueError(f"no act {name!r}")


async def series_vouchers(request: Request) -> Response:
    """What a person does in Fortnox meanwhile, unchecked and without a token.

    POST {date, text, comments, rows} books a voucher in the series, PUT {number, text, rows} alters one, DELETE
    deletes the last one, whose number is then used again. Rows are ``[account, amount]``, debit positive.
    """
    tenant = _world(request).tenant(request.path_params["tenant"])
    year = tenant.books.year(request.path_params["year"]) if tenant else None
    if tenant is None or year is None:
        return JSONResponse({"error": "no such tenant or year"}, 404)
    try:
        moment = _world(request).clock.local()
        series = request.path_params["series"]
        voucher = _by_hand(request.method, tenant, year, series, await _given(request), moment)
    except (ValueError, TypeError, KeyError) as error:
        return _bad(error)
    return JSONResponse({"voucher": _voucher(voucher)})


def _by_hand(
    method: str, tenant: Tenant, year: Year, series: str, given: dict[str, Any], moment: datetime
) -> Voucher:
    company = tenant.books
    with tenant.lock:
        if method == "POST":
            day, comments = date.fromisoformat(given["date"]), given.get("comments")
            rows = _rows(given["rows"])
            return company.post(series, day, given["text"], rows, registered=moment, comments=comments)
        number = int(given["number"]) if method == "PUT" else 0
        voucher = company.find(year, series, number) if method == "PUT" else company.remove_last(year, series)
        if voucher is None:
            raise ValueError("no such voucher")
        if method == "PUT":
            rows = _rows(given["rows"]) if "rows" in given else voucher.rows
            company.alter(voucher, given.get("text", voucher.text), rows)
            voucher.registered = moment
        return voucher


def _rows(given: list[list[str]]) -> list[Row]:
    return [Row(int(account), parse_amount(str(amount))) for account, amount in given]


async def control_page(request: Request) -> Response:
    """A page for training: companies, faults, clock and the latest requests."""
    world = _world(request)
    if request.method == "POST":
        try:
            _press(world, await _given(request))
        except (ValueError, TypeError) as error:
            return _bad(error)
        return RedirectResponse("/control", 303)
    return HTMLResponse(pages.page("Övningsmiljöns kontroll", _control_body(world)))


def _press(world: World, given: dict[str, Any]) -> None:
    """A button of the control page."""
    if given.get("clear"):
        world.faults.clear()
    elif given.get("seconds"):
        world.clock.move(float(given["seconds"]))
    elif given.get("name"):
        count = given.get("count")
        world.faults.add(given["name"], path=given.get("path"), count=int(count) if count else None)


def _table(heads: list[str], rows: Sequence[Sequence[object]]) -> str:
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><tr>{head}</tr>{body}</table>"


def _control_body(world: World) -> str:
    options = "".join(f'<option value="{name}">{name}: {kind.text}</option>' for name, kind in KINDS.items())
    companies = [
        [each.number, each.profile.name, each.profile.orgnr, ", ".join(each.profile.traits)]
        for each in world.tenants.values()
    ]
    waiting = [
        [each.name, each.path, "alltid" if each.count is None else each.count, each.probability, each.struck]
        for each in world.faults.waiting
    ]
    latest = [
        [each.time, each.method, each.path, each.status or "bruten", each.tenant, each.fault]
        for each in list(world.served)[-50:][::-1]
    ]
    return (
        "<h1>Övningsmiljöns kontroll</h1><h2>Fel</h2>"
        f'<form method="post"><select name="name">{options}</select> '
        '<input name="path" placeholder="sökväg"> <input name="count" placeholder="antal" size="5"> '
        "<button>Lägg till</button></form>"
        '<form method="post"><button name="clear" value="1">Ta bort alla</button></form>'
        + _table(["Fel", "Sökväg", "Kvar", "Sannolikhet", "Slog till"], waiting)
        + f"<h2>Klocka</h2><p>{rfc3339(world.clock.now())}</p>"
        '<form method="post"><input name="seconds" placeholder="sekunder" size="8"> <button>Låt tiden gå</button>'
        "</form><h2>Företag</h2>"
        + _table(["Databas", "Namn", "Organisationsnummer", "Särdrag"], companies)
        + "<h2>Senaste anropen</h2>"
        + _table(["Tid", "Metod", "Sökväg", "Status", "Databas", "Fel"], latest)
    )
