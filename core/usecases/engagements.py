"""Engagements: add, find by the year a person says, change source, lock, roll to the next year."""

from __future__ import annotations

import calendar
import sqlite3
from datetime import date

from core.closing.reversal import year_after
from core.errors import Refused, UsageError
from core.i18n import _
from core.model import FiscalYear
from core.register import Client, Engagement, SourceKind
from core.store import clients, engagements
from core.store.database import Transaction
from core.text import clean
from core.usecases.clients import find_client, unknown_client
from core.usecases.context import Context
from core.usecases.rights import Right, needs

MAX_MONTHS = 18
"""Bokföringslagen 3:3: a fiscal year may be lengthened to at most eighteen months."""
FIRST_YEAR, LAST_YEAR = 1980, 2100
"""Years outside are slips of the pen."""


@needs(Right.WORK)
async def add_engagement(
    ctx: Context, client_id: str, from_date: date, to_date: date, source: SourceKind
) -> Engagement:
    """Add a fiscal year to be closed.

    Raises:
        UsageError: ``usage``: not whole months, longer than eighteen, or already there.
    """
    year = checked_year(from_date, to_date)
    engagement = Engagement(ctx.new_id(), client_id, year, source)
    await ctx.store.write(lambda tx: insert_engagement(ctx, tx, engagement))
    return engagement


def insert_engagement(ctx: Context, tx: Transaction, engagement: Engagement) -> None:
    """Add the engagement and its audit event, naming what collides.

    Raises:
        UsageError: ``client_unknown``; ``usage`` when the client has the year already.
    """
    if clients.get(tx, engagement.client_id) is None:
        raise unknown_client(engagement.client_id)
    try:
        engagements.insert(tx, engagement)
    except sqlite3.IntegrityError as error:
        raise UsageError(
            "usage",
            _("The client already has the fiscal year {year}.").format(year=engagement.year),
            _("A fiscal year is closed once."),
            _("Open it instead."),
        ) from error
    ctx.record(
        tx,
        "engagement.added",
        client_id=engagement.client_id,
        engagement_id=engagement.id,
        year=str(engagement.year),
        source=engagement.source.value,
    )


def checked_year(from_date: date, to_date: date) -> FiscalYear:
    """A lawful fiscal year: ends with a month and is at most eighteen months (a first year may start any day).

    Raises:
        UsageError: ``usage``.
    """
    months = (to_date.year - from_date.year) * 12 + to_date.month - from_date.month + 1
    ends_with_month = to_date.day == calendar.monthrange(to_date.year, to_date.month)[1]
    lawful = from_date <= to_date and ends_with_month and months <= MAX_MONTHS
    if lawful and from_date.year >= FIRST_YEAR and to_date.year <= LAST_YEAR:
        return FiscalYear(from_date, to_date)
    raise UsageError(
        "usage",
        _("{from_date}–{to_date} is not a fiscal year.").format(from_date=from_date, to_date=to_date),
        _(
            "A fiscal year ends on the last day of a month, has at most 18 months and lies between {first} and {last}."
        ).format(first=FIRST_YEAR, last=LAST_YEAR),
        _("Correct the dates."),
    )


async def list_engagements(ctx: Context, client_id: str | None = None) -> list[Engagement]:
    """All engagements, or one client's, the latest year first."""
    return await ctx.store.read(lambda tx: engagements.every(tx, client_id))


async def get_engagement(ctx: Context, engagement_id: str) -> tuple[Client, Engagement]:
    """The engagement with its client.

    Raises:
        UsageError: ``id_unknown``.
    """
    return await ctx.store.read(lambda tx: load(tx, engagement_id))


def load(tx: Transaction, engagement_id: str) -> tuple[Client, Engagement]:
    """The engagement with its client, inside a transaction.

    Raises:
        UsageError: ``id_unknown``.
    """
    engagement = engagements.get(tx, engagement_id)
    client = clients.get(tx, engagement.client_id) if engagement else None
    if engagement is None or client is None:
        raise UsageError(
            "id_unknown",
            _("There is no engagement {id}.").format(id=clean(engagement_id)),
            _("It may have been removed meanwhile."),
            _("List them with: brygga engagement list"),
        )
    return client, engagement


