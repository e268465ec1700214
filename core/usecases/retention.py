"""How long what brygga holds of a client is kept: seven years after the year in which the fiscal year ended.

Bokföringslagen 7 kap. 2 §: räkenskapsinformation is kept until the end of the seventh year after the calendar
year in which the fiscal year ended. After that personal data has no ground to stay.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from core.errors import Refused
from core.i18n import _
from core.model import FiscalYear
from core.register import Client
from core.store import clients, forget
from core.store.database import Transaction
from core.usecases.context import Context

YEARS = 7


@dataclass(frozen=True, slots=True)
class Retention:
    """How long a client is kept."""

    client: Client
    until: date | None
    """The last day on which everything is kept; None when there is no bookkeeping of the client."""
    is_over: bool
    """Whether the last day has passed, or there was nothing to keep."""


def kept_until(years: Iterable[FiscalYear]) -> date | None:
    """The last day of the retention of these fiscal years together; None for none."""
    ends = [year.to_date.year for year in years]
    return date(max(ends) + YEARS, 12, 31) if ends else None


def retention_of(tx: Transaction, client: Client, today: date) -> Retention:
    """The retention of one client."""
    until = kept_until(forget.booked_years(tx, client.id))
    return Retention(client, until, until is None or today > until)


def must_be_kept(client: Client, until: date | None) -> Refused:
    """The error for removing a client within its retention."""
    return Refused(
        "retention",
        _("{name} must be kept until {date}.").format(name=client.name, date=until),
        _("The law keeps bookkeeping for seven years after the year in which the fiscal year ended."),
        _("Nothing was removed. Come back after that day; brygga client retention lists all clients."),
    )


async def retentions(ctx: Context) -> list[Retention]:
    """Every client's retention, the one that ends first first; those without bookkeeping last."""
    today = ctx.now().astimezone().date()

    def work(tx: Transaction) -> list[Retention]:
        return [retention_of(tx, client, today) for client in clients.every(tx)]

    found = await ctx.store.read(work)
    return sorted(found, key=lambda one: (one.until is None, one.until or today, one.client.name))
