"""What a fresh consent leads to: the company, its database, and when it was last booked in.

A company may have several databases (tenants) at Fortnox under one organisation number, one of them abandoned.
The day of the latest voucher tells a person which is which.
"""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

from core import orgnr
from core.errors import BryggaError
from core.fortnox import resources
from core.fortnox.api import Api
from core.fortnox.oauth import App, Grant
from core.i18n import _
from core.model import Company, FiscalYear
from core.register import Client
from core.secret import Secret
from core.store import clients
from core.usecases import consentwords as words
from core.usecases.clients import make_client
from core.usecases.context import Context
from core.usecases.tokens import limiter, transport

PATIENCE_SECONDS = 30.0
"""How long a consent waits for the day of the latest voucher; the day is an aid and not a condition."""


class _Granted:
    """The token source of a consent that is not stored yet."""

    def __init__(self, access: Secret) -> None:
        self._access = access

    async def access(self) -> Secret:
        """The token that the consent gave."""
        return self._access

    async def renew(self, refused: Secret) -> Secret:
        """There is no other; the second refusal tells whether the clocks differ."""
        return refused


def consent_api(ctx: Context, application: App, grant: Grant) -> Api:
    """Fortnox through a consent that is not stored yet."""
    return Api(
        transport(ctx),
        limiter(ctx),
        _Granted(grant.access),
        api_url=ctx.settings.fortnox.api_url,
        client_id=application.client_id,
        tenant=grant.tenant,
    )


async def consented_company(api: Api, grant: Grant) -> Company:
    """The company that the consent is for.

    Raises:
        FortnoxRejected: the token and the company name different tenants, or Fortnox said no.
        LoginNeeded, TryLater: Fortnox did not answer.
    """
    company = await resources.company(api)
    if company.tenant and grant.tenant in {"", company.tenant}:
        return company
    raise words.unclear_company(company, grant.tenant)


async def client_for(ctx: Context, api: Api, client_id: str | None, company: Company) -> Client:
    """The client that the consent is for: the one asked for, one that fits the company, or a new one.

    Raises:
        Refused: ``company_mismatch``; for another database of the same company with its latest voucher's day.
    """
    everyone = await ctx.store.read(clients.every)
    holder = next((one for one in everyone if one.tenant == company.tenant), None)
    if client_id is None:
        unpinned = (one for one in everyone if not one.tenant and orgnr.same(one.orgnr, company.orgnr))
        return holder or next(unpinned, None) or _new_client(ctx, company)
    client = next(one for one in everyone if one.id == client_id)
    if not orgnr.same(client.orgnr, company.orgnr):
        raise words.mismatch(client, company, _("The organisation numbers differ."))
    if client.tenant and client.tenant != company.tenant:
        booked = words.booked(await last_booking(api))
        why = _(
            "The client is pinned to the Fortnox database {tenant}, the consent is for {other} ({booked})."
        )
        raise words.mismatch(
            client, company, why.format(tenant=client.tenant, other=company.tenant, booked=booked)
        )
    if holder is not None and holder.id != client.id:
        raise words.mismatch(
            client, company, _("That Fortnox database belongs to {name} already.").format(name=holder.name)
        )
    return client


def _new_client(ctx: Context, company: Company) -> Client:
    return make_client(ctx, name=company.name, organisation=company.orgnr)


async def last_booking(api: Api) -> date | None:
    """The day of the company's latest voucher; None without one, or without an answer.

    Two requests for a year of at most 500 vouchers. The list has no order by day, so in a longer one the end
    of the year is halved until what is left fits on a page.
    """
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            for found in reversed(await resources.financial_years(api)):
                day = await _latest_day(api, found.year)
                if day is not None:
                    return day
    except (BryggaError, TimeoutError):
        return None
    return None


async def _latest_day(api: Api, year: FiscalYear) -> date | None:
    first, last, latest = year.from_date, year.to_date, None
    start = first
    while True:
        heads, count = await resources.first_vouchers(api, year.id or "", start)
        latest = max((head.date for head in heads), default=latest)
        if 0 < count <= len(heads):
            return latest
        if count:
            first = start
        else:
            last = start - timedelta(days=1)
        if first >= last:
            return latest
        start = first + timedelta(days=((last - first).days + 1) // 2)