async def find_engagement(
    ctx: Context, client_reference: str, year: str | None = None
) -> tuple[Client, Engagement]:
    """The engagement that a person means: a client, and the calendar year in which the year ends or FROM..TO.

    Raises:
        UsageError: ``client_unknown``, ``client_ambiguous``, ``year_unknown``, ``year_ambiguous``, ``usage``.
    """
    client = await find_client(ctx, client_reference)
    existing = await list_engagements(ctx, client.id)
    found = [engagement for engagement in existing if year is None or _means(year, engagement.year)]
    if len(found) == 1:
        return client, found[0]
    if found:
        raise UsageError(
            "year_ambiguous",
            _("{client} has several fiscal years that fit.").format(client=client.name),
            ", ".join(str(engagement.year) for engagement in found),
            _("Give the year as FROM..TO, for example --year {example}").format(
                example=f"{found[0].year.from_date}..{found[0].year.to_date}"
            ),
        )
    raise UsageError(
        "year_unknown",
        _("{client} has no engagement for {year}.").format(client=client.name, year=clean(year))
        if year
        else _("{client} has no engagement.").format(client=client.name),
        _("Its fiscal years: {years}").format(years=", ".join(str(e.year) for e in existing) or _("none")),
        _("Add one with: brygga engagement add"),
    )


def _means(spoken: str, year: FiscalYear) -> bool:
    first, separator, last = spoken.partition("..")
    try:
        if separator:
            return (date.fromisoformat(first), date.fromisoformat(last)) == (year.from_date, year.to_date)
        return int(spoken) == year.to_date.year
    except ValueError as error:
        raise UsageError(
            "usage",
            _("{year} is not a year.").format(year=clean(spoken)),
            _("A year is the calendar year in which the fiscal year ends, or FROM..TO."),
            _("For example --year 2025 or --year 2025-05-01..2026-04-30"),
        ) from error


@needs(Right.WORK)
async def set_source(ctx: Context, engagement_id: str, source: SourceKind) -> Engagement:
    """Choose where the books come from; snapshots and closing vouchers stay.

    Raises:
        UsageError: ``id_unknown``.
        Refused: ``engagement_locked``.
    """

    def work(tx: Transaction) -> Engagement:
        client, engagement = load(tx, engagement_id)
        refuse_locked(client, engagement)
        engagements.set_source(tx, engagement_id, source)
        ctx.record(
            tx, "engagement.source", client_id=client.id, engagement_id=engagement_id, source=source.value
        )
        return load(tx, engagement_id)[1]

    return await ctx.store.write(work)


@needs(Right.WORK)
async def set_locked(ctx: Context, engagement_id: str, *, locked: bool) -> Engagement:
    """Sign the engagement off, or open it again; imports and exports leave a locked one alone.

    Raises:
        UsageError: ``id_unknown``.
    """

    def work(tx: Transaction) -> Engagement:
        client, __ = load(tx, engagement_id)
        engagements.set_locked(tx, engagement_id, locked=locked)
        action = "engagement.locked" if locked else "engagement.unlocked"
        ctx.record(tx, action, client_id=client.id, engagement_id=engagement_id)
        return load(tx, engagement_id)[1]

    return await ctx.store.write(work)


def refuse_locked(client: Client, engagement: Engagement) -> None:
    """Stop what would change a signed-off engagement.

    Raises:
        Refused: ``engagement_locked``.
    """
    if engagement.locked:
        raise Refused(
            "engagement_locked",
            _("{client} {year} is locked.").format(client=client.name, year=engagement.year.label),
            _("It has been signed off, so nothing in it is changed."),
            _("Unlock it first: brygga engagement unlock"),
        )


@needs(Right.WORK)
async def roll(ctx: Context, year: int) -> list[Engagement]:
    """Add the fiscal year that ends in ``year`` for every client whose latest year comes just before it."""

    def work(tx: Transaction) -> list[Engagement]:
        made = []
        seen: set[str] = set()
        for engagement in engagements.every(tx):
            if engagement.client_id in seen:
                continue
            seen.add(engagement.client_id)
            following = year_after(engagement.year)
            if following.to_date.year == year:
                added = Engagement(ctx.new_id(), engagement.client_id, following, engagement.source)
                insert_engagement(ctx, tx, added)
                made.append(added)
        return made

    return await ctx.store.write(work)
